//! The loop that probes: it waits until a key is due, somebody wants one looked at, or a visit has ended.
//!
//! Invariants: at most [`AT_ONCE`] visits at once, started no faster than the upstream's bound; when a key is
//! due is stored, so a restart begins where it ended. The loop itself waits for the database alone.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use potluck_filters::id::PoolKeyId;
use potluck_filters::life::{Event, Observation, SUSPICION, Seen, State};
use potluck_filters::model::PoolKeyState;
use potluck_filters::probe::{Found, REPORT_WAIT, Reader, Refusal, Settings};
use potluck_store::{Lead, ProbeTarget, StoreError};
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};

use super::JobSettings;
use super::outcome::{Outcomes, moment, ms};
use super::place::{Place, places};
use super::reports::Reports;
use super::visit::{Visit, Visited};
use super::ways::Ways;
use crate::control::Control;

/// Visits at once.
const AT_ONCE: usize = 8;
/// Longest sleep: the wall clock may be set.
const LONGEST: Duration = Duration::from_secs(30);
const SHORTEST: Duration = Duration::from_millis(20);
/// Rest after the database or the edge failed.
const TROUBLE: Duration = Duration::from_secs(5);
/// Between a login that was refused and the next, while the old token still works.
const LOGIN_GAP: Duration = Duration::from_secs(3600);

pub(super) struct Prober {
    control: Arc<Control>,
    now: fn() -> i64,
    chance: fn() -> f64,
    settings: Settings,
    places: HashMap<String, Place>,
    ways: Arc<Ways>,
    reader: Arc<Reader>,
    reports: Reports,
    outcomes: Outcomes,
    visits: JoinSet<Visited>,
    /// Which key each visit under way is about.
    visiting: HashMap<Id, PoolKeyId>,
    /// Keys whose account's address is known, or known not to be told.
    settled: HashSet<PoolKeyId>,
    /// When a key may log in again, in Unix time in milliseconds.
    logins: HashMap<PoolKeyId, i64>,
    lead: Option<Lead>,
}

impl Prober {
    pub(super) fn new(
        control: Arc<Control>,
        settings: JobSettings,
        now: fn() -> i64,
        chance: fn() -> f64,
    ) -> Self {
        let JobSettings {
            layout,
            probe: settings,
            tunnels,
        } = settings;
        Self {
            ways: Arc::new(Ways::new(tunnels, now, chance)),
            outcomes: Outcomes::new(Arc::clone(&control), settings, now, chance),
            control,
            now,
            chance,
            places: places(&layout, &settings),
            settings,
            reader: Arc::default(),
            reports: Reports::default(),
            visits: JoinSet::new(),
            visiting: HashMap::new(),
            settled: HashSet::new(),
            logins: HashMap::new(),
            lead: None,
        }
    }

    /// Runs until it is dropped; at once over where there is nothing to probe.
    pub(super) async fn run(mut self, mut reports: mpsc::Receiver<Observation>) {
        if self.places.is_empty() {
            return;
        }
        let control = Arc::clone(&self.control);
        loop {
            let rest = match self.begin_due().await {
                Ok(wake) => Duration::from_millis(wake.saturating_sub((self.now)()).try_into().unwrap_or(0)),
                Err(error) => self.trouble(&error),
            };
            tokio::select! {
                Some(seen) = reports.recv() => self.note(seen),
                () = control.probe_due().notified() => {}
                Some(done) = self.visits.join_next_with_id() => self.end_visits(done).await,
                () = tokio::time::sleep(rest.clamp(SHORTEST, LONGEST)) => {}
            }
        }
    }

    /// Starts what is due and says when to look again, in Unix time in milliseconds.
    async fn begin_due(&mut self) -> Result<i64, StoreError> {
        let now = (self.now)();
        let idle = now.saturating_add(ms(LONGEST));
        if !self.leads().await? {
            return Ok(idle);
        }
        let plans = self.control.store().node_plans().await?;
        for (name, place) in &mut self.places {
            place.lay(plans.get(name.as_str()));
        }
        self.ways.lay(self.control.store().egress().await?);
        while let Some(key) = self.takes_report(now) {
            match self.control.store().probe_target(key).await? {
                Some(target) if serves(&target) && self.places.contains_key(&target.upstream) => {
                    if let Err(at) = self.begin(target, now) {
                        self.reports.put_back(key, at);
                    }
                }
                Some(_) => {}
                None => self.outcomes.forget(key),
            }
        }
        loop {
            if self.visits.len() >= AT_ONCE {
                return Ok(idle);
            }
            let upstreams: Vec<&str> = self.places.keys().map(String::as_str).collect();
            // Those under way may be among those that are due.
            let limit = u32::try_from(self.visiting.len() + 1).unwrap_or(u32::MAX);
            let due = self.control.store().due_probes(&upstreams, now, limit).await?;
            let Some(target) = due.into_iter().find(|target| !self.is_visiting(target.id)) else {
                let stored = self.control.store().next_probe_at(&upstreams).await?;
                // Visits under way are still due in the database; their end wakes the loop.
                let stored = stored.filter(|at| *at > now);
                let wake = [stored, self.reports.next()].into_iter().flatten().min();
                return Ok(wake.unwrap_or(idle));
            };
            if let Err(at) = self.begin(target, now) {
                return Ok(self.reports.next().map_or(at, |report| at.min(report)));
            }
        }
    }

