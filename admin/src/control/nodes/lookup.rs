//! What a new node's name leads to now.
//!
//! This is for whoever adds it: a name that leads where no node may be is refused with a reason. The edge judges
//! every address again before it connects, because a name may lead elsewhere by then.

use std::net::IpAddr;
use std::pin::Pin;
use std::time::Duration;

use potluck_filters::address;
use potluck_filters::model::BaseUrl;

use crate::api::UpstreamFacts;
use crate::control::Control;
use crate::error::ControlError;

/// How long a look-up may take. What is not found in time is no reason to refuse.
const PATIENCE: Duration = Duration::from_secs(3);

/// Addresses, when they have been found.
pub type Found = Pin<Box<dyn Future<Output = Vec<IpAddr>> + Send>>;
/// Looks a name up.
pub type LookUp = dyn Fn(&str) -> Found + Send + Sync;

/// Asks the system.
pub(in crate::control) fn system(name: &str) -> Found {
    let name = name.to_owned();
    Box::pin(async move {
        let found = tokio::net::lookup_host((name, 0)).await;
        found
            .map(|found| found.map(|address| address.ip()).collect())
            .unwrap_or_default()
    })
}

impl Control {
    /// A name that is not found may be found later.
    pub(super) async fn judge_addresses(
        &self,
        url: &BaseUrl,
        facts: &UpstreamFacts,
    ) -> Result<(), ControlError> {
        if url.host.parse::<IpAddr>().is_ok() {
            return Ok(());
        }
        let found = tokio::time::timeout(PATIENCE, (self.look_up)(&url.host)).await;
        for found in found.unwrap_or_default() {
            address::judge(found, &facts.private_networks).map_err(|why| {
                let why = format!("{} leads to {found}, which {why}", url.host);
                ControlError::invalid("url", why)
            })?;
        }
        Ok(())
    }
}
