//! Signing keys.
#![expect(clippy::missing_panics_doc, clippy::unwrap_used, reason = "test cases")]

use std::sync::Arc;

use super::samples::{NOW, key, later, parallel, sealed};
use crate::root_keys::Sealed;
use crate::store::{Store, StoreError, StoreExt, Unique};
use crate::time::Timestamp;
use crate::token::{Algorithm, KeyId, StoredKey};
use crate::user::Added;

fn insert(store: &Arc<dyn Store>, key: &StoredKey) -> Result<Added, StoreError> {
    store.write(|tx| tx.keys().insert(key))
}

fn all(store: &Arc<dyn Store>) -> Vec<StoredKey> {
    store.read(|tx| tx.keys().all()).unwrap()
}

fn reseal(store: &Arc<dyn Store>, id: &str, from: &Sealed, to: &Sealed) -> bool {
    store.write(|tx| tx.keys().reseal(&KeyId::new(id), from, to)).unwrap()
}

fn bring_forward(store: &Arc<dyn Store>, id: &str, at: Timestamp) -> bool {
    store.write(|tx| tx.keys().bring_forward(&KeyId::new(id), at)).unwrap()
}

fn revoke(store: &Arc<dyn Store>, id: &str, now: Timestamp) -> bool {
    store.write(|tx| tx.keys().revoke(&KeyId::new(id), now)).unwrap()
}

fn erase(store: &Arc<dyn Store>, id: &str) -> bool {
    store.write(|tx| tx.keys().erase(&KeyId::new(id))).unwrap()
}

fn remove(store: &Arc<dyn Store>, id: &str) -> bool {
    store.write(|tx| tx.keys().remove(&KeyId::new(id))).unwrap()
}

/// Two keys, `a` and `b`, of which `b` waits.
fn two(store: &Arc<dyn Store>) -> [StoredKey; 2] {
    let [first, second] = [key("a", Algorithm::Es256, 1), key("b", Algorithm::Es256, 2)];
    let keys = [first, StoredKey { signs_from: later(100), ..second }];
    for key in &keys {
        assert_eq!(insert(store, key), Ok(Added::Added));
    }
    keys
}

/// Of each algorithm; every field, set and unset.
pub fn a_key_comes_back_as_it_was(store: &Arc<dyn Store>) {
    assert_eq!(all(store), []);
    let mut keys = Vec::new();
    for (ordinal, algorithm) in (1..).zip(Algorithm::ALL) {
        let id = format!("k-_{ordinal}");
        keys.push(StoredKey { created_at: later(1), signs_from: later(2), ..key(&id, algorithm, ordinal) });
    }
    let revoked_at = Some(later(3));
    keys.push(StoredKey { private: None, revoked_at, ..key("revoked", Algorithm::Es256, i64::MAX) });
    for key in &keys {
        assert_eq!(insert(store, key), Ok(Added::Added));
    }
    assert_eq!(all(store), keys);
}

/// Whatever their times and ids.
pub fn keys_are_listed_by_ordinal(store: &Arc<dyn Store>) {
    let at = |id, seconds, ordinal| StoredKey {
        created_at: later(seconds),
        signs_from: later(seconds),
        ..key(id, Algorithm::Es256, ordinal)
    };
    for key in [at("b", 1, 10), at("c", 3, 2), at("a", 2, 9)] {
        assert_eq!(insert(store, &key), Ok(Added::Added));
    }
    let ids: Vec<_> = all(store).iter().map(|key| key.id.as_str().to_owned()).collect();
    assert_eq!(ids, ["c", "a", "b"]);
}

/// To whatever algorithm, and not to a second key after the first was revoked.
pub fn an_ordinal_is_given_once(store: &Arc<dyn Store>) {
    let taken = Ok(Added::Taken(Unique::KeyOrdinal));
    assert_eq!(insert(store, &key("a", Algorithm::Es256, 1)), Ok(Added::Added));
    assert_eq!(insert(store, &key("b", Algorithm::Es256, 1)), taken);
    assert_eq!(insert(store, &key("b", Algorithm::EdDsa, 1)), taken);
    assert!(revoke(store, "a", NOW));
    assert_eq!(insert(store, &key("b", Algorithm::EdDsa, 1)), taken);
    let both = store.write(|tx| {
        let refused = tx.keys().insert(&key("b", Algorithm::EdDsa, 1))?;
        Ok::<_, StoreError>((refused, tx.keys().insert(&key("b", Algorithm::EdDsa, 2))?))
    });
    assert_eq!(both, Ok((Added::Taken(Unique::KeyOrdinal), Added::Added)), "the transaction goes on");
    assert_eq!(all(store).len(), 2);
}

