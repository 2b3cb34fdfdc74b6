//! Lists, page by page.

use std::fmt::Write as _;

use actix_web::HttpResponse;
use actix_web::http::header::LINK;
use auth_core::service::PageRequest;
use serde::Serialize;

use crate::extract::Fields;
use crate::problem::FieldCode;
use crate::state::HttpSettings;

/// Which page was asked for.
#[derive(Debug)]
pub(super) struct Paging {
    limit: Option<u32>,
    cursor: Option<String>,
}

impl Paging {
    /// Takes `limit` and `cursor`.
    pub(super) fn take(fields: &mut Fields) -> Self {
        let limit = |text: &str| {
            // As people write a number, and in no other way.
            let is_plain = !text.starts_with(['0', '+']);
            text.parse().ok().filter(|limit| is_plain && (1..=PageRequest::MOST).contains(limit))
        };
        Self { limit: fields.optional("limit", FieldCode::OutOfRange, limit), cursor: fields.optional_text("cursor") }
    }

    /// The same for the core.
    pub(super) fn request(&self) -> PageRequest<'_> {
        let default = PageRequest::default();
        PageRequest { cursor: self.cursor.as_deref(), limit: self.limit.unwrap_or(default.limit) }
    }
}

/// A page.
#[derive(Debug, Serialize)]
struct PageBody<T> {
    data: Vec<T>,
    next_cursor: Option<String>,
}

/// The answer: the page, and where the next one is (RFC 8288). `asked` are the filters, as they were sent.
pub(super) fn answer<T: Serialize>(
    http: &HttpSettings,
    path: &str,
    asked: &[(&str, Option<&str>)],
    paging: &Paging,
    data: Vec<T>,
    next: Option<String>,
) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    if let Some(cursor) = &next {
        let limit = paging.limit.map(|limit| limit.to_string());
        let mut url = format!("{}{path}?cursor={}", http.public_url, encoded(cursor));
        for (name, value) in asked.iter().copied().chain([("limit", limit.as_deref())]) {
            if let Some(value) = value {
                // Writing to a `String` cannot fail.
                let _ = write!(url, "&{name}={}", encoded(value));
            }
        }
        response.insert_header((LINK, format!("<{url}>; rel=\"next\"")));
    }
    response.json(PageBody { data, next_cursor: next })
}

/// RFC 3986, section 2.3: unreserved letters as they are, all else percent-encoded.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_stays_one_parameter() {
        assert_eq!(encoded("a&b=c> é\r\n\"+%"), "a%26b%3Dc%3E%20%C3%A9%0D%0A%22%2B%25");
        assert_eq!(encoded("A-z_0.9~"), "A-z_0.9~");
    }
}
