//! Several instances forget at once, and forget nothing that lives.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test's alarm")]

mod common;

use std::cell::RefCell;
use std::sync::Arc;

use auth_core::session::{EndReason, Forget, Session};
use auth_core::testing::conformance::samples::{NOW, later, parallel, plant, session, user};
use auth_core::{Store, StoreError, StoreExt};
use auth_storage::{Backend, DieselStore};
use common::{Database, on_both};
use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};

const DEAD: Forget = Forget { dead_before: later_by(2), idle_before: later_by(-10), endings_before: later_by(2) };

const fn later_by(seconds: i64) -> auth_core::time::Timestamp {
    auth_core::time::Timestamp::from_micros(NOW.as_micros() + seconds * 1_000_000)
}

/// Of each four sessions one has ended, one has expired, one idles, and one lives.
fn filled(backend: Backend, sessions: u8) -> Database {
    let database = Database::migrated(backend);
    let store: Arc<dyn Store> = Arc::new(database.open());
    plant(&store, &[user(1, "alice")]);
    store
        .write(|tx| {
            for number in 1..=sessions {
                let session = match number % 4 {
                    2 => Session { expires_at: later(1), ..session(number, 1) },
                    3 => Session { rotated_at: later_by(-11), ..session(number, 1) },
                    _ => session(number, 1),
                };
                tx.sessions().insert(&session)?;
                if number % 4 == 1 {
                    tx.sessions().end(session.id, EndReason::SignedOut, later(1))?;
                }
            }
            Ok::<_, StoreError>(())
        })
        .unwrap();
    database
}

fn forget(store: &DieselStore, limit: u32) -> Result<u64, StoreError> {
    store.write(|tx| tx.sessions().forget(&DEAD, limit))
}

fn left(store: &DieselStore, sessions: u8) -> Vec<u8> {
    let there = |number: &u8| store.read(|tx| tx.sessions().by_id(session(*number, 1).id)).unwrap().is_some();
    (1..=sessions).filter(there).collect()
}

/// Each thing once, and nobody fails.
fn instances_that_forget_at_once_share_the_work(backend: Backend) {
    let database = filled(backend, 80);
    let stores = [database.open_patient(), database.open_patient()];
    let counts = parallel(8, |thread| {
        let store = &stores[usize::from(thread % 2)];
        let batches = std::iter::repeat_with(|| forget(store, 2).unwrap());
        batches.take_while(|batch| *batch > 0).inspect(|batch| assert!(*batch <= 4)).sum::<u64>()
    });
    assert_eq!(counts.iter().sum::<u64>(), 60 + 20, "{counts:?}");
    assert_eq!(left(&stores[0], 80), (1..=20).map(|number| number * 4).collect::<Vec<_>>());
    assert_eq!(forget(&stores[0], 100), Ok(0));
    assert_eq!(stores[0].read(|tx| tx.sessions().endings(0, 100)).unwrap().endings, []);
}

/// While one is held open before its commit, the other takes the rest and does not wait.
#[test]
#[cfg_attr(not(postgres), ignore = "needs PostgreSQL")]
fn an_instance_does_not_wait_for_another_that_forgets() {
    let database = filled(Backend::Postgres, 40);
    let (one, other) = (database.open(), database.open());
    one.write(|tx| {
        assert_eq!(tx.sessions().forget(&DEAD, 7)?, 7 + 7);
        assert_eq!(forget(&other, 100), Ok(23 + 3));
        assert_eq!(forget(&other, 100), Ok(0));
        Ok::<_, StoreError>(())
    })
    .unwrap();
    assert_eq!(left(&one, 40).len(), 10);
}

/// A refresh that is not committed yet is neither waited for nor lost.
#[test]
#[cfg_attr(not(postgres), ignore = "needs PostgreSQL")]
fn a_session_that_is_being_refreshed_is_left_alone() {
    let database = filled(Backend::Postgres, 4);
    let (one, other) = (database.open(), database.open());
    one.write(|tx| {
        assert!(tx.sessions().rotate(session(3, 1).id, 1, NOW)?);
        assert_eq!(forget(&other, 100), Ok(3));
        Ok::<_, StoreError>(())
    })
    .unwrap();
    assert_eq!(forget(&other, 100), Ok(0));
    assert_eq!(left(&other, 4), [3, 4]);
}

thread_local! {
    /// What happens when this thread sends its next `DELETE`.
    static BEFORE_DELETE: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
}

#[expect(clippy::unnecessary_wraps, reason = "Diesel's signature")]
fn interrupted() -> Option<Box<dyn Instrumentation>> {
    Some(Box::new(|event: InstrumentationEvent<'_>| {
        if matches!(event, InstrumentationEvent::StartQuery { query, .. } if query.to_string().starts_with("DELETE"))
            && let Some(interruption) = BEFORE_DELETE.take()
        {
            interruption();
        }
    }))
}

/// Between the look and the deletion: no refresh is answered whose session goes.
fn a_refresh_in_the_midst_of_forgetting_is_not_lost(backend: Backend) {
    set_default_instrumentation(interrupted).unwrap();
    let database = Database::migrated(backend);
    let store: Arc<dyn Store> = Arc::new(database.open());
    plant(&store, &[user(1, "alice")]);
    let idle = Session { rotated_at: later_by(-11), ..session(1, 1) };
    store.write(|tx| tx.sessions().insert(&idle)).unwrap();
    let impatient = database.open_impatient();
    // Its connection is made now; only the lock shall be waited for.
    impatient.write(|tx| tx.sessions().rotate(idle.id, 9, NOW)).unwrap();
    BEFORE_DELETE.set(Some(Box::new(move || {
        let refreshed = impatient.write(|tx| tx.sessions().rotate(idle.id, 1, NOW));
        assert!(matches!(refreshed, Err(StoreError::Unavailable(_))), "it has to wait: {refreshed:?}");
    })));
    assert_eq!(store.write(|tx| tx.sessions().forget(&DEAD, 100)), Ok(1));
    assert!(BEFORE_DELETE.take().is_none());
    assert_eq!(store.write(|tx| tx.sessions().rotate(idle.id, 1, NOW)), Ok(false));
}

/// None is none.
fn a_limit_is_kept(backend: Backend) {
    let database = filled(backend, 8);
    let store = database.open();
    assert_eq!(forget(&store, 0), Ok(0));
    assert_eq!(store.read(|tx| tx.sessions().endings(0, 0)).unwrap().endings, []);
    assert_eq!(forget(&store, 3), Ok(3 + 2));
}

on_both!(
    instances_that_forget_at_once_share_the_work,
    a_refresh_in_the_midst_of_forgetting_is_not_lost,
    a_limit_is_kept,
);
