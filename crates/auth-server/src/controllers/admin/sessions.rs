//! `/v1/admin/users/{id}/sessions`: the sessions of one account.

use actix_web::{HttpRequest, HttpResponse, web};
use auth_core::AuthService;
use auth_core::id::{SessionId, UserId};
use auth_core::service::{Authority, OwnSession};

use crate::controllers::sessions::{SessionBody, SessionList};
use crate::extract::{Administrator, Client, Peer, path_id};
use crate::problem::Problem;
use crate::state::AppState;

/// The live sessions of an account, the latest refreshed first.
#[utoipa::path(get, path = "/v1/admin/users/{id}/sessions", tag = "administration", operation_id = "list_user_sessions",
    security(("bearer" = [])), params(("id" = String, Path, description = "The account", format = Uuid)),
    responses((status = 200, description = "The sessions", body = SessionList)),
)]
pub(crate) async fn list(
    state: web::Data<AppState>,
    Administrator(caller): Administrator,
    Peer(origin): Peer,
    request: HttpRequest,
) -> Result<web::Json<SessionList>, Problem> {
    let (id, own): (UserId, _) = (path_id(&request, "id")?, caller.session);
    let sessions = state.query(origin, move |service| service.sessions_of(Authority::Caller(&caller), id)).await?;
    let body = |session: auth_core::session::Session| {
        SessionBody::from(OwnSession { is_current: own == Some(session.id), session })
    };
    Ok(web::Json(SessionList::of(sessions.into_iter().map(body).collect())))
}

/// Ends every session of an account.
#[utoipa::path(delete, path = "/v1/admin/users/{id}/sessions", tag = "administration", operation_id = "end_user_sessions",
    security(("bearer" = [])), params(("id" = String, Path, description = "The account", format = Uuid)),
    responses((status = 204, description = "They have ended")),
)]
pub(crate) async fn end_all(
    state: web::Data<AppState>,
    Administrator(caller): Administrator,
    client: Client,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let id: UserId = path_id(&request, "id")?;
    let by = move |service: &AuthService| service.end_sessions_of(Authority::Caller(&caller), id, &client.context);
    state.query(client.origin, by).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Ends one session of an account.
#[utoipa::path(delete, path = "/v1/admin/users/{id}/sessions/{sid}", tag = "administration",
    operation_id = "end_user_session", security(("bearer" = [])),
    params(
        ("id" = String, Path, description = "The account", format = Uuid),
        ("sid" = String, Path, description = "The session", format = Uuid),
    ),
    responses((status = 204, description = "It has ended")),
)]
pub(crate) async fn end(
    state: web::Data<AppState>,
    Administrator(caller): Administrator,
    client: Client,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (id, session): (UserId, SessionId) = (path_id(&request, "id")?, path_id(&request, "sid")?);
    let by =
        move |service: &AuthService| service.end_session_of(Authority::Caller(&caller), id, session, &client.context);
    state.query(client.origin, by).await?;
    Ok(HttpResponse::NoContent().finish())
}
