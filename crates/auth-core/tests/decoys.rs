//! Equal work for every name, by count: whatever is there or not, a refusal costs a hash of one class.
#![cfg(feature = "legacy")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod support;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use auth_core::StoreExt as _;
use auth_core::attempts::LimitSettings;
use auth_core::audit::{AuditEvent, Refusal};
use auth_core::entropy::{Entropy, EntropyError, SystemEntropy};
use auth_core::password::{DecoyPlan, HashClass, PasswordHash};
use auth_core::service::{AuthService, HashCount, LoginError, ServiceSettings};
use auth_core::testing::conformance::samples::user;
use auth_core::testing::{CountingEntropy, FaultyStore};
use auth_core::user::{AccountState, Added, CanonicalName, User};
use support::{Bench, ISSUER, PASSWORD, login, write};

const BCRYPT: &str = "$2b$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
const PBKDF2: &str = "pbkdf2_sha256$390000$seasalt$8xBlGd3jVgvJ+92hWPxi5ww0uuAuAnKgC45eudxro7c=";
const PRESENT: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
const OLD_ARGON2: &str =
    "$argon2id$v=19$m=4096,t=3,p=1$c29tZXNhbHRzb21lc2FsdA$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";

/// An account of this number, with this hash.
fn plant(bench: &Bench, number: u8, hash: Option<&str>) -> User {
    let account = user(number, &format!("account{number}"));
    write(&bench.memory, |tx| {
        assert_eq!(tx.users().insert(&account)?, Added::Added);
        hash.map_or(Ok(()), |hash| tx.passwords().insert(account.id, &PasswordHash::new(hash), account.created_at))
    });
    account
}

/// What one wrong sign-in costs.
fn cost(bench: &Bench, service: &AuthService, name: &str, password: &str) -> Vec<HashClass> {
    let before = bench.hasher.checked().len();
    assert_eq!(login(service, name, password).unwrap_err(), LoginError::InvalidCredentials, "{name}");
    bench.hasher.checked().split_off(before)
}

/// A service that counts no attempts: here it is hashes that count.
fn unlimited(bench: &Bench) -> AuthService {
    let settings = ServiceSettings { limits: LimitSettings::off(), ..ServiceSettings::new(ISSUER) };
    bench.builder().settings(settings).build().unwrap()
}

fn plan(bench: &Bench) -> DecoyPlan {
    DecoyPlan::parse(&bench.memory.read(|tx| tx.passwords().decoy_plan()).unwrap()).unwrap()
}

#[test]
fn a_name_without_a_hash_costs_what_its_share_of_the_accounts_costs() {
    let bench = Bench::new();
    let service = unlimited(&bench);
    plant(&bench, 8, Some(PRESENT));
    let hashes = [BCRYPT, BCRYPT, PBKDF2, OLD_ARGON2];
    let accounts: Vec<_> = (1..).zip(hashes).map(|(number, hash)| plant(&bench, number, Some(hash))).collect();
    let bare = plant(&bench, 9, None);
    service.count_hashes().unwrap();
    let own = unlimited(&bench).hash_counts();
    assert_eq!(own, [], "another service has not counted yet");
    // Each account costs a hash of its own class, disabled or not, whatever the password is.
    for (account, hash) in accounts.iter().zip(hashes) {
        let class = PasswordHash::new(hash).class().unwrap();
        for state in [AccountState::Active, AccountState::Disabled] {
            write(&bench.memory, |tx| tx.users().set_state(account.id, state, account.created_at));
            for password in [PASSWORD, "", "wro\u{308}ng", &"x".repeat(5_000)] {
                assert_eq!(cost(&bench, &service, account.name.as_entered(), password), [class]);
            }
        }
    }
    // Each other name costs a hash of the class that the plan says, and always the same.
    let present = auth_core::password::Argon2Params::default().class();
    let plan = plan(&bench);
    let mut found: BTreeMap<HashClass, usize> = BTreeMap::new();
    for name in (0..600).map(|number| format!("nobody{number}")).chain([bare.name.as_entered().to_owned()]) {
        let class = plan.class_of(&CanonicalName::of(&name)).unwrap_or(present);
        for password in [PASSWORD, &"x".repeat(5_000)] {
            assert_eq!(cost(&bench, &service, &name, password), [class], "{name}");
        }
        *found.entry(class).or_default() += 1;
    }
    assert_eq!(found.len(), 4, "every class has names without an account: {found:?}");
    assert!(found.values().all(|names| *names > 60), "and about as many as accounts: {found:?}");
}

