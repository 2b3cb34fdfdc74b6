//! What the owner changes about an account, by the password.

use auth_core::StoreExt as _;
use serde_json::json;

use crate::helpers::{Database, PASSWORD, TestApp, Tokens, on_each_database, spawn_app, token_part};

const ME: &str = "/v1/users/me";
const MY_PASSWORD: &str = "/v1/users/me/password";
const MY_USERNAME: &str = "/v1/users/me/username";
const NEW: &str = "another horse battery staple";

fn alice(database: Database) -> (TestApp, Tokens) {
    let app = spawn_app(database);
    app.register("alice");
    let tokens = app.tokens("alice");
    (app, tokens)
}

/// How often the audit log has a line of this kind.
fn lines(app: &TestApp, kind: &str) -> usize {
    let records = app.store.read(|tx| tx.audit().list(None, 1_000)).unwrap();
    records.iter().filter(|record| record.event.to_parts().kind == kind).count()
}

on_each_database! {
    fn a_password_is_changed_by_whoever_knows_it_and_other_sessions_end(database: Database) {
        let (app, own) = alice(database);
        let other = app.tokens("alice");
        let body = json!({"current_password": PASSWORD, "new_password": NEW});
        let reply = app.send_as("PUT", MY_PASSWORD, &own.access, Some(&body));
        assert_eq!((reply.status, reply.body.len()), (204, 0), "{reply:?}");
        assert_eq!(app.get_as(ME, &own.access).status, 200);
        Tokens::of(&app.refresh(&own.refresh));
        app.get_as(ME, &other.access).problem(401, "token_invalid");
        app.get_as("/v1/forward-auth", &other.access).problem(401, "token_invalid");
        app.refresh(&other.refresh).problem(401, "token_invalid");
        app.sign_in("alice", PASSWORD).problem(401, "invalid_credentials");
        assert_eq!(app.sign_in("alice", NEW).status, 200);
        app.send_as("PUT", MY_PASSWORD, &own.access, Some(&body)).problem(403, "current_password_wrong");
    }

    fn a_wrong_password_changes_nothing_and_leaves_a_line(database: Database) {
        let (app, own) = alice(database);
        let other = app.tokens("alice");
        let wrong = "wrong horse battery staple";
        for (method, path, body) in [
            ("PUT", MY_PASSWORD, json!({"current_password": wrong, "new_password": NEW})),
            ("PUT", MY_PASSWORD, json!({"current_password": "", "new_password": NEW})),
            ("PUT", MY_USERNAME, json!({"username": "alicia", "password": wrong})),
            ("DELETE", ME, json!({"password": wrong})),
        ] {
            let checks = app.hasher.checks();
            let reply = app.send_as(method, path, &own.access, Some(&body));
            reply.problem(403, "current_password_wrong");
            assert_eq!(reply.header("www-authenticate"), None, "the token is good");
            assert_eq!(app.hasher.checks(), checks + 1);
        }
        assert_eq!(lines(&app, "password_check_failed"), 4);
        for tokens in [&own, &other] {
            assert_eq!(app.get_as(ME, &tokens.access).json()["username"], "alice");
        }
        assert_eq!(app.sign_in("alice", PASSWORD).status, 200);
    }

    fn a_weak_password_is_refused_with_what_is_weak_about_it(database: Database) {
        let (app, own) = alice(database);
        for (password, codes) in [("short", &["too_short"][..]), ("password1", &["common"]), ("alicealice", &["is_name", "common"])] {
            let body = json!({"current_password": PASSWORD, "new_password": password});
            let faults: Vec<(&str, &str)> = codes.iter().map(|code| ("/new_password", *code)).collect();
            app.send_as("PUT", MY_PASSWORD, &own.access, Some(&body)).faults(422, "weak_password", &faults);
        }
        assert_eq!(app.sign_in("alice", PASSWORD).status, 200);
    }

    fn a_name_is_changed_and_the_old_one_is_free(database: Database) {
        let (app, own) = alice(database);
        app.register("bobby");
        let rename = |name: &str| app.send_as("PUT", MY_USERNAME, &own.access, Some(&json!({"username": name, "password": PASSWORD})));
        for name in ["bobby", "BOBBY", "b\u{3bf}bby"] {
            let reply = rename(name);
            assert!([409, 422].contains(&reply.status), "{name}: {reply:?}");
        }
        rename("bobby").problem(409, "username_taken");
        rename("ab").faults(422, "validation_failed", &[("/username", "too_short")]);
        rename("admin").faults(422, "validation_failed", &[("/username", "reserved")]);
        assert_eq!(app.get_as(ME, &own.access).json()["username"], "alice");

        let before = app.get_as(ME, &own.access).json();
        let reply = rename("Alicia");
        assert_eq!(reply.status, 200, "{reply:?}");
        let user = reply.json();
        assert_eq!((&user["id"], &user["username"]), (&before["id"], &json!("Alicia")));
        assert_eq!(app.get_as(ME, &own.access).json(), user, "the session goes on");
        let refreshed = Tokens::of(&app.refresh(&own.refresh));
        assert_eq!(token_part(&refreshed.access, 1)["username"], "Alicia");
        app.sign_in("alice", PASSWORD).problem(401, "invalid_credentials");
        assert_eq!(app.sign_in("alicia", PASSWORD).status, 200);
        assert_ne!(app.register("alice")["id"], user["id"]);
    }

    /// I-10 on the way.
    fn an_account_is_deleted_with_all_that_it_had(database: Database) {
        let (app, own) = alice(database);
        let other = app.tokens("alice");
        let reply = app.send_as("DELETE", ME, &own.access, Some(&json!({"password": PASSWORD})));
        assert_eq!((reply.status, reply.body.len()), (204, 0), "{reply:?}");
        app.sign_in("alice", PASSWORD).problem(401, "invalid_credentials");
        app.register("alice");
        for tokens in [&own, &other] {
            for path in [ME, "/v1/users/me/sessions", "/v1/forward-auth"] {
                app.get_as(path, &tokens.access).problem(401, "token_invalid");
            }
            app.refresh(&tokens.refresh).problem(401, "token_invalid");
        }
        assert_eq!(app.get_as("/v1/users/me/sessions", &app.token("alice")).json()["data"].as_array().unwrap().len(), 1);
        assert_eq!(lines(&app, "user_deleted"), 1);
    }
}

