//! The id of a request: the client's, where it is well-formed, else ours.

use std::cell::RefCell;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::dev::Payload;
use actix_web::http::header::HeaderMap;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use auth_core::entropy::Entropy;

use crate::problem::Problem;

/// The id of a request. Echoed in `X-Request-Id`, in every problem and every log line.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(Arc<str>);

impl RequestId {
    /// The id of a request with these headers: one `X-Request-Id` of 1 to 128 of `A-Z a-z 0-9 . _ -`, or a new one.
    pub(crate) fn choose(headers: &HeaderMap, entropy: &dyn Entropy) -> Self {
        match single(headers, "x-request-id").filter(|id| is_sound(id)) {
            Some(id) => Self(id.into()),
            None => Self(random(entropy).into()),
        }
    }

    /// The id that the middleware gave a request.
    pub(crate) fn of(request: &HttpRequest) -> Self {
        request.extensions().get::<Self>().cloned().unwrap_or_else(|| Self("none".into()))
    }

    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromRequest for RequestId {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}

/// A header's value where it is there once and plain text.
fn single<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name);
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

fn is_sound(id: &str) -> bool {
    (1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// Random bytes for 32 ids: one call of the system for as many requests.
type Stock = ([u8; 512], usize);

thread_local! {
    static STOCK: RefCell<Stock> = const { RefCell::new(([0; 512], 512)) };
}

fn random(entropy: &dyn Entropy) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    match STOCK.with_borrow_mut(|stock| take(stock, entropy)) {
        Some(bytes) => format!("{:032x}", u128::from_be_bytes(bytes)),
        // An id that names a request in this process's log is all that is asked for.
        None => format!("count-{}", COUNT.fetch_add(1, Ordering::Relaxed)),
    }
}

fn take((bytes, used): &mut Stock, entropy: &dyn Entropy) -> Option<[u8; 16]> {
    if *used >= bytes.len() {
        entropy.fill(bytes).ok()?;
        *used = 0;
    }
    let id = bytes.get(*used..*used + 16)?.try_into().ok()?;
    *used += 16;
    Some(id)
}

/// The trace that a request belongs to (W3C Trace Context, section 3.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TraceParent {
    /// 32 hex digits, lower case.
    pub(crate) trace_id: String,
}

impl TraceParent {
    /// The trace of a request with these headers, where `traceparent` is there once and sound.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        single(headers, "traceparent").and_then(Self::parse)
    }

    fn parse(text: &str) -> Option<Self> {
        let hex =
            |part: &str, length| part.len() == length && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let present = |part: &str| part.bytes().any(|b| b != b'0');
        let mut parts = text.split('-');
        let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let sound = hex(version, 2) && hex(trace, 32) && hex(parent, 16) && hex(flags, 2);
        // Later versions may add parts; this one has none.
        let ended = version != "00" || parts.next().is_none();
        let allowed = version != "ff" && present(trace) && present(parent);
        (sound && ended && allowed).then(|| Self { trace_id: trace.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use auth_core::entropy::{EntropyError, SystemEntropy};

    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    #[test]
    fn ids_are_taken_over_only_when_they_are_plain() {
        for (id, sound) in [
            ("a", true),
            ("Az0._-", true),
            ("", false),
            ("a b", false),
            ("a\u{e9}", false),
            ("a\"b", false),
            ("a/b", false),
            (&"x".repeat(128), true),
            (&"x".repeat(129), false),
        ] {
            assert_eq!(is_sound(id), sound, "{id}");
        }
        let id = random(&SystemEntropy);
        assert!(id.len() == 32 && is_sound(&id));
    }

    #[test]
    fn without_randomness_requests_are_still_told_apart() {
        struct Dry;
        impl Entropy for Dry {
            fn fill(&self, _: &mut [u8]) -> Result<(), EntropyError> {
                Err(EntropyError)
            }
        }
        let ids: std::collections::BTreeSet<_> = (0..100).map(|_| random(&Dry)).collect();
        assert_eq!(ids.len(), 100);
        let random: std::collections::BTreeSet<_> = (0..100).map(|_| random(&SystemEntropy)).collect();
        assert_eq!(random.len(), 100, "a stock that was used up is filled again");
    }

    #[test]
    fn traces_are_read_strictly() {
        let sound = |text: &str| TraceParent::parse(text).map(|parent| parent.trace_id);
        assert_eq!(sound(&format!("00-{TRACE}-00f067aa0ba902b7-01")).as_deref(), Some(TRACE));
        assert_eq!(sound(&format!("01-{TRACE}-00f067aa0ba902b7-01-later")).as_deref(), Some(TRACE));
        for text in [
            String::new(),
            format!("00-{TRACE}-00f067aa0ba902b7"),
            format!("00-{TRACE}-00f067aa0ba902b7-01-more"),
            format!("ff-{TRACE}-00f067aa0ba902b7-01"),
            format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            format!("00-{TRACE}-0000000000000000-01"),
            format!("00-{}-00f067aa0ba902b7-01", TRACE.to_uppercase()),
            format!("00-{TRACE}-00f067aa0ba902b7-0x"),
        ] {
            assert_eq!(sound(&text), None, "{text}");
        }
    }
}
