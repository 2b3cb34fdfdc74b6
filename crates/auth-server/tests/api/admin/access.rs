//! Who gets in (A-01, A-04), and what nobody is told (W-01, W-02).

use std::time::Duration;

use serde_json::json;

use super::{EVENTS, KEYS, STATS, USERS, admin, patch, read, roles, subject, user};
use crate::helpers::{Database, PASSWORD, Tokens, on_each_database, spawn_app, token_part};

on_each_database! {
    /// A-04: the token was issued to an administrator, and says so still.
    fn a_demoted_administrator_is_out_at_once_and_a_promoted_account_in(database: Database) {
        let app = spawn_app(database);
        let (root, second) = (admin(&app, "carol"), admin(&app, "dave"));
        assert_eq!(token_part(&second.access, 1)["roles"], json!(["admin"]));
        assert_eq!(app.get_as(USERS, &second.access).status, 200);
        assert_eq!(patch(&app, &root, &subject(&second), &roles(&[])).status, 200);
        let reply = app.get_as(USERS, &second.access);
        reply.problem(403, "insufficient_scope");
        assert_eq!(reply.header("www-authenticate"), Some("Bearer realm=\"auth\", error=\"insufficient_scope\""));
        assert_eq!(app.get_as("/v1/users/me", &second.access).status, 200, "it is no less an account");
        assert_eq!(token_part(&Tokens::of(&app.refresh(&second.refresh)).access, 1).get("roles"), None);

        app.register("erin");
        let erin = app.tokens("erin");
        assert_eq!(token_part(&erin.access, 1).get("roles"), None);
        app.get_as(STATS, &erin.access).problem(403, "insufficient_scope");
        assert_eq!(patch(&app, &root, &subject(&erin), &roles(&["admin", "help-desk"])).status, 200);
        assert_eq!(app.get_as(STATS, &erin.access).status, 200, "the token says nothing of it yet");
        let refreshed = Tokens::of(&app.refresh(&erin.refresh));
        assert_eq!(token_part(&refreshed.access, 1)["roles"], json!(["admin", "help-desk"]));
    }

    fn a_disabled_or_deleted_administrator_is_out_at_once(database: Database) {
        let app = spawn_app(database);
        let root = admin(&app, "carol");
        let (disabled, deleted) = (admin(&app, "dave"), admin(&app, "erin"));
        assert_eq!(patch(&app, &root, &subject(&disabled), &json!({"state": "disabled"})).status, 200);
        assert_eq!(app.send_as("DELETE", &user(&subject(&deleted)), &root.access, None).status, 204);
        for gone in [&disabled, &deleted] {
            for path in [USERS, EVENTS, KEYS, STATS] {
                app.get_as(path, &gone.access).problem(401, "token_invalid");
            }
            app.refresh(&gone.refresh).problem(401, "token_invalid");
        }
    }

    /// Whatever is wrong with what is sent, the first thing that is told is that it is not for them.
    fn strangers_are_not_listened_to(database: Database) {
        let app = spawn_app(database);
        admin(&app, "carol");
        app.register("mallory");
        let mallory = app.tokens("mallory");
        let (hashes, bearer) = (app.hasher.hashes(), format!("Bearer {}", mallory.access));
        let long = "a".repeat(20_000);
        for body in ["", "{", "[]", r#"{"username":"x","password":"correct horse battery staple"}"#, &long] {
            let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
            app.request("POST", USERS, &headers, body.as_bytes()).problem(403, "insufficient_scope");
        }
        let mine = subject(&mallory);
        patch(&app, &mallory, &mine, &roles(&["admin"])).problem(403, "insufficient_scope");
        app.send_as("PUT", &format!("{}/password", user(&mine)), &mallory.access, Some(&json!({"password": PASSWORD})))
            .problem(403, "insufficient_scope");
        for query in ["cursor=x", "limit=0", "limit=1&limit=1", "q=x"] {
            app.get_as(&format!("{USERS}?{query}"), &mallory.access).problem(403, "insufficient_scope");
        }
        app.get_as(&user("nobody"), &mallory.access).problem(403, "insufficient_scope");
        assert_eq!(app.hasher.hashes(), hashes, "and nothing is hashed for them");
    }
}

/// W-01: no member of a request makes an administrator, on any route.
#[test]
fn no_member_of_a_request_makes_an_administrator() {
    let app = spawn_app(Database::Memory);
    let root = admin(&app, "carol");
    for member in ["role", "roles", "is_admin", "admin", "Roles", "id", "state", "legacy_id", "created_at"] {
        let mut body = json!({"username": "alice", "password": PASSWORD});
        body[member] = json!(["admin"]);
        let pointer = format!("/{member}");
        for reply in [app.post_json("/v1/users/register", &body), app.send_as("POST", USERS, &root.access, Some(&body))]
        {
            reply.faults(422, "validation_failed", &[(&pointer, "unknown_member")]);
        }
    }
    assert_eq!(read(&app, &root, USERS)["data"].as_array().unwrap().len(), 1, "nothing was made");
}

/// W-02: what administrators read holds no hash, no key and no token.
#[test]
fn nothing_secret_is_shown_to_administrators() {
    let app = spawn_app(Database::Memory);
    let root = admin(&app, "carol");
    let id = subject(&root);
    let secrets: Vec<String> =
        vec!["$cheap".to_owned(), "hash".to_owned(), "salt".to_owned(), "private".to_owned(), root.refresh.clone()];
    for path in [
        USERS.to_owned(),
        user(&id),
        format!("{}/sessions", user(&id)),
        EVENTS.to_owned(),
        KEYS.to_owned(),
        STATS.to_owned(),
    ] {
        let text = app.get_as(&path, &root.access).text().to_owned();
        for secret in &secrets {
            assert!(!text.contains(secret.as_str()), "{path} shows {secret}: {text}");
        }
    }
}

#[test]
fn an_expired_token_of_an_administrator_is_no_good() {
    let app = spawn_app(Database::Memory);
    let root = admin(&app, "carol");
    app.clock.advance(Duration::from_secs(7_206));
    app.get_as(STATS, &root.access).problem(401, "token_invalid");
}