#[test]
fn a_hash_that_cannot_be_read_refuses_as_an_unknown_name_and_leaves_a_trace() {
    let bench = Bench::new();
    let service = unlimited(&bench);
    let hostile = [
        "",
        "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ",
        "$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=19456,t=4294967295,p=1$c29tZXNhbHRzb21lc2FsdA$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=19456,t=2,p=0$c29tZXNhbHRzb21lc2FsdA$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "\u{1F980}\u{e9}$\u{202e}",
    ];
    plant(&bench, 100, Some(BCRYPT));
    for (number, hash) in (1..).zip(hostile) {
        let account = plant(&bench, number, Some(hash));
        service.count_hashes().unwrap();
        let expected = plan(&bench).class_of(account.name.canonical());
        let present = auth_core::password::Argon2Params::default().class();
        for password in ["", PASSWORD] {
            assert_eq!(cost(&bench, &service, account.name.as_entered(), password), [expected.unwrap_or(present)]);
            assert_eq!(
                bench.events()[0],
                AuditEvent::SignInRefused(Some(account.id), Refusal::UnreadableHash),
                "{hash}"
            );
        }
    }
    // The control: a sound one of them is told as wrong.
    assert_eq!(cost(&bench, &service, "account100", PASSWORD).len(), 1);
    assert!(matches!(bench.events()[0], AuditEvent::SignInRefused(Some(_), Refusal::WrongPassword)));
}

#[test]
fn before_the_first_count_names_cost_a_present_hash_and_a_stored_plan_is_followed_at_once() {
    let bench = Bench::new();
    for number in 1..=9 {
        plant(&bench, number, Some(BCRYPT));
    }
    let (first, second) = (unlimited(&bench), unlimited(&bench));
    let classes = |service: &AuthService| -> Vec<_> {
        (0..50).flat_map(|number| cost(&bench, service, &format!("nobody{number}"), PASSWORD)).collect()
    };
    first.follow_decoy_plan().unwrap();
    let present = auth_core::password::Argon2Params::default().class();
    assert_eq!(classes(&first), vec![present; 50], "there is no plan yet");
    let counts = first.count_hashes().unwrap();
    let bcrypt = PasswordHash::new(BCRYPT).class().unwrap();
    assert_eq!(counts, [HashCount { class: bcrypt, users: 9, is_present: false }]);
    assert_eq!(first.hash_counts(), counts);
    second.follow_decoy_plan().unwrap();
    assert_eq!(classes(&first), classes(&second), "one plan for all instances");
    assert!(classes(&second).contains(&bcrypt));
    // Whoever was imported and is rehashed: names go with them, and to the present class alone.
    let before = classes(&first);
    for number in 1..=5 {
        let new = auth_core::password::PasswordHasher::hash(
            bench.hasher.as_ref(),
            &auth_core::password::Password::new(PASSWORD),
        );
        let account = user(number, "x");
        write(&bench.memory, |tx| {
            tx.passwords().rehash(account.id, &PasswordHash::new(BCRYPT), new.as_ref().unwrap(), account.created_at)
        });
    }
    write(&bench.memory, |tx| {
        let sound = PasswordHash::decoy(present, &SystemEntropy).unwrap();
        tx.passwords().change(user(1, "x").id, &sound, user(1, "x").created_at)
    });
    second.count_hashes().unwrap();
    let after = classes(&second);
    assert_ne!(before, after);
    assert!(before.iter().zip(&after).all(|(was, is)| was == is || *is == present));
}

/// Draws randomness, and before that does something once: a plan's key is drawn between reading and writing.
struct Meddling(Mutex<Option<Box<dyn FnOnce() + Send>>>);

impl Entropy for Meddling {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        let meddle = self.0.lock().unwrap().take();
        if let Some(meddle) = meddle {
            meddle();
        }
        SystemEntropy.fill(bytes)
    }
}

#[test]
fn an_instance_that_is_overtaken_goes_on_from_the_other_s_plan() {
    let bench = Bench::new();
    plant(&bench, 1, Some(BCRYPT));
    let first = Arc::new(unlimited(&bench));
    let other = Arc::clone(&first);
    let meddling = Meddling(Mutex::new(Some(Box::new(move || drop(other.count_hashes().unwrap())))));
    let second = bench.builder().entropy(Arc::new(meddling)).build().unwrap();
    second.count_hashes().unwrap();
    let of = |service: &AuthService| -> Vec<_> {
        (0..300).flat_map(|number| cost(&bench, service, &format!("nobody{number}"), PASSWORD)).collect()
    };
    let fresh = unlimited(&bench);
    fresh.follow_decoy_plan().unwrap();
    assert_eq!(of(&first), of(&second));
    assert_eq!(of(&second), of(&fresh), "what is followed is what the store has");
}

#[test]
fn what_fails_while_hashes_are_counted_leaves_the_plan_as_it_was() {
    let bench = Bench::new();
    plant(&bench, 1, Some(BCRYPT));
    let store = Arc::new(FaultyStore::new(Arc::clone(&bench.memory)));
    let service = bench.builder().store(Arc::clone(&store) as _).build().unwrap();
    for step in 1.. {
        store.fail_at(step);
        let counted = service.count_hashes();
        assert_eq!(counted.is_err(), store.has_failed(), "step {step}");
        if !store.has_failed() {
            assert!(step > 3);
            break;
        }
        assert_eq!(service.hash_counts(), []);
    }
    store.fail_at(0);
    // Salt and tag of a decoy are drawn by whoever follows a plan.
    let dry = bench.builder().entropy(Arc::new(CountingEntropy::limited(0))).build().unwrap();
    assert!(dry.count_hashes().is_err() && dry.follow_decoy_plan().is_err());
}