#[test]
fn members_are_read_as_strictly_as_at_registration() {
    let (app, own) = alice(Database::Memory);
    let hashed = app.hasher.checks();
    let required = |name: &'static str| (name, "required");
    for (method, path, faults) in [
        ("PUT", MY_PASSWORD, vec![required("/current_password"), required("/new_password")]),
        ("PUT", MY_USERNAME, vec![required("/username"), required("/password")]),
        ("DELETE", ME, vec![required("/password")]),
    ] {
        let send = |body: &serde_json::Value| app.send_as(method, path, &own.access, Some(body));
        send(&json!({})).faults(422, "validation_failed", &faults);
        let mut unknown = faults.clone();
        unknown.push(("/role", "unknown_member"));
        send(&json!({"role": "admin"})).faults(422, "validation_failed", &unknown);
        send(&json!([])).problem(400, "not_an_object");
        let bearer = format!("Bearer {}", own.access);
        for (kind, status, code) in [
            ("application/x-www-form-urlencoded", 415, "unsupported_media_type"),
            ("text/plain", 415, "unsupported_media_type"),
            ("application/json", 400, "invalid_json"),
        ] {
            let headers = [("Authorization", bearer.as_str()), ("Content-Type", kind)];
            app.request(method, path, &headers, b"password=x").problem(status, code);
        }
    }
    assert_eq!(app.hasher.checks(), hashed, "nothing was hashed for it");
}
