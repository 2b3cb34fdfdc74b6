//! W-01, W-03, W-09, W-11, W-18: what is sent in bodies, paths and queries.

use serde_json::{Value, json};

use crate::helpers::{Database, PASSWORD, TestApp, Tokens, on_each_database, spawn_app};

/// What databases, shells, templates and file systems would take for more than text.
const PROBES: [&str; 24] = [
    "' OR '1'='1",
    "' OR 1=1 --",
    "\" OR \"\"=\"",
    "'; DROP TABLE users; --",
    "1; SELECT pg_sleep(10)",
    "' UNION SELECT password FROM users --",
    "') OR ('a'='a",
    "admin'--",
    "\\'; --",
    "%27%20OR%201=1",
    "$1",
    "?",
    ":name",
    "{{7*7}}",
    "${jndi:ldap://evil.test}",
    "$(id)",
    "`id`",
    "| id",
    "../../etc/passwd",
    "..\\..\\windows",
    "<script>alert(1)</script>",
    "\u{2028}",
    "\u{202e}evil",
    "a\u{0}b",
];

on_each_database! {
    fn w18_no_text_is_taken_for_a_command(database: Database) {
        let app = spawn_app(database);
        app.register("alice");
        let tokens = app.tokens("alice");
        for probe in PROBES {
            for reply in [
                app.sign_in(probe, PASSWORD),
                app.sign_in("alice", probe),
                app.refresh(probe),
                app.post_json("/oauth/revoke", &json!({"token": probe})),
                app.send_as("POST", "/oauth/introspect", &tokens.access, Some(&json!({"token": probe}))),
                app.send_as("PUT", "/v1/users/me/username", &tokens.access, Some(&json!({"username": "bob", "password": probe}))),
                app.send_as("DELETE", "/v1/users/me", &tokens.access, Some(&json!({"password": probe}))),
            ] {
                let is_told = reply.status == 200 && (reply.body.is_empty() || reply.json() == json!({"active": false}));
                assert!(is_told || (400..500).contains(&reply.status), "{probe:?}: {reply:?}");
            }
            let escaped = probe.bytes().fold(String::new(), |text, byte| text + &format!("%{byte:02X}"));
            for path in [
                format!("/v1/users/me/sessions/{escaped}"),
                format!("/v1/users/logout?scope={escaped}"),
                format!("/problems/{escaped}"),
                format!("/docs/{escaped}"),
            ] {
                for method in ["GET", "DELETE", "POST"] {
                    let reply = app.request(method, &path, &[("Authorization", &format!("Bearer {}", tokens.access))], b"");
                    assert!((400..500).contains(&reply.status), "{method} {path}: {reply:?}");
                }
            }
            // A name that may be one is that name, byte for byte; and no row but its own has moved.
            let made = app.post_json("/v1/users/register", &json!({"username": probe, "password": PASSWORD}));
            assert!([201, 422].contains(&made.status), "{probe:?}: {made:?}");
            if made.status == 201 {
                assert_eq!(made.json()["username"], probe);
                assert_eq!(app.sign_in(probe, PASSWORD).status, 200);
            }
        }
        assert_eq!(app.get_as("/v1/users/me", &tokens.access).json()["username"], "alice");
        Tokens::of(&app.refresh(&tokens.refresh));
    }

    fn w03_the_ids_of_others_are_worth_nothing(database: Database) {
        let app = spawn_app(database);
        let ids = ["alice", "mallory"].map(|name| app.register(name)["id"].as_str().unwrap().to_owned());
        let (alice, mallory) = (app.tokens("alice"), app.tokens("mallory"));
        let end = |of: &str, by: &Tokens| app.send_as("DELETE", &format!("/v1/users/me/sessions/{of}"), &by.access, None);
        for id in [alice.session(), ids[0].clone(), ids[1].clone()] {
            end(&id, &mallory).problem(404, "not_found");
        }
        // Members that name somebody change nothing about whose it is.
        for (method, path) in [("PUT", "/v1/users/me/password"), ("PUT", "/v1/users/me/username"), ("DELETE", "/v1/users/me")] {
            let body = json!({"user_id": ids[0], "id": ids[0], "username": "eve", "password": PASSWORD,
                "current_password": PASSWORD, "new_password": "another battery staple"});
            app.send_as(method, path, &mallory.access, Some(&body)).problem(422, "validation_failed");
        }
        assert_eq!(app.post_json("/oauth/revoke", &json!({"token": format!("{}x", alice.refresh)})).status, 200);
        assert_eq!(app.get_as("/v1/users/me", &alice.access).status, 200);
        assert_eq!(end(&alice.session(), &alice).status, 204, "her own goes");
        assert_eq!(end(&mallory.session(), &mallory).status, 204);
    }
}

