//! From what is seen to findings: gathers the scene, asks what is wrong with it, and writes down what is new or over.

use std::collections::{BTreeMap, HashMap, VecDeque};

use potluck_filters::finding::{
    FailedAttempt, FailedJob, Finding, InvalidKey, Known, NodeScene, ProxyScene, QueueScene, Rates, Scene,
    SnapshotScene, Step, UpstreamScene, look, settle,
};
use potluck_filters::history::{Kind, Recorder, State};
use potluck_filters::id::{OutboundProxyId, PoolKeyId, Revision};
use potluck_store::table::alerts::AlertEvent;
use potluck_store::table::findings::{FindingFilter, FindingRow};
use serde_json::Value;

use super::alerts;
use super::keys::Keys;
use crate::api;
use crate::caller::By;
use crate::control::Control;
use crate::error::ControlError;

/// Between two looks, in milliseconds.
const TURN: i64 = 5000;
/// What happened longer ago, in milliseconds, is no news.
const LATELY: i64 = 5 * 60 * 1000;
/// Failed attempts of one upstream that are looked at.
const MOST_FAILED: usize = 4096;
/// Jobs that failed longer ago, in milliseconds, are over.
const JOBS: i64 = 24 * 60 * 60 * 1000;
/// Findings that may be open at once.
const MOST_OPEN: u32 = 1000;

/// Two counters, as they were from time to time in the last minutes.
#[derive(Debug, Default)]
struct Window(VecDeque<(i64, [u64; 2])>);

impl Window {
    /// By how much they grew in the last minutes, and since when that is. Counters that began anew begin anew here.
    fn lately(&mut self, counted: [u64; 2], now: i64) -> ([u64; 2], i64) {
        let shrank = |(_, last): &(i64, [u64; 2])| last.iter().zip(&counted).any(|(last, now)| last > now);
        if self.0.back().is_some_and(shrank) {
            self.0.clear();
        }
        self.0.retain(|(at, _)| now - at <= LATELY);
        self.0.push_back((now, counted));
        let (since, first) = self.0.front().copied().unwrap_or((now, counted));
        let [a, b] = counted;
        let [before_a, before_b] = first;
        ([a - before_a, b - before_b], since)
    }
}

/// What was seen in the last minutes, and what is known to be wrong.
#[derive(Default)]
pub(super) struct Findings {
    open: HashMap<String, Known>,
    failed: HashMap<String, VecDeque<FailedAttempt>>,
    /// What queues have counted: refused, served.
    queues: HashMap<String, Window>,
    /// What upstreams have counted: requests, failed ones.
    requests: HashMap<String, Window>,
    /// Since when the edge is behind.
    behind: Option<i64>,
    looked: i64,
    /// What edges said of nodes and proxies, besides how they are.
    errors: HashMap<(String, String), String>,
    failures: HashMap<(String, OutboundProxyId), u32>,
}

impl Findings {
    /// Takes over what is open.
    pub(super) async fn resume(&mut self, control: &Control, now: i64) -> Result<(), ControlError> {
        let filter = FindingFilter {
            open: Some(true),
            ..FindingFilter::default()
        };
        let rows = control.store().findings(&filter, MOST_OPEN).await?;
        let known = rows.into_iter().map(|row| {
            let known = Known {
                id: row.id,
                severity: row.finding.severity,
                cause: row.finding.cause,
                written: row.seen_at,
                seen: now,
            };
            (row.name, known)
        });
        self.open = known.collect();
        Ok(())
    }

    /// Takes note of what edges have seen, and from time to time says what is wrong.
    pub(super) async fn look(
        &mut self,
        control: &Control,
        seen: (&Recorder, &Keys),
        now: i64,
    ) -> Result<(), ControlError> {
        for (upstream, attempt) in control.live.take_failed() {
            let failed = self.failed.entry(upstream).or_default();
            failed.push_back(attempt);
            if failed.len() > MOST_FAILED {
                failed.pop_front();
            }
        }
        if now - self.looked < TURN && now >= self.looked {
            return Ok(());
        }
        self.looked = now;
        self.forget(now);
        let scene = self.scene(control, seen, now).await?;
        let steps = settle(&mut self.open, look(&scene), now);
        self.write(control, steps, now).await
    }

