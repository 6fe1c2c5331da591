//! Both folders of migrations make the same tables.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::{Database, statement};

/// A table's column: name, class of type, and whether it may be null; or a unique index's columns.
type Facts = BTreeSet<String>;

fn file_names(dialect: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../migrations")
        .join(dialect);
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

fn text(dialect: &str, name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../migrations")
        .join(dialect);
    fs::read_to_string(folder.join(name)).unwrap()
}

/// The statement with each type replaced by its class, and without comments.
fn by_class(sql: &str) -> String {
    let lines = sql.lines().filter(|line| !line.trim_start().starts_with("--"));
    let word = |word: &str| match word.trim_end_matches([',', ';']) {
        "bigint" | "integer" => word.replace("bigint", "NUMBER").replace("integer", "NUMBER"),
        "bytea" | "blob" => word.replace("bytea", "BYTES").replace("blob", "BYTES"),
        _ => word.to_owned(),
    };
    lines
        .map(|line| line.split(' ').map(word).collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn both_folders_have_the_same_files_with_the_same_statements() {
    let names = file_names("sqlite");
    assert!(!names.is_empty());
    assert_eq!(names, file_names("postgres"));
    for name in names {
        assert_eq!(
            by_class(&text("sqlite", &name)),
            by_class(&text("postgres", &name)),
            "{name}"
        );
    }
}

const SQLITE_FACTS: &str = "select m.name || '.' || c.name || ' ' || \
     case lower(c.type) when 'integer' then 'number' when 'blob' then 'bytes' else lower(c.type) end || \
     case when c.\"notnull\" = 1 or c.pk = 1 then ' not null' else '' end \
     from sqlite_schema m, pragma_table_info(m.name) c where m.type = 'table' and m.name <> '_sqlx_migrations' \
     union all select 'unique ' || m.name || ' ' || (select group_concat(x.name, ', ') from pragma_index_info(i.name) x) \
     from sqlite_schema m, pragma_index_list(m.name) i \
     where m.type = 'table' and m.name <> '_sqlx_migrations' and i.\"unique\" = 1 and i.origin <> 'pk'";

const POSTGRES_FACTS: &str = "select (table_name || '.' || column_name || ' ' || \
     case data_type when 'bigint' then 'number' when 'bytea' then 'bytes' else data_type end || \
     case is_nullable when 'NO' then ' not null' else '' end)::text \
     from information_schema.columns where table_schema = current_schema() and table_name <> '_sqlx_migrations' \
     union all select ('unique ' || t.relname || ' ' || string_agg(a.attname, ', ' order by k.n))::text \
     from pg_index i join pg_class t on t.oid = i.indrelid \
     cross join lateral unnest(i.indkey::int[]) with ordinality k (att, n) \
     join pg_attribute a on a.attrelid = t.oid and a.attnum = k.att \
     where t.relnamespace = current_schema()::regnamespace and i.indisunique and not i.indisprimary \
     and t.relname <> '_sqlx_migrations' group by t.relname, i.indexrelid";

async fn facts(database: &Database, query: &'static str) -> Facts {
    let store = database.open().await;
    let rows: Vec<(String,)> = sqlx::query_as(query).fetch_all(&store.pool).await.unwrap();
    store.close().await;
    rows.into_iter().map(|(fact,)| fact).collect()
}

#[tokio::test]
async fn both_databases_have_the_same_columns_and_unique_indexes() {
    let sqlite = facts(&Database::sqlite(), SQLITE_FACTS).await;
    assert!(sqlite.contains("pool_keys.sealed bytes"), "{sqlite:?}");
    assert!(
        sqlite.contains("unique pool_keys upstream, fingerprint"),
        "{sqlite:?}"
    );
    if let Ok(server) = std::env::var("TEST_POSTGRES_URL") {
        let (database, schema) = Database::postgres(&server).await;
        assert_eq!(sqlite, facts(&database, POSTGRES_FACTS).await);
        statement(&server, format!("drop schema {schema} cascade")).await;
    }
}
