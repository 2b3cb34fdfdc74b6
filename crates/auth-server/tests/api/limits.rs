//! Sizes and times.

use std::time::{Duration, Instant};

use auth_server::state::HttpSettings;

use crate::helpers::{Connection, Database, Setup, TestApp, head, spawn_app};

const REGISTER: &str = "/v1/users/register";
const JSON: (&str, &str) = ("Content-Type", "application/json");
const CHUNKED: (&str, &str) = ("Transfer-Encoding", "chunked");

fn impatient() -> TestApp {
    let http = HttpSettings { body_timeout: Duration::from_millis(50), ..HttpSettings::new("https://auth.test") };
    Setup { http, ..Setup::default() }.spawn()
}

#[test]
fn a_body_of_the_limit_is_read_and_one_byte_more_is_not() {
    let app = spawn_app(Database::Memory);
    app.post(REGISTER, vec![b' '; 16 * 1_024]).problem(400, "invalid_json");
    app.post(REGISTER, vec![b' '; 16 * 1_024 + 1]).problem(413, "body_too_large");
}

#[test]
fn a_declared_length_over_the_limit_is_refused_before_a_byte_is_sent() {
    let app = spawn_app(Database::Memory);
    for length in [16 * 1_024 + 1, usize::MAX / 2] {
        let mut connection = Connection::open(app.address);
        connection.write(&head("POST", REGISTER, &[JSON], Some(length)));
        let reply = connection.read();
        reply.problem(413, "body_too_large");
        assert_eq!(reply.header("connection"), Some("close"));
        assert!(connection.is_closed());
    }
}

#[test]
fn a_body_without_a_length_is_counted() {
    let app = spawn_app(Database::Memory);
    let mut connection = Connection::open(app.address);
    connection.write(&head("POST", REGISTER, &[JSON, CHUNKED], None));
    connection.write(b"2\r\n{}\r\n0\r\n\r\n");
    connection.read().problem(422, "validation_failed");

    let mut connection = Connection::open(app.address);
    connection.write(&head("POST", REGISTER, &[JSON, CHUNKED], None));
    for _ in 0..17 {
        connection.write(b"400\r\n");
        connection.write(&[b' '; 0x400]);
        connection.write(b"\r\n");
    }
    connection.read().problem(413, "body_too_large");
    assert!(connection.is_closed(), "what else comes is not waited for");
}

#[test]
fn w14_a_body_that_stalls_is_given_up_and_the_connection_with_it() {
    let app = impatient();
    for framing in [("Content-Length", "100"), CHUNKED] {
        let mut connection = Connection::open(app.address);
        connection.write(&head("POST", REGISTER, &[JSON, framing], None));
        connection.write(if framing == CHUNKED { b"5\r\n{\"a\":" } else { b"{\"a\":" });
        let reply = connection.read();
        reply.problem(408, "request_timeout");
        assert_eq!(reply.header("connection"), Some("close"));
        assert!(connection.is_closed());
    }
}

#[test]
fn w14_a_body_that_no_route_reads_does_not_hold_the_connection() {
    let app = spawn_app(Database::Memory);
    for path in ["/nowhere", "/v1/users/me"] {
        let mut connection = Connection::open(app.address);
        connection.write(&head("POST", path, &[CHUNKED], None));
        assert!(connection.read().status >= 404);
        // Still sending, and never at an end. The server waits a second for what it does not want, and then no more.
        let patience = Instant::now() + Duration::from_secs(20);
        while connection.try_write(b"1\r\nx\r\n").is_ok() {
            assert!(Instant::now() < patience, "the connection is held for as long as something comes");
            std::thread::yield_now();
        }
    }
}

#[test]
fn a_connection_is_kept_after_an_answer_to_a_whole_request() {
    let app = spawn_app(Database::Memory);
    let mut connection = Connection::open(app.address);
    for (path, body, status) in
        [(REGISTER, "{", 400), ("/nowhere", "", 404), ("/livez", "", 405), (REGISTER, "{}", 422)]
    {
        connection.write(&[&head("POST", path, &[JSON], Some(body.len())), body.as_bytes()].concat());
        assert_eq!(connection.read().status, status, "{path}");
    }
}

#[test]
fn a_url_has_at_most_four_kibibytes() {
    let app = spawn_app(Database::Memory);
    let path = |length: usize| format!("/livez?{}", "x".repeat(length - 7));
    assert_eq!(app.get(&path(4_096)).status, 200);
    app.get(&path(4_097)).problem(414, "uri_too_long");
    app.get(&path(30_000)).problem(414, "uri_too_long");
}

#[test]
fn headers_have_at_most_32_kibibytes() {
    let app = spawn_app(Database::Memory);
    let send = |length: usize| app.request("GET", "/livez", &[("X-Padding", &"x".repeat(length))], b"");
    assert_eq!(send(32_000).status, 200);
    send(33_000).problem(431, "headers_too_large");
}
