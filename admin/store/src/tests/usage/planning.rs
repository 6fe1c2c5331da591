//! On SQLite: what is asked of one user, key or model is read through its index, from the first day on.

use super::Database;
use crate::dialect::usage::{Cell, Question};
use crate::usage::UsageStore;

/// How a question is answered, in SQLite's words.
async fn plan(books: &UsageStore, table: &str, filter: &str, by: &str) -> String {
    let text = format!(
        "explain query plan select {by}, sum(requests) from {table} \
         where level = 2 and bucket >= 1 and bucket < 31{filter} group by {by}"
    );
    let rows = books.books.ask(Question::new(text)).await.unwrap();
    let steps = rows.into_iter().filter_map(|row| match row.into_iter().last() {
        Some(Cell::Text(step)) => Some(step),
        Some(Cell::Null | Cell::Int(_) | Cell::Bytes(_)) | None => None,
    });
    steps.collect::<Vec<_>>().join("; ")
}

#[tokio::test]
async fn what_one_has_is_read_through_its_index_and_what_all_have_in_the_order_of_time() {
    let database = Database::sqlite();
    let books = database.books().await;
    for (table, column, index) in [
        ("usage_by_client_key", "user_id", "user_id"),
        ("usage_by_client_key", "client_key_id", "client_key_id"),
        ("usage_by_client_key_and_model", "user_id", "user_id"),
        ("usage_by_client_key_and_model", "client_key_id", "client_key_id"),
        ("usage_by_client_key_and_model", "model", "model"),
        ("usage_by_pool_key", "pool_key_id", "pool_key_id"),
        ("usage_by_pool_key_and_model", "pool_key_id", "pool_key_id"),
        ("usage_by_pool_key_and_model", "model", "model"),
    ] {
        for filter in [
            format!(" and {column} = 3"),
            format!(" and {column} in (3, 4, 5)"),
        ] {
            let told = plan(&books, table, &filter, column).await;
            assert!(
                told.contains(&format!("USING INDEX {table}_{index} ")),
                "{filter}: {told}"
            );
        }
        let told = plan(&books, table, "", column).await;
        assert!(told.contains("USING PRIMARY KEY"), "{column}: {told}");
    }
    books.close().await;
}
