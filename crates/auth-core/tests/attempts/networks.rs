//! Attempts by the networks that they come from.

use super::*;
use crate::support::{ISSUER, PASSWORD, register};
use auth_core::service::{RegisterError, Registration, ServiceSettings};

fn login_from(service: &AuthService, name: &str, password: &str, address: &str) -> Result<SignedIn, LoginError> {
    known_from(service, name, password, None, address)
}

fn known_from(
    service: &AuthService,
    name: &str,
    password: &str,
    device: Option<&Secret>,
    address: &str,
) -> Result<SignedIn, LoginError> {
    service
        .login(credentials(name, password, device), &from(address))
        .map(|LoginOutcome::SignedIn(signed_in)| signed_in)
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
    bench.clock.advance(Duration::from_secs(12));
    let Err(LoginError::Throttled(later)) = login_from(&service, "alice", PASSWORD, "192.0.2.7") else { panic!() };
    assert_eq!(later.retry_after, Some(Duration::from_secs(500)), "also when the account would be asked for again");
    bench.clock.advance(Duration::from_secs(500));
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

/// Behind one address are many: what one of them does locks out none of the others who have been here before.
#[test]
fn a_known_device_is_counted_by_its_network_and_not_refused_for_it() {
    const OFFICE: &str = "192.0.2.7";
    let bench = Bench::new();
    let (service, other) = (bench.service(), bench.service());
    register(&service, "alice").unwrap();
    let device = login_from(&service, "alice", PASSWORD, "198.51.100.7").unwrap().device_token;
    assert_eq!(looked_at(&bench, &service, 100, |_| OFFICE.to_owned()), 30);
    assert!(is_throttled(&login_from(&service, "alice", PASSWORD, OFFICE)), "a stranger has to wait");
    // By memory and by the store, with a wrong password and with the right one.
    for service in [&service, &other] {
        let known = credentials("alice", PASSWORD, device.as_ref());
        assert_eq!(service.admits_sign_in(&known, &from(OFFICE)), Ok(()));
        let answer = known_from(service, "alice", WRONG, device.as_ref(), OFFICE);
        assert_eq!(answer.unwrap_err(), LoginError::InvalidCredentials);
        known_from(service, "alice", PASSWORD, device.as_ref(), OFFICE).unwrap();
    }
    assert!(is_throttled(&login_from(&service, "alice", PASSWORD, OFFICE)));
    // A minute later the office has as many again: those four were counted in the hour, where strangers have 300.
    let mut strangers = 30;
    while strangers < 296 {
        bench.clock.advance(Duration::from_secs(60));
        strangers += looked_at(&bench, &service, 100, |_| OFFICE.to_owned());
    }
    assert_eq!(strangers, 296, "and four of a device that is known");
}

/// Whoever has accounts of his own has devices that they know.
#[test]
fn known_devices_of_one_network_have_ten_times_its_limit_and_no_more() {
    const OFFICE: &str = "2001:db8:1:2::7";
    let bench = Bench::new();
    let service = bench.service();
    register(&service, "mallory").unwrap();
    let mut device = login_from(&service, "mallory", PASSWORD, OFFICE).unwrap().device_token;
    let mut signed_in = 1;
    let told = loop {
        match known_from(&service, "mallory", PASSWORD, device.as_ref(), OFFICE) {
            Ok(next) => device = next.device_token,
            Err(LoginError::Throttled(told)) => break told,
            Err(other) => panic!("{other:?}"),
        }
        signed_in += 1;
        assert!(signed_in <= 300, "there is no end of it");
    };
    assert_eq!((signed_in, told.limiter), (300, Limiter::LoginAddress));
    assert_eq!(told.retry_after, Some(Duration::from_secs(60)));
    bench.store.fail_at(0);
    for _ in 0..100 {
        let again = known_from(&service, "mallory", PASSWORD, device.as_ref(), OFFICE);
        assert_eq!(again.unwrap_err(), LoginError::Throttled(told), "by memory from then on");
    }
    assert_eq!(bench.store.steps(), 0);
    bench.clock.advance(Duration::from_secs(60));
    known_from(&service, "mallory", PASSWORD, device.as_ref(), OFFICE).unwrap();
}

/// Nor does one that failed too often; and whoever shows one costs a look into the store in five seconds and not more.
#[test]
fn a_device_of_another_account_is_no_way_around_the_limit_of_a_network() {
    const OFFICE: &str = "192.0.2.7";
    let bench = Bench::new();
    let service = bench.service();
    for name in ["alice", "mallory"] {
        register(&service, name).unwrap();
    }
    let device = login_from(&service, "mallory", PASSWORD, "198.51.100.7").unwrap().device_token;
    assert_eq!(looked_at(&bench, &service, 100, |_| OFFICE.to_owned()), 30);
    let checks = bench.hasher.checks();
    for _ in 0..3 {
        assert!(is_throttled(&known_from(&service, "alice", PASSWORD, device.as_ref(), OFFICE)));
        bench.store.fail_at(0);
        for number in 0..100 {
            let name = format!("user-{number}");
            assert!(is_throttled(&known_from(&service, &name, PASSWORD, device.as_ref(), OFFICE)));
        }
        assert_eq!((bench.store.steps(), bench.hasher.checks()), (0, checks));
        bench.clock.advance(Duration::from_secs(5));
    }
    known_from(&service, "mallory", PASSWORD, device.as_ref(), OFFICE).unwrap();
    for _ in 0..10 {
        known_from(&service, "mallory", WRONG, device.as_ref(), OFFICE).unwrap_err();
    }
    let checks = bench.hasher.checks();
    assert!(is_throttled(&known_from(&service, "mallory", PASSWORD, device.as_ref(), OFFICE)));
    assert_eq!(bench.hasher.checks(), checks, "its ten failures are spent");
}
