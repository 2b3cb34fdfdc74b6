//! Who asks: the bearer of a good access token. Asked before a body is read, so that strangers are not listened to.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use auth_core::service::Caller;
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use super::body::state;
use super::{Bearer, Peer};
use crate::middleware::note_user;
use crate::problem::Problem;

/// Somebody who sent a token that is good as far as this instance has heard. What changes something asks the session
/// itself as well, in the transaction of the change.
#[derive(Debug)]
pub(crate) struct Authenticated(pub(crate) Caller);

impl FromRequest for Authenticated {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, bearer) = (request.clone(), Bearer::from_request(request, payload));
        async move {
            let Bearer(token) = bearer.await?;
            let caller = state(&request)?.caller(Peer::of(&request).0, token).await?;
            note_user(caller.user);
            Ok(Self(caller))
        }
        .boxed_local()
    }
}
