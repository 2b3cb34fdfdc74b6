//! Accounts of others: made, seen, changed, deleted.

use serde_json::json;

use super::{USERS, actor, admin, line, lines_of, patch, read, records, roles, user};
use crate::helpers::{Database, PASSWORD, Tokens, on_each_database, spawn_app};

const NEW: &str = "another horse battery staple";

on_each_database! {
    fn an_account_is_made_seen_and_signs_in(database: Database) {
        let app = spawn_app(database);
        let root = admin(&app, "carol");
        let new = json!({"username": "Alice", "password": PASSWORD});
        let (reply, lines) = lines_of(&app, || app.send_as("POST", USERS, &root.access, Some(&new)));
        assert_eq!(reply.status, 201, "{reply:?}");
        let alice = reply.json();
        let id = alice["id"].as_str().unwrap();
        assert_eq!(reply.header("location"), Some(format!("https://auth.test{}", user(id)).as_str()));
        let expected = json!({
            "id": id, "username": "Alice", "state": "active", "roles": [], "legacy_id": null,
            "created_at": "2026-11-23T10:00:00Z", "updated_at": "2026-11-23T10:00:00Z",
        });
        assert_eq!(alice, expected);
        assert_eq!(read(&app, &root, &user(id)), expected);
        assert_eq!(lines, [line("user_created", None, &actor(&root))]);
        assert_eq!(app.sign_in("alice", PASSWORD).status, 200);

        let again = |body: serde_json::Value| app.send_as("POST", USERS, &root.access, Some(&body));
        again(json!({"username": "ALICE", "password": PASSWORD})).problem(409, "username_taken");
        again(json!({"username": "ab", "password": "short"}))
            .faults(422, "validation_failed", &[("/username", "too_short"), ("/password", "too_short")]);
        again(json!({"username": "bobby", "password": "password1"})).faults(422, "weak_password", &[("/password", "common")]);
        let bare = again(json!({"username": "bobby"}));
        assert_eq!(bare.status, 201, "{bare:?}");
        app.sign_in("bobby", PASSWORD).problem(401, "invalid_credentials");
    }

    fn a_disabled_account_is_out_at_once_and_back_when_it_is_enabled(database: Database) {
        let app = spawn_app(database);
        let root = admin(&app, "carol");
        let id = app.register("alice")["id"].as_str().unwrap().to_owned();
        let [first, second] = [app.tokens("alice"), app.tokens("alice")];
        app.clock.advance(std::time::Duration::from_secs(60));
        let (disabled, lines) = lines_of(&app, || patch(&app, &root, &id, &json!({"state": "disabled"})));
        let by = actor(&root);
        let ended = line("session_ended", Some("revoked"), &by);
        assert_eq!(lines, [ended.clone(), ended, line("user_disabled", None, &by)]);
        assert_eq!((disabled.status, &disabled.json()["state"]), (200, &json!("disabled")));
        assert_eq!(disabled.json()["updated_at"], "2026-11-23T10:01:00Z");
        for tokens in [&first, &second] {
            app.get_as("/v1/forward-auth", &tokens.access).problem(401, "token_invalid");
            app.refresh(&tokens.refresh).problem(401, "token_invalid");
        }
        app.sign_in("alice", PASSWORD).problem(403, "account_disabled");
        let (enabled, lines) = lines_of(&app, || patch(&app, &root, &id, &json!({"state": "active"})));
        assert_eq!((&enabled.json()["state"], lines), (&json!("active"), vec![line("user_enabled", None, &by)]));
        app.get_as("/v1/users/me", &first.access).problem(401, "token_invalid");
        assert_eq!(app.sign_in("alice", PASSWORD).status, 200);
    }

    fn a_name_and_roles_are_changed_together_or_not_at_all(database: Database) {
        let app = spawn_app(database);
        let root = admin(&app, "carol");
        let id = app.register("alice")["id"].as_str().unwrap().to_owned();
        app.register("bobby");
        let before = read(&app, &root, &user(&id));
        patch(&app, &root, &id, &json!({"username": "Bobby", "roles": ["admin"], "state": "disabled"}))
            .problem(409, "username_taken");
        patch(&app, &root, &id, &json!({"username": "x", "roles": ["admin"]}))
            .faults(422, "validation_failed", &[("/username", "too_short")]);
        assert_eq!(read(&app, &root, &user(&id)), before);

        let change = json!({"username": "Alicia", "roles": ["b", "a", "b"]});
        let (changed, lines) = lines_of(&app, || patch(&app, &root, &id, &change));
        assert_eq!(changed.status, 200, "{changed:?}");
        assert_eq!((&changed.json()["username"], &changed.json()["roles"]), (&json!("Alicia"), &json!(["a", "b"])));
        let by = actor(&root);
        let granted = |role| line("role_granted", Some(role), &by);
        assert_eq!(lines, [granted("a"), granted("b"), line("user_renamed", None, &by)]);
        assert_eq!(app.sign_in("alicia", PASSWORD).status, 200);
        app.sign_in("alice", PASSWORD).problem(401, "invalid_credentials");

        let lines = records(&app).len();
        for same in [json!({}), json!({"username": "Alicia"}), json!({"state": "active"}), roles(&["a", "b"])] {
            assert_eq!(patch(&app, &root, &id, &same).json(), read(&app, &root, &user(&id)), "{same}");
        }
        assert_eq!(records(&app).len(), lines, "what is so already is no event");
        let (fewer, lines) = lines_of(&app, || patch(&app, &root, &id, &roles(&["b"])).json());
        assert_eq!((&fewer["roles"], lines), (&json!(["b"]), vec![line("role_revoked", Some("a"), &by)]));
    }

    fn a_password_that_is_set_ends_every_session(database: Database) {
        let app = spawn_app(database);
        let root = admin(&app, "carol");
        let id = app.register("alice")["id"].as_str().unwrap().to_owned();
        let tokens = app.tokens("alice");
        let set = |id: &str, password: &str| {
            app.send_as("PUT", &format!("{}/password", user(id)), &root.access, Some(&json!({"password": password})))
        };
        set(&id, "alicealice").faults(422, "weak_password", &[("/password", "is_name"), ("/password", "common")]);
        assert_eq!(app.get_as("/v1/users/me", &tokens.access).status, 200);
        let reply = set(&id, NEW);
        assert_eq!((reply.status, reply.body.len()), (204, 0), "{reply:?}");
        app.get_as("/v1/users/me", &tokens.access).problem(401, "token_invalid");
        app.refresh(&tokens.refresh).problem(401, "token_invalid");
        app.sign_in("alice", PASSWORD).problem(401, "invalid_credentials");
        assert_eq!(app.sign_in("alice", NEW).status, 200);

        let bare = app.send_as("POST", USERS, &root.access, Some(&json!({"username": "bobby"}))).json();
        assert_eq!(set(bare["id"].as_str().unwrap(), PASSWORD).status, 204, "also where there was none");
        Tokens::of(&app.sign_in("bobby", PASSWORD));
    }

    fn an_account_is_unlocked_for_strangers_again(database: Database) {
        let app = spawn_app(database);
        let root = admin(&app, "carol");
        let id = app.register("alice")["id"].as_str().unwrap().to_owned();
        for _ in 0..5 {
            app.sign_in("alice", NEW).problem(401, "invalid_credentials");
        }
        app.sign_in("alice", PASSWORD).problem(429, "too_many_attempts");
        let unlock = || app.send_as("POST", &format!("{}/unlock", user(&id)), &root.access, None);
        let (reply, lines) = lines_of(&app, unlock);
        assert_eq!((reply.status, reply.body.len()), (204, 0), "{reply:?}");
        assert_eq!(lines, [line("user_unlocked", None, &actor(&root))]);
        assert_eq!(app.sign_in("alice", PASSWORD).status, 200);
        assert_eq!(unlock().status, 204, "also where nothing was counted");
    }

    fn a_deleted_account_is_gone_and_its_name_free(database: Database) {
        let app = spawn_app(database);
        let root = admin(&app, "carol");
        let id = app.register("alice")["id"].as_str().unwrap().to_owned();
        patch(&app, &root, &id, &roles(&["help-desk"]));
        let tokens = app.tokens("alice");
        assert_eq!(app.send_as("DELETE", &user(&id), &root.access, None).status, 204);
        app.get_as("/v1/users/me", &tokens.access).problem(401, "token_invalid");
        for (method, body) in [("GET", None), ("DELETE", None), ("PATCH", Some(json!({})))] {
            app.send_as(method, &user(&id), &root.access, body.as_ref()).problem(404, "not_found");
        }
        let heir = app.register("alice");
        assert_eq!(read(&app, &root, &user(heir["id"].as_str().unwrap()))["roles"], json!([]));
    }
}

