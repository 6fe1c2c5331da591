//! The API of a relay elsewhere, over HTTPS.
//!
//! Invariants: the token goes to the named server alone, and in clear text only to this machine or where that was asked for
//! in so many words; the server's certificate must be one that this system trusts, for that name.

use std::net::IpAddr;
use std::path::PathBuf;
use std::pin::Pin;

use bytes::Bytes;
use http::{Request, StatusCode, Uri, header};
use http_body_util::Full;
use hyper_util::rt::TokioIo;
use openssl::ssl::{SslConnector, SslMethod};
use potluck_filters::secret::Secret;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

use super::To;
use crate::cli::exit::{Exit, Failure};

/// A relay elsewhere, and who asks it.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Remote {
    https: bool,
    host: String,
    port: u16,
    /// What stands before the paths of the API.
    prefix: String,
    /// `None`: somebody who has yet to log in.
    token: Option<Secret>,
    /// Further authorities that are trusted, in PEM.
    ca_file: Option<PathBuf>,
}

impl Remote {
    /// Reads the server's URL.
    ///
    /// # Errors
    /// When it is none, or the token would go over a network in clear text.
    pub(in crate::cli) fn new(server: &str, token: Option<Secret>, insecure: bool) -> Result<Self, Failure> {
        let wrong = |why: &str| Failure::new(Exit::Usage, format!("--server {why}"));
        let uri: Uri = server
            .parse()
            .map_err(|_| wrong("is no URL; write it like https://relay.example.org"))?;
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            Some(_) | None => return Err(wrong("must begin with https:// (or http:// for this machine)")),
        };
        let host = uri.host().ok_or_else(|| wrong("names no host"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        if uri
            .authority()
            .is_some_and(|authority| authority.as_str().contains('@'))
            || uri.query().is_some()
        {
            return Err(wrong("must be scheme, host, port and path alone"));
        }
        if !https && !insecure && !is_this_machine(&host) {
            return Err(wrong(
                "would send passwords and the token over the network in clear text; use https://, or say --insecure",
            ));
        }
        Ok(Self {
            https,
            port: uri.port_u16().unwrap_or(if https { 443 } else { 80 }),
            host,
            prefix: uri.path().trim_end_matches('/').to_owned(),
            token,
            ca_file: None,
        })
    }

    /// The same for somebody with this token.
    pub(in crate::cli) fn with_token(self, token: Option<Secret>) -> Self {
        Self { token, ..self }
    }

    /// The same, trusting those besides whose certificates the file has.
    pub(in crate::cli) fn trusting(self, ca_file: Option<PathBuf>) -> Self {
        Self { ca_file, ..self }
    }

    /// The server's URL in one form, whichever way it was written.
    pub(in crate::cli) fn url(&self) -> String {
        let scheme = if self.https { "https" } else { "http" };
        format!("{scheme}://{}{}", self.authority(), self.prefix)
    }

    /// Host and port, as they stand in a URL.
    fn authority(&self) -> String {
        let usual = if self.https { 443 } else { 80 };
        let host = match self.host.parse::<IpAddr>() {
            Ok(IpAddr::V6(_)) => format!("[{}]", self.host),
            Ok(IpAddr::V4(_)) | Err(_) => self.host.to_lowercase(),
        };
        if self.port == usual {
            host
        } else {
            format!("{host}:{}", self.port)
        }
    }

    /// Sends a request whose target is a path.
    pub(super) async fn send(
        &self,
        request: Request<Full<Bytes>>,
        to: Option<To<'_>>,
    ) -> Result<(StatusCode, Bytes), Failure> {
        let request = self.addressed(request)?;
        let stream = self.connect().await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| self.away(&error))?;
        // Ends by itself when the sender is dropped; its errors come out at the request.
        let connection = tokio::spawn(connection);
        let answer = sender
            .send_request(request)
            .await
            .map_err(|error| self.away(&error))?;
        let taken = super::take(answer, to).await;
        drop(sender);
        let _ = connection.await;
        let (status, body) = taken?;
        match status {
            StatusCode::UNAUTHORIZED if self.token.is_some() => {
                Err(Failure::new(Exit::Failed, format!("{} {NO_TOKEN}", words(&body))))
            }
            StatusCode::MISDIRECTED_REQUEST => Err(Failure::new(
                Exit::Failed,
                format!("{} (its operator lists names in `admin.hosts`)", words(&body)),
            )),
            _ => Ok((status, body)),
        }
    }

