//! The table of routes: what there is, which methods it answers, how it words its problems, and which there are.

use actix_web::dev::HttpServiceFactory;
use actix_web::middleware::from_fn;
use actix_web::{FromRequest, Handler, HttpRequest, HttpResponse, Responder, web};

use crate::controllers::{docs, health, settings, tokens, tutorial, users, well_known};
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
    /// The problems that it may answer, beside those of every route.
    pub codes: &'static [&'static [Code]],
}

const READ: &str = "GET, HEAD";
const WRITE: &str = "POST";

/// What every route may answer.
pub(crate) const EVERYWHERE: &[Code] = &[Code::UriTooLong, Code::HeadersTooLarge, Code::InternalError];
const LANES: &[Code] = &[Code::Busy, Code::Unavailable];
const BODY: &[Code] = &[
    Code::BadRequest,
    Code::InvalidJson,
    Code::NotAnObject,
    Code::DuplicateMember,
    Code::TooDeep,
    Code::RequestTimeout,
    Code::BodyTooLarge,
    Code::UnsupportedMediaType,
    Code::ValidationFailed,
];
const REGISTER: &[Code] = &[Code::WeakPassword, Code::UsernameTaken, Code::RegistrationClosed];
const TOKEN: &[Code] =
    &[Code::InvalidForm, Code::UnsupportedGrantType, Code::InvalidCredentials, Code::AccountDisabled];
const BEARER: &[Code] = &[Code::TokenMissing, Code::TokenInvalid, Code::InvalidAuthorization];

const STANDARD: Dialect = Dialect::STANDARD;
const OAUTH: Dialect = Dialect { oauth: true, tutorial: false };
const TUTORIAL: Dialect = Dialect { oauth: false, tutorial: true };
const TUTORIAL_TOKEN: Dialect = Dialect { oauth: true, tutorial: true };

const fn reading(path: &'static str, codes: &'static [&'static [Code]]) -> Route {
    Route { path, allow: READ, dialect: STANDARD, codes }
}

const fn writing(path: &'static str, dialect: Dialect, codes: &'static [&'static [Code]]) -> Route {
    Route { path, allow: WRITE, dialect, codes }
}

const SETTINGS: Route = reading("/v1/settings", &[]);
const USERS_REGISTER: Route = writing("/v1/users/register", STANDARD, &[BODY, REGISTER, LANES]);
const USERS_TOKEN: Route = writing("/v1/users/token", OAUTH, &[BODY, TOKEN, LANES]);
const USERS_ME: Route = reading("/v1/users/me", &[BEARER, LANES]);
const TUTORIAL_REGISTER: Route = writing("/users/register", TUTORIAL, &[BODY, REGISTER, LANES]);
const TUTORIAL_ISSUE: Route = writing("/users/token", TUTORIAL_TOKEN, &[BODY, TOKEN, LANES]);
const JWKS: Route = reading("/.well-known/jwks.json", &[]);
const METADATA: Route = reading("/.well-known/oauth-authorization-server", &[]);
const LIVEZ: Route = reading("/livez", &[]);
const READYZ: Route = reading("/readyz", &[&[Code::NotReady]]);
const HEALTHZ: Route = reading("/healthz", &[&[Code::NotReady]]);
const OPENAPI: Route = reading("/openapi.json", &[]);
const DOCS: Route = reading("/docs", &[]);
const DOCS_FILE: Route = reading("/docs/{file}", &[&[Code::NotFound]]);
const PROBLEM: Route = reading("/problems/{code}", &[&[Code::NotFound]]);

/// Every route, in the order of the documents.
pub const ROUTES: &[Route] = &[
    SETTINGS,
    USERS_REGISTER,
    USERS_TOKEN,
    USERS_ME,
    TUTORIAL_REGISTER,
    TUTORIAL_ISSUE,
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
        .service(write(&USERS_REGISTER, users::register))
        .service(write(&USERS_TOKEN, tokens::issue))
        .service(read(&USERS_ME, users::me))
        .service(write(&TUTORIAL_REGISTER, tutorial::register))
        .service(write(&TUTORIAL_ISSUE, tutorial::issue))
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
    matched(request).map_or(STANDARD, |route| route.dialect)
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

fn write<F, Args>(route: &Route, handler: F) -> impl HttpServiceFactory + use<F, Args>
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    resource(route).route(web::post().to(handler)).wrap(from_fn(catch_panics))
}

fn resource(route: &Route) -> actix_web::Resource {
    let allow = route.allow;
    web::resource(route.path)
        .default_service(web::to(move || async move { refuse(Problem::method_not_allowed(allow)) }))
}

fn refuse(problem: Problem) -> Result<HttpResponse, Problem> {
    Err(problem)
}
