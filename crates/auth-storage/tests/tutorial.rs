//! The tutorial's table, as Sequelize leaves it and as the years leave it.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test's alarm")]

mod common;

use auth_core::secret::Secret;
use auth_core::time::Timestamp;
use auth_storage::Backend;
use auth_storage::tutorial::{TutorialError, TutorialRow, TutorialUser, tutorial_users};
use common::{Database, on_both};

fn rows(database: &Database) -> Vec<TutorialRow> {
    tutorial_users(&Secret::new(database.url())).unwrap().map(Result::unwrap).collect()
}

fn refused(database: &Database) -> TutorialError {
    tutorial_users(&Secret::new(database.url())).map(drop).unwrap_err()
}

fn users(rows: &[TutorialRow]) -> Vec<&TutorialUser> {
    let user = |row: &TutorialRow| matches!(row, TutorialRow::User(_));
    assert!(rows.iter().all(user), "{rows:?}");
    rows.iter().filter_map(|row| if let TutorialRow::User(user) = row { Some(user) } else { None }).collect()
}

/// `id INTEGER PRIMARY KEY AUTOINCREMENT`, or `SERIAL`; instants as Sequelize writes them.
fn a_table_of_sequelize_is_read(backend: Backend) {
    let database = Database::empty(backend);
    let (id, instant) = match backend {
        Backend::Sqlite => ("INTEGER PRIMARY KEY AUTOINCREMENT", "DATETIME"),
        Backend::Postgres => ("SERIAL PRIMARY KEY", "TIMESTAMP WITH TIME ZONE"),
    };
    database.execute(&format!(
        "CREATE TABLE users (id {id}, username VARCHAR(255), password VARCHAR(255), \"createdAt\" {instant}, \"updatedAt\" {instant});
         INSERT INTO users VALUES (7, 'alice', '$2a$10$x', '2024-05-01 12:00:00.123 +00:00', '2024-05-01 12:00:00.123 +00:00'),
                                  (3, 'Bob', '$2b$10$y', NULL, NULL)"
    ));
    let rows = rows(&database);
    let found: Vec<_> = users(&rows)
        .into_iter()
        .map(|user| (user.id, user.username.as_str(), user.password.expose(), user.created_at))
        .collect();
    let noon = Timestamp::parse_rfc3339("2024-05-01T12:00:00.123Z");
    assert_eq!(found, [(3, "Bob", "$2b$10$y", None), (7, "alice", "$2a$10$x", noon)]);
}

/// More than one batch, with gaps and from the lowest number on.
fn every_row_is_read_once(backend: Backend) {
    let database = Database::empty(backend);
    database.execute(
        "CREATE TABLE users (id BIGINT, username TEXT, password TEXT);
         INSERT INTO users WITH RECURSIVE n (i) AS (SELECT -600 UNION ALL SELECT i + 1 FROM n WHERE i < 600)
             SELECT i * 3, 'user' || i, 'hash' FROM n;
         INSERT INTO users VALUES (-9223372036854775807 - 1, 'first', 'hash'), (9223372036854775807, 'last', 'hash')",
    );
    let rows = rows(&database);
    let ids: Vec<_> = users(&rows).iter().map(|user| user.id).collect();
    let expected: Vec<_> =
        std::iter::once(i64::MIN).chain((-600..=600).map(|i| i * 3)).chain(std::iter::once(i64::MAX)).collect();
    assert_eq!(ids, expected);
}

fn an_empty_table_has_no_rows(backend: Backend) {
    let database = Database::empty(backend);
    database.execute("CREATE TABLE \"Users\" (id INTEGER, username TEXT, password TEXT)");
    assert_eq!(rows(&database), []);
}

fn a_row_that_is_no_user_is_told_and_the_others_are_read(backend: Backend) {
    let database = Database::empty(backend);
    database.execute(
        "CREATE TABLE users (id INTEGER, username TEXT, password TEXT, created_at TEXT);
         INSERT INTO users VALUES (1, NULL, 'h', NULL), (2, 'bob', NULL, 'yesterday'), (3, 'carol', 'h', NULL), (NULL, 'dave', 'h', NULL)",
    );
    let rows = rows(&database);
    let told: Vec<_> = rows
        .iter()
        .map(|row| match row {
            TutorialRow::User(user) => user.username.clone(),
            TutorialRow::Unreadable { row, fault } => format!("{row}: {fault}"),
        })
        .collect();
    assert_eq!(
        told,
        ["1 row(s): the id is not a whole number", "id 1: the username is NULL", "id 2: the password is NULL", "carol"]
    );
}

