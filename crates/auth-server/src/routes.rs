//! The table of routes: what there is, which methods it answers, how it words its problems, and which there are.

mod admin;

use actix_web::dev::HttpServiceFactory;
use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::{FromRequest, Handler, HttpRequest, HttpResponse, Responder, web};

use crate::controllers::{
    account, docs, forward_auth, health, introspection, revocation, sessions, settings, tokens, tutorial, users,
    well_known,
};
use crate::middleware::catch_panics;
use crate::problem::{Code, Dialect, Problem};

/// One route.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// Its path, as the router and the document know it.
    pub path: &'static str,
    /// The methods that it answers, as `Allow` lists them.
    pub allow: &'static str,
    /// How it words its problems.
    pub dialect: Dialect,
    /// What can be done there; `HEAD` goes with `GET`.
    pub operations: &'static [Operation],
}

/// What a method does on a route.
#[derive(Debug, Clone, Copy)]
pub struct Operation {
    /// The method.
    pub method: &'static str,
    /// The problems that it may answer, beside those of every route.
    pub codes: &'static [&'static [Code]],
}

/// What every route may answer.
pub(crate) const EVERYWHERE: &[Code] =
    &[Code::BadRequest, Code::UriTooLong, Code::HeadersTooLarge, Code::InternalError];
/// What every route that changes something may answer.
pub(crate) const CHANGING: &[Code] = &[Code::ForeignPage];
const LANES: &[Code] = &[Code::Busy, Code::Unavailable];
const BODY: &[Code] = &[
    Code::InvalidJson,
    Code::NotAnObject,
    Code::DuplicateMember,
    Code::TooDeep,
    Code::RequestTimeout,
    Code::BodyTooLarge,
    Code::UnsupportedMediaType,
    Code::ValidationFailed,
];
const FORM: &[Code] = &[Code::InvalidForm];
const QUERY: &[Code] = &[Code::InvalidForm, Code::DuplicateMember, Code::ValidationFailed];
const REGISTER: &[Code] = &[Code::WeakPassword, Code::UsernameTaken, Code::RegistrationClosed];
const TOKEN: &[Code] = &[
    Code::UnsupportedGrantType,
    Code::InvalidCredentials,
    Code::TokenInvalid,
    Code::RefreshTokenReused,
    Code::AccountDisabled,
];
const BEARER: &[Code] = &[Code::TokenMissing, Code::TokenInvalid, Code::InvalidAuthorization];
const CLIENT: &[Code] = &[Code::InvalidClient];
const LIMITED: &[Code] = &[Code::TooManyAttempts];
const OWNER: &[Code] = &[Code::CurrentPasswordWrong, Code::TooManyAttempts];

const OAUTH: Dialect = Dialect { oauth: true, tutorial: false };
const TUTORIAL: Dialect = Dialect { oauth: false, tutorial: true };
const TUTORIAL_TOKEN: Dialect = Dialect { oauth: true, tutorial: true };

const fn get(codes: &'static [&'static [Code]]) -> Operation {
    Operation { method: "GET", codes }
}

const fn post(codes: &'static [&'static [Code]]) -> Operation {
    Operation { method: "POST", codes }
}

const fn put(codes: &'static [&'static [Code]]) -> Operation {
    Operation { method: "PUT", codes }
}

const fn patch(codes: &'static [&'static [Code]]) -> Operation {
    Operation { method: "PATCH", codes }
}

const fn delete(codes: &'static [&'static [Code]]) -> Operation {
    Operation { method: "DELETE", codes }
}

const fn route(path: &'static str, allow: &'static str, operations: &'static [Operation]) -> Route {
    Route { path, allow, dialect: Dialect::STANDARD, operations }
}

impl Route {
    const fn in_dialect(self, dialect: Dialect) -> Self {
        Self { dialect, ..self }
    }
}

const READ: &str = "GET, HEAD";
const PLAIN: &[Operation] = &[get(&[])];
const PROBE: &[Operation] = &[get(&[&[Code::NotReady]])];
const NAMED: &[Operation] = &[get(&[&[Code::NotFound]])];
const REGISTERING: &[Operation] = &[post(&[BODY, REGISTER, LIMITED, LANES])];
const ISSUING: &[Operation] = &[post(&[BODY, FORM, TOKEN, LIMITED, LANES])];

const SETTINGS: Route = route("/v1/settings", READ, PLAIN);
const USERS_REGISTER: Route = route("/v1/users/register", "POST", REGISTERING);
const USERS_TOKEN: Route = route("/v1/users/token", "POST", ISSUING).in_dialect(OAUTH);
const USERS_LOGOUT: Route = route("/v1/users/logout", "POST", &[post(&[QUERY, BEARER, LANES])]);
const USERS_ME: Route = route(
    "/v1/users/me",
    "GET, HEAD, DELETE",
    &[get(&[BEARER, LANES]), delete(&[BODY, BEARER, OWNER, &[Code::LastAdmin], LANES])],
);
const MY_PASSWORD: Route =
    route("/v1/users/me/password", "PUT", &[put(&[BODY, BEARER, OWNER, &[Code::WeakPassword], LANES])]);
const MY_USERNAME: Route =
    route("/v1/users/me/username", "PUT", &[put(&[BODY, BEARER, OWNER, &[Code::UsernameTaken], LANES])]);
