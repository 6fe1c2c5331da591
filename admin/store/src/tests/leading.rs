//! One of the processes that share a database leads.

use super::*;
use crate::dialect::Dialect;

#[tokio::test]
async fn one_process_leads_until_it_ends() {
    each(async |database| {
        let (one, _) = database.seeded().await;
        let mut lead = one.lead().await.unwrap().unwrap();
        assert!(lead.holds().await);
        let other = database.open().await;
        match one.dialect() {
            // The data folder's lock keeps a second process out.
            Dialect::Sqlite => assert!(other.lead().await.unwrap().is_some()),
            Dialect::Postgres => {
                assert!(other.lead().await.unwrap().is_none());
                drop(lead);
                // The server notices the end of a connection by itself, a moment later.
                while other.lead().await.unwrap().is_none() {
                    tokio::task::yield_now().await;
                }
            }
        }
    })
    .await;
}
