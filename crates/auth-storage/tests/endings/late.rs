//! Transactions that are held open while others commit.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;

use auth_core::session::EndReason;
use auth_core::testing::conformance::samples::{NOW, parallel, session};
use auth_core::{StoreError, StoreExt};
use auth_storage::{Backend, DieselStore};
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::sql_types::BigInt;
use diesel::{PgConnection, RunQueryDsl};

use crate::common::{Database, on_both, raw_postgres, waiting};
use crate::{Listener, end, with_sessions};

/// One ends a session and is held before its commit; the other ends another and commits. Whoever polls in between hears
/// of the second, and of the first as soon as it has happened.
fn held_open(database: &Database, late: &DieselStore, early: &DieselStore) {
    let mut listener = Listener::on(database);
    let (holding, held) = channel();
    let (release, released) = channel::<()>();
    // The closure owns the sender: where the test fails, the other thread hears of it and ends.
    std::thread::scope(|scope| {
        let release = release;
        let first = scope.spawn(move || {
            late.write(|tx| {
                assert!(tx.sessions().end(session(1, 1).id, EndReason::SignedOut, NOW)?);
                holding.send(()).unwrap();
                released.recv().unwrap();
                Ok::<_, StoreError>(())
            })
        });
        held.recv().unwrap();
        assert_eq!(end(early, 2), Ok(true), "nobody waits for a transaction that is still at work");
        listener.poll();
        assert!(listener.has_heard_of(2) && !listener.has_heard_of(1));
        release.send(()).unwrap();
        first.join().unwrap().unwrap();
    });
    listener.poll();
    assert!(listener.has_heard_of(1), "it committed late");
    assert_eq!(listener.numbers, [1, 2]);
}

#[test]
#[cfg_attr(not(postgres), ignore = "needs PostgreSQL")]
fn an_ending_that_commits_late_is_heard() {
    let database = with_sessions(Backend::Postgres, 2);
    let store = database.open();
    held_open(&database, &store, &store);
}

#[test]
#[cfg_attr(not(postgres), ignore = "needs PostgreSQL")]
fn an_ending_of_another_instance_that_commits_late_is_heard() {
    let database = with_sessions(Backend::Postgres, 2);
    held_open(&database, &database.open(), &database.open());
}

/// Holds a transaction that has told of session 1 in the midst of its `COMMIT`, until nobody holds the lock 7.
const HOLD: &str = "
    CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.session_id = '01010101-0101-0101-0101-010101010101' THEN PERFORM pg_advisory_xact_lock(7); END IF;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER hold AFTER INSERT ON session_endings DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION hold()";

/// The narrow window: the number was given out, and its row is not committed. The next one must wait.
#[test]
#[cfg_attr(not(postgres), ignore = "needs PostgreSQL")]
fn an_ending_held_in_the_midst_of_its_commit_is_heard() {
    let database = with_sessions(Backend::Postgres, 2);
    let Database::Postgres(server) = &database else { panic!("PostgreSQL") };
    let mut listener = Listener::on(&database);
    let mut holder = raw_postgres(server);
    holder.batch_execute(HOLD).unwrap();
    holder.batch_execute("SELECT pg_advisory_lock(7)").unwrap();
    let (first, second) = (database.open_patient(), database.open_patient());
    std::thread::scope(|scope| {
        let first = scope.spawn(move || end(&first, 1));
        while waiting(server) < 1 {
            assert!(!first.is_finished());
        }
        let second = scope.spawn(move || end(&second, 2));
        while waiting(server) < 2 && !second.is_finished() {}
        listener.poll();
        holder.batch_execute("SELECT pg_advisory_unlock(7)").unwrap();
        assert_eq!((first.join().unwrap(), second.join().unwrap()), (Ok(true), Ok(true)));
    });
    listener.poll();
    assert!(listener.has_heard_of(1) && listener.has_heard_of(2));
    assert_eq!(listener.numbers, [1, 2]);
}

/// Why there is a counter: numbers from a sequence are in the order of the asking, and the same listener misses one.
#[test]
#[cfg_attr(not(postgres), ignore = "needs PostgreSQL")]
fn with_a_plain_sequence_one_would_be_missed() {
    let database = Database::empty(Backend::Postgres);
    let Database::Postgres(server) = &database else { panic!("PostgreSQL") };
    let [mut first, mut second, mut listener] = [(); 3].map(|()| raw_postgres(server));
    second.batch_execute("CREATE TABLE told (seq bigserial, session bigint)").unwrap();
    first.batch_execute("BEGIN; INSERT INTO told (session) VALUES (1)").unwrap();
    second.batch_execute("INSERT INTO told (session) VALUES (2)").unwrap();
    let after = |connection: &mut PgConnection, last: i64| -> Vec<i64> {
        sql::<BigInt>(&format!("SELECT seq FROM told WHERE seq > {last} ORDER BY seq")).load(connection).unwrap()
    };
    assert_eq!(after(&mut listener, 0), [2]);
    first.batch_execute("COMMIT").unwrap();
    assert_eq!(after(&mut listener, 2), [0; 0], "and never again");
    assert_eq!(after(&mut listener, 0), [1, 2]);
}

/// Eight threads on two instances, one or two sessions at a time, every third transaction undone at first; a third
/// instance listens meanwhile.
fn a_listener_misses_none_of_many(backend: Backend) {
    let database = with_sessions(backend, 96);
    let stores = [database.open_patient(), database.open_patient()];
    let mut listener = Listener::on(&database);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                listener.poll();
            }
        });
        parallel(8, |thread| {
            let store = &stores[usize::from(thread % 2)];
            for number in (thread * 12 - 11..=thread * 12).step_by(3) {
                let undone = store.write(|tx| {
                    tx.sessions().end(session(number, 1).id, EndReason::SignedOut, NOW)?;
                    Err::<(), _>(StoreError::unavailable("undone"))
                });
                assert!(undone.is_err());
                assert_eq!(end(store, number), Ok(true));
                store
                    .write(|tx| {
                        tx.sessions().end(session(number + 2, 1).id, EndReason::SignedOut, NOW)?;
                        tx.sessions().end(session(number + 1, 1).id, EndReason::SignedOut, NOW)
                    })
                    .unwrap();
            }
        });
        done.store(true, Ordering::SeqCst);
    });
    listener.poll();
    assert!((1..=96).all(|number| listener.has_heard_of(number)));
    assert_eq!(listener.numbers, (1..=96).collect::<Vec<_>>());
}

on_both!(a_listener_misses_none_of_many);
