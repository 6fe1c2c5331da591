//! Outbound proxies that do as they are told, and count.

use std::collections::{HashMap, HashSet};

use parking_lot::Mutex;
use potluck_filters::egress::Trouble;
use potluck_filters::model::{BaseUrl, OutboundProxy};
use std::time::Duration;
use tokio::net::TcpStream;

use crate::job::{Opening, Tunnels};

#[derive(Default)]
pub(in crate::job::tests) struct Scripted {
    down: Mutex<HashSet<String>>,
    /// By proxy: how often it was asked for a way.
    asked: Mutex<HashMap<String, usize>>,
}

impl Scripted {
    pub(in crate::job::tests) fn take_down(&self, proxy: &str) {
        self.down.lock().insert(proxy.to_owned());
    }

    pub(in crate::job::tests) fn asked(&self, proxy: &str) -> usize {
        self.asked.lock().get(proxy).copied().unwrap_or(0)
    }
}

impl Tunnels for Scripted {
    fn open<'a>(&'a self, proxy: &'a OutboundProxy, target: &'a BaseUrl, _: Duration) -> Opening<'a> {
        let name = proxy.name.to_string();
        *self.asked.lock().entry(name.clone()).or_default() += 1;
        let is_down = self.down.lock().contains(&name);
        Box::pin(async move {
            if is_down {
                return Err(Trouble::Unreachable);
            }
            let stream = TcpStream::connect((&*target.host, target.port)).await;
            stream.map_err(|_| Trouble::NotThrough)
        })
    }
}
