//! What a stop does to requests in flight.

use std::net::TcpStream;
use std::time::Duration;

use auth_server::drain::Drain;

use crate::helpers::{Connection, Database, Setup, hold, spawn_app};

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

/// The port closes later, so that whoever sends requests here has the time to notice.
#[test]
fn an_instance_that_is_about_to_stop_says_so_serves_on_and_keeps_no_connection() {
    let drain = Drain::default();
    let app = Setup { drain: drain.clone(), ..Setup::default() }.spawn();
    app.register("alice");
    let token = app.token("alice");
    let bearer = format!("authorization: Bearer {token}\r\n");
    let check = format!("GET /v1/forward-auth HTTP/1.1\r\nhost: x\r\n{bearer}\r\n");
    let requests = [&*check, "GET /livez HTTP/1.1\r\nhost: x\r\n\r\n"];
    let mut kept = requests.map(|request| {
        let mut connection = Connection::open(app.address);
        connection.write(request.as_bytes());
        assert!(connection.read().status < 300);
        connection
    });
    assert_eq!(app.get("/readyz").status, 200);

    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(drain.then_stop(std::future::ready(()), Duration::ZERO));

    let problem = app.get("/readyz").problem(503, "not_ready");
    assert_eq!((&problem["checks"]["stopping"], &problem["checks"]["database"]), (&"failed".into(), &"ok".into()));
    for (connection, request) in kept.iter_mut().zip(requests) {
        connection.write(request.as_bytes());
        let reply = connection.read();
        assert!(reply.status < 300, "{reply:?}");
        assert_eq!(reply.header("connection"), Some("close"));
        assert!(connection.is_closed(), "{request}");
    }
}
