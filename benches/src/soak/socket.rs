//! A conversation over a WebSocket, through the relay with a node.

use anyhow::{Context, Result, ensure};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::stage::Site;
use super::tally::Ended;

/// Messages of one conversation.
const MESSAGES: usize = 5;

/// Every message must come back.
pub(super) async fn echo(site: &Site) -> Result<Ended> {
    let mut request = format!("ws://{}/api/ws", site.client.address).into_client_request()?;
    request
        .headers_mut()
        .insert("authorization", format!("Bearer {}", site.key).parse()?);
    let (mut socket, answer) = match tokio_tungstenite::connect_async(request).await {
        Ok(open) => open,
        Err(Error::Http(answer)) => {
            let status = answer.status().as_u16();
            ensure!(
                matches!(status, 500 | 502 | 503),
                "an upgrade was answered with {status}"
            );
            return Ok(Ended::Status(status));
        }
        Err(error) => return Err(error).context("no upgrade"),
    };
    for number in 0..MESSAGES {
        let message = Message::text(format!("message {number}"));
        socket.send(message.clone()).await.context("sending a message")?;
        let echoed = socket
            .next()
            .await
            .context("closed before the echo")?
            .context("reading the echo")?;
        ensure!(echoed == message, "{message:?} came back as {echoed:?}");
    }
    socket.close(None).await.context("closing")?;
    while let Some(Ok(_)) = socket.next().await {}
    Ok(Ended::Status(answer.status().as_u16()))
}