/// Nothing comes before the first key.
pub fn an_ordinal_counts_from_one(store: &Arc<dyn Store>) {
    for ordinal in [0, -1, i64::MIN] {
        let refused = insert(store, &key("a", Algorithm::Es256, ordinal));
        assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{ordinal}: {refused:?}");
    }
    assert_eq!(all(store), []);
}

/// Instances that make the next key at once make one.
pub fn of_parallel_keys_of_one_ordinal_one_wins(store: &Arc<dyn Store>) {
    let answers = parallel(16, |number| insert(store, &key(&format!("k{number}"), Algorithm::Es256, 7)));
    assert_eq!(answers.iter().filter(|answer| **answer == Ok(Added::Added)).count(), 1, "{answers:?}");
    let lost = answers.iter().filter(|answer| **answer == Ok(Added::Taken(Unique::KeyOrdinal))).count();
    assert_eq!(lost, 15, "{answers:?}");
    assert_eq!(all(store).len(), 1);
}

/// An id is a thumbprint: two of the same are one key, with whatever ordinal it comes.
pub fn a_key_id_used_twice_is_a_conflict(store: &Arc<dyn Store>) {
    assert_eq!(insert(store, &key("a", Algorithm::Es256, 1)), Ok(Added::Added));
    for ordinal in [2, 1] {
        let again = insert(store, &key("a", Algorithm::EdDsa, ordinal));
        assert_eq!(again, Err(StoreError::Conflict(Unique::Id)), "{ordinal}");
    }
    assert_eq!(all(store), [key("a", Algorithm::Es256, 1)]);
}

/// Both halves of it are compared: the root key's name and the bytes.
pub fn a_reseal_replaces_the_sealed_part_that_it_saw_and_no_other(store: &Arc<dyn Store>) {
    let [first, second] = two(store);
    let (old, new) = (sealed("root-1"), Sealed { bytes: vec![7, 0, 7], ..sealed("root-2") });
    assert!(!reseal(store, "a", &sealed("root-2"), &new), "another root key");
    assert!(!reseal(store, "a", &Sealed { bytes: vec![0], ..old.clone() }, &new), "other bytes");
    assert!(!reseal(store, "nobody", &old, &new));
    assert_eq!(all(store), [first.clone(), second.clone()]);
    assert!(reseal(store, "a", &old, &new));
    assert!(!reseal(store, "a", &old, &sealed("root-3")), "it was replaced");
    assert_eq!(all(store), [StoredKey { private: Some(new), ..first }, second]);
}

/// Sixteen at once.
pub fn of_parallel_reseals_one_wins(store: &Arc<dyn Store>) {
    let [first, second] = two(store);
    let made = |number: u8| Sealed { bytes: vec![number], ..sealed("root-2") };
    let answers = parallel(16, |number| reseal(store, "a", &sealed("root-1"), &made(number)));
    assert_eq!(answers.iter().filter(|won| **won).count(), 1, "{answers:?}");
    let winner = u8::try_from(answers.iter().position(|won| *won).unwrap() + 1).unwrap();
    assert_eq!(all(store), [StoredKey { private: Some(made(winner)), ..first }, second]);
}

/// To the same instant it is not brought either.
pub fn a_waiting_key_is_brought_forward_and_never_put_off(store: &Arc<dyn Store>) {
    let [first, second] = two(store);
    assert!(!bring_forward(store, "b", later(101)));
    assert!(!bring_forward(store, "b", later(100)));
    assert_eq!(all(store), [first.clone(), second.clone()]);
    assert!(bring_forward(store, "b", later(40)));
    assert!(!bring_forward(store, "b", later(41)));
    assert!(bring_forward(store, "b", Timestamp::from_micros(later(40).as_micros() - 1)));
    assert!(bring_forward(store, "b", later(5)));
    assert!(!bring_forward(store, "nobody", NOW));
    assert_eq!(all(store), [first, StoredKey { signs_from: later(5), ..second }]);
}

/// Revoked, or without its private part.
pub fn a_key_that_cannot_sign_is_not_brought_forward(store: &Arc<dyn Store>) {
    let waiting = |id, ordinal| StoredKey { signs_from: later(100), ..key(id, Algorithm::Es256, ordinal) };
    let lost = StoredKey { private: None, ..waiting("lost", 1) };
    let revoked = StoredKey { revoked_at: Some(NOW), ..waiting("revoked", 2) };
    for key in [&lost, &revoked] {
        assert_eq!(insert(store, key), Ok(Added::Added));
        assert!(!bring_forward(store, key.id.as_str(), later(1)), "{}", key.id);
    }
    assert_eq!(all(store), [lost, revoked]);
}

