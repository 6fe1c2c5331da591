//! A trace as those may see it whose request it was: pool keys are letters, in the order in which they appear.

use std::collections::BTreeMap;

use potluck_filters::id::PoolKeyId;
use potluck_filters::trace::{Attempt, Trace, What};

use crate::api::NamedKey;

/// Calls `each` with the id of every pool key in a trace, in order.
pub(super) fn each_key(trace: &Trace, mut each: impl FnMut(i64)) {
    for step in &trace.steps {
        match &step.what {
            What::NoneFree { census } => census.named.iter().for_each(|one| each(one.pool_key.0)),
            What::Attempt(attempt) => attempt.pool_key.iter().for_each(|id| each(id.0)),
            What::Upstream { .. } | What::Waited { .. } | What::Refused { .. } | What::ClientLeft => {}
        }
    }
}

/// The trace with numbers of its own for pool keys, and what these are called. Ways are left out.
pub(super) fn masked(trace: &Trace) -> (Trace, Vec<NamedKey>) {
    let mut numbers: BTreeMap<i64, i64> = BTreeMap::new();
    each_key(trace, |id| {
        let next = 1 + i64::try_from(numbers.len()).unwrap_or(i64::MAX - 1);
        numbers.entry(id).or_insert(next);
    });
    // Every id of the trace has a number; zero stands for none.
    let number = |id: PoolKeyId| PoolKeyId(numbers.get(&id.0).copied().unwrap_or_default());
    let mut masked = trace.clone();
    for step in &mut masked.steps {
        match &mut step.what {
            What::NoneFree { census } => census
                .named
                .iter_mut()
                .for_each(|one| one.pool_key = number(one.pool_key)),
            What::Attempt(attempt) => mask(attempt, number),
            What::Upstream { .. } | What::Waited { .. } | What::Refused { .. } | What::ClientLeft => {}
        }
    }
    let mut names: Vec<NamedKey> = numbers.into_values().map(named).collect();
    names.sort_by_key(|one| one.pool_key);
    (masked, names)
}

fn mask(attempt: &mut Attempt, number: impl Fn(PoolKeyId) -> PoolKeyId) {
    attempt.pool_key = attempt.pool_key.map(number);
    attempt.node = None;
    attempt.outbound_proxy = None;
}

/// `key A` to `key Z`, then `key 27`.
fn named(number: i64) -> NamedKey {
    let letter = u8::try_from(number)
        .ok()
        .and_then(|number| number.checked_sub(1))
        .filter(|place| *place < 26)
        .map(|place| char::from(b'A' + place).to_string());
    NamedKey {
        pool_key: number,
        name: format!("key {}", letter.unwrap_or_else(|| number.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use potluck_filters::id::OutboundProxyId;
    use potluck_filters::judge::{CoolDown, Outcome, Retry, Scope};
    use potluck_filters::pool::{Candidate, Census, PassedOver};

    use super::*;

    fn attempt(key: i64) -> What {
        What::Attempt(Box::new(Attempt {
            node: Some("inner".into()),
            pool_key: Some(PoolKeyId(key)),
            outbound_proxy: Some(OutboundProxyId(4)),
            took_ms: 5,
            status: Some(429),
            outcome: Outcome::Busy,
            rule: "busy".into(),
            scope: Scope::Key,
            cool_down: CoolDown::RateLimited,
            retry_after_ms: None,
            retry: Retry::NextKey,
        }))
    }

    #[test]
    fn pool_keys_become_letters_and_ways_are_left_out() {
        let mut trace = Trace::default();
        let census = Census {
            keys: 2,
            named: vec![Candidate {
                pool_key: PoolKeyId(7001),
                why: PassedOver::Leased,
                back_in_ms: None,
            }],
            ..Census::default()
        };
        trace.add(0, What::NoneFree { census });
        trace.add(1, attempt(7002));
        trace.add(2, attempt(7001));
        let (masked, names) = masked(&trace);
        let text = serde_json::to_string(&masked).unwrap();
        for hidden in ["700", "inner", r#""outbound_proxy":4"#] {
            assert!(!text.contains(hidden), "{text}");
        }
        let mut keys = Vec::new();
        each_key(&masked, |id| keys.push(id));
        assert_eq!(keys, [1, 2, 1]);
        let names: Vec<_> = names.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["key A", "key B"]);
        assert_eq!(named(27).name, "key 27");
    }
}
