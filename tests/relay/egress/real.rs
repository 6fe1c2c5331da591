//! Real proxies from packages, as processes of their own: `microsocks` and `tinyproxy` (`.ci/deps test`).

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use potluck_filters::model::ProxyKind;
use tempfile::TempDir;

pub(crate) const USER: &str = "egress-user";
pub(crate) const PASSWORD: &str = "egress-pa55word";

/// A proxy that runs, with a login.
pub(crate) struct RealProxy {
    pub(crate) kind: ProxyKind,
    pub(crate) port: u16,
    child: Child,
    _folder: TempDir,
}

impl RealProxy {
    pub(crate) fn start(kind: ProxyKind) -> Self {
        loop {
            // Somebody else may take the port in between; then the proxy does not come up.
            let port = free_port();
            let folder = tempfile::tempdir().expect("a folder");
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
                port,
                child,
                _folder: folder,
            };
            if started.comes_up() {
                return started;
            }
        }
    }

    fn comes_up(&mut self) -> bool {
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            if self.child.try_wait().expect("its state").is_some() {
                return false;
            }
            std::thread::yield_now();
        }
        true
    }

    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for RealProxy {
    fn drop(&mut self) {
        self.kill();
    }
}

pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its address").port()
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
    std::fs::write(&file, settings).expect("its settings");
    let mut command = Command::new("tinyproxy");
    command.arg("-d").arg("-c").arg(file);
    command
}
