//! The signing keys, by administrators.

use std::time::Duration;

use auth_core::service::KeySettings;
use auth_core::token::Algorithm;
use serde_json::{Value, json};

use super::{KEYS, actor, admin, line, lines_of, read};
use crate::helpers::{Database, Setup, on_each_database, spawn_app, token_part};

fn states(keys: &Value) -> Vec<&str> {
    keys["data"].as_array().unwrap().iter().map(|key| key["state"].as_str().unwrap()).collect()
}

on_each_database! {
    fn keys_are_seen_and_the_next_one_is_made(database: Database) {
        let app = spawn_app(database);
        let root = admin(&app, "carol");
        assert_eq!(states(&read(&app, &root, KEYS)), ["signing"]);
        let rotate = |body: Value| app.send_as("POST", KEYS, &root.access, Some(&body));
        let (made, lines) = lines_of(&app, || rotate(json!({})));
        assert_eq!(made.status, 201, "{made:?}");
        let next = made.json();
        assert_eq!((&next["state"], &next["signs_from"]), (&json!("published"), &json!("2026-11-24T10:00:00Z")));
        assert_eq!((&next["algorithm"], &next["revoked_at"]), (&json!("ES256"), &json!(null)));
        assert_eq!(lines, [line("signing_key_created", next["id"].as_str(), &actor(&root))]);
        rotate(json!({"activate": "scheduled"})).problem(409, "key_waiting");
        assert_eq!(states(&read(&app, &root, KEYS)), ["signing", "published"]);
        app.clock.advance(Duration::from_secs(1));
        let now = rotate(json!({"activate": "now"}));
        assert_eq!((now.status, &now.json()["id"], &now.json()["state"]), (201, &next["id"], &json!("signing")));
        assert_eq!(states(&read(&app, &root, KEYS)), ["verifying", "signing"]);
        assert_eq!(token_part(&app.token("carol"), 0)["kid"], next["id"]);
        assert_eq!(app.get_as(KEYS, &root.access).status, 200, "tokens of the old key pass");
        rotate(json!({"activate": "later"})).faults(422, "validation_failed", &[("/activate", "unknown_value")]);
        rotate(json!({"now": true})).faults(422, "validation_failed", &[("/now", "unknown_member")]);
    }
}

#[test]
fn a_shared_secret_is_changed_in_the_configuration_alone() {
    let secret = Some("q7Rk2mXw9ZtLb4VdYs8NcJh3GfPa6TeU".into());
    let keys = KeySettings { shared_secret: secret, ..KeySettings::new(Algorithm::Hs256) };
    let app = Setup { keys, ..Setup::default() }.spawn();
    let root = admin(&app, "carol");
    app.send_as("POST", KEYS, &root.access, Some(&json!({}))).problem(409, "shared_secret_signs");
    assert_eq!(read(&app, &root, KEYS)["data"][0]["algorithm"], "HS256");
}

/// One request after another would fill the key set that every verifier fetches.
#[test]
fn no_more_than_eight_keys_verify_for_administrators_sake() {
    let app = spawn_app(Database::Memory);
    let root = admin(&app, "carol");
    let rotate = |token: &str| app.send_as("POST", KEYS, token, Some(&json!({"activate": "now"})));
    for number in 0..8 {
        app.clock.advance(Duration::from_secs(1));
        let reply = rotate(&root.access);
        assert_eq!(reply.status, 201, "{number}: {reply:?} {}", read(&app, &root, KEYS));
    }
    rotate(&root.access).problem(409, "too_many_keys");
    let found = read(&app, &root, KEYS);
    assert_eq!(states(&found).into_iter().filter(|state| *state == "verifying").count(), 8, "{found}");
    // When their tokens have died there is room again.
    app.clock.advance(Duration::from_secs(26 * 3_600));
    let reply = rotate(&app.tokens("carol").access);
    assert_eq!(reply.status, 201, "{}", String::from_utf8_lossy(&reply.body));
}
