//! W-02, W-07, W-21: what is in every answer, and what is in none.

use super::path;
use crate::helpers::{Database, PASSWORD, on_each_database, spawn_app};
use auth_server::routes::ROUTES;

const API_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

#[test]
fn w21_every_reply_of_every_route_to_every_method_carries_the_security_headers() {
    let app = spawn_app(Database::Memory);
    for route in ROUTES {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"] {
            let reply = app.request(method, &path(route.path), &[], b"");
            reply.is_guarded();
            let answered = route.allow.split(", ").any(|allowed| allowed == method);
            assert_eq!(reply.status != 405, answered, "{method} {}: {reply:?}", route.path);
            if !answered {
                assert_eq!(reply.header("allow"), Some(route.allow));
                if method != "HEAD" {
                    reply.problem(405, "method_not_allowed");
                }
            }
            if reply.status >= 400 {
                assert_eq!(reply.header("content-security-policy"), Some(API_POLICY));
                assert_eq!(reply.header("cache-control"), Some("no-store"));
            }
        }
    }
}

#[test]
fn w21_errors_carry_the_security_headers_whatever_they_are() {
    let app = spawn_app(Database::Memory);
    let json = [("Content-Type", "application/json")];
    let post = |body: &[u8]| app.request("POST", "/v1/users/register", &json, body);
    for (reply, status) in [
        (post(b"{"), 400),
        (app.get("/v1/users/me"), 401),
        (app.get("/nowhere"), 404),
        (app.request("DELETE", "/livez", &[], b""), 405),
        (post(&vec![b' '; 20_000]), 413),
        (app.get(&"/x".repeat(4_000)), 414),
        (app.request("POST", "/v1/users/register", &[], b"{}"), 415),
        (post(b"{}"), 422),
        (app.request("GET", "/livez", &[("X-Padding", &"x".repeat(40_000))], b""), 431),
    ] {
        assert_eq!(reply.status, status, "{reply:?}");
        reply.is_guarded();
        reply.problem(status, reply.json()["code"].as_str().unwrap());
    }
}

/// W-07. The keys and the metadata may be kept, and nothing else may.
#[test]
fn w07_no_answer_may_be_kept_by_a_cache() {
    let app = spawn_app(Database::Memory);
    app.register("alice");
    let tokens = app.tokens("alice");
    for reply in [
        app.sign_in("alice", PASSWORD),
        app.sign_in("alice", "wrong"),
        app.refresh(&tokens.refresh),
        app.get_as("/v1/users/me", &tokens.access),
        app.get_as("/v1/users/me/sessions", &tokens.access),
        app.get_as("/v1/forward-auth", &tokens.access),
        app.get("/v1/users/me"),
        app.get("/v1/settings"),
        app.get("/nowhere"),
        app.post("/oauth/introspect", "{"),
    ] {
        assert_eq!((reply.header("cache-control"), reply.header("etag")), (Some("no-store"), None), "{reply:?}");
    }
    for path in ["/.well-known/jwks.json", "/.well-known/oauth-authorization-server"] {
        assert_eq!(app.get(path).header("cache-control"), Some("public, max-age=300"));
    }
}

on_each_database! {
    /// W-02. Everything that can be read, by whoever may be: of oneself what one knows, and of nobody a secret.
    fn w02_nothing_that_can_be_read_shows_a_secret_or_another_account(database: Database) {
        let app = spawn_app(database);
        let ids: Vec<String> = ["alice", "mallory"].map(|name| app.register(name)["id"].as_str().unwrap().to_owned()).into();
        let (alice, mallory) = (app.tokens("alice"), app.tokens("mallory"));
        let hers = [ids[0].clone(), alice.session(), "alice".to_owned(), alice.refresh.clone(), alice.access.clone()];
        let secrets = [PASSWORD, "$argon2", "$cheap", "password_hash", "\"d\"", "private", "skeleton", "credential_version"];
        let mut seen = 0;
        for route in ROUTES.iter().filter(|route| route.allow.contains("GET")) {
            for token in [None, Some(&alice), Some(&mallory)] {
                let path = path(route.path);
                let reply = token.map_or_else(|| app.get(&path), |token| app.get_as(&path, &token.access));
                let is_hers = token == Some(&alice) && reply.status < 300;
                let all = format!("{reply:?} {}", String::from_utf8_lossy(&reply.body));
                // Documents speak of hashes and of private keys, and hold none.
                let is_document = ["/docs", "/openapi.json", "/problems", "/v1/settings"].iter().any(|one| path.starts_with(one));
                for secret in secrets.iter().filter(|_| !is_document) {
                    assert!(!all.contains(secret), "{path} shows {secret}: {all}");
                }
                for value in hers.iter().filter(|_| !is_hers) {
                    assert!(!all.contains(value.as_str()) || is_document, "{path} shows {value}: {all}");
                }
                seen += usize::from(is_hers && hers.iter().any(|value| all.contains(value.as_str())));
            }
        }
        assert!(seen >= 3, "positive control: she herself sees what is hers");
    }
}
