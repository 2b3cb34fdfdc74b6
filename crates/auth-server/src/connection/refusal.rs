//! The whole reply to what never became a request: the same document, headers and line of the log as to any other.

use std::net::IpAddr;
use std::time::Duration;

use actix_web::http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderMap, HeaderValue};
use auth_core::time::{Clock as _, SystemClock};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use crate::extract::{RequestId, keep};
use crate::middleware::{ACCESS, add_security_headers, x_request_id};
use crate::problem::{Code, MEDIA_TYPE, Problem, detached};
use crate::state::AppState;

/// RFC 9110, section 5.6.7.
const HTTP_DATE: &[BorrowedFormatItem<'_>] =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");

/// The bytes of a refusal, after which the connection ends.
pub(super) fn refusal(code: Code, peer: Option<IpAddr>, state: &AppState) -> Vec<u8> {
    let id = RequestId::choose(&HeaderMap::new(), state.entropy.as_ref());
    let status = code.status();
    let body = detached(&Problem::new(code), &id, state);
    let mut headers = HeaderMap::new();
    add_security_headers(&mut headers, &state.http);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    headers.insert(CONTENT_LENGTH, body.len().into());
    for (name, text) in [(x_request_id(), Some(id.as_str().to_owned())), (DATE, now())] {
        if let Some(value) = text.and_then(|text| HeaderValue::try_from(text).ok()) {
            headers.insert(name, value);
        }
    }
    let mut bytes = format!("HTTP/1.1 {status}\r\n").into_bytes();
    for (name, value) in &headers {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    bytes.extend([b"\r\n", body.as_bytes()].concat());
    note(code, &id, peer, state);
    bytes
}

fn note(code: Code, id: &RequestId, peer: Option<IpAddr>, state: &AppState) {
    let status = code.status();
    state.metrics.request("unknown", "unmatched", status, Duration::ZERO);
    let address = peer.and_then(|peer| keep(state.http.client_ip, peer)).map(tracing::field::display);
    let span = tracing::info_span!(
        target: ACCESS,
        "request",
        request_id = id.as_str(),
        method = "unknown",
        route = "unmatched",
        client.ip = address,
    );
    span.in_scope(|| tracing::info!(target: ACCESS, status = status.as_u16(), code = code.as_str(), "request"));
}

fn now() -> Option<String> {
    OffsetDateTime::from_unix_timestamp(SystemClock.now().unix_seconds()).ok()?.format(HTTP_DATE).ok()
}
