#![allow(clippy::unwrap_used, reason = "a test's alarm")]

use std::collections::BTreeSet;

use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl, sql_query};

use super::*;
use crate::StorageSettings;
use crate::connection::{Manager, MultiConnection, Role};
use crate::testing::{PostgresServer, SqliteFile};

#[derive(Debug, QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

fn migrated(url: &str) -> MultiConnection {
    crate::open(StorageSettings::new(url)).unwrap().migrate().unwrap();
    Manager::new(StorageSettings::new(url)).unwrap().establish(Role::Serving).unwrap()
}

fn names(connection: &mut MultiConnection, query: &str) -> BTreeSet<String> {
    let names: Vec<Name> = match connection {
        MultiConnection::Sqlite(sqlite) => sql_query(query).load(sqlite),
        MultiConnection::Postgres(postgres) => sql_query(query).load(postgres),
    }
    .unwrap();
    names.into_iter().map(|name| name.name).collect()
}

/// A unique index without its line would turn an answer ("taken") into trouble ("unavailable").
#[test]
fn every_unique_index_of_sqlite_has_its_line() {
    let file = SqliteFile::new().unwrap();
    let query = "SELECT (SELECT group_concat(t.name || '.' || c.name, ', ') FROM pragma_index_info(i.name) c) AS name \
                 FROM sqlite_master t, pragma_index_list(t.name) i \
                 WHERE t.type = 'table' AND i.\"unique\" AND t.name NOT LIKE '\\_\\_%' ESCAPE '\\'";
    let expected: BTreeSet<_> = CONSTRAINTS.iter().map(|(_, columns, _)| (*columns).to_owned()).collect();
    assert_eq!(names(&mut migrated(&file.url()), query), expected);
}

#[test]
#[cfg_attr(not(postgres), ignore = "needs PostgreSQL")]
fn every_unique_index_of_postgresql_has_its_line() {
    let database = PostgresServer::shared().unwrap().create_database().unwrap();
    let query = "SELECT i.relname::text AS name FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid \
                 WHERE x.indisunique AND i.relnamespace = 'public'::regnamespace AND i.relname NOT LIKE '\\_\\_%'";
    let expected: BTreeSet<_> = CONSTRAINTS.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(names(&mut migrated(database.url()), query), expected);
}

fn error(kind: DatabaseErrorKind, message: &str) -> Error {
    Error::DatabaseError(kind, Box::new(message.to_owned()))
}

#[test]
fn races_are_told_from_trouble() {
    use DatabaseErrorKind::{SerializationFailure, UniqueViolation, Unknown};
    let rerun = |failure| matches!(failure, Failure::Rerun(StoreError::Unavailable(_)));
    let trouble = |failure| matches!(failure, Failure::Trouble(StoreError::Unavailable(_)));
    assert!(rerun(classify(&error(SerializationFailure, "could not serialize access"))));
    assert!(rerun(classify(&error(Unknown, "deadlock detected"))));
    for message in ["database is locked", "database or disk is full", "attempt to write a readonly database"] {
        assert!(trouble(classify(&error(Unknown, message))), "{message}");
    }
    assert!(trouble(classify(&error(UniqueViolation, "UNIQUE constraint failed: elsewhere.id"))));
    let taken = classify(&error(UniqueViolation, "UNIQUE constraint failed: users.username_canonical"));
    assert_eq!(taken, Failure::Taken(Unique::Username));
}

/// Nobody knows then what became of the transaction, so it is not run again.
#[test]
fn a_commit_that_could_not_be_undone_is_trouble() {
    let both = Error::RollbackErrorOnCommit {
        rollback_error: Box::new(error(DatabaseErrorKind::ClosedConnection, "gone")),
        commit_error: Box::new(error(DatabaseErrorKind::SerializationFailure, "could not serialize access")),
    };
    assert!(matches!(classify(&both), Failure::Trouble(_)));
}
