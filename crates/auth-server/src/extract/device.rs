//! The cookie by which a browser shows that it has signed in here before.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{COOKIE, HeaderMap};
use actix_web::{FromRequest, HttpRequest};
use auth_core::attempts::DEVICE_LIFE;
use auth_core::secret::Secret;

use crate::problem::Problem;
use crate::sender::Sender;
use crate::state::HttpSettings;

/// So many cookies of the name are read. Ours is one; others can come from a neighbouring site, which may set cookies for
/// ours, and in whatever order. The core looks at eight tokens of a request.
const MOST: usize = 7;

/// The cookies of a request, and whether it may get another one.
#[derive(Debug)]
pub(crate) struct DeviceCookie {
    tokens: Vec<Secret>,
    /// Whoever else sent the request must not put a stranger's cookie in the place of the browser's own.
    is_own: bool,
}

impl DeviceCookie {
    /// All tokens of the request: the one of the body and those of cookies. Which of them is of the account that is signed in
    /// to, is for the core to say: a browser that several people use sends the cookie of whoever was there before.
    pub(crate) fn with(&mut self, member: Option<Secret>) -> Vec<Secret> {
        member.into_iter().chain(std::mem::take(&mut self.tokens)).collect()
    }

    /// The header that gives the browser its next cookie, where it may have one. It sends it to the route of sign-ins at
    /// `route` and nowhere else.
    pub(crate) fn next(&self, token: &Secret, route: &str, http: &HttpSettings) -> Option<String> {
        if !self.is_own {
            return None;
        }
        // Strict: no page of another site can make the browser show it.
        let (name, path) = (name(http), format!("{}{route}", http.public_path()));
        let secure = if http.is_https() { "; Secure" } else { "" };
        let (value, life) = (token.expose(), DEVICE_LIFE.as_secs());
        Some(format!("{name}={value}; Path={path}; Max-Age={life}; HttpOnly; SameSite=Strict{secure}"))
    }
}

/// With the prefix, no page in plain HTTP can set it (RFC 6265bis, section 4.1.3.1). `__Host-` would want the path `/`.
fn name(http: &HttpSettings) -> &'static str {
    if http.is_https() { "__Secure-auth_device" } else { "auth_device" }
}

fn cookies(headers: &HeaderMap, name: &str) -> Vec<Secret> {
    let lines = headers.get_all(COOKIE).filter_map(|value| value.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(key, _)| *key == name).map(|(_, value)| Secret::new(value)).take(MOST).collect()
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
