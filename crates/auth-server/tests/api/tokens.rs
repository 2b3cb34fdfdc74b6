//! `POST /v1/users/token`.

use auth_core::StoreExt as _;
use auth_core::time::Clock as _;
use auth_core::user::{AccountState, CanonicalName};
use serde_json::{Value, json};

use crate::helpers::{Database, PASSWORD, Reply, TestApp, on_each_database, spawn_app};

const TOKEN: &str = "/v1/users/token";

/// A body without what differs from request to request.
fn but_its_id(reply: &Reply) -> Value {
    let mut body = reply.json();
    assert!(body.as_object_mut().unwrap().remove("request_id").is_some());
    body
}

fn disable(app: &TestApp, username: &str) {
    let now = app.clock.now();
    let changed = app.store.write(|tx| match tx.users().by_name(&CanonicalName::of(username))? {
        Some(user) => tx.users().set_state(user.id, AccountState::Disabled, now),
        None => Ok(false),
    });
    assert!(changed.unwrap());
}

on_each_database! {
    fn a_right_password_gets_a_token_whichever_way_it_is_sent(database: Database) {
        let app = spawn_app(database);
        app.register("Alice");
        let form = "grant_type=password&username=alice&password=correct+horse%20battery+staple";
        for reply in [
            app.post_json(TOKEN, &json!({"username": "alice", "password": PASSWORD})),
            app.post_json(TOKEN, &json!({"grant_type": "password", "username": "ALICE", "password": PASSWORD})),
            app.post_form(TOKEN, form),
        ] {
            assert_eq!(reply.status, 200, "{reply:?}");
            assert_eq!(reply.header("cache-control"), Some("no-store"));
            let body = reply.json();
            assert_eq!(body, json!({
                "access_token": body["access_token"], "token_type": "Bearer", "expires_in": 7200,
                "refresh_token": body["refresh_token"], "device_token": body["device_token"],
            }));
            assert!(body["device_token"].as_str().unwrap().starts_with("auth_dt_"));
            assert_eq!(app.get_as("/v1/users/me", body["access_token"].as_str().unwrap()).status, 200);
        }
    }

    fn unknown_users_and_wrong_passwords_get_one_answer_at_one_cost(database: Database) {
        let app = spawn_app(database);
        app.register("alice");
        let made = app.hasher.hashes();
        let wrong = app.sign_in("alice", "wrong");
        let problem = wrong.problem(401, "invalid_credentials");
        assert_eq!(problem["error"], "invalid_grant");
        assert_eq!(wrong.header("www-authenticate"), Some("Bearer realm=\"auth\""));
        let mut checks = app.hasher.checks();
        assert_eq!(checks, 1);
        let long = "x".repeat(10_000);
        for (name, password) in [
            ("nobody", "wrong"),
            ("nobody", PASSWORD),
            ("", ""),
            ("ab", "x"),
            ("no\u{0}body", "x"),
            ("\u{0}", "\u{0}"),
            (&long, "x"),
            ("alice", &long),
            ("alice ", PASSWORD),
            ("alice", ""),
            ("alice", "correct horse battery staple "),
            ("alice", "CORRECT HORSE BATTERY STAPLE"),
        ] {
            let reply = app.sign_in(name, password);
            assert_eq!(but_its_id(&reply), but_its_id(&wrong), "{name:?}");
            assert_eq!(reply.header_names(), wrong.header_names());
            assert_eq!(reply.header("content-length"), wrong.header("content-length"));
            checks += 1;
            assert_eq!(app.hasher.checks(), checks, "one check for {name:?}");
        }
        assert_eq!(app.hasher.hashes(), made, "a refusal makes no hash");
    }

    fn a_disabled_account_is_told_only_to_whoever_knows_its_password(database: Database) {
        let app = spawn_app(database);
        app.register("alice");
        let wrong = app.sign_in("alice", "wrong");
        disable(&app, "alice");
        let checks = app.hasher.checks();
        assert_eq!(but_its_id(&app.sign_in("alice", "wrong")), but_its_id(&wrong));
        let problem = app.sign_in("alice", PASSWORD).problem(403, "account_disabled");
        assert_eq!(problem["error"], "invalid_grant");
        assert_eq!(app.hasher.checks(), checks + 2, "each costs one check");
    }
}

#[test]
fn other_grants_are_named_as_such() {
    let app = spawn_app(Database::Memory);
    for grant in ["refresh token", "client_credentials", "Password", "password ", "authorization_code"] {
        let problem = app.post_json(TOKEN, &json!({"grant_type": grant})).problem(400, "unsupported_grant_type");
        assert_eq!(problem["error"], "unsupported_grant_type");
    }
    app.post_form(TOKEN, "grant_type=implicit").problem(400, "unsupported_grant_type");
    app.post_json(TOKEN, &json!({"grant_type": null})).faults(
        422,
        "validation_failed",
        &[("/grant_type", "wrong_type"), ("/username", "required"), ("/password", "required")],
    );
}

#[test]
fn members_that_a_client_library_adds_are_ignored() {
    let app = spawn_app(Database::Memory);
    app.register("alice");
    let body = json!({"username": "alice", "password": PASSWORD, "client_id": "app", "scope": ["a"], "remember": true});
    assert_eq!(app.post_json(TOKEN, &body).status, 200);
    let form = "username=alice&password=correct+horse+battery+staple&client_id=app&scope=a%20b&grant_type=";
    assert_eq!(app.post_form(TOKEN, form).status, 200, "a parameter without a value counts as missing");
}

#[test]
fn forms_are_read_as_strictly_as_json() {
    let app = spawn_app(Database::Memory);
    app.register("alice");
    let password = "correct+horse+battery+staple";
    assert_eq!(app.post_form(TOKEN, &format!("username=alice&password={password}")).status, 200);
    for (body, status, code) in [
        (format!("username=alice&username=bob&password={password}"), 400, "duplicate_member"),
        (format!("username=alice&%75sername=alice&password={password}"), 400, "duplicate_member"),
        ("username=alice&password=%zz".to_owned(), 400, "invalid_form"),
        ("username=alice&password=%ff".to_owned(), 400, "invalid_form"),
        ("username=alice&password=%".to_owned(), 400, "invalid_form"),
        ("username=alice&password=".to_owned(), 422, "validation_failed"),
        (String::new(), 422, "validation_failed"),
    ] {
        let problem = app.post_form(TOKEN, &body).problem(status, code);
        assert_eq!(problem["error"], "invalid_request");
    }
}

#[test]
fn w06_a_password_in_the_url_is_not_looked_at() {
    let app = spawn_app(Database::Memory);
    app.register("alice");
    let path = "/v1/users/token?username=alice&password=correct+horse+battery+staple";
    app.post(path, "{}").faults(422, "validation_failed", &[("/username", "required"), ("/password", "required")]);
    let body = json!({"username": "alice", "password": PASSWORD});
    assert_eq!(app.post_json("/v1/users/token?username=bob&password=wrong", &body).status, 200);
}
