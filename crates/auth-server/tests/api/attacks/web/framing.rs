//! W-10, W-15: bytes that two readers would take for different requests.

use crate::helpers::{Connection, Database, TestApp, head, spawn_app};

#[test]
fn w10_nothing_that_is_echoed_splits_a_reply() {
    let app = spawn_app(Database::Memory);
    for bytes in [&b"a\r\nSet-Cookie: x=1"[..], b"a\rb", b"a\nSet-Cookie: x=1", b"a\0b"] {
        let mut connection = Connection::open(app.address);
        let mut request = head("GET", "/livez", &[], None);
        request.truncate(request.len() - 2);
        request.extend_from_slice(b"X-Request-Id: ");
        request.extend_from_slice(bytes);
        request.extend_from_slice(b"\r\n\r\n");
        connection.write(&request);
        let reply = connection.read();
        assert_eq!(reply.header("set-cookie"), None, "{reply:?}");
        if bytes.starts_with(b"a\r\n") {
            assert_eq!((reply.status, reply.header("x-request-id")), (200, Some("a")), "two headers are two");
        } else {
            reply.problem(400, "bad_request");
            assert!(connection.is_closed());
        }
    }
}

/// A request whose body or head could be read in two ways, with another one behind it.
#[track_caller]
fn is_refused(app: &TestApp, request: &[u8]) {
    let shown = String::from_utf8_lossy(request).into_owned();
    let before = asked(app);
    let mut connection = Connection::open(app.address);
    connection.write(request);
    let reply = connection.read();
    reply.problem(400, "bad_request");
    reply.is_guarded();
    assert_eq!(reply.header("connection"), Some("close"), "{shown:?}");
    assert!(connection.is_closed(), "{shown:?}");
    assert_eq!(asked(app), before, "what is behind it is not run: {shown:?}");
}

/// How often the request that is smuggled along was answered.
fn asked(app: &TestApp) -> String {
    let series = "auth_http_request_duration_seconds_count{method=\"GET\",route=\"/v1/settings\",status=\"200\"}";
    app.metric(series).to_string()
}

const BEHIND: &str = "GET /v1/settings HTTP/1.1\r\nHost: x\r\n\r\n";

/// With these lines in its head, and `{}` and another request behind it.
fn with_lines(lines: &str) -> Vec<u8> {
    format!("POST /v1/users/token HTTP/1.1\r\nHost: x\r\n{lines}\r\n\r\n{{}}{BEHIND}").into_bytes()
}

#[test]
fn w15_lengths_that_are_no_number_are_refused() {
    let app = spawn_app(Database::Memory);
    for length in [
        "",
        "+2",
        "-2",
        "2,2",
        "2, 2",
        "2,3",
        "2;",
        "2.0",
        "2e0",
        "0x2",
        "2 2",
        "2_0",
        "\"2\"",
        "'2'",
        "a",
        "2a",
        "a2",
        "NaN",
        "18446744073709551616",
        "99999999999999999999999999",
        "\u{ff12}",
        "2\u{b}",
        "\u{b}2",
        "2\0",
        "٢",
        "-0",
        "2\t2",
        ",2",
        "2,",
        "2\\",
        "(2)",
        "{}",
        "1 + 1",
    ] {
        is_refused(&app, &with_lines(&format!("Content-Length: {length}")));
    }
}

#[test]
fn w15_two_framings_are_refused_in_any_order_and_case() {
    let app = spawn_app(Database::Memory);
    for (length, coding) in [
        ("Content-Length: 2", "Transfer-Encoding: chunked"),
        ("content-length: 2", "TRANSFER-ENCODING: Chunked"),
        ("CONTENT-LENGTH:2", "transfer-encoding:chunked"),
        ("Content-Length: 0", "Transfer-Encoding: chunked"),
        ("Content-Length: 2", "Transfer-Encoding: identity"),
        ("Content-Length: 2", "Transfer-Encoding: gzip, chunked"),
        ("Content-Length: 2", "Transfer-Encoding: x"),
        ("Content-Length: 2", "Transfer-Encoding:"),
    ] {
        is_refused(&app, &with_lines(&format!("{length}\r\n{coding}")));
        is_refused(&app, &with_lines(&format!("{coding}\r\n{length}")));
    }
    // Where the framework sees this it reads to the end of the connection, and others read two bytes.
    is_refused(&app, &with_lines("Content-Length: 2\r\nUpgrade: h2c, websocket"));
    for upgrade in ["websocket", "WebSocket", " websocket "] {
        for lines in ["Content-Length: 2", "Content-Length: 2\r\nConnection: upgrade", "Content-Length: 0", "X: y"] {
            is_refused(&app, &with_lines(&format!("{lines}\r\nUpgrade: {upgrade}")));
            is_refused(&app, &with_lines(&format!("Upgrade: {upgrade}\r\n{lines}")));
        }
        let read = format!(
            "GET /v1/users/me HTTP/1.1\r\nHost: x\r\nUpgrade: {upgrade}\r\nContent-Length: 2\r\n\r\n{{}}{BEHIND}"
        );
        is_refused(&app, read.as_bytes());
    }
    for lines in [
        "Content-Length: 2\r\nContent-Length: 3",
        "Content-Length: 3\r\nContent-Length: 2",
        "Content-Length: 2\r\nContent-Length: 2",
        "Content-Length: 2\r\ncontent-length: 2",
        "Content-Length: 2\r\nContent-Length: 0",
        "Content-Length: 2\r\nX: y\r\nContent-Length: 2",
    ] {
        is_refused(&app, &with_lines(lines));
    }
}

