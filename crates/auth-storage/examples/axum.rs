//! An axum service of one's own, with accounts inside.
//!
//! `cargo run -p auth-storage --example axum`, then, on port 3000:
//!
//! ```text
//! curl localhost:3000/register --json '{"username":"alice","password":"correct horse battery"}'
//! curl localhost:3000/login --json '{"username":"alice","password":"correct horse battery"}'
//! curl localhost:3000/me -H "authorization: Bearer $TOKEN"
//! ```

mod support;

use std::error::Error;
use std::sync::Arc;

use auth_core::audit::Actor;
use auth_core::service::{Caller, Credentials, LoginOutcome, Registration, RequestContext};
use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, HeaderValue};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router, debug_handler};
use support::{Auth, Entry, Refused};

#[debug_handler]
async fn register(State(auth): State<Arc<Auth>>, Json(entry): Json<Entry>) -> Result<(StatusCode, String), Refused> {
    let registration = Registration { username: entry.username, password: entry.password };
    let user = auth.hash(move |service| service.register(registration, &RequestContext::of(Actor::Client))).await?;
    Ok((StatusCode::CREATED, format!("{}\n", user.id)))
}

// README begin
#[debug_handler]
async fn login(State(auth): State<Arc<Auth>>, Json(entry): Json<Entry>) -> Result<String, Refused> {
    let credentials = Credentials::new(entry.username, entry.password);
    let context = RequestContext::of(Actor::Client);
    let LoginOutcome::SignedIn(signed_in) = auth.hash(move |service| service.login(credentials, &context)).await?;
    Ok(signed_in.access_token.expose().to_owned())
}

#[debug_handler]
async fn me(State(auth): State<Arc<Auth>>, Bearer(caller): Bearer) -> Result<String, Refused> {
    let user = auth.query(move |service| service.me(&caller)).await?;
    Ok(format!("you are {}\n", user.name))
}
// README end

/// Asked for by a handler, it lets nobody in without a good token.
struct Bearer(Caller);

impl FromRequestParts<Arc<Auth>> for Bearer {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, auth: &Arc<Auth>) -> Result<Self, Refused> {
        auth.bearer(parts.headers.get(AUTHORIZATION).map(HeaderValue::as_bytes)).map(Self)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, format!("{}\n", self.1)).into_response()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let auth = Arc::new(Auth::open()?);
    let routes = Router::new().route("/register", post(register)).route("/login", post(login)).route("/me", get(me));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 3000)).await?;
    Ok(axum::serve(listener, routes.with_state(auth)).await?)
}
