//! Who asks, where that must be an administrator. Asked of the store before a body is read, so that nobody else is listened to.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use auth_core::service::{Authority, Caller};
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use super::body::state;
use super::{Authenticated, Peer};
use crate::problem::Problem;

/// An administrator, as the store has it now. What is done asks the store again, in its own transaction.
#[derive(Debug)]
pub(crate) struct Administrator(pub(crate) Caller);

/// The same with what is asked for, which is read once it is known who asks: extractors of one handler run side by side.
#[derive(Debug)]
pub(crate) struct AdminRequest<T>(pub(crate) Caller, pub(crate) T);

impl<T: FromRequest<Error = Problem> + 'static> FromRequest for AdminRequest<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        async move {
            let Administrator(caller) = Administrator::from_request(&request, &mut Payload::None).await?;
            T::from_request(&request, &mut payload).await.map(|asked| Self(caller, asked))
        }
        .boxed_local()
    }
}

impl FromRequest for Administrator {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, authenticated) = (request.clone(), Authenticated::from_request(request, payload));
        async move {
            let Authenticated(caller) = authenticated.await?;
            let asked = caller.clone();
            let check = move |service: &auth_core::AuthService| service.check_administrator(Authority::Caller(&asked));
            state(&request)?.query(Peer::of(&request).0, check).await?;
            Ok(Self(caller))
        }
        .boxed_local()
    }
}
