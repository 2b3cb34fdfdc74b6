//! Signing out, and one's own sessions.

use std::time::Duration;

use auth_core::StoreExt as _;
use auth_core::session::EndReason;
use auth_core::time::Clock as _;
use serde_json::{Value, json};

use crate::helpers::{Database, PASSWORD, Setup, TestApp, Tokens, on_each_database, spawn_app};

const SESSIONS: &str = "/v1/users/me/sessions";
const LOGOUT: &str = "/v1/users/logout";
const ME: &str = "/v1/users/me";

/// Every way in is shut: at once, although the access token has not expired.
#[track_caller]
fn is_out(app: &TestApp, tokens: &Tokens) {
    for path in [ME, SESSIONS, "/v1/forward-auth"] {
        let reply = app.get_as(path, &tokens.access);
        reply.problem(401, "token_invalid");
        assert_eq!(reply.header("www-authenticate"), Some("Bearer realm=\"auth\", error=\"invalid_token\""));
    }
    app.refresh(&tokens.refresh).problem(401, "token_invalid");
}

#[track_caller]
fn is_in(app: &TestApp, tokens: &Tokens) {
    assert_eq!(app.get_as(ME, &tokens.access).status, 200);
    assert_eq!(app.get_as("/v1/forward-auth", &tokens.access).status, 204);
    let session = app.session(tokens);
    assert_eq!((session.generation, session.ended), (1, None));
}

fn three_sessions(database: Database) -> (TestApp, [Tokens; 3]) {
    let app = spawn_app(database);
    app.register("alice");
    let tokens = [(); 3].map(|()| {
        app.clock.advance(Duration::from_secs(1));
        app.tokens("alice")
    });
    (app, tokens)
}

fn list(app: &TestApp, tokens: &Tokens) -> Vec<Value> {
    let reply = app.get_as(SESSIONS, &tokens.access);
    assert_eq!(reply.status, 200, "{reply:?}");
    let body = reply.json();
    assert_eq!(body["next_cursor"], json!(null));
    body["data"].as_array().unwrap().clone()
}

