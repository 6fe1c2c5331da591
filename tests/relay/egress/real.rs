//! Real proxies from packages, as processes of their own: `microsocks` and `tinyproxy` (`.ci/deps test`).

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use potluck_filters::model::ProxyKind;
use tempfile::TempDir;

use crate::address::free_address;

pub(crate) const USER: &str = "egress-user";
pub(crate) const PASSWORD: &str = "egress-pa55word";

/// A proxy that runs, with a login.
pub(crate) struct RealProxy {
    pub(crate) kind: ProxyKind,
    pub(crate) address: SocketAddr,
    child: Child,
    _folder: TempDir,
}

impl RealProxy {
    pub(crate) fn start(kind: ProxyKind) -> Self {
        loop {
            // Where the address is not its own, somebody else may take the port in between; then it does not come up.
            let address = free_address();
            let folder = tempfile::tempdir().expect("a folder");
            let mut command = match kind {
                ProxyKind::Socks5 => microsocks(address),
                ProxyKind::Connect => tinyproxy(address, &folder),
            };
            let command = command
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            let child = command.spawn();
            let child = child.expect("microsocks and tinyproxy are installed: .ci/deps test");
            let mut started = Self {
                kind,
                address,
                child,
                _folder: folder,
            };
            if started.comes_up() {
                return started;
            }
        }
    }

    fn comes_up(&mut self) -> bool {
        while std::net::TcpStream::connect(self.address).is_err() {
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

fn microsocks(address: SocketAddr) -> Command {
    let mut command = Command::new("microsocks");
    command.args([
        "-i",
        &address.ip().to_string(),
        "-p",
        &address.port().to_string(),
        "-u",
        USER,
        "-P",
        PASSWORD,
    ]);
    command
}

fn tinyproxy(address: SocketAddr, folder: &TempDir) -> Command {
    let file = folder.path().join("tinyproxy.conf");
    let (host, port) = (address.ip(), address.port());
    let settings = format!(
        "Port {port}\nListen {host}\nTimeout 600\nMaxClients 200\nLogLevel Critical\nBasicAuth {USER} {PASSWORD}\n"
    );
    std::fs::write(&file, settings).expect("its settings");
    let mut command = Command::new("tinyproxy");
    command.arg("-d").arg("-c").arg(file);
    command
}
