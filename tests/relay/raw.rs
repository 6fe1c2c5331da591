//! Requests byte by byte, for what no client library would send.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::world::{CLIENT_KEY, World};

/// An answer as it came.
#[derive(Debug)]
pub struct RawAnswer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl RawAnswer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Sends these bytes and reads until the relay closes.
pub async fn exchange(world: &World, request: &[u8]) -> Vec<u8> {
    let mut socket = connect(world).await;
    // The relay may close before it has read all.
    let _ = socket.write_all(request).await;
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer).await;
    answer
}

pub async fn connect(world: &World) -> TcpStream {
    TcpStream::connect(world.address)
        .await
        .expect("the relay listens")
}

/// A head with the client key; `lines` end in CRLF each.
pub fn head(method: &str, target: &str, lines: &str) -> String {
    format!(
        "{method} {target} HTTP/1.1\r\nhost: relay.test\r\nauthorization: Bearer {CLIENT_KEY}\r\n{lines}\r\n"
    )
}

/// Reads a head.
pub async fn read_head(socket: &mut TcpStream) -> RawAnswer {
    let mut read = Vec::new();
    while !read.ends_with(b"\r\n\r\n") {
        read.push(socket.read_u8().await.expect("a whole head"));
    }
    let head = String::from_utf8(read).expect("a head in ASCII");
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .expect("a status");
    RawAnswer {
        status,
        head,
        body: Vec::new(),
    }
}

/// Reads a head and a body under a length.
pub async fn read_answer(socket: &mut TcpStream) -> RawAnswer {
    let mut answer = read_head(socket).await;
    let length = answer
        .header("content-length")
        .map_or(0, |length| length.parse().expect("a length"));
    answer.body = vec![0; length];
    socket.read_exact(&mut answer.body).await.expect("a whole body");
    answer
}
