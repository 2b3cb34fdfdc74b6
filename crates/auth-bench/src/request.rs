//! The requests, as the bytes that go over the wire.

use serde_json::json;

/// The password of every account that is made here.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// The name of the account with this number, from 1.
pub(crate) fn username(number: usize) -> String {
    format!("user{number:07}")
}

/// A `GET`, with a bearer token where there is one.
pub(crate) fn get(path: &str, token: Option<&str>) -> Vec<u8> {
    let bearer = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    format!("GET {path} HTTP/1.1\r\nhost: bench\r\n{bearer}\r\n").into_bytes()
}

/// A sign-in by password.
pub(crate) fn sign_in(number: usize) -> Vec<u8> {
    post(&json!({ "username": username(number), "password": PASSWORD }))
}

/// A refresh.
pub(crate) fn refresh(token: &str) -> Vec<u8> {
    post(&json!({ "grant_type": "refresh_token", "refresh_token": token }))
}

fn post(body: &serde_json::Value) -> Vec<u8> {
    let body = body.to_string();
    let length = body.len();
    let head = "POST /v1/users/token HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json";
    format!("{head}\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
}

/// A text member of a JSON answer.
pub(crate) fn member(body: &[u8], name: &str) -> Option<String> {
    let answer: serde_json::Value = serde_json::from_slice(body).ok()?;
    answer.get(name)?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_as_long_as_it_says() {
        let text = String::from_utf8(sign_in(7)).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.ends_with(&format!("content-length: {}", body.len())), "{head}");
        assert_eq!(member(body.as_bytes(), "username").as_deref(), Some("user0000007"));
        assert_eq!(member(body.as_bytes(), "password").as_deref(), Some(PASSWORD));
        assert_eq!(member(body.as_bytes(), "nothing"), None);
    }

    #[test]
    fn a_token_goes_into_its_header() {
        assert_eq!(get("/a", None), b"GET /a HTTP/1.1\r\nhost: bench\r\n\r\n");
        assert_eq!(get("/a", Some("x.y")), b"GET /a HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer x.y\r\n\r\n");
    }
}
