//! A folder with configuration, secrets, an admin and a database, and the program's commands in it.

use std::path::PathBuf;
use std::process::Stdio;

use potluck_fakes::demo::DemoOptions;
use potluck_fakes::{DemoWorld, NodeFake};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::process::Command;

/// The folder; gone with the test.
pub(crate) struct Installation(TempDir);

/// How a command ended.
#[derive(Debug, PartialEq)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, Some(0), "{}\n{}", self.out, self.err);
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).expect("JSON on standard output")
    }

    /// A refusal: this exit code, nothing on standard output, one line on standard error that says `why`.
    #[track_caller]
    pub(crate) fn refused(self, code: i32, why: &str) -> Self {
        assert_eq!((self.code, &*self.out), (Some(code), ""), "{}", self.err);
        assert!(self.err.contains(why), "expected {why:?} in:\n{}", self.err);
        assert_eq!(self.err.lines().count(), 1, "one message:\n{}", self.err);
        assert!(self.err.starts_with("potluck: "), "{}", self.err);
        self
    }
}

/// Fakes with one credential of each kind, so that it is known which one serves.
pub(crate) async fn world() -> DemoWorld {
    let options = DemoOptions {
        credentials: 1,
        ..DemoOptions::default()
    };
    DemoWorld::start_with(options).await.expect("the fakes")
}

/// Fakes with several credentials of each kind, which remember all requests.
pub(crate) async fn wide_world(credentials: usize) -> DemoWorld {
    let options = DemoOptions {
        credentials,
        remembered: usize::MAX,
        ..DemoOptions::default()
    };
    DemoWorld::start_with(options).await.expect("the fakes")
}

impl Installation {
    /// After `potluck init`, with an empty pool and no client key.
    pub(crate) async fn new(world: &DemoWorld) -> Self {
        let installation = Self::uninitialised(world);
        installation.run("init").await.ok();
        installation
    }

    /// The same with the secrets of another one.
    pub(crate) async fn with_secrets_of(other: &Self, world: &DemoWorld) -> Self {
        let installation = Self::uninitialised(world);
        // A copy keeps the mode, without which the file is refused.
        std::fs::copy(
            other.path("conf/secrets.env"),
            installation.path("conf/secrets.env"),
        )
        .expect("a copy");
        installation.run("init").await.ok();
        installation
    }

    /// After `potluck init`, with all credentials of the world in its pool, serving.
    pub(crate) async fn furnished(world: &DemoWorld) -> Self {
        Self::new(world).await.unprobed().furnish(world).await
    }

    /// The same with its database on a server.
    pub(crate) async fn furnished_on(world: &DemoWorld, url: &str) -> Self {
        let installation = Self::uninitialised(world).unprobed();
        installation.configure(&format!("database: {{ url: '{url}' }}\n"));
        installation.run("init").await.ok();
        installation.furnish(world).await
    }

    async fn furnish(self, world: &DemoWorld) -> Self {
        let tokens: Vec<_> = world
            .novelai_accounts
            .iter()
            .map(|account| account.token.as_str())
            .collect();
        self.feed("pool import novelai", &tokens.join("\n")).await.ok();
        self.feed("pool import vercel", &world.openai_keys.join("\n"))
            .await
            .ok();
        self
    }

    /// Nobody asks how the accounts of pool keys are: they serve from the moment they are brought.
    pub(crate) fn unprobed(self) -> Self {
        self.configure("probe: { enabled: false }\n");
        self
    }

    /// One more line of configuration.
    fn configure(&self, line: &str) {
        use std::io::Write;
        let mut file = std::fs::File::options()
            .append(true)
            .open(self.path("conf/potluck.yaml"))
            .expect("its configuration");
        file.write_all(line.as_bytes()).expect("one more line");
    }