const MY_SESSIONS: Route = route("/v1/users/me/sessions", READ, &[get(&[BEARER, LANES])]);
const MY_SESSION: Route = route("/v1/users/me/sessions/{id}", "DELETE", &[delete(&[BEARER, &[Code::NotFound], LANES])]);
const FORWARD_AUTH: Route = route(forward_auth::PATH, READ, &[get(&[BEARER, LANES])]);
const TUTORIAL_REGISTER: Route = route("/users/register", "POST", REGISTERING).in_dialect(TUTORIAL);
const TUTORIAL_ISSUE: Route = route("/users/token", "POST", ISSUING).in_dialect(TUTORIAL_TOKEN);
const REVOKE: Route = route("/oauth/revoke", "POST", &[post(&[BODY, FORM, LANES])]).in_dialect(OAUTH);
const INTROSPECT: Route = route("/oauth/introspect", "POST", &[post(&[BODY, FORM, CLIENT, LANES])]).in_dialect(OAUTH);
const JWKS: Route = route("/.well-known/jwks.json", READ, PLAIN);
const METADATA: Route = route("/.well-known/oauth-authorization-server", READ, PLAIN);
const LIVEZ: Route = route("/livez", READ, PLAIN);
const READYZ: Route = route("/readyz", READ, PROBE);
const HEALTHZ: Route = route("/healthz", READ, PROBE);
const OPENAPI: Route = route("/openapi.json", READ, PLAIN);
const DOCS: Route = route("/docs", READ, PLAIN);
const DOCS_FILE: Route = route("/docs/{file}", READ, NAMED);
const PROBLEM: Route = route("/problems/{code}", READ, NAMED);

/// Every route, in the order of the documents.
pub const ROUTES: &[Route] = &[
    SETTINGS,
    USERS_REGISTER,
    USERS_TOKEN,
    USERS_LOGOUT,
    USERS_ME,
    MY_PASSWORD,
    MY_USERNAME,
    MY_SESSIONS,
    MY_SESSION,
    FORWARD_AUTH,
    admin::USERS,
    admin::USER,
    admin::USER_PASSWORD,
    admin::USER_UNLOCK,
    admin::USER_SESSIONS,
    admin::USER_SESSION,
    admin::EVENTS,
    admin::SIGNING_KEYS,
    admin::STATS,
    TUTORIAL_REGISTER,
    TUTORIAL_ISSUE,
    REVOKE,
    INTROSPECT,
    JWKS,
    METADATA,
    LIVEZ,
    READYZ,
    HEALTHZ,
    OPENAPI,
    DOCS,
    DOCS_FILE,
    PROBLEM,
];

/// Registers every route, and the answer where there is none.
pub fn configure(app: &mut web::ServiceConfig) {
    app.service(read(&SETTINGS, settings::show))
        .service(write(&USERS_REGISTER, Method::POST, users::register))
        .service(write(&USERS_TOKEN, Method::POST, tokens::issue))
        .service(write(&USERS_LOGOUT, Method::POST, sessions::logout))
        .service(me())
        .service(write(&MY_PASSWORD, Method::PUT, account::change_password))
        .service(write(&MY_USERNAME, Method::PUT, account::change_username))
        .service(read(&MY_SESSIONS, sessions::list))
        .service(write(&MY_SESSION, Method::DELETE, sessions::end))
        .service(read(&FORWARD_AUTH, forward_auth::check))
        .configure(admin::configure)
        .service(write(&TUTORIAL_REGISTER, Method::POST, tutorial::register))
        .service(write(&TUTORIAL_ISSUE, Method::POST, tutorial::issue))
        .service(write(&REVOKE, Method::POST, revocation::revoke))
        .service(write(&INTROSPECT, Method::POST, introspection::introspect))
        .service(read(&JWKS, well_known::jwks))
        .service(read(&METADATA, well_known::metadata))
        .service(read(&LIVEZ, health::live))
        .service(read(&READYZ, health::ready))
        .service(read(&HEALTHZ, health::health))
        .service(read(&OPENAPI, docs::openapi_json))
        .service(read(&DOCS, docs::viewer))
        .service(read(&DOCS_FILE, docs::viewer_file))
        .service(read(&PROBLEM, docs::problem_page))
        .default_service(web::to(|| async { refuse(Problem::new(Code::NotFound)) }));
}

/// The row of the route that a request matched, whichever its method.
pub fn matched(request: &HttpRequest) -> Option<&'static Route> {
    let pattern = request.match_pattern()?;
    ROUTES.iter().find(|route| route.path == pattern)
}

/// How problems of a request are worded.
pub fn dialect(request: &HttpRequest) -> Dialect {
    matched(request).map_or(Dialect::STANDARD, |route| route.dialect)
}

/// Whether a password is a way to get tokens there.
pub(crate) fn signs_in(path: &str) -> bool {
    [USERS_TOKEN.path, TUTORIAL_ISSUE.path].contains(&path)
}

/// Whether the path is one that machines ask every few seconds.
pub(crate) fn is_probe(path: &str) -> bool {
    [LIVEZ.path, READYZ.path, HEALTHZ.path].contains(&path)
}

fn read<F, Args>(route: &Route, handler: F) -> impl HttpServiceFactory + use<F, Args>
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    resource(route).route(web::get().to(handler.clone())).route(web::head().to(handler)).wrap(from_fn(catch_panics))
}

fn write<F, Args>(route: &Route, method: Method, handler: F) -> impl HttpServiceFactory + use<F, Args>
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    resource(route).route(web::method(method).to(handler)).wrap(from_fn(catch_panics))
}

/// The one path that is read and deleted.
fn me() -> impl HttpServiceFactory {
    resource(&USERS_ME)
        .route(web::get().to(users::me))
        .route(web::head().to(users::me))
        .route(web::delete().to(account::delete))
        .wrap(from_fn(catch_panics))
}

fn resource(route: &Route) -> actix_web::Resource {
    let allow = route.allow;
    web::resource(route.path)
        .default_service(web::to(move || async move { refuse(Problem::method_not_allowed(allow)) }))
}

fn refuse(problem: Problem) -> Result<HttpResponse, Problem> {
    Err(problem)
}
