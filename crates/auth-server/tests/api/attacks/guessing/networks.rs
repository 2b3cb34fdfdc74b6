//! By the network that attempts come from.

use super::*;
use crate::helpers::{Connection, Cut, ask, head, hold};
use auth_core::attempts::LimitSettings;
use auth_core::service::ServiceSettings;
use auth_core::testing::MemoryStore;
use std::sync::Arc;

/// A server that counts by address.
fn counting(database: Database) -> Setup {
    let service = ServiceSettings { limits: LimitSettings::default(), ..ServiceSettings::new("https://auth.test") };
    Setup { database, service, ..Setup::default() }
}

fn post_from(app: &TestApp, source: &str, path: &str, body: &serde_json::Value) -> Reply {
    let mut connection = Connection::open_from(source, app.address);
    let body = body.to_string();
    connection.write(&head("POST", path, &[("Content-Type", "application/json")], Some(body.len())));
    connection.write(body.as_bytes());
    connection.read()
}

fn sign_in_from(app: &TestApp, source: &str, name: &str) -> Reply {
    post_from(app, source, TOKEN, &json!({"username": name, "password": "password1"}))
}

on_each_database! {
    /// One password over many accounts: from one address, and from a few of them.
    fn l02_one_password_over_many_accounts_is_tried_as_often_as_an_address_may(database: Database) {
        let app = counting(database).spawn();
        let tried = |sources: usize, tries: usize| {
            let checks = app.hasher.checks();
            let mut refusals = 0;
            for number in 0..tries {
                let source = format!("127.0.1.{}", number % sources + sources);
                let reply = sign_in_from(&app, &source, &format!("user-{number}"));
                refusals += usize::from(reply.status == 429);
                assert!(reply.status == 401 || refused(&reply).is_some_and(|seconds| seconds <= 60));
            }
            assert_eq!(app.hasher.checks() - checks + refusals, tries);
            app.hasher.checks() - checks
        };
        assert_eq!(tried(1, 300), 30);
        assert_eq!(tried(5, 500), 150);
        app.clock.advance(Duration::from_secs(60));
        assert_eq!(tried(1, 100), 30, "a minute later as many again");
    }

    fn l14_one_behind_an_address_does_not_lock_out_the_known_devices_of_the_others(database: Database) {
        let app = counting(database).spawn();
        let post = |source: &str, body: serde_json::Value| post_from(&app, source, TOKEN, &body);
        app.register("alice");
        let known = |source: &str, token: &str| {
            post(source, json!({"username": "alice", "password": PASSWORD, "device_token": token}))
        };
        let first = post("127.0.1.2", json!({"username": "alice", "password": PASSWORD}));
        let device = first.json()["device_token"].as_str().unwrap().to_owned();
        for number in 0..100 {
            sign_in_from(&app, "127.0.1.1", &format!("user-{number}"));
        }
        let stranger = post("127.0.1.1", json!({"username": "alice", "password": PASSWORD}));
        assert_eq!(refused(&stranger), Some(60));
        for _ in 0..5 {
            assert_eq!(known("127.0.1.1", &device).status, 200);
        }
        // Somebody else's is worth nothing there.
        let wrong = json!({"username": "bobby", "password": "wrong", "device_token": device});
        assert_eq!(refused(&post("127.0.1.1", wrong)), Some(60));
    }

    fn registrations_are_counted_by_address_whatever_becomes_of_them(database: Database) {
        let app = counting(database).spawn();
        let register = |source: &str, path: &str, name: &str| {
            post_from(&app, source, path, &json!({"username": name, "password": PASSWORD}))
        };
        assert_eq!(register("127.0.1.1", "/v1/users/register", "alice").status, 201);
        for _ in 0..4 {
            assert_eq!(register("127.0.1.1", "/v1/users/register", "alice").status, 409);
            assert_eq!(register("127.0.1.1", "/users/register", "alice").status, 422);
        }
        assert_eq!(register("127.0.1.1", "/users/register", "bobby").status, 201);
        let hashes = app.hasher.hashes();
        for path in ["/v1/users/register", "/users/register"] {
            for _ in 0..5 {
                let reply = register("127.0.1.1", path, "carol");
                reply.problem(429, "too_many_attempts");
                assert_eq!(reply.header("retry-after"), Some("3600"));
            }
        }
        assert_eq!(app.hasher.hashes(), hashes);
        assert_eq!(app.metric("auth_rate_limited_total{limiter=\"register_address\"}").to_string(), "10");
        assert_eq!(register("127.0.1.2", "/v1/users/register", "carol").status, 201);
        app.clock.advance(Duration::from_secs(3_600));
        assert_eq!(register("127.0.1.1", "/v1/users/register", "david").status, 201);
    }
}

/// Of a million keys the memory keeps 65,536 (`l11_a_million_keys_take_bounded_memory_and_hot_ones_stay` in the core); here
/// a refusal is shown to cost no transaction, and so no row.
#[test]
fn l11_whoever_is_refused_takes_no_row_no_queue_and_no_hash() {
    let store = Cut::new(Arc::new(MemoryStore::new()));
    let setup = counting(Database::Memory);
    let app = Setup { store: Some(store.clone()), queue_limit: 1, hashing_threads: 1, ..setup }.spawn();
    for number in 0..31 {
        sign_in_from(&app, "127.0.1.1", &format!("user-{number}"));
    }
    // The lane is full: whoever is not refused before it is told that it is busy.
    app.service.unlock("nobody", &RequestContext::system()).unwrap_err();
    let (_first, _release) = hold(&app);
    let _second = ask(Connection::open(app.address));
    let (runs, checks) = (store.runs(), app.hasher.checks());
    for number in 0..500 {
        assert!(refused(&sign_in_from(&app, "127.0.1.1", &format!("other-{number}"))).is_some());
    }
    assert_eq!((store.runs(), app.hasher.checks()), (runs, checks));
}
