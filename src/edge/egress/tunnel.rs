//! A connection to a target through a proxy: what Pingora makes its TLS and HTTP on.
//!
//! Invariants: bounded in bytes and in time; nothing of what the target says is taken for the proxy's
//! words; no error carries anything of the login.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use pingora::connectors::L4Connect;
use pingora::protocols::l4::socket::SocketAddr;
use pingora::protocols::l4::stream::Stream;
use pingora::{Error, ErrorType};
use potluck_filters::egress::{Trouble, connect, socks5};
use potluck_filters::model::{OutboundProxy, ProxyKind};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The way to one target through one proxy.
#[derive(Debug)]
pub(super) struct Tunnel {
    pub(super) proxy: Arc<OutboundProxy>,
    /// Name or address literal, without brackets; a name is the proxy's to look up.
    pub(super) host: Arc<str>,
    pub(super) port: u16,
    /// How long all of it may take.
    pub(super) patience: Duration,
}

#[async_trait]
impl L4Connect for Tunnel {
    async fn connect(&self, address: &SocketAddr) -> pingora::Result<Stream> {
        self.open(address)
            .await
            .map(Stream::from)
            .map_err(|trouble| Error::explain(ErrorType::Custom(trouble.word()), "outbound proxy").into_up())
    }
}

/// What an error of a connection through a proxy says. What does not come from [`Tunnel`] happened behind it.
pub(in crate::edge) fn trouble_of(error: &Error) -> Trouble {
    match error.etype() {
        ErrorType::Custom(word) => Trouble::of_word(word).unwrap_or(Trouble::TargetBroke),
        _ => Trouble::TargetBroke,
    }
}

impl Tunnel {
    /// Connects to the proxy at `address` and has it open the way.
    pub(super) async fn open(&self, address: &SocketAddr) -> Result<TcpStream, Trouble> {
        let address = address.as_inet().ok_or(Trouble::Unreachable)?;
        let mut asked = false;
        let opening = async {
            let mut stream = TcpStream::connect(address).await.map_err(lost)?;
            match self.proxy.url.kind {
                ProxyKind::Connect => self.by_connect(&mut stream, &mut asked).await?,
                ProxyKind::Socks5 => self.by_socks5(&mut stream, &mut asked).await?,
            }
            Ok(stream)
        };
        let opened = tokio::time::timeout(self.patience, opening).await;
        opened.unwrap_or(Err(if asked {
            // It may be the target that does not answer.
            Trouble::NotThrough
        } else {
            Trouble::Slow
        }))
    }

    async fn by_connect(&self, stream: &mut TcpStream, asked: &mut bool) -> Result<(), Trouble> {
        let request = connect::request(&self.host, self.port, self.proxy.login.as_ref());
        stream.write_all(&request).await.map_err(lost)?;
        *asked = true;
        let mut came = Vec::with_capacity(512);
        let mut seen = [0; 1024];
        loop {
            // A target may speak first (h2 does), so no byte beyond the proxy's own is taken off the stream.
            let peeked = stream.peek(&mut seen).await.map_err(lost)?;
            let news = seen.get(..peeked).unwrap_or_default();
            if news.is_empty() {
                return Err(Trouble::Unreachable);
            }
            let before = came.len();
            came.extend_from_slice(news);
            let end = connect::head_end(&came)?;
            let taken = end.unwrap_or(came.len()).saturating_sub(before);
            let own = seen.get_mut(..taken).unwrap_or_default();
            stream.read_exact(own).await.map_err(lost)?;
            if end.is_some() {
                return Ok(());
            }
        }
    }

    async fn by_socks5(&self, stream: &mut TcpStream, asked: &mut bool) -> Result<(), Trouble> {
        let login = self.proxy.login.as_ref();
        stream.write_all(socks5::greeting(login)).await.map_err(lost)?;
        let chosen = read::<2>(stream).await?;
        if socks5::wants_login(chosen, login)?
            && let Some(login) = login
        {
            stream.write_all(&socks5::login(login)).await.map_err(lost)?;
            socks5::logged_in(read::<2>(stream).await?)?;
        }
        let request = socks5::request(&self.host, self.port);
        stream.write_all(&request).await.map_err(lost)?;
        *asked = true;
        let rest = socks5::reply(read::<{ socks5::REPLY_HEAD }>(stream).await?)?;
        // At most a name of 255 bytes and a port.
        let mut bound = [0; 257];
        let bound = bound.get_mut(..rest).ok_or(Trouble::Garbled)?;
        stream.read_exact(bound).await.map(|_| ()).map_err(lost)
    }
}

async fn read<const N: usize>(stream: &mut TcpStream) -> Result<[u8; N], Trouble> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).await.map_err(lost)?;
    Ok(bytes)
}

/// No connection, or one that the proxy ended before it had said its word.
fn lost(_: std::io::Error) -> Trouble {
    Trouble::Unreachable
}
