//! Real proxies from packages, as processes of their own: `microsocks` and `tinyproxy` (`.ci/deps test`).

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use potluck_filters::id::OutboundProxyId;
use potluck_filters::model::{OutboundProxy, ProxyKind, ProxyLogin};
use potluck_filters::secret::Secret;
use tempfile::TempDir;
use tokio::net::TcpStream;

pub const USER: &str = "egress-user";
pub const PASSWORD: &str = "egress-pa55word";

/// A proxy that runs, with a login.
pub struct RealProxy {
    pub kind: ProxyKind,
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl RealProxy {
    pub fn start(kind: ProxyKind) -> Self {
        loop {
            // Somebody else may take the port in between; then the proxy does not come up.
            let port = free_port();
            let folder = tempfile::tempdir().unwrap();
            let mut command = match kind {
                ProxyKind::Socks5 => microsocks(port),
                ProxyKind::Connect => tinyproxy(port, &folder),
            };
            let command = command
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            let child = command.spawn();
            let child = child.expect("microsocks and tinyproxy are installed: .ci/deps test");
            let mut started = Self {
                kind,
                child,
                port,
                _folder: folder,
            };
            if started.comes_up() {
                return started;
            }
        }
    }

    fn comes_up(&mut self) -> bool {
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            std::thread::yield_now();
        }
        true
    }

    /// It, as the snapshot has it.
    pub fn proxy(&self, id: i64) -> OutboundProxy {
        proxy(id, self.kind, self.port)
    }

    /// It behind somebody who counts its connections: each is one handshake.
    pub async fn counted(&self, id: i64) -> (OutboundProxy, Arc<AtomicUsize>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let front = listener.local_addr().unwrap().port();
        let count = Arc::new(AtomicUsize::new(0));
        let (counted, behind) = (Arc::clone(&count), self.port);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                // Relaxed: read when everything has been answered.
                counted.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(async move {
                    let mut server = TcpStream::connect(("127.0.0.1", behind)).await?;
                    tokio::io::copy_bidirectional(&mut client, &mut server).await
                });
            }
        });
        (proxy(id, self.kind, front), count)
    }

    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for RealProxy {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A proxy on this machine with the login of all real ones.
pub fn proxy(id: i64, kind: ProxyKind, port: u16) -> OutboundProxy {
    let scheme = match kind {
        ProxyKind::Connect => "http",
        ProxyKind::Socks5 => "socks5",
    };
    OutboundProxy {
        id: OutboundProxyId(id),
        name: format!("proxy-{id}").into(),
        url: format!("{scheme}://127.0.0.1:{port}").parse().unwrap(),
        login: Some(ProxyLogin::new(Secret::new(USER), Secret::new(PASSWORD)).unwrap()),
        enabled: true,
    }
}

pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn microsocks(port: u16) -> Command {
    let mut command = Command::new("microsocks");
    command.args([
        "-i",
        "127.0.0.1",
        "-p",
        &port.to_string(),
        "-u",
        USER,
        "-P",
        PASSWORD,
    ]);
    command
}

fn tinyproxy(port: u16, folder: &TempDir) -> Command {
    let file = folder.path().join("tinyproxy.conf");
    let settings = format!(
        "Port {port}\nListen 127.0.0.1\nTimeout 600\nMaxClients 200\nLogLevel Critical\nBasicAuth {USER} {PASSWORD}\n"
    );
    std::fs::write(&file, settings).unwrap();
    let mut command = Command::new("tinyproxy");
    command.arg("-d").arg("-c").arg(file);
    command
}
