//! What every reply has in common, and requests beside every route.

use auth_server::problem::Code;
use auth_server::state::HttpSettings;

use crate::helpers::{Database, Setup, TestApp, spawn_app};

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
