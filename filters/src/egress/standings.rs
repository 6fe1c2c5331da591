//! How all proxies fare with all upstreams, and which one is next. A pure machine that outlives every
//! snapshot, keyed by stable ids.
//!
//! Invariants: a proxy that rests is given only where no other way is left; none is given twice to one
//! request for the same reason; [`Next::Direct`] only where that is allowed.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::history::{Event, History};
use super::journal::{Did, ProxyJournal};
use super::order::place;
use super::standing::Standing;
use super::{By, EgressSettings, Tries, Trouble};
use crate::id::OutboundProxyId;
use crate::time::Moment;

/// Troubles at one target that are longer ago than this say nothing about it.
const ALIKE: Duration = Duration::from_secs(60);
/// Targets of an upstream that are remembered; more than any has nodes, and a bound on memory.
const TARGETS: usize = 256;

/// Who asks for a way.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The upstream's name.
    pub upstream: &'a Arc<str>,
    /// The proxies that it may leave through; not empty.
    pub list: &'a [OutboundProxyId],
    /// What makes requests prefer the same proxy: the pool key's id. `None`: one after the other.
    pub turn: Option<u64>,
    /// Whether it may leave straight while all of them are down.
    pub direct_when_down: bool,
}

/// The way to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Through this proxy.
    Through {
        /// Which one.
        proxy: OutboundProxyId,
        /// Whether it rests, and is given only because there is no other way.
        last: bool,
    },
    /// Straight.
    Direct,
    /// There is none left for this request.
    Nothing,
}

/// A trouble, and what it was met with.
#[derive(Clone, Copy, Debug)]
pub struct Failure<'a> {
    /// The upstream's name.
    pub upstream: &'a Arc<str>,
    /// All proxies that might have been taken.
    pub list: &'a [OutboundProxyId],
    /// The `host:port` behind the proxy.
    pub target: &'a str,
    /// Which one was taken.
    pub proxy: OutboundProxyId,
    /// What went wrong.
    pub trouble: Trouble,
    /// Who saw it.
    pub by: By,
}

/// Whose fault a trouble is, seen beside those of the other proxies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The proxy's, as far as can be seen. It rests for so long from now on, if a rest began.
    Proxy(Option<Duration>),
    /// The target's: no proxy reached it.
    Target,
}

/// How a proxy fares, for the panel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProxyReport {
    /// Which one.
    pub id: OutboundProxyId,
    /// Upstream by upstream, as far as it was used or probed for it.
    pub upstreams: Vec<StandingReport>,
    /// The last events, the newest first.
    pub history: Vec<Event>,
}

/// How a proxy fares with one upstream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StandingReport {
    /// The upstream's name.
    pub upstream: Box<str>,
    /// How it fares.
    pub health: ProxyHealth,
    /// Failures in a row.
    pub failures: u32,
    /// Milliseconds until it may be taken again, where it rests.
    pub rests_ms: Option<u64>,
}

/// How a proxy fares with an upstream, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProxyHealth {
    /// It was not used or probed yet, or has not got through yet.
    Unknown,
    /// It got through.
    Healthy,
    /// It rests.
    Cooling,
}

/// What a probe found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProbeReport {
    /// On the way to which upstream.
    pub upstream: String,
    /// What was wrong; nothing, where all was well.
    pub why: Option<Trouble>,
    /// How long it took, in milliseconds.
    pub latency_ms: u64,
}

/// What is known of one upstream's ways out.
#[derive(Debug, Default)]
struct Ways {
    cursor: u64,
    standings: HashMap<OutboundProxyId, Standing>,
    /// By target, which proxies did not reach it and when, since somebody did.
    beyond: HashMap<Box<str>, Vec<(OutboundProxyId, Moment)>>,
}

/// How all proxies fare.
#[derive(Debug, Default)]
pub struct Standings {
    upstreams: HashMap<Arc<str>, Ways>,
    histories: HashMap<OutboundProxyId, History>,
    journal: ProxyJournal,
}

