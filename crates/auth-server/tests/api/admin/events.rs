//! The audit log, as administrators read it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_core::Store;
use auth_core::audit::EventKind;
use auth_core::testing::MemoryStore;
use auth_server::worker::WorkerSettings;
use serde_json::{Value, json};

use super::{EVENTS, STATS, admin, patch, read, records};
use crate::helpers::{Database, PASSWORD, Setup, on_each_database, spawn_app};

fn kinds(page: &Value) -> Vec<&str> {
    page["data"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect()
}

on_each_database! {
    fn events_are_found_by_account_kind_and_time(database: Database) {
        let app = spawn_app(database);
        let root = admin(&app, "carol");
        let tick = || app.clock.advance(Duration::from_secs(60));
        tick();
        let id = app.register("alice")["id"].as_str().unwrap().to_owned();
        tick();
        let tokens = app.tokens("alice");
        tick();
        app.sign_in("alice", "wrong horse battery").problem(401, "invalid_credentials");
        tick();
        app.sign_in("nobody", PASSWORD).problem(401, "invalid_credentials");
        let all = read(&app, &root, EVENTS);
        assert_eq!(&kinds(&all)[..4], ["sign_in_refused", "sign_in_refused", "signed_in", "user_registered"]);
        let signed_in = &all["data"][2];
        assert_eq!((signed_in["user_id"].as_str(), signed_in["session_id"].as_str()), (Some(&*id), Some(&*tokens.session())));
        assert_eq!((&signed_in["actor"], &signed_in["ip"], &signed_in["detail"]), (&json!("client"), &json!("127.0.0.1"), &json!(null)));
        assert_eq!(signed_in["at"], "2026-11-23T10:02:00Z");
        assert_eq!((&all["data"][0]["detail"], &all["data"][0]["user_id"]), (&json!("unknown_user"), &json!(null)));

        let of = |query: &str| read(&app, &root, &format!("{EVENTS}?{query}"));
        assert_eq!(kinds(&of(&format!("user_id={id}"))), ["sign_in_refused", "signed_in", "user_registered"]);
        assert_eq!(kinds(&of(&format!("user_id={id}&kind=signed_in"))), ["signed_in"]);
        assert_eq!(kinds(&of("kind=sign_in_refused&limit=1")), ["sign_in_refused"]);
        assert_eq!(kinds(&of("from=2026-11-23T10:03:00Z")), ["sign_in_refused"; 2]);
        assert_eq!(kinds(&of("from=2026-11-23T10:01:00Z&until=2026-11-23T10:03:00Z")), ["signed_in", "user_registered"]);
        assert_eq!(kinds(&of("from=2026-11-23T12:01:00%2B02:00&until=2026-11-23T10:03:00Z")), ["signed_in", "user_registered"]);
        assert_eq!(kinds(&of("until=1999-01-01T00:00:00Z")), Vec::<&str>::new());
        assert_eq!(kinds(&of("kind=root_key_dropped")), Vec::<&str>::new());
    }

    fn accounts_and_sessions_are_counted(database: Database) {
        let app = spawn_app(database);
        let root = admin(&app, "carol");
        assert_eq!(read(&app, &root, STATS), json!({"users": {"active": 1, "disabled": 0}, "sessions": {"open": 1}}));
        let id = app.register("alice")["id"].as_str().unwrap().to_owned();
        app.tokens("alice");
        app.tokens("alice");
        assert_eq!(read(&app, &root, STATS), json!({"users": {"active": 2, "disabled": 0}, "sessions": {"open": 3}}));
        patch(&app, &root, &id, &json!({"state": "disabled"}));
        assert_eq!(read(&app, &root, STATS), json!({"users": {"active": 1, "disabled": 1}, "sessions": {"open": 1}}));
    }

    /// Retention, by what the worker calls.
    fn events_are_kept_for_as_long_as_the_configuration_says(database: Database) {
        let app = spawn_app(database);
        app.register("alice");
        app.clock.advance(Duration::from_secs(364 * 86_400));
        app.register("bobby");
        let of_alice = app.store.clone();
        let count = move || auth_core::StoreExt::read(of_alice.as_ref(), |tx| tx.audit().list(None, 100)).unwrap().len();
        assert_eq!((app.service.forget_old_events(), count()), (Ok(0), 3), "a key and two accounts");
        app.clock.advance(Duration::from_secs(86_400));
        assert_eq!((app.service.forget_old_events(), count()), (Ok(0), 3), "a year to the microsecond");
        app.clock.advance(Duration::from_micros(1));
        assert_eq!((app.service.forget_old_events(), count()), (Ok(2), 1));
    }
}

/// The worker forgets by itself what is older than a year.
#[test]
fn the_clean_up_removes_old_events() {
    let pace = WorkerSettings { poll: Duration::from_millis(2), cleanup: Duration::from_millis(2) };
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let app = Setup { store: Some(Arc::clone(&store)), worker: Some((store, pace)), ..Setup::default() }.spawn();
    app.register("alice");
    app.clock.advance(Duration::from_secs(366 * 86_400));
    let patience = Instant::now() + Duration::from_secs(30);
    // The keys of the year that has passed leave lines of their own.
    while records(&app).iter().any(|record| record.event.kind() == EventKind::UserRegistered) {
        assert!(Instant::now() < patience, "they are never removed");
        std::thread::yield_now();
    }
}

#[test]
fn what_a_query_asks_wrongly_is_named() {
    let app = spawn_app(Database::Memory);
    let root = admin(&app, "carol");
    for (query, pointer, code) in [
        ("user_id=carol", "/user_id", "not_an_id"),
        ("kind=everything", "/kind", "unknown_value"),
        ("from=yesterday", "/from", "not_an_instant"),
        ("until=2026-13-01T00:00:00Z", "/until", "not_an_instant"),
        ("limit=0", "/limit", "out_of_range"),
        ("limit=101", "/limit", "out_of_range"),
        ("limit=-1", "/limit", "out_of_range"),
        ("limit=1e1", "/limit", "out_of_range"),
        ("limit=%2B1", "/limit", "out_of_range"),
        ("order=asc", "/order", "unknown_member"),
        ("sort=id;drop", "/sort", "unknown_member"),
    ] {
        app.get_as(&format!("{EVENTS}?{query}"), &root.access).faults(422, "validation_failed", &[(pointer, code)]);
    }
    app.get_as(&format!("{EVENTS}?limit=1&limit=2"), &root.access).problem(400, "duplicate_member");
}
