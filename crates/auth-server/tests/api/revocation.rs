//! `POST /oauth/revoke` (RFC 7009; J-41).

use std::sync::Arc;

use auth_core::StoreExt as _;
use auth_core::testing::{FaultyStore, MemoryStore};
use serde_json::json;

use crate::helpers::{Database, Reply, Setup, TestApp, Tokens, on_each_database, spawn_app};

const REVOKE: &str = "/oauth/revoke";

/// A way to send a token.
type Send = fn(&TestApp, &Tokens) -> Reply;

fn revoke(app: &TestApp, token: &str) -> Reply {
    app.post_form(REVOKE, &format!("token={token}"))
}

/// 200, and nothing that tells one token from another.
#[track_caller]
fn is_done(reply: &Reply) {
    assert_eq!((reply.status, reply.body.len()), (200, 0), "{reply:?}");
    assert_eq!(reply.header("cache-control"), Some("no-store"));
}

#[track_caller]
fn is_out(app: &TestApp, tokens: &Tokens) {
    app.get_as("/v1/users/me", &tokens.access).problem(401, "token_invalid");
    app.get_as("/v1/forward-auth", &tokens.access).problem(401, "token_invalid");
    app.refresh(&tokens.refresh).problem(401, "token_invalid");
}

fn records(app: &TestApp) -> usize {
    app.store.read(|tx| tx.audit().list(None, 1_000)).unwrap().len()
}

on_each_database! {
    fn either_token_of_a_session_ends_it_whichever_way_it_is_sent(database: Database) {
        let app = spawn_app(database);
        app.register("alice");
        let kept = app.tokens("alice");
        let ways: [Send; 5] = [
            |app, tokens| app.post_form(REVOKE, &format!("token={}", tokens.refresh)),
            |app, tokens| app.post_form(REVOKE, &format!("token={}&token_type_hint=access_token&client_id=a", tokens.refresh)),
            |app, tokens| app.post_json(REVOKE, &json!({"token": tokens.refresh, "token_type_hint": "refresh_token"})),
            |app, tokens| app.post_form(REVOKE, &format!("token={}&token_type_hint=nonsense", tokens.access)),
            |app, tokens| app.post_json(REVOKE, &json!({"token": tokens.access, "other": [1]})),
        ];
        for send in ways {
            let tokens = app.tokens("alice");
            assert_eq!(app.get_as("/v1/users/me", &tokens.access).status, 200);
            is_done(&send(&app, &tokens));
            is_out(&app, &tokens);
        }
        // Of any generation: whoever has one ever made by the server for this session may end it.
        let old = app.tokens("alice");
        let new = Tokens::of(&app.refresh(&Tokens::of(&app.refresh(&old.refresh)).refresh));
        is_done(&revoke(&app, &old.refresh));
        is_out(&app, &new);
        assert_eq!(app.get_as("/v1/users/me", &kept.access).status, 200, "no other session has ended");
    }

    /// J-41: unknown, revoked already, forged for somebody else's session: 200, and no effect.
    fn a_token_that_is_no_good_is_as_good_as_revoked(database: Database) {
        let app = spawn_app(database);
        app.register("alice");
        let (alice, gone) = (app.tokens("alice"), app.tokens("alice"));
        is_done(&revoke(&app, &gone.refresh));
        let before = records(&app);
        let flipped = |token: &str, at: usize| {
            let other = if &token[at..=at] == "A" { "B" } else { "A" };
            format!("{}{other}{}", &token[..at], &token[at + 1..])
        };
        for token in [
            gone.refresh.clone(),
            gone.access,
            "unknown".to_owned(),
            alice.session(),
            flipped(&alice.refresh, 60),
            flipped(&alice.access, alice.access.len() - 20),
            alice.refresh[..40].to_owned(),
            "x".repeat(10_000),
        ] {
            is_done(&revoke(&app, &token));
        }
        assert_eq!(records(&app), before, "nothing happened, nothing is told");
        assert_eq!(app.get_as("/v1/users/me", &alice.access).status, 200);
        Tokens::of(&app.refresh(&alice.refresh));
    }
}

/// J-41: a store that fails is never a 2xx.
#[test]
fn whichever_call_of_the_store_fails_a_revocation_is_told_to_come_again() {
    let store = Arc::new(FaultyStore::new(Arc::new(MemoryStore::new())));
    let app = Setup { store: Some(Arc::clone(&store) as _), ..Setup::default() }.spawn();
    app.register("alice");
    for step in 1.. {
        let tokens = app.tokens("alice");
        store.fail_at(step);
        let reply = revoke(&app, &tokens.refresh);
        let failed = store.has_failed();
        store.fail_at(0);
        if !failed {
            is_done(&reply);
            is_out(&app, &tokens);
            return assert!(step > 4, "the store was called");
        }
        assert_eq!(reply.problem(503, "unavailable")["error"], "temporarily_unavailable");
        assert_eq!(reply.header("retry-after"), Some("2"));
        is_done(&revoke(&app, &tokens.refresh));
        app.refresh(&tokens.refresh).problem(401, "token_invalid");
    }
}

#[test]
fn a_request_without_a_token_is_none() {
    let app = spawn_app(Database::Memory);
    let required = [("/token", "required")];
    for reply in [
        app.post_form(REVOKE, ""),
        app.post_form(REVOKE, "token="),
        app.post_json(REVOKE, &json!({"token_type_hint": "refresh_token"})),
        app.post(&format!("{REVOKE}?token=x"), "{}"),
    ] {
        reply.faults(422, "validation_failed", &required);
        assert_eq!(reply.json()["error"], "invalid_request");
    }
    app.post_json(REVOKE, &json!({"token": 7})).faults(422, "validation_failed", &[("/token", "wrong_type")]);
    app.post_form(REVOKE, "token=a&token=b").problem(400, "duplicate_member");
    app.request("POST", REVOKE, &[("Content-Type", "text/plain")], b"token=x").problem(415, "unsupported_media_type");
    app.get(&format!("{REVOKE}?token=x")).problem(405, "method_not_allowed");
}
