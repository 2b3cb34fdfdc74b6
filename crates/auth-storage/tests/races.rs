//! Many at once, and locks that somebody else holds.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test's alarm")]

mod common;

use std::sync::Arc;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

use auth_core::store::Unique;
use auth_core::testing::conformance::samples::{NOW, later, parallel, plant, user};
use auth_core::user::{AccountState, Added};
use auth_core::{Store, StoreError, StoreExt};
use auth_storage::Backend;
use common::{Database, on_both, raw_sqlite};
use diesel::connection::SimpleConnection;

/// Longer than any queue of these tests, so that a slow machine fails none of them.
const PATIENT: Duration = Duration::from_secs(60);
/// So short that nobody waits for it, and never so short that a lock that is free is not taken.
const IMPATIENT: Duration = Duration::from_millis(50);

fn of_sixty_four_inserts_of_one_name_one_wins(backend: Backend) {
    let database = Database::migrated(backend);
    let mut settings = database.settings();
    settings.pool_timeout = PATIENT;
    let store = auth_storage::open(settings).unwrap();
    let answers = parallel(64, |number| {
        let name = if number % 2 == 0 { "alice" } else { "ALICE" };
        store.write(|tx| tx.users().insert(&user(number, name))).unwrap()
    });
    assert_eq!(answers.iter().filter(|answer| **answer == Added::Added).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| **answer == Added::Taken(Unique::Username)).count(), 63, "{answers:?}");
    let count = |number: u8| store.read(|tx| tx.users().by_id(user(number, "x").id)).unwrap().is_some();
    assert_eq!((1..=64).filter(|number| count(*number)).count(), 1);
}

/// Reads, then writes, from two stores (two processes, say): with a deferred transaction SQLite refuses one of them at
/// once, whatever the busy timeout.
fn transactions_that_read_first_and_write_then_do_not_fail(backend: Backend) {
    let database = Database::migrated(backend);
    let mut settings = database.settings();
    (settings.pool_timeout, settings.busy_timeout) = (PATIENT, PATIENT);
    let stores: Vec<_> = (0..4).map(|_| auth_storage::open(settings.clone()).unwrap()).collect();
    let results = parallel(8, |thread| {
        let store = &stores[usize::from(thread) % stores.len()];
        (0..20).try_for_each(|round| {
            let number = (thread - 1) * 20 + round + 1;
            store.write(|tx| {
                assert_eq!(tx.users().by_id(user(number, "x").id)?, None);
                tx.users().insert(&user(number, &format!("user-{number}"))).map(drop)
            })
        })
    });
    assert!(results.iter().all(Result::is_ok), "{results:?}");
}

/// Two transactions take two rows in opposite order. One of them is chosen to fail, and is run again.
#[test]
#[cfg_attr(not(postgres), ignore = "needs PostgreSQL")]
fn a_deadlock_is_run_again() {
    let database = Database::migrated(Backend::Postgres);
    let store: Arc<dyn Store> = Arc::new(database.open());
    plant(&store, &[user(1, "alice"), user(2, "bob")]);
    let (both_hold_one, runs) = (Barrier::new(2), AtomicU32::new(0));
    let results = parallel(2, |thread| {
        let (first, second) = if thread == 1 { (1, 2) } else { (2, 1) };
        let mut first_run = true;
        store.write(|tx| {
            runs.fetch_add(1, Ordering::SeqCst);
            tx.users().lock(user(first, "x").id)?;
            if std::mem::take(&mut first_run) {
                both_hold_one.wait();
            }
            tx.users().lock(user(second, "x").id)?;
            tx.users().set_state(user(second, "x").id, AccountState::Disabled, NOW)
        })
    });
    assert_eq!(results, [Ok(true), Ok(true)]);
    // As a rule one of the two runs twice; where they meet again, more often.
    assert!(runs.load(Ordering::SeqCst) > 2);
}

#[test]
fn a_lock_held_by_another_process_is_unavailable_and_reading_goes_on() {
    let database = Database::migrated(Backend::Sqlite);
    let Database::Sqlite(file) = &database else { panic!("SQLite") };
    let mut settings = database.settings();
    settings.busy_timeout = IMPATIENT;
    let store: Arc<dyn Store> = Arc::new(auth_storage::open(settings).unwrap());
    plant(&store, &[user(1, "alice")]);

    let mut other = raw_sqlite(file);
    other.batch_execute("BEGIN IMMEDIATE; UPDATE users SET state = 'disabled'").unwrap();
    let mut runs = 0;
    let refused = store.write(|tx| {
        runs += 1;
        tx.users().insert(&user(2, "bob"))
    });
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    assert_eq!(runs, 0, "the lock is asked for before the work begins");
    let alice = store.read(|tx| tx.users().by_id(user(1, "x").id)).unwrap().unwrap();
    assert_eq!(alice.state, AccountState::Active, "what is not committed is not read");

    other.batch_execute("COMMIT").unwrap();
    plant(&store, &[user(2, "bob")]);
}

#[test]
#[cfg_attr(not(postgres), ignore = "needs PostgreSQL")]
fn a_row_that_stays_locked_is_unavailable() {
    let database = Database::migrated(Backend::Postgres);
    let mut settings = database.settings();
    settings.statement_timeout = IMPATIENT;
    let impatient = auth_storage::open(settings).unwrap();
    let store: Arc<dyn Store> = Arc::new(database.open());
    plant(&store, &[user(1, "alice")]);
    store
        .write(|tx| {
            tx.users().lock(user(1, "x").id)?;
            let refused = impatient.write(|tx| tx.users().lock(user(1, "x").id));
            assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
            Ok::<_, StoreError>(())
        })
        .unwrap();
    assert!(impatient.write(|tx| tx.users().lock(user(1, "x").id)).unwrap().is_some());
}

/// The only connection is in use.
fn no_free_connection_is_unavailable(backend: Backend) {
    let database = Database::migrated(backend);
    let mut settings = database.settings();
    (settings.pool_size, settings.pool_timeout) = (Some(1), IMPATIENT);
    let store = auth_storage::open(settings).unwrap();
    // On a busy machine even the first connection may take longer than the impatient wait.
    while store.write(|tx| tx.users().by_id(user(1, "x").id)).is_err() {}
    let (holding, held) = channel();
    let (release, released) = channel();
    std::thread::scope(|scope| {
        let (store, holding) = (&store, holding);
        scope.spawn(move || {
            store
                .write(|tx| {
                    tx.users().by_id(user(1, "x").id)?;
                    holding.send(()).unwrap();
                    released.recv().unwrap();
                    Ok::<_, StoreError>(())
                })
                .unwrap();
        });
        held.recv().unwrap();
        let refused = store.write(|tx| tx.users().insert(&user(1, "alice")));
        assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
        release.send(()).unwrap();
    });
    store.write(|tx| tx.users().set_state(user(1, "x").id, AccountState::Active, later(1))).unwrap();
}

on_both!(
    of_sixty_four_inserts_of_one_name_one_wins,
    transactions_that_read_first_and_write_then_do_not_fail,
    no_free_connection_is_unavailable,
);
