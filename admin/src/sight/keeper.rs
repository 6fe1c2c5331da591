//! The keeper: looks, writes down what changed, marks that it looked, and throws away what is too old.

use std::sync::Arc;

use potluck_filters::egress::ProxyEvent;
use potluck_filters::history::{Passage, Recorder, Subject};
use potluck_store::{Lead, Store, StoreError};

use super::SightSettings;
use super::findings::Findings;
use super::keys::Keys;
use super::{nodes, proxies};
use crate::control::Control;
use crate::error::ControlError;

/// Between two marks, in milliseconds; also how often what is too old is looked for.
const MARK: i64 = 10_000;
/// A look that comes so much later than the last one, in milliseconds, was none: the machine slept.
const SLEPT: i64 = 60_000;
/// Changes that wait for a database that is away; more are lost.
const MOST_WAITING: usize = 50_000;
/// What was seen of proxies is kept for so long, in milliseconds.
const KEEP_EVENTS: i64 = 2 * 24 * 60 * 60 * 1000;

pub(crate) struct Keeper {
    control: Arc<Control>,
    settings: SightSettings,
    now: fn() -> i64,
    recorder: Recorder,
    keys: Keys,
    findings: Findings,
    changes: Vec<(Subject, Passage)>,
    events: Vec<ProxyEvent>,
    lead: Option<Lead>,
    /// When it looked last, since it leads.
    looked: Option<i64>,
    marked: i64,
    /// Whether the last look failed: that is told once.
    failing: bool,
}

impl Keeper {
    pub(crate) fn new(control: Arc<Control>, settings: SightSettings, now: fn() -> i64) -> Self {
        Self {
            control,
            settings,
            now,
            recorder: Recorder::default(),
            keys: Keys::default(),
            findings: Findings::default(),
            changes: Vec::new(),
            events: Vec::new(),
            lead: None,
            looked: None,
            marked: 0,
            failing: false,
        }
    }

    /// Looks once, and keeps what is new.
    pub(crate) async fn look(&mut self) {
        let tried = self.tried().await;
        let failed_before = std::mem::replace(&mut self.failing, tried.is_err());
        if let (Err(error), false) = (&tried, failed_before) {
            tracing::error!(%error, "what is seen cannot be kept; it waits");
        }
    }

    async fn tried(&mut self) -> Result<(), ControlError> {
        let now = (self.now)();
        if !self.leads().await? {
            self.looked = None;
            return Ok(());
        }
        self.mind_the_gap(now).await?;
        self.see(now).await?;
        self.recorder.pass_time(now);
        self.keep(now).await?;
        let control = Arc::clone(&self.control);
        let seen = (&self.recorder, &self.keys);
        self.findings.look(&control, seen, now).await
    }

    /// Whether this process is the one that keeps histories.
    async fn leads(&mut self) -> Result<bool, StoreError> {
        let holds = match &mut self.lead {
            Some(lead) => lead.holds().await,
            None => false,
        };
        if !holds {
            self.lead = self.control.store().lead_of("sight").await?;
        }
        Ok(self.lead.is_some())
    }

    /// Notes the time in which nobody looked, and takes over what was known before it.
    async fn mind_the_gap(&mut self, now: i64) -> Result<(), ControlError> {
        let store = self.control.store();
        match self.looked {
            Some(last) if now - last > SLEPT => store.add_watch_gap((last, now), "asleep").await?,
            Some(_) => {}
            None => {
                for row in store.last_state_changes().await? {
                    self.recorder
                        .resume(row.subject, row.passage.to, row.passage.until);
                }
                self.keys = Keys::default();
                self.findings.resume(&self.control, now).await?;
                match store.last_watched().await? {
                    Some(last) if last < now => store.add_watch_gap((last, now), "stopped").await?,
                    Some(_) | None => {}
                }
            }
        }
        self.looked = Some(now);
        Ok(())
    }

    async fn see(&mut self, now: i64) -> Result<(), StoreError> {
        let control = Arc::clone(&self.control);
        let live = &*control.live;
        self.keys
            .see(control.store(), live, &mut self.recorder, now)
            .await?;
        let upstreams = control.upstreams();
        nodes::see(&upstreams, live, &mut self.recorder, now);
        proxies::see(live, &mut self.recorder, now);
        self.changes.extend(self.recorder.take());
        let seen = live.take_proxy_events();
        self.events.extend(seen.events);
        let lost = seen.lost as usize + beyond(&mut self.changes) + beyond(&mut self.events);
        if lost > 0 {
            tracing::warn!(lost, "more happened than could be kept of it");
        }
        Ok(())
    }

    async fn keep(&mut self, now: i64) -> Result<(), StoreError> {
        let store = self.control.store();
        self.changes.extend(self.recorder.take());
        store.save_state_changes(&mut self.changes).await?;
        store.save_proxy_events(&mut self.events).await?;
        if now - self.marked < MARK && now >= self.marked {
            return Ok(());
        }
        self.marked = now;
        store.mark_watched(now).await?;
        forget(store, &self.settings, now).await
    }

    /// Keeps what was seen last.
    pub(crate) async fn close(mut self) {
        if self.looked.is_none() {
            return;
        }
        let now = (self.now)();
        self.recorder.close(now);
        self.marked = 0;
        if let Err(error) = self.keep(now).await {
            tracing::error!(%error, "the last of the histories could not be kept");
        }
    }
}

/// Throws away a little of what is too old: there is a next time soon.
async fn forget(store: &Store, settings: &SightSettings, now: i64) -> Result<(), StoreError> {
    let keep = i64::try_from(settings.keep.as_millis()).unwrap_or(i64::MAX);
    let mut before = now.saturating_sub(keep);
    if let Some(beyond) = store.state_changes_beyond(settings.most_changes).await? {
        before = before.max(beyond);
    }
    store.forget_state_changes(before).await?;
    store.forget_proxy_events(now - KEEP_EVENTS).await?;
    store.forget_findings(now.saturating_sub(keep)).await?;
    store.forget_starts(now.saturating_sub(keep)).await?;
    store.forget_alerts(now.saturating_sub(keep)).await?;
    store.forget_watch_gaps(now.saturating_sub(keep)).await
}

/// Cuts a list to what may wait; how many were too many.
fn beyond<T>(list: &mut Vec<T>) -> usize {
    let lost = list.len().saturating_sub(MOST_WAITING);
    list.truncate(MOST_WAITING);
    lost
}
