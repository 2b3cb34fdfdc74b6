//! Devices that the account does not know.

use super::*;
use crate::support::{PASSWORD, create, login, register, write};
use auth_core::audit::AuditEvent;
use auth_core::service::{Authority, ImportedUser, NewUser, UserChange};
use auth_core::testing::CheapHasher;
use auth_core::time::Clock as _;
use auth_core::user::AccountState;

/// Fails as fast as it is let, for so many tries that are looked at; the waits on the way.
fn fail(bench: &Bench, service: &AuthService, name: &str, tries: usize) -> Vec<Option<Duration>> {
    let (mut waits, before) = (Vec::new(), bench.hasher.checks());
    while bench.hasher.checks() - before < tries {
        let wait = wait(&login(service, name, WRONG));
        waits.push(wait);
        match wait {
            Some(time) => bench.clock.advance(time),
            None => break,
        }
    }
    waits
}

/// Up to the block: a hundred looks, each wait as it was told, and no hash for a refusal.
#[test]
fn e06_a_name_that_nobody_has_is_slowed_down_as_one_that_somebody_has() {
    let curve = |name: &str| {
        let bench = Bench::new();
        let service = bench.service();
        let user = register(&service, "alice").unwrap();
        let waits = fail(&bench, &service, name, 101);
        (waits, bench.hasher.checks(), tally(&bench, &user).is_some())
    };
    let (known, checks, counted) = curve("alice");
    assert_eq!((checks, counted), (100, true));
    assert_eq!(known.last(), Some(&None), "waiting is of no use");
    let told: Vec<_> = known.iter().flatten().map(Duration::as_secs).filter(|wait| *wait > 0).collect();
    assert_eq!(told[..11], [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900]);
    assert_eq!(told.len(), 95, "before each of the hundred but the free ones");
    assert_eq!(curve("nobody"), (known, 100, false));
}

/// Whichever way a name is written.
#[test]
fn i11_every_spelling_of_a_name_is_counted_as_one() {
    let spellings = ["josé", "JOSÉ", "jose\u{301}", "ＪＯＳＥ\u{301}", "José"];
    for registered in [true, false] {
        let bench = Bench::new();
        let service = bench.service();
        if registered {
            register(&service, "José").unwrap();
        }
        for name in spellings {
            assert_eq!(wait(&login(&service, name, WRONG)), Some(Duration::ZERO), "{name}");
        }
        for name in spellings {
            assert_eq!(wait(&login(&service, name, WRONG)), Some(Duration::from_secs(1)), "{name}");
        }
        assert_eq!(wait(&login(&service, "josef", WRONG)), Some(Duration::ZERO), "another name is another count");
    }
}

#[test]
fn success_ends_the_failures_in_a_row_and_the_days_count_stays() {
    let bench = Bench::new();
    let service = bench.service();
    let user = register(&service, "alice").unwrap();
    login(&service, "alice", PASSWORD).unwrap();
    assert_eq!(tally(&bench, &user), None, "whoever makes no mistake leaves nothing behind");
    for _ in 0..5 {
        assert_eq!(login(&service, "alice", WRONG).unwrap_err(), LoginError::InvalidCredentials);
    }
    bench.clock.advance(Duration::from_secs(1));
    login(&service, "alice", PASSWORD).unwrap();
    let left = tally(&bench, &user).unwrap();
    assert_eq!((left.failures, left.day_count), (0, 5));
    // Nine more rounds of five, and the day is spent although nobody failed more than five times in a row.
    for _ in 0..9 {
        for _ in 0..5 {
            assert_eq!(login(&service, "alice", WRONG).unwrap_err(), LoginError::InvalidCredentials);
        }
        bench.clock.advance(Duration::from_secs(1));
        let _ = login(&service, "alice", PASSWORD);
    }
    let refused = login(&service, "alice", PASSWORD);
    let rest = wait(&refused).unwrap();
    assert_eq!(rest, Duration::from_secs(86_400 - 10));
    bench.clock.advance(rest.checked_sub(Duration::from_micros(1)).unwrap());
    assert!(is_throttled(&login(&service, "alice", PASSWORD)));
    bench.clock.advance(Duration::from_micros(1));
    login(&service, "alice", PASSWORD).unwrap();
}

