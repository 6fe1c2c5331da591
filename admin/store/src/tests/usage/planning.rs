//! On SQLite: what is asked of one user or key is read through its index, and what is asked of one model in one piece of
//! each bucket, from the first day on.

use super::{Database, NOW, batch, event};
use crate::dialect::usage::{Cell, Question};
use crate::usage::UsageStore;
use crate::usage::ask::{Filter, buckets};
use crate::usage::book::Book;
use crate::usage::level::{Level, Part};

/// How a question is answered, in SQLite's words.
async fn plan(books: &UsageStore, table: &str, filter: &str, by: &str) -> String {
    let text = format!(
        "select {by}, sum(requests) from {table} \
         where level = 2 and bucket >= 1 and bucket < 31{filter} group by {by}"
    );
    explained(books, Question::new(text)).await
}

async fn explained(books: &UsageStore, question: Question) -> String {
    let text = format!("explain query plan {}", question.text);
    let rows = books.books.ask(Question { text, ..question }).await.unwrap();
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
        ("usage_by_pool_key", "pool_key_id", "pool_key_id"),
        ("usage_by_pool_key_and_model", "pool_key_id", "pool_key_id"),
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

#[tokio::test]
async fn what_one_model_has_is_read_in_one_piece_of_each_bucket() {
    let database = Database::sqlite();
    let books = database.books().await;
    books
        .record(&batch(7, 0, vec![event(0, NOW)]), NOW)
        .await
        .unwrap();
    let filter = Filter {
        model: Some("gpt-5".into()),
        ..Filter::default()
    };
    let conditions = books.conditions(&filter).await.unwrap();
    let part = Part {
        level: Level::Day,
        from: 20_000,
        to: 20_030,
    };
    for (book, key) in [
        (Book::ClientKeyAndModel, "client_key_id"),
        (Book::PoolKeyAndModel, "pool_key_id"),
    ] {
        let table = book.table();
        let mut question = Question::new("");
        let which = buckets::text(book, part, &conditions, &mut question);
        let filter = conditions.text(&mut question);
        question.text =
            format!("select {key}, sum(requests) from {table} where {which}{filter} group by {key}");
        let told = explained(&books, question).await;
        assert!(
            told.contains("USING PRIMARY KEY (level=? AND bucket=? AND model=?)"),
            "{told}"
        );
    }
    books.close().await;
}
