//! Accounts.
#![expect(clippy::missing_panics_doc, clippy::unwrap_used, reason = "test cases")]

use std::sync::Arc;
use std::sync::mpsc::channel;

use super::samples::{NOW, hash, later, parallel, plant, session, user};
use crate::id::UserId;
use crate::store::{Store, StoreError, StoreExt, Unique};
use crate::time::Timestamp;
use crate::user::{AccountState, Added, CanonicalName, User, Username};

fn insert(store: &Arc<dyn Store>, user: &User) -> Added {
    store.write(|tx| tx.users().insert(user)).unwrap()
}

fn by_id(store: &Arc<dyn Store>, number: u8) -> Option<User> {
    store.read(|tx| tx.users().by_id(UserId::from_bytes([number; 16]))).unwrap()
}

/// By id, by name in any spelling, by number: one account, complete.
pub fn an_inserted_user_is_found_by_id_name_and_number(store: &Arc<dyn Store>) {
    let alice = User { legacy_id: Some(42), ..user(1, "Alice") };
    plant(store, &[alice.clone(), user(2, "bob")]);
    let found = store
        .read(|tx| {
            let users = tx.users();
            Ok::<_, StoreError>([
                users.by_id(alice.id)?,
                users.by_name(&CanonicalName::of("aLICE"))?,
                users.by_legacy_id(42)?,
            ])
        })
        .unwrap();
    assert_eq!(found, [Some(alice.clone()), Some(alice.clone()), Some(alice)]);
}

