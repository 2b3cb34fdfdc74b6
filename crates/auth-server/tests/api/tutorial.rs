//! The tutorial's two routes, as its clients use them.

use serde_json::json;

use crate::helpers::{Database, PASSWORD, Reply, on_each_database, spawn_app, token_part};

const REGISTER: &str = "/users/register";
const TOKEN: &str = "/users/token";

/// A problem with what the tutorial's front end prints.
#[track_caller]
fn refused(reply: &Reply, status: u16, code: &str) {
    let problem = reply.problem(status, code);
    assert_eq!(problem["message"], problem["title"], "{problem}");
}

on_each_database! {
    /// The tutorial's script, step by step.
    fn the_tutorials_client_works_unchanged(database: Database) {
        let app = spawn_app(database);
        let user = json!({"username": "username", "password": PASSWORD, "password_confirmation": PASSWORD});
        let reply = app.post_json(REGISTER, &user);
        assert_eq!(reply.status, 201, "{reply:?}");
        let created = reply.json();
        assert_eq!(created, json!({"username": "username", "id": created["id"]}));

        let mut mismatch = user.clone();
        mismatch["password_confirmation"] = json!("something else");
        refused(&app.post_json(REGISTER, &mismatch), 400, "validation_failed");
        refused(&app.post_json(REGISTER, &json!({"username": "us", "password": PASSWORD})), 400, "validation_failed");
        refused(&app.post_json(REGISTER, &user), 422, "username_taken");

        let reply = app.post_json(TOKEN, &json!({"username": "username", "password": PASSWORD}));
        assert_eq!(reply.status, 200, "{reply:?}");
        let body = reply.json();
        let jwt = body["jwt"].as_str().unwrap();
        let refresh = body["refresh_token"].as_str().unwrap();
        assert_eq!(body, json!({
            "jwt": jwt, "access_token": jwt, "token_type": "Bearer", "expires_in": 7200, "refresh_token": refresh,
        }));
        let claims = token_part(jwt, 1);
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 7_200);
        assert_eq!(claims["userId"], created["id"]);
        assert_eq!(claims["username"], "username");

        let again = json!({"grant_type": "refresh_token", "refresh_token": refresh});
        let refreshed = app.post_json(TOKEN, &again);
        assert_eq!(refreshed.status, 200, "{refreshed:?}");
        assert_eq!(token_part(refreshed.json()["jwt"].as_str().unwrap(), 1)["sid"], claims["sid"]);
        let forged = json!({"grant_type": "refresh_token", "refresh_token": "x"});
        refused(&app.post_json(TOKEN, &forged), 400, "token_invalid");

        refused(&app.post_json(TOKEN, &json!({"username": "username", "password": "wrong"})), 400, "invalid_credentials");
        refused(&app.post_json(TOKEN, &json!({"username": "nobody", "password": PASSWORD})), 400, "invalid_credentials");
        for missing in [json!({}), json!({"username": "username"}), json!({"password": PASSWORD})] {
            refused(&app.post_json(TOKEN, &missing), 400, "validation_failed");
        }
    }
}

#[test]
fn whatever_is_wrong_with_what_was_sent_is_400_here() {
    let app = spawn_app(Database::Memory);
    for (body, code) in [
        ("{", "invalid_json"),
        ("[]", "not_an_object"),
        (r#"{"username":"a","username":"b","password":"c"}"#, "duplicate_member"),
        (r#"{"username":1,"password":null}"#, "validation_failed"),
        (r#"{"username":"abc"}"#, "validation_failed"),
    ] {
        refused(&app.post(REGISTER, body), 400, code);
        refused(&app.post(TOKEN, body), 400, code);
    }
    refused(&app.post_json(REGISTER, &json!({"username": "alice", "password": "password"})), 400, "weak_password");
    let unknown = json!({"username": "alice", "password": PASSWORD, "role": "admin"});
    refused(&app.post_json(REGISTER, &unknown), 400, "validation_failed");
}

#[test]
fn errors_of_the_framework_carry_a_message_as_well() {
    let app = spawn_app(Database::Memory);
    refused(&app.get(REGISTER), 405, "method_not_allowed");
    refused(&app.request("POST", TOKEN, &[("Content-Type", "text/plain")], b"{}"), 415, "unsupported_media_type");
    refused(&app.post(REGISTER, vec![b' '; 16 * 1024 + 1]), 413, "body_too_large");
    assert_eq!(app.get("/users").problem(404, "not_found").get("message"), None);
}
