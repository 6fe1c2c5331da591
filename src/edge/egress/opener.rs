//! Ways through outbound proxies for the control plane's own requests: made as those of clients are.

use std::time::Duration;

use potluck_admin::job::{Opening, Tunnels};
use potluck_filters::egress::Trouble;
use potluck_filters::model::{BaseUrl, OutboundProxy};

use super::exits::look_up;
use super::tunnel::Tunnel;

/// Opens ways through outbound proxies. Keeps nothing: such requests are few.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opener;

impl Tunnels for Opener {
    fn open<'a>(&'a self, proxy: &'a OutboundProxy, target: &'a BaseUrl, patience: Duration) -> Opening<'a> {
        Box::pin(async move {
            let looked_up = tokio::time::timeout(patience, look_up(&proxy.url)).await;
            let tunnel = Tunnel {
                proxy: proxy.clone().into(),
                host: target.host.clone(),
                port: target.port,
                patience,
            };
            let mut last = Trouble::Unreachable;
            for address in looked_up.map_err(|_| Trouble::Slow)? {
                match tunnel.open(&address.into()).await {
                    Ok(stream) => return Ok(stream),
                    // Only where nobody was met is there reason to knock elsewhere.
                    Err(Trouble::Unreachable) => {}
                    Err(trouble) => {
                        last = trouble;
                        break;
                    }
                }
            }
            Err(last)
        })
    }
}
