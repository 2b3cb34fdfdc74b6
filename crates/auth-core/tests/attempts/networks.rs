//! Attempts by the networks that they come from.

use super::*;
use crate::support::{ISSUER, PASSWORD, register};
use auth_core::service::{RegisterError, Registration, ServiceSettings};

fn login_from(service: &AuthService, name: &str, password: &str, address: &str) -> Result<SignedIn, LoginError> {
    let credentials = Credentials::new(name, Password::new(password));
    service.login(credentials, &from(address)).map(|LoginOutcome::SignedIn(signed_in)| signed_in)
}

/// Another name each time, so that no account's own limit is met.
fn looked_at(bench: &Bench, service: &AuthService, tries: usize, address: impl Fn(usize) -> String) -> usize {
    let checks = bench.hasher.checks();
    for number in 0..tries {
        let _ = login_from(service, &format!("user-{number}"), WRONG, &address(number));
    }
    bench.hasher.checks() - checks
}

#[test]
fn thirty_a_minute_and_three_hundred_an_hour_from_one_address() {
    let bench = Bench::new();
    let service = bench.service();
    for minute in 0..10 {
        assert_eq!(looked_at(&bench, &service, 100, |_| "192.0.2.7".to_owned()), 30, "minute {minute}");
        bench.clock.advance(Duration::from_secs(60));
    }
    let Err(LoginError::Throttled(told)) = login_from(&service, "alice", WRONG, "::ffff:192.0.2.7") else {
        panic!("the hour is spent, in IPv6's clothes as well");
    };
    assert_eq!((told.limiter, told.retry_after), (Limiter::LoginAddress, Some(Duration::from_secs(3_000))));
    assert_eq!(looked_at(&bench, &service, 40, |_| "192.0.2.8".to_owned()), 30, "a neighbour is another");
    bench.clock.advance(Duration::from_secs(3_000));
    let answer = login_from(&service, "alice", WRONG, "192.0.2.7");
    assert_eq!(answer.unwrap_err(), LoginError::InvalidCredentials, "to wait as long as told is enough");
}

#[test]
fn ipv6_is_counted_by_the_customers_network_and_by_the_sites() {
    let bench = Bench::new();
    let service = bench.service();
    let within = |number: usize| format!("2001:db8:1:2:{number:x}::1");
    assert_eq!(looked_at(&bench, &service, 100, within), 30, "addresses of one network are one");
    let across = |number: usize| format!("2001:db8:1:{:x}::1", number + 16);
    assert_eq!(looked_at(&bench, &service, 1_000, across), 270, "ten times as many in all");
    assert_eq!(looked_at(&bench, &service, 40, |_| "2001:db8:2::1".to_owned()), 30);
}

#[test]
fn exempt_networks_are_not_counted_by_address_and_accounts_are_all_the_same() {
    let bench = Bench::new();
    let mut settings = ServiceSettings::new(ISSUER);
    settings.limits.exempt = vec!["192.0.2.0/24".parse().unwrap()];
    let service = bench.builder().settings(settings).build().unwrap();
    assert_eq!(looked_at(&bench, &service, 100, |_| "192.0.2.7".to_owned()), 100);
    assert_eq!(looked_at(&bench, &service, 100, |_| "198.51.100.7".to_owned()), 30);
    register(&service, "alice").unwrap();
    let checks = bench.hasher.checks();
    for _ in 0..20 {
        let _ = login_from(&service, "alice", WRONG, "192.0.2.7");
    }
    assert_eq!(bench.hasher.checks() - checks, 5);
}

/// Whatever becomes of it: a refusal has told something as well.
#[test]
fn ten_registrations_an_hour_from_one_address() {
    let bench = Bench::new();
    let service = bench.service();
    let register = |name: &str, password: &str, address: &str| {
        let registration = Registration { username: name.to_owned(), password: Password::new(password) };
        service.register(registration, &from(address))
    };
    register("alice", PASSWORD, "192.0.2.7").unwrap();
    for _ in 0..4 {
        assert_eq!(register("alice", PASSWORD, "192.0.2.7"), Err(RegisterError::UsernameTaken));
        assert!(matches!(register("bob", "short", "192.0.2.7"), Err(RegisterError::Invalid { .. })));
    }
    register("bob", PASSWORD, "192.0.2.7").unwrap();
    let (hashes, hour) = (bench.hasher.hashes(), Duration::from_secs(3_600));
    for _ in 0..100 {
        let throttled = Throttled { limiter: Limiter::RegisterAddress, retry_after: Some(hour) };
        assert_eq!(register("carol", PASSWORD, "192.0.2.7"), Err(RegisterError::Throttled(throttled)));
        assert_eq!(service.admits_registration(&from("192.0.2.7")), Err(throttled));
    }
    assert_eq!(bench.hasher.hashes(), hashes);
    register("carol", PASSWORD, "192.0.2.8").unwrap();
    login_from(&service, "alice", PASSWORD, "192.0.2.7").unwrap();
    bench.clock.advance(hour);
    register("dave", PASSWORD, "192.0.2.7").unwrap();
}

/// Whoever is refused for his address hears the longer of the two waits; to wait less would be in vain.
#[test]
fn of_two_limits_the_longer_wait_is_told() {
    let bench = Bench::new();
    let service = bench.service();
    register(&service, "alice").unwrap();
    for _ in 0..14 {
        while is_throttled(&crate::support::login(&service, "alice", WRONG)) {
            bench.clock.advance(Duration::from_secs(1));
        }
    }
    assert_eq!(looked_at(&bench, &service, 30, |_| "192.0.2.7".to_owned()), 30);
    let Err(LoginError::Throttled(told)) = login_from(&service, "alice", PASSWORD, "192.0.2.7") else { panic!() };
    assert_eq!((told.limiter, told.retry_after), (Limiter::LoginAddress, Some(Duration::from_secs(512))));
    let Err(LoginError::Throttled(again)) = login_from(&service, "alice", PASSWORD, "192.0.2.7") else { panic!() };
    assert_eq!(again, told, "by memory as by the store");
    bench.clock.advance(Duration::from_secs(512));
    login_from(&service, "alice", PASSWORD, "192.0.2.7").unwrap();
}

/// Counts are shared by all instances, and a restart forgets none.
#[test]
fn l12_another_instance_and_a_restart_go_on_where_the_first_one_was() {
    let bench = Bench::new();
    let (one, other) = (bench.service(), bench.service());
    register(&one, "alice").unwrap();
    let checks = bench.hasher.checks();
    for number in 0..100 {
        let service = if number % 2 == 0 { &one } else { &other };
        let _ = login_from(service, "alice", WRONG, "192.0.2.7");
    }
    assert_eq!(bench.hasher.checks() - checks, 5);
    assert_eq!(looked_at(&bench, &one, 10, |_| "192.0.2.7".to_owned()), 10);
    let restarted = bench.service();
    assert_eq!(looked_at(&bench, &restarted, 100, |_| "192.0.2.7".to_owned()), 15, "thirty in all");
    assert!(is_throttled(&login_from(&restarted, "alice", WRONG, "198.51.100.7")));
}
