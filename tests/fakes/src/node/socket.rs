//! `/api/ws`: a WebSocket that echoes text and binary frames.
//!
//! The text `close:<code>:<reason>` makes the node close with that code; `drop` makes it go without a close frame.
//! Of the offered subprotocols it takes `echo` or `realtime`.

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;

use super::Site;

pub(super) async fn echo(State(site): State<Site>, upgrade: WebSocketUpgrade) -> Response {
    site.pace.work().await;
    upgrade.protocols(["echo", "realtime"]).on_upgrade(converse)
}

async fn converse(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let answer = match &message {
            Message::Text(text) if text.as_str() == "drop" => return,
            Message::Text(text) => wanted_close(text).unwrap_or(message),
            Message::Binary(_) => message,
            // The library answers both by itself.
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => continue,
        };
        if socket.send(answer).await.is_err() {
            return;
        }
    }
}

fn wanted_close(text: &str) -> Option<Message> {
    let (code, reason) = text.strip_prefix("close:")?.split_once(':')?;
    Some(Message::Close(Some(CloseFrame {
        code: code.parse().ok()?,
        reason: reason.into(),
    })))
}