impl Standings {
    /// The way to take now. `usable` says which proxies can be used at all.
    pub fn next(
        &mut self,
        ask: &Ask<'_>,
        tries: &Tries,
        usable: impl Fn(OutboundProxyId) -> bool,
        now: Moment,
    ) -> Next {
        let ways = self.ways(ask.upstream);
        let turn = ask.turn.unwrap_or_else(|| {
            ways.cursor = ways.cursor.wrapping_add(1);
            ways.cursor
        });
        let free = ask.list.iter().copied().enumerate();
        let free = free.filter(|(_, proxy)| usable(*proxy) && !tries.has(*proxy));
        let rank = |(index, proxy): (usize, OutboundProxyId)| {
            let until = ways
                .standings
                .get(&proxy)
                .map_or_else(Moment::default, Standing::rests_until);
            let until = if until > now { until } else { Moment::default() };
            (until, place(turn, index, ask.list.len()), proxy)
        };
        match free.map(rank).min() {
            Some((until, _, proxy)) if until <= now => Next::Through { proxy, last: false },
            Some(_) | None if ask.direct_when_down => Next::Direct,
            Some((_, _, proxy)) if !tries.took_the_last() => Next::Through { proxy, last: true },
            Some(_) | None => Next::Nothing,
        }
    }

    /// Notes that a proxy opened the way to a target. Returns whether it had been down.
    pub fn worked(
        &mut self,
        upstream: &Arc<str>,
        target: &str,
        proxy: OutboundProxyId,
        seen: (By, Duration),
        (now, unix_ms): (Moment, i64),
    ) -> bool {
        let ways = self.ways(upstream);
        let standing = ways.standings.entry(proxy).or_default();
        let news = !standing.proven || standing.failures > 0;
        let back = standing.worked(now);
        ways.beyond.remove(target);
        let (by, latency) = seen;
        if news {
            self.journal.push(proxy, upstream, (by, Did::Worked), unix_ms);
        }
        self.note(proxy, upstream, (by, None, Some(latency)), unix_ms);
        back
    }

    /// Notes that a proxy opened no way, and says whose fault that is.
    pub fn failed(
        &mut self,
        failure: &Failure<'_>,
        settings: &EgressSettings,
        (now, unix_ms): (Moment, i64),
        jitter: f64,
    ) -> Blame {
        let Failure {
            upstream,
            proxy,
            trouble,
            by,
            ..
        } = *failure;
        self.note(proxy, upstream, (by, Some(trouble.word().into()), None), unix_ms);
        let ways = self.ways(upstream);
        if trouble.may_be_the_targets() && ways.all_fail_alike(failure, now) {
            let acquitted = ways.acquit(failure.target);
            for proxy in acquitted {
                self.journal.push(proxy, upstream, (by, Did::Excused), unix_ms);
            }
            return Blame::Target;
        }
        let standing = ways.standings.entry(proxy).or_default();
        let rest = standing.failed(settings, now, jitter);
        let did = Did::Failed { why: trouble, rest };
        self.journal.push(proxy, upstream, (by, did), unix_ms);
        Blame::Proxy(rest)
    }

    /// Notes that the upstream would not have a request from there; `length` says how long it rests for
    /// that, from how often it happened in a row.
    pub fn unwelcome(
        &mut self,
        upstream: &Arc<str>,
        proxy: OutboundProxyId,
        rule: crate::judge::RuleName,
        (now, unix_ms): (Moment, i64),
        length: impl FnOnce(u32) -> Duration,
    ) -> Duration {
        self.note(
            proxy,
            upstream,
            (By::Judge, Some(rule.to_string().into()), None),
            unix_ms,
        );
        let standing = self.ways(upstream).standings.entry(proxy).or_default();
        let rest = standing.unwelcome(now, length);
        let did = Did::Unwelcome { rule, rest };
        self.journal.push(proxy, upstream, (By::Judge, did), unix_ms);
        rest
    }

    /// Notes that the upstream took a request from there.
    pub fn welcome(&mut self, upstream: &Arc<str>, proxy: OutboundProxyId) {
        if let Some(standing) = self.ways(upstream).standings.get_mut(&proxy) {
            standing.welcome();
        }
    }

    /// Whether a probe is due; if so, the next one is due an interval later, up to a fifth earlier or
    /// later by chance. The first comes at once.
    pub fn probe_is_due(
        &mut self,
        upstream: &Arc<str>,
        proxy: OutboundProxyId,
        interval: Duration,
        now: Moment,
        chance: f64,
    ) -> bool {
        let standing = self.ways(upstream).standings.entry(proxy).or_default();
        if interval.is_zero() || standing.probe_at > now {
            return false;
        }
        standing.probe_at = now + interval.mul_f64(0.8 + 0.4 * chance.clamp(0.0, 1.0));
        true
    }

