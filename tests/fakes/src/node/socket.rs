//! `/api/ws`: a WebSocket that echoes text and binary frames.
//!
//! The text `close:<code>:<reason>` makes the node close with that code; `drop` makes it go without a close frame.
//! `/api/ws/eager` reads on while it answers, so that a client may say all before it listens.
//! Of the offered subprotocols it takes `echo` or `realtime`.

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use futures_util::{SinkExt, StreamExt};
use tokio::sync::mpsc;

use super::Site;

pub(super) async fn echo(State(site): State<Site>, upgrade: WebSocketUpgrade) -> Response {
    site.pace.work().await;
    upgrade.protocols(["echo", "realtime"]).on_upgrade(converse)
}

pub(super) async fn eager(State(site): State<Site>, upgrade: WebSocketUpgrade) -> Response {
    site.pace.work().await;
    upgrade.on_upgrade(listen_and_speak)
}

/// What was heard and not said again waits in memory: a real node would write it to a disk.
async fn listen_and_speak(socket: WebSocket) {
    let (mut mouth, mut ear) = socket.split();
    let (heard, mut to_say) = mpsc::unbounded_channel();
    let listening = async move {
        while let Some(Ok(message)) = ear.next().await {
            if heard.send(message).is_err() {
                return;
            }
        }
    };
    let speaking = async {
        while let Some(message) = to_say.recv().await {
            if mouth.send(message).await.is_err() {
                return;
            }
        }
    };
    tokio::join!(listening, speaking);
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
