//! The cookie by which a browser shows that it has signed in here before.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{COOKIE, HeaderMap};
use actix_web::{FromRequest, HttpRequest};
use auth_core::attempts::DEVICE_LIFE;
use auth_core::secret::Secret;
use auth_core::service::MOST_DEVICE_TOKENS;

use crate::problem::{Code, Problem};
use crate::sender::Sender;
use crate::state::HttpSettings;

/// Where browsers send it: the route of sign-ins and nowhere else.
const ROUTE: &str = "/v1/users/token";

/// The cookie of a request, and whether it may get another one.
#[derive(Debug)]
pub(crate) struct DeviceCookie {
    /// Of every cookie of the name. Which is the browser's own cannot be told here: another host of the same site can set one
    /// for the same path, and earlier.
    tokens: Vec<Secret>,
    /// Whoever else sent the request must not put a stranger's cookie in the place of the browser's own.
    is_own: bool,
}

impl DeviceCookie {
    /// The tokens, from the body or from the cookies, the first and the others.
    ///
    /// # Errors
    /// `invalid_authorization` where they differ: one of the two is somebody else's.
    pub(crate) fn or(&mut self, member: Option<Secret>) -> Result<(Option<Secret>, Vec<Secret>), Problem> {
        let mut cookies = std::mem::take(&mut self.tokens).into_iter();
        match member {
            None => Ok((cookies.next(), cookies.collect())),
            Some(member) if cookies.len() == 0 || cookies.any(|cookie| cookie == member) => {
                Ok((Some(member), Vec::new()))
            }
            Some(_) => Err(Problem::new(Code::InvalidAuthorization)
                .with_detail("`device_token` and the cookie of the same purpose differ. Send one of them.")),
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

/// The cookies of that name, as many as are looked at: browsers send those with the longest path first, which ours has.
fn cookies(headers: &HeaderMap, name: &str) -> Vec<Secret> {
    let lines = headers.get_all(COOKIE).filter_map(|value| value.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(key, _)| *key == name).take(MOST_DEVICE_TOKENS).map(|(_, value)| Secret::new(value)).collect()
}

impl FromRequest for DeviceCookie {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let headers = request.headers();
        ready(super::body::state(request).map(|state| Self {
            tokens: cookies(headers, name(&state.http)),
            is_own: Sender::of(headers, &state.http) == Sender::Own,
        }))
    }
}
