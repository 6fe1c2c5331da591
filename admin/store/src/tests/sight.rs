//! The history of states, the gaps in it, and what proxies did.

use potluck_filters::egress::{By, Did, ProxyEvent, Trouble};
use potluck_filters::history::{Doer, Kind, Passage, Share, State, Subject, Why};
use potluck_filters::id::{OutboundProxyId, PoolKeyId, Revision, UserId};
use serde_json::json;

use super::{add, each, terms};
use crate::table::state_changes::Whose;

fn node(name: &str) -> Subject {
    Subject {
        kind: Kind::Node,
        name: name.to_owned(),
        upstream: "gpu".to_owned(),
    }
}

fn passage(at: i64, from: Option<State>, to: State) -> Passage {
    Passage {
        at,
        until: at + 5,
        from,
        to,
        times: 3,
        spent: vec![Share {
            state: State::Cooling,
            ms: 5,
        }],
        why: Why {
            by: Doer::Person(Some(UserId(9))),
            reason: Some("because".to_owned()),
            evidence: json!({ "status": 503 }),
        },
    }
}

#[tokio::test]
async fn changes_come_back_as_they_were_kept_and_the_last_one_outlives_all_others() {
    each(async |database| {
        let store = database.open().await;
        let kept: Vec<_> = (0..500)
            .map(|turn| {
                (
                    node("a"),
                    passage(turn * 10, Some(State::Healthy), State::Cooling),
                )
            })
            .chain([(node("b"), passage(7, None, State::Removed))])
            .collect();
        store.save_state_changes(&mut kept.clone()).await.unwrap();
        let whose = Whose {
            kind: Kind::Node,
            name: "a",
            upstream: Some("gpu"),
        };
        let page = store.state_changes(&whose, None, 2).await.unwrap();
        assert_eq!(page.len(), 2);
        assert_eq!((&page[0].subject, &page[0].passage), (&kept[499].0, &kept[499].1));
        let next = store.state_changes(&whose, Some(page[1].id), 1).await.unwrap();
        assert_eq!(next[0].passage, kept[497].1);
        let range = store.state_changes_in(&whose, (100, 130), 100).await.unwrap();
        let at: Vec<_> = range.iter().map(|row| row.passage.at).collect();
        assert_eq!(at, [90, 100, 110, 120], "and the last one before");
        let mut last = store.last_state_changes().await.unwrap();
        last.sort_by(|a, b| a.subject.cmp(&b.subject));
        assert_eq!((last.len(), last[0].passage.at), (2, 4990));
        assert_eq!(store.state_changes_beyond(1000).await.unwrap(), None);
        assert_eq!(store.state_changes_beyond(100).await.unwrap(), Some(3990));
        while store.forget_state_changes(1_000_000).await.unwrap() {}
        let left = store.last_state_changes().await.unwrap();
        assert_eq!((left.len(), left[0].passage.at), (1, 4990));
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn several_pool_keys_come_in_one_answer_as_each_comes_alone() {
    each(async |database| {
        let store = database.open().await;
        let key = |id: i64| Subject {
            kind: Kind::PoolKey,
            name: id.to_string(),
            upstream: "vercel".to_owned(),
        };
        let change = |id, at| (key(id), passage(at, None, State::Healthy));
        // One with more than are wanted of each, one that was quiet in the range, one that is new, and one of a node.
        let busy = (0..50).map(|turn| change(1, turn * 10));
        let others = [change(12, 3), change(12, 7), change(2, 110), change(2, 120)];
        let node = (node("1"), passage(110, None, State::Healthy));
        let mut kept: Vec<_> = busy.chain(others).chain([node]).collect();
        store.save_state_changes(&mut kept).await.unwrap();
        let (range, limit) = ((100, 300), 10);
        let mut told = Vec::new();
        let asked = [12, 4711, 2, 1, 2].map(PoolKeyId);
        store
            .pool_key_changes_in(&asked, range, limit, |id, rows| told.push((id, rows)))
            .await
            .unwrap();
        told.sort_by_key(|(id, _)| *id);
        let counts: Vec<_> = told.iter().map(|(id, rows)| (id.0, rows.len())).collect();
        assert_eq!(counts, [(1, 11), (2, 2), (12, 1)]);
        for (id, rows) in told {
            let whose = Whose {
                kind: Kind::PoolKey,
                name: &id.to_string(),
                upstream: None,
            };
            assert_eq!(rows, store.state_changes_in(&whose, range, limit).await.unwrap());
        }
        store
            .pool_key_changes_in(&[], range, limit, |id, _| panic!("nobody asked for {id}"))
            .await
            .unwrap();
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn gaps_and_the_mark_are_kept_until_they_are_too_old() {
    each(async |database| {
        let store = database.open().await;
        assert_eq!(store.last_watched().await.unwrap(), None);
        for at in [5, 10] {
            store.mark_watched(at).await.unwrap();
        }
        assert_eq!(store.last_watched().await.unwrap(), Some(10));
        for gap in [(10, 20), (50, 60)] {
            store.add_watch_gap(gap, "stopped").await.unwrap();
        }
        assert_eq!(store.watch_gaps((15, 50)).await.unwrap(), [(10, 20)]);
        store.forget_watch_gaps(30).await.unwrap();
        assert_eq!(store.watch_gaps((0, 100)).await.unwrap(), [(50, 60)]);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_proxies_did_comes_back_in_its_order() {
    each(async |database| {
        let store = database.open().await;
        let event = |at, did| ProxyEvent {
            at,
            proxy: OutboundProxyId(3),
            upstream: "gpu".into(),
            by: By::Probe,
            did,
        };
        let why = Trouble::Slow;
        let rest = Some(std::time::Duration::from_secs(30));
        let mut events = vec![
            event(1, Did::Worked),
            event(2, Did::Failed { why, rest }),
            event(3, Did::Excused),
        ];
        store.save_proxy_events(&mut events).await.unwrap();
        assert!(events.is_empty());
        let told = store.proxy_events(2, 10).await.unwrap();
        let words = told
            .iter()
            .map(|one| (&*one.did, one.why.as_deref(), one.rest_ms));
        let words: Vec<_> = words.collect();
        assert_eq!(
            words,
            [("failed", Some("slow"), Some(30_000)), ("excused", None, None)]
        );
        assert!(!store.forget_proxy_events(3).await.unwrap());
        assert_eq!(store.proxy_events(0, 10).await.unwrap().len(), 1);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn key_states_are_paged_by_change_and_each_is_told_once() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        add(&store, &terms(owner), &["pst-1", "pst-2", "pst-3"]).await;
        let mut read = (Revision::default(), PoolKeyId(0));
        let mut told = Vec::new();
        loop {
            let rows = store.key_states(read, 2).await.unwrap();
            let Some(last) = rows.last() else { break };
            read = (last.revision, last.id);
            told.extend(rows.into_iter().map(|row| row.id));
        }
        assert_eq!(told.len(), 3);
        let mut change = store.change().await.unwrap();
        change.withdraw_pool_key(told[0], 99).await.unwrap();
        change.commit().await.unwrap();
        let rows = store.key_states(read, 10).await.unwrap();
        assert_eq!((rows.len(), rows[0].id, rows[0].since), (1, told[0], 99));
        store.close().await;
    })
    .await;
}
