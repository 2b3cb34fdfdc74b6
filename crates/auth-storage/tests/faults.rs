//! What the store does when the database, the work or the caller fails.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test's alarm")]

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use auth_core::audit::{Actor, AuditEvent, AuditRecord};
use auth_core::id::EventId;
use auth_core::store::{Access, Outcome, Unique};
use auth_core::testing::conformance::samples::{NOW, hash, plant, user};
use auth_core::user::{Added, CanonicalName, User, Username};
use auth_core::{Store, StoreError, StoreExt};
use auth_storage::{Backend, DieselStore};
use common::{Database, on_both, raw_postgres};
use diesel::sql_types::BigInt;
use diesel::{QueryableByName, RunQueryDsl, sql_query};

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Ends all other connections to this database and waits until they have ended.
fn end_connections(database: &Database) -> i64 {
    let Database::Postgres(database) = database else { panic!("PostgreSQL") };
    let ended: Count = sql_query(
        "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid, 60000)) AS count FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
    )
    .get_result(&mut raw_postgres(database))
    .unwrap();
    ended.count
}

/// Opens so many connections of the pool.
fn warm(store: &DieselStore, connections: u32) {
    let all_inside = Barrier::new(connections.try_into().unwrap());
    std::thread::scope(|scope| {
        for _ in 0..connections {
            scope.spawn(|| {
                store.read(|_| Ok::<_, StoreError>(all_inside.wait())).unwrap();
            });
        }
    });
}

#[test]
#[cfg_attr(not(postgres), ignore = "needs PostgreSQL")]
fn after_a_restart_of_the_server_no_call_fails() {
    let database = Database::migrated(Backend::Postgres);
    let mut settings = database.settings();
    settings.pool_timeout = Duration::from_secs(60);
    settings.pool_size = Some(6);
    let store = auth_storage::open(settings).unwrap();
    for _ in 0..3 {
        warm(&store, 6);
        assert_eq!(store.pool_state()[0].open, 6);
        assert_eq!(end_connections(&database), 6);
        let mut runs = 0;
        let count = |_: &mut dyn auth_core::store::Transaction| {
            runs += 1;
            Ok::<_, StoreError>(())
        };
        store.write(count).unwrap();
        assert_eq!(runs, 1);
        end_connections(&database);
        store.ping(Duration::from_secs(60)).unwrap();
    }
}

/// Once the work has begun it is not repeated: nobody knows how far it came.
#[test]
#[cfg_attr(not(postgres), ignore = "needs PostgreSQL")]
fn a_connection_lost_in_mid_work_is_unavailable_and_the_next_call_succeeds() {
    let database = Database::migrated(Backend::Postgres);
    let store: Arc<dyn Store> = Arc::new(database.open());
    let mut runs = 0;
    let lost = store.write(|tx| {
        runs += 1;
        let _ = tx.users().insert(&user(1, "alice"))?;
        end_connections(&database);
        tx.users().insert(&user(2, "bob"))
    });
    assert!(matches!(lost, Err(StoreError::Unavailable(_))), "{lost:?}");
    assert_eq!(runs, 1);
    let lost = store.write(|tx| {
        let added = tx.users().insert(&user(1, "alice"))?;
        end_connections(&database);
        Ok::<_, StoreError>(added)
    });
    assert!(matches!(lost, Err(StoreError::Unavailable(_))), "lost at the commit: {lost:?}");
    assert_eq!(store.read(|tx| tx.users().by_id(user(1, "x").id)), Ok(None));
    plant(&store, &[user(1, "alice")]);
}

/// PostgreSQL keeps nothing of a transaction in which a statement failed, and says so to nobody at the commit.
fn a_swallowed_failure_is_not_committed(backend: Backend) {
    let database = Database::migrated(backend);
    let store: Arc<dyn Store> = Arc::new(database.open());
    plant(&store, &[user(1, "alice")]);
    store.write(|tx| tx.passwords().insert(user(1, "x").id, &hash("h"), NOW)).unwrap();
    let result = store.write(|tx| {
        let added = tx.users().insert(&user(2, "bob"))?;
        assert!(tx.passwords().insert(user(1, "x").id, &hash("other"), NOW).is_err());
        Ok::<_, StoreError>(added)
    });
    assert_eq!(result, Err(StoreError::Conflict(Unique::Id)));
    assert_eq!(store.read(|tx| tx.users().by_id(user(2, "x").id)), Ok(None));
}