/// W-03: ids in any other spelling, and those of nobody.
#[test]
fn what_no_account_has_is_not_found_in_any_spelling() {
    let app = spawn_app(Database::Memory);
    let root = admin(&app, "carol");
    let own = super::subject(&root);
    let nobody = "019a4f5e-7b3c-7d1e-8f2a-3b4c5d6e7f80";
    for id in
        [nobody, "0", "me", "carol", &own.to_uppercase(), &own.replace('-', ""), "null", "..", "%00", "1%20or%201=1"]
    {
        for (method, path, body) in [
            ("GET", user(id), None),
            ("PATCH", user(id), Some(json!({}))),
            ("DELETE", user(id), None),
            ("PUT", format!("{}/password", user(id)), Some(json!({"password": NEW}))),
            ("POST", format!("{}/unlock", user(id)), None),
            ("GET", format!("{}/sessions", user(id)), None),
            ("DELETE", format!("{}/sessions", user(id)), None),
            ("DELETE", format!("{}/sessions/{}", user(id), root.session()), None),
        ] {
            app.send_as(method, &path, &root.access, body.as_ref()).problem(404, "not_found");
        }
    }
}

#[test]
fn a_patch_is_read_strictly_and_bad_members_are_named() {
    let app = spawn_app(Database::Memory);
    let root = admin(&app, "carol");
    let id = app.register("alice")["id"].as_str().unwrap().to_owned();
    let seventeen: Vec<String> = (0..17).map(|number| format!("role{number}")).collect();
    for (body, faults) in [
        (json!({"state": "gone"}), [("/state", "unknown_value")]),
        (json!({"state": null}), [("/state", "wrong_type")]),
        (json!({"username": 7}), [("/username", "wrong_type")]),
        (json!({"roles": "admin"}), [("/roles", "wrong_type")]),
        (json!({"roles": [7]}), [("/roles", "wrong_type")]),
        (json!({"roles": null}), [("/roles", "wrong_type")]),
        (json!({"roles": ["Admin"]}), [("/roles", "not_a_role")]),
        (json!({"roles": [""]}), [("/roles", "not_a_role")]),
        (json!({"roles": seventeen}), [("/roles", "not_a_role")]),
        (json!({"password": NEW}), [("/password", "unknown_member")]),
        (json!({"legacy_id": 1}), [("/legacy_id", "unknown_member")]),
        (json!({"id": "x"}), [("/id", "unknown_member")]),
    ] {
        patch(&app, &root, &id, &body).faults(422, "validation_failed", &faults);
    }
    assert_eq!(patch(&app, &root, &id, &json!({"roles": &seventeen[..16]})).status, 200);
}
