//! What was undone is not told, and nobody waits for its number.

use std::panic::{AssertUnwindSafe, catch_unwind};

use auth_core::session::{EndReason, Forget};
use auth_core::testing::conformance::samples::{NOW, later, session, user};
use auth_core::{StoreError, StoreExt};
use auth_storage::Backend;

use crate::common::on_both;
use crate::{Listener, end, with_sessions};

fn what_is_undone_is_not_told_and_leaves_no_gap(backend: Backend) {
    let database = with_sessions(backend, 2);
    let store = database.open();
    let mut listener = Listener::on(&database);
    let undone = store.write(|tx| {
        tx.sessions().end_all(user(1, "x").id, None, EndReason::Revoked, NOW)?;
        // Even where the number was given out already, because the work itself listens.
        assert_eq!(tx.sessions().endings(0, 10)?.counter, 2);
        Err::<(), _>(StoreError::unavailable("undone"))
    });
    assert!(undone.is_err());
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        store.write(|tx| -> Result<(), StoreError> {
            tx.sessions().end(session(1, 1).id, EndReason::Revoked, NOW)?;
            panic!("on purpose");
        })
    }));
    assert!(panicked.is_err());
    let swallowed = store.write(|tx| {
        assert!(tx.sessions().end(session(1, 1).id, EndReason::Revoked, NOW)?);
        assert!(tx.sessions().insert(&session(2, 1)).is_err());
        Ok::<_, StoreError>(())
    });
    assert!(swallowed.is_err());
    listener.poll();
    assert_eq!((listener.numbers.len(), listener.ended.last()), (0, 0));
    assert_eq!(end(&store, 2), Ok(true));
    listener.poll();
    assert!(listener.has_heard_of(2) && !listener.has_heard_of(1));
    assert_eq!(listener.numbers, [1]);
}

/// The last statements before the commit have run, and the commit itself fails.
#[test]
#[cfg_attr(not(postgres), ignore = "needs PostgreSQL")]
fn a_commit_that_fails_leaves_no_gap_either() {
    let database = with_sessions(Backend::Postgres, 2);
    let store = database.open();
    database.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$;
         CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON session_endings DEFERRABLE INITIALLY DEFERRED
             FOR EACH ROW EXECUTE FUNCTION refuse()",
    );
    assert!(matches!(end(&store, 1), Err(StoreError::Unavailable(_))));
    database.execute("DROP TRIGGER refuse ON session_endings");
    assert_eq!(store.read(|tx| tx.sessions().by_id(session(1, 1).id)).unwrap().unwrap().ended, None);
    assert_eq!(end(&store, 2), Ok(true));
    let mut listener = Listener::on(&database);
    listener.poll();
    assert_eq!(listener.numbers, [1]);
}

/// More than either database takes in one statement. Planted past the store, which would take its time.
fn thousands_end_and_are_forgotten_at_once(backend: Backend) {
    let database = with_sessions(backend, 1);
    let store = database.open_patient();
    let (copies, id) = match backend {
        Backend::Sqlite => ("(SELECT value FROM numbers)", "randomblob(16)"),
        Backend::Postgres => ("generate_series(1, 32999)", "gen_random_uuid()"),
    };
    database.execute(&format!(
        "WITH RECURSIVE numbers (value) AS (VALUES (1) UNION ALL SELECT value + 1 FROM numbers WHERE value < 32999)
         INSERT INTO sessions SELECT {id}, user_id, root_key, salt, generation, created_at, rotated_at, expires_at,
         ended_at, end_reason, client, ip FROM sessions, {copies} AS copies"
    ));
    let mut ended = store.write(|tx| tx.sessions().end_all(user(1, "x").id, None, EndReason::Revoked, NOW)).unwrap();
    let heard = store.read(|tx| tx.sessions().endings(0, u32::MAX)).unwrap();
    assert_eq!(heard.counter, 33_000);
    assert_eq!(heard.endings.iter().map(|ending| ending.seq).collect::<Vec<_>>(), (1..=33_000).collect::<Vec<i64>>());
    let mut told: Vec<_> = heard.endings.iter().map(|ending| ending.session).collect();
    ended.sort_unstable();
    told.sort_unstable();
    assert!(told == ended);
    let before = Forget { dead_before: later(1), idle_before: NOW, endings_before: later(1) };
    assert_eq!(store.write(|tx| tx.sessions().forget(&before, u32::MAX)), Ok(66_000));
    let nothing = store.read(|tx| tx.sessions().endings(0, 10)).unwrap();
    assert_eq!((nothing.counter, nothing.endings.len()), (33_000, 0));
}

on_both!(what_is_undone_is_not_told_and_leaves_no_gap, thousands_end_and_are_forgotten_at_once);
