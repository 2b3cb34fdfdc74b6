//! W-17, W-22, W-25, L-10: methods and paths.

use crate::helpers::{Database, spawn_app};

#[test]
fn w22_and_l10_paths_have_one_spelling() {
    let app = spawn_app(Database::Memory);
    assert_eq!(app.get("/v1/settings").status, 200);
    for path in [
        "//v1/settings",
        "/v1//settings",
        "/v1/settings/",
        "/V1/settings",
        "/v1/Settings",
        "/v1/settings;x",
        "/v1/settings;.css",
        "/v1/settings/x.css",
        "/v1/settings.css",
        "/v1%2fsettings",
        "/v1/%73ettings",
        "/v1/settings%00",
        "/v1/settings%20",
        "/v1/../v1/settings",
        "/v1/./settings",
        "/x/..%2fv1/settings",
        "/%2e%2e/v1/settings",
        "/v1\\settings",
        "/v1",
        "/",
        "/v1/settings%",
        "/v1/settings%zz",
        "/.well-known/",
        "/docs/",
        "/docs/../livez",
        "/docs/index.html",
        "/problems/",
        "/problems/nonsense",
        "/problems/Busy",
        "/problems/busy/",
    ] {
        app.get(path).problem(404, "not_found");
    }
    // The same on a route that changes things, and on the one that tells who somebody is.
    for path in [
        "/v1/users/token/",
        "/v1/users/%74oken",
        "/V1/users/token",
        "//users/token",
        "/v1/users/me/x.css",
        "/v1/users/me;.js",
    ] {
        app.post(path, "{}").problem(404, "not_found");
        app.get(path).problem(404, "not_found");
    }
}

#[test]
fn w17_methods_are_what_they_are() {
    let app = spawn_app(Database::Memory);
    for (name, value) in [("X-HTTP-Method-Override", "POST"), ("X-Method-Override", "POST"), ("X-HTTP-Method", "POST")]
    {
        app.request("GET", "/v1/users/token", &[(name, value)], b"").problem(405, "method_not_allowed");
    }
    app.request("CONNECT", "/v1/users/token", &[], b"").problem(405, "method_not_allowed");
    let get = app.get("/v1/settings");
    let head = app.request("HEAD", "/v1/settings", &[], b"");
    assert_eq!((head.status, head.header("content-length")), (200, get.header("content-length")));
    assert_eq!(head.body, b"");
}

/// W-25: what never redirects has no address to be lured to.
#[test]
fn w25_nothing_that_is_asked_for_leads_elsewhere() {
    let app = spawn_app(Database::Memory);
    for parameter in ["redirect_uri", "next", "return_to", "url", "continue", "callback"] {
        for place in ["https://evil.test", "//evil.test", "/\\evil.test", "https:evil.test", "javascript:alert(1)"] {
            for path in ["/docs", "/v1/settings", "/v1/forward-auth", "/v1/users/token", "/nowhere", "/"] {
                let reply = app.get(&format!("{path}?{parameter}={place}"));
                assert!(!(300..400).contains(&reply.status) && reply.header("location").is_none(), "{reply:?}");
                assert!(!reply.text().contains("evil.test"), "{reply:?}");
            }
        }
    }
    app.register("alice");
    let made = app
        .post("/v1/users/register?next=https://evil.test", r#"{"username":"bob","password":"correct horse battery"}"#);
    assert_eq!(
        (made.status, made.header("location")),
        (201, Some("https://auth.test/v1/users/me")),
        "the one that leads somewhere"
    );
}
