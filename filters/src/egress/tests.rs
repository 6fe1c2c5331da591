//! The machine, act by act and at random.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::id::OutboundProxyId;
use crate::judge::RuleName;
use crate::time::Moment;

fn ids(list: &[i64]) -> Vec<OutboundProxyId> {
    list.iter().copied().map(OutboundProxyId).collect()
}

fn at(seconds: u64) -> Moment {
    Moment::from_millis(1_000_000 + seconds * 1000)
}

struct Bed {
    standings: Standings,
    upstream: Arc<str>,
    list: Vec<OutboundProxyId>,
    settings: EgressSettings,
    direct: bool,
}

impl Bed {
    fn new(list: &[i64]) -> Self {
        Self {
            standings: Standings::default(),
            upstream: "gpu".into(),
            list: ids(list),
            settings: EgressSettings::default(),
            direct: false,
        }
    }

    fn next(&mut self, turn: Option<u64>, tries: &Tries, now: Moment) -> Next {
        let ask = Ask {
            upstream: &self.upstream,
            list: &self.list,
            turn,
            direct_when_down: self.direct,
        };
        self.standings.next(&ask, tries, |_| true, now)
    }

    fn fail(&mut self, proxy: i64, target: &str, trouble: Trouble, now: Moment) -> Blame {
        let failure = Failure {
            upstream: &self.upstream,
            list: &self.list,
            target,
            proxy: OutboundProxyId(proxy),
            trouble,
            by: By::Traffic,
        };
        self.standings.failed(&failure, &self.settings, (now, 0), 0.0)
    }

    fn work(&mut self, proxy: i64, target: &str, now: Moment) -> bool {
        let seen = (By::Probe, Duration::from_millis(7));
        self.standings
            .worked(&self.upstream, target, OutboundProxyId(proxy), seen, (now, 0))
    }

    fn down(&mut self, proxy: i64, now: Moment) {
        for _ in 0..self.settings.failures {
            self.fail(proxy, "a:1", Trouble::Unreachable, now);
        }
    }
}

const fn through(proxy: i64, last: bool) -> Next {
    Next::Through {
        proxy: OutboundProxyId(proxy),
        last,
    }
}

#[test]
fn without_a_key_proxies_take_turns_and_a_key_keeps_its_own() {
    let mut bed = Bed::new(&[1, 2, 3]);
    let none = Tries::default();
    let turns: Vec<Next> = (0..6).map(|_| bed.next(None, &none, at(0))).collect();
    for proxy in 1..=3 {
        assert_eq!(
            turns
                .iter()
                .filter(|next| **next == through(proxy, false))
                .count(),
            2
        );
    }
    let kept: Vec<Next> = (0..4).map(|_| bed.next(Some(7), &none, at(0))).collect();
    assert_eq!(kept, [through(2, false); 4]);
}

#[test]
fn a_proxy_rests_after_so_many_failures_and_comes_back_by_itself_or_by_a_success() {
    let mut bed = Bed::new(&[1, 2]);
    let none = Tries::default();
    bed.fail(1, "a:1", Trouble::Unreachable, at(0));
    bed.fail(1, "a:1", Trouble::Unreachable, at(0));
    assert_eq!(bed.next(Some(0), &none, at(0)), through(1, false));
    let blame = bed.fail(1, "a:1", Trouble::Slow, at(0));
    assert_eq!(blame, Blame::Proxy(Some(Duration::from_secs(30))));
    assert_eq!(bed.next(Some(0), &none, at(29)), through(2, false));
    assert_eq!(
        bed.next(Some(0), &none, at(30)),
        through(1, false),
        "it may show itself again"
    );
    let blame = bed.fail(1, "a:1", Trouble::Slow, at(30));
    assert_eq!(
        blame,
        Blame::Proxy(Some(Duration::from_secs(60))),
        "twice as long at once"
    );
    assert!(bed.work(1, "a:1", at(31)), "it had been down");
    assert_eq!(bed.next(Some(0), &none, at(31)), through(1, false));
    assert_eq!(
        bed.fail(1, "a:1", Trouble::Slow, at(32)),
        Blame::Proxy(None),
        "counted anew"
    );
}

