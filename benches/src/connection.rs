//! One keep-alive client connection that sends a prepared request and reads the whole answer.
//!
//! A hand-made client, because the load shares two cores with what it measures: it parses only what
//! it checks, and allocates nothing per request.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::answer::{Head, read_head};

/// An open connection with its read buffer.
#[derive(Debug)]
pub struct Connection {
    address: SocketAddr,
    stream: TcpStream,
    input: Vec<u8>,
    reusable: bool,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// When nothing listens there.
    pub async fn open(address: SocketAddr) -> Result<Self> {
        Ok(Self {
            address,
            stream: connect(address).await?,
            input: Vec::with_capacity(8192),
            reusable: true,
        })
    }

    /// Sends one request and reads the answer to its end; connects anew where the last answer closed.
    ///
    /// # Errors
    /// When the connection breaks or what comes is not an answer with a `Content-Length`.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<Head> {
        if !self.reusable {
            self.stream = connect(self.address).await?;
        }
        self.input.clear();
        self.reusable = false;
        self.stream
            .write_all(request)
            .await
            .context("sending a request")?;
        let head = self.head().await?;
        while self.input.len() < head.length + head.content_length {
            self.fill().await?;
        }
        if self.input.len() > head.length + head.content_length {
            bail!("bytes after the end of an answer");
        }
        self.reusable = head.keep_alive;
        Ok(head)
    }

    /// The body of the last answer.
    #[must_use]
    pub fn body(&self, head: &Head) -> &[u8] {
        self.input.get(head.length..).unwrap_or_default()
    }

    async fn head(&mut self) -> Result<Head> {
        loop {
            self.fill().await?;
            if let Some(head) = read_head(&self.input)? {
                return Ok(head);
            }
        }
    }

    async fn fill(&mut self) -> Result<()> {
        match self
            .stream
            .read_buf(&mut self.input)
            .await
            .context("reading an answer")?
        {
            0 => bail!("the connection was closed inside an answer"),
            _more => Ok(()),
        }
    }
}

async fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address)
        .await
        .with_context(|| format!("connecting to {address}"))?;
    stream.set_nodelay(true).context("setting TCP_NODELAY")?;
    Ok(stream)
}
