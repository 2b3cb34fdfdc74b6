//! Connections: how many, for how long, and what is never answered on one. Rows W-13 and W-14 of attackers' tricks; those
//! about bodies are in `limits.rs`.
#![expect(clippy::float_cmp, reason = "whole numbers")]

use std::time::{Duration, Instant};

use auth_server::app::ServeSettings;

use crate::helpers::{Connection, Database, Setup, TestApp, head, spawn_app};

const CUT: &str = "auth_connections_cut_total";

fn with(serve: ServeSettings) -> TestApp {
    let workers = Setup::default().serve.workers;
    Setup { serve: ServeSettings { workers, ..serve }, ..Setup::default() }.spawn()
}

fn cut(app: &TestApp, cause: &str) -> f64 {
    app.metric(&format!("{CUT}{{cause=\"{cause}\"}}"))
}

/// Sends until the server has had enough; a server that never has fails the test.
fn until_closed(connection: &mut Connection, bytes: &[u8]) {
    let patience = Instant::now() + Duration::from_secs(30);
    while connection.try_write(bytes).is_ok() {
        assert!(Instant::now() < patience, "the connection is held");
        std::thread::yield_now();
    }
}

#[test]
fn w13_every_head_of_a_connection_has_its_time() {
    let app = with(ServeSettings { header_timeout: Duration::from_millis(100), ..ServeSettings::default() });
    let patient = spawn_app(Database::Memory);
    for (kept, pieces) in [(0, [&b""[..], b""]), (0, [b"GET /livez HT", b"TP/1.1\r\nHost: x\r\n"]), (3, [b"G", b"E"])] {
        for (app, times) in [(&app, true), (&patient, false)] {
            let mut connection = Connection::open(app.address);
            for _ in 0..kept {
                connection.write(&head("GET", "/livez", &[], None));
                assert_eq!(connection.read().status, 200);
            }
            for piece in pieces {
                connection.write(piece);
            }
            if times {
                let reply = connection.read();
                reply.problem(408, "request_timeout");
                reply.is_guarded();
                assert_eq!(reply.header("connection"), Some("close"));
                assert!(connection.is_closed());
            } else if kept == 0 && !pieces[0].is_empty() {
                connection.write(b"\r\n");
                assert_eq!(connection.read().status, 200, "in pieces, and in time");
            }
        }
    }
    assert!(cut(&app, "slow_head") >= 3.0);
    assert_eq!(cut(&patient, "slow_head"), 0.0);
}

#[test]
fn w13_a_head_that_begins_behind_a_request_is_not_waited_for_without_end() {
    let short = Duration::from_millis(100);
    let app = with(ServeSettings { header_timeout: short, keep_alive: short, ..ServeSettings::default() });
    let both = [&head("GET", "/livez", &[], None)[..], b"GET /livez HTTP/1.1\r\nX: "].concat();
    for trickles in [false, true] {
        let mut connection = Connection::open(app.address);
        connection.write(&both);
        assert_eq!(connection.read().status, 200);
        if trickles {
            until_closed(&mut connection, b"x");
        } else {
            assert!(connection.is_closed());
        }
    }
}

#[test]
fn w13_a_connection_that_asks_nothing_more_ends_without_a_word() {
    let app = with(ServeSettings { keep_alive: Duration::from_millis(100), ..ServeSettings::default() });
    let mut connection = Connection::open(app.address);
    connection.write(&head("GET", "/livez", &[], None));
    assert_eq!(connection.read().status, 200);
    assert!(connection.is_closed());
    assert_eq!(cut(&app, "slow_head"), 0.0);
}

#[test]
fn w13_a_client_that_takes_no_replies_is_given_up() {
    let app = with(ServeSettings { reply_timeout: Duration::from_millis(100), ..ServeSettings::default() });
    let many = head("GET", "/openapi.json", &[], None).repeat(500);
    let mut deaf = Connection::open(app.address);
    until_closed(&mut deaf, &many);
    assert_eq!(cut(&app, "unread_reply"), 1.0);
    // Whoever takes them gets as many.
    let mut connection = Connection::open(app.address);
    for _ in 0..5 {
        connection.write(&many[..many.len() / 50]);
        for _ in 0..10 {
            assert_eq!(connection.read().status, 200);
        }
    }
}

#[test]
fn requests_behind_one_another_are_answered_in_their_order() {
    let app = spawn_app(Database::Memory);
    let mut connection = Connection::open(app.address);
    let paths = ["/livez", "/nowhere", "/v1/users/me", "/v1/settings", "/livez"];
    let all: Vec<u8> = paths.iter().cycle().take(100).flat_map(|path| head("GET", path, &[], None)).collect();
    connection.write(&all);
    for status in [200, 404, 401, 200, 200].into_iter().cycle().take(100) {
        assert_eq!(connection.read().status, status);
    }
}

