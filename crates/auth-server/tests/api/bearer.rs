//! How an access token is sent, and how not (J-30, J-31).

use crate::helpers::{Connection, Database, Reply, TestApp, head, spawn_app};

const ME: &str = "/v1/users/me";

fn with(app: &TestApp, values: &[&str]) -> Reply {
    let headers: Vec<(&str, &str)> = values.iter().map(|value| ("Authorization", *value)).collect();
    app.request("GET", ME, &headers, b"")
}

fn signed_in() -> (TestApp, String) {
    let app = spawn_app(Database::Memory);
    app.register("alice");
    let token = app.token("alice");
    (app, token)
}

#[test]
fn the_scheme_is_compared_without_case() {
    let (app, token) = signed_in();
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        assert_eq!(with(&app, &[&format!("{scheme} {token}")]).status, 200);
    }
}

#[test]
fn without_a_token_there_is_no_error_to_tell() {
    let (app, token) = signed_in();
    for values in [&[][..], &["Bearer"], &["Bearer "], &["Basic YWxpY2U6eA=="], &[&format!("Token {token}")], &[&token]]
    {
        let reply = with(&app, values);
        reply.problem(401, "token_missing");
        assert_eq!(reply.header("www-authenticate"), Some("Bearer realm=\"auth\""));
    }
}

#[test]
fn a_token_that_is_not_good_is_told_as_such() {
    let (app, token) = signed_in();
    let (head, tail) = token.split_at(token.len() - 1);
    let flipped = if tail == "A" { "B" } else { "A" };
    for value in [
        format!("Bearer  {token}"),
        format!("Bearer {token} "),
        format!("Bearer {token} {token}"),
        format!("Bearer {token},"),
        format!("Bearer {token}="),
        format!("Bearer \"{token}\""),
        format!("Bearer {head}"),
        format!("Bearer {head}{flipped}"),
        format!("Bearer {}", token.to_uppercase()),
        "Bearer x".to_owned(),
        "Bearer ...".to_owned(),
        format!("Bearer {}", "x".repeat(9_000)),
    ] {
        let reply = with(&app, &[&value]);
        // The parser of HTTP cuts spaces at the end of a header: such a token is the token.
        if value.ends_with(' ') {
            assert_eq!(reply.status, 200);
            continue;
        }
        reply.problem(401, "token_invalid");
        assert_eq!(reply.header("www-authenticate"), Some("Bearer realm=\"auth\", error=\"invalid_token\""));
    }
    assert_eq!(with(&app, &[&format!("Bearer {token}")]).status, 200);
}

#[test]
fn every_proper_prefix_of_a_token_is_refused() {
    let (app, token) = signed_in();
    let mut connection = Connection::open(app.address);
    let mut status = |token: &str| {
        connection.write(&head("GET", ME, &[("Authorization", &format!("Bearer {token}"))], None));
        connection.read().status
    };
    assert_eq!(status(&token), 200);
    for length in 1..token.len() {
        assert_eq!(status(&token[..length]), 401, "{length} of {}", token.len());
    }
}

#[test]
fn two_credentials_are_none() {
    let (app, token) = signed_in();
    let bearer = format!("Bearer {token}");
    with(&app, &[&bearer, &bearer]).problem(400, "invalid_authorization");
    with(&app, &[&bearer, "Basic eDp5"]).problem(400, "invalid_authorization");
    with(&app, &[&bearer, ""]).problem(400, "invalid_authorization");
}

#[test]
fn a_token_anywhere_else_is_no_credential() {
    let (app, token) = signed_in();
    app.get(&format!("{ME}?access_token={token}")).problem(401, "token_missing");
    let form = format!("access_token={token}");
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    app.request("GET", ME, &headers, form.as_bytes()).problem(401, "token_missing");
    app.request("GET", ME, &[("Cookie", &form)], b"").problem(401, "token_missing");
    app.request("GET", ME, &[("X-Access-Token", &token)], b"").problem(401, "token_missing");
}
