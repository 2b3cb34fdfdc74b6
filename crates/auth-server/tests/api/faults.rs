//! What clients hear when something fails behind the server.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use auth_core::testing::{FaultyStore, MemoryStore};
use serde_json::json;

use crate::helpers::{Connection, Database, PASSWORD, Reply, Setup, TestApp, Tokens, ask, hold, spawn_app};

fn faulty() -> (TestApp, Arc<FaultyStore>) {
    let store = Arc::new(FaultyStore::new(Arc::new(MemoryStore::new())));
    (Setup { store: Some(Arc::clone(&store) as _), ..Setup::default() }.spawn(), store)
}

#[test]
fn whichever_call_of_the_store_fails_a_registration_is_told_to_come_again() {
    let (app, store) = faulty();
    for step in 1.. {
        store.fail_at(step);
        let name = format!("alice{step}");
        let reply = app.post_json("/v1/users/register", &json!({"username": name, "password": PASSWORD}));
        if !store.has_failed() {
            assert_eq!(reply.status, 201);
            return assert!(step > 5, "the store was called");
        }
        reply.problem(503, "unavailable");
        assert_eq!(reply.header("retry-after"), Some("2"));
        assert!(!reply.text().contains("step"), "the store's words are for the log");
    }
}

#[test]
fn whichever_call_of_the_store_fails_a_sign_in_gets_no_token() {
    let (app, store) = faulty();
    app.register("alice");
    for step in 1.. {
        store.fail_at(step);
        let reply = app.sign_in("alice", PASSWORD);
        if !store.has_failed() {
            assert_eq!(reply.status, 200);
            return assert!(step > 5, "the store was called");
        }
        let problem = reply.problem(503, "unavailable");
        assert_eq!(problem["error"], "temporarily_unavailable");
        assert_eq!(problem.get("access_token"), None);
    }
}

#[test]
fn whichever_call_of_the_store_fails_a_refresh_may_be_tried_again() {
    let (app, store) = faulty();
    app.register("alice");
    for step in 1.. {
        let tokens = app.tokens("alice");
        store.fail_at(step);
        let reply = app.refresh(&tokens.refresh);
        let failed = store.has_failed();
        store.fail_at(0);
        if !failed {
            Tokens::of(&reply);
            return assert!(step > 5, "the store was called");
        }
        let problem = reply.problem(503, "unavailable");
        assert_eq!((&problem["error"], problem.get("refresh_token")), (&json!("temporarily_unavailable"), None));
        assert_eq!(reply.header("retry-after"), Some("2"));
        // Whether it was committed or not.
        Tokens::of(&app.refresh(&Tokens::of(&app.refresh(&tokens.refresh)).refresh));
    }
}

/// Each way to end sessions: never 2xx for an ending that was not committed, and as if never asked or as asked, nothing
/// between.
#[test]
fn whichever_call_of_the_store_fails_no_sign_out_is_told_as_done() {
    type Send = fn(&TestApp, &Tokens, &Tokens) -> Reply;
    let ways: [(Send, [bool; 2]); 4] = [
        (|app, own, _| app.send_as("POST", "/v1/users/logout", &own.access, None), [false, true]),
        (|app, own, _| app.send_as("POST", "/v1/users/logout?scope=global", &own.access, None), [false, false]),
        (|app, own, _| app.send_as("POST", "/v1/users/logout?scope=others", &own.access, None), [true, false]),
        (
            |app, own, other| {
                app.send_as("DELETE", &format!("/v1/users/me/sessions/{}", other.session()), &own.access, None)
            },
            [true, false],
        ),
    ];
    for (send, left) in ways {
        let (app, store) = faulty();
        app.register("alice");
        for step in 1.. {
            let (own, other) = (app.tokens("alice"), app.tokens("alice"));
            store.fail_at(step);
            let reply = send(&app, &own, &other);
            let failed = store.has_failed();
            store.fail_at(0);
            let live = [&own, &other].map(|tokens| app.session(tokens).ended.is_none());
            if !failed {
                assert_eq!((reply.status, live), (204, left));
                assert!(step > 4, "the store was called");
                break;
            }
            reply.problem(503, "unavailable");
            assert!(live == left || live == [true, true], "{live:?}");
            let clean = app.token("alice");
            assert_eq!(app.send_as("POST", "/v1/users/logout?scope=global", &clean, None).status, 204);
        }
    }
    let (app, store) = faulty();
    for step in 1.. {
        // Of each step an account, for a change that was kept unheard leaves another password.
        store.fail_at(0);
        let name = format!("alice-{step}");
        app.register(&name);
        let own = app.tokens(&name);
        store.fail_at(step);
        let body = json!({"current_password": PASSWORD, "new_password": "another horse battery staple"});
        let reply = app.send_as("PUT", "/v1/users/me/password", &own.access, Some(&body));
        if !store.has_failed() {
            return assert_eq!(reply.status, 204);
        }
        reply.problem(503, "unavailable");
    }
}

#[test]
fn a_panic_costs_one_request() {
    let app = spawn_app(Database::Memory);
    app.register("alice");
    let once = Mutex::new(true);
    app.hasher.before_check(move || {
        let first = std::mem::take(&mut *once.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        assert!(!first, "on purpose");
    });
    let problem = app.sign_in("alice", PASSWORD).problem(500, "internal_error");
    assert_eq!(problem["error"], "server_error");
    assert!(!problem.to_string().contains("purpose"));
    assert_eq!(app.sign_in("alice", PASSWORD).status, 200, "the server lives");
}

#[test]
fn more_sign_ins_than_can_wait_are_told_when_to_come_again() {
    let app = Setup { queue_limit: 1, hashing_threads: 1, ..Setup::default() }.spawn();
    app.register("alice");
    let (mut first, release) = hold(&app);
    // One runs and one may wait; of the next two one is refused at once, whichever it is.
    let send = || ask(Connection::open(app.address));
    let mut others = [send(), send()];
    let (sender, answers) = channel();
    std::thread::scope(|scope| {
        for connection in &mut others {
            let sender = sender.clone();
            scope.spawn(move || sender.send(connection.read()).unwrap());
        }
        let refused = answers.recv().unwrap();
        refused.problem(503, "busy");
        let after: u64 = refused.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=30).contains(&after), "{after}: no longer than a job may wait");
        drop(release);
        assert_eq!(answers.recv().unwrap().status, 200);
    });
    assert_eq!(first.read().status, 200);
}