/// Nor does a swallowed failure hurt where there is nothing to keep.
fn reading_goes_on_after_a_refused_write(backend: Backend) {
    let database = Database::migrated(backend);
    let store: Arc<dyn Store> = Arc::new(database.open());
    let refused = store.read(|tx| Ok::<_, StoreError>(tx.users().insert(&user(1, "alice")))).unwrap();
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    let refused = store.read(|tx| tx.users().lock(user(1, "x").id));
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    plant(&store, &[user(1, "alice")]);
}

fn an_event_id_used_twice_is_a_conflict(backend: Backend) {
    let database = Database::migrated(backend);
    let store = database.open();
    let record = AuditRecord {
        id: EventId::from_bytes([1; 16]),
        at: NOW,
        event: AuditEvent::UserRegistered(user(1, "x").id),
        actor: Actor::System,
        ip: None,
        request_id: None,
    };
    store.write(|tx| tx.audit().append(&record)).unwrap();
    assert_eq!(store.write(|tx| tx.audit().append(&record)), Err(StoreError::Conflict(Unique::Id)));
}

/// Both fail the same way, and a sign-in under such a name finds nobody.
fn a_name_with_nul_is_nobodys(backend: Backend) {
    let database = Database::migrated(backend);
    let store = database.open();
    assert_eq!(store.read(|tx| tx.users().by_name(&CanonicalName::of("a\0b"))), Ok(None));
    let name = Username::from_stored("a\0b".to_owned(), "a\0b".to_owned(), None);
    let refused = store.write(|tx| tx.users().insert(&User { name: name.clone(), ..user(1, "x") }));
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
}

/// Where the work asks for it without an error.
fn what_is_rolled_back_is_gone(backend: Backend) {
    let database = Database::migrated(backend);
    let store = database.open();
    store
        .run(Access::Write, &mut |tx| {
            assert_eq!(tx.users().insert(&user(1, "alice")), Ok(Added::Added));
            Outcome::RollBack
        })
        .unwrap();
    assert_eq!(store.read(|tx| tx.users().by_id(user(1, "x").id)), Ok(None));
}

/// A transaction on another store is another transaction.
fn a_transaction_on_another_store_may_be_opened_inside(backend: Backend) {
    let [one, other] = [Database::migrated(backend), Database::migrated(backend)];
    let (from, to): (DieselStore, Arc<dyn Store>) = (one.open(), Arc::new(other.open()));
    from.read(|_| {
        plant(&to, &[user(1, "alice")]);
        Ok::<_, StoreError>(())
    })
    .unwrap();
    assert!(to.read(|tx| tx.users().by_id(user(1, "x").id)).unwrap().is_some());
}

/// It is rolled back and used again, not thrown away.
fn a_panic_costs_no_connection(backend: Backend) {
    let database = Database::migrated(backend);
    let store = database.open();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        store.write(|tx| -> Result<(), StoreError> {
            let _ = tx.users().insert(&user(1, "alice"))?;
            panic!("on purpose");
        })
    }));
    assert!(panicked.is_err());
    let writer = *store.pool_state().last().unwrap();
    assert_eq!((writer.open, writer.idle), (1, 1));
    assert_eq!(store.read(|tx| tx.users().by_id(user(1, "x").id)), Ok(None));
}

fn the_pools_tell_how_full_they_are(backend: Backend) {
    let database = Database::migrated(backend);
    let mut settings = database.settings();
    settings.pool_size = Some(3);
    let store = auth_storage::open(settings).unwrap();
    assert_eq!(store.backend(), backend);
    let limits: Vec<_> = store.pool_state().iter().map(|state| (state.pool, state.limit)).collect();
    match backend {
        Backend::Sqlite => assert_eq!(limits, [("readers", 3), ("writer", 1)]),
        Backend::Postgres => assert_eq!(limits, [("main", 3)]),
    }
    assert_eq!(store.connections(), if backend == Backend::Sqlite { 4 } else { 3 });
    store.ping(Duration::from_secs(60)).unwrap();
    assert_eq!(store.pool_state()[0].idle, 1);
}

on_both!(
    a_swallowed_failure_is_not_committed,
    reading_goes_on_after_a_refused_write,
    an_event_id_used_twice_is_a_conflict,
    a_name_with_nul_is_nobodys,
    what_is_rolled_back_is_gone,
    a_transaction_on_another_store_may_be_opened_inside,
    a_panic_costs_no_connection,
    the_pools_tell_how_full_they_are,
);
