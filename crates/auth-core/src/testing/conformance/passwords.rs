//! Password hashes.
#![expect(clippy::indexing_slicing, clippy::missing_panics_doc, clippy::unwrap_used, reason = "test cases")]

use std::sync::Arc;

use super::samples::{NOW, hash, later, parallel, plant, user};
use crate::id::UserId;
use crate::password::{HashClass, PasswordHash, StoredPassword};
use crate::store::{Store, StoreError, StoreExt, Unique};

const ALICE: UserId = UserId::from_bytes([1; 16]);

fn planted(store: &Arc<dyn Store>, text: &str) {
    plant(store, &[user(1, "alice"), user(2, "bob")]);
    store.write(|tx| tx.passwords().insert(ALICE, &hash(text), NOW)).unwrap();
}

fn stored(store: &Arc<dyn Store>) -> Option<StoredPassword> {
    store.read(|tx| tx.passwords().get(ALICE)).unwrap()
}

/// Byte for byte.
pub fn a_hash_is_kept_as_it_is(store: &Arc<dyn Store>) {
    let text = format!("$argon2id$v=19$m=19456,t=2,p=1${}", "aZ0+/".repeat(40));
    planted(store, &text);
    assert_eq!(stored(store), Some(StoredPassword { hash: hash(&text), changed_at: NOW }));
    assert_eq!(store.read(|tx| tx.passwords().get(UserId::from_bytes([2; 16]))).unwrap(), None);
}

/// A second one is trouble.
pub fn an_account_has_one_password(store: &Arc<dyn Store>) {
    planted(store, "one");
    let result = store.write(|tx| tx.passwords().insert(ALICE, &hash("two"), later(1)));
    assert_eq!(result, Err(StoreError::Conflict(Unique::Id)));
    assert_eq!(stored(store).unwrap().hash, hash("one"));
}

/// Nothing is kept for nobody.
pub fn a_password_needs_an_account(store: &Arc<dyn Store>) {
    assert!(store.write(|tx| tx.passwords().insert(ALICE, &hash("one"), NOW)).is_err());
    assert_eq!(stored(store), None);
}

/// Compare-and-set: an old password is never restored over a change.
pub fn a_rehash_replaces_the_hash_that_it_saw_and_no_other(store: &Arc<dyn Store>) {
    planted(store, "old");
    let rehash = |old: &str, new: &str| {
        store.write(|tx| tx.passwords().rehash(ALICE, &hash(old), &hash(new), later(9))).unwrap()
    };
    assert!(!rehash("other", "new"));
    assert!(!rehash("OLD", "new"), "compared byte for byte");
    assert!(rehash("old", "new"));
    assert!(!rehash("old", "newer"));
    assert_eq!(stored(store), Some(StoredPassword { hash: hash("new"), changed_at: NOW }), "a rehash is no change");
    let bob = UserId::from_bytes([2; 16]);
    assert!(!store.write(|tx| tx.passwords().rehash(bob, &hash("new"), &hash("x"), NOW)).unwrap());
}

/// Sixteen sign-ins at once with an old hash.
pub fn of_parallel_rehashes_one_wins(store: &Arc<dyn Store>) {
    planted(store, "old");
    let answers = parallel(16, |number| {
        let new = hash(&format!("new {number}"));
        store.write(|tx| tx.passwords().rehash(ALICE, &hash("old"), &new, NOW)).unwrap()
    });
    assert_eq!(answers.iter().filter(|won| **won).count(), 1, "{answers:?}");
    let winner = answers.iter().position(|won| *won).unwrap() + 1;
    assert_eq!(stored(store).unwrap().hash, hash(&format!("new {winner}")));
}

/// And a rehash of the old one then finds another hash.
pub fn a_change_sets_the_hash_and_its_instant(store: &Arc<dyn Store>) {
    planted(store, "old");
    let change = |user| store.write(|tx| tx.passwords().change(user, &hash("new"), later(9))).unwrap();
    assert!(change(ALICE));
    assert!(!change(UserId::from_bytes([2; 16])), "an account without a password stays without");
    assert_eq!(stored(store), Some(StoredPassword { hash: hash("new"), changed_at: later(9) }));
    assert!(!store.write(|tx| tx.passwords().rehash(ALICE, &hash("old"), &hash("x"), later(10))).unwrap());
}

/// By scheme and cost, through every way that a hash takes; what cannot be read is not counted.
pub fn hashes_are_counted_by_class(store: &Arc<dyn Store>) {
    let accounts: Vec<_> = (1..=6).map(|number| user(number, &format!("name{number}"))).collect();
    plant(store, &accounts);
    let bcrypt = |cost: &str| hash(&format!("$2b${cost}$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"));
    let argon2 =
        hash("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4");
    let hashes = [bcrypt("10"), bcrypt("10"), bcrypt("12"), argon2.clone(), bcrypt("10"), hash("junk")];
    store
        .write(|tx| {
            for (account, hash) in accounts.iter().zip(&hashes) {
                tx.passwords().insert(account.id, hash, NOW)?;
            }
            Ok::<_, StoreError>(())
        })
        .unwrap();
    let counted = |limit| store.read(|tx| tx.passwords().classes(limit)).unwrap();
    let of = |hash: &PasswordHash| hash.class().unwrap();
    let one = (of(&argon2), 1);
    assert_eq!(counted(9), [(of(&bcrypt("10")), 3), one, (of(&bcrypt("12")), 1)]);
    assert_eq!(counted(1), [(of(&bcrypt("10")), 3)], "the commonest");
    let changed = store.write(|tx| tx.passwords().change(accounts[0].id, &argon2, NOW)).unwrap();
    let rehashed = store.write(|tx| tx.passwords().rehash(accounts[1].id, &bcrypt("10"), &argon2, NOW)).unwrap();
    assert!(changed && rehashed);
    let expected: [(HashClass, u64); 3] = [(of(&argon2), 3), (of(&bcrypt("10")), 1), (of(&bcrypt("12")), 1)];
    assert_eq!(counted(9), expected);
}

/// Compare-and-set, as for a hash.
pub fn the_plan_for_decoys_is_replaced_by_who_saw_it(store: &Arc<dyn Store>) {
    let plan = || store.read(|tx| tx.passwords().decoy_plan()).unwrap();
    let replace = |old: &str, new: &str| store.write(|tx| tx.passwords().replace_decoy_plan(old, new)).unwrap();
    assert_eq!(plan(), "");
    assert!(!replace("other", "one"));
    assert!(replace("", "one"));
    assert!(!replace("", "two"));
    assert_eq!(plan(), "one");
    let answers = parallel(16, |number| replace("one", &format!("new {number}")));
    assert_eq!(answers.iter().filter(|won| **won).count(), 1, "{answers:?}");
    let winner = answers.iter().position(|won| *won).unwrap() + 1;
    assert_eq!(plan(), format!("new {winner}"));
}