#[test]
fn many_failures_of_one_moment_are_one_rest() {
    let mut bed = Bed::new(&[1, 2]);
    bed.down(1, at(0));
    for _ in 0..100 {
        assert_eq!(
            bed.fail(1, "a:1", Trouble::Unreachable, at(1)),
            Blame::Proxy(None)
        );
    }
    assert_eq!(bed.next(Some(0), &Tries::default(), at(30)), through(1, false));
}

#[test]
fn with_all_down_the_one_that_comes_back_first_is_tried_and_no_other() {
    let mut bed = Bed::new(&[1, 2, 3]);
    for (proxy, when) in [(2, 0), (3, 5), (1, 9)] {
        bed.down(proxy, at(when));
    }
    let mut tries = Tries::default();
    let next = bed.next(None, &tries, at(10));
    assert_eq!(next, through(2, true));
    tries.took(next);
    tries.failed(OutboundProxyId(2), Trouble::Unreachable);
    assert_eq!(bed.next(None, &tries, at(10)), Next::Nothing);
    tries.begin();
    assert_eq!(
        bed.next(None, &tries, at(10)),
        through(3, true),
        "another attempt"
    );
}

#[test]
fn straight_out_is_only_for_those_who_may_and_only_while_all_are_down() {
    let mut bed = Bed::new(&[1, 2]);
    bed.direct = true;
    let none = Tries::default();
    assert_eq!(bed.next(Some(0), &none, at(0)), through(1, false));
    bed.down(1, at(0));
    assert_eq!(bed.next(Some(0), &none, at(0)), through(2, false));
    bed.down(2, at(0));
    assert_eq!(bed.next(Some(0), &none, at(0)), Next::Direct);
    bed.work(2, "a:1", at(1));
    assert_eq!(bed.next(Some(0), &none, at(1)), through(2, false));
}

#[test]
fn a_target_that_no_proxy_reaches_is_at_fault_itself() {
    let mut bed = Bed::new(&[1, 2, 3]);
    bed.settings.failures = 1;
    assert!(matches!(
        bed.fail(1, "a:1", Trouble::NotThrough, at(0)),
        Blame::Proxy(Some(_))
    ));
    bed.fail(2, "a:1", Trouble::TargetBroke, at(1));
    assert_eq!(bed.fail(3, "a:1", Trouble::NotThrough, at(2)), Blame::Target);
    let none = Tries::default();
    for turn in 0..3 {
        assert!(
            matches!(
                bed.next(Some(turn), &none, at(3)),
                Next::Through { last: false, .. }
            ),
            "nobody rests for it"
        );
    }
}

#[test]
fn one_proxy_that_reaches_the_target_acquits_it() {
    let mut bed = Bed::new(&[1, 2]);
    bed.fail(1, "a:1", Trouble::NotThrough, at(0));
    bed.work(2, "a:1", at(1));
    assert_eq!(bed.fail(2, "a:1", Trouble::NotThrough, at(2)), Blame::Proxy(None));
    assert_eq!(
        bed.fail(1, "b:1", Trouble::NotThrough, at(3)),
        Blame::Proxy(None),
        "another target"
    );
    assert_eq!(
        bed.fail(2, "b:1", Trouble::Forbidden, at(4)),
        Blame::Proxy(None),
        "its own rule"
    );
}

#[test]
fn the_only_proxy_is_not_to_blame_for_what_lies_beyond_it() {
    let mut bed = Bed::new(&[1]);
    assert_eq!(bed.fail(1, "a:1", Trouble::NotThrough, at(0)), Blame::Target);
    assert_eq!(
        bed.fail(1, "a:1", Trouble::LoginRefused, at(0)),
        Blame::Proxy(None)
    );
}

#[test]
fn an_upstream_that_would_not_have_us_from_there_is_left_alone_whatever_a_probe_says() {
    let mut bed = Bed::new(&[1, 2]);
    let rule = RuleName::BuiltIn("cdn-page");
    let rest = |streak| Duration::from_secs(8 * u64::from(streak));
    let proxy = OutboundProxyId(1);
    let upstream = Arc::clone(&bed.upstream);
    bed.standings.unwelcome(&upstream, proxy, rule, (at(0), 0), rest);
    bed.work(1, "a:1", at(1));
    let none = Tries::default();
    assert_eq!(bed.next(Some(0), &none, at(7)), through(2, false));
    assert_eq!(bed.next(Some(0), &none, at(8)), through(1, false));
    let longer = bed.standings.unwelcome(&upstream, proxy, rule, (at(8), 0), rest);
    assert_eq!(longer, Duration::from_secs(16));
    bed.standings.welcome(&upstream, proxy);
    let again = bed.standings.unwelcome(&upstream, proxy, rule, (at(99), 0), rest);
    assert_eq!(again, Duration::from_secs(8));
    let report = bed.standings.report(proxy, at(99));
    assert_eq!(
        (report.upstreams[0].health, report.upstreams[0].rests_ms),
        (ProxyHealth::Cooling, Some(8000))
    );
    assert_eq!(report.history.len(), 4);
    assert_eq!(report.history[0].why.as_deref(), Some("cdn-page"));
}

