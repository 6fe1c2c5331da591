//! `bench-upstream`: answers every request with the same 1 KiB of JSON, on one thread, as fast as it can.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::{Context, Result};
use bytes::Bytes;
use clap::Parser;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use potluck_bench::ending;
use potluck_bench::payload::completion;
use tokio::net::{TcpListener, TcpStream};

/// Answer every HTTP/1.1 request with the same chat completion.
#[derive(Debug, Parser)]
#[command(after_help = "Example:\n  bench-upstream --listen 127.0.0.1:9000")]
struct Arguments {
    /// Address to listen on
    #[arg(long)]
    listen: SocketAddr,
}

fn main() -> ExitCode {
    ending::of(
        "bench-upstream",
        run(&Arguments::parse()).map(|()| ExitCode::SUCCESS),
    )
}

fn run(arguments: &Arguments) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("a runtime")?;
    runtime.block_on(serve(arguments.listen))
}

async fn serve(address: SocketAddr) -> Result<()> {
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("listening on {address}"))?;
    let body = Bytes::from(completion());
    loop {
        let (stream, _) = listener.accept().await.context("accepting a connection")?;
        stream.set_nodelay(true).context("setting TCP_NODELAY")?;
        tokio::spawn(connection(stream, body.clone()));
    }
}

async fn connection(stream: TcpStream, body: Bytes) {
    let service = service_fn(move |request| answer(request, body.clone()));
    // A client that goes away is the ordinary end of a round.
    let _ended = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(request: Request<Incoming>, body: Bytes) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut sent = request.into_body();
    while let Some(Ok(_)) = sent.frame().await {}
    let mut response = Response::new(Full::new(body));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}