/// The others keep theirs.
pub fn a_revoked_key_loses_its_private_part_and_the_first_revocation_stands(store: &Arc<dyn Store>) {
    let [first, second] = two(store);
    assert!(!revoke(store, "nobody", later(1)));
    assert!(revoke(store, "a", later(1)));
    let revoked = StoredKey { private: None, revoked_at: Some(later(1)), ..first };
    assert_eq!(all(store), [revoked.clone(), second.clone()]);
    assert!(!revoke(store, "a", later(2)) && !revoke(store, "a", NOW));
    assert_eq!(all(store), [revoked.clone(), second.clone()]);
    assert!(erase(store, "b"));
    assert!(revoke(store, "b", later(3)), "also one that was erased");
    assert_eq!(all(store), [revoked, StoredKey { private: None, revoked_at: Some(later(3)), ..second }]);
}

/// Sixteen at once.
pub fn of_parallel_revocations_one_wins(store: &Arc<dyn Store>) {
    let [first, second] = two(store);
    let answers = parallel(16, |number| revoke(store, "a", later(number.into())));
    assert_eq!(answers.iter().filter(|won| **won).count(), 1, "{answers:?}");
    let winner = u64::try_from(answers.iter().position(|won| *won).unwrap() + 1).unwrap();
    assert_eq!(all(store), [StoredKey { private: None, revoked_at: Some(later(winner)), ..first }, second]);
}

/// Nor does an erased one; also where it is sealed anew and revoked at once.
pub fn a_revoked_key_gets_no_private_part_back(store: &Arc<dyn Store>) {
    let [first, second] = two(store);
    let (old, new) = (sealed("root-1"), sealed("root-2"));
    let answers = parallel(16, |number| match number {
        8 => revoke(store, "a", later(1)),
        _ => reseal(store, "a", &old, &new),
    });
    assert!(answers.iter().filter(|won| **won).count() <= 2, "one revocation, and at most one reseal: {answers:?}");
    assert!(!reseal(store, "a", &old, &new) && !reseal(store, "a", &new, &old));
    assert!(erase(store, "b"));
    assert!(!reseal(store, "b", &old, &new));
    let revoked = StoredKey { private: None, revoked_at: Some(later(1)), ..first };
    assert_eq!(all(store), [revoked, StoredKey { private: None, ..second }]);
}

/// With all else in it.
pub fn an_erased_key_keeps_its_row(store: &Arc<dyn Store>) {
    let [first, second] = two(store);
    assert!(!erase(store, "nobody"));
    assert!(erase(store, "a"));
    assert!(!erase(store, "a"), "it is gone already");
    assert!(revoke(store, "b", later(1)));
    assert!(!erase(store, "b"), "a revocation erases");
    let revoked = StoredKey { private: None, revoked_at: Some(later(1)), ..second };
    assert_eq!(all(store), [StoredKey { private: None, ..first }, revoked]);
}

/// What was revoked stays known as such. The place of a removed key is free.
pub fn a_key_is_removed_unless_it_was_revoked(store: &Arc<dyn Store>) {
    let [first, second] = two(store);
    let third = key("c", Algorithm::Hs256, 3);
    assert_eq!(insert(store, &third), Ok(Added::Added));
    assert!(revoke(store, "a", later(1)) && erase(store, "b"));
    assert!(!remove(store, "a") && !remove(store, "nobody"));
    assert!(remove(store, "b"), "also one without its private part");
    assert!(!remove(store, "b"));
    let revoked = StoredKey { private: None, revoked_at: Some(later(1)), ..first };
    assert_eq!(all(store), [revoked.clone(), third.clone()]);
    assert_eq!(insert(store, &second), Ok(Added::Added), "the id and the ordinal are free again");
    assert_eq!(all(store), [revoked, second, third]);
}

/// None of them is lost or given twice, and nobody gets through between a look and an act: neither an insert nor an update.
pub fn whoever_locks_the_keys_sees_what_the_one_before_did(store: &Arc<dyn Store>) {
    let [first, second] = two(store);
    let answers = parallel(16, |number| {
        store.write(|tx| {
            let before = tx.keys().lock()?;
            let ordinal = before.last().map_or(1, |last| last.ordinal + 1);
            let added = tx.keys().insert(&key(&format!("k{number}"), Algorithm::Es256, ordinal))?;
            if number % 2 == 0 {
                tx.keys().erase(&first.id)?;
            }
            Ok::<_, StoreError>((added, tx.keys().all()?.len() - before.len()))
        })
    });
    assert!(answers.iter().all(|answer| *answer == Ok((Added::Added, 1))), "{answers:?}");
    let ordinals: Vec<_> = all(store).iter().map(|key| key.ordinal).collect();
    assert_eq!(ordinals, (1..=18).collect::<Vec<_>>());
    assert_eq!(all(store).get(..2), Some(&[StoredKey { private: None, ..first.clone() }, second][..]));
    assert!(matches!(store.read(|tx| tx.keys().lock()), Err(StoreError::Unavailable(_))), "a reader locks nothing");
}
