//! Jobs and their items.

use serde_json::{Value, json};

use super::{each, user};
use crate::table::jobs::{JobItem, JobState};
use crate::table::users::UserRole;

fn item(item: i64, state: &str, detail: Value) -> JobItem {
    JobItem {
        item,
        state: state.to_owned(),
        detail,
    }
}

#[tokio::test]
async fn a_job_is_found_again_with_what_became_of_its_items() {
    each(async |database| {
        let (store, _) = database.seeded().await;
        let guest = user(&store, "guest", UserRole::User).await;
        let items = [
            item(1, "added", json!({ "pool_key": 7 })),
            item(2, "invalid", Value::Null),
        ];
        let own = store.create_job(Some(guest), "import", &items, 5).await.unwrap();
        let operators = store.create_job(None, "check", &[], 6).await.unwrap();
        assert_eq!(store.job_items(own, 0, 9).await.unwrap(), items);
        assert_eq!(store.job_items(own, 1, 9).await.unwrap(), items[1..]);
        let ids = |rows: Vec<crate::table::jobs::JobRow>| rows.iter().map(|row| row.id).collect::<Vec<_>>();
        assert_eq!(ids(store.jobs(Some(guest), 0, 9).await.unwrap()), [own]);
        assert_eq!(ids(store.jobs(None, 0, 9).await.unwrap()), [own, operators]);
        let verified = item(1, "verified", json!({ "pool_key": 7 }));
        store
            .save_job_items(own, std::slice::from_ref(&verified), 2)
            .await
            .unwrap();
        assert!(store.end_job(own, JobState::Done, 9).await.unwrap());
        assert!(!store.end_job(own, JobState::Failed, 10).await.unwrap());
        let job = store.job(own).await.unwrap().unwrap();
        assert_eq!(
            (job.state, job.ended_at, job.total, job.done),
            (JobState::Done, Some(9), 2, 2)
        );
        assert_eq!(store.job_items(own, 0, 1).await.unwrap(), [verified]);
        store.close().await;
    })
    .await;
}
