//! The routes of administrators.

use actix_web::middleware::from_fn;
use actix_web::web;

use super::{
    BEARER, BODY, LANES, Operation, QUERY, READ, Route, delete, get, patch, post, put, read, resource, route, write,
};
use crate::controllers::admin::{events, keys, sessions, stats, user, users};
use crate::middleware::catch_panics;
use crate::problem::Code;

const ADMIN: &[Code] = &[Code::InsufficientScope];
const ONE: &[Code] = &[Code::NotFound];
const LAST: &[Code] = &[Code::LastAdmin];
const LIST: &[Code] = &[Code::InvalidCursor];
const NAME: &[Code] = &[Code::UsernameTaken];
const PASSWORD: &[Code] = &[Code::WeakPassword];
const KEYS: &[Code] = &[Code::KeyWaiting, Code::SharedSecretSigns, Code::TooManyKeys];

const LISTED: Operation = get(&[QUERY, LIST, BEARER, ADMIN, LANES]);

pub(super) const USERS: Route =
    route("/v1/admin/users", "GET, HEAD, POST", &[LISTED, post(&[BODY, BEARER, ADMIN, NAME, PASSWORD, LANES])]);
pub(super) const USER: Route = route(
    "/v1/admin/users/{id}",
    "GET, HEAD, PATCH, DELETE",
    &[
        get(&[BEARER, ADMIN, ONE, LANES]),
        patch(&[BODY, BEARER, ADMIN, ONE, NAME, LAST, LANES]),
        delete(&[BEARER, ADMIN, ONE, LAST, LANES]),
    ],
);
pub(super) const USER_PASSWORD: Route =
    route("/v1/admin/users/{id}/password", "PUT", &[put(&[BODY, BEARER, ADMIN, ONE, PASSWORD, LANES])]);
pub(super) const USER_UNLOCK: Route =
    route("/v1/admin/users/{id}/unlock", "POST", &[post(&[BEARER, ADMIN, ONE, LANES])]);
pub(super) const USER_SESSIONS: Route = route(
    "/v1/admin/users/{id}/sessions",
    "GET, HEAD, DELETE",
    &[get(&[BEARER, ADMIN, ONE, LANES]), delete(&[BEARER, ADMIN, ONE, LANES])],
);
pub(super) const USER_SESSION: Route =
    route("/v1/admin/users/{id}/sessions/{sid}", "DELETE", &[delete(&[BEARER, ADMIN, ONE, LANES])]);
pub(super) const EVENTS: Route = route("/v1/admin/events", READ, &[LISTED]);
pub(super) const SIGNING_KEYS: Route = route(
    "/v1/admin/keys",
    "GET, HEAD, POST",
    &[get(&[BEARER, ADMIN, LANES]), post(&[BODY, BEARER, ADMIN, KEYS, LANES])],
);
pub(super) const STATS: Route = route("/v1/admin/stats", READ, &[get(&[BEARER, ADMIN, LANES])]);

/// Registers them.
pub(super) fn configure(app: &mut web::ServiceConfig) {
    let caught = || from_fn(catch_panics);
    let users = resource(&USERS)
        .route(web::get().to(users::list))
        .route(web::head().to(users::list))
        .route(web::post().to(users::create));
    let user = resource(&USER)
        .route(web::get().to(user::show))
        .route(web::head().to(user::show))
        .route(web::patch().to(user::update))
        .route(web::delete().to(user::delete));
    let user_sessions = resource(&USER_SESSIONS)
        .route(web::get().to(sessions::list))
        .route(web::head().to(sessions::list))
        .route(web::delete().to(sessions::end_all));
    let signing_keys = resource(&SIGNING_KEYS)
        .route(web::get().to(keys::list))
        .route(web::head().to(keys::list))
        .route(web::post().to(keys::rotate));
    app.service(users.wrap(caught()))
        .service(user.wrap(caught()))
        .service(write(&USER_PASSWORD, actix_web::http::Method::PUT, user::set_password))
        .service(write(&USER_UNLOCK, actix_web::http::Method::POST, user::unlock))
        .service(user_sessions.wrap(caught()))
        .service(write(&USER_SESSION, actix_web::http::Method::DELETE, sessions::end))
        .service(read(&EVENTS, events::list))
        .service(signing_keys.wrap(caught()))
        .service(read(&STATS, stats::show));
}
