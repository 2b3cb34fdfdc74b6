//! What a server that runs answers and logs.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;

use base64ct::{Base64, Encoding as _};

use crate::process::{Desk, Serving, assert_refused};
use crate::{ALICE, SECRET, tokens};

/// Serves once, and answers with what was asked and what the log said.
fn served<T>(desk: &Desk, environment: &[(&str, &str)], ask: impl FnOnce(&Serving) -> T) -> (T, String) {
    let log = fs::File::create(desk.path("log")).unwrap();
    let serving = Serving::started(desk.command(&[], environment).stdout(Stdio::piped()).stderr(log).spawn().unwrap());
    let answer = ask(&serving);
    assert_eq!(serving.stop(), Some(0));
    (answer, fs::read_to_string(desk.path("log")).unwrap())
}

#[test]
fn an_empty_key_set_is_told_at_the_start() {
    const TOLD: &str = "/.well-known/jwks.json is empty";
    let desk = Desk::new();
    let shared = [("JWT_SECRET", SECRET)];
    let jwks = |serving: &Serving| serving.get("/.well-known/jwks.json");
    let (keys, log) = served(&desk, &shared, jwks);
    assert_eq!((keys.as_str(), log.matches(TOLD).count()), (r#"{"keys":[]}"#, 1), "{log}");
    let (keys, log) = served(&desk, &[], jwks);
    assert!(keys.contains("ES256") && !log.contains(TOLD), "{log}");
    // Back to the secret: the key that signed until now is still there for its tokens.
    let (still, log) = served(&desk, &shared, jwks);
    assert!(still == keys && !log.contains(TOLD), "{log}");
}

#[test]
fn a_service_that_is_configured_may_introspect() {
    let desk = Desk::new();
    let clients = [("AUTH_INTROSPECTION_CLIENTS", "gateway:9f86d081884c7d659a2feaa0c55ad015")];
    let ask = |serving: &Serving| {
        assert!(serving.get("/.well-known/oauth-authorization-server").contains("client_secret_basic"));
        assert!(serving.post("/v1/users/register", ALICE).starts_with("HTTP/1.1 201"));
        let tokens = tokens(serving);
        ["9f86d081884c7d659a2feaa0c55ad015", "9f86d081884c7d659a2feaa0c55ad016"].map(|secret| {
            let body = format!("token={}", tokens["access_token"].as_str().unwrap());
            let basic = Base64::encode_string(format!("gateway:{secret}").as_bytes());
            let mut stream = TcpStream::connect(&serving.address).unwrap();
            write!(
                stream,
                "POST /oauth/introspect HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Basic {basic}\r\n\
                 content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )
            .unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        })
    };
    let ([known, unknown], log) = served(&desk, &clients, ask);
    assert!(known.starts_with("HTTP/1.1 200") && known.contains(r#""active":true"#), "{known}");
    assert!(unknown.starts_with("HTTP/1.1 401"), "{unknown}");
    assert!(!log.contains("9f86d081"), "{log}");
}

#[test]
fn metrics_are_served_where_they_are_asked_for_and_a_taken_address_is_named() {
    let desk = Desk::new();
    let serving = Serving::start(&desk, &[("AUTH_OPS_BIND", "127.0.0.1:0")]);
    assert!(serving.get("/livez").contains("ok"));
    let address = serving.metrics.clone().unwrap();
    let address = address.strip_suffix("/metrics").unwrap();
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(stream, "GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut stream, &mut text).unwrap();
    for series in [
        "auth_hash_capacity ",
        "auth_hash_queue_depth 0",
        "auth_db_pool_connections{pool=\"writer\"",
        "auth_build_info{",
    ] {
        assert!(text.contains(series), "{series}\n{text}");
    }
    assert!(!text.contains("auth_hash_capacity 0"), "it was measured");
    let refused = desk.run(&["serve"], &[("AUTH_OPS_BIND", address)]);
    assert_refused(&refused, 1, &["ops.bind", "AUTH_OPS_BIND", address]);
    assert_eq!(serving.stop(), Some(0));
}

/// By the program itself: told to stop, it is not ready and serves on.
#[test]
fn a_server_that_was_told_to_stop_serves_through_its_drain_delay() {
    let desk = Desk::new();
    let serving = Serving::start(&desk, &[("AUTH_SERVER_DRAIN_DELAY", "10m")]);
    assert!(serving.get("/readyz").contains(r#""status":"ok""#));
    crate::process::signal(&serving.child, "TERM");
    while !serving.get("/readyz").contains("stopping") {
        std::thread::yield_now();
    }
    assert!(serving.post("/v1/users/register", ALICE).starts_with("HTTP/1.1 201"));
    let ready = desk.run(&["healthcheck", "--url", &format!("http://{}", serving.address)], &[]);
    assert_refused(&ready, 1, &["not ready", "stopping"]);
}
