//! `/.well-known`.

use serde_json::json;

use crate::helpers::{Database, on_each_database, spawn_app, token_part};

const JWKS: &str = "/.well-known/jwks.json";

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
fn the_metadata_says_what_is_true() {
    let app = spawn_app(Database::Memory);
    let reply = app.get("/.well-known/oauth-authorization-server");
    assert_eq!(
        reply.json(),
        json!({
            "issuer": "https://auth.test",
            "token_endpoint": "https://auth.test/v1/users/token",
            "revocation_endpoint": "https://auth.test/oauth/revoke",
            "jwks_uri": "https://auth.test/.well-known/jwks.json",
            "service_documentation": "https://auth.test/docs",
            "grant_types_supported": ["password", "refresh_token"],
            "response_types_supported": [],
            "token_endpoint_auth_methods_supported": ["none"],
            "revocation_endpoint_auth_methods_supported": ["none"],
        })
    );
    for (_, link) in reply
        .json()
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| name.ends_with("_uri") || name.ends_with("_endpoint"))
    {
        let path = link.as_str().unwrap().strip_prefix("https://auth.test").unwrap();
        assert_ne!(app.get(path).status, 404, "{path}");
    }
}
