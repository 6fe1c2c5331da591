//! `pingora-bare`: a Pingora proxy that does nothing but relay, with the server settings of Potluck's
//! edge. What it costs is what Pingora costs; the rest of Potluck's figure is Potluck's own.

use std::net::SocketAddr;

use async_trait::async_trait;
use clap::Parser;
use pingora::Result;
use pingora::prelude::HttpPeer;
use pingora::proxy::{ProxyHttp, Session, http_proxy_service};
use pingora::server::Server;
use pingora::server::configuration::ServerConf;

/// Relay everything to one address with Pingora, and nothing else.
#[derive(Debug, Parser)]
#[command(
    after_help = "Example:\n  pingora-bare --listen 127.0.0.1:9001 --upstream 127.0.0.1:9000 --threads 2"
)]
struct Arguments {
    /// Address to listen on
    #[arg(long)]
    listen: SocketAddr,
    /// Address to relay to, in plain HTTP/1.1
    #[arg(long)]
    upstream: SocketAddr,
    /// Worker threads
    #[arg(long, default_value_t = 2)]
    threads: usize,
}

struct Bare {
    upstream: SocketAddr,
}

#[async_trait]
impl ProxyHttp for Bare {
    type CTX = ();

    fn new_ctx(&self) {}

    async fn upstream_peer(&self, _session: &mut Session, _ctx: &mut ()) -> Result<Box<HttpPeer>> {
        Ok(Box::new(HttpPeer::new(self.upstream, false, String::new())))
    }
}

fn main() {
    let arguments = Arguments::parse();
    let conf = ServerConf {
        threads: arguments.threads,
        work_stealing: true,
        upstream_keepalive_pool_size: 512,
        ..ServerConf::default()
    };
    let mut server = Server::new_with_opt_and_conf(None, conf);
    server.bootstrap();
    let mut service = http_proxy_service(
        &server.configuration,
        Bare {
            upstream: arguments.upstream,
        },
    );
    service.add_tcp(&arguments.listen.to_string());
    server.add_service(service);
    server.run_forever();
}