    /// Whether this process is the one that probes.
    async fn leads(&mut self) -> Result<bool, StoreError> {
        let holds = match &mut self.lead {
            // A connection that went silent holds nothing.
            Some(lead) => tokio::time::timeout(TROUBLE, lead.holds()).await.unwrap_or(false),
            None => false,
        };
        if !holds {
            self.lead = self.control.store().lead().await?;
        }
        Ok(self.lead.is_some())
    }

    /// A reported key that is due, where one more visit may begin.
    fn takes_report(&mut self, now: i64) -> Option<PoolKeyId> {
        let free = self.visits.len() < AT_ONCE;
        free.then(|| self.reports.take(now)).flatten()
    }

    /// Starts a visit, or says when the upstream has a place for it.
    fn begin(&mut self, target: ProbeTarget, now: i64) -> Result<(), i64> {
        let id = target.id;
        let again = now.saturating_add(ms(REPORT_WAIT.0));
        if self.is_visiting(id) {
            return Err(again);
        }
        let place = self.places.get_mut(&target.upstream).ok_or(again)?;
        place.slots.take(now)?;
        let visit = Visit {
            leave: self.ways.of(&target),
            node: place.node(&target.origins, target.probe_streak),
            interval: place.meet(id, now, &self.settings),
            site: Arc::clone(&place.site),
            question: place.question.clone(),
            reader: Arc::clone(&self.reader),
            now: self.now,
            wants_address: target.state != PoolKeyState::Healthy || !self.settled.contains(&id),
            // People who want it looked at now are not made to wait.
            may_log_in: target.state == PoolKeyState::Pending
                || self.logins.get(&id).is_none_or(|at| *at <= now),
            target,
        };
        let task = self.visits.spawn(visit.run());
        self.visiting.insert(task.id(), id);
        Ok(())
    }

    fn is_visiting(&self, key: PoolKeyId) -> bool {
        self.visiting.values().any(|visited| *visited == key)
    }

    fn note(&mut self, seen: Observation) {
        let now = (self.now)();
        self.reports.note(seen.key, now, (self.chance)());
        match seen.seen {
            Seen::CredentialRefused => {
                let suspect = State::Healthy.after(Event::Refused(SUSPICION), moment(now));
                self.outcomes.doubt(seen.key, suspect);
            }
            Seen::OutOfCredit => {}
        }
    }

    /// Takes in a visit that has ended, and whichever others have by now.
    async fn end_visits(&mut self, first: Result<(Id, Visited), JoinError>) {
        let mut ended = Vec::new();
        let mut next = Some(first);
        while let Some(one) = next {
            ended.extend(self.take_in(one));
            next = self.visits.try_join_next_with_id();
        }
        if let Err(error) = self.outcomes.save(ended).await {
            tracing::error!(%error, "what probes found could not be written");
            tokio::time::sleep(TROUBLE).await;
        }
    }

    fn take_in(&mut self, ended: Result<(Id, Visited), JoinError>) -> Option<Visited> {
        match ended {
            Ok((task, visited)) => {
                self.visiting.remove(&task);
                self.note_visit(&visited);
                Some(visited)
            }
            Err(error) => {
                tracing::error!(%error, "a visit ended badly");
                self.visiting.remove(&error.id());
                None
            }
        }
    }

    fn note_visit(&mut self, visited: &Visited) {
        let now = (self.now)();
        self.reports.visited(visited.id, now);
        if visited.address_settled {
            self.settled.insert(visited.id);
        }
        self.logins.retain(|_, at| *at > now);
        if visited.failed_login == Some(Found::Refused(Refusal::LoginRefused)) {
            self.logins.insert(visited.id, now.saturating_add(ms(LOGIN_GAP)));
        }
    }

    fn trouble(&self, error: &StoreError) -> Duration {
        tracing::error!(%error, "the database cannot say which pool keys to probe");
        TROUBLE
    }
}

/// Only a key that serves is reported; a report about another one is old.
fn serves(target: &ProbeTarget) -> bool {
    match target.state {
        PoolKeyState::Healthy => true,
        PoolKeyState::Pending | PoolKeyState::Invalid | PoolKeyState::Paused | PoolKeyState::Withdrawn => {
            false
        }
    }
}
