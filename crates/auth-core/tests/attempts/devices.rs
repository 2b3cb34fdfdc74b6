//! Devices that the account knows.

use super::*;
use crate::support::{PASSWORD, login, register};

/// Whoever tries, and however often: every quarter of an hour for as long as it takes.
#[test]
fn l14_an_attacker_with_a_hundred_thousand_tries_does_not_stop_a_known_device() {
    let bench = Bench::new();
    let service = bench.service();
    register(&service, "alice").unwrap();
    let mut device = login(&service, "alice", PASSWORD).unwrap().device_token;
    let mut looked_at = 0;
    for attempt in 0..100_000 {
        let checks = bench.hasher.checks();
        assert!(login(&service, "alice", WRONG).is_err());
        looked_at += bench.hasher.checks() - checks;
        if attempt % 20 == 0 {
            bench.clock.advance(Duration::from_secs(900));
        }
        if attempt % 5_000 == 0 {
            device = try_with(&service, "alice", PASSWORD, device.as_ref()).unwrap().device_token;
        }
    }
    assert_eq!(looked_at, 100, "and what the owner does does not give the attacker more");
    assert_eq!(wait(&login(&service, "alice", PASSWORD)), None, "a stranger is blocked by then");
    try_with(&service, "alice", PASSWORD, device.as_ref()).unwrap();
}

#[test]
fn a_stolen_device_token_gives_its_budget_and_no_more_whatever_the_owner_does() {
    let bench = Bench::new();
    let service = bench.service();
    register(&service, "alice").unwrap();
    let stolen = login(&service, "alice", PASSWORD).unwrap().device_token;
    // The owner goes on with the token's successors.
    let mut own = try_with(&service, "alice", PASSWORD, stolen.as_ref()).unwrap().device_token;
    // Strangers are blocked, so that what is looked at is the device's own.
    for _ in 0..200 {
        let _ = login(&service, "alice", WRONG);
        bench.clock.advance(Duration::from_secs(3_600));
    }
    let checks = bench.hasher.checks();
    for round in 0..100 {
        assert!(try_with(&service, "alice", WRONG, stolen.as_ref()).is_err());
        if round % 10 == 0 {
            own = try_with(&service, "alice", PASSWORD, own.as_ref()).unwrap().device_token;
        }
    }
    assert_eq!(bench.hasher.checks() - checks, 10 + 10, "ten of the thief's, and the owner's own");
    assert!(is_throttled(&try_with(&service, "alice", PASSWORD, stolen.as_ref())));
}

/// Thief and owner have the same token, and the owner signs in with it after every third guess of the thief's.
#[test]
fn a_copy_of_a_device_token_gains_nothing_by_its_owners_success() {
    let bench = Bench::new();
    let service = bench.service();
    register(&service, "alice").unwrap();
    let shared = login(&service, "alice", PASSWORD).unwrap().device_token;
    // Strangers are blocked, so that what is looked at is the device's own.
    for _ in 0..200 {
        let _ = login(&service, "alice", WRONG);
        bench.clock.advance(Duration::from_secs(3_600));
    }
    let (mut guesses, mut own) = (0, None);
    for round in 0..30 {
        let checks = bench.hasher.checks();
        assert!(try_with(&service, "alice", WRONG, shared.as_ref()).is_err());
        guesses += bench.hasher.checks() - checks;
        if round % 3 == 2 && guesses < 10 {
            own = try_with(&service, "alice", PASSWORD, shared.as_ref()).unwrap().device_token;
        }
        bench.clock.advance(Duration::from_secs(86_400));
    }
    assert_eq!(guesses, 10, "on whichever day, and whatever the owner does");
    // What the thief did with the old token does not concern the owner's new one.
    for _ in 0..9 {
        assert_eq!(try_with(&service, "alice", WRONG, own.as_ref()).unwrap_err(), LoginError::InvalidCredentials);
    }
    try_with(&service, "alice", PASSWORD, own.as_ref()).unwrap();
}

