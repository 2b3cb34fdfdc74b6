//! Who may do what: each operation of the server, by each kind of caller. An operation that is in neither this table nor the server's
//! fails here.

use std::collections::BTreeSet;
use std::time::Duration;

use auth_server::routes::ROUTES;
use serde_json::{Value, json};

use super::{admin, patch, roles, subject};
use crate::helpers::{Database, PASSWORD, Reply, TestApp, Tokens, spawn_app};

/// Whoever asks: without a token, a plain account, an administrator, one who was demoted, one who was disabled, and one whose token has
/// expired.
const CALLERS: [&str; 6] = ["nobody", "user", "admin", "demoted", "disabled", "expired"];

/// What each of them is answered, in that order.
type Answers = [u16; 6];

/// Whoever comes: nothing of a caller is looked at.
const OPEN: fn(u16) -> Answers = |status| [status; 6];
/// Whoever has a live session.
const BEARER: fn(u16) -> Answers = |status| [401, status, status, status, 401, 401];
/// Administrators.
const ADMIN: fn(u16) -> Answers = |status| [401, 403, status, 403, 401, 401];

/// Operation, body, and answers.
fn table() -> Vec<(&'static str, &'static str, Value, Answers)> {
    let none = Value::Null;
    let new = json!({"username": "frank", "password": PASSWORD});
    let wrong = json!({"password": "wrong horse battery"});
    let named = json!({"username": "frank", "password": "wrong horse battery"});
    let changed = json!({"current_password": "wrong horse battery", "new_password": PASSWORD});
    vec![
        ("GET", "/v1/settings", none.clone(), OPEN(200)),
        ("POST", "/v1/users/register", json!({}), OPEN(422)),
        ("POST", "/v1/users/token", json!({}), OPEN(422)),
        ("POST", "/v1/users/logout", none.clone(), BEARER(204)),
        ("GET", "/v1/users/me", none.clone(), BEARER(200)),
        ("DELETE", "/v1/users/me", wrong, BEARER(403)),
        ("PUT", "/v1/users/me/password", changed, BEARER(403)),
        ("PUT", "/v1/users/me/username", named, BEARER(403)),
        ("GET", "/v1/users/me/sessions", none.clone(), BEARER(200)),
        ("DELETE", "/v1/users/me/sessions/{id}", none.clone(), BEARER(404)),
        ("GET", "/v1/forward-auth", none.clone(), BEARER(204)),
        ("GET", "/v1/admin/users", none.clone(), ADMIN(200)),
        ("POST", "/v1/admin/users", new, ADMIN(201)),
        ("GET", "/v1/admin/users/{id}", none.clone(), ADMIN(404)),
        ("PATCH", "/v1/admin/users/{id}", json!({}), ADMIN(404)),
        ("DELETE", "/v1/admin/users/{id}", none.clone(), ADMIN(404)),
        ("PUT", "/v1/admin/users/{id}/password", json!({"password": PASSWORD}), ADMIN(404)),
        ("POST", "/v1/admin/users/{id}/unlock", none.clone(), ADMIN(404)),
        ("GET", "/v1/admin/users/{id}/sessions", none.clone(), ADMIN(404)),
        ("DELETE", "/v1/admin/users/{id}/sessions", none.clone(), ADMIN(404)),
        ("DELETE", "/v1/admin/users/{id}/sessions/{sid}", none.clone(), ADMIN(404)),
        ("GET", "/v1/admin/events", none.clone(), ADMIN(200)),
        ("GET", "/v1/admin/keys", none.clone(), ADMIN(200)),
        ("POST", "/v1/admin/keys", json!({}), ADMIN(201)),
        ("GET", "/v1/admin/stats", none.clone(), ADMIN(200)),
        ("POST", "/users/register", json!({}), OPEN(400)),
        ("POST", "/users/token", json!({}), OPEN(400)),
        ("POST", "/oauth/revoke", json!({"token": "x"}), OPEN(200)),
        ("POST", "/oauth/introspect", json!({"token": "x"}), BEARER(200)),
        ("GET", "/.well-known/jwks.json", none.clone(), OPEN(200)),
        ("GET", "/.well-known/oauth-authorization-server", none.clone(), OPEN(200)),
        ("GET", "/livez", none.clone(), OPEN(200)),
        ("GET", "/readyz", none.clone(), OPEN(200)),
        ("GET", "/healthz", none.clone(), OPEN(200)),
        ("GET", "/openapi.json", none.clone(), OPEN(200)),
        ("GET", "/docs", none.clone(), OPEN(200)),
        ("GET", "/docs/{file}", none.clone(), OPEN(404)),
        ("GET", "/problems/{code}", none, OPEN(404)),
    ]
}

