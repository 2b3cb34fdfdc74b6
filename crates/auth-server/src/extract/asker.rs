//! Who asks what a token is worth: a configured service, or the bearer of an access token. Asked before a body is read.

use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::{FromRequest, HttpRequest};
use auth_core::service::{Asker, Caller};
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use super::body::state;
use super::{Authenticated, basic};
use crate::problem::{Code, Problem};
use crate::state::HttpSettings;

/// Somebody who may ask. One credential, in one header: none, a wrong one and two are alike.
#[derive(Debug)]
pub(crate) enum Asks {
    /// A configured service, by HTTP Basic.
    Service,
    /// The bearer of an access token.
    Bearer(Caller),
}

impl Asks {
    /// The same for the core.
    pub(crate) fn asker(&self) -> Asker<'_> {
        match self {
            Self::Service => Asker::Trusted,
            Self::Bearer(caller) => Asker::Caller(caller),
        }
    }
}

impl FromRequest for Asks {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let found = state(request).and_then(|state| judge(request.headers(), &state.http));
        let authenticated = Authenticated::from_request(request, payload);
        async move {
            match found? {
                Scheme::Basic => Ok(Self::Service),
                Scheme::Bearer => {
                    authenticated.await.map(|Authenticated(caller)| Self::Bearer(caller)).map_err(Problem::for_client)
                }
            }
        }
        .boxed_local()
    }
}

/// A header that may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    /// Checked.
    Basic,
    /// Still to be checked.
    Bearer,
}

fn judge(headers: &HeaderMap, settings: &HttpSettings) -> Result<Scheme, Problem> {
    let mut values = headers.get_all(AUTHORIZATION);
    let refused = || Problem::new(Code::InvalidClient);
    let (Some(value), None) = (values.next(), values.next()) else { return Err(refused()) };
    let (scheme, credentials) = value.to_str().ok().and_then(|value| value.split_once(' ')).ok_or_else(refused)?;
    if scheme.eq_ignore_ascii_case("bearer") && !credentials.is_empty() {
        return Ok(Scheme::Bearer);
    }
    let is_known = scheme.eq_ignore_ascii_case("basic") && basic::is_known(credentials, &settings.clients);
    if is_known { Ok(Scheme::Basic) } else { Err(refused()) }
}
