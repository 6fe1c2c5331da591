//! Checks of nodes, as they fall due and on demand: over the addresses, outbound proxies and TLS of the traffic, each on
//! a connection of its own, so that what is learned is whether a node can be reached now.
//!
//! Invariants: a check carries no credential of anybody's; a redirect is an answer, and is not followed; so many
//! checks run at once, however many nodes there are.

mod ask;

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use potluck_filters::health::{Ailment, Checked, Condition};
use potluck_filters::pool::{NodeHandle, NodeReport};

use super::Edge;
use super::addresses::NodeAddresses;
use super::egress::Target;
use super::live::LiveUpstream;
use crate::clock::chance;

/// Checks that run at once, over all upstreams.
const AT_ONCE: usize = 16;

/// A node that is to be checked.
struct Task {
    upstream: Arc<LiveUpstream>,
    node: NodeHandle,
}

impl Edge {
    /// What the nodes of an upstream are doing; `None` if there is no such upstream.
    #[must_use]
    pub fn nodes(&self, upstream: &str) -> Option<Vec<NodeReport>> {
        let live = self.live_upstream(upstream)?;
        Some(
            live.desk
                .look(|scheduler, now| scheduler.pool().report_nodes(now)),
        )
    }

    /// Checks a node now, also where nodes are not checked by themselves, and says how it fares. The check
    /// counts like any other. `None` if there is no such node.
    pub async fn check_node(&self, upstream: &str, node: &str) -> Option<NodeReport> {
        let upstream = self.live_upstream(upstream)?;
        let named = upstream
            .desk
            .look(|scheduler, _| scheduler.pool().node(node).map(|(handle, _)| handle));
        let task = Task {
            upstream: Arc::clone(&upstream),
            node: named?,
        };
        self.check_one(task).await;
        let nodes = upstream
            .desk
            .look(|scheduler, now| scheduler.pool().report_nodes(now));
        nodes.into_iter().find(|report| report.node == node)
    }

    /// Runs checks as they fall due, for ever. A node that is new is looked up at once.
    pub async fn keep_checking(&self) {
        let mut changes = self.around.nodes_changed.subscribe();
        let (mut waiting, mut running) = (VecDeque::new(), FuturesUnordered::new());
        loop {
            self.collect_due(&mut waiting);
            while running.len() < AT_ONCE
                && let Some(task) = waiting.pop_front()
            {
                running.push(self.check_one(task));
            }
            tokio::select! {
                Some(()) = running.next() => {}
                () = self.until_due() => {}
                _ = changes.changed() => {}
            }
        }
    }

    fn live_upstream(&self, name: &str) -> Option<Arc<LiveUpstream>> {
        let live = self.live.load();
        live.upstreams
            .iter()
            .find(|live| &*live.upstream.name == name)
            .cloned()
    }

    /// Puts what is due behind what waits for its turn already.
    fn collect_due(&self, waiting: &mut VecDeque<Task>) {
        for upstream in &self.live.load().upstreams {
            let due = upstream
                .desk
                .look(|scheduler, now| scheduler.pool().checks_due(now, &chance));
            for node in due {
                let known = |task: &Task| task.node == node && Arc::ptr_eq(&task.upstream, upstream);
                if !waiting.iter().any(known) {
                    let upstream = Arc::clone(upstream);
                    waiting.push_back(Task { upstream, node });
                }
            }
        }
    }

    async fn until_due(&self) {
        let next =
            |upstream: &Arc<LiveUpstream>| upstream.desk.look(|scheduler, _| scheduler.pool().next_check());
        let next = self.live.load().upstreams.iter().filter_map(next).min();
        match next {
            Some(due) => tokio::time::sleep(due.since(self.clock.now())).await,
            None => std::future::pending().await,
        }
    }

    async fn check_one(&self, task: Task) {
        let Task { upstream, node } = task;
        let Some(place) = upstream.nodes.of(node) else {
            return;
        };
        let exits = Arc::clone(&self.live.load().exits);
        let target = Target {
            upstream: &upstream,
            node: &place,
            exits: &exits,
        };
        let checked = ask::ask(&self.checks, &target, self.clock).await;
        let changed = upstream
            .desk
            .look(|scheduler, now| scheduler.pool().checked(node, checked, now));
        if let Some(condition) = changed {
            tell(&upstream, &place, condition, &checked);
        }
    }
}

/// A line in the log for a node that fares differently now.
fn tell(upstream: &LiveUpstream, place: &NodeAddresses, condition: Condition, checked: &Checked) {
    let (upstream, node) = (&*upstream.upstream.name, &*place.node().name);
    match checked.result {
        Err(why) => tell_trouble(upstream, node, why),
        Ok(()) => tracing::info!(%upstream, %node, ?condition, "the node's checks succeed"),
    }
}

fn tell_trouble(upstream: &str, node: &str, why: Ailment) {
    tracing::warn!(%upstream, %node, %why, "the node's checks fail");
}