    /// Forgets all proxies but these, and all upstreams but these.
    pub fn keep(&mut self, proxy: impl Fn(OutboundProxyId) -> bool, upstream: impl Fn(&str) -> bool) {
        self.upstreams.retain(|name, _| upstream(name));
        for ways in self.upstreams.values_mut() {
            ways.standings.retain(|id, _| proxy(*id));
        }
        self.histories.retain(|id, _| proxy(*id));
    }

    /// What was seen of proxies since the last time somebody asked.
    pub fn take_journal(&mut self) -> ProxyJournal {
        std::mem::take(&mut self.journal)
    }

    /// How a proxy fares, with what happened to it lately.
    #[must_use]
    pub fn report(&self, proxy: OutboundProxyId, now: Moment) -> ProxyReport {
        let history = self.histories.get(&proxy).map(History::newest_first);
        ProxyReport {
            history: history.unwrap_or_default(),
            ..self.standing(proxy, now)
        }
    }

    /// How a proxy fares, with what happened to it last on the way to each upstream.
    #[must_use]
    pub fn standing(&self, proxy: OutboundProxyId, now: Moment) -> ProxyReport {
        let standings = self.upstreams.iter().filter_map(|(upstream, ways)| {
            let standing = ways.standings.get(&proxy)?;
            Some(told(upstream, standing, now))
        });
        let mut upstreams: Vec<_> = standings.collect();
        upstreams.sort_unstable_by(|a, b| a.upstream.cmp(&b.upstream));
        ProxyReport {
            id: proxy,
            upstreams,
            history: self
                .histories
                .get(&proxy)
                .map(History::last_of_each)
                .unwrap_or_default(),
        }
    }

    fn ways(&mut self, upstream: &Arc<str>) -> &mut Ways {
        self.upstreams.entry(Arc::clone(upstream)).or_default()
    }

    fn note(
        &mut self,
        proxy: OutboundProxyId,
        upstream: &Arc<str>,
        (by, why, latency): (By, Option<Box<str>>, Option<Duration>),
        unix_ms: i64,
    ) {
        self.histories.entry(proxy).or_default().push(Event {
            at: unix_ms,
            upstream: (**upstream).into(),
            by,
            why,
            latency_ms: latency.map(|span| u64::try_from(span.as_millis()).unwrap_or(u64::MAX)),
        });
    }
}

impl Ways {
    /// Notes a proxy that did not reach a target, and says whether none of the list did. Those that rest
    /// are no witnesses: they may not get as far as any target.
    fn all_fail_alike(&mut self, failure: &Failure<'_>, now: Moment) -> bool {
        if self.beyond.len() >= TARGETS && !self.beyond.contains_key(failure.target) {
            self.beyond.clear();
        }
        let seen = self.beyond.entry(failure.target.into()).or_default();
        seen.retain(|(proxy, at)| *proxy != failure.proxy && now.since(*at) < ALIKE);
        seen.push((failure.proxy, now));
        let failed = |proxy: &OutboundProxyId| seen.iter().any(|(seen, _)| seen == proxy);
        let rests =
            |proxy: &OutboundProxyId| self.standings.get(proxy).is_some_and(|s| s.rests_until() > now);
        failure.list.iter().all(|proxy| failed(proxy) || rests(proxy))
    }

    /// What was held against those that did not reach this target is taken back. Which of them had something to be
    /// taken back.
    fn acquit(&mut self, target: &str) -> Vec<OutboundProxyId> {
        let mut acquitted = Vec::new();
        for (proxy, _) in self.beyond.get(target).into_iter().flatten() {
            let standing = self.standings.entry(*proxy).or_default();
            if standing.failures > 0 {
                acquitted.push(*proxy);
            }
            standing.acquit();
        }
        acquitted
    }
}

fn told(upstream: &Arc<str>, standing: &Standing, now: Moment) -> StandingReport {
    let until = standing.rests_until();
    let rests = until > now;
    let health = match (rests, standing.proven) {
        (true, _) => ProxyHealth::Cooling,
        (false, true) => ProxyHealth::Healthy,
        (false, false) => ProxyHealth::Unknown,
    };
    StandingReport {
        upstream: (**upstream).into(),
        health,
        failures: standing.failures,
        rests_ms: rests.then(|| until.millis() - now.millis()),
    }
}
