//! Findings, and what webhooks are told of them.

use potluck_filters::alert::Wish;
use potluck_filters::finding::{Action, Finding, Kind, Severity, Whose};
use potluck_filters::id::{Revision, UserId};
use potluck_filters::model::Hours;
use potluck_filters::secret::Secret;
use serde_json::json;

use super::each;
use crate::error::StoreError;
use crate::store::Store;
use crate::table::alerts::{AlertEvent, AlertSecret, AlertTargetRow, DeliveryState, NewDelivery};
use crate::table::findings::{Acknowledgement, FindingFilter};

fn finding(severity: Severity) -> Finding {
    Finding {
        kind: Kind::PoolDrained,
        subject: "novelai".into(),
        severity,
        whose: Whose::Pool,
        since: 5,
        cause: "nothing is left".into(),
        evidence: json!({ "keys": 3 }),
        actions: vec![Action {
            label: "Recheck".into(),
            method: "POST".into(),
            path: "/x".into(),
            body: None,
        }],
    }
}

async fn open(store: &Store) -> i64 {
    let mut change = store.change().await.unwrap();
    let id = change
        .open_finding(&finding(Severity::Warning), 10)
        .await
        .unwrap();
    change.commit().await.unwrap();
    id
}

fn target(name: &str) -> AlertTargetRow {
    AlertTargetRow {
        id: 0,
        name: name.into(),
        place: "https://hooks.example".into(),
        key_id: String::new(),
        wish: Wish {
            kinds: Some(vec![Kind::KeyInvalid]),
            min_severity: Severity::Critical,
            quiet: Hours::between(22, 7),
        },
        allow_private: true,
        enabled: true,
        created_at: 7,
        revision: Revision::default(),
    }
}

fn secret(text: &str) -> AlertSecret {
    AlertSecret {
        url: Secret::new("https://hooks.example/T0/B0"),
        secret: Secret::new(text),
    }
}

async fn add(store: &Store, name: &str) -> AlertTargetRow {
    let mut change = store.change().await.unwrap();
    let added = change
        .add_alert_target(&target(name), &secret("s3cret"))
        .await
        .unwrap();
    change.commit().await.unwrap();
    added
}

