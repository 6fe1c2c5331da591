//! One message to one webhook.
//!
//! Invariants: only an address that was judged is connected to; nothing is said before its certificate was checked; no
//! redirect is followed; no proxies of the environment; one time-out for all of it. What comes back is not read.

use std::io;
use std::pin::{Pin, pin};
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HOST, USER_AGENT};
use axum::http::{HeaderValue, Request};
use hmac::{Hmac, KeyInit, Mac};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use openssl::ssl::{SslConnector, SslMethod};
use potluck_filters::address;
use potluck_filters::inject::USER_AGENT_VALUE;
use potluck_filters::model::{BaseUrl, Network, Scheme};
use potluck_filters::node_url::{self, Rules};
use potluck_filters::secret::Secret;
use sha2::Sha256;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

/// For all of one try.
const PATIENCE: Duration = Duration::from_secs(10);
/// Characters of the longest query.
const LONGEST_QUERY: usize = 1024;
/// Of this and that secret message: when it was signed, and the signature.
const SIGNATURE: &str = "x-potluck-signature";

/// Where a webhook is.
pub(crate) struct Webhook {
    base: BaseUrl,
    /// With its question mark; may be empty.
    query: String,
    private: Vec<Network>,
}

/// A message.
pub(crate) struct Message<'m> {
    pub(crate) event: &'m str,
    pub(crate) id: i64,
    pub(crate) body: &'m str,
    /// When it is signed, in Unix seconds.
    pub(crate) at: i64,
}

/// Why a message was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Untaken {
    #[error("it cannot be a webhook's URL: it {0}")]
    Url(String),
    #[error("it leads to {0}, which {1}")]
    Inside(std::net::IpAddr, address::Why),
    #[error("no address was found for its name")]
    Unknown,
    #[error("no connection: {0}")]
    Connect(io::Error),
    #[error("TLS failed: {0}")]
    Tls(String),
    #[error("the answer broke off: {0}")]
    Broke(#[from] hyper::Error),
    #[error("no answer within {} s", PATIENCE.as_secs())]
    Late,
    #[error("it was answered with {0}, and redirects are not followed")]
    Redirected(u16),
    #[error("it was answered with {0}")]
    Status(u16),
}

impl Untaken {
    /// The answer's status, where one came.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Status(status) | Self::Redirected(status) => Some(*status),
            Self::Url(_)
            | Self::Inside(..)
            | Self::Unknown
            | Self::Connect(_)
            | Self::Tls(_)
            | Self::Broke(_)
            | Self::Late => None,
        }
    }
}

/// Bytes both ways.
trait Bytes: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Bytes for S {}

impl Webhook {
    /// Reads a URL. `allow_private`: it may be on a private network or this machine, and without TLS. Where clouds keep
    /// their secrets it may never be.
    pub(crate) fn parse(text: &str, allow_private: bool) -> Result<Self, Untaken> {
        let (url, query) = text.find('?').map_or((text, ""), |at| text.split_at(at));
        let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'#' && byte != b'\\';
        if query.len() > LONGEST_QUERY || !query.bytes().all(plain) {
            return Err(Untaken::Url(
                "must have a short query of plain characters".to_owned(),
            ));
        }
        let everywhere = ["0.0.0.0/0", "::/0"]
            .iter()
            .filter_map(|network| network.parse().ok());
        let private: Vec<Network> = everywhere.filter(|_| allow_private).collect();
        let rules = Rules {
            allow_plaintext: allow_private,
            private_networks: &private,
        };
        let base = node_url::judge(url, rules).map_err(|why| Untaken::Url(unfit(&why)))?;
        if base.scheme == Scheme::Http && !allow_private {
            return Err(Untaken::Url(
                "must be https://, unless `allow_private` is set".to_owned(),
            ));
        }
        Ok(Self {
            base,
            query: query.to_owned(),
            private,
        })
    }

    /// Scheme and host: what may be shown of it.
    pub(crate) fn place(&self) -> String {
        let scheme = match self.base.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        format!("{scheme}://{}", self.base.authority())
    }

    /// Sends a message. The status, where it was taken.
    pub(crate) async fn send(&self, message: &Message<'_>, secret: &Secret) -> Result<u16, Untaken> {
        match tokio::time::timeout(PATIENCE, self.sent(message, secret)).await {
            Ok(sent) => sent,
            Err(_) => Err(Untaken::Late),
        }
    }

    async fn sent(&self, message: &Message<'_>, secret: &Secret) -> Result<u16, Untaken> {
        let request = self.request(message, secret)?;
        let stream = self.connected().await?;
        let bytes: Box<dyn Bytes> = match self.base.scheme {
            Scheme::Http => Box::new(stream),
            Scheme::Https => Box::new(self.secured(stream).await?),
        };
        let (mut sender, connection) = http1::handshake(TokioIo::new(bytes)).await?;
        let mut asking = pin!(sender.send_request(request));
        let answer = tokio::select! {
            answer = &mut asking => answer?,
            _ = connection => asking.await?,
        };
        match answer.status().as_u16() {
            taken @ 200..=299 => Ok(taken),
            elsewhere @ 300..=399 => Err(Untaken::Redirected(elsewhere)),
            other => Err(Untaken::Status(other)),
        }
    }

