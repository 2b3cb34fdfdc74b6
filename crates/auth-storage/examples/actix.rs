//! An actix-web service of one's own, with accounts inside.
//!
//! `cargo run -p auth-storage --example actix`, then, on port 3000:
//!
//! ```text
//! curl localhost:3000/register --json '{"username":"alice","password":"correct horse battery"}'
//! curl localhost:3000/login --json '{"username":"alice","password":"correct horse battery"}'
//! curl localhost:3000/me -H "authorization: Bearer $TOKEN"
//! ```

mod support;

use std::future::{Ready, ready};
use std::io;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HeaderValue};
use actix_web::{App, FromRequest, HttpRequest, HttpResponse, HttpServer, ResponseError, get, post, web};
use auth_core::audit::Actor;
use auth_core::service::{Caller, Credentials, LoginOutcome, Registration, RequestContext};
use support::{Auth, Entry, Refused};

#[post("/register")]
async fn register(auth: web::Data<Auth>, entry: web::Json<Entry>) -> Result<HttpResponse, Refused> {
    let Entry { username, password } = entry.into_inner();
    let registration = Registration { username, password };
    let user = auth.hash(move |service| service.register(registration, &RequestContext::of(Actor::Client))).await?;
    Ok(HttpResponse::Created().body(format!("{}\n", user.id)))
}

// README begin
#[post("/login")]
async fn login(auth: web::Data<Auth>, entry: web::Json<Entry>) -> Result<String, Refused> {
    let Entry { username, password } = entry.into_inner();
    let (credentials, context) = (Credentials::new(username, password), RequestContext::of(Actor::Client));
    let LoginOutcome::SignedIn(signed_in) = auth.hash(move |service| service.login(credentials, &context)).await?;
    Ok(signed_in.access_token.expose().to_owned())
}

#[get("/me")]
async fn me(auth: web::Data<Auth>, Bearer(caller): Bearer) -> Result<String, Refused> {
    let user = auth.query(move |service| service.me(&caller)).await?;
    Ok(format!("you are {}\n", user.name))
}
// README end

/// Asked for by a handler, it lets nobody in without a good token.
struct Bearer(Caller);

impl FromRequest for Bearer {
    type Error = Refused;
    type Future = Ready<Result<Self, Refused>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let header = request.headers().get(AUTHORIZATION).map(HeaderValue::as_bytes);
        let auth = request.app_data::<web::Data<Auth>>().ok_or(Refused(500, "no `Auth` in the application's data"));
        ready(auth.and_then(|auth| auth.bearer(header)).map(Self))
    }
}

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.1)
    }
}

#[actix_web::main]
async fn main() -> io::Result<()> {
    let auth = web::Data::new(Auth::open().map_err(|error| io::Error::other(error.to_string()))?);
    HttpServer::new(move || App::new().app_data(auth.clone()).service(register).service(login).service(me))
        .bind(("127.0.0.1", 3000))?
        .run()
        .await
}
