//! The command line at a relay elsewhere, and what it tells of who did what.

use potluck_fakes::{TestCa, TlsFront};

use crate::installation::{Ended, Installation, ended, world};
use crate::relay::Relay;

#[tokio::test(flavor = "multi_thread")]
async fn commands_reach_a_relay_elsewhere_with_a_token() {
    let world = world().await;
    let installation = Installation::new(&world).await;
    let relay = Relay::start(&installation).await;
    let token = installation.admin_token();
    let at = format!("--server http://{}", relay.address);
    let with_token = |line: &str| format!("{line} {at}");
    let made = installation
        .run_with(
            &with_token("keys create --name afar --json"),
            "POTLUCK_TOKEN",
            &token,
        )
        .await
        .ok()
        .json();
    assert!(made["text"].as_str().expect("a text").starts_with("np-"));
    let listed = installation
        .run_with(&with_token("audit list --json"), "POTLUCK_TOKEN", &token)
        .await
        .ok()
        .json();
    let last = &listed["items"][0];
    assert_eq!(
        (&last["act"], &last["address"]),
        (&"client_key.created".into(), &"127.0.0.1".into())
    );
    assert!(last["request_id"].is_string(), "{last}");
    let wrong = installation
        .run_with(&with_token("keys list"), "POTLUCK_TOKEN", "wrong")
        .await;
    wrong.refused(1, "/manage/v1/me/tokens");
    installation
        .run(&with_token("keys list"))
        .await
        .refused(2, "POTLUCK_TOKEN");
    let clear = "keys list --server http://relay.example --token x";
    installation.run(clear).await.refused(2, "--insecure");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_log_is_verified_with_the_relay_running_or_not() {
    let world = world().await;
    let installation = Installation::new(&world).await;
    let head = installation.run("audit head").await.ok();
    std::fs::write(installation.path("head.json"), &head.out).expect("a file");
    installation.run("keys create --name laptop").await.ok();
    let relay = Relay::start(&installation).await;
    let verified = installation.run("audit verify --head head.json").await.ok();
    assert!(verified.out.contains("is whole"), "{}", verified.out);
    let csv = installation.run("audit export --format csv").await.ok();
    assert!(csv.out.contains("\"client_key.created\""), "{}", csv.out);
    relay.stop().await;
    let later = head.out.replace("\"entries\": ", "\"entries\": 9");
    std::fs::write(installation.path("head.json"), later).expect("a file");
    let cut = installation.run("audit verify --head head.json").await;
    cut.refused(1, "(missing)");
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_only_a_trusted_authority_is_spoken_to() {
    let world = world().await;
    let installation = Installation::new(&world).await;
    let relay = Relay::start(&installation).await;
    let ca = TestCa::generate().expect("an authority");
    let front = TlsFront::start(&ca, relay.address).await.expect("a front");
    std::fs::write(installation.path("ca.pem"), ca.pem()).expect("a file");
    let other = TestCa::generate().expect("an authority");
    std::fs::write(installation.path("other.pem"), other.pem()).expect("a file");
    std::fs::write(installation.path("none.pem"), "nothing").expect("a file");
    std::fs::write(installation.path("token"), installation.admin_token()).expect("a file");
    let at = format!(
        "status --token-file token --server https://localhost:{}",
        front.addr.port()
    );
    installation.run(&format!("{at} --ca-file ca.pem")).await.ok();
    installation.run_with(&at, "SSL_CERT_FILE", "ca.pem").await.ok();
    for untrusting in ["", " --ca-file other.pem", " --insecure"] {
        let refused = installation.run(&format!("{at}{untrusting}")).await;
        refused.refused(69, "no trusted connection");
    }
    let nothing = installation.run(&format!("{at} --ca-file none.pem")).await;
    nothing.refused(2, "no certificates in PEM");
    let mistaken = format!(
        "status --token-file token --server http://localhost:{}",
        front.addr.port()
    );
    installation.run(&mistaken).await.refused(69, "does not answer");
}

const PASSWORD: &str = "tram quilt obey lunar";
const AS_LINH: &str = "--ca-file ca.pem --user linh --password-stdin";

/// A relay behind TLS, an admin called linh, and a home to log in from.
struct Afar {
    installation: Installation,
    _relay: Relay,
    front: TlsFront,
}

impl Afar {
    async fn new() -> Self {
        let world = world().await;
        let installation = Installation::new(&world).await;
        let add = "users add linh --role admin --password-stdin";
        installation.feed(add, PASSWORD).await.ok();
        let relay = Relay::start(&installation).await;
        let ca = TestCa::generate().expect("an authority");
        let front = TlsFront::start(&ca, relay.address).await.expect("a front");
        std::fs::write(installation.path("ca.pem"), ca.pem()).expect("a file");
        Self {
            installation,
            _relay: relay,
            front,
        }
    }

    /// A command at that relay, whose URL is not written as it is kept.
    async fn run(&self, line: &str, input: &str) -> Ended {
        let at = format!("{line} --server https://LOCALHOST:{}/", self.front.addr.port());
        let mut command = self.installation.command(&at);
        command.env("HOME", self.installation.path("home"));
        ended(command, input).await
    }

    async fn log_in(&self, name: &str) -> Ended {
        let line = format!("login {AS_LINH} --expires 1h --name {name}");
        self.run(&line, PASSWORD).await.ok()
    }

    /// What linh's tokens are called.
    async fn tokens(&self) -> Vec<String> {
        let listed = self.run(&format!("tokens list {AS_LINH} --json"), PASSWORD).await;
        let items = listed.ok().json()["items"].take();
        let names = items.as_array().expect("items").iter();
        names
            .map(|token| token["name"].as_str().expect("a name").to_owned())
            .collect()
    }

    fn kept(&self) -> String {
        let file = self.installation.path("home/.config/potluck/logins.json");
        std::fs::read_to_string(file).expect("the kept logins")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_logged_in_needs_no_token_until_they_log_out() {
    let afar = Afar::new().await;
    afar.run("keys list", "")
        .await
        .refused(2, "needs a token: run `potluck login");
    let said = afar.log_in("here").await;
    assert!(
        said.out.starts_with("Logged in to https://localhost:"),
        "{}",
        said.out
    );
    let kept = afar.kept();
    assert!(kept.contains("nptk_") && !kept.contains(PASSWORD));
    assert!(!said.out.contains("nptk_") && !said.err.contains("nptk_"));
    // The authority was kept with it.
    afar.run("keys create --name afar", "").await.ok();
    assert_eq!(afar.tokens().await, ["here"]);

    // A second login takes the place of the first, whose token ends.
    let from = kept.find("nptk_").expect("a token");
    let before: String = kept[from..].chars().take_while(|c| *c != '"').collect();
    afar.log_in("again").await;
    assert_eq!(afar.tokens().await, ["again"]);
    let old = format!("keys list --ca-file ca.pem --token {before}");
    afar.run(&old, "").await.refused(1, "potluck login");

    afar.run("logout", "").await.ok();
    afar.run("logout", "").await.refused(1, "there is no login");
    afar.run("keys list", "").await.refused(2, "needs a token");
    assert!(!afar.kept().contains("nptk_"));
    assert_eq!(afar.tokens().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_managed_in_person_and_no_session_is_left_behind() {
    let afar = Afar::new().await;
    let wrong = afar.run(&format!("login {AS_LINH}"), "wrong wrong wrong").await;
    wrong.refused(1, "name or password is wrong");
    let nobody = afar.run("login --ca-file ca.pem --user linh", "").await;
    nobody.refused(2, "--password-stdin");
    let create = format!("tokens create --name ci --scopes keys:read {AS_LINH}");
    let text = afar.run(&create, PASSWORD).await.ok().out;
    assert!(text.starts_with("nptk_") && text.lines().count() == 1, "{text}");
    assert_eq!(afar.tokens().await, ["ci"]);
    let none = afar
        .run(&format!("tokens revoke other {AS_LINH}"), PASSWORD)
        .await;
    none.refused(1, "there is no token called other");
    let revoke = format!("tokens revoke ci {AS_LINH}");
    afar.run(&revoke, PASSWORD).await.ok();
    assert_eq!(afar.tokens().await, Vec::<String>::new());
    let sessions = afar
        .installation
        .run("users sessions linh --json")
        .await
        .ok()
        .json();
    assert_eq!(sessions["items"], serde_json::json!([]));
    let nowhere = afar.installation.run("tokens list").await;
    nowhere.refused(2, "name it with --server");
}
