//! Problems: every error that leaves the server, in one shape (RFC 9457).
//!
//! Handlers and extractors return a [`Problem`]; the middleware turns it into a document, for it alone knows the
//! request's id and the dialect of the route.

mod code;
mod convert;
mod document;
mod field;
mod page;

use std::fmt;
use std::time::Duration;

use actix_web::ResponseError;
use actix_web::http::StatusCode;

pub use code::{Code, Dialect, Entry};
pub use document::{Checks, ProblemDocument, render, render_unlogged};
pub(crate) use document::{MEDIA_TYPE, detached};
pub use field::{FieldCode, FieldError};
pub use page::page;

/// An answer other than success.
#[derive(Debug)]
pub struct Problem(Box<Parts>);

#[derive(Debug)]
struct Parts {
    code: Code,
    detail: Option<&'static str>,
    errors: Vec<FieldError>,
    checks: Option<Checks>,
    /// `Retry-After`.
    retry_after: Option<Duration>,
    /// `Allow`.
    allow: Option<&'static str>,
    /// Whether it was an access token that did not let its bearer in.
    refused_bearer: bool,
    /// Whether the connection ends with this answer.
    close: bool,
    /// For the log, never for the client.
    cause: Option<String>,
}

impl Problem {
    /// A problem that its code says all about.
    pub fn new(code: Code) -> Self {
        let (errors, checks, cause) = (Vec::new(), None, None);
        Self(Box::new(Parts {
            code,
            detail: None,
            errors,
            checks,
            retry_after: None,
            allow: None,
            refused_bearer: false,
            close: false,
            cause,
        }))
    }

    /// Something failed that no client can mend; `cause` goes to the log.
    pub fn internal(cause: impl Into<String>) -> Self {
        Self::new(Code::InternalError).with_cause(cause)
    }

    /// Try again later; `cause` goes to the log.
    pub fn later(code: Code, after: Duration, cause: impl Into<String>) -> Self {
        let mut problem = Self::new(code).with_cause(cause);
        problem.0.retry_after = Some(after);
        problem
    }

    /// Members that break rules.
    pub fn fields(code: Code, errors: Vec<FieldError>) -> Self {
        let mut problem = Self::new(code);
        problem.0.errors = errors;
        problem
    }

    /// A method that the route does not answer; `allow` lists those that it does.
    pub fn method_not_allowed(allow: &'static str) -> Self {
        let mut problem = Self::new(Code::MethodNotAllowed);
        problem.0.allow = Some(allow);
        problem
    }

    /// Adds what the code does not say. Never the client's own words.
    #[must_use]
    pub fn with_detail(mut self, detail: &'static str) -> Self {
        self.0.detail = Some(detail);
        self
    }

    /// Adds what the log is told and the client is not.
    #[must_use]
    pub fn with_cause(mut self, cause: impl Into<String>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// Adds the checks of a health report.
    #[must_use]
    pub fn with_checks(mut self, checks: Checks) -> Self {
        self.0.checks = Some(checks);
        self
    }

    /// The same where a client has to say who it is: a token that is no good is one way not to.
    #[must_use]
    pub fn for_client(mut self) -> Self {
        if self.0.code == Code::TokenInvalid {
            (self.0.code, self.0.refused_bearer) = (Code::InvalidClient, true);
        }
        self
    }

    /// Ends the connection with this answer: the rest of the request is not waited for.
    #[must_use]
    pub fn closing(mut self) -> Self {
        self.0.close = true;
        self
    }

    /// The code.
    pub fn code(&self) -> Code {
        self.0.code
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code().as_str())
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code().status()
    }
}