#[test]
fn w15_codings_other_than_chunked_alone_are_refused() {
    let app = spawn_app(Database::Memory);
    for coding in [
        "",
        "identity",
        "gzip",
        "x",
        "chunked, chunked",
        "chunked,chunked",
        "chunked, identity",
        "identity, chunked",
        "chunked;q=1",
        "chunked;",
        "chunkedx",
        "xchunked",
        "chunk",
        "\"chunked\"",
        "chunked, gzip",
        "chunked\0",
        "\u{b}chunked",
        "chun ked",
        ",chunked",
        "chunked,",
        "ｃhunked",
        "chunked\\",
    ] {
        is_refused(&app, &with_lines(&format!("Transfer-Encoding: {coding}")));
    }
    for lines in [
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\ntransfer-encoding: x",
    ] {
        is_refused(&app, &with_lines(lines));
    }
    // A coding that the version does not know.
    let old = format!(
        "POST /v1/users/token HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n{BEHIND}"
    );
    is_refused(&app, old.as_bytes());
}

#[test]
fn w15_lines_that_are_no_header_are_refused() {
    let app = spawn_app(Database::Memory);
    for lines in [
        "Content-Length : 2",
        "Content-Length\t: 2",
        " Content-Length: 2",
        "\tContent-Length: 2",
        "\u{b}Content-Length: 2",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding\t: chunked",
        " Transfer-Encoding: chunked",
        "X: y\r\n Transfer-Encoding: chunked",
        "X: y\r\n\tContent-Length: 2",
        "Content-Length:\r\n 2",
        "Content-Length",
        "Content-Length 2",
        ": 2",
        "X Y: 2",
        "X\0: y",
        "X: y\0",
        "X: y\rContent-Length: 2",
        "X\r: y",
        "X(: y",
        "X,Y: z",
        "X/Y: z",
        "X[]: y",
        "X{}: y",
        "\"X\": y",
        "X@: y",
        "é: y",
        "X;: y",
        "X: \u{1}",
        "X: \u{7f}",
        "X: y\nTransfer-Encoding: chunked",
        "X: y\nContent-Length: 2",
        "Content-Length: 2\nX: y",
        "Content-Length: 2\r\nX: y\n",
        "Content-Length: 2\n",
        "\nContent-Length: 2",
        "X: y\n\nContent-Length: 2",
    ] {
        is_refused(&app, &with_lines(lines));
    }
}

/// A line feed ends no line of a head, and is as any other byte in a body.
#[test]
fn w15_a_line_of_a_head_ends_by_both_its_bytes_and_those_of_a_body_are_its_own() {
    let app = spawn_app(Database::Memory);
    for request in [
        "GET /v1/settings HTTP/1.1\nHost: x\n\n",
        "GET /v1/settings HTTP/1.1\nHost: x\r\n\r\n",
        "GET /v1/settings HTTP/1.1\r\nHost: x\r\n\n",
        "\nGET /v1/settings HTTP/1.1\r\nHost: x\r\n\r\n",
    ] {
        is_refused(&app, format!("{request}{BEHIND}").as_bytes());
        // Behind one that was answered as well.
        let mut connection = Connection::open(app.address);
        connection.write(BEHIND.as_bytes());
        assert_eq!(connection.read().status, 200);
        connection.write(request.as_bytes());
        connection.read().problem(400, "bad_request");
        assert!(connection.is_closed());
    }
    let body = "{\n\n\"username\":\n\"al\"\n}\n";
    let request =
        crate::helpers::head("POST", "/v1/users/register", &[("Content-Type", "application/json")], Some(body.len()));
    let mut connection = Connection::open(app.address);
    for is_whole in [true, false, true] {
        connection.write(&[&request[..], if is_whole { body.as_bytes() } else { b"" }].concat());
        if !is_whole {
            connection.write(body.as_bytes());
        }
        connection.read().problem(422, "validation_failed");
    }
    // Empty lines before a request are skipped.
    connection.write(format!("\r\n\r\n{BEHIND}").as_bytes());
    assert_eq!(connection.read().status, 200, "positive control");
}

