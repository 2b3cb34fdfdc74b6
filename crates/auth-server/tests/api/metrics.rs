//! `/metrics` and `/version` of the listener for operators. Each number is seen to move.
#![expect(clippy::float_cmp, reason = "whole numbers, and one binary fraction")]

use auth_core::StoreExt as _;
use auth_core::password::PasswordHash;
use auth_core::service::RegistrationMode;
use auth_core::service::ServiceSettings;
use auth_core::testing::conformance::samples::user;
use auth_core::testing::{FaultyStore, MemoryStore};
use auth_core::time::Clock as _;
use auth_core::user::{AccountState, Added, CanonicalName};
use auth_storage::testing::SqliteFile;
use auth_storage::{StorageSettings, open};
use serde_json::json;

use crate::helpers::{Connection, Database, PASSWORD, Setup, ask, head, hold, spawn_app};

#[test]
fn requests_are_timed_by_method_route_and_status_and_never_by_path() {
    let app = spawn_app(Database::Memory);
    app.register("alice");
    let token = app.token("alice");
    let count = |method, route, status| {
        let labels = format!("{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}}");
        app.metric(&format!("auth_http_request_duration_seconds_count{labels}"))
    };
    assert_eq!(app.get_as("/v1/users/me", &token).status, 200);
    assert_eq!(app.get("/v1/users/me").status, 401);
    for _ in 0..3 {
        assert_eq!(app.get("/canary/path?canary=1").status, 404);
    }
    let path = "/v1/users/me/sessions/019a4f5e-7b3c-7d1e-8f2a-3b4c5d6e7f80";
    assert_eq!(app.send_as("DELETE", path, &token, None).status, 404);
    assert_eq!(app.request("CANARY", "/livez", &[], b"").status, 405);
    assert_eq!(count("GET", "/v1/users/me", 200), 1.0);
    assert_eq!(count("GET", "/v1/users/me", 401), 1.0);
    assert_eq!(count("GET", "unmatched", 404), 3.0);
    assert_eq!(count("DELETE", "/v1/users/me/sessions/{id}", 404), 1.0);
    assert_eq!(count("other", "/livez", 405), 1.0);
    let text = app.metrics();
    assert!(!text.to_lowercase().contains("canary") && !text.contains("019a4f5e"), "{text}");
    assert!(text.ends_with("# EOF\n"), "{text}");
}

