use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;

use tempfile::TempDir;

use super::*;
use crate::config::{self, Inputs};
use crate::doctor::Severity;

const REFUSED: &str = "401 Unauthorized\r\ncontent-type: application/problem+json\r\nwww-authenticate: Bearer\r\n\
                       x-request-id: auth-server-doctor\r\nx-content-type-options: nosniff\r\ncache-control: no-store\r\n\
                       referrer-policy: no-referrer\r\ncontent-security-policy: default-src 'none'; frame-ancestors 'none'";
const FOUND: &str = "200 OK\r\ncontent-type: application/json";

/// Whatever answers by the public address: a head and a body for each path, and 404 for the rest. Ends with the test.
fn front(answers: impl Fn(&str, &str) -> Option<(String, String)> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let base = url.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let first = lines.next().unwrap().unwrap();
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            let path = first.split(' ').nth(1).unwrap();
            let missing = || ("404 Not Found".to_owned(), String::new());
            let (head, body) = answers(path, &base).unwrap_or_else(missing);
            let length = body.len();
            write!(stream, "HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
        }
    });
    url
}

fn metadata_of(base: &str) -> String {
    serde_json::json!({"issuer": base, "token_endpoint": format!("{base}/v1/users/token")}).to_string()
}

/// As the server answers by itself.
fn well(path: &str, base: &str) -> Option<(String, String)> {
    Some(match path {
        "/v1/forward-auth" => (REFUSED.to_owned(), "{}".to_owned()),
        "/.well-known/oauth-authorization-server" => (FOUND.to_owned(), metadata_of(base)),
        "/.well-known/jwks.json" => (FOUND.to_owned(), r#"{"keys":[]}"#.to_owned()),
        "/readyz" => (FOUND.to_owned(), r#"{"status":"ok"}"#.to_owned()),
        _ => return None,
    })
}

/// What is found there by a configuration whose public address it is, and whose database signs by a shared secret.
fn found(url: &str, public_url: &str) -> Vec<Finding> {
    let folder = TempDir::new().unwrap();
    let database = format!("sqlite:{}", folder.path().join("auth.db").display());
    let variables = [
        ("AUTH_DATABASE_URL", database.as_str()),
        ("AUTH_PUBLIC_URL", public_url),
        ("JWT_SECRET", "q7Rk2mXw9ZtLb4VdYs8NcJh3GfPa6TeU"),
        ("AUTH_SECRETS_KEYS", "main:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
    ];
    let env = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
    let settings = config::load(&Inputs { env, ..Inputs::default() }).unwrap().settings;
    drop(assemble::assemble(&settings).unwrap());
    examine(&settings, url)
}

#[track_caller]
fn assert_told(findings: &[Finding], check: &str, severity: Severity, words: &str) {
    let is_told = findings.iter().any(|one| one.check == check && one.severity == severity && one.text.contains(words));
    assert!(is_told, "no {check} says {words:?}: {findings:#?}");
    for finding in findings {
        assert_eq!(finding.remedy.is_none(), finding.severity == Severity::Ok, "{finding}");
    }
}

#[test]
fn a_server_that_is_reached_as_it_is_configured_is_well() {
    let url = front(well);
    let findings = found(&url, &url);
    assert!(findings.iter().all(|one| one.severity == Severity::Ok), "{findings:#?}");
    for (check, words) in [
        ("issuer", "as the configuration does"),
        ("key set", "are served"),
        ("headers", "arrives"),
        ("url", "is ready"),
    ] {
        assert_told(&findings, check, Severity::Ok, words);
    }
}

#[test]
fn an_address_that_does_not_answer_is_named() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{gone}");
    assert_told(&found(&url, &url), "url", Severity::Error, "does not answer");
}

#[test]
fn another_issuer_another_address_and_other_keys_are_errors() {
    let url = front(|path, base| match path {
        "/.well-known/oauth-authorization-server" => Some((FOUND.to_owned(), metadata_of("http://inside:8080"))),
        "/.well-known/jwks.json" => Some((FOUND.to_owned(), r#"{"keys":[{"kid":"x"}]}"#.to_owned())),
        _ => well(path, base),
    });
    let findings = found(&url, &url);
    assert_told(&findings, "issuer", Severity::Error, "the metadata says issuer");
    assert_told(&findings, "issuer", Severity::Error, "token_endpoint");
    assert_told(&findings, "key set", Severity::Error, "not that of the configured database");
    assert_told(&found(&front(well), "http://localhost:1"), "url", Severity::Warning, "clients are told to come by");
}

#[test]
fn a_proxy_that_changes_replies_or_shows_the_metrics_is_named() {
    let url = front(|path, base| match path {
        "/v1/forward-auth" => {
            Some(("401 Unauthorized\r\ncontent-type: text/html".to_owned(), "<h1>401</h1>".to_owned()))
        }
        "/readyz" => Some(("502 Bad Gateway".to_owned(), String::new())),
        "/metrics" => Some(("200 OK".to_owned(), "# EOF".to_owned())),
        _ => well(path, base),
    });
    let findings = found(&url, &url);
    assert_told(&findings, "proxy", Severity::Error, "not as this server does");
    assert_told(&findings, "proxy", Severity::Warning, "X-Request-Id");
    assert_told(&findings, "headers", Severity::Error, "x-content-type-options, cache-control");
    assert_told(&findings, "url", Severity::Error, "/readyz is answered 502");
    assert_told(&findings, "url", Severity::Error, "/metrics is open");
}

#[test]
fn clear_text_off_loopback_and_a_missing_hsts_are_named() {
    for (url, is_clear) in [
        ("http://auth.example", true),
        ("http://127.0.0.1.example", true),
        ("http://localhost:80", false),
        ("http://[::1]:80", false),
        ("https://auth.example", false),
    ] {
        let text = "clear text";
        let settings = config::load(&Inputs::default()).unwrap().settings;
        assert_eq!(address(&settings, url).iter().any(|one| one.text.contains(text)), is_clear, "{url}");
    }
    let url = front(well);
    assert_told(&found(&url, "https://auth.example"), "headers", Severity::Error, "strict-transport-security");
}

#[test]
fn a_clock_that_is_wrong_is_told_by_the_date_of_a_reply() {
    let url = front(|path, base| match path {
        "/v1/forward-auth" => Some((format!("{REFUSED}\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT"), "{}".to_owned())),
        _ => well(path, base),
    });
    assert_told(&found(&url, &url), "clock", Severity::Error, "ahead of");
}
