//! `POST /oauth/introspect` (RFC 7662).

use std::sync::Arc;
use std::time::Duration;

use auth_core::secret::Secret;
use auth_core::service::{RequestContext, When};
use auth_core::testing::{FaultyStore, MemoryStore};
use auth_core::time::Clock as _;
use auth_server::state::HttpSettings;
use auth_server::worker::WorkerSettings;
use base64ct::{Base64, Encoding as _};
use serde_json::{Value, json};

use crate::helpers::{Database, Reply, Setup, TestApp, Tokens, on_each_database, spawn_app, token_part};

const INTROSPECT: &str = "/oauth/introspect";
const SECRET: &str = "q7Rk2mXw9ZtLb4VdYs8NcJh3GfPa6TeU";
const INACTIVE: &str = r#"{"active":false}"#;

fn http() -> HttpSettings {
    let client = |id: &str, secret: &str| (id.to_owned(), Secret::new(secret));
    let clients = vec![client("gateway", "yB5-c0Rr3ct_h0rse_b4ttery_st4ple"), client("api", SECRET)];
    HttpSettings { clients, ..HttpSettings::new("https://auth.test") }
}

/// A server with two services that may ask.
fn with_clients(database: Database) -> TestApp {
    Setup { database, http: http(), ..Setup::default() }.spawn()
}

fn basic(text: &str) -> String {
    format!("Basic {}", Base64::encode_string(text.as_bytes()))
}

fn service() -> String {
    basic(&format!("api:{SECRET}"))
}

fn bearer(tokens: &Tokens) -> String {
    format!("Bearer {}", tokens.access)
}

fn ask(app: &TestApp, authorization: &str, token: &str) -> Reply {
    let headers = [("Authorization", authorization), ("Content-Type", "application/x-www-form-urlencoded")];
    app.request("POST", INTROSPECT, &headers, format!("token={token}").as_bytes())
}

/// Active, and what more is said.
#[track_caller]
fn told(reply: &Reply) -> Value {
    assert_eq!((reply.status, reply.header("cache-control")), (200, Some("no-store")), "{reply:?}");
    assert_eq!(reply.json()["active"], true, "{reply:?}");
    reply.json()
}

/// The one answer, byte for byte.
#[track_caller]
fn is_inactive(reply: &Reply) {
    let headers = [
        "cache-control",
        "content-length",
        "content-security-policy",
        "content-type",
        "cross-origin-resource-policy",
        "date",
        "referrer-policy",
        "strict-transport-security",
        "x-content-type-options",
        "x-request-id",
    ];
    assert_eq!((reply.status, reply.text()), (200, INACTIVE), "{reply:?}");
    assert_eq!(reply.header_names(), headers);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
}

