//! Members' objects.

use std::sync::Arc;

use potluck_filters::id::{PoolKeyId, UserId};
use potluck_filters::objects::{Change, Object, ObjectKind, RESPONSES_KEPT_MS, Shelved};

use super::each;

fn put(id: &str, owner: UserId, kind: ObjectKind, created_at: i64, about: Option<&str>) -> Shelved {
    let object = Object {
        owner,
        key: PoolKeyId(7),
        kind,
        created_at,
        about: about.map(Into::into),
    };
    let (upstream, change) = ("openai".into(), Change::Put(id.into(), object));
    Shelved { upstream, change }
}

fn gone(id: &str) -> Shelved {
    let (upstream, change) = ("openai".into(), Change::Gone(id.into()));
    Shelved { upstream, change }
}

#[tokio::test]
async fn objects_come_back_as_they_were_the_oldest_first() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let all: Vec<Shelved> = ObjectKind::ALL
            .into_iter()
            .zip(1..)
            .map(|(kind, at)| put(&format!("x-{at}"), owner, kind, 10 - at, Some(r#"{"id":"x"}"#)))
            .collect();
        store.shelve(&all, 0).await.unwrap();
        store.close().await;
        let store = database.open().await;
        let mut found = store.objects(0).await.unwrap();
        assert!(found.is_sorted_by_key(|one| one.object.created_at));
        found.reverse();
        let found: Vec<Shelved> = found
            .into_iter()
            .map(|one| Shelved {
                upstream: one.upstream,
                change: Change::Put(one.id, one.object),
            })
            .collect();
        assert_eq!(found, all);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn of_several_changes_the_last_counts() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let file = |about| put("file-1", owner, ObjectKind::File, 1, about);
        store.shelve(&[file(None), file(Some("{}"))], 0).await.unwrap();
        let about = store.objects(0).await.unwrap().remove(0).object.about;
        assert_eq!(about, Some(Arc::from("{}")));
        store
            .shelve(&[file(Some("[]")), gone("file-1")], 0)
            .await
            .unwrap();
        assert_eq!(store.objects(0).await.unwrap(), []);
        store.shelve(&[gone("file-1"), file(None)], 0).await.unwrap();
        assert_eq!(store.objects(0).await.unwrap().len(), 1);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn old_responses_are_forgotten_and_nothing_else_is() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let many = (0..1_200).map(|n| put(&format!("resp_{n}"), owner, ObjectKind::Response, n, None));
        let mut all: Vec<Shelved> = many.collect();
        all.push(put("conv_1", owner, ObjectKind::Conversation, 0, None));
        store.shelve(&all, 0).await.unwrap();
        assert_eq!(store.objects(RESPONSES_KEPT_MS + 1_000).await.unwrap().len(), 201);
        store
            .shelve(&[gone("x")], RESPONSES_KEPT_MS + 1_199)
            .await
            .unwrap();
        let left = store.objects(0).await.unwrap();
        let left: Vec<&str> = left.iter().map(|one| &*one.id).collect();
        assert_eq!(left, ["conv_1", "resp_1199"]);
        store.close().await;
    })
    .await;
}
