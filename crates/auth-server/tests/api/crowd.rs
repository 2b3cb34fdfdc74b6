//! The short way to refuse a sign-in when the queue is full (`middleware/crowd.rs`): nobody can tell it from the long one,
//! and only what is a plain sign-in takes it.
#![expect(clippy::float_cmp, reason = "whole numbers")]

use std::sync::mpsc::Sender;

use serde_json::json;

use crate::helpers::{Connection, PASSWORD, Reply, Setup, TestApp, Tokens, ask, head, hold};

/// A server whose queue is full, with somebody who is signed in.
struct Crowded {
    /// First, for it goes first: the server waits for what runs.
    _held: Sender<()>,
    _waiting: Vec<Connection>,
    app: TestApp,
    tokens: Tokens,
}

impl Crowded {
    fn new() -> Self {
        let app = Setup { queue_limit: 1, hashing_threads: 1, ..Setup::default() }.spawn();
        app.register("alice");
        let tokens = app.tokens("alice");
        let (first, held) = hold(&app);
        let second = ask(Connection::open(app.address));
        while app.state.hashing.depth() == 0 {
            std::thread::yield_now();
        }
        Self { _held: held, _waiting: vec![first, second], app, tokens }
    }

    fn send(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        self.app.request("POST", path, headers, body)
    }
}

const JSON: (&str, &str) = ("Content-Type", "application/json");
const NAMED: (&str, &str) = ("X-Request-Id", "crowd-1");

fn sign_in() -> Vec<u8> {
    json!({"username": "alice", "password": PASSWORD}).to_string().into_bytes()
}

#[test]
fn a_refusal_is_the_same_by_either_way() {
    let crowded = Crowded::new();
    for path in ["/v1/users/token", "/users/token"] {
        let short = crowded.send(path, &[JSON, NAMED], &sign_in());
        // A query leads the long way.
        let long = crowded.send(&format!("{path}?a=b"), &[JSON, NAMED], &sign_in());
        assert_eq!(short.problem(503, "busy"), long.problem(503, "busy"));
        let shown = |reply: &Reply| {
            let names = reply.header_names().into_iter().filter(|name| *name != "date").map(str::to_owned);
            names.map(|name| (reply.headers(&name).join(","), name)).collect::<Vec<_>>()
        };
        assert_eq!(shown(&short), shown(&long));
        assert_eq!(short.header("x-request-id"), Some("crowd-1"));
        assert!(short.header("retry-after").is_some());
        let labels = format!("{{method=\"POST\",route=\"{path}\",status=\"503\"}}");
        assert_eq!(crowded.app.metric(&format!("auth_http_request_duration_seconds_count{labels}")), 2.0);
    }
    assert_eq!(crowded.app.metric("auth_hash_rejected_total{cause=\"full\"}"), 4.0);
}

#[test]
fn whatever_is_no_plain_sign_in_is_answered_as_ever() {
    let crowded = Crowded::new();
    let refresh = json!({"grant_type": "refresh_token", "refresh_token": crowded.tokens.refresh}).to_string();
    assert_eq!(crowded.send("/v1/users/token", &[JSON], refresh.as_bytes()).status, 200, "its body was put back");
    let path = "/v1/users/token";
    crowded.send(path, &[JSON], b"{\"username\":").problem(400, "invalid_json");
    crowded.send(path, &[JSON], b"[]").problem(400, "not_an_object");
    crowded.send(path, &[JSON], b"{\"username\":\"alice\"}").problem(422, "validation_failed");
    crowded.send(path, &[JSON], b"{\"grant_type\":\"magic\"}").problem(400, "unsupported_grant_type");
    crowded.send(path, &[("Content-Type", "text/plain")], &sign_in()).problem(415, "unsupported_media_type");
    crowded.send(path, &[JSON], &vec![b' '; 17 * 1_024]).problem(413, "body_too_large");
    crowded.app.request("PUT", path, &[JSON], &sign_in()).problem(405, "method_not_allowed");
    assert_eq!(crowded.app.metric("auth_hash_rejected_total{cause=\"full\"}"), 0.0, "none of them wanted a place");

    let mut chunked = Connection::open(crowded.app.address);
    chunked.write(&head("POST", path, &[JSON, ("Transfer-Encoding", "chunked")], None));
    let body = sign_in();
    chunked.write(format!("{:x}\r\n{}\r\n0\r\n\r\n", body.len(), String::from_utf8(body).unwrap()).as_bytes());
    chunked.read().problem(503, "busy");
    let form = format!("username=alice&password={}", PASSWORD.replace(' ', "+"));
    crowded.send(path, &[("Content-Type", "application/x-www-form-urlencoded")], form.as_bytes()).problem(503, "busy");
}

#[test]
fn a_connection_goes_on_after_a_refusal() {
    let crowded = Crowded::new();
    let mut connection = Connection::open(crowded.app.address);
    for _ in 0..3 {
        let body = sign_in();
        connection.write(&head("POST", "/v1/users/token", &[JSON], Some(body.len())));
        // The body after the head, as it may come.
        connection.write(&body);
        connection.read().problem(503, "busy");
    }
    connection.write(&head("GET", "/livez", &[], None));
    assert_eq!(connection.read().status, 200);
}