#[test]
fn nothing_is_done_behind_the_last_request_of_a_connection() {
    let app = spawn_app(Database::Memory);
    let body = r#"{"username":"smuggled","password":"correct horse battery"}"#;
    let register = |headers: &[(&str, &str)]| {
        [head("POST", "/v1/users/register", headers, Some(body.len())), body.into()].concat()
    };
    let json = ("Content-Type", "application/json");
    for last in ["GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "GET /livez HTTP/1.0\r\n\r\n"] {
        for times in [1, 3] {
            let mut connection = Connection::open(app.address);
            connection.write(&[last.as_bytes(), &register(&[json]).repeat(times)].concat());
            assert_eq!(connection.read().status, 200);
            assert!(connection.is_closed(), "{last}");
        }
    }
    // Behind a body that nobody read, whatever the reply: its end may be anywhere.
    for (path, headers, status) in [
        ("/nowhere", &[][..], 404),
        ("/livez", &[], 405),
        ("/v1/users/token", &[("Content-Type", "text/plain")], 415),
        ("/v1/users/introspect", &[], 404),
        ("/v1/users/logout", &[], 401),
        ("/%6Civez", &[], 404),
    ] {
        let unread = [head("POST", path, headers, Some(5)), b"hello".into()].concat();
        let chunked = [("Transfer-Encoding", "chunked")];
        let unread_chunks = head("POST", path, &[headers, &chunked[..]].concat(), None);
        let unread_chunks = [&unread_chunks[..], b"5\r\nhello\r\n0\r\n\r\n"].concat();
        for (body, times) in [(&unread, 1), (&unread, 3), (&unread_chunks, 1), (&unread_chunks, 3)] {
            let mut connection = Connection::open(app.address);
            connection.write(&[body.clone(), register(&[json]).repeat(times)].concat());
            let reply = connection.read();
            assert_eq!((reply.status, reply.header("connection")), (status, Some("close")), "{path}");
            assert!(connection.is_closed(), "{path}");
        }
    }
    // Nor behind one that wants another protocol.
    for headers in [&[("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c")][..], &[("Connection", "upgrade")]]
    {
        let mut connection = Connection::open(app.address);
        connection.write(&[head("GET", "/livez", headers, None), register(&[json])].concat());
        let reply = connection.read();
        assert_eq!((reply.status, reply.header("connection"), reply.header("upgrade")), (200, Some("close"), None));
        assert!(connection.is_closed());
    }
    // In time behind one that is still answered: on the way when its connection's end is said.
    assert_eq!(app.metric("auth_registrations_total{outcome=\"registered\"}"), 0.0);
    let mut connection = Connection::open(app.address);
    connection.write(&[head("GET", "/livez", &[], None), register(&[json, ("Connection", "close")])].concat());
    assert_eq!((connection.read().status, connection.read().status), (200, 201), "the last one itself is answered");
    assert!(connection.is_closed());
}

#[test]
fn one_address_has_so_many_connections_and_the_next_is_closed_at_once() {
    let app = with(ServeSettings { connections_per_address: 3, ..ServeSettings::default() });
    let open = |source: &str| {
        let mut connection = Connection::open_from(source, app.address);
        let sent = connection.try_write(&head("GET", "/livez", &[], None));
        (sent.is_ok() && connection.try_read().is_some_and(|reply| reply.status == 200)).then_some(connection)
    };
    let held: Vec<_> = (0..3).map(|_| open("127.0.0.2").unwrap()).collect();
    for refused in 1..=5 {
        assert!(open("127.0.0.2").is_none());
        assert_eq!(cut(&app, "too_many"), f64::from(refused));
    }
    assert!(open("127.0.0.3").is_some(), "others are not hindered");
    drop(held);
    // The server hears of it in its own time.
    let patience = Instant::now() + Duration::from_secs(30);
    while open("127.0.0.2").is_none() {
        assert!(Instant::now() < patience, "a place that is free again can be taken");
    }
}

#[test]
fn what_is_no_http_is_refused_like_everything_else() {
    let app = spawn_app(Database::Memory);
    let too_large = [b"GET /livez HTTP/1.1\r\nX: ".to_vec(), vec![b'x'; 131_072]].concat();
    for (bytes, status, code) in [
        (&b"\x16\x03\x01\x02\x00\x01\x00"[..], 400, "bad_request"),
        (b"GET\r\n\r\n", 400, "bad_request"),
        (b"GET /livez HTTP/1.1\r\nContent-Length: a\r\n\r\n", 400, "bad_request"),
        // As many as are read; the rest would be met by a reset.
        (&too_large[..131_072], 431, "headers_too_large"),
    ] {
        for before in [0, 1, 20] {
            let mut connection = Connection::open(app.address);
            let answered = head("GET", "/livez", &[], None).repeat(before);
            connection.write(&[&answered, bytes].concat());
            for _ in 0..before {
                assert_eq!(connection.read().status, 200);
            }
            let reply = connection.read();
            reply.problem(status, code);
            reply.is_guarded();
            assert_eq!(reply.header("connection"), Some("close"));
            assert!(reply.header("date").is_some_and(|date| date.ends_with(" GMT") && date.len() == 29));
            assert!(connection.is_closed());
        }
    }
    let series = "auth_http_request_duration_seconds_count{method=\"unknown\",route=\"unmatched\",status=\"400\"}";
    assert_eq!(app.metric(series), 9.0);
}