on_each_database! {
    fn a_service_hears_what_either_token_of_anybody_is_worth(database: Database) {
        let app = with_clients(database);
        let user = app.register("Alice");
        let alice = app.tokens("alice");
        let now = app.clock.now().unix_seconds();
        let access = json!({
            "active": true, "token_type": "Bearer", "sub": user["id"], "username": "Alice", "iss": "https://auth.test",
            "aud": "https://auth.test", "iat": now, "exp": now + 7_200, "jti": token_part(&alice.access, 1)["jti"],
            "sid": alice.session(),
        });
        let refresh = json!({
            "active": true, "sub": user["id"], "username": "Alice", "iss": "https://auth.test", "iat": now,
            "exp": now + 14 * 86_400, "sid": alice.session(),
        });
        assert_eq!(told(&ask(&app, &service(), &alice.access)), access);
        assert_eq!(told(&ask(&app, &service(), &alice.refresh)), refresh);
        let json = |body: &Value| {
            let headers = [("Authorization", service()), ("Content-Type", "application/json".to_owned())];
            let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
            app.request("POST", INTROSPECT, &headers, body.to_string().as_bytes())
        };
        assert_eq!(told(&json(&json!({"token": alice.access}))), access);
        let hinted = json!({"token": alice.refresh, "token_type_hint": "access_token", "other": [1]});
        assert_eq!(told(&json(&hinted)), refresh, "a hint is no more than one");

        app.clock.advance(Duration::from_secs(60));
        let next = Tokens::of(&app.refresh(&alice.refresh));
        let predecessor = told(&ask(&app, &service(), &alice.refresh));
        assert_eq!((&predecessor["exp"], predecessor.get("iat")), (&json!(now + 60 + 300), None));
        assert_eq!(told(&ask(&app, &service(), &next.refresh))["iat"], now + 60);
        // Nothing was used up.
        Tokens::of(&app.refresh(&next.refresh));
    }

    fn whoever_bears_a_token_hears_of_those_of_the_same_account(database: Database) {
        let app = spawn_app(database);
        app.register("alice");
        app.register("mallory");
        let (one, two, mallory) = (app.tokens("alice"), app.tokens("alice"), app.tokens("mallory"));
        for tokens in [&one, &two] {
            assert_eq!(told(&ask(&app, &bearer(&one), &tokens.access))["sid"], tokens.session());
            assert_eq!(told(&ask(&app, &bearer(&one), &tokens.refresh))["sid"], tokens.session());
        }
        for token in [&mallory.access, &mallory.refresh] {
            is_inactive(&ask(&app, &bearer(&one), token));
        }
    }

    /// Junk, expired, revoked, superseded, of a deleted account, of somebody else: one answer.
    fn every_token_that_is_no_good_gets_one_answer(database: Database) {
        let app = with_clients(database);
        app.register("alice");
        app.register("mallory");
        app.register("gone");
        let old = app.tokens("mallory");
        let gone = app.tokens("gone");
        app.clock.advance(Duration::from_secs(7_210));
        let (alice, superseded, revoked, mallory) =
            (app.tokens("alice"), app.tokens("alice"), app.tokens("alice"), app.tokens("mallory"));
        let fresh = Tokens::of(&app.refresh(&superseded.refresh));
        let fresh = Tokens::of(&app.refresh(&fresh.refresh));
        assert_eq!(app.post_form("/oauth/revoke", &format!("token={}", revoked.refresh)).status, 200);
        let owner = app.tokens("gone");
        let password = json!({"password": crate::helpers::PASSWORD});
        assert_eq!(app.send_as("DELETE", "/v1/users/me", &owner.access, Some(&password)).status, 204);
        let flipped = format!("{}A", &alice.access[..alice.access.len() - 1]);
        let flipped = if flipped == alice.access { format!("{}Q", &flipped[..flipped.len() - 1]) } else { flipped };
        for token in [
            "junk", "auth_rt_", "a.b.c", &alice.session(), &"x".repeat(10_000), &alice.refresh[..40], &flipped, &old.access,
            &gone.access, &gone.refresh, &owner.access, &owner.refresh, &revoked.access, &revoked.refresh, &superseded.refresh,
        ] {
            is_inactive(&ask(&app, &service(), token));
            is_inactive(&ask(&app, &bearer(&alice), token));
        }
        for token in [&mallory.access, &mallory.refresh] {
            told(&ask(&app, &service(), token));
            is_inactive(&ask(&app, &bearer(&alice), token));
        }
        // Of what was asked about nothing was ended.
        Tokens::of(&app.refresh(&fresh.refresh));
    }

    fn an_ending_on_one_instance_shows_on_the_other_before_it_is_heard(database: Database) {
        let (store, _keep) = database.create();
        let one = Setup { store: Some(Arc::clone(&store)), http: http(), ..Setup::default() };
        let (root_keys, clock) = (Arc::clone(&one.root_keys), Arc::clone(&one.clock));
        let two = Setup { store: Some(store), http: http(), root_keys, clock, ..Setup::default() };
        let (one, two) = (one.spawn(), two.spawn());
        one.register("alice");
        let (tokens, other) = (one.tokens("alice"), one.tokens("alice"));
        told(&ask(&two, &service(), &tokens.access));
        assert_eq!(one.send_as("POST", "/v1/users/logout", &tokens.access, None).status, 204);
        assert_eq!(two.get_as("/v1/forward-auth", &tokens.access).status, 204, "not heard yet");
        for token in [&tokens.access, &tokens.refresh] {
            is_inactive(&ask(&two, &service(), token));
            is_inactive(&ask(&two, &bearer(&other), token));
        }
        // Nor is the bearer of a token that is over told anything.
        let reply = ask(&two, &bearer(&tokens), &other.access);
        assert_eq!(reply.problem(401, "invalid_client")["error"], "invalid_client");
    }
}

