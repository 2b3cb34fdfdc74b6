//! What holds of every transaction.
#![expect(clippy::missing_panics_doc, clippy::unwrap_used, clippy::panic, reason = "test cases")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::samples::{NOW, hash, key, parallel, plant, session, user};
use crate::attempts::{Tally, TallyKey, Window, WindowKey};
use crate::session::EndReason;
use crate::store::{Store, StoreError, StoreExt, Transaction};
use crate::token::Algorithm;
use crate::user::AccountState;

type Write<'w> = &'w dyn Fn(&mut dyn Transaction) -> Result<(), StoreError>;

fn count(store: &Arc<dyn Store>) -> usize {
    let there = |tx: &mut dyn Transaction, number| tx.users().by_id(user(number, "x").id).map(|user| user.is_some());
    let found = store.read(|tx| (1..=200).map(|number| there(tx, number)).collect::<Result<Vec<_>, StoreError>>());
    found.unwrap().into_iter().filter(|found| *found).count()
}

/// Also when the answer is a refusal: a refusal with a trace is an `Ok`.
pub fn what_is_answered_ok_is_kept(store: &Arc<dyn Store>) {
    let answer = store.write(|tx| tx.users().insert(&user(1, "alice")).map(|_| Err::<(), _>("refused")));
    assert_eq!(answer, Ok(Err("refused")));
    assert_eq!(count(store), 1);
}

/// All of it.
pub fn what_is_answered_err_is_undone(store: &Arc<dyn Store>) {
    plant(store, &[user(1, "alice")]);
    let refused = StoreError::unavailable("refused by the test");
    let answer: Result<(), _> = store.write(|tx| {
        let _ = tx.users().insert(&user(2, "bob"))?;
        tx.passwords().insert(user(2, "bob").id, &hash("h"), NOW)?;
        tx.sessions().insert(&session(2, 2))?;
        tx.users().set_state(user(1, "alice").id, AccountState::Disabled, NOW)?;
        Err(refused.clone())
    });
    assert_eq!(answer, Err(refused));
    assert_eq!(count(store), 1);
    let state = store.read(|tx| tx.users().by_id(user(1, "alice").id)).unwrap().unwrap().state;
    assert_eq!(state, AccountState::Active);
}

/// And again, and again: no connection, lock or slot is lost on the way.
pub fn a_panic_undoes_and_the_store_goes_on(store: &Arc<dyn Store>) {
    for _ in 0..20 {
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            store.write(|tx| -> Result<(), StoreError> {
                let _ = tx.users().insert(&user(1, "alice"))?;
                panic!("on purpose");
            })
        }));
        assert!(panicked.is_err(), "the panic goes on");
    }
    assert_eq!(count(store), 0);
    plant(store, &[user(1, "alice")]);
    assert_eq!(count(store), 1);
}

/// Enforced by the store; and the next transaction may write again.
pub fn a_reading_transaction_cannot_write(store: &Arc<dyn Store>) {
    plant(store, &[user(1, "alice")]);
    let alice = user(1, "alice").id;
    store.write(|tx| tx.sessions().insert(&session(1, 1))).unwrap();
    let writes: [Write<'_>; 10] = [
        &|tx| tx.users().insert(&user(2, "bob")).map(|_| ()),
        &|tx| tx.users().set_state(alice, AccountState::Disabled, NOW).map(|_| ()),
        &|tx| tx.passwords().insert(alice, &hash("h"), NOW),
        &|tx| tx.sessions().end(session(1, 1).id, EndReason::Revoked, NOW).map(|_| ()),
        &|tx| tx.attempts().open(&TallyKey::account(alice), &Tally::blank(NOW)).map(|_| ()),
        &|tx| tx.attempts().lock(&TallyKey::account(alice)).map(|_| ()),
        &|tx| tx.attempts().clear(&TallyKey::account(alice)).map(|_| ()),
        &|tx| tx.attempts().open_window(&WindowKey([1; 16]), &Window::blank(NOW)).map(|_| ()),
        &|tx| tx.keys().insert(&key("k", Algorithm::Es256, 1)).map(|_| ()),
        &|tx| tx.keys().revoke(&key("k", Algorithm::Es256, 1).id, NOW).map(|_| ()),
    ];
    for write in writes {
        assert!(matches!(store.read(|tx| write(tx)), Err(StoreError::Unavailable(_))));
        store.write(|_| Ok::<_, StoreError>(())).unwrap();
    }
    assert_eq!(count(store), 1);
    assert_eq!(store.read(|tx| tx.users().by_id(alice)).unwrap().unwrap().state, AccountState::Active);
    plant(store, &[user(2, "bob")]);
}

/// Work that goes on after a failed write, and says `Ok`, commits nothing: a database may have undone it already.
pub fn a_swallowed_failure_is_not_kept(store: &Arc<dyn Store>) {
    let answer = store.write(|tx| {
        assert!(tx.passwords().insert(user(9, "nobody").id, &hash("h"), NOW).is_err());
        let _ = tx.users().insert(&user(1, "alice"));
        Ok::<_, StoreError>(())
    });
    assert!(answer.is_err());
    assert_eq!(count(store), 0);
    plant(store, &[user(1, "alice")]);
}

/// On one connection it would wait for itself.
pub fn a_transaction_inside_a_transaction_is_refused(store: &Arc<dyn Store>) {
    let inner = store.write(|_| Ok::<_, StoreError>(store.write(|tx| tx.users().insert(&user(1, "alice"))))).unwrap();
    assert!(matches!(inner, Err(StoreError::Unavailable(_))));
    assert_eq!(count(store), 0);
}

/// Sixteen threads, eight accounts each.
pub fn parallel_transactions_lose_no_write(store: &Arc<dyn Store>) {
    parallel(16, |thread| {
        for index in 0..8 {
            let number = (thread - 1) * 8 + index + 1;
            plant(store, &[user(number, &format!("user-{number}"))]);
        }
    });
    assert_eq!(count(store), 128);
}