/// One of each kind, on a server of their own.
fn callers() -> (TestApp, Vec<Option<Tokens>>) {
    let app = spawn_app(Database::Memory);
    let expired = admin(&app, "grace");
    app.clock.advance(Duration::from_secs(7_300));
    app.register("alice");
    let (user, root) = (app.tokens("alice"), admin(&app, "carol"));
    let (demoted, disabled) = (admin(&app, "dave"), admin(&app, "erin"));
    assert_eq!(patch(&app, &root, &subject(&demoted), &roles(&[])).status, 200);
    assert_eq!(patch(&app, &root, &subject(&disabled), &json!({"state": "disabled"})).status, 200);
    (app, vec![None, Some(user), Some(root), Some(demoted), Some(disabled), Some(expired)])
}

fn ask(app: &TestApp, caller: Option<&Tokens>, method: &str, path: &str, body: &Value) -> Reply {
    let path = path
        .replace("{id}", "019a4f5e-7b3c-7d1e-8f2a-3b4c5d6e7f80")
        .replace("{sid}", "5f0c3a52-9f0f-4a39-8a53-1f3f6f6f2f10");
    let path = path.replace("{file}", "nothing").replace("{code}", "nothing");
    let (bearer, body) = (
        caller.map(|tokens| format!("Bearer {}", tokens.access)),
        if body.is_null() { String::new() } else { body.to_string() },
    );
    let mut headers = Vec::new();
    headers.extend(bearer.as_deref().map(|bearer| ("Authorization", bearer)));
    if !body.is_empty() {
        headers.push(("Content-Type", "application/json"));
    }
    app.request(method, &path, &headers, body.as_bytes())
}

#[test]
fn each_operation_answers_each_kind_of_caller_as_the_policy_says() {
    for (method, path, body, answers) in table() {
        let (app, callers) = callers();
        for (which, expected) in answers.into_iter().enumerate() {
            let reply = ask(&app, callers[which].as_ref(), method, path, &body);
            assert_eq!(reply.status, expected, "{method} {path} by {}: {reply:?}", CALLERS[which]);
            if reply.status == 401 {
                assert!(
                    reply.header("www-authenticate").is_some_and(|value| value.starts_with("Bearer ")),
                    "{reply:?}"
                );
            }
        }
    }
}

#[test]
fn every_operation_of_the_server_has_its_line_and_none_is_for_nothing() {
    let listed: BTreeSet<(&str, &str)> = table().into_iter().map(|(method, path, ..)| (method, path)).collect();
    let served: BTreeSet<(&str, &str)> = ROUTES
        .iter()
        .flat_map(|route| route.operations.iter().map(|operation| (operation.method, route.path)))
        .collect();
    assert_eq!(listed, served);
    assert_eq!(listed.len(), table().len(), "no line is there twice");
}

/// The table of routes is what the server registers: a method that it does not list is not answered, whoever asks.
#[test]
fn no_other_method_is_answered_on_any_route() {
    let (app, callers) = callers();
    for route in ROUTES {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            if !route.operations.iter().any(|operation| operation.method == method) {
                let reply = ask(&app, callers[2].as_ref(), method, route.path, &Value::Null);
                reply.problem(405, "method_not_allowed");
                assert_eq!(reply.header("allow"), Some(route.allow), "{method} {}", route.path);
            }
        }
    }
}
