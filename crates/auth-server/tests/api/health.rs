//! `/livez`, `/readyz`, `/healthz`.

use std::sync::Arc;

use auth_core::testing::{FaultyStore, MemoryStore};
use auth_server::state::HealthCheck;
use serde_json::json;

use crate::helpers::{Database, Setup, on_each_database, spawn_app};

on_each_database! {
    fn a_server_that_is_well_says_so(database: Database) {
        let app = spawn_app(database);
        assert_eq!(app.get("/livez").json(), json!({"status": "ok"}));
        for path in ["/readyz", "/healthz"] {
            let checks = json!({"database": "ok", "endings": "ok", "hash_queue": "ok", "signing_key": "ok"});
            assert_eq!(app.get(path).json(), json!({"status": "ok", "checks": checks}));
        }
    }
}

#[test]
fn a_database_that_is_gone_is_named_and_does_not_end_the_process() {
    let store = Arc::new(FaultyStore::new(Arc::new(MemoryStore::new())));
    let app = Setup { store: Some(Arc::clone(&store) as _), ..Setup::default() }.spawn();
    for path in ["/readyz", "/healthz"] {
        store.fail_at(1);
        let reply = app.get(path);
        let problem = reply.problem(503, "not_ready");
        assert_eq!(
            problem["checks"],
            json!({"database": "failed", "endings": "ok", "hash_queue": "ok", "signing_key": "ok"})
        );
        assert_eq!(reply.header("retry-after"), Some("5"));
        assert!(!reply.text().contains("told to fail"), "the store's words are for the log");
    }
    assert_eq!(app.get("/livez").status, 200);
    assert_eq!(app.get("/readyz").status, 200, "it recovers by itself");
}

#[test]
fn checks_of_the_operators_own_are_asked_too() {
    let failing =
        HealthCheck { name: "schema_version", probe: Arc::new(|| Err("one migration is missing".to_owned())) };
    let app = Setup { checks: vec![failing], ..Setup::default() }.spawn();
    let problem = app.get("/readyz").problem(503, "not_ready");
    assert_eq!(problem["checks"]["schema_version"], "failed");
    assert_eq!(problem["checks"]["database"], "ok");
}

#[test]
fn a_check_that_panics_is_a_check_that_failed() {
    let failing = HealthCheck { name: "broken", probe: Arc::new(|| panic!("on purpose")) };
    let app = Setup { checks: vec![failing], ..Setup::default() }.spawn();
    app.get("/readyz").problem(503, "not_ready");
    assert_eq!(app.get("/livez").status, 200);
}

#[test]
fn an_instance_that_hears_nothing_of_endings_is_not_ready() {
    let bound = std::time::Duration::from_secs(10);
    let app = Setup { revocation_bound: bound, ..Setup::default() }.spawn();
    assert_eq!(app.get("/readyz").json()["checks"]["endings"], "ok");
    app.clock.advance(bound);
    assert_eq!(app.get("/readyz").status, 200);
    app.clock.advance(std::time::Duration::from_micros(1));
    assert_eq!(app.get("/readyz").problem(503, "not_ready")["checks"]["endings"], "failed");
}

#[test]
fn a_key_ring_that_signs_nothing_is_not_ready() {
    let app = Setup::default().spawn();
    app.state.keys.replace(auth_core::token::KeyRing::of(Vec::new()));
    assert_eq!(app.get("/readyz").problem(503, "not_ready")["checks"]["signing_key"], "failed");
}
