//! Requests that are refused by their head, before anything is routed.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Version;
use actix_web::http::header::{HOST, HeaderMap, UPGRADE};
use actix_web::middleware::Next;

use crate::problem::{Code, Problem};

/// The most bytes of path and query.
const MAX_URI: usize = 4 * 1_024;
/// The most bytes of all headers: four times what browsers are known to send.
const MAX_HEADERS: usize = 32 * 1_024;

pub(crate) async fn limits(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    match judge(&request) {
        // Who sends what can be read in two ways is not heard any further (RFC 9112, section 11.2).
        Some(Code::BadRequest) => Ok(request.error_response(Problem::new(Code::BadRequest).closing())),
        Some(code) => Ok(request.error_response(Problem::new(code))),
        None => Ok(next.call(request).await?.map_into_boxed_body()),
    }
}

/// Whether the request is one that is looked at.
pub(crate) fn is_within_limits(request: &ServiceRequest) -> bool {
    judge(request).is_none()
}

fn judge(request: &ServiceRequest) -> Option<Code> {
    let uri = request.uri();
    let headers: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if !has_one_host(request.version(), request.headers()) || upgrades(request.headers()) {
        Some(Code::BadRequest)
    } else if uri.path_and_query().is_some_and(|text| text.as_str().len() > MAX_URI) {
        Some(Code::UriTooLong)
    } else if headers > MAX_HEADERS {
        Some(Code::HeadersTooLarge)
    } else if uri.path().contains('%') {
        // No path of ours has an escape in it; the router would undo some and match what it then sees.
        Some(Code::NotFound)
    } else {
        None
    }
}

/// Nothing here is upgraded, and actix-http overlooks the length of a body where this header says `websocket`: two readings
/// of one request.
fn upgrades(headers: &HeaderMap) -> bool {
    let mut tokens = headers.get_all(UPGRADE).flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    tokens.any(|token| token.trim_ascii().eq_ignore_ascii_case(b"websocket"))
}

/// RFC 9112, section 3.2: one, and before 1.1 perhaps none. Nothing here goes by it, and whoever stands before us might.
fn has_one_host(version: Version, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST);
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.as_bytes().iter().all(|byte| is_of_a_host(*byte)),
        (None, None) => version < Version::HTTP_11,
        _ => false,
    }
}

/// What a host and a port are made of (RFC 3986, sections 3.2.2 and 3.2.3).
fn is_of_a_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:[]".contains(&byte)
}
