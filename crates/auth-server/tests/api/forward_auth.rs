//! `GET /v1/forward-auth`, and what it answers when endings are not heard.

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_core::session::EndReason;
use auth_core::testing::MemoryStore;
use auth_core::time::Clock as _;
use auth_core::{Store, StoreExt as _};
use auth_server::worker::WorkerSettings;
use serde_json::json;

use crate::helpers::{Cut, Database, PASSWORD, Reply, Setup, TestApp, on_each_database, spawn_app};

const FORWARD_AUTH: &str = "/v1/forward-auth";
const BOUND: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(2);

fn cuttable() -> Arc<Cut> {
    Cut::new(Arc::new(MemoryStore::new()))
}

/// A server on one store whose worker has another way to it.
fn with_worker(store: &Arc<Cut>, worker: &Arc<Cut>) -> TestApp {
    let pace = WorkerSettings { poll: POLL, cleanup: Duration::from_secs(3_600) };
    let setup = Setup {
        store: Some(Arc::clone(store) as _),
        revocation_bound: BOUND,
        worker: Some((Arc::clone(worker) as _, pace)),
        ..Setup::default()
    };
    setup.spawn()
}

/// Asks until the answer has this status: it comes by itself, or the test fails.
#[track_caller]
fn until(app: &TestApp, token: &str, status: u16) -> Reply {
    let patience = Instant::now() + Duration::from_secs(30);
    loop {
        let reply = app.get_as(FORWARD_AUTH, token);
        if reply.status == status {
            return reply;
        }
        assert!(Instant::now() < patience, "{reply:?}");
    }
}

on_each_database! {
    fn a_proxy_hears_whose_token_it_is(database: Database) {
        let app = spawn_app(database);
        let user = app.register("Alice");
        let token = app.token("alice");
        for method in ["GET", "HEAD"] {
            let reply = app.send_as(method, FORWARD_AUTH, &token, None);
            assert_eq!((reply.status, reply.body.len()), (204, 0), "{reply:?}");
            assert_eq!(reply.header("x-auth-user"), Some("Alice"));
            assert_eq!(reply.header("x-auth-user-id"), user["id"].as_str());
            assert_eq!(reply.header("cache-control"), Some("no-store"));
        }
        let reply = app.get(FORWARD_AUTH);
        reply.problem(401, "token_missing");
        assert_eq!((reply.header("x-auth-user"), reply.header("x-auth-user-id")), (None, None));
        app.get_as(FORWARD_AUTH, "x").problem(401, "token_invalid");
    }

    fn a_name_in_any_script_is_one_line_of_ascii(database: Database) {
        let app = spawn_app(database);
        for (name, shown) in [("zoë_1", "zo%C3%AB_1"), ("日本語名", "%E6%97%A5%E6%9C%AC%E8%AA%9E%E5%90%8D"), ("a%41b", "a%2541b")] {
            app.register(name);
            assert_eq!(app.get_as(FORWARD_AUTH, &app.token(name)).header("x-auth-user"), Some(shown));
        }
    }
}

#[test]
fn no_database_is_asked() {
    let store = cuttable();
    let app = Setup { store: Some(Arc::clone(&store) as _), ..Setup::default() }.spawn();
    app.register("alice");
    let tokens = app.tokens("alice");
    let before = store.runs();
    assert_eq!(app.get_as(FORWARD_AUTH, &tokens.access).status, 204);
    app.get_as(FORWARD_AUTH, "x").problem(401, "token_invalid");
    assert_eq!(store.runs(), before);
    store.cut();
    assert_eq!(app.get_as(FORWARD_AUTH, &tokens.access).status, 204);
    app.get_as("/v1/users/me", &tokens.access).problem(503, "unavailable");
    app.refresh(&tokens.refresh).problem(503, "unavailable");
    app.send_as("POST", "/v1/users/logout", &tokens.access, None).problem(503, "unavailable");
    store.mend();
    assert_eq!(app.get_as("/v1/users/me", &tokens.access).status, 200, "nothing was ended");
}

