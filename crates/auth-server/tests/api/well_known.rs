//! `/.well-known`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_core::Store;
use auth_core::secret::Secret;
use auth_core::service::{KeySettings, RequestContext, When};
use auth_core::testing::MemoryStore;
use auth_core::token::{Algorithm, KEPT_AFTER};
use auth_server::state::HttpSettings;
use auth_server::worker::WorkerSettings;
use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};
use serde_json::{Value, json};

use crate::helpers::{Database, PASSWORD, Setup, TestApp, Tokens, on_each_database, spawn_app, token_part};

const JWKS: &str = "/.well-known/jwks.json";
const METADATA: &str = "/.well-known/oauth-authorization-server";

on_each_database! {
    fn the_published_key_is_the_one_that_signs(database: Database) {
        let app = spawn_app(database);
        let reply = app.get(JWKS);
        assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")));
        let keys = reply.json()["keys"].clone();
        let key = &keys[0];
        assert_eq!(keys.as_array().unwrap().len(), 1);
        assert_eq!((&key["kty"], &key["crv"], &key["alg"], &key["use"]), (&json!("EC"), &json!("P-256"), &json!("ES256"), &json!("sig")));
        for private in ["d", "p", "q", "k"] {
            assert_eq!(key.get(private), None);
        }
        app.register("alice");
        let token = app.token("alice");
        assert_eq!(token_part(&token, 0), json!({"alg": "ES256", "typ": "JWT", "kid": key["kid"]}));
    }
}

#[test]
fn the_set_may_be_cached_and_asked_for_again() {
    let app = spawn_app(Database::Memory);
    let reply = app.get(JWKS);
    assert_eq!(reply.header("cache-control"), Some("public, max-age=300"));
    assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    let tag = reply.header("etag").unwrap();
    assert!(tag.starts_with('"') && tag.ends_with('"'));
    for known in [tag.to_owned(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let reply = app.request("GET", JWKS, &[("If-None-Match", &known)], b"");
        assert_eq!((reply.status, reply.header("etag")), (304, Some(tag)), "{known}");
        assert_eq!(reply.header("cache-control"), Some("public, max-age=300"));
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    }
    for other in ["\"other\"", "", &tag[..tag.len() - 1]] {
        assert_eq!(app.request("GET", JWKS, &[("If-None-Match", other)], b"").status, 200);
    }
}

#[test]
fn a_tag_is_of_the_set_and_not_of_whoever_serves_it() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let one = Setup { store: Some(Arc::clone(&store)), ..Setup::default() };
    let (root_keys, clock) = (Arc::clone(&one.root_keys), Arc::clone(&one.clock));
    let two = Setup { store: Some(store), root_keys, clock, ..Setup::default() };
    let (one, two) = (one.spawn(), two.spawn());
    let (reply, other) = (one.get(JWKS), two.get(JWKS));
    assert_eq!(reply.body, other.body);
    let tag = reply.header("etag").unwrap();
    assert_eq!(other.header("etag"), Some(tag));
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &reply.body);
    assert_eq!(tag, format!("\"{}\"", Base64UrlUnpadded::encode_string(digest.as_ref())));
    assert_eq!(reply.header_names(), other.header_names());

    let head = one.request("HEAD", JWKS, &[], b"");
    assert_eq!((head.status, head.header_names()), (200, reply.header_names()));
    for name in ["etag", "content-length", "content-type", "cache-control", "access-control-allow-origin"] {
        assert_eq!(head.header(name), reply.header(name), "{name}");
    }
    let two_headers = [("If-None-Match", "\"other\""), ("If-None-Match", tag)];
    for method in ["GET", "HEAD"] {
        let reply = two.request(method, JWKS, &two_headers, b"");
        assert_eq!((reply.status, reply.header("etag"), reply.body.len()), (304, Some(tag), 0), "{method}");
    }
}

/// The ids of the published keys.
fn published(app: &TestApp) -> Vec<String> {
    let keys = app.get(JWKS).json()["keys"].as_array().unwrap().clone();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

on_each_database! {
    /// From before it signs until its last token has died, and not for a microsecond more.
    fn a_key_is_published_as_long_as_anybody_can_need_it(database: Database) {
        let app = spawn_app(database);
        app.register("alice");
        let kid = |app: &TestApp| token_part(&app.token("alice"), 0)["kid"].as_str().unwrap().to_owned();
        let tag = |app: &TestApp| app.get(JWKS).header("etag").unwrap().to_owned();
        let first = kid(&app);
        let tag_of_one = tag(&app);
        let next = app.keys.rotate(When::Ahead, &RequestContext::system()).unwrap();
        let second = next.id.as_str().to_owned();
        assert_eq!((published(&app), kid(&app)), (vec![first.clone(), second.clone()], first.clone()), "a day ahead");
        let tag_of_two = tag(&app);
        assert_ne!(tag_of_two, tag_of_one);
        app.clock.set(next.signs_from);
        assert_eq!((published(&app), kid(&app)), (vec![first.clone(), second.clone()], second.clone()));
        let age = || Duration::from_secs_f64(app.metric("auth_signing_key_age_seconds"));
        assert_eq!(age(), Duration::ZERO);
        app.clock.advance(Duration::from_secs(90));
        assert_eq!(age(), Duration::from_secs(90), "of the key that signs, and not of the oldest");
        app.clock.set(next.signs_from.saturating_add(KEPT_AFTER).saturating_sub(Duration::from_micros(1)));
        assert_eq!((published(&app), tag(&app)), (vec![first, second.clone()], tag_of_two), "the same set");
        app.clock.advance(Duration::from_micros(1));
        assert_eq!(published(&app), [second.as_str()]);

        let third = app.keys.retire(&next.id, &RequestContext::system()).unwrap().successor.unwrap();
        assert_eq!((published(&app), kid(&app)), (vec![third.as_str().to_owned()], third.as_str().to_owned()), "an emergency");
    }
}

/// Nobody tells it to: the next key is published a day ahead, signs when its day has come, and the old one goes.
#[test]
fn the_server_rotates_its_keys_by_itself() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let pace = WorkerSettings { poll: Duration::from_millis(2), cleanup: Duration::from_millis(2) };
    let worker = Some((Arc::clone(&store), pace));
    let app = Setup { store: Some(store), worker, ..Setup::default() }.spawn();
    app.register("alice");
    let kid = |token: &str| token_part(token, 0)["kid"].as_str().unwrap().to_owned();
    let until = |count: usize| {
        let patience = Instant::now() + Duration::from_secs(30);
        loop {
            let keys = published(&app);
            if keys.len() == count {
                return keys;
            }
            assert!(Instant::now() < patience, "{count} keys: {keys:?}");
        }
    };
    let day = Duration::from_secs(86_400);
    let first = until(1).remove(0);
    app.clock.advance(89 * day);
    let both = until(2);
    assert_eq!((&both[0], kid(&app.token("alice"))), (&first, first.clone()), "published, and not signing yet");
    app.clock.advance(day);
    let after = app.token("alice");
    assert_eq!(kid(&after), both[1]);
    assert_eq!(app.get_as("/v1/forward-auth", &after).status, 204);
    app.clock.advance(day + Duration::from_secs(3_600));
    assert_eq!(until(1), both[1..]);
}

