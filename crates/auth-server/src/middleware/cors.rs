//! What pages of other origins may read (`cors.allowed_origins`; Fetch Standard, section 3.2).
//!
//! An origin is one of the list, byte for byte, or none. Credentials of the browser (cookies) are never allowed: tokens are
//! sent in headers by whoever has them.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderValue, VARY,
};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, web};

use crate::routes;
use crate::sender::Sender;
use crate::state::AppState;

/// What pages may send beside what every page may.
const REQUEST_HEADERS: &str = "Authorization, Content-Type, Traceparent, X-Request-Id";
/// What they may read beside what every page may.
const EXPOSED: HeaderValue = HeaderValue::from_static("ETag, Location, Retry-After, WWW-Authenticate, X-Request-Id");
/// Seconds that a browser need not ask again: what an origin may do changes with the configuration alone.
const MAX_AGE: &str = "600";

/// Adds to every reply, errors and refusals included, who may read it.
pub(crate) async fn cors(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let origins = request.app_data::<web::Data<AppState>>().filter(|state| !state.http.allowed_origins.is_empty());
    let Some(state) = origins else { return next.call(request).await };
    let origin = allowed(request.headers(), state);
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    // Whatever the answer was, one for another origin differs.
    headers.append(VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin
        && !headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN)
    {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
    Ok(response)
}

/// Answers a browser that asks ahead what a page may do on a route.
pub(crate) async fn preflight<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<actix_web::body::BoxBody, B>>, Error> {
    let is_asking =
        request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let state = request.app_data::<web::Data<AppState>>().filter(|_| is_asking);
    let origin = state.and_then(|state| allowed(request.headers(), state));
    let (Some(_), Some(route)) = (origin, routes::matched(request.request()).filter(|_| is_asking)) else {
        return next.call(request).await.map(ServiceResponse::map_into_right_body);
    };
    let answer = HttpResponse::NoContent()
        .insert_header((ACCESS_CONTROL_ALLOW_METHODS, route.allow))
        .insert_header((ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS))
        .insert_header((ACCESS_CONTROL_MAX_AGE, MAX_AGE))
        .insert_header((VARY, "Access-Control-Request-Method, Access-Control-Request-Headers"))
        .finish();
    Ok(request.into_response(answer).map_into_left_body())
}

/// The origin of a request, where it names one and that is on the list.
fn allowed(headers: &HeaderMap, state: &AppState) -> Option<HeaderValue> {
    match Sender::of(headers, &state.http) {
        Sender::Allowed(origin) => Some(origin),
        Sender::Own | Sender::Stranger => None,
    }
}
