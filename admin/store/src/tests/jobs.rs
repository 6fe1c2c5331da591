//! Jobs and their items.

use serde_json::{Value, json};

use super::{each, user};
use crate::Store;
use crate::table::jobs::{Decided, JobItem, JobState, NewJob, OPEN};
use crate::table::users::UserRole;

fn item(item: i64, state: &str, detail: Value) -> JobItem {
    JobItem {
        item,
        state: state.to_owned(),
        detail,
    }
}

async fn made(store: &Store, new: NewJob<'_>, items: &[JobItem], now_ms: i64) -> i64 {
    let mut change = store.change().await.unwrap();
    let id = change.create_job(new, items, now_ms).await.unwrap();
    change.commit().await.unwrap();
    id
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
        let asked = json!({ "do": "recheck" });
        let of_guest = NewJob {
            user: Some(guest),
            kind: "import",
            asked: &Value::Null,
        };
        let of_operator = NewJob {
            user: None,
            kind: "check",
            asked: &asked,
        };
        let own = made(&store, of_guest, &items, 5).await;
        let operators = made(&store, of_operator, &[], 6).await;
        assert_eq!(store.job_items(own, 0, 9).await.unwrap(), items);
        assert_eq!(store.job_items(own, 1, 9).await.unwrap(), items[1..]);
        let ids = |rows: Vec<crate::table::jobs::JobRow>| rows.iter().map(|row| row.id).collect::<Vec<_>>();
        assert_eq!(ids(store.jobs(Some(guest), 0, 9).await.unwrap()), [own]);
        assert_eq!(ids(store.jobs(None, 0, 9).await.unwrap()), [own, operators]);
        let verified = item(1, "verified", json!({ "pool_key": 7 }));
        let both = Decided {
            done: 2,
            skipped: 0,
            failed: 1,
        };
        store
            .save_job_items(own, std::slice::from_ref(&verified), both)
            .await
            .unwrap();
        assert!(store.end_job(own, JobState::Done, 9).await.unwrap());
        assert!(!store.end_job(own, JobState::Failed, 10).await.unwrap());
        let job = store.job(own).await.unwrap().unwrap();
        assert_eq!(
            (job.state, job.ended_at, job.total, job.done, job.failed),
            (JobState::Done, Some(9), 2, 2, 1)
        );
        assert_eq!(store.job(operators).await.unwrap().unwrap().asked, asked);
        assert_eq!(store.job_items(own, 0, 1).await.unwrap(), [verified]);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_job_is_worked_off_step_by_step_and_its_remains_are_forgotten() {
    each(async |database| {
        let (store, _) = database.seeded().await;
        let kinds = ["bulk_a", "bulk_b", "bulk_c"];
        let new = NewJob {
            user: None,
            kind: "bulk_b",
            asked: &Value::Null,
        };
        // More than one statement's worth.
        let items: Vec<JobItem> = (1..=450).map(|id| item(id, OPEN, Value::Null)).collect();
        let job = made(&store, new, &items, 5).await;
        let next = store.next_job(kinds).await.unwrap().unwrap();
        assert_eq!((next.id, next.total, next.done), (job, 450, 0));
        let mut change = store.change().await.unwrap();
        let open = change.open_job_items(job, 2).await.unwrap();
        assert_eq!(open, items[..2]);
        let decided = [
            item(1, "done", Value::Null),
            item(2, "failed", json!({ "why": "x" })),
        ];
        let more = Decided {
            done: 2,
            skipped: 0,
            failed: 1,
        };
        let row = change.decide_job_items(job, &decided, more).await.unwrap();
        assert_eq!((row.done, row.skipped, row.failed), (2, 0, 1));
        assert_eq!(change.open_job_items(job, 1).await.unwrap(), items[2..3]);
        assert!(change.end_job(job, JobState::Cancelled, 50).await.unwrap());
        assert!(!change.end_job(job, JobState::Done, 51).await.unwrap());
        change.commit().await.unwrap();
        assert_eq!(store.next_job(kinds).await.unwrap(), None);
        let failed = store.job_items_in(job, Some("failed"), 0, 9).await.unwrap();
        assert_eq!(failed, decided[1..]);
        let newest = store.newest_jobs(i64::MAX, 9).await.unwrap();
        assert_eq!((newest.len(), newest[0].id), (1, job));

        assert!(!store.forget_job(50, 400).await.unwrap());
        assert!(store.forget_job(51, 400).await.unwrap());
        assert_eq!(store.job_items(job, 0, 999).await.unwrap().len(), 50);
        while store.forget_job(51, 400).await.unwrap() {}
        assert_eq!(store.job(job).await.unwrap(), None);
        store.close().await;
    })
    .await;
}