/// Nor does a refusal move the wait.
#[test]
fn what_is_refused_costs_neither_hash_nor_query_and_counts_for_nothing() {
    let bench = Bench::new();
    let service = bench.service();
    let user = register(&service, "alice").unwrap();
    fail(&bench, &service, "alice", 9);
    let (before, checks) = (tally(&bench, &user), bench.hasher.checks());
    assert!(is_throttled(&login(&service, "alice", PASSWORD)), "told by the store");
    bench.store.fail_at(0);
    for _ in 0..1_000 {
        assert!(is_throttled(&login(&service, "alice", PASSWORD)), "and from then on by memory");
        let credentials = Credentials::new("ALICE", Password::new(PASSWORD));
        assert!(service.admits_sign_in(&credentials, &context()).is_err());
    }
    assert_eq!((bench.store.steps(), bench.hasher.checks(), tally(&bench, &user)), (0, checks, before));
}

#[test]
fn a_right_password_is_no_guess_whatever_becomes_of_the_sign_in() {
    let bench = Bench::new();
    let service = bench.service();
    let user = register(&service, "alice").unwrap();
    login(&service, "alice", WRONG).unwrap_err();
    let before = tally(&bench, &user).map(|tally| (tally.failures, tally.day_count));
    assert!(write(&bench.memory, |tx| tx.users().set_state(user.id, AccountState::Disabled, bench.clock.now())));
    for _ in 0..20 {
        assert_eq!(login(&service, "alice", PASSWORD).unwrap_err(), LoginError::AccountDisabled);
    }
    assert_eq!(tally(&bench, &user).map(|tally| (tally.failures, tally.day_count)), before);
}

/// A sign-in of one's own, refreshes and registrations move nobody else's count.
#[test]
fn l06_nothing_that_an_attacker_does_elsewhere_lifts_the_victims_count() {
    let bench = Bench::new();
    let service = bench.service();
    let victim = register(&service, "victim").unwrap();
    register(&service, "attacker").unwrap();
    fail(&bench, &service, "victim", 8);
    let before = tally(&bench, &victim);
    let own = login(&service, "attacker", PASSWORD).unwrap();
    service.refresh(own.refresh_token.expose(), &context()).unwrap();
    register(&service, "another").unwrap();
    let caller = service.authenticate(own.access_token.expose()).unwrap();
    service.change_password(&caller, &Password::new(PASSWORD), &Password::new("qT8.zzu-41"), &context()).unwrap();
    // Nor does a device that the attacker's own account knows.
    for _ in 0..3 {
        assert!(is_throttled(&try_with(&service, "victim", WRONG, own.device_token.as_ref())));
    }
    assert_eq!(tally(&bench, &victim), before);
}

/// Whoever floods leaves a line a telling, with how often; and what cannot be told now is told later.
#[test]
fn refusals_are_told_to_the_audit_log_by_their_number() {
    let bench = Bench::new();
    let service = bench.service();
    let user = register(&service, "alice").unwrap();
    let checks = bench.hasher.checks();
    for _ in 0..500 {
        login(&service, "alice", WRONG).unwrap_err();
        login(&service, "nobody", WRONG).unwrap_err();
    }
    assert_eq!(bench.hasher.checks() - checks, 10);
    let before = bench.events().len();
    bench.store.fail_at(1);
    service.tell_refusals().unwrap_err();
    assert_eq!(bench.events().len(), before);
    service.tell_refusals().unwrap();
    let told = bench.events();
    let lines = [Some(user.id), None].map(|user| AuditEvent::Throttled(user, Limiter::Account, 495));
    assert_eq!(told.len(), before + 2);
    assert!(lines.iter().all(|line| told[..2].contains(line)), "{:?}", &told[..2]);
    service.tell_refusals().unwrap();
    assert_eq!(bench.events().len(), before + 2);
}

#[test]
fn an_administrator_lifts_a_block_at_once() {
    let bench = Bench::new();
    let service = bench.service();
    let user = register(&service, "alice").unwrap();
    fail(&bench, &service, "alice", 101);
    assert_eq!(wait(&login(&service, "alice", PASSWORD)), None);
    let unlocked = service.unlock("ALICE", &RequestContext::system()).unwrap();
    assert_eq!((unlocked.user.id, unlocked.was_counted), (user.id, true));
    assert_eq!(bench.events()[0], AuditEvent::UserUnlocked(user.id));
    login(&service, "alice", PASSWORD).unwrap();
    assert!(!service.unlock("alice", &RequestContext::system()).unwrap().was_counted);
    service.unlock("nobody", &RequestContext::system()).unwrap_err();
}

