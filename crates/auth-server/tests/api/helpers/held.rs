//! Sign-ins whose checks are held shut by a hook.

use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};

use serde_json::json;

use super::PASSWORD;
use super::client::Connection;
use super::server::{TestApp, head};

/// Sends a sign-in of `alice` and does not wait for its answer.
pub(crate) fn ask(connection: Connection) -> Connection {
    ask_with(connection, &[])
}

/// The same, with more headers.
pub(crate) fn ask_with(mut connection: Connection, headers: &[(&str, &str)]) -> Connection {
    let headers = [&[("Content-Type", "application/json")], headers].concat();
    let body = json!({"username": "alice", "password": PASSWORD}).to_string();
    connection.write(&head("POST", "/v1/users/token", &headers, Some(body.len())));
    connection.write(body.as_bytes());
    connection
}

/// Holds every check of a password from now on, with one sign-in inside, until the sender is dropped.
pub(crate) fn hold(app: &TestApp) -> (Connection, Sender<()>) {
    let (started, running) = channel();
    let (release, held) = channel::<()>();
    let held = Mutex::new(held);
    app.hasher.before_check(move || {
        let _ = started.send(());
        let _ = held.lock().unwrap().recv();
    });
    let first = ask(Connection::open(app.address));
    running.recv().unwrap();
    (first, release)
}