#[test]
fn a_device_that_failed_too_often_counts_as_unknown_and_success_makes_it_another() {
    let bench = Bench::new();
    let service = bench.service();
    let user = register(&service, "alice").unwrap();
    let device = login(&service, "alice", PASSWORD).unwrap().device_token;
    for _ in 0..10 {
        try_with(&service, "alice", WRONG, device.as_ref()).unwrap_err();
    }
    assert_eq!(tally(&bench, &user), None, "the account's own count is untouched");
    try_with(&service, "alice", WRONG, device.as_ref()).unwrap_err();
    assert_eq!(tally(&bench, &user).map(|tally| tally.failures), Some(1));
    let next = try_with(&service, "alice", PASSWORD, device.as_ref()).unwrap().device_token;
    for _ in 0..10 {
        try_with(&service, "alice", WRONG, next.as_ref()).unwrap_err();
    }
    assert_eq!(tally(&bench, &user).map(|tally| (tally.failures, tally.day_count)), Some((0, 1)));
}

#[test]
fn success_gives_a_device_no_guess_back() {
    let bench = Bench::new();
    let service = bench.service();
    let user = register(&service, "alice").unwrap();
    let device = login(&service, "alice", PASSWORD).unwrap().device_token;
    for _ in 0..3 {
        for _ in 0..3 {
            try_with(&service, "alice", WRONG, device.as_ref()).unwrap_err();
        }
        // The owner, who keeps the token that somebody has a copy of.
        try_with(&service, "alice", PASSWORD, device.as_ref()).unwrap();
    }
    try_with(&service, "alice", WRONG, device.as_ref()).unwrap_err();
    assert_eq!(tally(&bench, &user), None, "ten of the device's own");
    try_with(&service, "alice", WRONG, device.as_ref()).unwrap_err();
    assert_eq!(tally(&bench, &user).map(|tally| tally.failures), Some(1), "and the next one is a stranger's");
}

/// And what is lifted is lifted for it at once.
#[test]
fn a_device_that_failed_too_often_is_refused_by_memory_like_a_stranger() {
    let bench = Bench::new();
    let service = bench.service();
    register(&service, "alice").unwrap();
    let device = login(&service, "alice", PASSWORD).unwrap().device_token;
    for _ in 0..10 {
        try_with(&service, "alice", WRONG, device.as_ref()).unwrap_err();
    }
    for _ in 0..6 {
        login(&service, "alice", WRONG).unwrap_err();
    }
    assert!(is_throttled(&try_with(&service, "alice", PASSWORD, device.as_ref())), "told by the store");
    bench.store.fail_at(0);
    let checks = bench.hasher.checks();
    for _ in 0..1_000 {
        assert!(is_throttled(&try_with(&service, "alice", PASSWORD, device.as_ref())), "and from then on by memory");
    }
    assert_eq!((bench.store.steps(), bench.hasher.checks()), (0, checks));
    service.unlock("alice", &RequestContext::system()).unwrap();
    try_with(&service, "alice", PASSWORD, device.as_ref()).unwrap();
}

/// Silently: no answer tells whose token it was.
#[test]
fn a_token_of_another_account_or_of_an_old_password_or_too_old_counts_as_none() {
    let bench = Bench::new();
    let service = bench.service();
    let alice = register(&service, "alice").unwrap();
    register(&service, "mallory").unwrap();
    let is_counted_as_a_strangers = |token: Option<&Secret>| {
        let before = tally(&bench, &alice).map_or(0, |tally| tally.failures);
        let answer = try_with(&service, "alice", WRONG, token);
        assert_eq!(answer.unwrap_err(), LoginError::InvalidCredentials);
        tally(&bench, &alice).map(|tally| tally.failures) == Some(before + 1)
    };
    let of_another = login(&service, "mallory", PASSWORD).unwrap().device_token;
    assert!(is_counted_as_a_strangers(of_another.as_ref()));
    assert!(is_counted_as_a_strangers(Some(&Secret::new("auth_dt_junk"))));

    let signed_in = login(&service, "alice", PASSWORD).unwrap();
    assert!(!is_counted_as_a_strangers(signed_in.device_token.as_ref()), "positive control");
    let caller = service.authenticate(signed_in.access_token.expose()).unwrap();
    let (old, new) = (Password::new(PASSWORD), Password::new("qT8.zzu-41"));
    service.change_password(&caller, &old, &new, &context()).unwrap();
    assert!(is_counted_as_a_strangers(signed_in.device_token.as_ref()));

    let device = login(&service, "alice", "qT8.zzu-41").unwrap().device_token;
    bench.clock.advance(Duration::from_secs(90 * 86_400).checked_sub(Duration::from_micros(1)).unwrap());
    assert!(!is_counted_as_a_strangers(device.as_ref()));
    bench.clock.advance(Duration::from_micros(1));
    assert!(is_counted_as_a_strangers(device.as_ref()));
    // Of a name that nobody has, nobody has a device.
    let of_another = login(&service, "mallory", PASSWORD).unwrap().device_token;
    let answer = try_with(&service, "nobody", WRONG, of_another.as_ref());
    assert_eq!(answer.unwrap_err(), LoginError::InvalidCredentials);
}

