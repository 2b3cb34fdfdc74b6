//! The short way for the question that is asked most: is this token good? A proxy asks it before each request of others,
//! so it costs little more than the framework itself. Whatever is not plainly good goes the long way, which tells it apart,
//! answers it and logs it.

use std::time::Instant;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_LENGTH, HeaderValue, TRANSFER_ENCODING, UPGRADE};
use actix_web::http::{ConnectionType, Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, web};

use super::{add_security_headers, close_when_draining, is_within_limits, x_request_id};
use crate::connection::turn;
use crate::controllers::forward_auth;
use crate::extract::{ClientAddress, RequestId, plain_bearer};
use crate::state::AppState;

pub(crate) async fn quick(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<EitherBody<actix_web::body::BoxBody, impl MessageBody>>, Error> {
    if !is_plain_check(&request) {
        return next.call(request).await.map(ServiceResponse::map_into_right_body);
    }
    let since = Instant::now();
    let Some(state) = request.app_data::<web::Data<AppState>>().cloned() else {
        return next.call(request).await.map(ServiceResponse::map_into_right_body);
    };
    let caller = plain_bearer(request.headers()).filter(|token| !state.service.needs_store(token));
    let Some(Ok(caller)) = caller.map(|token| state.service.authenticate(token)) else {
        return next.call(request).await.map(ServiceResponse::map_into_right_body);
    };
    let _turn = turn(&request).await;
    let id = RequestId::choose(request.headers(), state.entropy.as_ref());
    let mut response = forward_auth::passed(&caller);
    add_security_headers(response.headers_mut(), &state.http);
    close_when_draining(&mut response, &state);
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(x_request_id(), value);
    }
    let method = if request.method() == Method::HEAD { "HEAD" } else { "GET" };
    let took = since.elapsed();
    state.metrics.request(method, forward_auth::PATH, StatusCode::NO_CONTENT, took);
    let address = ClientAddress::find(request.request(), &state).kept(state.http.client_ip);
    let address = address.map(tracing::field::display);
    tracing::debug!(target: super::ACCESS, request_id = id.as_str(), client.ip = address, user.id = %caller.user, "checked");
    Ok(request.into_response(response).map_into_left_body())
}

/// A check without a query and a body, within the limits.
fn is_plain_check(request: &ServiceRequest) -> bool {
    let headers = request.headers();
    request.path() == forward_auth::PATH
        && request.query_string().is_empty()
        && (request.method() == Method::GET || request.method() == Method::HEAD)
        && !headers.contains_key(CONTENT_LENGTH)
        && !headers.contains_key(TRANSFER_ENCODING)
        && !headers.contains_key(UPGRADE)
        && request.head().connection_type() != ConnectionType::Upgrade
        && is_within_limits(request)
}
