//! Headers that every reply carries, whatever it is (ASVS 5.0, 3.4; OWASP Secure Headers).

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, web};

use crate::state::{AppState, HttpSettings};

/// A handler that sets one of these itself keeps its own: the key set may be cached, pages have a policy of their own.
const ALWAYS: [(HeaderName, HeaderValue); 5] = [
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// One year, the least that browsers' preload lists take.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

pub(crate) async fn security_headers(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let state = request.app_data::<web::Data<AppState>>().cloned();
    let mut response = next.call(request).await?;
    if let Some(state) = state {
        add_security_headers(response.headers_mut(), &state.http);
        close_when_draining(response.response_mut(), &state);
    }
    Ok(response)
}

/// The headers that every reply has. One that the reply has already stays.
pub(crate) fn add_security_headers(headers: &mut HeaderMap, settings: &HttpSettings) {
    for (name, value) in ALWAYS {
        if !headers.contains_key(&name) {
            headers.insert(name, value);
        }
    }
    if settings.is_https() {
        headers.insert(STRICT_TRANSPORT_SECURITY, HSTS);
    }
}

/// While the instance is about to stop, a connection ends with its reply: whoever keeps connections (a proxy) opens the next
/// one elsewhere, and none is cut off under a request when the port closes.
pub(crate) fn close_when_draining<B>(response: &mut HttpResponse<B>, state: &AppState) {
    if state.drain.has_begun() {
        response.head_mut().set_connection_type(ConnectionType::Close);
    }
}