fn is_refused(app: &TestApp, body: impl AsRef<[u8]>, status: u16, code: &str) {
    for path in ["/v1/users/register", "/v1/users/token"] {
        app.post(path, body.as_ref()).problem(status, code);
    }
}

/// So many characters that no list has.
fn words(count: usize) -> String {
    let numbers = (0_u32..).flat_map(|n| format!("{} ", n.wrapping_mul(2_654_435_761) % 9_973).into_bytes());
    numbers.map(char::from).take(count).collect()
}

/// W-09: what makes parsers work, in the room that a body has and beyond it; the other kinds are in `bodies.rs`.
#[test]
fn w09_json_that_is_made_to_hurt_is_refused_by_its_size_or_its_shape() {
    let app = spawn_app(Database::Memory);
    let room = 16 * 1_024;
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        is_refused(&app, open.repeat(100_000), 413, "body_too_large");
        is_refused(&app, format!("{{\"x\":{}", open.repeat((room - 10) / open.len())), 400, "too_deep");
        is_refused(&app, format!("{{\"x\":{}1{}}}", open.repeat(1_000), close.repeat(1_000)), 400, "too_deep");
    }
    let members = |count: usize| (0..count).map(|n| format!("\"{n:x}\":0")).collect::<Vec<_>>().join(",");
    is_refused(&app, format!("{{{}}}", members(100_000)), 413, "body_too_large");
    app.post("/v1/users/register", format!("{{{}}}", members(1_800))).problem(422, "validation_failed");
    for number in [
        "1e400",
        "-1e400",
        &format!("1{}", "0".repeat(10_000)),
        &format!("1e{}", "9".repeat(1_000)),
        "1e-999999999999",
        "18446744073709551616",
    ] {
        let reply = app.post("/v1/users/register", format!("{{\"username\":{number}}}"));
        assert!([400, 422].contains(&reply.status), "{number:.40}: {reply:?}");
    }
    for text in ["\\u0000", "\\ud800", "\\udc00\\ud800", "\\uD83D\\uDE00", "\\x41", "\\u12"] {
        let reply = app.post("/v1/users/register", format!("{{\"username\":\"{text}\",\"password\":\"{PASSWORD}\"}}"));
        assert!([400, 422].contains(&reply.status), "{text}: {reply:?}");
    }
    is_refused(&app, format!("[\"alice\",\"{PASSWORD}\"]"), 400, "not_an_object");
    let longest = json!({"username": "alice", "password": words(1_024)}).to_string();
    assert_eq!(
        app.post("/v1/users/register", format!("{longest:<room$}")).status,
        201,
        "positive control: as large as may be"
    );
}

/// W-11: a name that is a script is text wherever it is shown, and is shown as nothing else.
#[test]
fn w11_names_are_shown_as_data_and_never_as_a_page() {
    let app = spawn_app(Database::Memory);
    for name in
        ["<script>alert(1)</script>", "<img/src=x/onerror=alert(1)>", "javascript:alert(1)", "\"><svg/onload=alert(1)>"]
    {
        let made = app.post_json("/v1/users/register", &json!({"username": name, "password": PASSWORD}));
        let kind = made.header("content-type").unwrap();
        assert!(kind == "application/json" || kind == "application/problem+json", "{made:?}");
        assert_eq!(made.header("x-content-type-options"), Some("nosniff"));
        if made.status == 201 {
            let token = app.token(name);
            let me = app.get_as("/v1/users/me", &token);
            assert_eq!(
                (me.header("content-type"), &me.json()["username"]),
                (Some("application/json"), &Value::from(name))
            );
            let user = app.get_as("/v1/forward-auth", &token).header("x-auth-user").unwrap().to_owned();
            assert!(user.bytes().all(|byte| byte.is_ascii_graphic()), "{user}");
        }
        let page = app.get(&format!("/docs?{}", name.replace(' ', "")));
        assert!(!page.text().contains("alert(1)"));
    }
}
