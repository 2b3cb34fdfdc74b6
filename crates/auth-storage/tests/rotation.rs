//! Refreshes of one session, at once and against its end.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test's alarm")]

mod common;

use std::sync::Arc;
use std::sync::mpsc::channel;

use auth_core::session::{EndReason, Session};
use auth_core::store::Transaction;
use auth_core::testing::conformance::samples::{later, parallel, plant, session, user};
use auth_core::{Store, StoreError, StoreExt};
use auth_storage::{Backend, DieselStore};
use common::{Database, on_both, waiting};

fn with_session(backend: Backend, session: &Session) -> Database {
    let database = Database::migrated(backend);
    let store: Arc<dyn Store> = Arc::new(database.open());
    plant(&store, &[user(1, "alice")]);
    store.write(|tx| tx.sessions().insert(session)).unwrap();
    database
}

fn the_session(store: &DieselStore) -> Session {
    store.read(|tx| tx.sessions().by_id(session(1, 1).id)).unwrap().unwrap()
}

fn rotate(tx: &mut dyn Transaction, presented: i64) -> Result<bool, StoreError> {
    tx.sessions().rotate(session(1, 1).id, presented, later(1))
}

fn end(tx: &mut dyn Transaction) -> Result<bool, StoreError> {
    tx.sessions().end(session(1, 1).id, EndReason::Revoked, later(2))
}

/// Through two stores, as two instances have.
fn of_sixty_four_rotations_of_one_generation_one_wins(backend: Backend) {
    let database = with_session(backend, &session(1, 1));
    let stores = [database.open_patient(), database.open_patient()];
    for presented in 1..=3 {
        let answers = parallel(64, |thread| stores[usize::from(thread % 2)].write(|tx| rotate(tx, presented)).unwrap());
        assert_eq!(answers.iter().filter(|won| **won).count(), 1, "{answers:?}");
        assert_eq!(the_session(&stores[0]).generation, presented + 1);
    }
}

/// Whatever the rotation says, nothing moves after the end was answered.
fn nothing_is_rotated_after_its_end(backend: Backend) {
    let database = with_session(backend, &session(1, 1));
    let stores = [database.open_patient(), database.open_patient()];
    for _ in 0..100 {
        database.execute("UPDATE sessions SET ended_at = NULL, end_reason = NULL, generation = 1");
        let generations = parallel(3, |thread| {
            let store = &stores[usize::from(thread % 2)];
            if thread == 1 {
                assert_eq!(store.write(end), Ok(true));
                return the_session(store).generation;
            }
            // Both go on until they see its end, each from the generation that it saw before.
            loop {
                let seen = the_session(store);
                if seen.ended.is_some() {
                    return seen.generation;
                }
                store.write(|tx| rotate(tx, seen.generation)).unwrap();
            }
        });
        let left = the_session(&stores[0]);
        assert_eq!(generations, [left.generation; 3], "rotated after the end");
    }
}

/// The first is held open before its commit while the second waits for its row.
fn one_after_the_other(
    first: fn(&mut dyn Transaction) -> Result<bool, StoreError>,
    second: fn(&mut dyn Transaction) -> Result<bool, StoreError>,
) -> (bool, Session) {
    let database = with_session(Backend::Postgres, &session(1, 1));
    let Database::Postgres(server) = &database else { panic!("PostgreSQL") };
    let stores = [database.open_patient(), database.open_patient()];
    let (holding, held) = channel();
    let (release, released) = channel::<()>();
    // The closure owns the sender: where the test fails, the other thread hears of it and ends.
    let answer = std::thread::scope(|scope| {
        let release = release;
        let (one, other) = (&stores[0], &stores[1]);
        scope.spawn(move || {
            let done = one.write(|tx| {
                let done = first(tx)?;
                holding.send(()).unwrap();
                released.recv().unwrap();
                Ok::<_, StoreError>(done)
            });
            assert_eq!(done, Ok(true));
        });
        held.recv().unwrap();
        let second = scope.spawn(move || other.write(second));
        while waiting(server) < 1 {
            assert!(!second.is_finished(), "it did not wait");
        }
        release.send(()).unwrap();
        second.join().unwrap().unwrap()
    });
    (answer, the_session(&stores[0]))
}

#[test]
#[cfg_attr(not(postgres), ignore = "needs PostgreSQL")]
fn a_rotation_that_waited_for_the_end_is_refused() {
    let ended = Some((later(2), EndReason::Revoked));
    assert_eq!(one_after_the_other(end, |tx| rotate(tx, 1)), (false, Session { ended, ..session(1, 1) }));
}

#[test]
#[cfg_attr(not(postgres), ignore = "needs PostgreSQL")]
fn a_rotation_that_waited_for_another_is_refused_and_sees_its_generation() {
    let look_again = |tx: &mut dyn Transaction| {
        assert!(!rotate(tx, 1)?);
        Ok(tx.sessions().by_id(session(1, 1).id)?.unwrap().generation == 2)
    };
    let expected = Session { generation: 2, rotated_at: later(1), ..session(1, 1) };
    assert_eq!(one_after_the_other(|tx| rotate(tx, 1), look_again), (true, expected));
}

#[test]
#[cfg_attr(not(postgres), ignore = "needs PostgreSQL")]
fn an_end_that_waited_for_a_rotation_ends_its_successor() {
    let ended = Some((later(2), EndReason::Revoked));
    let expected = Session { generation: 2, rotated_at: later(1), ended, ..session(1, 1) };
    assert_eq!(one_after_the_other(|tx| rotate(tx, 1), end), (true, expected));
}

/// After the last generation there is none. A session does not come so far; if one did, that would be told.
fn the_last_generation_has_no_successor(backend: Backend) {
    let last = Session { generation: i64::MAX, ..session(1, 1) };
    let database = with_session(backend, &last);
    let store = database.open();
    let refused = store.write(|tx| rotate(tx, i64::MAX));
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    assert_eq!(the_session(&store), last);
}

on_both!(
    of_sixty_four_rotations_of_one_generation_one_wins,
    nothing_is_rotated_after_its_end,
    the_last_generation_has_no_successor,
);