    fn forget(&mut self, now: i64) {
        for failed in self.failed.values_mut() {
            failed.retain(|one| now - one.at <= LATELY);
        }
        self.failed.retain(|_, failed| !failed.is_empty());
    }

    async fn scene(
        &mut self,
        control: &Control,
        (recorder, keys): (&Recorder, &Keys),
        now: i64,
    ) -> Result<Scene, ControlError> {
        let status = control.live.status();
        let stored = control.store().revision().await?;
        self.ask_edges(control);
        let mut upstreams: BTreeMap<String, UpstreamScene> = BTreeMap::new();
        for facts in control.upstreams().iter() {
            let queue = status.pointer(&format!("/upstreams/{}/queue", facts.name));
            let scene = UpstreamScene {
                keyed: facts.keyed,
                queue: self.queue(&facts.name, queue, now),
                failed: self
                    .failed
                    .get(&facts.name)
                    .into_iter()
                    .flatten()
                    .copied()
                    .collect(),
                rates: self.rates(&facts.name, control.live.requests(&facts.name), now),
                name: facts.name.clone(),
                ..UpstreamScene::default()
            };
            upstreams.insert(facts.name.clone(), scene);
        }
        let proxies = self.fill(&mut upstreams, recorder, keys);
        let jobs = control.store().failed_jobs(now - JOBS).await?;
        Ok(Scene {
            now,
            upstreams: upstreams.into_values().collect(),
            proxies,
            spool: control.live.spool(),
            snapshot: self.snapshot(&status, stored, now),
            jobs: jobs
                .into_iter()
                .map(|(id, kind, at)| FailedJob { id, kind, at })
                .collect(),
        })
    }

    /// Asks what cannot be told from how things are.
    fn ask_edges(&mut self, control: &Control) {
        self.errors.clear();
        for facts in control.upstreams().iter() {
            for report in control.live.nodes(&facts.name) {
                if let Some(error) = report.last_check.and_then(|check| check.error) {
                    self.errors.insert((facts.name.clone(), report.node), error);
                }
            }
        }
        self.failures.clear();
        for (report, _) in control.live.proxy_standings() {
            for standing in report.upstreams {
                let place = (standing.upstream.into_string(), report.id);
                self.failures.insert(place, standing.failures);
            }
        }
    }

    /// Sorts how things are under their upstreams. What has no upstream any more is of no concern.
    fn fill(
        &self,
        upstreams: &mut BTreeMap<String, UpstreamScene>,
        recorder: &Recorder,
        keys: &Keys,
    ) -> Vec<ProxyScene> {
        let mut proxies = Vec::new();
        for (subject, state, since) in recorder.subjects() {
            let Some(scene) = upstreams.get_mut(&subject.upstream) else {
                continue;
            };
            match subject.kind {
                Kind::PoolKey => {
                    *scene.keys.entry(state).or_default() += 1;
                    if let (State::Invalid, Ok(id)) = (state, subject.name.parse()) {
                        let (key, reason) = (PoolKeyId(id), keys.reason(PoolKeyId(id)));
                        scene.invalid.push(InvalidKey { key, since, reason });
                    }
                }
                Kind::Node => {
                    let place = (subject.upstream.clone(), subject.name.clone());
                    scene.nodes.push(NodeScene {
                        name: subject.name.clone(),
                        state,
                        since,
                        error: self.errors.get(&place).cloned(),
                    });
                }
                Kind::OutboundProxy => {
                    let Ok(id) = subject.name.parse() else { continue };
                    let place = (subject.upstream.clone(), OutboundProxyId(id));
                    proxies.push(ProxyScene {
                        proxy: OutboundProxyId(id),
                        upstream: subject.upstream.clone(),
                        state,
                        since,
                        failures: self.failures.get(&place).copied().unwrap_or(0),
                    });
                }
            }
        }
        proxies
    }

