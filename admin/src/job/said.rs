//! What the log says about probes and logins: each change of a state, and each trouble once.
//!
//! Invariant: pool keys are named by their id; no line holds a credential or an address.

use std::collections::HashSet;

use potluck_filters::id::PoolKeyId;
use potluck_filters::model::PoolKeyState;
use potluck_filters::probe::{Found, Lesson};
use potluck_store::Probed;

use super::visit::Visited;

/// What was said already of each upstream, until one of its accounts answers again.
#[derive(Debug, Default)]
pub(super) struct Said {
    troubles: HashSet<(String, Lesson)>,
    /// Upstreams that tell nobody what is left.
    without_credit: HashSet<String>,
}

impl Said {
    fn forget(&mut self, upstream: &str) {
        self.troubles.retain(|(about, _)| about != upstream);
        self.without_credit.remove(upstream);
    }

    /// Says what is wrong with an upstream or the way to it.
    pub(super) fn say(&mut self, visited: &Visited) {
        match visited.found {
            Found::Well(_) | Found::Credit(_) => self.forget(&visited.upstream),
            Found::Refused(_) => {}
            Found::NoCredit => {
                if self.without_credit.insert(visited.upstream.clone()) {
                    tracing::info!(upstream = %visited.upstream, "the upstream does not tell what is left on a key");
                }
            }
            Found::Nothing(lesson) => {
                if self.troubles.insert((visited.upstream.clone(), lesson)) {
                    learned_nothing(visited, lesson);
                }
            }
        }
    }
}

fn learned_nothing(visited: &Visited, lesson: Lesson) {
    match lesson {
        Lesson::WrongHost => wrong_host(&visited.upstream),
        Lesson::Egress | Lesson::TokenNotAllowed | Lesson::NotBound | Lesson::Unreadable => {
            needs_a_look(visited, lesson.as_str());
        }
        Lesson::Busy | Lesson::Upstream => not_now(visited, lesson.as_str()),
    }
}

fn needs_a_look(visited: &Visited, why: &str) {
    tracing::warn!(upstream = %visited.upstream, pool_key = %visited.id, why, "a probe learned nothing");
}

fn not_now(visited: &Visited, why: &str) {
    tracing::info!(upstream = %visited.upstream, pool_key = %visited.id, why, "a probe learned nothing");
}

fn wrong_host(upstream: &str) {
    tracing::error!(
        %upstream,
        "the upstream says that accounts are asked at another address; correct the URL of its image node"
    );
}

pub(super) fn changed(visited: &Visited, before: PoolKeyState, probed: &Probed) {
    if before == probed.state {
        return;
    }
    let (pool_key, upstream, to, reason) = (visited.id, &visited.upstream, probed.state, probed.reason);
    tracing::info!(%pool_key, %upstream, from = ?before, ?to, reason, "a pool key's state changed");
}

pub(super) fn logged_in(visited: &Visited) {
    tracing::info!(pool_key = %visited.id, upstream = %visited.upstream, "logged in");
}

pub(super) fn same_account(one: PoolKeyId, other: PoolKeyId) {
    tracing::warn!(pool_key = %one, same_as = %other, "a second pool key of one account");
}
