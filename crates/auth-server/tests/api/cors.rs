//! Pages of other origins: what they may call, and what they may read.

use auth_server::routes::ROUTES;
use auth_server::state::HttpSettings;

use crate::helpers::{Database, Reply, Setup, TestApp, spawn_app};

const OURS: &str = "https://app.example.com";
const VARY: &str = "vary";

fn open_to_our_pages() -> TestApp {
    let allowed_origins = vec![OURS.to_owned(), "http://localhost:5173".to_owned()];
    let http = HttpSettings { allowed_origins, ..HttpSettings::new("https://auth.test") };
    Setup { http, ..Setup::default() }.spawn()
}

fn from(app: &TestApp, origin: &str, method: &str, path: &str) -> Reply {
    app.request(method, path, &[("Origin", origin)], b"")
}

#[track_caller]
fn is_silent(reply: &Reply) {
    let told: Vec<_> = reply.header_names().into_iter().filter(|name| name.starts_with("access-control")).collect();
    assert!(told.is_empty() || told == ["access-control-allow-origin"], "{told:?}");
    assert!(matches!(reply.header("access-control-allow-origin"), None | Some("*")), "{reply:?}");
}

#[test]
fn our_pages_may_read_every_reply_whatever_it_is() {
    let app = open_to_our_pages();
    let big = "x".repeat(33_000);
    let json = [("Origin", OURS), ("Content-Type", "application/json")];
    app.register("alice");
    let bearer = format!("Bearer {}", app.token("alice"));
    for (reply, status) in [
        (from(&app, OURS, "GET", "/v1/settings"), 200),
        (from(&app, "http://localhost:5173", "GET", "/v1/settings"), 200),
        (app.request("GET", "/v1/forward-auth", &[("Origin", OURS), ("Authorization", &bearer)], b""), 204),
        (app.request("POST", "/v1/users/token", &json, b"{"), 400),
        (from(&app, OURS, "GET", "/v1/users/me"), 401),
        (from(&app, OURS, "GET", "/nowhere"), 404),
        (from(&app, OURS, "DELETE", "/livez"), 405),
        (app.request("POST", "/v1/users/token", &json, &vec![b' '; 17_000]), 413),
        (app.request("POST", "/v1/users/register", &json, b"{}"), 422),
        (app.request("GET", "/livez", &[("Origin", OURS), ("X-Padding", &big)], b""), 431),
    ] {
        assert_eq!(reply.status, status, "{reply:?}");
        reply.is_guarded();
        assert!(reply.header("access-control-allow-origin").is_some_and(|origin| origin != "*"), "{reply:?}");
        assert!(reply.header("access-control-expose-headers").unwrap().contains("Retry-After"));
        assert_eq!(reply.headers(VARY), ["Origin"]);
        assert_eq!(reply.header("access-control-allow-credentials"), None);
    }
    let busy = {
        app.stop_worker();
        app.state.hashing.stop();
        app.request("POST", "/v1/users/token", &json, br#"{"username":"alice","password":"x"}"#)
    };
    assert_eq!((busy.status, busy.header("access-control-allow-origin")), (503, Some(OURS)));
}

#[test]
fn other_pages_may_read_nothing_but_what_everybody_may() {
    let app = open_to_our_pages();
    for origin in [
        "https://evil.example",
        "https://app.example.com.evil.example",
        "https://evilapp.example.com",
        "https://app.example.com:443",
        "https://app.example.com/",
        "https://APP.example.com",
        "http://app.example.com",
        "https://sub.app.example.com",
        "null",
        "*",
        "",
        "https://app.example.com, https://evil.example",
    ] {
        for (method, path) in
            [("GET", "/v1/settings"), ("GET", "/nowhere"), ("POST", "/v1/users/token"), ("GET", "/livez")]
        {
            let reply = from(&app, origin, method, path);
            is_silent(&reply);
            assert_eq!(reply.headers(VARY), ["Origin"], "a cache must not hand it to our pages");
        }
        let asks = [("Origin", origin), ("Access-Control-Request-Method", "POST")];
        let reply = app.request("OPTIONS", "/v1/users/token", &asks, b"");
        assert_eq!(reply.status, 405, "{origin}");
        is_silent(&reply);
    }
    let twice = app.request("GET", "/v1/settings", &[("Origin", OURS), ("Origin", "https://evil.example")], b"");
    is_silent(&twice);
    assert_eq!(app.get("/v1/settings").headers(VARY), ["Origin"], "without an origin as well");
    let keys = from(&app, OURS, "GET", "/.well-known/jwks.json");
    assert_eq!(keys.header("access-control-allow-origin"), Some("*"), "the keys are everybody's");
}

#[test]
fn browsers_that_ask_ahead_hear_what_each_route_allows() {
    let app = open_to_our_pages();
    for route in ROUTES {
        let path = route.path.replace("{code}", "busy").replace("{file}", "start.js").replace("{id}", "x");
        let asks = [("Origin", OURS), ("Access-Control-Request-Method", "POST")];
        let reply = app.request("OPTIONS", &path, &asks, b"");
        assert_eq!((reply.status, reply.header("access-control-allow-origin")), (204, Some(OURS)), "{path}");
        assert_eq!(reply.header("access-control-allow-methods"), Some(route.allow));
        assert!(reply.header("access-control-allow-headers").unwrap().contains("Authorization, Content-Type"));
        assert_eq!(reply.header("access-control-max-age"), Some("600"));
        assert_eq!(reply.header("access-control-allow-credentials"), None);
        let mut vary = reply.headers(VARY);
        vary.sort_unstable();
        assert_eq!(vary, ["Access-Control-Request-Method, Access-Control-Request-Headers", "Origin"]);
        reply.is_guarded();
        // Without a question it is a method like any other.
        assert_eq!(from(&app, OURS, "OPTIONS", &path).status, 405);
    }
    let asks = [("Origin", OURS), ("Access-Control-Request-Method", "POST")];
    assert_eq!(app.request("OPTIONS", "/nowhere", &asks, b"").status, 404);
    assert_eq!(app.request("OPTIONS", "/v1/users/token/", &asks, b"").status, 404);
}

#[test]
fn without_origins_in_the_configuration_nobody_is_told_anything() {
    let app = spawn_app(Database::Memory);
    for origin in [OURS, "https://auth.test", "null"] {
        let reply = from(&app, origin, "GET", "/v1/settings");
        is_silent(&reply);
        assert_eq!(reply.headers(VARY), Vec::<&str>::new());
        let asks = [("Origin", origin), ("Access-Control-Request-Method", "POST")];
        app.request("OPTIONS", "/v1/users/token", &asks, b"").problem(405, "method_not_allowed");
    }
}
