//! A connection to a node for one question: straight, or through one outbound proxy after the other; then TLS.
//!
//! Invariants: straight, only addresses that were judged are connected to; nothing is said to a node before its
//! certificate was checked.

use std::io;
use std::pin::Pin;
use std::time::Duration;

use openssl::error::ErrorStack;
use openssl::ssl::{SslConnector, SslMethod};
use openssl::x509::X509;
use openssl::x509::store::X509StoreBuilder;
use potluck_filters::egress::{Blame, Next, Tries, Trouble};
use potluck_filters::id::OutboundProxyId;
use potluck_filters::judge::Stage;
use potluck_filters::model::{BaseUrl, Scheme, Upstream};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

use super::resolve::{Judging, Unfound};
use super::ways::Leave;

/// Bytes both ways.
pub(super) trait Bytes: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Bytes for S {}

/// A connection that nobody else is given.
pub(super) struct Link {
    pub(super) bytes: Box<dyn Bytes>,
    /// The outbound proxy that it goes through.
    pub(super) through: Option<OutboundProxyId>,
}

/// Why there is no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unlinked {
    pub(super) stage: Stage,
    pub(super) timed_out: bool,
}

impl Unlinked {
    const FAILED: Self = Self {
        stage: Stage::Connect,
        timed_out: false,
    };
    const LATE: Self = Self {
        stage: Stage::Connect,
        timed_out: true,
    };
    const NO_WAY_OUT: Self = Self {
        stage: Stage::Proxy,
        timed_out: false,
    };
}

/// Connects to the nodes of one upstream.
pub(super) struct Linker {
    upstream: Upstream,
    tls: SslConnector,
    judging: Judging,
    /// Longest time for one way.
    patience: Duration,
}

impl Linker {
    /// # Errors
    /// When the upstream's certificate authorities cannot be read.
    pub(super) fn new(upstream: &Upstream, longest: Duration) -> Result<Self, ErrorStack> {
        let mut tls = SslConnector::builder(SslMethod::tls())?;
        if let Some(pem) = &upstream.ca_pem {
            let mut only = X509StoreBuilder::new()?;
            for authority in X509::stack_from_pem(pem.as_bytes())? {
                only.add_cert(authority)?;
            }
            tls.set_cert_store(only.build());
        }
        Ok(Self {
            upstream: upstream.clone(),
            tls: tls.build(),
            judging: Judging::of(upstream),
            patience: longest.min(upstream.timeouts.connect),
        })
    }

    /// Connects to a node by the next way that opens.
    pub(super) async fn link(&self, base: &BaseUrl, leave: &Leave) -> Result<Link, Unlinked> {
        if leave.is_straight(&self.upstream) {
            return self.straight(base).await;
        }
        let mut tries = Tries::default();
        tries.begin();
        loop {
            let proxy = match leave.next(&self.upstream, &mut tries) {
                Next::Direct => return self.straight(base).await,
                Next::Nothing => return Err(Unlinked::NO_WAY_OUT),
                Next::Through { proxy, last: _ } => leave.usable(proxy).ok_or(Unlinked::NO_WAY_OUT)?,
            };
            let began = leave.now();
            let opened = leave.tunnels().open(proxy, base, self.patience).await;
            let trouble = match opened {
                Ok(stream) => match self.secured(base, stream).await {
                    Ok(bytes) => {
                        leave.worked(&self.upstream, base, proxy, began);
                        let through = Some(proxy.id);
                        return Ok(Link { bytes, through });
                    }
                    Err(_) => Trouble::TargetBroke,
                },
                Err(trouble) => trouble,
            };
            tries.failed(proxy.id, trouble);
            if leave.failed(&self.upstream, base, proxy, trouble) == Blame::Target {
                return Err(Unlinked::FAILED);
            }
        }
    }

    /// Notes that the upstream would not have a request from a proxy's address.
    pub(super) fn unwelcome(&self, proxy: OutboundProxyId, leave: &Leave) {
        leave.unwelcome(&self.upstream, proxy);
    }

    async fn straight(&self, base: &BaseUrl) -> Result<Link, Unlinked> {
        match tokio::time::timeout(self.patience, self.connected(base)).await {
            Ok(Ok(stream)) => {
                let (bytes, through) = (self.secured(base, stream).await?, None);
                Ok(Link { bytes, through })
            }
            Ok(Err(error)) => Err(told(base, &error)),
            Err(_) => Err(Unlinked::LATE),
        }
    }

    async fn connected(&self, base: &BaseUrl) -> Result<TcpStream, Unfound> {
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for address in self.judging.addresses(base).await? {
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last.into())
    }

    /// With TLS where the URL says so.
    async fn secured(&self, base: &BaseUrl, stream: TcpStream) -> Result<Box<dyn Bytes>, Unlinked> {
        match base.scheme {
            Scheme::Http => Ok(Box::new(stream)),
            Scheme::Https => match tokio::time::timeout(self.patience, self.shaken(base, stream)).await {
                Ok(Ok(stream)) => Ok(Box::new(stream)),
                Ok(Err(error)) => Err(told(base, &error)),
                Err(_) => Err(Unlinked::LATE),
            },
        }
    }

    async fn shaken(
        &self,
        base: &BaseUrl,
        stream: TcpStream,
    ) -> Result<SslStream<TcpStream>, openssl::ssl::Error> {
        // Checks the name, or the address where there is none.
        let ssl = self.tls.configure()?.into_ssl(&base.host)?;
        let mut stream = SslStream::new(ssl, stream)?;
        Pin::new(&mut stream).connect().await?;
        Ok(stream)
    }
}

/// What the log says of a connection that was not made.
fn told(base: &BaseUrl, error: &(dyn std::error::Error + 'static)) -> Unlinked {
    let node = base.origin();
    tracing::debug!(error, node, "a node could not be connected to");
    Unlinked::FAILED
}