/// However the account is made. What was guessed at the name while nobody had it is counted under the name.
#[test]
fn who_gets_a_name_that_was_guessed_at_signs_in_at_once() {
    let bench = Bench::new();
    let service = bench.service();
    let (password, system) = (Password::new(PASSWORD), RequestContext::system());
    let hash = auth_core::password::PasswordHasher::hash(bench.hasher.as_ref(), &password).unwrap();
    let imported = ImportedUser { legacy_id: None, username: "carol".to_owned(), hash, created_at: None };
    for (name, make) in [
        ("alice", Box::new(|| drop(register(&service, "alice").unwrap())) as Box<dyn Fn()>),
        ("bobby", Box::new(|| drop(create(&service, "bobby").unwrap()))),
        ("carol", Box::new(|| drop(service.import_user(&imported, &system).unwrap()))),
    ] {
        fail(&bench, &service, name, 101);
        assert!(is_throttled(&login(&service, name, PASSWORD)), "{name}");
        make();
        login(&service, name, PASSWORD).unwrap();
    }
}

/// Each as its owner's would: the next sign-in is looked at.
#[test]
fn what_an_administrator_does_to_an_account_lifts_its_block_at_once() {
    type Act = fn(&AuthService, auth_core::id::UserId);
    let acts: [(&str, Act, &str, &str); 4] = [
        (
            "unlock",
            |service, id| assert_eq!(service.unlock_user(Authority::Operator, id, &context()), Ok(true)),
            "alice",
            PASSWORD,
        ),
        (
            "set",
            |service, id| {
                service.set_password(Authority::Operator, id, &Password::new("qT8.zzu-41"), &context()).unwrap();
            },
            "alice",
            "qT8.zzu-41",
        ),
        (
            "rename",
            |service, id| {
                service.unlock_user(Authority::Operator, id, &context()).unwrap();
                let change = UserChange { username: Some("carol".to_owned()), ..UserChange::default() };
                service.update_user(Authority::Operator, id, &change, &context()).unwrap();
            },
            "carol",
            PASSWORD,
        ),
        (
            "delete",
            |service, id| {
                service.delete_user(Authority::Operator, id, &context()).unwrap();
                let password = Some(Password::new(PASSWORD));
                let heir = NewUser { username: "alice".to_owned(), password, roles: Vec::new() };
                service.create_user(Authority::Operator, heir, &context()).unwrap();
            },
            "alice",
            PASSWORD,
        ),
    ];
    for (act, done, name, password) in acts {
        let bench = Bench::new();
        let service = bench.service();
        let user = register(&service, "alice").unwrap();
        for blocked in ["alice", "carol"] {
            fail(&bench, &service, blocked, 101);
        }
        for blocked in ["alice", "carol"] {
            assert!(is_throttled(&login(&service, blocked, PASSWORD)), "{act}: {blocked}");
        }
        done(&service, user.id);
        assert!(login(&service, name, password).is_ok(), "{act}");
    }
}

/// By a session that goes on.
#[test]
fn a_change_of_password_lifts_a_block_at_once() {
    let bench = Bench::new();
    let service = bench.service();
    register(&service, "alice").unwrap();
    let own = login(&service, "alice", PASSWORD).unwrap();
    let caller = service.authenticate(own.access_token.expose()).unwrap();
    for _ in 0..6 {
        login(&service, "alice", WRONG).unwrap_err();
    }
    assert!(is_throttled(&login(&service, "alice", PASSWORD)));
    let (old, new) = (Password::new(PASSWORD), Password::new("qT8.zzu-41"));
    service.change_password(&caller, &old, &new, &context()).unwrap();
    login(&service, "alice", "qT8.zzu-41").unwrap();
}

/// A command or another instance: neither can reach the memory of this one.
#[test]
fn what_another_instance_lifts_is_heard_within_five_seconds() {
    let bench = Bench::new();
    let (service, other) = (bench.service(), bench.service());
    register(&service, "alice").unwrap();
    fail(&bench, &service, "alice", 101);
    assert_eq!(wait(&login(&service, "alice", PASSWORD)), None);
    other.unlock("alice", &RequestContext::system()).unwrap();
    assert_eq!(wait(&login(&service, "alice", PASSWORD)), None);
    bench.clock.advance(Duration::from_secs(5));
    login(&service, "alice", PASSWORD).unwrap();
}

#[test]
fn limits_that_are_off_count_nothing_and_senseless_ones_are_refused() {
    let bench = Bench::new();
    let mut settings = auth_core::service::ServiceSettings::new(crate::support::ISSUER);
    settings.limits = auth_core::attempts::LimitSettings::off();
    let service = bench.builder().settings(settings.clone()).build().unwrap();
    let user = register(&service, "alice").unwrap();
    for _ in 0..200 {
        assert_eq!(login(&service, "alice", WRONG).unwrap_err(), LoginError::InvalidCredentials);
    }
    assert_eq!(tally(&bench, &user), None);
    settings.limits.account.disable_at = 101;
    assert!(bench.builder().settings(settings).hasher(std::sync::Arc::new(CheapHasher::new())).build().is_err());
}
