//! What was used, and how requests came to their ends.

use super::*;

#[test]
fn before_anything_was_used_that_is_said() {
    let folder = Folder::ready();
    let usage = folder.run("usage --range 7d --by endpoint").ok().out;
    assert!(
        usage.contains("0 requests in the last 7d") && usage.contains("Nothing was used."),
        "{usage}"
    );
    let json = folder.run("usage --json").ok().json();
    assert_eq!(json["usage"]["total"]["sums"]["requests"], 0);
    assert_eq!(json["by"]["by"], "model");
    assert!(
        folder
            .run("requests")
            .ok()
            .out
            .contains("No requests in this time.")
    );
    assert_eq!(
        folder.run("requests --json").ok().json()["items"],
        serde_json::json!([])
    );
    let csv = folder.run("requests --export csv").ok().out;
    assert!(
        csv.starts_with("request_id,ended_at,") && csv.lines().count() == 1,
        "{csv}"
    );
}

#[test]
fn a_client_key_has_its_own_numbers() {
    let folder = Folder::ready();
    folder.run("keys create --name laptop").ok();
    let stats = folder.run("keys stats laptop").ok().out;
    assert!(stats.contains("0 requests in the last 24h"), "{stats}");
    let json = folder.run("keys stats laptop --range 4w --json").ok().json();
    assert_eq!(json["recent"], serde_json::json!([]));
    folder
        .run("keys stats nobody")
        .fails(1, "there is no client key called nobody");
}

#[test]
fn what_cannot_be_asked_is_refused_with_the_way_out() {
    let folder = Folder::ready();
    folder
        .run("usage --range soon")
        .fails(1, "must be such as 90m, 24h, 7d or 4w");
    folder
        .run("requests --code nothing")
        .fails(1, "must be a code of docs/errors.md");
    folder.run("trace 12").fails(2, "twenty hexadecimal digits");
    folder
        .run("trace feed0000000000000001")
        .fails(1, "there is no request with this id");
    folder
        .run("usage --mine")
        .fails(1, "the operator's token belongs to nobody");
}

/// A relay elsewhere that answers one question with a piece, and with what is told to it once the piece was read.
fn slow_relay() -> (
    String,
    std::sync::mpsc::Sender<&'static str>,
    std::thread::JoinHandle<()>,
) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = std::sync::mpsc::channel::<&str>();
    let thread = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut lines = BufReader::new(&stream).lines();
        while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
        let head =
            "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n";
        (&stream).write_all(head.as_bytes()).unwrap();
        (&stream).write_all(b"8\r\n{\"n\":1}\n\r\n").unwrap();
        (&stream).write_all(told.recv().unwrap().as_bytes()).unwrap();
    });
    (server, tell, thread)
}

/// Begins an export, reads its first line, tells the rest, and says how it ended.
fn exported(rest: &'static str) -> Ended {
    let folder = Folder::ready();
    let (server, tell, thread) = slow_relay();
    let mut command = folder.command("requests --export ndjson --server");
    let mut child = command.arg(server).env("POTLUCK_TOKEN", "pat").spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    out.read_line(&mut text).unwrap();
    assert_eq!(text, "{\"n\":1}\n", "it is written as it comes");
    tell.send(rest).unwrap();
    std::io::Read::read_to_string(&mut out, &mut text).unwrap();
    let ended = child.wait_with_output().unwrap();
    thread.join().unwrap();
    Ended {
        code: ended.status.code().unwrap_or(-1),
        out: text,
        err: String::from_utf8(ended.stderr).unwrap(),
    }
}

#[test]
fn an_export_is_written_as_it_comes() {
    let ended = exported("8\r\n{\"n\":2}\n\r\n0\r\n\r\n").ok();
    assert_eq!(ended.out, "{\"n\":1}\n{\"n\":2}\n");
}

#[test]
fn an_export_that_breaks_off_is_a_failure() {
    let ended = exported("8\r\n{\"n\"").fails(69, "the answer broke off, so there is more than this");
    assert!(ended.out.starts_with("{\"n\":1}\n"));
}
