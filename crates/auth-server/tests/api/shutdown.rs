//! What a stop does to requests in flight.

use std::net::TcpStream;

use crate::helpers::{Database, hold, spawn_app};

#[test]
fn a_request_in_flight_is_finished_after_the_stop_was_asked_for() {
    let mut app = spawn_app(Database::Memory);
    app.register("alice");
    let (mut connection, release) = hold(&app);

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
