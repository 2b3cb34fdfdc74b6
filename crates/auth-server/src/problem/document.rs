//! A problem as it goes over the wire.

use std::collections::BTreeMap;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::{Code, Dialect, FieldError, Parts, Problem};
use crate::extract::RequestId;
use crate::routes;
use crate::state::AppState;

/// The checks of a health report: name, and `ok` or `failed`.
pub type Checks = BTreeMap<&'static str, &'static str>;

/// An error (RFC 9457). `code` is stable, `title` and `detail` are for people and may change.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument<'a> {
    /// A page that says what the code means and what to do.
    #[serde(rename = "type")]
    #[schema(format = "uri", example = "https://auth.example.com/problems/validation_failed")]
    kind: String,
    /// What happened, in a few words.
    title: &'a str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    code: Code,
    /// What the title does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    detail: Option<&'a str>,
    /// The request's id, as in `X-Request-Id` and in the log.
    request_id: &'a str,
    /// All faults of the request's members.
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    #[schema(required = false)]
    errors: &'a [FieldError],
    /// The checks of a health report: name, and `ok` or `failed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = BTreeMap<String, String>, required = false)]
    checks: Option<&'a Checks>,
    /// On token routes: the error of RFC 6749, section 5.2.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    error: Option<&'static str>,
    /// On the tutorial's routes: the title, where its clients look for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    message: Option<&'a str>,
}

/// RFC 9457, section 6.1.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

impl<'a> ProblemDocument<'a> {
    fn of(problem: &'a Parts, dialect: Dialect, id: &'a RequestId, public_url: &str) -> Self {
        let entry = problem.code.entry();
        Self {
            kind: format!("{public_url}/problems/{}", problem.code.as_str()),
            title: entry.title,
            status: dialect.status(problem.code).as_u16(),
            code: problem.code,
            detail: problem.detail,
            request_id: id.as_str(),
            errors: &problem.errors,
            checks: problem.checks.as_ref(),
            error: dialect.oauth.then_some(entry.oauth),
            message: dialect.tutorial.then_some(entry.title),
        }
    }
}

/// The document of a problem that no request brought about.
pub(crate) fn detached(Problem(problem): &Problem, id: &RequestId, state: &AppState) -> String {
    let document = ProblemDocument::of(problem, Dialect::STANDARD, id, &state.http.public_url);
    // Texts and numbers alone: there is nothing that JSON cannot say.
    serde_json::to_string(&document).unwrap_or_default()
}

/// Renders a problem for the route and the request that brought it about, and logs what the client is not told.
pub fn render(problem: &Problem, request: &HttpRequest, state: &AppState) -> HttpResponse {
    log(&problem.0, routes::dialect(request).status(problem.0.code));
    render_unlogged(problem, request, state)
}

/// The same without a line in the log, for what comes in floods.
pub fn render_unlogged(Problem(problem): &Problem, request: &HttpRequest, state: &AppState) -> HttpResponse {
    let dialect = routes::dialect(request);
    let status = dialect.status(problem.code);
    let id = RequestId::of(request);
    let mut response = HttpResponse::build(status);
    if let Some(after) = problem.retry_after {
        response.insert_header((RETRY_AFTER, whole_seconds(after)));
    }
    if let Some(allow) = problem.allow {
        response.insert_header((ALLOW, allow));
    }
    if status == StatusCode::UNAUTHORIZED {
        response.insert_header((WWW_AUTHENTICATE, challenge(problem, dialect, &state.http.realm)));
        // One header each: not every client reads a list.
        if problem.code == Code::InvalidClient && !state.http.clients.is_empty() {
            response.append_header((WWW_AUTHENTICATE, format!("Basic realm=\"{}\"", quotable(&state.http.realm))));
        }
    }
    if problem.code == Code::InsufficientScope {
        let realm = quotable(&state.http.realm);
        // RFC 6750, section 3.1.
        response.insert_header((WWW_AUTHENTICATE, format!("Bearer realm=\"{realm}\", error=\"insufficient_scope\"")));
    }
    if problem.close {
        response.force_close();
    }
    response.content_type(MEDIA_TYPE).json(ProblemDocument::of(problem, dialect, &id, &state.http.public_url))
}

fn log(problem: &Parts, status: StatusCode) {
    let (code, cause) = (problem.code.as_str(), problem.cause.as_deref());
    match (status.as_u16(), cause) {
        (500, _) => tracing::error!(code, cause, "request failed"),
        (501.., _) => tracing::warn!(code, cause, "request refused"),
        (_, Some(_)) => tracing::debug!(code, cause, "request refused"),
        (_, None) => {}
    }
}

/// RFC 6750, section 3: without an access token there is no error to tell, and a refresh token is none.
fn challenge(problem: &Parts, dialect: Dialect, realm: &str) -> String {
    let refused = problem.refused_bearer || (problem.code == Code::TokenInvalid && !dialect.oauth);
    let error = if refused { ", error=\"invalid_token\"" } else { "" };
    format!("Bearer realm=\"{}\"{error}", quotable(realm))
}

/// RFC 9110, section 5.6.4: without what a quoted string must not hold as it is.
fn quotable(realm: &str) -> String {
    realm.chars().filter(|c| !matches!(c, '"' | '\\') && !c.is_control() && c.is_ascii()).collect()
}

/// Rounded up, and never nought: an honest client would come back at once.
fn whole_seconds(duration: Duration) -> String {
    let up = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
    up.max(1).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_as_long_as_told_is_long_enough() {
        assert_eq!(whole_seconds(Duration::ZERO), "1");
        assert_eq!(whole_seconds(Duration::from_millis(2_001)), "3");
        assert_eq!(whole_seconds(Duration::from_secs(2)), "2");
    }

    #[test]
    fn only_an_access_token_that_was_sent_is_an_error() {
        let (api, oauth) = (Dialect::STANDARD, Dialect { oauth: true, tutorial: false });
        let challenge = |code, dialect, realm| challenge(&Problem::new(code).for_client().0, dialect, realm);
        assert_eq!(challenge(Code::TokenMissing, api, "auth"), "Bearer realm=\"auth\"");
        assert_eq!(challenge(Code::InvalidCredentials, oauth, "a\"\r\nb"), "Bearer realm=\"ab\"");
        assert_eq!(challenge(Code::InvalidClient, oauth, "auth"), "Bearer realm=\"auth\"");
        assert_eq!(challenge(Code::TokenInvalid, oauth, "auth"), "Bearer realm=\"auth\", error=\"invalid_token\"");
        let plain = |dialect| super::challenge(&Problem::new(Code::TokenInvalid).0, dialect, "auth");
        assert_eq!(plain(oauth), "Bearer realm=\"auth\"");
        assert_eq!(plain(api), "Bearer realm=\"auth\", error=\"invalid_token\"");
    }
}
