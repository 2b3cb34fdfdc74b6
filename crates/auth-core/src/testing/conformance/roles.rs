//! Roles.
#![expect(clippy::missing_panics_doc, clippy::unwrap_used, reason = "test cases")]

use std::sync::Arc;
use std::sync::mpsc::channel;

use super::samples::{NOW, hash, later, parallel, plant, user};
use crate::id::UserId;
use crate::role::Role;
use crate::store::{Store, StoreError, StoreExt};
use crate::user::AccountState;

fn of(store: &Arc<dyn Store>, number: u8) -> Vec<Role> {
    store.read(|tx| tx.roles().of(user(number, "a").id)).unwrap()
}

fn grant(store: &Arc<dyn Store>, number: u8, role: &Role) -> bool {
    store.write(|tx| tx.roles().grant(user(number, "a").id, role, NOW)).unwrap()
}

fn role(name: &str) -> Role {
    Role::parse(name).unwrap()
}

/// Listed by name, for one account and for several at once.
pub fn a_role_is_had_once_and_by_its_account_alone(store: &Arc<dyn Store>) {
    plant(store, &[user(1, "alice"), user(2, "bob"), user(3, "carol")]);
    assert_eq!(of(store, 1), []);
    for name in ["support", "admin", "b-1"] {
        assert!(grant(store, 1, &role(name)));
        assert!(!grant(store, 1, &role(name)), "{name}");
    }
    assert!(grant(store, 2, &Role::ADMIN));
    assert_eq!(of(store, 1), ["admin", "b-1", "support"].map(role));
    assert_eq!(of(store, 2), [Role::ADMIN]);
    let [alice, bob, carol] = [1, 2, 3].map(|number| user(number, "a").id);
    let each = store.read(|tx| tx.roles().of_each(&[carol, bob, alice, bob])).unwrap();
    let alices = ["admin", "b-1", "support"].map(|name| (alice, role(name)));
    assert_eq!(each, [alices.as_slice(), &[(bob, Role::ADMIN)]].concat());
    assert_eq!(store.read(|tx| tx.roles().of_each(&[])), Ok(Vec::new()));
    let revoke = |id, role: &Role| store.write(|tx| tx.roles().revoke(id, role)).unwrap();
    assert!(revoke(alice, &Role::ADMIN));
    assert!(!revoke(alice, &Role::ADMIN) && !revoke(carol, &Role::ADMIN));
    assert_eq!((of(store, 1), of(store, 2)), (vec![role("b-1"), role("support")], vec![Role::ADMIN]));
}

/// A role that is had already leaves its transaction usable, one for nobody does not.
pub fn a_role_needs_an_account_and_goes_with_it(store: &Arc<dyn Store>) {
    plant(store, &[user(1, "alice"), user(2, "bob")]);
    let both = store.write(|tx| {
        let first = tx.roles().grant(user(1, "a").id, &Role::ADMIN, NOW)?;
        let again = tx.roles().grant(user(1, "a").id, &Role::ADMIN, later(1))?;
        Ok::<_, StoreError>((first, again, tx.roles().grant(user(2, "a").id, &Role::ADMIN, NOW)?))
    });
    assert_eq!(both, Ok((true, false, true)));
    let nobody = store.write(|tx| tx.roles().grant(UserId::from_bytes([9; 16]), &Role::ADMIN, NOW));
    assert!(matches!(nobody, Err(StoreError::Unavailable(_))), "{nobody:?}");
    assert!(store.write(|tx| tx.users().delete(user(1, "a").id)).unwrap());
    assert_eq!((of(store, 1), of(store, 2)), (Vec::new(), vec![Role::ADMIN]));
    plant(store, &[user(1, "alice")]);
    assert_eq!(of(store, 1), [], "whoever comes after inherits nothing");
}

/// With a password, so that they can sign in.
fn plant_able(store: &Arc<dyn Store>, numbers: &[u8]) {
    for number in numbers {
        let user = user(*number, if *number == 1 { "alice" } else { "bob" });
        plant(store, std::slice::from_ref(&user));
        store.write(|tx| tx.passwords().insert(user.id, &hash("one"), NOW)).unwrap();
    }
}

/// Sixteen at once.
pub fn of_parallel_grants_one_wins(store: &Arc<dyn Store>) {
    plant(store, &[user(1, "alice")]);
    let answers = parallel(16, |_| grant(store, 1, &Role::ADMIN));
    assert_eq!(answers.iter().filter(|won| **won).count(), 1, "{answers:?}");
    assert_eq!(of(store, 1), [Role::ADMIN]);
}

/// Somebody else's, of that very name.
pub fn an_active_account_holds_a_role_and_a_disabled_one_does_not(store: &Arc<dyn Store>) {
    plant_able(store, &[1, 2]);
    // Whoever can never sign in holds nothing for others.
    plant(store, &[user(3, "carol")]);
    assert!(grant(store, 3, &Role::ADMIN));
    let is_held = |except: u8| {
        store.read(|tx| tx.roles().is_held_by_another(&Role::ADMIN, UserId::from_bytes([except; 16]))).unwrap()
    };
    assert!(!is_held(9));
    assert!(grant(store, 1, &role("admins")) && grant(store, 2, &Role::ADMIN));
    assert!(is_held(9) && is_held(1));
    assert!(!is_held(2), "by nobody else");
    let state = |state| store.write(|tx| tx.users().set_state(user(2, "a").id, state, NOW)).unwrap();
    assert!(state(AccountState::Disabled));
    assert!(!is_held(1));
    assert!(state(AccountState::Active));
    assert!(is_held(1));
}

/// Between a look and an act nobody else gets through: of two who would each be the last, whoever comes second sees that it is.
pub fn whoever_locks_the_roles_sees_what_the_one_before_did(store: &Arc<dyn Store>) {
    plant_able(store, &[1, 2]);
    let [alice, bob] = [1, 2].map(|number| user(number, "a").id);
    for round in 0..20 {
        for number in [1, 2] {
            store.write(|tx| tx.users().set_state(user(number, "a").id, AccountState::Active, NOW)).unwrap();
            grant(store, number, &Role::ADMIN);
        }
        let (asking, asked) = channel();
        let (holding, held) = channel();
        std::thread::scope(|scope| {
            let second = scope.spawn(move || {
                held.recv().unwrap();
                asking.send(()).unwrap();
                store.write(|tx| {
                    tx.roles().lock()?;
                    tx.roles().is_held_by_another(&Role::ADMIN, bob)
                })
            });
            store
                .write(|tx| {
                    tx.roles().lock()?;
                    assert!(tx.roles().is_held_by_another(&Role::ADMIN, alice)?);
                    // A retried transaction says it once.
                    if holding.send(()).is_ok() {
                        asked.recv().unwrap();
                    }
                    // One by the role, the next by the state.
                    match round % 2 {
                        0 => tx.roles().revoke(alice, &Role::ADMIN),
                        _ => tx.users().set_state(alice, AccountState::Disabled, NOW),
                    }
                })
                .unwrap();
            assert_eq!(second.join().unwrap(), Ok(false), "round {round}");
        });
    }
    let refused = store.read(|tx| tx.roles().lock());
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
}