on_each_database! {
    /// zero seconds.
    fn a_sign_out_ends_what_its_scope_says_and_nothing_else(database: Database) {
        for path in [LOGOUT, "/v1/users/logout?scope=local", "/v1/users/logout?scope="] {
            let (app, [a, b, c]) = three_sessions(database);
            let reply = app.send_as("POST", path, &a.access, None);
            assert_eq!((reply.status, reply.body.len()), (204, 0), "{reply:?}");
            is_out(&app, &a);
            is_in(&app, &b);
            is_in(&app, &c);
            app.send_as("POST", path, &a.access, None).problem(401, "token_invalid");
        }
        let (app, [a, b, c]) = three_sessions(database);
        assert_eq!(app.send_as("POST", "/v1/users/logout?scope=others", &b.access, None).status, 204);
        is_in(&app, &b);
        is_out(&app, &a);
        is_out(&app, &c);
        let (app, all) = three_sessions(database);
        app.register("bobby");
        let bob = app.tokens("bobby");
        assert_eq!(app.send_as("POST", "/v1/users/logout?scope=global", &all[0].access, None).status, 204);
        for tokens in &all {
            is_out(&app, tokens);
        }
        is_in(&app, &bob);
        is_in(&app, &app.tokens("alice"));
    }

    fn ones_sessions_are_listed_and_the_one_that_asks_is_marked(database: Database) {
        let app = spawn_app(database);
        app.register("alice");
        let body = json!({"username": "alice", "password": PASSWORD}).to_string();
        let sign_in = |agent: &str| {
            let headers = [("Content-Type", "application/json"), ("User-Agent", agent)];
            Tokens::of(&app.request("POST", "/v1/users/token", &headers, body.as_bytes()))
        };
        let phone = sign_in("Phone\u{9b}/1 <b>");
        app.clock.advance(Duration::from_secs(60));
        let plain = app.tokens("alice");
        app.clock.advance(Duration::from_secs(60));
        let phone = Tokens::of(&app.refresh(&phone.refresh));
        let entry = |tokens: &Tokens, current, client: Value, refreshed: &str, began: &str, ends: &str| json!({
            "id": tokens.session(), "current": current, "client": client, "ip": "127.0.0.1",
            "created_at": began, "refreshed_at": refreshed, "expires_at": ends,
        });
        assert_eq!(list(&app, &plain), [
            entry(&phone, false, json!("Phone/1 <b>"), "2026-11-23T10:02:00Z", "2026-11-23T10:00:00Z", "2026-12-23T10:00:00Z"),
            entry(&plain, true, json!(null), "2026-11-23T10:01:00Z", "2026-11-23T10:01:00Z", "2026-12-23T10:01:00Z"),
        ]);
        assert_eq!(list(&app, &phone)[0]["current"], true);
        assert_eq!(app.send_as("POST", LOGOUT, &phone.access, None).status, 204);
        assert_eq!(list(&app, &plain).len(), 1, "what has ended is not listed");
    }

    fn one_of_ones_sessions_is_ended_the_own_included(database: Database) {
        let (app, [a, b, c]) = three_sessions(database);
        let end = |tokens: &Tokens, id: &str| app.send_as("DELETE", &format!("{SESSIONS}/{id}"), &tokens.access, None);
        assert_eq!(end(&a, &b.session()).status, 204);
        is_out(&app, &b);
        is_in(&app, &c);
        end(&a, &b.session()).problem(404, "not_found");
        assert_eq!(end(&a, &a.session()).status, 204);
        is_out(&app, &a);
        end(&a, &c.session()).problem(401, "token_invalid");
        is_in(&app, &c);
    }

    ///
    fn w03_the_sessions_of_others_are_not_there(database: Database) {
        let (app, [a, ..]) = three_sessions(database);
        app.register("mallory");
        let mallory = app.tokens("mallory");
        assert_eq!(list(&app, &mallory).len(), 1);
        let end = |id: &str| app.send_as("DELETE", &format!("{SESSIONS}/{id}"), &mallory.access, None);
        let foreign = end(&a.session());
        let unknown = end("5f0c3a52-9f0f-4a39-8a53-1f3f6f6f2f10");
        let but_its_id = |reply: &crate::helpers::Reply| {
            let mut problem = reply.problem(404, "not_found");
            problem["request_id"] = json!(null);
            problem
        };
        assert_eq!(but_its_id(&foreign), but_its_id(&unknown), "nothing is told about it");
        is_in(&app, &a);
        for id in ["0", "me", &a.session().to_uppercase(), &a.session().replace('-', ""), "null", "-1"] {
            end(id).problem(404, "not_found");
        }
        assert_eq!(end(&mallory.session()).status, 204);
    }

    /// another instance ended the session, and this one has not heard of it.
    fn what_changes_something_asks_the_session_itself(database: Database) {
        let (app, [a, b, _]) = three_sessions(database);
        let now = app.clock.now();
        let id = a.session().parse().unwrap();
        assert!(app.store.write(|tx| tx.sessions().end(id, EndReason::SignedOut, now)).unwrap());
        let other = format!("{SESSIONS}/{}", b.session());
        let (deletion, name) = (json!({"password": PASSWORD}), json!({"username": "alicia", "password": PASSWORD}));
        let password = json!({"current_password": PASSWORD, "new_password": "another horse battery staple"});
        let hashed = app.hasher.checks();
        for (method, path, body) in [
            ("DELETE", ME, Some(&deletion)),
            ("PUT", "/v1/users/me/username", Some(&name)),
            ("PUT", "/v1/users/me/password", Some(&password)),
            ("DELETE", &other, None),
            ("POST", "/v1/users/logout?scope=global", None),
            ("POST", LOGOUT, None),
            ("GET", SESSIONS, None),
            ("GET", ME, None),
        ] {
            app.send_as(method, path, &a.access, body).problem(401, "token_invalid");
        }
        assert_eq!(app.hasher.checks(), hashed, "and does so before it hashes");
        is_in(&app, &b);
    }

    /// What one instance ends, another on the same database refuses as soon as it has heard.
    fn endings_are_heard_by_the_other_instance_and_after_a_restart(database: Database) {
        let (app, [a, b, c]) = three_sessions(database);
        let again = || Setup {
            store: Some(std::sync::Arc::clone(&app.store)),
            root_keys: std::sync::Arc::clone(&app.root_keys),
            clock: std::sync::Arc::clone(&app.clock),
            ..Setup::default()
        };
        let other = again().spawn();
        is_in(&other, &a);
        assert_eq!(app.send_as("POST", LOGOUT, &a.access, None).status, 204);
        other.refresh(&a.refresh).problem(401, "token_invalid");
        other.service.hear_endings().unwrap();
        is_out(&other, &a);
        is_in(&other, &b);
        assert_eq!(other.send_as("DELETE", &format!("{SESSIONS}/{}", b.session()), &c.access, None).status, 204);
        drop(other);
        let restarted = again().spawn();
        is_out(&restarted, &a);
        is_out(&restarted, &b);
        is_in(&restarted, &c);
    }
}

#[test]
fn a_scope_is_one_of_three_words() {
    let app = spawn_app(Database::Memory);
    app.register("alice");
    let tokens = app.tokens("alice");
    let logout = |query: &str| app.send_as("POST", &format!("{LOGOUT}?{query}"), &tokens.access, None);
    for scope in ["Global", "all", "local,others", "0", "loca", "local+", "%00"] {
        logout(&format!("scope={scope}")).faults(422, "validation_failed", &[("/scope", "unknown_value")]);
    }
    logout("scop=global").faults(422, "validation_failed", &[("/scop", "unknown_member")]);
    logout("scope=local&scope=global").problem(400, "duplicate_member");
    logout("scope=%zz").problem(400, "invalid_form");
    logout(&format!("access_token={}", tokens.access)).faults(
        422,
        "validation_failed",
        &[("/access_token", "unknown_member")],
    );
    is_in(&app, &tokens);
    app.post(LOGOUT, "").problem(401, "token_missing");
    app.post("/v1/users/logout?scope=all", "").problem(401, "token_missing");
}

#[test]
fn every_route_of_ones_own_wants_a_token() {
    let app = spawn_app(Database::Memory);
    for (method, path) in [
        ("POST", LOGOUT),
        ("GET", ME),
        ("DELETE", ME),
        ("GET", SESSIONS),
        ("DELETE", "/v1/users/me/sessions/5f0c3a52-9f0f-4a39-8a53-1f3f6f6f2f10"),
        ("PUT", "/v1/users/me/password"),
        ("PUT", "/v1/users/me/username"),
        ("GET", "/v1/forward-auth"),
    ] {
        // Whatever the body is: strangers are not listened to.
        for body in ["", "{", "{}"] {
            let headers = [("Content-Type", "application/json")];
            app.request(method, path, &headers, body.as_bytes()).problem(401, "token_missing");
        }
        app.send_as(method, path, "x", None).problem(401, "token_invalid");
    }
}
