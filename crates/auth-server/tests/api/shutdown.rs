//! What a stop does to requests in flight.

use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::mpsc::channel;

use serde_json::json;

use crate::helpers::{Connection, Database, PASSWORD, head, spawn_app};

#[test]
fn a_request_in_flight_is_finished_after_the_stop_was_asked_for() {
    let mut app = spawn_app(Database::Memory);
    app.register("alice");
    let (started, running) = channel();
    let (release, held) = channel::<()>();
    let held = Mutex::new(held);
    app.hasher.before_check(move || {
        started.send(()).unwrap();
        let _ = held.lock().unwrap().recv();
    });
    let body = json!({"username": "alice", "password": PASSWORD}).to_string();
    let mut connection = Connection::open(app.address);
    connection.write(&head("POST", "/v1/users/token", &[("Content-Type", "application/json")], Some(body.len())));
    connection.write(body.as_bytes());
    running.recv().unwrap();

    app.stop();
    // The port closes first.
    while TcpStream::connect(app.address).is_ok() {
        std::thread::yield_now();
    }
    drop(release);

    let reply = connection.read();
    assert_eq!(reply.status, 200, "{reply:?}");
    assert!(reply.json()["access_token"].is_string());
    assert!(connection.is_closed());
    app.join();
}
