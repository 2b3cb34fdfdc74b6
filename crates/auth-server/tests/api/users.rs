//! `POST /v1/users/register`, `GET /v1/users/me`.

use std::time::Duration;

use auth_core::StoreExt as _;
use auth_core::service::{RegistrationMode, ServiceSettings};
use auth_core::time::Clock as _;
use auth_core::user::AccountState;
use serde_json::json;

use crate::helpers::{Database, PASSWORD, Setup, on_each_database, spawn_app};

const REGISTER: &str = "/v1/users/register";

on_each_database! {
    fn an_account_is_made_and_reads_itself(database: Database) {
        let app = spawn_app(database);
        let reply = app.post_json(REGISTER, &json!({"username": "Alice", "password": PASSWORD}));
        assert_eq!(reply.status, 201, "{reply:?}");
        assert_eq!(reply.header("location"), Some("https://auth.test/v1/users/me"));
        let user = reply.json();
        assert_eq!(user["id"].as_str().unwrap().len(), 36);
        assert_eq!(user, json!({
            "id": user["id"], "username": "Alice", "state": "active",
            "created_at": "2026-11-23T10:00:00Z", "updated_at": "2026-11-23T10:00:00Z",
        }));
        let me = app.get_as("/v1/users/me", &app.token("alice"));
        assert_eq!((me.status, me.json()), (200, user));
    }

    fn a_name_is_given_out_once_in_whatever_spelling(database: Database) {
        let app = spawn_app(database);
        app.register("paypal");
        // The last has Cyrillic letters only, and looks the same.
        for name in ["paypal", "PayPal", "ｐａｙｐａｌ", "раураӏ"] {
            let reply = app.post_json(REGISTER, &json!({"username": name, "password": PASSWORD}));
            reply.problem(409, "username_taken");
        }
        app.register("payfriend");
    }

    fn names_that_break_a_rule_are_refused_without_troubling_the_database(database: Database) {
        let app = spawn_app(database);
        for (name, code) in [
            ("", "too_short"),
            ("ab", "too_short"),
            (&"a".repeat(65), "too_long"),
            (&"a".repeat(10_000), "too_long"),
            ("nul\u{0}nul", "forbidden_character"),
            ("\u{0}\u{0}\u{0}", "forbidden_character"),
            ("two words", "forbidden_character"),
            ("zero\u{200b}width", "forbidden_character"),
            ("\u{202e}esrever", "forbidden_character"),
            ("\u{fffd}\u{fffd}\u{fffd}", "forbidden_character"),
            ("\u{430}dministrator", "mixed_scripts"),
            ("admin", "reserved"),
        ] {
            let reply = app.post_json(REGISTER, &json!({"username": name, "password": PASSWORD}));
            reply.faults(422, "validation_failed", &[("/username", code)]);
        }
        app.register("abc");
    }

    fn a_session_that_ended_opens_nothing(database: Database) {
        let app = spawn_app(database);
        app.register("alice");
        let token = app.token("alice");
        assert_eq!(app.get_as("/v1/users/me", &token).status, 200);
        let user = app.store.read(|tx| tx.users().by_name(&auth_core::user::CanonicalName::of("alice"))).unwrap().unwrap();
        let now = app.clock.now();
        assert!(app.store.write(|tx| tx.users().set_state(user.id, AccountState::Disabled, now)).unwrap());
        app.get_as("/v1/users/me", &token).problem(401, "token_invalid");
    }
}

#[test]
fn passwords_that_break_a_rule_are_refused() {
    let app = spawn_app(Database::Memory);
    for (password, codes) in [
        ("short", &["too_short"][..]),
        (&"a b".repeat(1_000), &["too_long"]),
        (&"\u{1F980}x".repeat(1_500), &["too_long"]),
        ("password1", &["common"]),
        ("margarete", &["is_name"]),
    ] {
        let reply = app.post_json(REGISTER, &json!({"username": "margarete", "password": password}));
        let faults: Vec<(&str, &str)> = codes.iter().map(|code| ("/password", *code)).collect();
        reply.faults(422, "weak_password", &faults);
        assert_eq!(app.hasher.hashes(), 0, "nothing is hashed for a refusal");
    }
    let longest: String = "correct horse battery staple ".chars().cycle().take(1_024).collect();
    assert_eq!(app.post_json(REGISTER, &json!({"username": "margarete", "password": longest})).status, 201);
    assert_eq!(app.sign_in("margarete", &longest).status, 200);
}

#[test]
fn all_faults_are_told_at_once() {
    let app = spawn_app(Database::Memory);
    app.post_json(REGISTER, &json!({"username": "ab", "password": "short"})).faults(
        422,
        "validation_failed",
        &[("/username", "too_short"), ("/password", "too_short")],
    );
    app.post_json(REGISTER, &json!({"username": 7, "role": "admin", "is_admin": true, "a/b~c": 1})).faults(
        422,
        "validation_failed",
        &[
            ("/username", "wrong_type"),
            ("/password", "required"),
            ("/a~1b~0c", "unknown_member"),
            ("/is_admin", "unknown_member"),
            ("/role", "unknown_member"),
        ],
    );
}

#[test]
fn w01_members_that_nobody_asked_for_are_refused_and_change_nothing() {
    let app = spawn_app(Database::Memory);
    for name in [
        "role",
        "is_admin",
        "email_verified",
        "id",
        "user_id",
        "created_at",
        "password_hash",
        "mfa",
        "scopes",
        "state",
        "Username",
        "PASSWORD",
        "legacy_id",
        "__proto__",
    ] {
        let mut body = json!({"username": "mallory", "password": PASSWORD});
        body[name] = json!({"nested": [1]});
        let pointer = format!("/{name}");
        app.post_json(REGISTER, &body).faults(422, "validation_failed", &[(&pointer, "unknown_member")]);
    }
    assert_eq!(app.register("mallory")["state"], "active", "the name was never taken");
}

#[test]
fn a_repeated_password_must_be_the_same() {
    let app = spawn_app(Database::Memory);
    let body = |again: &str| json!({"username": "alice", "password": PASSWORD, "password_confirmation": again});
    let mismatch = app.post_json(REGISTER, &body("another"));
    mismatch.faults(422, "validation_failed", &[("/password_confirmation", "mismatch")]);
    assert_eq!(app.post_json(REGISTER, &body(PASSWORD)).status, 201);
}

#[test]
fn closed_registration_says_so() {
    let service =
        ServiceSettings { registration: RegistrationMode::Closed, ..ServiceSettings::new("https://auth.test") };
    let app = Setup { service, ..Setup::default() }.spawn();
    let body = json!({"username": "alice", "password": PASSWORD});
    app.post_json(REGISTER, &body).problem(403, "registration_closed");
    app.post_json("/users/register", &body).problem(403, "registration_closed");
}

#[test]
fn a_token_ends_when_it_says_so() {
    let app = spawn_app(Database::Memory);
    app.register("alice");
    let token = app.token("alice");
    // Two hours, and five seconds for clocks that differ.
    app.clock.advance(Duration::from_secs(7_205));
    assert_eq!(app.get_as("/v1/users/me", &token).status, 200);
    app.clock.advance(Duration::from_secs(1));
    app.get_as("/v1/users/me", &token).problem(401, "token_invalid");
}
