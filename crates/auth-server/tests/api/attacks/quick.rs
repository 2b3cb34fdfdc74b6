//! The short way of `GET /v1/forward-auth` (`middleware/quick.rs`): nobody can tell it from the long one.
//!
//! A `Content-Length` of 0 says what is so anyway, and leads the long way.

use std::time::Duration;

use auth_server::state::HttpSettings;

use super::{FORWARD_AUTH, ME, Stage, but_its_id};
use crate::helpers::{Connection, Reply, Setup, TestApp, Tokens, head};

const LONG: (&str, &str) = ("Content-Length", "0");

/// One reply by either way.
fn both(app: &TestApp, method: &str, headers: &[(&str, &str)]) -> [Reply; 2] {
    [headers.to_vec(), [headers, &[LONG]].concat()].map(|headers| {
        let mut connection = Connection::open(app.address);
        connection.write(&head(method, FORWARD_AUTH, &headers, None));
        connection.read_reply_to(method)
    })
}

/// All headers but the time, and the id where each request gets a new one.
fn headers<'r>(reply: &'r Reply, but: &[&str]) -> Vec<(&'r str, Vec<&'r str>)> {
    reply
        .header_names()
        .into_iter()
        .map(|name| (name, if but.contains(&name) { vec![] } else { reply.headers(name) }))
        .collect()
}

#[test]
fn a_good_token_gets_one_answer_by_either_way() {
    for url in ["https://auth.test", "http://localhost:8080"] {
        let app = Stage::of(Setup { http: HttpSettings::new(url), ..Setup::default() });
        let bearer = format!("Bearer {}", app.tokens.access);
        for method in ["GET", "HEAD"] {
            let [short, long] = both(&app.app, method, &[("Authorization", &bearer)]);
            assert_eq!((short.status, short.text()), (204, ""), "{short:?}");
            let but = ["date", "x-request-id"];
            assert_eq!(
                (headers(&short, &but), short.status, &short.body),
                (headers(&long, &but), long.status, &long.body)
            );
            assert_ne!(short.header("x-request-id"), long.header("x-request-id"));
            assert_eq!(short.header("x-auth-user"), Some("alice"));
            assert_eq!(short.header("strict-transport-security").is_some(), url.starts_with("https"));
            // An id that the proxy made is kept, where it is one.
            let named = [("Authorization", bearer.as_str()), ("X-Request-Id", "proxy-7f3a.1")];
            let [short, long] = both(&app.app, method, &named);
            assert_eq!(short.header("x-request-id"), Some("proxy-7f3a.1"));
            assert_eq!(headers(&short, &["date"]), headers(&long, &["date"]));
            for odd in ["a b", "<script>", &"x".repeat(300), "\u{e9}"] {
                for reply in both(&app.app, method, &[("Authorization", &bearer), ("X-Request-Id", odd)]) {
                    assert_eq!(reply.status, 204);
                    assert!(reply.header("x-request-id").is_some_and(|id| id != odd), "{odd}");
                }
            }
        }
        app.unharmed();
    }
}

#[test]
fn a_token_that_is_no_good_gets_one_answer_by_either_way() {
    let stage = Stage::shared();
    let ended = stage.app.tokens("alice");
    assert_eq!(stage.app.send_as("POST", "/v1/users/logout", &ended.access, None).status, 204);
    let expired = stage.signed(&stage.header(), &super::with(stage.claims(), "exp", 1));
    let (good, forged) = (&stage.tokens.access, Stage::shared().tokens.access);
    for token in ["x", &ended.access, &expired, &forged, &good[1..], &stage.tokens.refresh, &"x".repeat(9_000)] {
        for method in ["GET", "HEAD"] {
            let [short, long] = both(&stage.app, method, &[("Authorization", &format!("Bearer {token}"))]);
            assert_eq!((short.status, long.status), (401, 401), "{token}");
            let but = ["date", "x-request-id"];
            assert_eq!(headers(&short, &but), headers(&long, &but));
            if method == "GET" {
                super::is_refused(&short, &stage.nonsense[0], token);
                assert_eq!(but_its_id(&short), but_its_id(&long));
            }
        }
    }
    let bearer = format!("Bearer {good}");
    for (values, status, code) in [
        (&[][..], 401, "token_missing"),
        (&[good.as_str()], 401, "token_missing"),
        (&[&bearer, &bearer], 400, "invalid_authorization"),
    ] {
        let sent: Vec<(&str, &str)> = values.iter().map(|value| ("Authorization", *value)).collect();
        let [short, long] = both(&stage.app, "GET", &sent);
        for reply in [&short, &long] {
            reply.problem(status, code);
            assert_eq!(reply.header("x-auth-user"), None);
        }
        assert_eq!((but_its_id(&short), short.header_names()), (but_its_id(&long), long.header_names()));
    }
    stage.unharmed();
}

