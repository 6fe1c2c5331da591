//! What other settings would have made of the last day. Changes nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use potluck_filters::egress::{EgressSettings, Seen, replay};
use potluck_filters::id::OutboundProxyId;

use crate::api::{ReplayProxies, ReplayedProxies, ReplayedProxy};
use crate::control::Control;
use crate::error::ControlError;

const DAY: i64 = 24 * 60 * 60 * 1000;
/// What is kept of the events.
const KEPT: i64 = 2 * DAY;
/// Events that are replayed.
const MOST: u32 = 200_000;

/// A proxy on the way to an upstream.
type Way = (OutboundProxyId, String);

impl Control {
    /// Says how outbound proxies would have been out in the last day under other settings.
    ///
    /// # Errors
    /// When a setting or the range cannot be what it is.
    pub async fn replay_outbound_proxies(
        &self,
        wanted: &ReplayProxies,
    ) -> Result<ReplayedProxies, ControlError> {
        let settings = settings(wanted)?;
        let to = self.now_ms();
        let from = wanted.from.unwrap_or(to - DAY);
        if from >= to || from < to - KEPT {
            return Err(ControlError::invalid("from", "must be in the last two days"));
        }
        let rows = self.store.proxy_events(from, MOST).await?;
        let mut ways: BTreeMap<Way, Vec<(i64, Seen)>> = BTreeMap::new();
        let mut events = 0;
        let here = |upstream: &str| wanted.upstream.as_deref().is_none_or(|only| only == upstream);
        for row in rows.into_iter().filter(|row| here(&row.upstream)) {
            let seen = match row.did.as_str() {
                "worked" => Seen::Worked,
                "excused" => Seen::Excused,
                "failed" => Seen::Failed(row.rest_ms),
                // What the judge said has its rest by the judge's rules.
                _ => continue,
            };
            events += 1;
            ways.entry((row.proxy, row.upstream))
                .or_default()
                .push((row.at, seen));
        }
        let items = ways
            .into_iter()
            .map(|((outbound_proxy, upstream), seen)| ReplayedProxy {
                outbound_proxy,
                upstream,
                was: replay(&seen, None, to).into(),
                would: replay(&seen, Some(&settings), to).into(),
            });
        Ok(ReplayedProxies {
            from,
            to,
            events,
            items: items.collect(),
        })
    }
}

fn settings(wanted: &ReplayProxies) -> Result<EgressSettings, ControlError> {
    if !(1..=100).contains(&wanted.failures) {
        return Err(ControlError::invalid("failures", "must be 1 to 100"));
    }
    let cool_down = u64::try_from(wanted.cool_down_ms).unwrap_or(0);
    if !(1000..=DAY).contains(&wanted.cool_down_ms) {
        let why = "must be 1000 (a second) to 86400000 (a day)";
        return Err(ControlError::invalid("cool_down_ms", why));
    }
    Ok(EgressSettings {
        failures: wanted.failures,
        cool_down: Duration::from_millis(cool_down),
        ..EgressSettings::default()
    })
}
