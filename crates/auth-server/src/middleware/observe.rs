//! The span of a request, and the one line that every request leaves in the log.
//!
//! Nothing here is the client's own text: methods are from a list, paths are those of the route table.

use std::time::{Duration, Instant};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, web};
use tracing::field::{Empty, display};
use tracing::{Instrument as _, Span};

use crate::extract::{ClientAddress, RequestId, TraceParent};
use crate::problem::Code;
use crate::routes;
use crate::state::AppState;

/// Writes the span's fields and is the target of the access log.
pub(crate) const ACCESS: &str = "auth_server::access";

pub(crate) async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let since = Instant::now();
    let Some(state) = request.app_data::<web::Data<AppState>>() else { return next.call(request).await };
    let id = RequestId::choose(request.headers(), state.entropy.as_ref());
    let address = ClientAddress::find(request.request(), state);
    let span = span(&request, state, &id, address);
    request.extensions_mut().insert(id.clone());
    let mut response = next.call(request).instrument(span.clone()).await?;
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(x_request_id(), value);
    }
    let _entered = span.enter();
    let took = since.elapsed();
    let route = routes::matched(response.request()).map_or("unmatched", |route| route.path);
    if let Some(state) = response.request().app_data::<web::Data<AppState>>() {
        state.metrics.request(method(response.request().method()), route, response.status(), took);
    }
    log(&response, route, took);
    Ok(response)
}

/// The header that names a request.
pub(crate) const fn x_request_id() -> HeaderName {
    HeaderName::from_static("x-request-id")
}

fn span(request: &ServiceRequest, state: &AppState, id: &RequestId, address: ClientAddress) -> Span {
    let span = tracing::info_span!(
        target: ACCESS,
        "request",
        request_id = id.as_str(),
        method = method(request.method()),
        route = Empty,
        client.ip = Empty,
        user.id = Empty,
        trace_id = Empty,
    );
    if let Some(address) = address.kept(state.http.client_ip) {
        span.record("client.ip", display(address));
    }
    if let Some(parent) = TraceParent::of(request.headers()) {
        span.record("trace_id", parent.trace_id);
    }
    span
}

fn log<B>(response: &ServiceResponse<B>, route: &'static str, took: Duration) {
    Span::current().record("route", route);
    let status = response.status().as_u16();
    let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let code = response.request().extensions().get::<Code>().map(|code| code.as_str());
    // Probes come every few seconds and say nothing while all is well.
    if status < 400 && routes::is_probe(route) {
        tracing::debug!(target: ACCESS, status, duration_ms, "request");
    } else {
        tracing::info!(target: ACCESS, status, duration_ms, code, "request");
    }
}

fn method(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"];
    KNOWN.into_iter().find(|name| method == *name).unwrap_or("other")
}

/// Notes who the request is from.
pub(crate) fn note_user(id: auth_core::id::UserId) {
    Span::current().record("user.id", display(id));
}
