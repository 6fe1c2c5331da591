//! One `POST` to a collector of traces.

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::uri::Authority;
use http::{Request, StatusCode};
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use openssl::ssl::{SslConnector, SslMethod};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

/// How long one `POST` may take in all.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where spans go.
#[derive(Debug)]
pub(super) struct Collector {
    tls: bool,
    authority: Authority,
    path: String,
}

/// Why they did not get there.
#[derive(Debug, Error)]
pub(super) enum Unsent {
    #[error("there is no connection: {0}")]
    Connect(#[from] std::io::Error),
    #[error("there is no trusted connection: {0}")]
    Tls(String),
    #[error("the exchange broke off: {0}")]
    Http(#[from] hyper::Error),
    #[error("the request cannot be made: {0}")]
    Request(#[from] http::Error),
    #[error("the collector answered {0}")]
    Refused(StatusCode),
    #[error("the collector took too long")]
    Slow,
}

impl Collector {
    /// Over TLS or not, at an authority, with a path.
    pub(super) fn new((tls, authority, path): (bool, Authority, String)) -> Self {
        Self { tls, authority, path }
    }

    /// Sends spans in their JSON form.
    pub(super) async fn send(&self, body: Vec<u8>) -> Result<(), Unsent> {
        let sent = tokio::time::timeout(PATIENCE, self.post(body));
        sent.await.map_err(|_| Unsent::Slow)?
    }

    async fn post(&self, body: Vec<u8>) -> Result<(), Unsent> {
        let request = Request::post(self.path.as_str())
            .header(HOST, self.authority.as_str())
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(self.connect().await?)).await?;
        // Ends by itself when the sender is dropped; its errors come out at the request.
        tokio::spawn(connection);
        let status = sender.send_request(request).await?.status();
        if status.is_success() {
            Ok(())
        } else {
            Err(Unsent::Refused(status))
        }
    }

    async fn connect(&self) -> Result<Box<dyn Wire>, Unsent> {
        let host = self
            .authority
            .host()
            .trim_start_matches('[')
            .trim_end_matches(']');
        let port = self
            .authority
            .port_u16()
            .unwrap_or(if self.tls { 443 } else { 80 });
        let tcp = TcpStream::connect((host, port)).await?;
        if !self.tls {
            return Ok(Box::new(tcp));
        }
        let mut stream = secured(host, tcp).map_err(|error| Unsent::Tls(error.to_string()))?;
        let connected = Pin::new(&mut stream).connect().await;
        connected.map_err(|error| Unsent::Tls(error.to_string()))?;
        Ok(Box::new(stream))
    }
}

fn secured(host: &str, tcp: TcpStream) -> Result<SslStream<TcpStream>, openssl::error::ErrorStack> {
    let connector = SslConnector::builder(SslMethod::tls_client())?.build();
    SslStream::new(connector.configure()?.into_ssl(host)?, tcp)
}

/// Either kind of connection.
trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Wire for S {}