/// Absence is no error.
pub fn what_is_not_there_is_none(store: &Arc<dyn Store>) {
    plant(store, &[user(1, "alice")]);
    let nobody = UserId::from_bytes([9; 16]);
    store
        .write(|tx| {
            assert_eq!(tx.users().by_id(nobody)?, None);
            assert_eq!(tx.users().by_name(&CanonicalName::of("alic"))?, None);
            assert_eq!(tx.users().by_name(&CanonicalName::of("alic%"))?, None);
            assert_eq!(tx.users().by_name(&CanonicalName::of(""))?, None);
            assert_eq!(tx.users().by_legacy_id(0)?, None);
            assert_eq!(tx.users().lock(nobody)?, None);
            assert!(!tx.users().set_state(nobody, AccountState::Disabled, NOW)?);
            assert!(!tx.users().delete(nobody)?);
            assert_eq!(tx.passwords().get(nobody)?, None);
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

/// No collation, padding or rounding of the store's own.
pub fn every_text_and_instant_comes_back_as_it_was(store: &Arc<dyn Store>) {
    let names = ["Ünïcödé", "田中太郎", "a'; DROP TABLE users; --", "\\%_\"?", "\u{1F980}", " spaces ", "İstanbul"];
    for (number, name) in (1..).zip(names) {
        let planted = User {
            legacy_id: Some(if number % 2 == 0 { i64::MIN } else { i64::MAX } ^ i64::from(number)),
            state: if number % 2 == 0 { AccountState::Disabled } else { AccountState::Active },
            credential_version: i64::MAX,
            created_at: Timestamp::from_micros(-1),
            updated_at: Timestamp::from_unix_seconds(4_102_444_800), // 2100
            ..user(number, name)
        };
        plant(store, std::slice::from_ref(&planted));
        assert_eq!(by_id(store, number), Some(planted));
    }
    let long = user(100, &"é".repeat(512));
    plant(store, std::slice::from_ref(&long));
    assert_eq!(by_id(store, 100), Some(long));
}

/// In whatever spelling.
pub fn a_canonical_name_is_given_once(store: &Arc<dyn Store>) {
    plant(store, &[user(1, "alice")]);
    let other = User { name: Username::imported("ALICE").unwrap().without_skeleton(), ..user(2, "x") };
    assert_eq!(insert(store, &other), Added::Taken(Unique::Username));
    assert_eq!(by_id(store, 2), None);
}

/// Two accounts may go without a claim; two may not make the same one.
pub fn a_skeleton_is_claimed_once_and_need_not_be_claimed(store: &Arc<dyn Store>) {
    plant(store, &[user(1, "paypal")]);
    let lookalike = user(2, "\u{440}\u{430}\u{443}\u{440}\u{430}l");
    assert_eq!(insert(store, &lookalike), Added::Taken(Unique::UsernameSkeleton));
    let unclaimed = User { name: lookalike.name.without_skeleton(), ..user(2, "x") };
    let another = User { name: Username::imported("bob").unwrap().without_skeleton(), ..user(3, "x") };
    plant(store, &[unclaimed.clone(), another]);
    assert_eq!(by_id(store, 2), Some(unclaimed));
}

/// Numbers of the system before are as unique as names.
pub fn a_legacy_number_is_given_once(store: &Arc<dyn Store>) {
    plant(store, &[User { legacy_id: Some(7), ..user(1, "alice") }, user(2, "bob"), user(3, "carol")]);
    let other = User { legacy_id: Some(7), ..user(4, "dave") };
    assert_eq!(insert(store, &other), Added::Taken(Unique::LegacyId));
}

/// Name, then skeleton, then number.
pub fn of_several_taken_facts_the_name_is_told_first(store: &Arc<dyn Store>) {
    plant(store, &[User { legacy_id: Some(7), ..user(1, "paypal") }]);
    let name = User { legacy_id: Some(7), ..user(2, "PayPal") };
    assert_eq!(insert(store, &name), Added::Taken(Unique::Username));
    let skeleton = User { legacy_id: Some(7), ..user(2, "\u{440}aypal") };
    assert_eq!(insert(store, &skeleton), Added::Taken(Unique::UsernameSkeleton));
}

/// A violation that is an answer must not end the transaction, nor undo what was written before it.
pub fn a_refused_insert_leaves_the_transaction_usable(store: &Arc<dyn Store>) {
    plant(store, &[user(1, "alice")]);
    store
        .write(|tx| {
            assert_eq!(tx.users().insert(&user(2, "bob"))?, Added::Added);
            assert_eq!(tx.users().insert(&user(3, "Alice"))?, Added::Taken(Unique::Username));
            assert_eq!(tx.users().insert(&user(4, "carol"))?, Added::Added);
            Ok::<_, StoreError>(())
        })
        .unwrap();
    let there: Vec<_> = (1..=4).map(|number| by_id(store, number).is_some()).collect();
    assert_eq!(there, [true, true, false, true]);
}

/// Ids are never used twice; if one is, that is trouble and no answer.
pub fn an_id_used_twice_is_a_conflict(store: &Arc<dyn Store>) {
    plant(store, &[user(1, "alice")]);
    let result = store.write(|tx| tx.users().insert(&user(1, "bob")));
    assert_eq!(result, Err(StoreError::Conflict(Unique::Id)));
    assert_eq!(by_id(store, 1).unwrap().name.as_entered(), "alice");
}

/// Sixteen at once, in two spellings.
pub fn of_parallel_inserts_of_one_name_one_wins(store: &Arc<dyn Store>) {
    let answers = parallel(16, |number| {
        let name = if number % 2 == 0 { "alice" } else { "ALICE" };
        insert(store, &user(number, name))
    });
    assert_eq!(answers.iter().filter(|answer| **answer == Added::Added).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| **answer == Added::Taken(Unique::Username)).count(), 15, "{answers:?}");
    assert_eq!((1..=16).filter(|number| by_id(store, *number).is_some()).count(), 1);
}

/// And on no other.
pub fn the_state_is_set_on_one_account_alone(store: &Arc<dyn Store>) {
    plant(store, &[user(1, "alice"), user(2, "bob")]);
    let set = |state, now| store.write(|tx| tx.users().set_state(UserId::from_bytes([1; 16]), state, now)).unwrap();
    assert!(set(AccountState::Disabled, later(1)));
    assert_eq!(by_id(store, 1), Some(User { state: AccountState::Disabled, updated_at: later(1), ..user(1, "alice") }));
    assert_eq!(by_id(store, 2), Some(user(2, "bob")));
    assert!(set(AccountState::Active, later(2)));
    assert_eq!(by_id(store, 1).unwrap().state, AccountState::Active);
}

/// Nothing is inherited by whoever takes the name next.
pub fn a_deleted_account_takes_its_password_and_sessions_along(store: &Arc<dyn Store>) {
    plant(store, &[user(1, "alice"), user(2, "bob")]);
    let (one, two) = (UserId::from_bytes([1; 16]), UserId::from_bytes([2; 16]));
    store
        .write(|tx| {
            tx.passwords().insert(one, &hash("h1"), NOW)?;
            tx.passwords().insert(two, &hash("h2"), NOW)?;
            tx.sessions().insert(&session(1, 1))?;
            tx.sessions().insert(&session(2, 2))
        })
        .unwrap();
    assert!(store.write(|tx| tx.users().delete(one)).unwrap());
    assert!(!store.write(|tx| tx.users().delete(one)).unwrap());
    store
        .read(|tx| {
            assert_eq!(tx.users().by_name(&CanonicalName::of("alice"))?, None);
            assert_eq!(tx.passwords().get(one)?, None);
            assert_eq!(tx.sessions().by_id(session(1, 1).id)?, None);
            assert!(tx.passwords().get(two)?.is_some());
            assert!(tx.sessions().by_id(session(2, 2).id)?.is_some());
            Ok::<_, StoreError>(())
        })
        .unwrap();
    assert_eq!(insert(store, &user(3, "alice")), Added::Added);
}

/// One thread holds the row and disables the account; another that asks for the row meanwhile must see it disabled.
pub fn whoever_locks_an_account_sees_what_the_one_before_did(store: &Arc<dyn Store>) {
    plant(store, &[user(1, "alice")]);
    let id = UserId::from_bytes([1; 16]);
    for round in 0..20 {
        store.write(|tx| tx.users().set_state(id, AccountState::Active, later(round))).unwrap();
        let (asking, asked) = channel();
        let (holding, held) = channel();
        std::thread::scope(|scope| {
            let second = scope.spawn(move || {
                held.recv().unwrap();
                asking.send(()).unwrap();
                store.write(|tx| tx.users().lock(id)).unwrap().unwrap().state
            });
            store
                .write(|tx| {
                    tx.users().lock(id)?;
                    tx.users().set_state(id, AccountState::Disabled, later(round))?;
                    // A retried transaction says it once.
                    if holding.send(()).is_ok() {
                        asked.recv().unwrap();
                    }
                    Ok::<_, StoreError>(())
                })
                .unwrap();
            assert_eq!(second.join().unwrap(), AccountState::Disabled, "round {round}");
        });
    }
}

/// To another, to another spelling of one's own, and not to somebody else's.
pub fn an_account_is_renamed_under_the_rules_of_an_insert(store: &Arc<dyn Store>) {
    plant(store, &[user(1, "alice"), user(2, "bob")]);
    let alice = UserId::from_bytes([1; 16]);
    let rename = |name: &str| {
        let name = Username::imported(name).unwrap();
        store.write(|tx| tx.users().rename(alice, &name, later(9))).unwrap()
    };
    assert_eq!(rename("BOB"), Some(Added::Taken(Unique::Username)));
    assert_eq!(rename("b0b"), Some(Added::Taken(Unique::UsernameSkeleton)));
    assert_eq!(by_id(store, 1), Some(user(1, "alice")));
    assert_eq!(rename("ALICE"), Some(Added::Added));
    assert_eq!(rename("carol"), Some(Added::Added));
    assert_eq!(by_id(store, 1), Some(User { updated_at: later(9), ..user(1, "carol") }));
    assert_eq!(insert(store, &user(3, "alice")), Added::Added, "the old name and its look are free");
    let nobody = UserId::from_bytes([9; 16]);
    let name = Username::imported("dave").unwrap();
    assert_eq!(store.write(|tx| tx.users().rename(nobody, &name, NOW)).unwrap(), None);
}

/// By one, on one account.
pub fn the_credential_version_is_raised_by_one(store: &Arc<dyn Store>) {
    plant(store, &[user(1, "alice"), user(2, "bob")]);
    let raise =
        |number| store.write(|tx| tx.users().raise_credential_version(UserId::from_bytes([number; 16]), later(1)));
    assert_eq!([raise(1), raise(1), raise(9)], [Ok(true), Ok(true), Ok(false)]);
    assert_eq!(by_id(store, 1), Some(User { credential_version: 3, updated_at: later(1), ..user(1, "alice") }));
    assert_eq!(by_id(store, 2), Some(user(2, "bob")));
}