    /// What a queue did in the last minutes.
    fn queue(&mut self, upstream: &str, told: Option<&Value>, now: i64) -> QueueScene {
        let number = |name: &str| told.and_then(|told| told.get(name)?.as_u64()).unwrap_or(0);
        let window = self.queues.entry(upstream.to_owned()).or_default();
        let counted = [number("refused"), number("served")];
        let ([refused, served], since) = window.lately(counted, now);
        QueueScene {
            waiting: number("waiting"),
            refused,
            served,
            since,
        }
    }

    /// How many requests there were in the last minutes, and how many of them failed.
    fn rates(&mut self, upstream: &str, counted: Option<(u64, u64)>, now: i64) -> Option<Rates> {
        let (requests, failed) = counted?;
        let window = self.requests.entry(upstream.to_owned()).or_default();
        let ([requests, failed], since) = window.lately([requests, failed], now);
        Some(Rates {
            requests,
            failed,
            minutes: u64::try_from((now - since) / 60_000).unwrap_or(0).max(1),
        })
    }

    fn snapshot(&mut self, status: &Value, stored: Revision, now: i64) -> Option<SnapshotScene> {
        let edge = Revision(status.get("revision")?.as_i64()?);
        if edge >= stored {
            self.behind = None;
            return None;
        }
        let since = *self.behind.get_or_insert(now);
        Some(SnapshotScene { edge, stored, since })
    }

    /// Writes down what is new, has changed or is over, as one change.
    async fn write(&mut self, control: &Control, steps: Vec<Step>, now: i64) -> Result<(), ControlError> {
        if steps.is_empty() {
            return Ok(());
        }
        let written = self.tried(control, steps, now).await;
        if written.is_err() {
            // What is open is not known any more: it is read again.
            self.resume(control, now).await?;
        }
        written
    }

    async fn tried(&mut self, control: &Control, steps: Vec<Step>, now: i64) -> Result<(), ControlError> {
        let mut turn = control.turn(&By::job("findings")).await?;
        let targets = turn.change().alert_targets().await?;
        let mut touched = Vec::new();
        for step in steps {
            let change = turn.change();
            match step {
                Step::Open(finding) => {
                    let id = change.open_finding(&finding, now).await?;
                    touched.push(id);
                    said::opened(&finding);
                    let name = finding.name().to_string();
                    self.open.insert(name, known(id, &finding, now));
                    let told = shown(id, finding, now);
                    alerts::tell(change, &targets, AlertEvent::Opened, &told, now).await?;
                }
                Step::Update(id, finding, worse) => {
                    change.update_finding(id, &finding, worse, now).await?;
                    touched.push(id);
                    if worse {
                        // Those who were told before are not told again.
                        let told = shown(id, finding, now);
                        alerts::tell(change, &targets, AlertEvent::Opened, &told, now).await?;
                    }
                }
                Step::Resolve(id) => {
                    change.resolve_finding(id, now).await?;
                    touched.push(id);
                    said::resolved(id);
                    if let Some(row) = control.store().finding(id).await? {
                        let ended_at = Some(now);
                        let told = api::Finding {
                            ended_at,
                            ..row.into()
                        };
                        alerts::tell(change, &targets, AlertEvent::Resolved, &told, now).await?;
                    }
                }
            }
        }
        turn.end_findings(touched).await
    }
}

fn known(id: i64, finding: &Finding, now: i64) -> Known {
    Known {
        id,
        severity: finding.severity,
        cause: finding.cause.clone(),
        written: now,
        seen: now,
    }
}

/// As whoever is told sees it.
fn shown(id: i64, finding: Finding, now: i64) -> api::Finding {
    let row = FindingRow {
        id,
        name: finding.name().to_string(),
        finding,
        seen_at: now,
        ended_at: None,
        acknowledged: None,
    };
    row.into()
}

/// The log of findings.
mod said {
    use potluck_filters::finding::Finding;

    pub(super) fn opened(finding: &Finding) {
        let (name, severity, cause) = (finding.name(), finding.severity.as_str(), &finding.cause);
        tracing::warn!(finding = %name, severity, cause, "found");
    }

    pub(super) fn resolved(id: i64) {
        tracing::info!(finding = id, "a finding is over");
    }
}