const BEARER: &str = "Bearer realm=\"auth\"";
const REFUSED: &str = "Bearer realm=\"auth\", error=\"invalid_token\"";
const BASIC: &str = "Basic realm=\"auth\"";

/// None, wrong, two: 401, before the body is looked at.
#[test]
fn whoever_is_not_known_hears_nothing() {
    let app = with_clients(Database::Memory);
    app.register("alice");
    let alice = app.tokens("alice");
    let (known, own) = (service(), bearer(&alice));
    told(&ask(&app, &known.replace("Basic", "bAsIc"), &alice.access));
    let wrong = |text: &str| basic(&text.replace("SECRET", SECRET));
    let spaced = known.replace("Basic ", "Basic  ");
    let cases: [(&[&str], &str); 19] = [
        (&[], BEARER),
        (&[&wrong("api:wrong")], BEARER),
        (&[&wrong("api:")], BEARER),
        (&[&wrong("nobody:SECRET")], BEARER),
        (&[&wrong("gateway:SECRET")], BEARER),
        (&[&wrong("API:SECRET")], BEARER),
        (&[&wrong("api:SECRETx")], BEARER),
        (&[&wrong("SECRET")], BEARER),
        (&["Basic"], BEARER),
        (&["Basic %"], BEARER),
        (&[&spaced], BEARER),
        (&["Bearer"], BEARER),
        (&["Digest x"], BEARER),
        (&[&known, &own], BEARER),
        (&[&known, &known], BEARER),
        (&[&own, &known], BEARER),
        (&["Bearer x"], REFUSED),
        (&[&format!("Bearer {}", alice.refresh)], REFUSED),
        (&[&own.replace(' ', "  ")], REFUSED),
    ];
    for (values, challenge) in cases {
        for (kind, body) in [
            (
                "application/x-www-form-urlencoded",
                format!("token={}&client_id=api&client_secret={SECRET}", alice.access),
            ),
            ("application/json", "{".to_owned()),
            ("text/plain", String::new()),
        ] {
            let mut headers = vec![("Content-Type", kind)];
            headers.extend(values.iter().map(|value| ("Authorization", *value)));
            let reply = app.request("POST", INTROSPECT, &headers, body.as_bytes());
            assert_eq!(reply.problem(401, "invalid_client")["error"], "invalid_client", "{values:?}");
            assert_eq!(reply.headers("www-authenticate"), [challenge, BASIC], "{values:?}");
            assert_eq!(reply.header("cache-control"), Some("no-store"));
        }
    }
}

#[test]
fn without_services_only_bearers_may_ask() {
    let app = spawn_app(Database::Memory);
    app.register("alice");
    let alice = app.tokens("alice");
    for value in [service(), basic(":"), basic("")] {
        let reply = ask(&app, &value, &alice.access);
        reply.problem(401, "invalid_client");
        assert_eq!(reply.headers("www-authenticate"), [BEARER]);
    }
    told(&ask(&app, &bearer(&alice), &alice.access));
}

