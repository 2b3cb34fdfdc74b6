//! J-30: one token, in one place.

use super::{FORWARD_AUTH, ME, Stage, is_refused};
use crate::helpers::head;

#[test]
fn j30_a_token_is_one_header_with_one_space() {
    let stage = Stage::shared();
    stage.app.register("mallory");
    let (alice, mallory) = (&stage.tokens.access, stage.app.token("mallory"));
    for (path, good, nonsense) in [(FORWARD_AUTH, 204, &stage.nonsense[0]), (ME, 200, &stage.nonsense[1])] {
        for scheme in ["bearer", "BEARER", "bEaReR"] {
            assert_eq!(stage.get(path, &format!("{scheme} {alice}")).status, good);
        }
        for value in [
            format!("Bearer  {alice}"),
            format!("Bearer {alice} {mallory}"),
            format!("Bearer {alice},Bearer {mallory}"),
            format!("Bearer {alice}, Bearer {alice}"),
            format!("Bearer \"{alice}\""),
            format!("Bearer token={alice}"),
        ] {
            is_refused(&stage.get(path, &value), nonsense, &value);
        }
        for value in [
            alice.clone(),
            format!("Bearer\t{alice}"),
            format!("Token {alice}"),
            format!("Bearer{alice}"),
            format!("JWT {alice}"),
        ] {
            let reply = stage.get(path, &value);
            reply.problem(401, "token_missing");
            assert_eq!(reply.header("www-authenticate"), Some("Bearer realm=\"auth\""));
        }
        let (one, two) = (format!("Bearer {alice}"), format!("Bearer {mallory}"));
        for values in [
            [&one, &two],
            [&two, &one],
            [&one, &one],
            [&one, &"Bearer x".into()],
            [&"Bearer x".into(), &one],
            [&one, &String::new()],
            [&"Basic YTpi".into(), &one],
        ] {
            let reply = stage.send(&head("GET", path, &values.map(|value| ("Authorization", value.as_str())), None));
            reply.problem(400, "invalid_authorization");
            assert_eq!((reply.header("x-auth-user"), reply.header("x-auth-user-id")), (None, None));
        }
    }
    stage.unharmed();
}

#[test]
fn j30_a_token_anywhere_else_is_no_credential() {
    let stage = Stage::shared();
    stage.app.register("mallory");
    let (alice, mallory) = (format!("Bearer {}", stage.tokens.access), stage.app.token("mallory"));
    let (form, cookie) =
        (format!("access_token={mallory}"), format!("access_token={mallory}; token={mallory}; jwt={mallory}"));
    for path in [FORWARD_AUTH, ME] {
        let query = format!("{path}?access_token={mallory}&token={mallory}&Authorization=Bearer%20{mallory}");
        stage.send(&head("GET", &query, &[], None)).problem(401, "token_missing");
        let urlencoded = [("Content-Type", "application/x-www-form-urlencoded")];
        stage.app.request("GET", path, &urlencoded, form.as_bytes()).problem(401, "token_missing");
        for name in ["Cookie", "X-Access-Token", "X-Authorization", "Proxy-Authorization", "X-Forwarded-Access-Token"] {
            for value in [&cookie, &mallory, &format!("Bearer {mallory}")] {
                stage.send(&head("GET", path, &[(name, value)], None)).problem(401, "token_missing");
            }
        }
        // Beside a good header they change nothing, not even whose token it is.
        let headers = [("Cookie", cookie.as_str()), ("Authorization", &alice), ("X-Access-Token", &mallory)];
        let reply = stage.send(&head("GET", &query, &headers, None));
        if path == ME {
            assert_eq!((reply.status, &reply.json()["username"]), (200, &"alice".into()));
        } else {
            assert_eq!((reply.status, reply.header("x-auth-user")), (204, Some("alice")));
        }
    }
    stage.unharmed();
}

/// Of the kinds of tokens there are today: only the one that a route is for opens it.
#[test]
fn j34_a_token_of_one_kind_is_none_of_another() {
    let stage = Stage::shared();
    let (access, refresh) = (&stage.tokens.access, &stage.tokens.refresh);
    let service = "q7Rk2mXw9ZtLb4VdYs8NcJh3GfPa6TeU";
    for (path, good) in [(FORWARD_AUTH, 204), (ME, 200)] {
        assert_eq!(stage.get(path, &format!("Bearer {access}")).status, good);
        for other in [refresh.as_str(), service] {
            stage.get(path, &format!("Bearer {other}")).problem(401, "token_invalid");
        }
    }
    for other in [access.as_str(), service] {
        stage.app.refresh(other).problem(401, "token_invalid");
    }
    stage.unharmed();
    assert_eq!(stage.app.refresh(refresh).status, 200, "the right one, and nothing before it had spent it");
}
