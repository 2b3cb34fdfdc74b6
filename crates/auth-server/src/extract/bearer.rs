//! The access token of a request: one `Authorization` header, or none (RFC 6750, section 2.1).

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::{FromRequest, HttpRequest};
use auth_core::secret::Secret;

use crate::problem::{Code, Problem};

/// A token that was sent as `Authorization: Bearer TOKEN`. Its form is checked and nothing else.
#[derive(Debug)]
pub(crate) struct Bearer(pub(crate) Secret);

impl FromRequest for Bearer {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request.headers()).map(|token| Self(Secret::new(token))).map_err(Problem::new))
    }
}

fn read(headers: &HeaderMap) -> Result<&str, Code> {
    let mut values = headers.get_all(AUTHORIZATION);
    let value = values.next().ok_or(Code::TokenMissing)?;
    if values.next().is_some() {
        return Err(Code::InvalidAuthorization);
    }
    let value = value.to_str().map_err(|_| Code::TokenInvalid)?;
    // The scheme's case does not count, the one space does (RFC 9110, section 11.4).
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
        return Err(Code::TokenMissing);
    }
    if is_token(token) { Ok(token) } else { Err(Code::TokenInvalid) }
}

/// The same of a header that is plainly right: one `Bearer TOKEN`, where the letters of the token are not looked at. For
/// whoever verifies it next; a token that passes has no others than it may.
pub(crate) fn plain_bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION);
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    std::str::from_utf8(value.as_bytes()).ok()?.strip_prefix("Bearer ")
}

/// `b64token`: at least one letter, then padding.
fn is_token(text: &str) -> bool {
    let letters = text.trim_end_matches('=');
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b'+' | b'/');
    !letters.is_empty() && letters.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn judge(values: &[&str]) -> Result<String, Code> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        read(&headers).map(str::to_owned)
    }

    #[test]
    fn one_header_one_scheme_one_space() {
        for scheme in ["Bearer", "bearer", "BEARER"] {
            assert_eq!(judge(&[&format!("{scheme} a.b-c_d~e+f/g==")]).as_deref(), Ok("a.b-c_d~e+f/g=="));
        }
        for (values, code) in [
            (&[][..], Code::TokenMissing),
            (&["Bearer"], Code::TokenMissing),
            (&["Bearer "], Code::TokenMissing),
            (&["Basic YTpi"], Code::TokenMissing),
            (&["Bearer  a"], Code::TokenInvalid),
            (&["Bearer a "], Code::TokenInvalid),
            (&["Bearer a b"], Code::TokenInvalid),
            (&["Bearer\ta"], Code::TokenMissing),
            (&["Bearer a, Bearer b"], Code::TokenInvalid),
            (&["Bearer =a"], Code::TokenInvalid),
            (&["Bearer ="], Code::TokenInvalid),
            (&["Bearer \u{e9}"], Code::TokenInvalid),
            (&["Bearer a", "Bearer a"], Code::InvalidAuthorization),
            (&["Basic YTpi", "Bearer a"], Code::InvalidAuthorization),
        ] {
            assert_eq!(judge(values), Err(code), "{values:?}");
        }
    }
}
