//! The audit log: what is found in it, and what is noticed when somebody has been at it.

use potluck_filters::id::UserId;

use super::{Database, each, statement, user};
use crate::store::Store;
use crate::table::audit::{
    Actor, ActorKind, AuditFilter, AuditPlace, AuditRow, Broken, Fault, KnownHead, NewAuditEntry, Verified,
};
use crate::table::users::UserRole;

fn entry(actor: Actor, act: &str) -> NewAuditEntry<'_> {
    NewAuditEntry {
        actor,
        address: Some([192, 0, 2, 1].into()),
        act,
        object_kind: "client_key",
        object_id: Some(7),
        object_name: "laptop 100%",
        before: None,
        after: Some("{\"name\":\"laptop\"}".to_owned()),
        request_id: None,
    }
}

/// Five entries: 1 to 4 by the operator, 5 by the user with this id.
async fn written(database: &Database) -> (Store, UserId) {
    let store = database.open().await;
    for at in 1..=4 {
        let act = if at % 2 == 0 {
            "client_key.edited"
        } else {
            "client_key.created"
        };
        let mut change = store.change().await.unwrap();
        change.note(&entry(Actor::Operator, act), at).await.unwrap();
        change.commit().await.unwrap();
    }
    let user = user(&store, "Mallory", UserRole::User).await;
    store
        .note(&entry(Actor::User(user), "session.began"), 5)
        .await
        .unwrap();
    (store, user)
}

async fn ids(store: &Store, filter: AuditFilter) -> Vec<i64> {
    let rows = store.audit(&filter, AuditPlace::Before(i64::MAX), 9).await;
    rows.unwrap().iter().map(|row| row.id).collect()
}

