//! The type of a request body.

use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};

/// A type that a body may have here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    Json,
    Form,
}

impl Media {
    /// The type of a body with these headers; `None` for any that is not taken, is named twice, is in another charset than
    /// UTF-8, or encoded.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let plain = |value: &[u8]| value.eq_ignore_ascii_case(b"identity");
        if !headers.get_all(CONTENT_ENCODING).all(|value| plain(value.as_bytes())) {
            return None;
        }
        let mut types = headers.get_all(CONTENT_TYPE);
        match (types.next(), types.next()) {
            (Some(value), None) => Self::parse(value.to_str().ok()?),
            _ => None,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let essence = parts.next()?;
        let charset = |part: &str| {
            let (name, value) = part.split_once('=')?;
            let utf8 = value.eq_ignore_ascii_case("utf-8") || value.eq_ignore_ascii_case("\"utf-8\"");
            (name.eq_ignore_ascii_case("charset") && utf8).then_some(())
        };
        if let Some(part) = parts.next() {
            charset(part)?;
        }
        let ended = parts.next().is_none();
        [("application/json", Self::Json), ("application/x-www-form-urlencoded", Self::Form)]
            .into_iter()
            .find_map(|(name, media)| (ended && essence.eq_ignore_ascii_case(name)).then_some(media))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_compared_whole() {
        for text in [
            "application/json",
            "Application/JSON",
            "application/json; charset=UTF-8",
            "application/json;charset=\"utf-8\"",
        ] {
            assert_eq!(Media::parse(text), Some(Media::Json), "{text}");
        }
        assert_eq!(Media::parse("application/x-www-form-urlencoded;charset=utf-8"), Some(Media::Form));
        for text in [
            "",
            "text/plain",
            "application/problem+json",
            "application/vnd.api+json",
            "application/jsonx",
            "json",
            "application/json; charset=latin1",
            "application/json; charset",
            "application/json; boundary=x",
            "application/json; charset=utf-8; charset=utf-8",
            "application/json, text/plain",
            "application/json;",
            "multipart/form-data",
            "*/*",
        ] {
            assert_eq!(Media::parse(text), None, "{text}");
        }
    }
}
