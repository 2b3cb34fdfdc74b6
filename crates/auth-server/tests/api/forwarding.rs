//! Whose request it is behind a proxy. Rows L-07, L-08 and W-23; how headers are read is tested beside the code.
#![expect(clippy::float_cmp, reason = "whole numbers")]

use auth_core::StoreExt as _;
use auth_server::state::HttpSettings;
use serde_json::json;

use crate::helpers::{Connection, Database, PASSWORD, Setup, TestApp, Tokens, head, on_each_database};

const PROXY: &str = "127.0.0.2";

fn behind_a_proxy(database: Database) -> TestApp {
    let trusted_proxies = vec![format!("{PROXY}/31").parse().unwrap()];
    let http = HttpSettings { trusted_proxies, ..HttpSettings::new("https://auth.test") };
    let app = Setup { database, http, ..Setup::default() }.spawn();
    app.register("alice");
    app
}

/// Signs in from there with these headers, and answers with the address that the session and the audit log have.
#[track_caller]
fn address(app: &TestApp, source: &str, headers: &[(&str, &str)]) -> String {
    let body = json!({"username": "alice", "password": PASSWORD}).to_string();
    let headers = [&[("Content-Type", "application/json")], headers].concat();
    let mut connection = Connection::open_from(source, app.address);
    connection.write(&head("POST", "/v1/users/token", &headers, Some(body.len())));
    connection.write(body.as_bytes());
    let reply = connection.read();
    let tokens = Tokens::of(&reply);
    let sessions = app.get_as("/v1/users/me/sessions", &tokens.access).json();
    let own = sessions["data"].as_array().unwrap().iter().find(|session| session["current"] == true).unwrap();
    let lines = app.store.read(|tx| tx.audit().list(None, 100)).unwrap();
    // Its session has a line of its own; others are of the same instant, for the clock stands still.
    let noted = lines.iter().filter(|line| line.request_id == reply.header("x-request-id").map(str::to_owned));
    let noted: Vec<String> = noted.map(|line| line.ip.unwrap().to_string()).collect();
    assert!(!noted.is_empty() && noted.iter().all(|ip| own["ip"] == **ip), "{noted:?}");
    own["ip"].as_str().unwrap().to_owned()
}

on_each_database! {
    fn the_address_of_a_client_is_what_the_trusted_proxies_say(database: Database) {
        let app = behind_a_proxy(database);
        for (headers, found) in [
            (&[][..], PROXY),
            (&[("X-Forwarded-For", "203.0.113.9, 192.0.2.1")], "192.0.2.1"),
            (&[("X-Forwarded-For", "192.0.2.1, 127.0.0.3")], "192.0.2.1"),
            (&[("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-For", "2001:db8::7")], "2001:db8::7"),
            (&[("Forwarded", "for=\"[2001:db8::7]:80\";proto=https")], "2001:db8::7"),
        ] {
            assert_eq!(address(&app, PROXY, headers), found, "{headers:?}");
        }
    }
}

#[test]
fn l07_an_untrusted_peer_speaks_for_nobody_and_is_counted() {
    let app = behind_a_proxy(Database::Memory);
    let headers = ["X-Forwarded-For", "Forwarded", "X-Real-IP"];
    for (name, value) in headers.iter().zip(["192.0.2.1", "for=192.0.2.1", "192.0.2.1"]) {
        assert_eq!(address(&app, "127.0.0.4", &[(name, value)]), "127.0.0.4", "{name}");
    }
    let ignored = |cause: &str| app.metric(&format!("auth_forwarded_ignored_total{{cause=\"{cause}\"}}"));
    assert_eq!((ignored("untrusted_peer"), ignored("unreadable")), (2.0, 0.0));
    // The short way of a check counts it as well.
    let bearer = format!("Bearer {}", app.token("alice"));
    let headers = [("Authorization", bearer.as_str()), ("X-Forwarded-For", "192.0.2.1")];
    assert_eq!(app.request("GET", "/v1/forward-auth", &headers, b"").status, 204);
    assert_eq!(ignored("untrusted_peer"), 3.0);
}

#[test]
fn l08_what_a_trusted_proxy_says_unreadably_makes_it_the_proxys_own() {
    let app = behind_a_proxy(Database::Memory);
    let endless = vec![PROXY; 2_500].join(",");
    for (count, headers) in [
        &[("X-Forwarded-For", "a")][..],
        &[("X-Forwarded-For", "")],
        &[("X-Forwarded-For", "fe80::1%eth0")],
        &[("X-Forwarded-For", &endless)],
        &[("Forwarded", "for=unknown")],
        &[("Forwarded", "for=203.0.113.9"), ("X-Forwarded-For", "192.0.2.1")],
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(address(&app, PROXY, headers), PROXY, "{headers:?}");
        let ignored = app.metric("auth_forwarded_ignored_total{cause=\"unreadable\"}");
        assert_eq!(ignored, f64::from(u32::try_from(count + 1).unwrap()));
    }
}

#[test]
fn w23_headers_with_underscores_say_nothing() {
    let app = behind_a_proxy(Database::Memory);
    for name in ["X_Forwarded_For", "X-Forwarded_For", "X_Forwarded-For"] {
        assert_eq!(address(&app, PROXY, &[(name, "192.0.2.1")]), PROXY, "{name}");
        assert_eq!(
            address(&app, PROXY, &[(name, "192.0.2.1"), ("X-Forwarded-For", "192.0.2.2")]),
            "192.0.2.2",
            "{name}"
        );
    }
}
