//! Typed requests from the query of a URL. Nothing secret is ever asked for there.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::fields::{Fields, FromFields};
use super::form;
use crate::problem::Problem;

/// A request whose parameters stand in the query, read as strictly as a form.
#[derive(Debug)]
pub(crate) struct Query<T>(pub(crate) T);

impl<T: FromFields> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let members = form::parse(request.query_string().as_bytes());
        ready(members.and_then(|members| Fields::new(members).read().map(Self)))
    }
}
