//! W-05: what pages of other sites make a visitor's browser send.
#![expect(clippy::float_cmp, reason = "whole numbers")]

use auth_core::attempts::LimitSettings;
use auth_core::service::ServiceSettings;
use auth_server::routes::ROUTES;
use auth_server::state::HttpSettings;
use serde_json::Value;

use super::path;
use crate::helpers::{Database, PASSWORD, Reply, Setup, TestApp, on_each_database};

const OURS: &str = "https://app.example.com";
const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
const JSON: (&str, &str) = ("Content-Type", "application/json");

/// A server that counts by address, and that one page of another origin may call.
fn counting(database: Database) -> TestApp {
    let service = ServiceSettings { limits: LimitSettings::default(), ..ServiceSettings::new("https://auth.test") };
    let http = HttpSettings { allowed_origins: vec![OURS.to_owned()], ..HttpSettings::new("https://auth.test") };
    Setup { database, http, service, ..Setup::default() }.spawn()
}

/// What a browser adds where a page of another site sends a form: all of it, or what older ones, or pages that hide, leave.
const FOREIGN: [&[(&str, &str)]; 8] = [
    &[("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")],
    &[("Origin", "null"), ("Sec-Fetch-Site", "cross-site")],
    &[("Origin", "https://evil.auth.test"), ("Sec-Fetch-Site", "same-site")],
    &[("Sec-Fetch-Site", "cross-site")],
    &[("Origin", "https://evil.example")],
    &[("Origin", "http://auth.test")],
    &[("Origin", "null")],
    &[("Origin", OURS), ("Origin", "https://evil.example")],
];

/// What comes with the requests of nobody's page, of our own, and of one that is allowed.
const HARMLESS: [&[(&str, &str)]; 7] = [
    &[],
    &[("Sec-Fetch-Site", "same-origin"), ("Origin", "https://auth.test")],
    &[("Sec-Fetch-Site", "none")],
    &[("Origin", "https://auth.test")],
    &[("Origin", "https://somewhere.else")],
    &[("Origin", OURS)],
    &[("Origin", OURS), ("Sec-Fetch-Site", "cross-site")],
];

fn send(app: &TestApp, path: &str, kind: (&str, &str), who: &[(&str, &str)], body: &str) -> Reply {
    app.request("POST", path, &[&[kind], who].concat(), body.as_bytes())
}

on_each_database! {
    fn w05_a_form_of_another_site_is_refused_before_anything_is_counted(database: Database) {
        let app = counting(database);
        app.register("alice");
        let (right, wrong) = (format!("username=alice&password={}", PASSWORD.replace(' ', "+")), "username=alice&password=wrong");
        let checks = app.hasher.checks();
        // More than an address may try in an hour.
        for round in 0..50 {
            for who in FOREIGN {
                for path in ["/v1/users/token", "/users/token"] {
                    let body = if round % 2 == 0 { wrong } else { &right };
                    let reply = send(&app, path, FORM, who, body);
                    reply.problem(403, "foreign_page");
                    assert_eq!((reply.header("set-cookie"), reply.header("access-control-allow-origin")), (None, None));
                }
            }
        }
        assert_eq!(app.hasher.checks(), checks, "no password was looked at");
        assert_eq!(app.metric("auth_rate_limited_total{limiter=\"login_address\"}"), 0.0);
        // The visitor signs in all the same, from each of the places that are no other site's; and is counted by then.
        for who in HARMLESS {
            assert_eq!(send(&app, "/v1/users/token", FORM, who, &right).status, 200, "{who:?}");
        }
        let mut counted = 0;
        while send(&app, "/v1/users/token", FORM, HARMLESS[1], &right).status == 200 {
            counted += 1;
            assert!(counted < 100, "nothing is counted");
        }
        send(&app, "/v1/users/token", FORM, &[], &right).problem(429, "too_many_attempts");
        send(&app, "/v1/users/token", FORM, FOREIGN[0], &right).problem(403, "foreign_page");
    }
}

#[test]
fn w05_no_route_that_changes_anything_takes_a_request_of_another_sites_page() {
    let app = counting(Database::Memory);
    app.register("alice");
    let bearer = format!("Bearer {}", app.token("alice"));
    for route in ROUTES {
        for operation in route.operations {
            for who in FOREIGN {
                let headers = [&[JSON, ("Authorization", bearer.as_str())], who].concat();
                let reply = app.request(operation.method, &path(route.path), &headers, b"{}");
                if operation.method == "GET" {
                    // Some are for administrators, whom they refuse otherwise.
                    let code = if reply.status == 403 { reply.json()["code"].clone() } else { Value::Null };
                    assert_ne!(code, "foreign_page", "{}", route.path);
                } else {
                    reply.problem(403, "foreign_page");
                    reply.is_guarded();
                    assert_eq!(reply.header("connection"), Some("close"), "its body is not read");
                }
            }
        }
    }
    let json = format!(r#"{{"username":"bob","password":"{PASSWORD}"}}"#);
    send(&app, "/v1/users/register", JSON, FOREIGN[0], &json).problem(403, "foreign_page");
    assert_eq!(send(&app, "/v1/users/register", JSON, HARMLESS[6], &json).status, 201, "positive control");
    assert_eq!(app.request("POST", "/v1/users/logout", &[("Authorization", &bearer)], b"").status, 204);
}

/// A cookie is for the browser of whoever signs in here; a page elsewhere has the member.
#[test]
fn w05_only_our_own_pages_and_nobodys_are_given_a_device_cookie() {
    let app = counting(Database::Memory);
    app.register("alice");
    let right = format!("username=alice&password={}", PASSWORD.replace(' ', "+"));
    for (at, who) in HARMLESS.iter().enumerate() {
        let reply = send(&app, "/v1/users/token", FORM, who, &right);
        assert_eq!(reply.status, 200, "{reply:?}");
        assert_eq!(reply.header("set-cookie").is_some(), at < 5, "{who:?}");
        assert!(reply.json()["device_token"].is_string());
    }
}
