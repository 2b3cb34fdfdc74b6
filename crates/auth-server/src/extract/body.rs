//! Reading a request body: so many bytes, in so much time.

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::{HttpMessage as _, HttpRequest, web};
use auth_core::secret::SecretBytes;
use futures_util::StreamExt as _;

use crate::problem::{Code, Problem};
use crate::state::{AppState, HttpSettings};

/// The state that every application has.
pub(super) fn state(request: &HttpRequest) -> Result<&AppState, Problem> {
    match request.app_data::<web::Data<AppState>>() {
        Some(state) => Ok(state.get_ref()),
        None => Err(Problem::internal("the application has no state")),
    }
}

/// Why a body could not be read by whoever read it first: a second reading would only wait again.
#[derive(Debug)]
pub(crate) struct Unreadable(pub(crate) Problem);

/// The whole body. Kept like a secret, for it holds passwords.
pub(crate) async fn read(
    request: &HttpRequest,
    payload: &mut Payload,
    settings: &HttpSettings,
) -> Result<SecretBytes, Problem> {
    if let Some(Unreadable(problem)) = request.extensions_mut().remove() {
        return Err(problem);
    }
    let declared = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let declared = declared.map(|length| usize::try_from(length).unwrap_or(usize::MAX));
    if declared.is_some_and(|length| length > settings.body_limit) {
        return Err(Problem::new(Code::BodyTooLarge).closing());
    }
    let body = collect(payload, settings.body_limit, declared.unwrap_or(settings.body_limit));
    match tokio::time::timeout(settings.body_timeout, body).await {
        Ok(body) => body,
        Err(_) => Err(Problem::new(Code::RequestTimeout).closing()),
    }
}

/// Counts what comes: a declared length may lie or be missing.
async fn collect(payload: &mut Payload, limit: usize, expected: usize) -> Result<SecretBytes, Problem> {
    // Not grown as a rule, so that no piece of a password stays behind in a buffer that was left.
    let mut body = Vec::with_capacity(expected);
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| refuse(&error))?;
        if body.len() + chunk.len() > limit {
            return Err(Problem::new(Code::BodyTooLarge).closing());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(SecretBytes::new(body))
}

fn refuse(error: &PayloadError) -> Problem {
    let code = if matches!(error, PayloadError::Overflow) { Code::BodyTooLarge } else { Code::BadRequest };
    Problem::new(code).closing()
}