#[tokio::test]
async fn entries_are_found_by_who_what_whom_and_when() {
    each(async |database| {
        let (store, user) = written(database).await;
        let all = AuditFilter::default();
        assert_eq!(ids(&store, all.clone()).await, [5, 4, 3, 2, 1]);
        let by = |change: fn(&mut AuditFilter)| {
            let mut filter = AuditFilter::default();
            change(&mut filter);
            filter
        };
        for (filter, found) in [
            (by(|f| f.actor_kind = Some(ActorKind::User)), vec![5]),
            (by(|f| f.act = Some("client_key.edited".to_owned())), vec![4, 2]),
            (by(|f| f.act = Some("client_key.".to_owned())), vec![4, 3, 2, 1]),
            (by(|f| f.act = Some("client_key".to_owned())), vec![]),
            (by(|f| f.act = Some("client%.".to_owned())), vec![]),
            (by(|f| f.object_id = Some(8)), vec![]),
            (
                by(|f| f.object_kind = Some("client_key".to_owned())),
                vec![5, 4, 3, 2, 1],
            ),
            (by(|f| (f.from, f.to) = (Some(2), Some(4))), vec![3, 2]),
            (by(|f| f.text = Some("MALL".to_owned())), vec![5]),
            (by(|f| f.text = Some("100%".to_owned())), vec![5, 4, 3, 2, 1]),
            (by(|f| f.text = Some("10_%".to_owned())), vec![]),
        ] {
            assert_eq!(ids(&store, filter.clone()).await, found, "{filter:?}");
        }
        let rows = store.audit(&all, AuditPlace::After(4), 9).await.unwrap();
        let expected = AuditRow {
            id: 5,
            at: 5,
            actor_kind: ActorKind::User,
            actor_id: Some(user.0),
            actor_name: "Mallory".to_owned(),
            address: Some("192.0.2.1".to_owned()),
            act: "session.began".to_owned(),
            object_kind: "client_key".to_owned(),
            object_id: Some(7),
            object_name: "laptop 100%".to_owned(),
            before: None,
            after: Some("{\"name\":\"laptop\"}".to_owned()),
            request_id: None,
        };
        assert_eq!(rows, [expected]);
        let page = store.audit(&all, AuditPlace::Before(4), 2).await.unwrap();
        assert_eq!(page.iter().map(|row| row.id).collect::<Vec<_>>(), [3, 2]);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn an_entry_and_its_change_are_one() {
    each(async |database| {
        let (store, _) = written(database).await;
        let mut change = store.change().await.unwrap();
        change.note(&entry(Actor::Operator, "lost"), 6).await.unwrap();
        drop(change);
        assert_eq!(ids(&store, AuditFilter::default()).await, [5, 4, 3, 2, 1]);
        assert_eq!(store.audit_head().await.unwrap().entries, 5);
        let whole = Verified {
            entries: 5,
            broken: None,
        };
        assert_eq!(store.verify_audit(None).await.unwrap(), whole);
        store.close().await;
    })
    .await;
}

/// What is said of the log after somebody was at it.
async fn after(database: &Database, sql: &str, known: bool) -> (i64, Option<(i64, Fault)>) {
    let (store, _) = written(database).await;
    let head = store.audit_head().await.unwrap();
    let known = known.then_some(KnownHead {
        entries: head.entries,
        mac: head.mac,
    });
    for sql in sql.split(';') {
        statement(&database.url, sql.to_owned()).await;
    }
    let verified = store.verify_audit(known.as_ref()).await.unwrap();
    // The log goes on, and stays as broken as it is.
    store.note(&entry(Actor::Operator, "more"), 9).await.unwrap();
    let again = store.verify_audit(known.as_ref()).await.unwrap();
    assert_eq!(again.broken.is_some(), verified.broken.is_some());
    store.close().await;
    let Verified { entries, broken } = verified;
    (entries, broken.map(|Broken { entry, fault }| (entry, fault)))
}

#[tokio::test]
async fn a_log_that_somebody_was_at_is_told_with_its_first_bad_entry() {
    let forged = "insert into audit select 6, at, actor_kind, actor_id, actor_name, address, act, object_kind, object_id, \
                  object_name, before_act, after_act, request_id, mac from audit where id = 5";
    for (sql, expected) in [
        ("select 1", (5, None)),
        (
            "update audit set actor_name = 'Alice' where id = 3",
            (2, Some((3, Fault::Changed))),
        ),
        (
            "update audit set after_act = null where id = 1",
            (0, Some((1, Fault::Changed))),
        ),
        ("delete from audit where id = 2", (1, Some((2, Fault::Missing)))),
        ("delete from audit where id = 5", (4, Some((5, Fault::Missing)))),
        (
            "delete from audit where id = 5; update audit_head set entries = 4",
            (4, Some((5, Fault::Head))),
        ),
        (
            "update audit set id = 9 where id = 2; update audit set id = 2 where id = 3; update audit set id = 3 where id = 9",
            (1, Some((2, Fault::Changed))),
        ),
        (forged, (5, Some((6, Fault::Foreign)))),
        ("delete from audit_head", (0, Some((1, Fault::Foreign)))),
        ("delete from audit; delete from audit_head", (0, None)),
    ] {
        assert_eq!(after(&Database::sqlite(), sql, false).await, expected, "{sql}");
    }
}

#[tokio::test]
async fn a_head_that_was_kept_shows_what_was_cut_and_what_was_put_in_its_place() {
    for (sql, expected) in [
        ("select 1", (5, None)),
        (
            "delete from audit; delete from audit_head",
            (0, Some((1, Fault::Missing))),
        ),
        (
            "delete from audit where id = 5; update audit_head set entries = 4",
            (4, Some((5, Fault::Missing))),
        ),
    ] {
        assert_eq!(after(&Database::sqlite(), sql, true).await, expected, "{sql}");
    }
    each(async |database| {
        let (store, _) = written(database).await;
        let other = KnownHead {
            entries: 3,
            mac: [1; 32],
        };
        let broken = store.verify_audit(Some(&other)).await.unwrap().broken;
        assert_eq!(
            broken,
            Some(Broken {
                entry: 3,
                fault: Fault::KnownHead
            })
        );
        store.close().await;
    })
    .await;
}
