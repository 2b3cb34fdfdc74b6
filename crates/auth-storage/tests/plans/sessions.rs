//! What of sessions takes more than one statement, or is so frequent that it must cost nothing more.

use auth_core::session::{EndReason, Forget, Session};
use auth_core::testing::conformance::samples::{NOW, later, plant, session, user};
use auth_core::{StoreError, StoreExt};
use auth_storage::Backend;
use diesel::connection::SimpleConnection;
use diesel::{RunQueryDsl, sql_query};

use crate::common::{Database, on_both, raw_postgres};
use crate::{KEPT, PostgresStep, assert_indexed, explain, listened_to, overheard};

/// A poll is two statements, and so is what is written of endings before a commit.
fn endings_are_told_and_heard_by_index(backend: Backend) {
    let (_listening, database, store) = listened_to(backend);
    plant(&store, &[user(1, "a")]);
    store.write(|tx| tx.sessions().insert(&session(1, 1))).unwrap();
    store
        .write(|tx| {
            assert!(tx.sessions().end(session(1, 1).id, EndReason::SignedOut, NOW)?);
            overheard();
            Ok::<_, StoreError>(())
        })
        .unwrap();
    let told = overheard();
    assert!(told[0].starts_with("UPDATE") && told.len() == 1, "{told:?}");
    store.read(|tx| Ok::<_, StoreError>(overheard()).and(tx.sessions().endings(0, 10))).unwrap();
    let heard = overheard();
    assert_eq!(heard.len(), 2, "{heard:?}");
    for statement in [&told[0], &heard[0]] {
        let plan = explain(&database, statement);
        assert_indexed("the counter", &plan, backend, "session_endings_counter_pkey", "PRIMARY KEY");
    }
    let plan = explain(&database, &heard[1]);
    assert_indexed("a page of endings", &plan, backend, "session_endings_pkey", "PRIMARY KEY (seq>?)");
    assert!(!plan.contains("Sort") && !plan.contains("TEMP B-TREE"), "{plan}");
}

/// All but the one that looks for sessions that idled, which is the last that is tried.
fn the_dead_are_found_by_index(backend: Backend) {
    let (_listening, database, store) = listened_to(backend);
    plant(&store, &[user(1, "a")]);
    let expired = Session { expires_at: NOW, ..session(2, 1) };
    store.write(|tx| tx.sessions().insert(&session(1, 1)).and(tx.sessions().insert(&expired))).unwrap();
    store.write(|tx| tx.sessions().end(session(1, 1).id, EndReason::SignedOut, NOW)).unwrap();
    let before = Forget { dead_before: later(1), idle_before: NOW, endings_before: later(1) };
    let forget = |limit| {
        store.write(|tx| Ok::<_, StoreError>(overheard()).and(tx.sessions().forget(&before, limit))).unwrap();
        overheard()
    };
    let heard = forget(1);
    assert_eq!(heard.len(), 4, "a full batch does not look through the table: {heard:?}");
    let indexes = [
        ("sessions_ended_at_idx", "sessions_ended_at_idx"),
        ("sessions_pkey", "sessions_1"),
        ("session_endings_ended_at_idx", "session_endings_ended_at_idx"),
        ("session_endings_pkey", "PRIMARY KEY"),
    ];
    for (statement, (postgres, sqlite)) in heard.iter().zip(indexes) {
        assert_indexed(statement, &explain(&database, statement), backend, postgres, sqlite);
    }
    let rest = forget(1);
    assert_eq!(rest.len(), 4, "{rest:?}");
    assert_eq!(store.read(|tx| tx.sessions().by_id(expired.id)), Ok(None));
}

/// Diesel keeps no `UPDATE` of its own; this one is the most frequent by far.
fn a_rotation_is_kept_as_a_prepared_statement(backend: Backend) {
    let (_listening, _database, store) = listened_to(backend);
    for _ in 0..3 {
        assert!(!store.write(|tx| tx.sessions().rotate(session(1, 1).id, 1, NOW)).unwrap());
    }
    let kept = KEPT.lock().unwrap().iter().filter(|sql| sql.starts_with("UPDATE sessions")).count();
    assert_eq!(kept, 1);
}

/// None of what a refresh writes is in an index, so it makes no entry in any (HOT).
#[test]
#[cfg_attr(not(postgres), ignore = "needs PostgreSQL")]
fn a_rotation_touches_no_index() {
    let (_listening, database, store) = listened_to(Backend::Postgres);
    plant(&store, &[user(1, "a")]);
    store.write(|tx| tx.sessions().insert(&session(1, 1))).unwrap();
    overheard();
    assert!(store.write(|tx| tx.sessions().rotate(session(1, 1).id, 1, NOW)).unwrap());
    let rotate = overheard().remove(0);
    let Database::Postgres(server) = &database else { panic!("PostgreSQL") };
    let mut raw = raw_postgres(server);
    raw.batch_execute(&format!("PREPARE overheard AS {rotate}")).unwrap();
    let id = "01".repeat(16);
    raw.batch_execute(&format!("BEGIN; EXECUTE overheard('{}', '{id}', 2)", later(1))).unwrap();
    let hot: PostgresStep =
        sql_query("SELECT pg_stat_get_xact_tuples_hot_updated('sessions'::regclass)::text AS \"QUERY PLAN\"")
            .get_result(&mut raw)
            .unwrap();
    assert_eq!(hot.line, "1");
}

on_both!(endings_are_told_and_heard_by_index, the_dead_are_found_by_index, a_rotation_is_kept_as_a_prepared_statement,);