/// What the long way says to a request, it says to one with a good token too.
#[test]
fn whatever_is_no_plain_check_is_answered_as_ever() {
    let stage = Stage::shared();
    let bearer = format!("Bearer {}", stage.tokens.access);
    let authorization = ("Authorization", bearer.as_str());
    let good = |method: &str, path: &str, more: &[(&str, &str)]| {
        let mut connection = Connection::open(stage.app.address);
        connection.write(&head(method, path, &[&[authorization], more].concat(), None));
        connection.read_reply_to(method)
    };
    let padding = ("X-Padding", "x".repeat(33_000));
    let (long, escaped) = (format!("{FORWARD_AUTH}?{}", "x".repeat(5_000)), FORWARD_AUTH.replace('-', "%2d"));
    let slash = format!("{FORWARD_AUTH}/");
    for (reply, status, code) in [
        (good("GET", FORWARD_AUTH, &[(padding.0, &padding.1)]), 431, "headers_too_large"),
        (good("GET", &long, &[]), 414, "uri_too_long"),
        (good("GET", &escaped, &[]), 404, "not_found"),
        (good("GET", &slash, &[]), 404, "not_found"),
        (good("POST", FORWARD_AUTH, &[LONG]), 405, "method_not_allowed"),
        (good("DELETE", FORWARD_AUTH, &[]), 405, "method_not_allowed"),
        (good("OPTIONS", FORWARD_AUTH, &[]), 405, "method_not_allowed"),
        (good("BREW", FORWARD_AUTH, &[]), 405, "method_not_allowed"),
    ] {
        reply.problem(status, code);
        assert_eq!((reply.header("x-auth-user"), reply.header("x-auth-user-id")), (None, None));
    }
    for query in ["?", "?a=b", "?access_token=x"] {
        let reply = good("GET", &format!("{FORWARD_AUTH}{query}"), &[]);
        assert_eq!((reply.status, reply.header("x-auth-user")), (204, Some("alice")));
    }
    stage.unharmed();
}

/// A body is not taken for the next request.
#[test]
fn a_body_is_no_second_request() {
    let stage = Stage::shared();
    let bearer = format!("Bearer {}", stage.tokens.access);
    let hidden = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";
    let (length, chunks) = (hidden.len().to_string(), format!("{:x}\r\n{hidden}\r\n0\r\n\r\n", hidden.len()));
    for (framing, body) in [(("Content-Length", length.as_str()), hidden), (("Transfer-Encoding", "chunked"), &chunks)]
    {
        let mut connection = Connection::open(stage.app.address);
        connection.write(&head("GET", FORWARD_AUTH, &[("Authorization", &bearer), framing], None));
        connection.write(body.as_bytes());
        assert_eq!(connection.read().status, 204);
        // Either it is over, or the next reply is to the next request.
        if connection.try_write(&head("GET", ME, &[("Authorization", &bearer)], None)).is_ok()
            && !connection.is_closed()
        {
            panic!("the connection goes on after a body that nobody read");
        }
    }
    stage.unharmed();
}

/// As soon as the session is over, by either way, and on a connection that was good a moment ago.
#[test]
fn what_was_good_a_moment_ago_is_asked_again() {
    let stage = Stage::shared();
    let Tokens { access, .. } = stage.app.tokens("alice");
    let bearer = format!("Bearer {access}");
    for _ in 0..3 {
        assert_eq!(stage.get(FORWARD_AUTH, &bearer).status, 204);
    }
    assert_eq!(stage.app.send_as("POST", "/v1/users/logout", &access, None).status, 204);
    super::is_refused(&stage.get(FORWARD_AUTH, &bearer), &stage.nonsense[0], &access);
    assert_eq!(stage.get(FORWARD_AUTH, &format!("Bearer {}", stage.tokens.access)).status, 204);
    stage.app.clock.advance(Duration::from_secs(7_206));
    stage.refused(&stage.tokens.access);
}