#[test]
fn odd_values_of_sqlite_are_told_and_not_shown() {
    let database = Database::empty(Backend::Sqlite);
    database.execute(
        "CREATE TABLE users (id, username, password, createdAt);
         INSERT INTO users VALUES (1, CAST(x'ff' AS TEXT), 'canary', NULL), (2, x'626f62', 'canary', NULL), (3, 42, 'canary', NULL),
             (4, 'a' || char(0), 'canary', NULL), (5, 'eve', 4.5, NULL), ('six', 'six', 'canary', NULL), (7.5, 'x', 'canary', NULL),
             (8, 'zoe', 'h', x'ff')",
    );
    let rows = rows(&database);
    let odd = rows.iter().filter(|row| matches!(row, TutorialRow::Unreadable { .. })).count();
    assert_eq!((rows.len(), odd), (7, 6), "{rows:?}");
    assert!(!format!("{rows:?}").contains("canary"));
    assert_eq!(rows[0], TutorialRow::Unreadable { row: "2 row(s)".to_owned(), fault: "the id is not a whole number" });
    let zoe = users(&rows[6..])[0];
    assert_eq!((zoe.id, zoe.created_at), (8, None));
}

#[test]
#[cfg_attr(not(postgres), ignore = "needs PostgreSQL")]
fn instants_without_a_zone_are_utc_and_endless_ones_none() {
    let database = Database::empty(Backend::Postgres);
    database.execute(
        "CREATE TABLE users (id BIGINT, username TEXT, password TEXT, \"createdAt\" TIMESTAMP);
         INSERT INTO users VALUES (1, 'a', 'h', '2024-05-01 12:00:00'), (2, 'b', 'h', 'infinity'), (3, 'c', 'h', NULL)",
    );
    let rows = rows(&database);
    let instants: Vec<_> = users(&rows).iter().map(|user| user.created_at).collect();
    assert_eq!(instants, [Timestamp::parse_rfc3339("2024-05-01T12:00:00Z"), None, None]);
}

fn what_is_missing_is_named(backend: Backend) {
    let database = Database::empty(backend);
    database.execute("CREATE TABLE things (id INTEGER)");
    assert!(matches!(refused(&database), TutorialError::NoTable));
    database.execute("CREATE TABLE users (id INTEGER, name TEXT)");
    let TutorialError::NoColumn { table, columns } = refused(&database) else { panic!("columns are missing") };
    assert_eq!((table.as_str(), columns), ("users", vec!["username".to_owned(), "password".to_owned()]));
}

#[test]
#[cfg_attr(not(postgres), ignore = "needs PostgreSQL")]
fn ids_that_are_no_numbers_are_told() {
    let database = Database::empty(Backend::Postgres);
    database.execute("CREATE TABLE users (id uuid, username TEXT, password TEXT)");
    let TutorialError::NotANumber { kind, .. } = refused(&database) else { panic!("ids are no numbers") };
    assert_eq!(kind, "uuid");
}

/// A store of our own is no source, and is told by what it lacks.
fn our_own_database_is_refused(backend: Backend) {
    let TutorialError::NoColumn { columns, .. } = refused(&Database::migrated(backend)) else { panic!("a column") };
    assert_eq!(columns, ["password"]);
}

#[test]
fn a_source_that_is_not_there_is_not_made() {
    let database = Database::empty(Backend::Sqlite);
    let Database::Sqlite(file) = &database else { panic!("SQLite") };
    let error = refused(&database);
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("there is no file"), "{cause}");
    assert!(!file.path().exists());
}

/// Read-only, and in use by somebody else meanwhile.
fn the_source_is_left_as_it_was(backend: Backend) {
    let database = Database::empty(backend);
    database.execute(
        "CREATE TABLE users (id INTEGER, username TEXT, password TEXT); INSERT INTO users VALUES (1, 'a', 'h')",
    );
    let mut rows = tutorial_users(&Secret::new(database.url())).unwrap();
    database.execute("INSERT INTO users VALUES (2, 'b', 'h')");
    assert_eq!(rows.by_ref().count(), 2);
    database.execute("INSERT INTO users VALUES (3, 'c', 'h')");
    assert!(rows.next().is_none(), "the end is the end");
}

on_both!(
    a_table_of_sequelize_is_read,
    every_row_is_read_once,
    an_empty_table_has_no_rows,
    a_row_that_is_no_user_is_told_and_the_others_are_read,
    what_is_missing_is_named,
    our_own_database_is_refused,
    the_source_is_left_as_it_was,
);