/// Whoever changes the password because somebody guesses at it must not be locked out by that.
#[test]
fn a_change_of_password_makes_the_device_that_asks_for_it_known_again() {
    let bench = Bench::new();
    let service = bench.service();
    let alice = register(&service, "alice").unwrap();
    let signed_in = login(&service, "alice", PASSWORD).unwrap();
    let caller = service.authenticate(signed_in.access_token.expose()).unwrap();
    let (old, new) = (Password::new(PASSWORD), Password::new("qT8.zzu-41"));
    let device = service.change_password(&caller, &old, &new, &context()).unwrap();
    for _ in 0..6 {
        let _ = login(&service, "alice", WRONG);
    }
    assert!(is_throttled(&try_with(&service, "alice", "qT8.zzu-41", signed_in.device_token.as_ref())), "the old one");
    let before = tally(&bench, &alice);
    for _ in 0..9 {
        assert_eq!(try_with(&service, "alice", WRONG, device.as_ref()).unwrap_err(), LoginError::InvalidCredentials);
    }
    try_with(&service, "alice", "qT8.zzu-41", device.as_ref()).unwrap();
    assert_eq!(tally(&bench, &alice), before);
}

/// In whatever order they come, and whatever comes beside them; but not if they come by the dozen.
#[test]
fn of_several_device_tokens_the_one_of_this_account_counts() {
    let bench = Bench::new();
    let service = bench.service();
    let alice = register(&service, "alice").unwrap();
    register(&service, "mallory").unwrap();
    let token = |name: &str| login(&service, name, PASSWORD).unwrap().device_token.unwrap();
    let (own, others) = (token("alice"), token("mallory"));
    let try_all = |tokens: Vec<&Secret>| {
        let device_tokens = tokens.into_iter().cloned().collect();
        let credentials = Credentials { device_tokens, ..Credentials::new("alice", Password::new(WRONG)) };
        assert_eq!(service.login(credentials, &context()).unwrap_err(), LoginError::InvalidCredentials);
        tally(&bench, &alice).map_or(0, |tally| tally.failures)
    };
    let junk = Secret::new("auth_dt_junk");
    assert_eq!(try_all(vec![&junk, &others, &own]), 0);
    assert_eq!(try_all(vec![&own, &own, &others]), 0);
    assert_eq!(try_all(vec![&junk, &others]), 1, "positive control");
    assert_eq!(try_all(std::iter::repeat_n(&junk, 7).chain([&own]).collect()), 1);
    assert_eq!(try_all(std::iter::repeat_n(&junk, 8).chain([&own]).collect()), 2, "no more than eight are looked at");
    // Two of one account have ten failures each, in whichever order they are sent.
    let other_own = token("alice");
    let mut failures = Vec::new();
    for round in 0..18 {
        let tokens = if round % 2 == 0 { vec![&own, &other_own] } else { vec![&other_own, &own] };
        failures.push(try_all(tokens));
    }
    assert_eq!(failures[16..], [0, 1], "ten and ten, three of which were spent before");
}

/// Of five that are free to strangers, or ten to a device, none more than that however many come at once.
#[test]
fn guesses_at_once_see_each_other() {
    let bench = Bench::new();
    let service = bench.service();
    register(&service, "alice").unwrap();
    let device = login(&service, "alice", PASSWORD).unwrap().device_token;
    let looked_at = |device: Option<&Secret>| {
        let checks = bench.hasher.checks();
        auth_core::testing::conformance::samples::parallel(50, |_| {
            for _ in 0..10 {
                assert!(try_with(&service, "alice", WRONG, device).is_err());
            }
        });
        bench.hasher.checks() - checks
    };
    assert_eq!(looked_at(None), 5);
    assert_eq!(looked_at(device.as_ref()), 10);
}