    fn request(&self, message: &Message<'_>, secret: &Secret) -> Result<Request<Body>, Untaken> {
        let path = if self.base.prefix.is_empty() {
            "/"
        } else {
            &*self.base.prefix
        };
        Request::post(format!("{path}{}", self.query))
            .header(HOST, self.base.authority())
            .header(USER_AGENT, USER_AGENT_VALUE)
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header("x-potluck-event", message.event)
            .header("x-potluck-delivery", message.id)
            .header(SIGNATURE, signature(message, secret))
            .body(Body::from(message.body.to_owned()))
            .map_err(|error| Untaken::Url(error.to_string()))
    }

    async fn connected(&self) -> Result<TcpStream, Untaken> {
        let found = tokio::net::lookup_host((&*self.base.host, self.base.port)).await;
        let found = found.map_err(|_| Untaken::Unknown)?;
        let mut last = Untaken::Unknown;
        for address in found {
            if let Err(why) = address::judge(address.ip(), &self.private) {
                last = Untaken::Inside(address.ip(), why);
                continue;
            }
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = Untaken::Connect(error),
            }
        }
        Err(last)
    }

    async fn secured(&self, stream: TcpStream) -> Result<SslStream<TcpStream>, Untaken> {
        let tls = |error: &dyn std::fmt::Display| Untaken::Tls(error.to_string());
        let connector = SslConnector::builder(SslMethod::tls()).map_err(|error| tls(&error))?;
        let connector = connector.build();
        // Checks the name, or the address where there is none.
        let ssl = connector
            .configure()
            .and_then(|ssl| ssl.into_ssl(&self.base.host));
        let mut stream =
            SslStream::new(ssl.map_err(|error| tls(&error))?, stream).map_err(|error| tls(&error))?;
        Pin::new(&mut stream)
            .connect()
            .await
            .map_err(|error| tls(&error))?;
        Ok(stream)
    }
}

/// The rules of nodes' URLs, in words for webhooks.
fn unfit(why: &node_url::Unfit) -> String {
    use node_url::Unfit;
    match why {
        Unfit::Localhost | Unfit::Inner => {
            "is a name of an inner network; `allow_private` lets it be one".to_owned()
        }
        Unfit::Address(address, address::Why::Loopback | address::Why::Private) => {
            format!("leads to {address}, inside; `allow_private` lets it")
        }
        Unfit::Plaintext => "must be https://, unless `allow_private` is set".to_owned(),
        Unfit::Scheme
        | Unfit::Long
        | Unfit::Characters
        | Unfit::UserInfo
        | Unfit::Query
        | Unfit::Path
        | Unfit::Port
        | Unfit::Host
        | Unfit::Numeric
        | Unfit::Metadata
        | Unfit::Address(..) => why.to_string(),
    }
}

/// `t=<Unix seconds>,v1=<HMAC-SHA-256 of t, a dot and the body, in hexadecimal>`.
fn signature(message: &Message<'_>, secret: &Secret) -> String {
    let at = message.at;
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()) else {
        return String::new();
    };
    mac.update(format!("{at}.").as_bytes());
    mac.update(message.body.as_bytes());
    let digest = mac.finalize().into_bytes();
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={at},v1={digits}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str, allow_private: bool) -> Option<String> {
        Webhook::parse(text, allow_private)
            .err()
            .map(|why| why.to_string())
    }

    #[test]
    fn what_leads_inside_needs_leave_and_what_leads_to_a_clouds_secrets_gets_none() {
        for (url, plain, private) in [
            ("https://hooks.example.org/services/T0/B0/xyz?token=a", true, true),
            ("http://hooks.example.org/x", false, true),
            ("https://127.0.0.1/x", false, true),
            ("https://10.1.2.3", false, true),
            ("https://localhost:8443/x", false, true),
            ("http://169.254.169.254/latest", false, false),
            ("https://user:pw@hooks.example.org", false, false),
            ("ftp://hooks.example.org", false, false),
            ("https://hooks.example.org/#x", false, false),
            ("https://hooks.example.org/?a=#x", false, false),
            ("https://2130706433/", false, false),
        ] {
            assert_eq!(
                refused(url, false).is_none(),
                plain,
                "{url}: {:?}",
                refused(url, false)
            );
            assert_eq!(
                refused(url, true).is_none(),
                private,
                "{url}: {:?}",
                refused(url, true)
            );
        }
    }

    #[test]
    fn a_url_is_shown_only_as_far_as_its_host() {
        let hook = Webhook::parse("https://hooks.example.org:8443/services/secret?token=s", false).unwrap();
        assert_eq!(hook.place(), "https://hooks.example.org:8443");
    }

    #[test]
    fn the_signature_is_of_the_time_and_the_body() {
        let message = Message {
            event: "test",
            id: 1,
            body: "{}",
            at: 1_790_000_000,
        };
        // printf '1790000000.{}' | openssl dgst -sha256 -hmac key
        let known = "t=1790000000,v1=099d33989336226b12c85da813adf6100e1bbab1e91bede9a41ddeb7882d66b8";
        assert_eq!(signature(&message, &Secret::new("key")), known);
        assert_ne!(signature(&message, &Secret::new("another")), known);
    }
}
