//! The cookie by which a browser shows that it has signed in here before.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{COOKIE, HeaderMap};
use actix_web::{FromRequest, HttpRequest};
use auth_core::attempts::DEVICE_LIFE;
use auth_core::secret::Secret;

use crate::problem::{Code, Problem};
use crate::sender::Sender;
use crate::state::HttpSettings;

/// Where browsers send it: the route of sign-ins and nowhere else.
const ROUTE: &str = "/v1/users/token";

/// The cookie of a request, and whether it may get another one.
#[derive(Debug)]
pub(crate) struct DeviceCookie {
    token: Option<Secret>,
    /// Whoever else sent the request must not put a stranger's cookie in the place of the browser's own.
    is_own: bool,
}

impl DeviceCookie {
    /// The token, from the body or from the cookie.
    ///
    /// # Errors
    /// `invalid_authorization` where they differ: one of the two is somebody else's.
    pub(crate) fn or(&mut self, member: Option<Secret>) -> Result<Option<Secret>, Problem> {
        match (member, self.token.take()) {
            (Some(one), Some(other)) if one != other => Err(Problem::new(Code::InvalidAuthorization)
                .with_detail("`device_token` and the cookie of the same purpose differ. Send one of them.")),
            (one, other) => Ok(one.or(other)),
        }
    }

    /// The header that gives the browser its next cookie, where it may have one.
    pub(crate) fn next(&self, token: &Secret, http: &HttpSettings) -> Option<String> {
        if !self.is_own {
            return None;
        }
        // Strict: no page of another site can make the browser show it.
        let (name, path) = (name(http), format!("{}{ROUTE}", http.public_path()));
        let secure = if http.is_https() { "; Secure" } else { "" };
        let (value, life) = (token.expose(), DEVICE_LIFE.as_secs());
        Some(format!("{name}={value}; Path={path}; Max-Age={life}; HttpOnly; SameSite=Strict{secure}"))
    }
}

/// With the prefix, no page in plain HTTP can set it (RFC 6265bis, section 4.1.3.1). `__Host-` would want the path `/`.
fn name(http: &HttpSettings) -> &'static str {
    if http.is_https() { "__Secure-auth_device" } else { "auth_device" }
}

/// The first cookie of that name: browsers send the one with the longest path first, which is ours.
fn cookie(headers: &HeaderMap, name: &str) -> Option<Secret> {
    let lines = headers.get_all(COOKIE).filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| Secret::new(value))
}

impl FromRequest for DeviceCookie {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let headers = request.headers();
        ready(super::body::state(request).map(|state| Self {
            token: cookie(headers, name(&state.http)),
            is_own: Sender::of(headers, &state.http) == Sender::Own,
        }))
    }
}
