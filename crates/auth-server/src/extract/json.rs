//! Typed requests from a body.

use actix_web::dev::Payload;
use actix_web::http::header::HeaderMap;
use actix_web::{FromRequest, HttpRequest};
use auth_core::json::parse_object;
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use super::body::{read, state};
use super::fields::{Fields, FromFields};
use super::form;
use super::media::Media;
use crate::problem::{Code, Problem};

/// How deep objects and arrays may be nested.
const MAX_DEPTH: usize = 16;

/// A request that comes as a JSON object and in no other way.
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T);

/// A request that comes as a JSON object or as a form (RFC 6749, section 3.2).
#[derive(Debug)]
pub(crate) struct JsonOrForm<T>(pub(crate) T);

impl<T: FromFields> FromRequest for Json<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        async move {
            if Media::of(request.headers()) != Some(Media::Json) {
                return Err(unsupported("Send the body as `Content-Type: application/json`, in UTF-8."));
            }
            let body = read(&request, &mut payload, &state(&request)?.http).await?;
            Fields::new(parse_object(body.expose(), MAX_DEPTH)?).read().map(Self)
        }
        .boxed_local()
    }
}

impl<T: FromFields> FromRequest for JsonOrForm<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        async move {
            let media = json_or_form(request.headers())?;
            let body = read(&request, &mut payload, &state(&request)?.http).await?;
            Self::parse(media, body.expose())
        }
        .boxed_local()
    }
}

impl<T: FromFields> JsonOrForm<T> {
    /// Reads a body that is there, by what these headers say of it.
    pub(crate) fn of(headers: &HeaderMap, body: &[u8]) -> Result<Self, Problem> {
        Self::parse(json_or_form(headers)?, body)
    }

    fn parse(media: Media, body: &[u8]) -> Result<Self, Problem> {
        let members = match media {
            Media::Json => parse_object(body, MAX_DEPTH)?,
            Media::Form => form::parse(body)?,
        };
        Fields::new(members).read().map(Self)
    }
}

fn json_or_form(headers: &HeaderMap) -> Result<Media, Problem> {
    Media::of(headers).ok_or_else(|| {
        unsupported(
            "Send the body as `Content-Type: application/json` or `application/x-www-form-urlencoded`, in UTF-8.",
        )
    })
}

fn unsupported(expected: &'static str) -> Problem {
    Problem::new(Code::UnsupportedMediaType).with_detail(expected)
}