#[test]
fn sign_ins_registrations_and_tokens_are_counted_by_what_came_of_them() {
    let app = spawn_app(Database::Memory);
    let sign_in = |outcome| app.metric(&format!("auth_sign_in_total{{method=\"password\",outcome=\"{outcome}\"}}"));
    let registration = |outcome| app.metric(&format!("auth_registrations_total{{outcome=\"{outcome}\"}}"));
    let tokens = |grant| app.metric(&format!("auth_tokens_issued_total{{grant=\"{grant}\"}}"));
    app.register("alice");
    app.post_json("/users/register", &json!({"username": "alice", "password": PASSWORD}))
        .problem(422, "username_taken");
    app.post_json("/v1/users/register", &json!({"username": "b", "password": PASSWORD}));
    assert_eq!((registration("registered"), registration("username_taken"), registration("invalid")), (1.0, 1.0, 1.0));

    let first = app.tokens("alice");
    let second = app.tokens("alice");
    assert_eq!(app.sign_in("alice", "wrong password").status, 401);
    assert_eq!(app.sign_in("nobody", PASSWORD).status, 401);
    let alice = app.store.read(|tx| tx.users().by_name(&CanonicalName::of("alice"))).unwrap().unwrap();
    app.store.write(|tx| tx.users().set_state(alice.id, AccountState::Disabled, app.clock.now())).unwrap();
    assert_eq!(app.sign_in("alice", PASSWORD).status, 403);
    assert_eq!((sign_in("signed_in"), sign_in("invalid_credentials"), sign_in("account_disabled")), (2.0, 2.0, 1.0));

    app.store.write(|tx| tx.users().set_state(alice.id, AccountState::Active, app.clock.now())).unwrap();
    let next = app.refresh(&first.refresh).json()["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(app.refresh(&next).status, 200);
    assert_eq!((tokens("password"), tokens("refresh_token")), (2.0, 2.0));
    assert_eq!(app.metric("auth_refresh_reuse_total{cause=\"reused\"}"), 0.0);
    app.refresh(&first.refresh).problem(401, "refresh_token_reused");
    assert_eq!(app.metric("auth_refresh_reuse_total{cause=\"reused\"}"), 1.0);
    assert_eq!(app.refresh("junk").status, 401);
    assert_eq!((tokens("password"), tokens("refresh_token")), (2.0, 2.0));
    drop(second);
}

#[test]
fn a_store_that_fails_is_an_outcome_and_so_is_a_closed_door() {
    let store = std::sync::Arc::new(FaultyStore::new(std::sync::Arc::new(MemoryStore::new())));
    let service =
        ServiceSettings { registration: RegistrationMode::Closed, ..ServiceSettings::new("https://auth.test") };
    let app = Setup { store: Some(store.clone()), service, ..Setup::default() }.spawn();
    app.post_json("/v1/users/register", &json!({"username": "alice", "password": PASSWORD}))
        .problem(403, "registration_closed");
    store.fail_at(1);
    app.sign_in("alice", PASSWORD).problem(503, "unavailable");
    assert_eq!(app.metric("auth_registrations_total{outcome=\"closed\"}"), 1.0);
    assert_eq!(app.metric("auth_sign_in_total{method=\"password\",outcome=\"unavailable\"}"), 1.0);
}

#[test]
fn hashes_are_timed_by_scheme_and_use_and_the_queue_shows_what_waits() {
    let app = Setup { queue_limit: 1, hashing_threads: 1, ..Setup::default() }.spawn();
    let hashes =
        |scheme, op| app.metric(&format!("auth_password_hash_seconds_count{{scheme=\"{scheme}\",op=\"{op}\"}}"));
    app.register("alice");
    app.token("alice");
    app.sign_in("nobody", PASSWORD);
    assert_eq!((hashes("argon2id", "hash"), hashes("other", "verify"), hashes("argon2id", "decoy")), (1.0, 1.0, 1.0));

    assert_eq!(app.metric("auth_hash_wait_seconds_count"), 3.0);
    let (mut first, release) = hold(&app);
    assert_eq!(app.metric("auth_hash_queue_depth"), 0.0);
    let mut second = ask(Connection::open(app.address));
    while app.state.hashing.depth() == 0 {
        std::thread::yield_now();
    }
    assert_eq!(app.metric("auth_hash_queue_depth"), 1.0);
    assert_eq!(app.metric("auth_hash_queue_limit"), 1.0);
    assert_eq!(app.sign_in("alice", PASSWORD).status, 503);
    assert_eq!(app.metric("auth_hash_rejected_total{cause=\"full\"}"), 1.0);
    drop(release);
    assert_eq!((first.read().status, second.read().status), (200, 200));
    app.state.metrics.set_capacity(12.5);
    assert_eq!(app.metric("auth_hash_capacity"), 12.5);
}

#[test]
fn connections_are_counted_by_state_and_waiting_for_them_is_timed() {
    let file = SqliteFile::new().unwrap();
    let mut settings = StorageSettings::new(file.url());
    settings.pool_size = Some(4);
    let store = open(settings).unwrap();
    store.migrate().unwrap();
    let shared = std::sync::Arc::new(store.clone());
    let app = Setup { store: Some(shared), pools: Some(store.clone()), ..Setup::default() }.spawn();
    app.register("alice");
    let of = |pool, state| app.metric(&format!("auth_db_pool_connections{{pool=\"{pool}\",state=\"{state}\"}}"));
    assert_eq!((of("writer", "idle"), of("writer", "used"), of("writer", "unopened")), (1.0, 0.0, 0.0));
    assert_eq!(of("readers", "used") + of("readers", "idle") + of("readers", "unopened"), 4.0);
    let used = store.read(|_| Ok::<_, auth_core::StoreError>(of("readers", "used"))).unwrap();
    assert_eq!(used, 1.0);
    let before = app.metric("auth_db_pool_wait_seconds_count");
    assert!(before > 0.0);
    assert_eq!(app.get("/readyz").status, 200);
    assert!(app.metric("auth_db_pool_wait_seconds_count") > before);
}

#[test]
fn the_build_is_told_and_nothing_else_is_served_there() {
    let app = spawn_app(Database::Memory);
    let version = env!("CARGO_PKG_VERSION");
    assert!(app.metrics().contains(&format!("auth_build_info{{version=\"{version}\",profile=\"debug\"}} 1")));
    let ask = |path| {
        let mut connection = Connection::open(app.ops);
        connection.write(&head("GET", path, &[], None));
        connection.read()
    };
    assert_eq!(ask("/version").json(), json!({"version": version, "profile": "debug"}));
    assert_eq!(ask("/v1/users/me").status, 404);
    assert_eq!(app.get("/metrics").status, 404, "clients do not see them");
}

#[test]
fn accounts_with_old_hashes_are_counted_by_scheme() {
    let app = spawn_app(Database::Memory);
    let users = |scheme| app.metric(&format!("auth_legacy_hash_users{{scheme=\"{scheme}\"}}"));
    let hashes = [
        "$2b$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2a$12$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "pbkdf2_sha1$260000$seasalt2$wAibXvW6jgvatCdONi6SMJ6q7mI=",
        "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "junk",
    ];
    for (number, hash) in (1..).zip(hashes) {
        let account = user(number, &format!("account{number}"));
        app.store
            .write(|tx| {
                assert_eq!(tx.users().insert(&account)?, Added::Added);
                tx.passwords().insert(account.id, &PasswordHash::new(hash), account.created_at)
            })
            .unwrap();
    }
    assert_eq!(users("bcrypt"), 0.0, "not counted yet");
    app.service.count_hashes().unwrap();
    assert_eq!((users("bcrypt"), users("pbkdf2-sha1"), users("argon2id")), (2.0, 1.0, 0.0));
}