#[test]
fn one_upstreams_troubles_are_not_anothers() {
    let mut bed = Bed::new(&[1, 2]);
    bed.down(1, at(0));
    bed.upstream = "vercel".into();
    assert_eq!(bed.next(Some(0), &Tries::default(), at(0)), through(1, false));
}

#[test]
fn probes_are_due_once_an_interval_and_never_where_switched_off() {
    let mut bed = Bed::new(&[1]);
    let (upstream, proxy) = (Arc::clone(&bed.upstream), OutboundProxyId(1));
    let mut due = |interval, now| {
        bed.standings
            .probe_is_due(&upstream, proxy, Duration::from_secs(interval), now, 0.5)
    };
    assert!(due(60, at(0)));
    assert!(!due(60, at(59)));
    assert!(due(60, at(60)));
    assert!(!due(0, at(1000)));
}

#[test]
fn what_is_gone_is_forgotten() {
    let mut bed = Bed::new(&[1, 2]);
    bed.down(1, at(0));
    bed.standings.keep(|proxy| proxy == OutboundProxyId(2), |_| true);
    assert!(bed.standings.report(OutboundProxyId(1), at(0)).history.is_empty());
    assert_eq!(bed.next(Some(0), &Tries::default(), at(0)), through(1, false));
}

proptest! {
    /// However things go, a request finds an end, asks nobody twice, goes straight only where it may, and is
    /// given a proxy that rests only when there is no other.
    #[test]
    fn every_request_ends_without_a_detour(
        count in 1_usize..6,
        direct: bool,
        turn in prop::option::of(0_u64..50),
        story in prop::collection::vec((0_usize..6, 0_u64..40, prop::bool::ANY), 0..40),
        fates in prop::collection::vec((0_u8..7, prop::bool::ANY), 8),
    ) {
        let list: Vec<i64> = (1..).take(count).collect();
        let mut bed = Bed::new(&list);
        bed.direct = direct;
        let mut now = 0;
        for (index, later, well) in story {
            now += later;
            let proxy = list[index % count];
            if well {
                bed.work(proxy, "a:1", at(now));
            } else {
                bed.fail(proxy, "a:1", Trouble::Unreachable, at(now));
            }
        }
        let mut tries = Tries::default();
        let mut asked = Vec::new();
        for (fate, _) in fates.iter().cycle().take(20) {
            let next = bed.next(turn, &tries, at(now));
            tries.took(next);
            match next {
                Next::Through { proxy, last } => {
                    prop_assert!(!asked.contains(&proxy));
                    let rests = |id: &OutboundProxyId| {
                        let report = bed.standings.report(*id, at(now));
                        report.upstreams.first().is_some_and(|standing| standing.rests_ms.is_some())
                    };
                    prop_assert_eq!(rests(&proxy), last);
                    let better = bed.list.iter().any(|id| !asked.contains(id) && !rests(id));
                    prop_assert!(!last || !better && !direct);
                    asked.push(proxy);
                    let troubles = [
                        Trouble::Unreachable, Trouble::Slow, Trouble::LoginRefused, Trouble::Forbidden,
                        Trouble::Garbled, Trouble::NotThrough, Trouble::TargetBroke,
                    ];
                    let trouble = troubles[usize::from(*fate)];
                    bed.fail(proxy.0, "a:1", trouble, at(now));
                    tries.failed(proxy, trouble);
                }
                Next::Direct => {
                    prop_assert!(direct);
                    return Ok(());
                }
                Next::Nothing => {
                    prop_assert!(!asked.is_empty(), "the last way is never taken away");
                    prop_assert!(!direct);
                    return Ok(());
                }
            }
        }
        prop_assert!(false, "no end");
    }
}
