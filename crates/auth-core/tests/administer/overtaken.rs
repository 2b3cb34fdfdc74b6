//! What happens while a hash is made.

use std::sync::{Arc, Mutex};

use auth_core::audit::{AuditEvent, Refusal};
use auth_core::password::{HashClass, HashError, HashFault, Password, PasswordHash, PasswordHasher, Verdict};
use auth_core::role::Role;
use auth_core::service::{AdminError, Authority, LoginError, NewUser, RoleChange, UserChange};
use auth_core::testing::CheapHasher;

use crate::support::{Bench, PASSWORD, context, login};
use crate::{admin, site};

type Hook = Box<dyn FnOnce() + Send>;

/// Does something, once, while it hashes.
#[derive(Default)]
struct Meanwhile {
    inner: CheapHasher,
    hook: Mutex<Option<Hook>>,
}

impl PasswordHasher for Meanwhile {
    fn hash(&self, password: &Password) -> Result<PasswordHash, HashError> {
        let hook = self.hook.lock().unwrap().take();
        if let Some(hook) = hook {
            hook();
        }
        self.inner.hash(password)
    }

    fn verify(&self, password: &Password, stored: Option<&PasswordHash>) -> Verdict {
        self.inner.verify(password, stored)
    }

    fn inspect(&self, hash: &PasswordHash) -> Result<HashClass, HashFault> {
        self.inner.inspect(hash)
    }

    fn class(&self) -> HashClass {
        self.inner.class()
    }
}

/// Asked before the hash and in the transaction after it.
#[test]
fn an_administrator_who_is_demoted_while_a_hash_is_made_changes_nothing() {
    let bench = Bench::new();
    let hasher = Arc::new(Meanwhile::default());
    let service = Arc::new(bench.with_hasher(Arc::clone(&hasher) as _));
    admin(&service, "carol");
    let (dave, caller) = admin(&service, "dave");
    let (erin, _) = admin(&service, "erin");
    let demote = |role: RoleChange| {
        let (service, id) = (Arc::clone(&service), dave.user.id);
        let change = UserChange { roles: Some(role), ..UserChange::default() };
        move || drop(service.update_user(Authority::Operator, id, &change, &context()).unwrap())
    };
    let by = Authority::Caller(&caller);
    let new = || NewUser { username: "frank".to_owned(), password: Some(Password::new(PASSWORD)), roles: Vec::new() };

    *hasher.hook.lock().unwrap() = Some(Box::new(demote(RoleChange::Revoke(Role::ADMIN))));
    assert_eq!(service.create_user(by, new(), &context()).unwrap_err(), AdminError::Forbidden);
    assert_eq!(service.user_named(Authority::Operator, "frank").unwrap_err(), AdminError::NotFound);

    demote(RoleChange::Grant(Role::ADMIN))();
    *hasher.hook.lock().unwrap() = Some(Box::new(demote(RoleChange::Revoke(Role::ADMIN))));
    let set = service.set_password(by, erin.user.id, &Password::new("qT8.zzu-41"), &context());
    assert_eq!(set, Err(AdminError::Forbidden));
    assert!(login(&service, "erin", PASSWORD).is_ok(), "the old password stands");
}

#[test]
fn an_account_that_is_deleted_while_its_password_is_made_stays_deleted() {
    let bench = Bench::new();
    let hasher = Arc::new(Meanwhile::default());
    let service = Arc::new(bench.with_hasher(Arc::clone(&hasher) as _));
    let (erin, _) = admin(&service, "erin");
    admin(&service, "carol");
    let (other, id) = (Arc::clone(&service), erin.user.id);
    *hasher.hook.lock().unwrap() =
        Some(Box::new(move || other.delete_user(Authority::Operator, id, &context()).unwrap()));
    let set = service.set_password(Authority::Operator, id, &Password::new("qT8.zzu-41"), &context());
    assert_eq!(set, Err(AdminError::NotFound));
    assert!(bench.events().contains(&AuditEvent::UserDeleted(id)));
    assert!(!bench.events().contains(&AuditEvent::PasswordSet(id)));
}

/// The old password is right, and no longer the account's when the sign-in ends.
#[test]
fn a_sign_in_does_not_outlive_a_password_that_is_set() {
    let bench = Bench::new();
    let (service, _, alice) = site(&bench);
    let (service, once) = (Arc::new(service), Mutex::new(true));
    let (other, id) = (Arc::clone(&service), alice.user.id);
    bench.hasher.before_check(move || {
        if std::mem::take(&mut *once.lock().unwrap()) {
            other.set_password(Authority::Operator, id, &Password::new("qT8.zzu-41"), &context()).unwrap();
        }
    });
    // The hash was read before it was replaced.
    assert_eq!(login(&service, "alice", PASSWORD).unwrap_err(), LoginError::InvalidCredentials);
    assert_eq!(bench.events()[0], AuditEvent::SignInRefused(Some(id), Refusal::Overtaken));
    assert_eq!(bench.sessions_of(&alice.user), 0);
    assert!(login(&service, "alice", "qT8.zzu-41").is_ok());
}
