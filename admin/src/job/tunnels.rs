//! Ways through outbound proxies, as the program makes them for requests of clients, too. To the jobs they are a
//! stream each; who they are made by is decided where the program is put together.

use std::pin::Pin;
use std::time::Duration;

use potluck_filters::egress::Trouble;
use potluck_filters::model::{BaseUrl, OutboundProxy};
use tokio::net::TcpStream;

/// Opens ways through outbound proxies.
pub trait Tunnels: Send + Sync {
    /// Has the proxy open a way to the target, within that time. The stream's other end is the target's.
    ///
    /// # Errors
    /// What went wrong.
    fn open<'a>(&'a self, proxy: &'a OutboundProxy, target: &'a BaseUrl, patience: Duration) -> Opening<'a>;
}

/// A way, when it is open.
pub type Opening<'a> = Pin<Box<dyn Future<Output = Result<TcpStream, Trouble>> + Send + 'a>>;
