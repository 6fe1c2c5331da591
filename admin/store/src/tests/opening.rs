//! Opening: what is remembered, and what is refused with which words.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::{Database, add, each, statement, terms};
use crate::error::StoreError;
use crate::seal::ring::KeyRing;
use crate::seal::ring::tests::{key_text, ring};
use crate::store::Store;

async fn refusal(url: &str, ring: KeyRing) -> String {
    Store::open(url, ring).await.unwrap_err().to_string()
}

#[tokio::test]
async fn epoch_and_revision_outlive_the_process() {
    each(async |database| {
        let (store, _) = database.seeded().await;
        let before = (store.epoch().to_owned(), store.revision().await.unwrap());
        store.close().await;
        let again = database.open().await;
        assert_eq!(
            (again.epoch().to_owned(), again.revision().await.unwrap()),
            before
        );
        again.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_wrong_key_ring_is_refused_at_start_with_both_ids() {
    each(async |database| {
        database.open().await.close().await;
        let message = refusal(&database.url, ring(2)).await;
        let (sealed, have) = (ring(1).current().id.to_string(), ring(2).current().id.to_string());
        assert!(message.contains("wrong key ring") && message.contains(&sealed) && message.contains(&have));
    })
    .await;
}

#[tokio::test]
async fn a_ring_that_lost_an_old_key_still_in_use_is_refused_at_start() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        store.close().await;
        let both = KeyRing::parse(&key_text(2), Some(&key_text(1))).unwrap();
        let store = Store::open(&database.url, both).await.unwrap();
        add(&store, &terms(owner), &["pst-under-the-new-key"]).await;
        store.close().await;
        let missing = ring(2).current().id.to_string();
        let message = refusal(&database.url, ring(1)).await;
        assert!(message.contains(&missing), "{message}");
    })
    .await;
}

#[tokio::test]
async fn a_later_schema_is_refused() {
    each(async |database| {
        let store = database.open().await;
        let later = "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
                     select 9999, 'later', success, checksum, 0 from _sqlx_migrations where version = 1";
        sqlx::query(later).execute(&store.pool).await.unwrap();
        store.close().await;
        let message = refusal(&database.url, ring(1)).await;
        assert!(
            message.contains("9999") && message.contains("newer program"),
            "{message}"
        );
    })
    .await;
}

#[tokio::test]
async fn an_edited_migration_is_refused() {
    each(async |database| {
        let store = database.open().await;
        let edited = "update _sqlx_migrations set description = 'x', checksum = fingerprint_root from meta";
        sqlx::query(edited).execute(&store.pool).await.unwrap();
        store.close().await;
        let message = refusal(&database.url, ring(1)).await;
        assert!(message.contains("migration 1"), "{message}");
    })
    .await;
}

#[tokio::test]
async fn a_lost_meta_row_is_not_made_anew_over_existing_rows() {
    each(async |database| {
        let (store, _) = database.seeded().await;
        store.close().await;
        let url = database.url.clone();
        statement(&url, "delete from meta".to_owned()).await;
        assert!(refusal(&url, ring(1)).await.contains("meta row"));
    })
    .await;
}

#[tokio::test]
async fn a_new_file_is_readable_by_its_owner_alone() {
    let database = Database::sqlite();
    let (store, _) = database.seeded().await;
    let folder = database.folder.as_ref().unwrap().path();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(
            entry.metadata().unwrap().permissions().mode() & 0o777,
            0o600,
            "{:?}",
            entry.file_name()
        );
    }
    store.close().await;
}

#[tokio::test]
async fn what_is_no_database_file_is_refused_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    fs::create_dir(at("folder")).unwrap();
    fs::write(at("text"), "this is a text, and no database at all").unwrap();
    fs::write(at("short"), "tiny").unwrap();
    for (name, words) in [
        ("folder", "is not a file"),
        ("missing/control.db", "does not exist"),
        ("text", "is not a SQLite database"),
        ("short", "is not a SQLite database"),
        ("text/control.db", "cannot be used"),
    ] {
        let message = refusal(&format!("sqlite:{}", at(name)), ring(1)).await;
        assert!(
            message.contains(words) && message.contains(&at("")),
            "{name}: {message}"
        );
    }
}

#[tokio::test]
async fn a_damaged_database_is_refused() {
    let database = Database::sqlite();
    database.open().await.close().await;
    let path = database.url.strip_prefix("sqlite:").unwrap();
    let mut bytes = fs::read(path).unwrap();
    bytes.iter_mut().skip(100).for_each(|byte| *byte = 0x5a);
    fs::write(path, bytes).unwrap();
    let message = refusal(&database.url, ring(1)).await;
    assert!(message.contains("damaged"), "{message}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_as_such_without_its_password() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let message = refusal(&format!("postgres://u:hunter2@127.0.0.1:{port}/d"), ring(1)).await;
    assert!(
        message.contains("check that it runs") && !message.contains("hunter2"),
        "{message}"
    );
}

#[tokio::test]
async fn odd_characters_in_the_path_are_taken_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a b%20#c.db");
    Store::open(&format!("sqlite:{}", path.display()), ring(1))
        .await
        .unwrap()
        .close()
        .await;
    assert!(path.is_file());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_write_to_a_read_only_database_says_so() {
    let database = Database::sqlite();
    let (store, owner) = database.seeded().await;
    let mut change = store.change().await.unwrap();
    sqlx::query("pragma query_only = on")
        .execute(&mut *change.tx)
        .await
        .unwrap();
    let error = change.add_pool_keys(&terms(owner), &[], 1).await.unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly), "{error:?}");
    drop(change);
    store.close().await;
}

#[tokio::test]
async fn a_database_that_another_process_writes_is_named_as_locked() {
    let database = Database::sqlite();
    let (store, _) = database.seeded().await;
    let other = database.open().await;
    let held = store.change().await.unwrap();
    let mut waiting = other.pool.begin().await.unwrap();
    sqlx::query("pragma busy_timeout = 1")
        .execute(&mut *waiting)
        .await
        .unwrap();
    let error: StoreError = sqlx::query("update meta set revision = 0")
        .execute(&mut *waiting)
        .await
        .unwrap_err()
        .into();
    assert!(matches!(error, StoreError::Locked), "{error:?}");
    drop((held, waiting));
    store.close().await;
    other.close().await;
}
