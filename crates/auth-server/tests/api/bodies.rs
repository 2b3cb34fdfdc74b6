//! Request bodies that are not what they should be, each beside one that is.

use serde_json::json;

use crate::helpers::{Database, PASSWORD, TestApp, on_each_database, spawn_app};

const ROUTES: [&str; 2] = ["/v1/users/register", "/v1/users/token"];

/// The same bytes to each route that reads JSON.
#[track_caller]
fn refused(app: &TestApp, body: impl AsRef<[u8]>, status: u16, code: &str) {
    for path in ROUTES {
        app.post(path, body.as_ref()).problem(status, code);
    }
}

on_each_database! {
    fn w09_broken_json_is_told_from_json_that_is_no_object(database: Database) {
        let app = spawn_app(database);
        for body in [
            &b""[..], b"{", b"}", b"{'username':'a'}", b"{\"username\"}", b"{\"a\":NaN}", b"{\"a\":1e400}", b"nothing",
            b"{} {}", b"{}x", b"{}\0", b"\xef\xbb\xbf{}", b"{\"a\":\"\xff\"}", b"{\"a\":\"\\ud800\"}",
            b"{\"username\":\"\\udfff\\ud800\",\"password\":\"x\"}", b"{\"a\":\"\n\"}", b"{\"a\":01}", b"{,}", b"{\"a\":1,}",
            b"\xff\xfe{\0}\0", b"username=alice&password=x",
        ] {
            refused(&app, body, 400, "invalid_json");
        }
        for body in ["[\"alice\",\"correct horse battery staple\"]", "[]", "\"alice\"", "7", "null", "true", "[{}]"] {
            refused(&app, body, 400, "not_an_object");
        }
        let body = json!({"username": "alice", "password": PASSWORD}).to_string();
        assert_eq!(app.post("/v1/users/register", format!(" \r\n\t{body} \n")).status, 201);
        assert_eq!(app.post("/v1/users/token", body).status, 200);
    }
}

#[test]
fn w09_a_member_that_is_there_twice_is_refused() {
    let app = spawn_app(Database::Memory);
    for body in [
        r#"{"username":"alice","username":"alice","password":"correct horse battery staple"}"#,
        r#"{"username":"alice","\u0075sername":"bob","password":"correct horse battery staple"}"#,
        r#"{"username":"alice","password":"correct horse battery staple","x":{"a":1,"a":2}}"#,
    ] {
        refused(&app, body, 400, "duplicate_member");
    }
}

#[test]
fn w09_depth_has_an_end() {
    let app = spawn_app(Database::Memory);
    app.register("alice");
    let nested = |depth: usize| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        format!(r#"{{"username":"alice","password":"{PASSWORD}","x":{open}{close}}}"#)
    };
    assert_eq!(app.post("/v1/users/token", nested(15)).status, 200, "the object itself is the sixteenth");
    app.post("/v1/users/token", nested(16)).problem(400, "too_deep");
    refused(&app, "{\"x\":".to_owned() + &"[".repeat(16_000), 400, "too_deep");
}

#[test]
fn members_of_another_type_are_named() {
    let app = spawn_app(Database::Memory);
    for value in [json!(7), json!(null), json!(true), json!(["alice"]), json!({"$ne": ""}), json!(1.5)] {
        for path in ROUTES {
            let reply = app.post_json(path, &json!({"username": value, "password": value}));
            reply.faults(422, "validation_failed", &[("/username", "wrong_type"), ("/password", "wrong_type")]);
        }
    }
    let null = json!({"username": "alice", "password": PASSWORD, "password_confirmation": null});
    app.post_json(ROUTES[0], &null).faults(422, "validation_failed", &[("/password_confirmation", "wrong_type")]);
}

#[test]
fn thousands_of_members_get_an_answer_smaller_than_the_question() {
    let app = spawn_app(Database::Memory);
    let members: Vec<String> = (0..1_500).map(|n| format!("\"m{n}\":1")).collect();
    let reply = app.post(ROUTES[0], format!("{{{}}}", members.join(",")));
    let problem = reply.problem(422, "validation_failed");
    assert_eq!(problem["errors"].as_array().unwrap().len(), 2 + 16);
    let long = "x".repeat(10_000);
    let problem = app.post_json(ROUTES[0], &json!({"username": "alice", "password": PASSWORD, long: 1}));
    problem.faults(422, "validation_failed", &[("", "unknown_member")]);
}

#[test]
fn w05_only_json_is_json() {
    let app = spawn_app(Database::Memory);
    let body = json!({"username": "alice", "password": PASSWORD}).to_string();
    for headers in [
        &[][..],
        &[("Content-Type", "text/plain")],
        &[("Content-Type", "application/problem+json")],
        &[("Content-Type", "application/json; charset=latin1")],
        &[("Content-Type", "application/x-www-form-urlencoded")],
        &[("Content-Type", "multipart/form-data; boundary=x")],
        &[("Content-Type", "application/json"), ("Content-Type", "application/json")],
        &[("Content-Type", "application/json"), ("Content-Encoding", "gzip")],
    ] {
        let problem = app.request("POST", ROUTES[0], headers, body.as_bytes()).problem(415, "unsupported_media_type");
        assert_eq!(problem["detail"], "Send the body as `Content-Type: application/json`, in UTF-8.");
    }
    let problem = app.request("POST", ROUTES[1], &[("Content-Type", "text/plain")], b"x");
    let problem = problem.problem(415, "unsupported_media_type");
    assert!(problem["detail"].as_str().unwrap().contains("application/x-www-form-urlencoded"));
    let headers = [("Content-Type", "Application/JSON; Charset=UTF-8")];
    assert_eq!(app.request("POST", ROUTES[0], &headers, body.as_bytes()).status, 201);
}

#[test]
fn w19_no_parsers_words_reach_a_client() {
    let app = spawn_app(Database::Memory);
    for body in
        ["{", "[1]", r#"{"username":1}"#, r#"{"username":"a\u0000b","password":"correct horse battery staple"}"#]
    {
        let text = app.post(ROUTES[0], body).text().to_owned();
        for word in ["serde", "line", "column", "expected", "struct", "Option", "::", "EOF", ".rs"] {
            assert!(!text.contains(word), "{word}: {text}");
        }
    }
}