    fn uninitialised(world: &DemoWorld) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("potluck-")
            .tempdir()
            .expect("a temporary folder");
        std::fs::create_dir(folder.path().join("conf")).expect("a folder");
        std::fs::write(folder.path().join("conf/potluck.yaml"), configuration(world))
            .expect("a configuration");
        Self(folder)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A command of the program, in a clean environment.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_potluck"));
        command
            .args(line.split_whitespace())
            .current_dir(self.0.path())
            .env_clear()
            .kill_on_drop(true);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) async fn run(&self, line: &str) -> Ended {
        ended(self.command(line), "").await
    }

    /// With something on standard input.
    pub(crate) async fn feed(&self, line: &str, input: &str) -> Ended {
        ended(self.command(line), input).await
    }

    /// With one more variable in its environment.
    pub(crate) async fn run_with(&self, line: &str, name: &str, value: &str) -> Ended {
        let mut command = self.command(line);
        command.env(name, value);
        ended(command, "").await
    }

    /// Makes a client key: its id and its text.
    pub(crate) async fn client_key(&self) -> (i64, String) {
        let made = self.run("keys create --name laptop --json").await.ok().json();
        let text = made["text"].as_str().expect("a text").to_owned();
        (made["key"]["id"].as_i64().expect("an id"), text)
    }

    /// Ids of the pool keys of an upstream.
    pub(crate) async fn pool_keys(&self, upstream: &str) -> Vec<i64> {
        let listed = self.run("pool list --json").await.ok().json();
        let keys = listed["items"].as_array().expect("items").iter();
        keys.filter(|key| key["upstream"] == upstream)
            .map(|key| key["id"].as_i64().expect("an id"))
            .collect()
    }

    /// The answer of the control socket as it comes, head and all.
    pub(crate) async fn control(&self, path: &str) -> Vec<u8> {
        let mut socket = UnixStream::connect(self.path("data/control.sock"))
            .await
            .expect("the control socket");
        let request = format!("GET {path} HTTP/1.1\r\nHost: potluck\r\nConnection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).await.expect("a request");
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).await.expect("an answer");
        answer
    }

    /// Name and content of each file in the data folder.
    pub(crate) fn data(&self) -> Vec<(String, Vec<u8>)> {
        let files = std::fs::read_dir(self.path("data")).expect("the data folder");
        let files = files
            .map(|file| file.expect("a file").path())
            .filter(|path| path.is_file());
        files
            .map(|path| (path.display().to_string(), std::fs::read(&path).expect("a file")))
            .collect()
    }

    /// The key that seals the pool, as `init` wrote it.
    pub(crate) fn encryption_key(&self) -> String {
        self.secret("ENCRYPTION_KEY=")
    }

    /// The token of the API, as `init` wrote it.
    pub(crate) fn admin_token(&self) -> String {
        self.secret("ADMIN_TOKEN=")
    }

    fn secret(&self, name: &str) -> String {
        let secrets = std::fs::read_to_string(self.path("conf/secrets.env")).expect("the secrets");
        let secret = secrets.lines().find_map(|line| line.strip_prefix(name));
        secret.expect("a secret").to_owned()
    }
}

pub(crate) async fn ended(mut command: Command, input: &str) -> Ended {
    let mut child = command.stdin(Stdio::piped()).spawn().expect("the program");
    // The program may end without reading; that is for the test to judge by how it ended.
    let _ = child
        .stdin
        .take()
        .expect("its input")
        .write_all(input.as_bytes())
        .await;
    let output = child.wait_with_output().await.expect("its end");
    Ended {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("text"),
        err: String::from_utf8(output.stderr).expect("text"),
    }
}

/// All three kinds, each NovelAI role on an origin of its own.
fn configuration(world: &DemoWorld) -> String {
    let nodes: String = world.nodes.iter().map(node).collect();
    format!(
        "data: data
listen: {{ address: '127.0.0.1:0' }}
admin: {{ listen: '127.0.0.1:0' }}
metrics: {{ listen: '127.0.0.1:0' }}
upstreams:
  novelai:
    kind: novelai
    nodes:
      - {{ name: image, role: image, url: '{image}' }}
      - {{ name: text, role: text, url: '{text}' }}
      - {{ name: api, role: api, url: '{api}' }}
  vercel:
    kind: openai
    nodes:
      - {{ name: main, url: '{openai}' }}
  gpu:
    kind: http
    nodes:
{nodes}
routes:
  - {{ prefix: /v1/novelai, upstream: novelai, strip_prefix: true }}
  - {{ prefix: /v1, upstream: vercel }}
  - {{ prefix: /api, upstream: gpu }}
",
        image = world.novelai.image.url(),
        text = world.novelai.text.url(),
        api = world.novelai.api.url(),
        openai = world.openai.server.url(),
    )
}

fn node(fake: &NodeFake) -> String {
    format!(
        "      - {{ name: {}, url: '{}' }}\n",
        fake.name,
        fake.server.url()
    )
}
