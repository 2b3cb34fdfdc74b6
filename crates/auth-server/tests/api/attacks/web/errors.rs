//! W-19, A-06: what each refusal says, and what it never does.

use std::sync::Arc;

use auth_core::testing::MemoryStore;
use auth_server::problem::Code;
use auth_server::routes::{Operation, ROUTES, Route};
use serde_json::json;

use super::path;
use crate::helpers::{Connection, Cut, Database, PASSWORD, Reply, Setup, TestApp, Tokens, head, spawn_app};

/// What a problem must not give away: words of parsers, databases and the code.
const TELLTALE: [&str; 16] = [
    "serde",
    "expected",
    "line 1",
    "column",
    "select ",
    "insert ",
    "sqlite",
    "diesel",
    "postgres",
    "::",
    ".rs",
    "panick",
    "stack",
    "/src",
    "told to fail",
    "cut",
];

/// Holds a reply to be a problem of the table, word for word.
#[track_caller]
fn is_of_the_table(reply: &Reply, name: &str) {
    assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{name}: {reply:?}");
    let problem = reply.json();
    let code = Code::parse(problem["code"].as_str().unwrap()).unwrap();
    assert_eq!(problem["title"], code.entry().title, "{name}");
    assert_eq!(problem["status"], reply.status, "{name}");
    let known = ["type", "title", "status", "code", "detail", "request_id", "errors", "checks", "error", "message"];
    assert!(problem.as_object().unwrap().keys().all(|member| known.contains(&member.as_str())), "{problem}");
    let text = reply.text().to_lowercase();
    for word in TELLTALE {
        assert!(!text.contains(word), "{name} tells of {word}: {text}");
    }
    reply.is_guarded();
}

/// Headers and body.
type Sent<'s> = (&'s [(&'s str, &'s str)], &'s [u8]);

fn of(app: &TestApp, route: &Route, operation: &Operation, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    app.request(operation.method, &path(route.path), headers, body)
}

/// W-19: on each operation of each route, each refusal that can be brought about.
#[test]
fn w19_every_error_of_every_route_is_a_problem_of_the_table() {
    let store = Cut::new(Arc::new(MemoryStore::new()));
    let app = Setup { store: Some(Arc::clone(&store) as _), ..Setup::default() }.spawn();
    app.register("alice");
    let tokens = app.tokens("alice");
    let bearer = ("Authorization", format!("Bearer {}", tokens.access));
    let bearer = (bearer.0, bearer.1.as_str());
    let json = ("Content-Type", "application/json");
    let (padding, large) = ("x".repeat(33_000), vec![b' '; 17_000]);
    let mut statuses = std::collections::BTreeSet::new();
    for route in ROUTES {
        for operation in route.operations {
            let name = format!("{} {}", operation.method, route.path);
            let every: [Sent<'_>; 9] = [
                (&[], b""),
                (&[bearer, json], b"{\"a\":"),
                (&[bearer, json], b"[]"),
                (&[bearer, json], b"{\"a\":{}}"),
                (&[bearer, json], &large),
                (&[bearer, ("Content-Type", "text/plain")], b"{}"),
                (&[("Authorization", "Bearer x")], b""),
                (&[bearer, bearer], b""),
                (&[("X-Padding", &padding)], b""),
            ];
            for (headers, body) in every {
                let reply = of(&app, route, operation, headers, body);
                if reply.status >= 400 {
                    is_of_the_table(&reply, &name);
                    statuses.insert(reply.status);
                }
            }
            let long = format!("{}?{}", path(route.path), "x".repeat(5_000));
            is_of_the_table(&app.request(operation.method, &long, &[], b""), &name);
            store.cut();
            let body = json!({
                "username": "alice", "password": PASSWORD, "token": tokens.access, "grant_type": "password",
                "current_password": PASSWORD, "new_password": "another battery staple",
            });
            let reply = of(&app, route, operation, &[bearer, json], body.to_string().as_bytes());
            if reply.status >= 400 {
                is_of_the_table(&reply, &name);
                statuses.insert(reply.status);
            }
            store.mend();
        }
        is_of_the_table(&app.request("BREW", &path(route.path), &[], b""), route.path);
    }
    let wanted = [400, 401, 413, 415, 422, 431, 503];
    assert!(wanted.iter().all(|status| statuses.contains(status)), "positive control: {statuses:?}");
}

/// W-19: a handler that fails as no handler should.
#[test]
fn w19_a_panic_is_a_problem_of_the_table() {
    let app = spawn_app(Database::Memory);
    app.register("alice");
    app.hasher.before_check(|| panic!("told to fail at /src/hasher.rs"));
    let reply = app.sign_in("alice", PASSWORD);
    assert!([500, 503].contains(&reply.status), "{reply:?}");
    is_of_the_table(&reply, "sign-in");
    app.hasher.before_check(|| {});
    Tokens::of(&app.sign_in("alice", PASSWORD));
}

/// who somebody is says the token, and nothing that is sent beside it.
#[test]
fn a06_a_body_that_names_an_account_opens_nothing() {
    let app = spawn_app(Database::Memory);
    let id = app.register("alice")["id"].clone();
    let claims = json!({"user_id": id, "id": id, "sub": id, "username": "alice", "password": PASSWORD,
        "current_password": PASSWORD, "new_password": "another battery staple"});
    for (method, path) in [
        ("GET", "/v1/users/me".to_owned()),
        ("GET", format!("/v1/users/me?user_id={id}")),
        ("DELETE", "/v1/users/me".to_owned()),
        ("PUT", "/v1/users/me/password".to_owned()),
        ("PUT", "/v1/users/me/username".to_owned()),
        ("GET", "/v1/users/me/sessions".to_owned()),
        ("POST", "/v1/users/logout".to_owned()),
        ("GET", "/v1/forward-auth".to_owned()),
    ] {
        let path = path.replace('"', "");
        let named = [("Content-Type", "application/json"), ("X-User-Id", "1"), ("X-Auth-User", "alice")];
        let reply = app.request(method, &path, &named, claims.to_string().as_bytes());
        reply.problem(401, "token_missing");
    }
    Tokens::of(&app.sign_in("alice", PASSWORD));
}

/// E-08 in passing: a refusal leaves the connection as it was.
#[test]
fn w19_a_refusal_costs_no_connection() {
    let app = spawn_app(Database::Memory);
    let mut connection = Connection::open(app.address);
    for path in ["/nowhere", "/v1/users/me", "/v1/users/token", "/livez"] {
        connection.write(&head("GET", path, &[], None));
        let reply = connection.read();
        assert_eq!(reply.header("connection"), None, "{reply:?}");
    }
}
