//! What is forgotten of attempts is found by an index, and a place is taken in one statement that is kept.

use auth_core::attempts::{ForgetAttempts, Tally, TallyKey, TallyKind, Window, WindowKey};
use auth_core::testing::conformance::samples::{NOW, later};
use auth_core::{StoreError, StoreExt};
use auth_storage::Backend;

use crate::common::on_both;
use crate::{KEPT, assert_indexed, explain, listened_to, overheard};

fn what_may_be_forgotten_is_found_by_index(backend: Backend) {
    let (_listening, database, store) = listened_to(backend);
    let tally = Tally { failures: 1, ..Tally::blank(NOW) };
    store
        .write(|tx| {
            for number in 1..=2 {
                let key = TallyKey { kind: TallyKind::Name, id: [number; 16] };
                tx.attempts().open(&key, &tally)?;
                tx.attempts().open_window(&WindowKey([number; 16]), &Window::blank(NOW))?;
            }
            for (number, kind) in (3..).zip([TallyKind::Account, TallyKind::Device, TallyKind::Session]) {
                tx.attempts().open(&TallyKey { kind, id: [number; 16] }, &tally)?;
            }
            Ok::<_, StoreError>(())
        })
        .unwrap();
    let all = ForgetAttempts {
        now: later(1),
        devices_before: later(1),
        sessions_before: later(1),
        accounts_before: later(1),
        names_before: NOW,
        names: 1,
        blocked_at: 100,
        per_day: 50,
        rested_before: later(1),
    };
    let forgotten = store.write(|tx| Ok::<_, StoreError>(overheard()).and(tx.attempts().forget(&all, 10)));
    // One name stays, save that both are as old as the oldest that is too many.
    assert_eq!(forgotten, Ok(2 + 3 + 2));
    let by_age = ("attempt_tallies_kind_last_at_idx", "attempt_tallies_kind_last_at_idx");
    for statement in overheard() {
        let (postgres, sqlite) = match (statement.starts_with("DELETE"), statement.contains("attempt_windows")) {
            (true, true) => ("attempt_windows_pkey", "PRIMARY KEY"),
            (true, false) => ("attempt_tallies_", "PRIMARY KEY"),
            (false, true) => ("attempt_windows_until_idx", "attempt_windows_until_idx"),
            (false, false) => by_age,
        };
        assert_indexed(&statement, &explain(&database, &statement), backend, postgres, sqlite);
    }
}

/// Every sign-in takes such a place.
fn a_place_is_taken_by_one_statement_that_is_kept(backend: Backend) {
    let (_listening, _database, store) = listened_to(backend);
    for _ in 0..3 {
        store
            .write(|tx| {
                tx.attempts().open_window(&WindowKey([1; 16]), &Window::blank(NOW))?;
                tx.attempts().open(&TallyKey { kind: TallyKind::Account, id: [1; 16] }, &Tally::blank(NOW))
            })
            .unwrap();
    }
    let kept = KEPT.lock().unwrap();
    for table in ["attempt_windows", "attempt_tallies"] {
        let begins = format!("INSERT INTO {table}");
        assert_eq!(kept.iter().filter(|sql| sql.starts_with(&begins)).count(), 1, "{table}");
    }
}

on_both!(what_may_be_forgotten_is_found_by_index, a_place_is_taken_by_one_statement_that_is_kept);
