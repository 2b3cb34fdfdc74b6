//! `GET /v1/forward-auth`: what a reverse proxy asks before it lets a request through.

use std::fmt::Write as _;

use actix_web::HttpResponse;
use actix_web::http::header::{HeaderName, HeaderValue};
use auth_core::service::Caller;

use crate::extract::Authenticated;

/// Where it is.
pub(crate) const PATH: &str = "/v1/forward-auth";

/// Whether the request that a proxy holds back bears a good token, and whose. Asks no database.
#[utoipa::path(get, path = "/v1/forward-auth", tag = "users", operation_id = "forward_auth", security(("bearer" = [])),
    responses((status = 204, description = "Let it through", headers(
        ("X-Auth-User" = String, description = "The name when the token was issued; all but visible ASCII, and `%`, percent-encoded as UTF-8"),
        ("X-Auth-User-Id" = String, description = "The account's id, which never changes"),
    ))),
)]
pub(crate) async fn check(Authenticated(caller): Authenticated) -> HttpResponse {
    passed(&caller)
}

/// The answer to a good token.
pub(crate) fn passed(caller: &Caller) -> HttpResponse {
    let mut response = HttpResponse::NoContent().finish();
    let values = [("x-auth-user", percent_encoded(&caller.username)), ("x-auth-user-id", caller.user.to_string())];
    for (name, value) in values {
        // Visible ASCII is a header's value.
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

/// Visible ASCII as it is. A space at an end would be cut on the way and make another name of it, so it is not kept
/// either; `%` is encoded, so that one text has one reading.
fn percent_encoded(name: &str) -> String {
    name.bytes().fold(String::with_capacity(name.len()), |mut text, byte| {
        if byte.is_ascii_graphic() && byte != b'%' {
            text.push(char::from(byte));
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_header_and_has_one_reading() {
        for (name, text) in [
            ("Alice_1.a-b", "Alice_1.a-b"),
            ("alice ", "alice%20"),
            ("100%41", "100%2541"),
            ("a\r\nb\0", "a%0D%0Ab%00"),
            ("zoë", "zo%C3%AB"),
            ("\u{7f}", "%7F"),
        ] {
            assert_eq!(percent_encoded(name), text);
        }
    }
}
