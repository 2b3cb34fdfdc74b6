//! The short way to say no. In a flood of sign-ins the refusals outnumber everything else and share the cores with the
//! hashes: a sign-in that finds no place in the queue, or comes before it was told to, hears it before routing, spans and
//! logs, which cost more than the answer. Refreshes come on the same route, so the request is read first; whatever is no plain sign-in goes the long way.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_LENGTH, HeaderValue, TRANSFER_ENCODING};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use actix_web::{Error, FromRequest as _, HttpMessage as _};
use auth_core::lane::{LaneError, Origin};
use auth_core::service::LoginError;

use super::{ACCESS, add_security_headers, is_within_limits, x_request_id};
use crate::controllers::tokens::credentials;
use crate::extract::{Client, ClientAddress, Peer, RequestId, Unreadable, read_body};
use crate::problem::{Problem, render_unlogged};
use crate::routes;
use crate::state::AppState;

/// One line in the log so often, however many are refused.
const TELL: Duration = Duration::from_secs(1);

pub(crate) async fn crowd(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<EitherBody<BoxBody, impl MessageBody>>, Error> {
    let since = Instant::now();
    let state = request.app_data::<Data<AppState>>().filter(|_| is_plain_sign_in(&request)).cloned();
    if let Some(state) = state {
        ClientAddress::find(request.request(), &state);
        let origin = Peer::of(request.request()).0;
        if state.hashing.is_full_for(origin)
            && let Some(problem) = refusal(&mut request, &state, origin).await
        {
            return Ok(answer(request, &state, &problem, since).map_into_left_body());
        }
    }
    next.call(request).await.map(ServiceResponse::map_into_right_body)
}

/// A body of a length that is told, within the limits, on one of the routes that sign in.
fn is_plain_sign_in(request: &ServiceRequest) -> bool {
    let headers = request.headers();
    request.method() == Method::POST
        && routes::signs_in(request.path())
        && request.query_string().is_empty()
        && headers.contains_key(CONTENT_LENGTH)
        && !headers.contains_key(TRANSFER_ENCODING)
        && is_within_limits(request)
}

/// Reads the request; `None`, with the body in its place again, where it has to go the long way.
async fn refusal(request: &mut ServiceRequest, state: &AppState, origin: Origin) -> Option<Problem> {
    request.extensions_mut().insert(RequestId::choose(request.headers(), state.entropy.as_ref()));
    let mut payload = request.take_payload();
    let body = match read_body(request.request(), &mut payload, &state.http).await {
        Ok(body) => body,
        // Not for the crowd's sake: answered and logged as ever.
        Err(problem) => {
            request.extensions_mut().insert(Unreadable(problem));
            return None;
        }
    };
    if let Some(credentials) = credentials(request.request(), body.expose()) {
        // Who was told to wait is told so, and not that others are in the way.
        let context = Client::from_request(request.request(), &mut Payload::None).into_inner().ok()?.context;
        if let Err(throttled) = state.service.admits_sign_in(&credentials, &context) {
            return state.metrics.sign_in(Err(LoginError::Throttled(throttled))).err().map(Problem::from);
        }
        if let Some(after) = state.hashing.refuse(origin) {
            return Some(Problem::from_lane(LaneError::Full, after));
        }
    }
    let again = futures_util::stream::once(std::future::ready(Ok(Bytes::copy_from_slice(body.expose()))));
    request.set_payload(Payload::Stream { payload: Box::pin(again) });
    None
}

fn answer(request: ServiceRequest, state: &AppState, problem: &Problem, since: Instant) -> ServiceResponse<BoxBody> {
    let id = RequestId::of(request.request());
    let mut response = render_unlogged(problem, request.request(), state);
    add_security_headers(response.headers_mut(), &state.http);
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(x_request_id(), value);
    }
    let route = routes::matched(request.request()).map_or("unmatched", |route| route.path);
    state.metrics.request("POST", route, response.status(), since.elapsed());
    if let Some(refused) = state.crowd.note(since) {
        tracing::warn!(target: ACCESS, refused, "more sign-ins come than can be hashed: some are told to come again");
    }
    request.into_response(response)
}

/// Refusals since the last line about them.
#[derive(Debug, Default)]
pub struct Crowd(Mutex<(Option<Instant>, u64)>);

impl Crowd {
    /// Counts one more; how many there were, where it is time for a line.
    fn note(&self, now: Instant) -> Option<u64> {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.1 += 1;
        if told.0.is_some_and(|last| now.saturating_duration_since(last) < TELL) {
            return None;
        }
        let (_, refused) = std::mem::replace(&mut *told, (Some(now), 0));
        Some(refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_leaves_one_line_a_second_that_counts_the_others() {
        let (crowd, start) = (Crowd::default(), Instant::now());
        assert_eq!(crowd.note(start), Some(1));
        for _ in 0..4_000 {
            assert_eq!(crowd.note(start + TELL / 2), None);
        }
        assert_eq!(crowd.note(start + TELL), Some(4_001));
        assert_eq!(crowd.note(start + TELL), None);
    }
}