    fn addressed(&self, mut request: Request<Full<Bytes>>) -> Result<Request<Full<Bytes>>, Failure> {
        let wrong = |error: &dyn std::fmt::Display| Failure::new(Exit::Usage, error.to_string());
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let target: Uri = format!("{}{path}", self.prefix).parse().map_err(|e| wrong(&e))?;
        *request.uri_mut() = target;
        let host = header::HeaderValue::try_from(self.authority()).map_err(|e| wrong(&e))?;
        request.headers_mut().insert(header::HOST, host);
        if let Some(token) = &self.token {
            let bearer = format!("Bearer {}", token.expose());
            let mut bearer = header::HeaderValue::try_from(bearer)
                .map_err(|_| wrong(&"the token has characters that no token has"))?;
            bearer.set_sensitive(true);
            request.headers_mut().insert(header::AUTHORIZATION, bearer);
        }
        Ok(request)
    }

    async fn connect(&self) -> Result<Box<dyn Wire>, Failure> {
        let tcp = TcpStream::connect((self.host.as_str(), self.port)).await;
        let tcp = tcp.map_err(|error| self.away(&error))?;
        if !self.https {
            return Ok(Box::new(tcp));
        }
        let untrusted = |error: &dyn std::fmt::Display| {
            let message = format!(
                "{}: no trusted connection ({error}); check the name, and that this system trusts who signed its \
                 certificate (--ca-file names further ones)",
                self.host
            );
            Failure::new(Exit::Unavailable, message)
        };
        let mut connector = SslConnector::builder(SslMethod::tls_client()).map_err(|e| untrusted(&e))?;
        if let Some(file) = &self.ca_file {
            connector.set_ca_file(file).map_err(|_| {
                let message = format!("{} has no certificates in PEM that can be read", file.display());
                Failure::new(Exit::Usage, message)
            })?;
        }
        let tls = connector.build().configure().map_err(|e| untrusted(&e))?;
        let tls = tls.into_ssl(&self.host).map_err(|e| untrusted(&e))?;
        let mut stream = SslStream::new(tls, tcp).map_err(|e| untrusted(&e))?;
        Pin::new(&mut stream).connect().await.map_err(|e| untrusted(&e))?;
        Ok(Box::new(stream))
    }

    fn away(&self, error: &dyn std::fmt::Display) -> Failure {
        let message = format!(
            "{}:{} does not answer: {error}; check --server",
            self.host, self.port
        );
        Failure::new(Exit::Unavailable, message)
    }
}

/// Either kind of connection.
trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Wire for S {}

const NO_TOKEN: &str = "(run `potluck login`; or make a personal access token with `potluck tokens create` or POST \
     /manage/v1/me/tokens, and give it with --token-file or POTLUCK_TOKEN)";

fn words(body: &[u8]) -> String {
    let problem: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let detail = problem.get("detail").and_then(serde_json::Value::as_str);
    detail.unwrap_or("the server refuses the token").to_owned()
}

fn is_this_machine(host: &str) -> bool {
    let address = host.parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(server: &str, insecure: bool) -> Result<Remote, Failure> {
        Remote::new(server, Some(Secret::new("token")), insecure)
    }

    #[test]
    fn a_token_goes_in_clear_text_to_this_machine_alone() {
        for server in [
            "https://relay.example",
            "http://localhost:5002",
            "http://127.0.0.1:5002",
            "http://[::1]:1",
        ] {
            assert!(of(server, false).is_ok(), "{server}");
        }
        for server in [
            "http://relay.example",
            "http://10.0.0.1",
            "http://localhost.example",
            "ftp://localhost",
            "relay.example",
            "https://user@relay.example",
            "https://relay.example/?x=1",
            "",
        ] {
            assert!(of(server, false).is_err(), "{server}");
        }
        assert!(of("http://10.0.0.1", true).is_ok());
    }

    #[test]
    fn a_request_is_addressed_to_the_server_with_the_token() {
        let request = Request::get("/manage/v1/keys?after=1")
            .body(Full::default())
            .unwrap();
        let remote = of("https://relay.example/potluck/", false).unwrap();
        let request = remote.addressed(request).unwrap();
        assert_eq!(request.uri(), "/potluck/manage/v1/keys?after=1");
        assert_eq!(request.headers()["host"], "relay.example");
        assert_eq!(request.headers()["authorization"], "Bearer token");
        assert!(!format!("{remote:?}{request:?}").contains("Bearer token"));
    }

    #[test]
    fn a_server_has_one_url_whichever_way_it_is_written() {
        for (written, url) in [
            ("https://Relay.example/", "https://relay.example"),
            ("https://relay.example:443", "https://relay.example"),
            (
                "https://relay.example:8443/pot/",
                "https://relay.example:8443/pot",
            ),
            ("http://[::1]:5003", "http://[::1]:5003"),
        ] {
            assert_eq!(of(written, false).unwrap().url(), url);
        }
    }
}