#[test]
fn w15_a_request_has_one_host() {
    let app = spawn_app(Database::Memory);
    for hosts in [
        "",
        "Host: a\r\nHost: b\r\n",
        "Host: x\r\nhost: x\r\n",
        "Host: a, b\r\n",
        "Host: a b\r\n",
        "Host: a/b\r\n",
        "Host: u@a\r\n",
    ] {
        for path in ["/v1/settings", "/nowhere"] {
            is_refused(&app, format!("GET {path} HTTP/1.1\r\n{hosts}\r\n{BEHIND}").as_bytes());
        }
    }
    for host in ["x", "x:80", "[::1]", "[::1]:80", "auth.example.com", "x_y", "%C3%A9", ""] {
        let mut connection = Connection::open(app.address);
        connection.write(format!("GET /v1/settings HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes());
        assert_eq!(connection.read().status, 200, "{host}");
    }
    // Before 1.1 nobody sent one.
    let mut connection = Connection::open(app.address);
    connection.write(b"GET /v1/settings HTTP/1.0\r\n\r\n");
    assert_eq!(connection.read().status, 200);
}

#[test]
fn w15_request_lines_are_read_strictly() {
    let app = spawn_app(Database::Memory);
    for line in [
        "GET /v1/settings HTTP/1.2",
        "GET /v1/settings HTTP/2.0",
        "GET /v1/settings HTTP/0.9",
        "GET /v1/settings http/1.1",
        "GET /v1/settings HTTP/1.1 x",
        "GET /v1/settings",
        "GET  HTTP/1.1",
        "GET /v1/settings\0 HTTP/1.1",
        "GET /v1/sett\rings HTTP/1.1",
        "G(T /v1/settings HTTP/1.1",
        " GET /v1/settings HTTP/1.1",
        "GET\t/v1/settings HTTP/1.1",
        "GET /v1/ settings HTTP/1.1",
        "PRI * HTTP/2.0",
    ] {
        is_refused(&app, format!("{line}\r\nHost: x\r\n\r\n{BEHIND}").as_bytes());
    }
}

#[test]
fn w15_chunks_are_read_strictly() {
    let app = spawn_app(Database::Memory);
    let chunked = |body: &str| {
        let json = "Content-Type: application/json\r\nTransfer-Encoding: chunked";
        format!("POST /v1/users/register HTTP/1.1\r\nHost: x\r\n{json}\r\n\r\n{body}").into_bytes()
    };
    for size in
        ["g", "0x2", "-2", "+2", " 2", "2 2", "2_", "", "2g", "fffffffffffffffff", "10000000000000000", "\u{b}2", "２"]
    {
        is_refused(&app, &chunked(&format!("{size}\r\n{{}}\r\n0\r\n\r\n{BEHIND}")));
    }
    for body in [
        "2\r\n{}0\r\n\r\n",
        "2\r\n{}x\r\n0\r\n\r\n",
        "2\n{}\n0\n\n",
        "2;a\n{}\r\n0\r\n\r\n",
        "2\r{}\r\n0\r\n\r\n",
        "2\r\n{}\n0\r\n\r\n",
    ] {
        is_refused(&app, &chunked(&format!("{body}{BEHIND}")));
    }
    for body in [
        "2\r\n{}\r\n0\r\n\r\n",
        "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
        "2;ext=1\r\n{}\r\n0\r\n\r\n",
        "02\r\n{}\r\n000\r\n\r\n",
    ] {
        let mut connection = Connection::open(app.address);
        connection.write(&[chunked(body), BEHIND.into()].concat());
        connection.read().problem(422, "validation_failed");
        assert_eq!(connection.read().status, 200, "positive control: what is behind a whole request is the next one");
    }
}