#[test]
fn whichever_call_of_the_store_fails_no_token_is_told_to_be_no_good() {
    let store = Arc::new(FaultyStore::new(Arc::new(MemoryStore::new())));
    let app = Setup { store: Some(Arc::clone(&store) as _), http: http(), ..Setup::default() }.spawn();
    app.register("alice");
    let alice = app.tokens("alice");
    for (authorization, token) in [
        (service(), &*alice.access),
        (service(), &alice.refresh),
        (service(), "junk"),
        (bearer(&alice), &alice.access),
        (bearer(&alice), &alice.refresh),
        (bearer(&alice), "junk"),
    ] {
        for step in 1.. {
            store.fail_at(step);
            let reply = ask(&app, &authorization, token);
            if !store.has_failed() {
                assert_eq!((reply.status, reply.text() == INACTIVE), (200, token == "junk"), "{reply:?}");
                assert!(step > 3, "the store was called");
                break;
            }
            assert_eq!(reply.problem(503, "unavailable")["error"], "temporarily_unavailable");
            assert_eq!(reply.header("retry-after"), Some("2"));
        }
    }
}

#[test]
fn a_token_of_a_key_that_was_made_a_moment_ago_is_known() {
    let store: Arc<MemoryStore> = Arc::new(MemoryStore::new());
    // No poll comes by itself.
    let never = Duration::from_secs(86_400);
    let pace = WorkerSettings { poll: never, cleanup: never };
    let one = Setup { store: Some(Arc::clone(&store) as _), ..Setup::default() };
    let (root_keys, clock) = (Arc::clone(&one.root_keys), Arc::clone(&one.clock));
    let worker = Some((Arc::clone(&store) as _, pace));
    let two = Setup { store: Some(store), http: http(), root_keys, clock, worker, ..Setup::default() };
    let (one, two) = (one.spawn(), two.spawn());
    one.register("alice");
    one.keys.rotate(When::Now, &RequestContext::system()).unwrap();
    let alice = one.tokens("alice");
    told(&ask(&two, &service(), &alice.access));
    one.keys.rotate(When::Now, &RequestContext::system()).unwrap();
    let alice = one.tokens("alice");
    told(&ask(&two, &bearer(&alice), &alice.access));
}

#[test]
fn a_request_without_a_token_is_none() {
    let app = with_clients(Database::Memory);
    let known = service();
    let send = |path: &str, kind: &str, body: &str| {
        app.request("POST", path, &[("Authorization", &known), ("Content-Type", kind)], body.as_bytes())
    };
    let form = |body: &str| send(INTROSPECT, "application/x-www-form-urlencoded", body);
    let json = |body: &str| send(INTROSPECT, "application/json", body);
    for reply in [
        form(""),
        form("token="),
        form("access_token=x"),
        json("{}"),
        json(r#"{"token_type_hint":"access_token"}"#),
        send(&format!("{INTROSPECT}?token=x"), "application/json", "{}"),
    ] {
        reply.faults(422, "validation_failed", &[("/token", "required")]);
        assert_eq!(reply.json()["error"], "invalid_request");
    }
    for value in ["7", "null", "[\"x\"]", "{}", "true"] {
        json(&format!(r#"{{"token":{value}}}"#)).faults(422, "validation_failed", &[("/token", "wrong_type")]);
    }
    json(r#"{"token":"x","token_type_hint":7}"#).faults(
        422,
        "validation_failed",
        &[("/token_type_hint", "wrong_type")],
    );
    for (reply, status, code) in [
        (form("token=a&token=b"), 400, "duplicate_member"),
        (json(r#"{"token":"a","token":"b"}"#), 400, "duplicate_member"),
        (form("token=%zz"), 400, "invalid_form"),
        (json("{"), 400, "invalid_json"),
        (json("[\"x\"]"), 400, "not_an_object"),
        (json(&format!(r#"{{"token":"x","y":{}{}}}"#, "[".repeat(16), "]".repeat(16))), 400, "too_deep"),
        (send(INTROSPECT, "text/plain", "token=x"), 415, "unsupported_media_type"),
        (send(INTROSPECT, "application/jwt", "x"), 415, "unsupported_media_type"),
        (form(&format!("token={}", "x".repeat(17_000))), 413, "body_too_large"),
        (
            app.request("GET", &format!("{INTROSPECT}?token=x"), &[("Authorization", &known)], b""),
            405,
            "method_not_allowed",
        ),
    ] {
        assert_eq!(reply.problem(status, code)["error"], "invalid_request");
    }
    is_inactive(&form("token=x&client_id=api&unknown=1"));
}