#[tokio::test]
async fn a_finding_is_opened_acknowledged_made_worse_and_resolved() {
    each(async |database| {
        let store = database.open().await;
        let id = open(&store).await;
        let row = store.finding(id).await.unwrap().unwrap();
        assert_eq!((&row.finding, row.ended_at), (&finding(Severity::Warning), None));
        let note = Acknowledgement {
            at: 20,
            by: Some(UserId(3)),
            until: Some(99),
            note: Some("mine".into()),
        };
        let mut change = store.change().await.unwrap();
        assert!(change.acknowledge_finding(id, &note).await.unwrap());
        change.commit().await.unwrap();
        assert_eq!(
            store.finding(id).await.unwrap().unwrap().acknowledged,
            Some(note.clone())
        );
        let mut change = store.change().await.unwrap();
        let worse = finding(Severity::Critical);
        change.update_finding(id, &worse, true, 30).await.unwrap();
        change.commit().await.unwrap();
        let row = store.finding(id).await.unwrap().unwrap();
        assert_eq!(
            (row.finding.severity, row.acknowledged),
            (Severity::Critical, None)
        );
        let all = |open| FindingFilter {
            open,
            kind: Some(Kind::PoolDrained),
            before: None,
        };
        assert_eq!(store.findings(&all(Some(true)), 10).await.unwrap().len(), 1);
        let mut change = store.change().await.unwrap();
        change.resolve_finding(id, 40).await.unwrap();
        assert!(!change.acknowledge_finding(id, &note).await.unwrap());
        change.commit().await.unwrap();
        assert_eq!(store.findings(&all(Some(true)), 10).await.unwrap().len(), 0);
        assert_eq!(
            store.findings(&all(Some(false)), 10).await.unwrap()[0].ended_at,
            Some(40)
        );
        store.forget_findings(41).await.unwrap();
        assert_eq!(store.findings(&all(None), 10).await.unwrap(), []);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_target_keeps_its_secret_sealed_and_comes_back_as_it_was() {
    each(async |database| {
        let store = database.open().await;
        let added = add(&store, "oncall").await;
        let expected = AlertTargetRow {
            id: added.id,
            key_id: added.key_id.clone(),
            revision: added.revision,
            ..target("oncall")
        };
        assert_eq!(store.alert_targets().await.unwrap(), [expected]);
        let opened = store.alert_secret(added.id).await.unwrap().unwrap();
        assert_eq!(opened.secret, Secret::new("s3cret"));
        let mut change = store.change().await.unwrap();
        let again = change.add_alert_target(&target("oncall"), &secret("x")).await;
        assert!(matches!(again, Err(StoreError::Exists(_))), "{again:?}");
        drop(change);
        let mut change = store.change().await.unwrap();
        let mut row = added.clone();
        (row.wish.kinds, row.wish.quiet, row.enabled) = (None, None, false);
        let saved = change
            .save_alert_target(&row, Some(&secret("another")))
            .await
            .unwrap();
        change.commit().await.unwrap();
        assert_eq!(
            (saved.wish.kinds, saved.wish.quiet, saved.enabled),
            (None, None, false)
        );
        let opened = store.alert_secret(added.id).await.unwrap().unwrap();
        assert_eq!(opened.secret, Secret::new("another"));
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_message_is_posted_once_tried_held_digested_and_forgotten() {
    each(async |database| {
        let store = database.open().await;
        let (target, finding) = (add(&store, "oncall").await, open(&store).await);
        let new = |event, held| NewDelivery {
            target: target.id,
            finding: Some(finding),
            event,
            body: "{}".into(),
            held,
        };
        let mut change = store.change().await.unwrap();
        for event in [AlertEvent::Opened, AlertEvent::Opened] {
            change.post_alert(&new(event, false), 10).await.unwrap();
        }
        change
            .post_alert(&new(AlertEvent::Resolved, true), 11)
            .await
            .unwrap();
        assert_eq!(change.told_of_finding(finding).await.unwrap(), [target.id]);
        change.commit().await.unwrap();
        assert_eq!(store.due_alerts(9, 10).await.unwrap(), []);
        let due = store.due_alerts(20, 10).await.unwrap();
        assert_eq!((due.len(), due[0].event), (1, AlertEvent::Opened));
        let mut tried = due[0].clone();
        (tried.state, tried.attempts, tried.next_at) = (DeliveryState::Delivered, 1, None);
        (tried.last_at, tried.status, tried.error) = (Some(20), Some(204), Some("none".into()));
        store.save_alert_try(&tried).await.unwrap();
        let held = store.held_alerts(target.id).await.unwrap();
        assert_eq!(held.len(), 1);
        store.digest_alerts(target.id, &held, "[]", 30).await.unwrap();
        let due = store.due_alerts(30, 10).await.unwrap();
        assert_eq!(
            (due.len(), due[0].event, due[0].finding),
            (1, AlertEvent::Digest, None)
        );
        let all = store.alert_deliveries(target.id, None, 10).await.unwrap();
        let states: Vec<_> = all.iter().map(|one| one.state).collect();
        let expected = [
            DeliveryState::Waiting,
            DeliveryState::Digested,
            DeliveryState::Delivered,
        ];
        assert_eq!((states, &all[2]), (expected.to_vec(), &tried));
        store.forget_alerts(100).await.unwrap();
        assert_eq!(
            store.alert_deliveries(target.id, None, 10).await.unwrap().len(),
            1
        );
        let mut change = store.change().await.unwrap();
        change.remove_alert_target(target.id).await.unwrap();
        change.commit().await.unwrap();
        assert_eq!(store.alert_targets().await.unwrap(), []);
        store.close().await;
    })
    .await;
}
