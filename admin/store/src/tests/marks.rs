//! What is marked on plots: starts, findings by when they began, and acts.

use potluck_filters::finding::{Finding, Kind, Severity, Whose};
use serde_json::json;

use super::each;
use crate::table::audit::{Actor, NewAuditEntry};
use crate::table::starts::Start;

fn start(edge: &str, epoch: i64, at: i64) -> Start {
    Start {
        edge: edge.to_owned(),
        epoch,
        at,
        version: "1.2.3".to_owned(),
    }
}

#[tokio::test]
async fn a_start_is_kept_once_and_the_newest_of_all_for_ever() {
    each(async |database| {
        let store = database.open().await;
        assert_eq!(store.last_start().await.unwrap(), None);
        let kept = [
            start("hk-1", 1, 100),
            start("hk-1", 2, 200),
            start("hk-2", 2, 300),
        ];
        for one in kept.iter().chain(&kept) {
            store.note_start(one).await.unwrap();
        }
        let [first, second, third] = &kept;
        let all = store.starts_in((100, 301), 10).await.unwrap();
        assert_eq!(all, [third.clone(), second.clone(), first.clone()]);
        assert_eq!(
            store.starts_in((100, 300), 1).await.unwrap(),
            std::slice::from_ref(second),
            "before the end"
        );
        store.forget_starts(200).await.unwrap();
        assert_eq!(store.starts_in((0, 1000), 10).await.unwrap().len(), 2);
        store.forget_starts(1000).await.unwrap();
        assert_eq!(
            store.starts_in((0, 1000), 10).await.unwrap(),
            std::slice::from_ref(third)
        );
        assert_eq!(store.last_start().await.unwrap(), Some(300));
        store.close().await;
    })
    .await;
}

fn finding(subject: &str, since: i64) -> Finding {
    Finding {
        kind: Kind::NodeDown,
        subject: subject.to_owned(),
        severity: Severity::Warning,
        whose: Whose::Upstream,
        since,
        cause: "its checks fail".to_owned(),
        evidence: json!({}),
        actions: Vec::new(),
    }
}

#[tokio::test]
async fn findings_are_found_by_when_they_began_also_those_that_are_over() {
    each(async |database| {
        let store = database.open().await;
        let mut change = store.change().await.unwrap();
        let over = change.open_finding(&finding("gpu/a", 100), 150).await.unwrap();
        let open = change.open_finding(&finding("gpu/b", 200), 250).await.unwrap();
        change.resolve_finding(over, 180).await.unwrap();
        change.commit().await.unwrap();
        let found = store.findings_begun((100, 201), 10).await.unwrap();
        let told: Vec<_> = found.iter().map(|one| (one.id, one.at, &*one.subject)).collect();
        assert_eq!(told, [(open, 200, "gpu/b"), (over, 100, "gpu/a")]);
        assert_eq!((found[0].ended_at, found[1].ended_at), (None, Some(180)));
        assert_eq!(
            (found[0].kind, found[0].severity),
            (Kind::NodeDown, Severity::Warning)
        );
        assert_eq!(store.findings_begun((100, 200), 10).await.unwrap().len(), 1);
        assert_eq!(store.findings_begun((0, 1000), 1).await.unwrap()[0].id, open);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn acts_are_found_by_their_words_within_a_time() {
    each(async |database| {
        let store = database.open().await;
        let acts = ["limits.edited", "session.began", "node.added", "limits.edited"];
        for (at, act) in (100..).step_by(100).zip(acts) {
            let entry = NewAuditEntry {
                actor: Actor::Operator,
                address: None,
                act,
                object_kind: "limits",
                object_id: None,
                object_name: "all",
                before: None,
                after: Some("{\"most\":60}".to_owned()),
                request_id: None,
            };
            store.note(&entry, at).await.unwrap();
        }
        let wanted = ["limits.edited", "node.added"];
        let found = store.acts_done(&wanted, (100, 400), 10).await.unwrap();
        let told: Vec<_> = found.iter().map(|one| (one.at, &*one.act)).collect();
        assert_eq!(told, [(300, "node.added"), (100, "limits.edited")]);
        let last = store.acts_done(&wanted, (0, 1000), 1).await.unwrap();
        assert_eq!((last[0].id, last[0].at, &*last[0].object_name), (4, 400, "all"));
        store.close().await;
    })
    .await;
}