/// The worker's way to the database is cut, and mended: no call of the test and no restart brings the tokens back.
#[test]
fn past_the_bound_every_token_waits_and_it_recovers_by_itself() {
    let store = cuttable();
    let worker = Cut::new(Arc::clone(&store) as _);
    let app = with_worker(&store, &worker);
    app.register("alice");
    let (ended, live) = (app.tokens("alice"), app.tokens("alice"));

    // The clock jumps, and the worker has heard before anybody asks again.
    app.clock.advance(BOUND + Duration::from_secs(1));
    until(&app, &live.access, 204);

    worker.cut();
    let id = ended.session().parse().unwrap();
    let now = app.clock.now();
    assert!(store.write(|tx| tx.sessions().end(id, EndReason::SignedOut, now)).unwrap(), "by another instance");
    assert_eq!(app.get_as(FORWARD_AUTH, &live.access).status, 204, "what is known is still young");
    app.clock.advance(BOUND + Duration::from_secs(1));
    let reply = app.get_as(FORWARD_AUTH, &live.access);
    reply.problem(503, "unavailable");
    assert_eq!(reply.header("retry-after"), Some("2"));
    assert_eq!((reply.header("x-auth-user"), reply.header("www-authenticate")), (None, None));
    // Not this route alone: nothing takes an access token, and nothing else is held up by it.
    for path in ["/v1/users/me", "/v1/users/me/sessions"] {
        app.get_as(path, &live.access).problem(503, "unavailable");
    }
    app.get_as(FORWARD_AUTH, "x").problem(401, "token_invalid");
    // Nor is a token given out: who knows whether its key was retired meanwhile.
    app.refresh(&live.refresh).problem(503, "unavailable");
    app.sign_in("alice", PASSWORD).problem(503, "unavailable");

    worker.mend();
    until(&app, &live.access, 204);
    assert_eq!((app.refresh(&live.refresh).status, app.sign_in("alice", PASSWORD).status), (200, 200));
    app.get_as(FORWARD_AUTH, &ended.access).problem(401, "token_invalid");
}

#[test]
fn what_another_instance_ends_is_refused_as_soon_as_the_worker_hears() {
    let store = cuttable();
    let app = with_worker(&store, &store);
    app.register("alice");
    let tokens = app.tokens("alice");
    assert_eq!(app.get_as(FORWARD_AUTH, &tokens.access).status, 204);
    let (id, now) = (tokens.session().parse().unwrap(), app.clock.now());
    assert!(store.write(|tx| tx.sessions().end(id, EndReason::Revoked, now)).unwrap());
    until(&app, &tokens.access, 401).problem(401, "token_invalid");

    app.stop_worker();
    let other = app.token("alice");
    assert_eq!(app.get_as(FORWARD_AUTH, &other).status, 204);
    app.clock.advance(BOUND + Duration::from_secs(1));
    app.get_as(FORWARD_AUTH, &other).problem(503, "unavailable");
}

/// The worker removes what has been over for longer than any token lives, and leaves the rest.
#[test]
fn sessions_that_are_over_are_removed() {
    let store = cuttable();
    let pace = WorkerSettings { poll: POLL, cleanup: POLL };
    let worker = Some((Arc::clone(&store) as Arc<dyn Store>, pace));
    let app = Setup { store: Some(Arc::clone(&store) as _), worker, ..Setup::default() }.spawn();
    app.register("alice");
    let (dead, live) = (app.tokens("alice"), app.tokens("alice"));
    assert_eq!(app.send_as("POST", "/v1/users/logout", &dead.access, None).status, 204);
    app.clock.advance(Duration::from_secs(26 * 3_600));
    let (gone, kept) = (dead.session().parse().unwrap(), live.session().parse().unwrap());
    let patience = Instant::now() + Duration::from_secs(30);
    while app.store.read(|tx| tx.sessions().by_id(gone)).unwrap().is_some() {
        assert!(Instant::now() < patience, "it is never removed");
        std::thread::yield_now();
    }
    assert!(app.store.read(|tx| tx.sessions().by_id(kept)).unwrap().is_some());
    app.refresh(&dead.refresh).problem(401, "token_invalid");
    assert_eq!(app.refresh(&live.refresh).status, 200);
    assert_eq!(app.post_json("/oauth/revoke", &json!({"token": dead.refresh})).status, 200);
}