#[test]
fn a_shared_secret_is_never_published() {
    let mut keys = KeySettings::new(Algorithm::Hs256);
    keys.shared_secret = Some(Secret::new("q7Rk2mXw9ZtLb4VdYs8NcJh3GfPa6TeU"));
    let app = Setup { keys, ..Setup::default() }.spawn();
    assert_eq!((app.get(JWKS).status, app.get(JWKS).text()), (200, r#"{"keys":[]}"#));
    assert_eq!(app.get(METADATA).json()["jwks_uri"], format!("https://auth.test{JWKS}"));
}

#[test]
fn the_metadata_says_what_is_true() {
    let client = ("api".to_owned(), Secret::new("q7Rk2mXw9ZtLb4VdYs8NcJh3GfPa6TeU"));
    for (clients, methods) in [(vec![], json!(["Bearer"])), (vec![client], json!(["client_secret_basic", "Bearer"]))] {
        let http = HttpSettings { clients, ..HttpSettings::new("https://auth.test") };
        let app = Setup { http, ..Setup::default() }.spawn();
        let reply = app.get(METADATA);
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
        assert_eq!(
            reply.json(),
            json!({
                "issuer": "https://auth.test",
                "token_endpoint": "https://auth.test/v1/users/token",
                "revocation_endpoint": "https://auth.test/oauth/revoke",
                "introspection_endpoint": "https://auth.test/oauth/introspect",
                "jwks_uri": "https://auth.test/.well-known/jwks.json",
                "service_documentation": "https://auth.test/docs",
                "grant_types_supported": ["password", "refresh_token"],
                "response_types_supported": [],
                "token_endpoint_auth_methods_supported": ["none"],
                "revocation_endpoint_auth_methods_supported": ["none"],
                "introspection_endpoint_auth_methods_supported": methods,
            })
        );
        what_it_lists_works(&app, &reply.json());
    }
}

/// Each address answers, each grant gives tokens, and each way to say who one is lets one in.
fn what_it_lists_works(app: &TestApp, metadata: &Value) {
    let path = |name: &str| metadata[name].as_str().unwrap().strip_prefix("https://auth.test").unwrap().to_owned();
    let list = |name: &str| -> Vec<String> { serde_json::from_value(metadata[name].clone()).unwrap() };
    for name in ["jwks_uri", "service_documentation"] {
        assert_eq!(app.get(&path(name)).status, 200, "{name}");
    }
    app.register("alice");
    let mut tokens = app.tokens("alice");
    for grant in list("grant_types_supported") {
        let body =
            json!({"grant_type": grant, "username": "alice", "password": PASSWORD, "refresh_token": tokens.refresh});
        tokens = Tokens::of(&app.post_json(&path("token_endpoint"), &body));
    }
    for method in list("introspection_endpoint_auth_methods_supported") {
        let authorization = match method.as_str() {
            "client_secret_basic" => {
                format!("Basic {}", Base64::encode_string(b"api:q7Rk2mXw9ZtLb4VdYs8NcJh3GfPa6TeU"))
            }
            "Bearer" => format!("Bearer {}", tokens.access),
            other => panic!("{other}"),
        };
        let headers = [("Authorization", &*authorization), ("Content-Type", "application/x-www-form-urlencoded")];
        let body = format!("token={}", tokens.refresh);
        let reply = app.request("POST", &path("introspection_endpoint"), &headers, body.as_bytes());
        assert_eq!(reply.json()["active"], true, "{method}: {reply:?}");
    }
    for name in ["token_endpoint_auth_methods_supported", "revocation_endpoint_auth_methods_supported"] {
        assert_eq!(list(name), ["none"]);
    }
    assert_eq!(app.post_form(&path("revocation_endpoint"), &format!("token={}", tokens.refresh)).status, 200);
    app.refresh(&tokens.refresh).problem(401, "token_invalid");
}
