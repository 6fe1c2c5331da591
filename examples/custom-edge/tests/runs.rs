//! The program is built and run: its plug-in is known to every command, and works on real requests.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's world fails loudly")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

fn command(folder: &Path, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_custom-edge"));
    command.args(line.split_whitespace()).current_dir(folder);
    // Nothing of the caller's own environment may reach the program.
    command
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn run(folder: &Path, line: &str) -> (Output, String) {
    let output = command(folder, line).output().unwrap();
    let said = [&output.stdout[..], &output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    (output, said)
}

/// A configuration with one route, to a node that answers there.
fn configure(folder: &Path, node: &str, settings: &str) {
    let text = format!(
        "upstreams:\n  echo:\n    kind: http\n    nodes: [{{name: one, url: 'http://{node}'}}]\nroutes:\n  - prefix: /\n    \
         upstream: echo\n    auth: none\n    plugins:\n      - name: max-messages\n        {settings}\n"
    );
    std::fs::create_dir_all(folder.join("conf")).unwrap();
    std::fs::write(folder.join("conf/potluck.yaml"), text).unwrap();
}

#[test]
fn its_plugin_is_listed_described_and_checked_like_any() {
    let folder = tempfile::tempdir().unwrap();
    let (_, listed) = run(folder.path(), "plugins list");
    assert!(
        listed.contains("max-messages   Refuses conversations") || listed.contains("max-messages  Refuses"),
        "{listed}"
    );
    assert!(listed.contains("cors"), "{listed}");
    let (_, shown) = run(folder.path(), "plugins show max-messages");
    assert!(shown.contains("most  number ≥ 1 (required)"), "{shown}");
    configure(folder.path(), "127.0.0.1:1", "mots: 3");
    let (output, said) = run(folder.path(), "config check");
    assert_eq!(output.status.code(), Some(64), "{said}");
    assert!(said.contains("conf/potluck.yaml:11:9: routes[0].plugins[0].mots: there is no such setting; did you mean `most`?"), "{said}");
    assert!(said.contains("`most` is missing"), "{said}");
}

#[test]
fn it_relays_and_refuses_conversations_that_are_too_long() {
    let folder = tempfile::tempdir().unwrap();
    let (output, said) = run(folder.path(), "init");
    assert!(output.status.success(), "{said}");
    configure(folder.path(), &node(), "most: 2");
    let (relay, address) = serve(folder.path());
    assert!(chat(&address, 2).starts_with("HTTP/1.1 200 OK"), "it passes");
    let refused = chat(&address, 3);
    assert!(
        refused.starts_with("HTTP/1.1 403") && refused.contains("plugin_refused"),
        "{refused}"
    );
    assert!(refused.contains("up to 2 messages"), "{refused}");
    drop(relay);
}

/// A relay that runs until it is dropped.
struct Relay(Child);

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(folder: &Path) -> (Relay, String) {
    let mut child = command(folder, "serve --set listen.address=127.0.0.1:0")
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut said = String::new();
    for line in lines.by_ref().map_while(Result::ok) {
        said.push_str(&line);
        let Some((_, address)) = line.split_once("serving address=") else {
            continue;
        };
        let address = address.split_whitespace().next().unwrap().to_owned();
        // Read on, so that the relay never waits for its log to be read.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        return (Relay(child), address);
    }
    panic!("it did not serve: {said}");
}

/// A node that answers every request with the same few bytes.
fn node() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for mut socket in listener.incoming().map_while(Result::ok) {
            let mut read = [0; 4096];
            let _ = socket.read(&mut read);
            let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");
        }
    });
    address
}

fn chat(address: &str, messages: usize) -> String {
    let messages = vec![r#"{"role":"user","content":"hello"}"#; messages].join(",");
    let body = format!(r#"{{"model":"any","messages":[{messages}]}}"#);
    let mut socket = TcpStream::connect(address).unwrap();
    let head = "POST /v1/chat/completions HTTP/1.1\r\nhost: relay\r\nconnection: close\r\ncontent-type: application/json";
    write!(socket, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}
