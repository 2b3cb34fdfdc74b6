//! Guesses, unlockings and changes of password at once, on either database and through two instances of one service: no
//! guess is looked at beyond the limits, nothing waits for itself, and nobody is left locked out.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::sync::Arc;

use auth_core::attempts::TallyKey;
use auth_core::audit::Actor;
use auth_core::entropy::SystemEntropy;
use auth_core::password::Password;
use auth_core::root_keys::RootKeyRing;
use auth_core::service::{
    AuthService, Credentials, LoginError, LoginOutcome, Registration, RequestContext, ServiceSettings,
};
use auth_core::testing::conformance::samples::parallel;
use auth_core::testing::{CheapHasher, ManualClock};
use auth_core::token::{Algorithm, Jwt, KeyRing, SigningKey, TokenPolicy};
use auth_core::{StoreError, StoreExt};
use auth_storage::{Backend, DieselStore};
use common::{Database, on_both};

const PASSWORDS: [&str; 2] = ["vM3-kpq0z", "qT8.zzu-41"];
const ISSUER: &str = "https://auth.example";

/// Two instances on one database.
struct Site {
    instances: [AuthService; 2],
    stores: [DieselStore; 2],
    hasher: Arc<CheapHasher>,
    _database: Database,
}

impl Site {
    fn on(backend: Backend) -> Self {
        let database = Database::migrated(backend);
        let (hasher, clock) = (Arc::new(CheapHasher::new()), Arc::new(ManualClock::default()));
        let root_keys = Arc::new(RootKeyRing::generate(&SystemEntropy).unwrap());
        let (key, _) = SigningKey::generate(Algorithm::EdDsa).unwrap();
        let tokens = Arc::new(Jwt::new(KeyRing::new(key), TokenPolicy::new(ISSUER, ISSUER)));
        let stores = [database.open_patient(), database.open_patient()];
        let instance = |store: &DieselStore| {
            AuthService::builder()
                .store(Arc::new(store.clone()))
                .hasher(Arc::clone(&hasher) as _)
                .tokens(Arc::clone(&tokens))
                .root_keys(Arc::clone(&root_keys))
                .clock(Arc::clone(&clock) as _)
                .settings(ServiceSettings::new(ISSUER))
                .build()
                .unwrap()
        };
        let instances = [instance(&stores[0]), instance(&stores[1])];
        let site = Self { instances, stores, hasher, _database: database };
        let registration = Registration { username: "alice".to_owned(), password: Password::new(PASSWORDS[0]) };
        site.instances[0].register(registration, &RequestContext::of(Actor::Client)).unwrap();
        site
    }

    fn login(&self, thread: u8, password: &str) -> Result<LoginOutcome, LoginError> {
        // Of two networks of one site, so that windows are taken in both widths.
        let address = format!("2001:db8:1:{:x}::1", thread % 2).parse().ok();
        let context = RequestContext { address, ..RequestContext::of(Actor::Client) };
        self.instances[usize::from(thread % 2)].login(Credentials::new("alice", Password::new(password)), &context)
    }
}

fn guesses_through_two_instances_see_each_other(backend: Backend) {
    let site = Site::on(backend);
    let answers = parallel(16, |thread| (0..4).map(|_| site.login(thread, "wrong").is_ok()).collect::<Vec<_>>());
    assert!(answers.iter().flatten().all(|signed_in| !signed_in));
    assert_eq!(site.hasher.checks(), 5);
}

/// Sixteen threads: guesses, right passwords, unlockings and changes of password, all of one account.
fn nothing_waits_for_itself_and_an_unlocking_always_helps(backend: Backend) {
    let site = Site::on(backend);
    let LoginOutcome::SignedIn(own) = site.login(1, PASSWORDS[0]).unwrap();
    let caller = site.instances[0].authenticate(own.access_token.expose()).unwrap();
    let context = RequestContext::of(Actor::Client);
    let failures: Vec<String> = parallel(16, |thread| {
        let mut failures = Vec::new();
        for round in 0..20 {
            let service = &site.instances[usize::from(thread % 2)];
            let trouble = match thread {
                1 | 2 => service.unlock("alice", &context).err().map(|error| format!("{error:?}")),
                3 => {
                    let (old, new) = (PASSWORDS[round % 2], PASSWORDS[(round + 1) % 2]);
                    let (old, new) = (Password::new(old), Password::new(new));
                    service.change_password(&caller, &old, &new, &context).err().map(|error| format!("{error:?}"))
                }
                _ => match site.login(thread, if thread < 10 { "wrong" } else { PASSWORDS[round % 2] }) {
                    Ok(_) | Err(LoginError::InvalidCredentials | LoginError::Throttled(_)) => None,
                    Err(error) => Some(format!("{error:?}")),
                },
            };
            failures.extend(trouble);
        }
        failures
    })
    .into_iter()
    .flatten()
    .collect();
    assert!(failures.is_empty(), "{failures:?}");
    for instance in &site.instances {
        instance.unlock("alice", &context).unwrap();
    }
    let login = Credentials::new("alice", Password::new(PASSWORDS[0]));
    site.instances[0].login(login, &context).unwrap();
    let left = site.stores[0].read(|tx| tx.attempts().get(&TallyKey::account(caller.user)));
    assert_eq!(left, Ok::<_, StoreError>(None), "nothing of those is left");
}

on_both!(guesses_through_two_instances_see_each_other, nothing_waits_for_itself_and_an_unlocking_always_helps);
