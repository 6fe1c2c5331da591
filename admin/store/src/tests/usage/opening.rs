//! Opening the books, and what they refuse.

use std::collections::BTreeSet;
use std::time::Duration;

use potluck_filters::rejection::Code;
use potluck_filters::usage::{Ended, UsageEvent};

use super::{Database, NOW, all, batch, each, event};
use crate::dialect::Dialect;
use crate::dialect::usage::{Cell, Question};
use crate::error::StoreError;
use crate::tests::statement;
use crate::usage::{UsageOptions, UsageStore};

#[tokio::test]
async fn books_of_another_database_are_refused() {
    each(async |database| {
        database.books().await.close().await;
        let error = UsageStore::open(&database.url, "another", UsageOptions::default())
            .await
            .unwrap_err();
        let said = error.to_string();
        assert!(said.contains("belongs to another database"), "{said}");
        assert!(!said.contains("postgres:"), "a URL may have a password: {said}");
        database.books().await.close().await;
    })
    .await;
}

#[tokio::test]
async fn on_sqlite_the_books_are_a_file_of_their_own() {
    let database = Database::sqlite();
    let (store, _) = database.seeded().await;
    let books = database.books().await;
    assert_eq!(books.dialect(), Dialect::Sqlite);
    let folder = database.folder.as_ref().unwrap().path();
    assert!(folder.join("usage.db").is_file());
    // Nobody waits for a change of the main one.
    let change = store.change().await.unwrap();
    books
        .record(&batch(7, 0, vec![event(0, NOW)]), NOW)
        .await
        .unwrap();
    drop(change);
    books.close().await;
    store.close().await;
}

#[tokio::test]
async fn both_stores_open_in_one_database_in_any_order() {
    each(async |database| {
        database.books().await.close().await;
        database.open().await.close().await;
        database.books().await.close().await;
        database.open().await.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_question_that_takes_too_long_is_given_up() {
    each(async |database| {
        let books = database
            .books_with(UsageOptions {
                patience: Duration::from_millis(20),
                ..UsageOptions::default()
            })
            .await;
        let endless = "with recursive n (x) as (select 1 union all select x + 1 from n where x < 2000000000) \
                       select count(*) from n";
        let error = books.books.ask(Question::new(endless)).await.unwrap_err();
        assert!(matches!(error, StoreError::TooLong), "{error:?}");
        let next = books.books.ask(Question::new("select 1")).await.unwrap();
        assert_eq!(next, [[Cell::Int(1)]], "and the connection serves on");
        books.close().await;
    })
    .await;
}

#[tokio::test]
async fn clients_cannot_fill_the_books_with_names() {
    each(async |database| {
        let books = database.books().await;
        let refused = UsageEvent {
            model: Some("made-up".into()),
            code: Some(Code::ModelNotFound),
            ended: Ended::Refused,
            status: 404,
            ..event(0, NOW)
        };
        let answered = |number: u64| UsageEvent {
            model: Some(format!("model-{number}").into()),
            ..event(number, NOW)
        };
        let events: Vec<_> = [refused].into_iter().chain((1..4200).map(answered)).collect();
        books.record(&batch(7, 0, events), NOW).await.unwrap();
        let models: BTreeSet<_> = all(&books).await.into_iter().map(|event| event.model).collect();
        assert_eq!(models.len(), 4096);
        assert!(models.contains(&Some("(other)".into())) && models.contains(&Some("model-1".into())));
        assert!(!models.contains(&Some("made-up".into())));
        books.close().await;
    })
    .await;
}

const SQLITE_COLUMNS: &str = "select m.name || '.' || c.name || case when c.\"notnull\" = 1 or c.pk > 0 then ' not null' \
     else '' end || ' ' || c.pk from sqlite_schema m, pragma_table_info(m.name) c \
     where m.type = 'table' and m.name like 'usage%'";

const POSTGRES_COLUMNS: &str = "select (c.table_name || '.' || c.column_name || \
     case c.is_nullable when 'NO' then ' not null' else '' end || ' ' || \
     coalesce((select k.n from pg_index i cross join lateral unnest(i.indkey::int[]) with ordinality k (att, n) \
     where i.indrelid = to_regclass(c.table_name) and i.indisprimary and k.att = c.ordinal_position), 0))::text \
     from information_schema.columns c join pg_class t on t.oid = to_regclass(c.table_name) \
     where c.table_schema = current_schema() and c.table_name like 'usage%' and not t.relispartition";

async fn columns(database: &Database, text: &str) -> BTreeSet<String> {
    let books = database.books().await;
    let rows = books.books.ask(Question::new(text)).await.unwrap();
    books.close().await;
    let word = |row: Vec<Cell>| match row.as_slice() {
        [Cell::Text(word)] => word.clone(),
        other => panic!("{other:?}"),
    };
    rows.into_iter().map(word).collect()
}

#[tokio::test]
async fn both_databases_have_the_same_books() {
    let sqlite = columns(&Database::sqlite(), SQLITE_COLUMNS).await;
    assert!(
        sqlite.contains("usage_by_class.requests not null 0"),
        "{sqlite:?}"
    );
    assert!(sqlite.contains("usage_by_class.class not null 4"), "{sqlite:?}");
    if let Ok(server) = std::env::var("TEST_POSTGRES_URL") {
        let (database, schema) = Database::postgres(&server).await;
        assert_eq!(sqlite, columns(&database, POSTGRES_COLUMNS).await);
        statement(&server, format!("drop schema {schema} cascade")).await;
    }
}
