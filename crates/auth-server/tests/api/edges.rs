//! What every reply has in common, and requests beside every route.

use auth_server::problem::Code;
use auth_server::routes::ROUTES;
use auth_server::state::HttpSettings;

use crate::helpers::{Connection, Database, Setup, TestApp, head, spawn_app};

const API_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// A path that each route answers.
fn path(pattern: &str) -> String {
    pattern
        .replace("{code}", "busy")
        .replace("{file}", "start.js")
        .replace("{id}", "5f0c3a52-9f0f-4a39-8a53-1f3f6f6f2f10")
}

#[test]
fn every_reply_of_every_route_to_every_method_carries_the_security_headers() {
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
fn errors_carry_the_security_headers_whatever_they_are() {
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

#[test]
fn plain_http_gets_no_hsts() {
    let http = HttpSettings::new("http://localhost:8080");
    let app = Setup { http, ..Setup::default() }.spawn();
    assert_eq!(app.get("/livez").header("strict-transport-security"), None);
}

#[test]
fn links_come_from_the_configuration_and_never_from_the_request() {
    let app = spawn_app(Database::Memory);
    let headers = [("X-Forwarded-Host", "evil.test"), ("X-Forwarded-Proto", "http"), ("Forwarded", "host=evil.test")];
    for path in ["/nowhere", "/.well-known/oauth-authorization-server"] {
        let reply = app.request("GET", path, &headers, b"");
        assert!(!reply.text().contains("evil.test") && !reply.text().contains("somewhere.else"), "{reply:?}");
        assert!(reply.text().contains("https://auth.test/"), "{reply:?}");
    }
}

#[test]
fn paths_have_one_spelling() {
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
fn methods_are_what_they_are() {
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

#[test]
fn a_request_id_is_echoed_or_made() {
    let app = spawn_app(Database::Memory);
    let with = |values: &[&str]| {
        let headers: Vec<(&str, &str)> = values.iter().map(|value| ("X-Request-Id", *value)).collect();
        app.request("GET", "/nowhere", &headers, b"").problem(404, "not_found")["request_id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(with(&["Req_1.a-b"]), "Req_1.a-b");
    assert_eq!(with(&[&"x".repeat(128)]), "x".repeat(128));
    for values in [&[][..], &[""], &["a b"], &["a;b"], &["<script>"], &["a", "b"], &[&"x".repeat(129)], &["\u{e9}"]] {
        let id = with(values);
        assert!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{values:?} became {id}");
    }
    assert_ne!(with(&[]), with(&[]));
}

#[test]
fn nothing_that_is_echoed_splits_a_reply() {
    let app = spawn_app(Database::Memory);
    for bytes in [&b"a\r\nSet-Cookie: x=1"[..], b"a\rb", b"a\nSet-Cookie: x=1", b"a\0b"] {
        let mut connection = Connection::open(app.address);
        let mut request = head("GET", "/livez", &[], None);
        request.truncate(request.len() - 2);
        request.extend_from_slice(b"X-Request-Id: ");
        request.extend_from_slice(bytes);
        request.extend_from_slice(b"\r\n\r\n");
        connection.write(&request);
        let reply = connection.read();
        assert_eq!(reply.header("set-cookie"), None, "{reply:?}");
    }
}

/// Requests that two parsers would read differently (W-15): the framework's own refusal, and the end of the connection.
#[test]
fn requests_that_could_be_read_in_two_ways_are_refused() {
    let app = spawn_app(Database::Memory);
    for framing in [
        "Content-Length: 2\r\nTransfer-Encoding: chunked",
        "Content-Length: 2\r\nContent-Length: 3",
        "Content-Length: +2",
        "Content-Length: 2, 2",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Content-Length : 2",
        " Content-Length: 2",
    ] {
        let mut connection = Connection::open(app.address);
        let request = format!("POST /v1/users/token HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\n{{}}");
        connection.write(request.as_bytes());
        assert_eq!(connection.read().status, 400, "{framing:?}");
        assert!(connection.is_closed(), "{framing:?}");
    }
}

#[test]
fn every_problem_leads_to_a_page_of_the_server_itself() {
    let app = spawn_app(Database::Memory);
    let problem = app.get("/nowhere").problem(404, "not_found");
    let path = problem["type"].as_str().unwrap().strip_prefix("https://auth.test").unwrap().to_owned();
    assert!(app.get(&path).text().contains("No route has this path, or "));
    for code in Code::ALL {
        let page = app.get(&format!("/problems/{}", code.as_str()));
        assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
        assert!(page.text().contains("Cause") && page.text().contains("Remedy"));
    }
    the_page_needs_nothing_from_elsewhere(&app);
}

fn the_page_needs_nothing_from_elsewhere(app: &TestApp) {
    for path in ["/problems/busy", "/docs"] {
        let page = app.get(path);
        assert!(!page.text().contains("//"), "no address of another host: {}", page.text());
        assert!(page.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"));
    }
}
