//! What clients hear when something fails behind the server.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use auth_core::testing::{FaultyStore, MemoryStore};
use serde_json::json;

use crate::helpers::{Connection, Database, PASSWORD, Setup, TestApp, head, spawn_app};

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
    let (started, running) = channel();
    let (release, held) = channel::<()>();
    let held = Mutex::new(held);
    app.hasher.before_check(move || {
        started.send(()).unwrap();
        let _ = held.lock().unwrap().recv();
    });
    let body = json!({"username": "alice", "password": PASSWORD}).to_string();
    let send = || {
        let mut connection = Connection::open(app.address);
        connection.write(&head("POST", "/v1/users/token", &[("Content-Type", "application/json")], Some(body.len())));
        connection.write(body.as_bytes());
        connection
    };
    let mut first = send();
    running.recv().unwrap();
    // One runs and one may wait; of the next two one is refused at once, whichever it is.
    let mut others = [send(), send()];
    let (sender, answers) = channel();
    std::thread::scope(|scope| {
        for connection in &mut others {
            let sender = sender.clone();
            scope.spawn(move || sender.send(connection.read()).unwrap());
        }
        let refused = answers.recv().unwrap();
        refused.problem(503, "busy");
        assert_eq!(refused.header("retry-after"), Some("30"), "as long as a job may wait");
        drop(release);
        assert_eq!(answers.recv().unwrap().status, 200);
    });
    assert_eq!(first.read().status, 200);
}
