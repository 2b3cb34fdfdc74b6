//! What happens when instances start.

use auth_core::testing::conformance::samples::{key, parallel, user};
use auth_core::token::Algorithm;
use auth_core::{StoreError, StoreExt};
use auth_storage::{Backend, MigrateError};

use crate::common::{Database, on_both};
use crate::history::History;

/// Each opens the database for itself, as an instance does; on SQLite the file does not exist before.
fn five_instances_that_start_at_once_migrate_once(backend: Backend) {
    for round in 0..5 {
        let database = Database::empty(backend);
        let applied = parallel(5, |_| database.open().migrate().unwrap());
        let all: Vec<_> = applied.iter().flatten().collect();
        assert_eq!(all.len(), History::of(&Database::empty(backend)).pending().len(), "round {round}: {applied:?}");
        assert_eq!(applied.iter().filter(|names| !names.is_empty()).count(), 1, "round {round}: {applied:?}");
        database.open().check_schema().unwrap();
    }
}

fn what_is_missing_is_named_and_looking_changes_nothing(backend: Backend) {
    let database = Database::empty(backend);
    let store = database.open();
    let Err(MigrateError::Pending { names }) = store.check_schema() else { panic!("migrations are missing") };
    assert_eq!(names, History::of(&database).pending());
    assert!(store.migration_status().unwrap().iter().all(|one| !one.applied));
    assert_eq!(store.migrate().unwrap(), names);
    assert_eq!(store.migrate().unwrap(), Vec::<String>::new());
    assert!(store.migration_status().unwrap().iter().all(|one| one.applied));
    store.check_schema().unwrap();
}

fn a_history_that_broke_off_is_taken_up_where_it_was(backend: Backend) {
    let database = Database::empty(backend);
    let mut history = History::of(&database);
    history.up();
    history.up();
    let rest = history.pending();
    assert_eq!(database.open().migrate().unwrap(), rest);
}

fn a_database_of_a_newer_release_is_refused(backend: Backend) {
    let database = Database::migrated(backend);
    database.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('99991231235959')");
    let store = database.open();
    for refused in [store.migrate().map(drop), store.migration_status().map(drop), store.check_schema()] {
        let Err(MigrateError::Newer { versions }) = refused else { panic!("{refused:?}") };
        assert_eq!(versions, ["99991231235959"]);
    }
}

/// A migration that fails half-way leaves nothing of itself, and says what the database said.
fn a_migration_that_fails_is_told(backend: Backend) {
    let database = Database::empty(backend);
    database.execute("CREATE TABLE passwords (x integer)");
    let Err(MigrateError::Failed { cause, .. }) = database.open().migrate() else { panic!("it cannot succeed") };
    assert!(cause.contains("already exists"), "{cause}");
    database.execute("DROP TABLE passwords");
    database.open().migrate().unwrap();
    database.open().check_schema().unwrap();
}

fn a_database_is_new_until_somebody_has_an_account(backend: Backend) {
    let database = Database::empty(backend);
    let store = database.open();
    assert!(store.is_new().unwrap());
    store.migrate().unwrap();
    assert!(store.is_new().unwrap());
    store.write(|tx| tx.users().insert(&user(1, "alice")).map(|_| ())).unwrap();
    assert!(!store.is_new().unwrap());
    store.write(|tx| tx.users().delete(user(1, "alice").id).map(|_| Ok::<_, StoreError>(()))).unwrap().unwrap();
    assert!(store.is_new().unwrap());
    let key = key("kid", Algorithm::Es256, 1);
    store.write(|tx| tx.keys().insert(&key).map(|_| ())).unwrap();
    assert!(!store.is_new().unwrap(), "a sealed key needs its root key");
}

on_both!(
    five_instances_that_start_at_once_migrate_once,
    what_is_missing_is_named_and_looking_changes_nothing,
    a_history_that_broke_off_is_taken_up_where_it_was,
    a_database_of_a_newer_release_is_refused,
    a_migration_that_fails_is_told,
    a_database_is_new_until_somebody_has_an_account,
);
