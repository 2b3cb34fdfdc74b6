//! One's own sessions: signing out, seeing them, ending one.

use actix_web::{HttpRequest, HttpResponse, web};
use auth_core::id::SessionId;
use auth_core::service::{LogoutScope, OwnSession};
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::{Authenticated, Client, Fields, FromFields, Peer, Query, Unknown, path_id};
use crate::problem::{FieldCode, Problem};
use crate::state::AppState;

/// Which sessions a sign-out ends.
#[derive(Debug, ToSchema)]
#[schema(as = LogoutScope, rename_all = "snake_case")]
pub(crate) enum Scope {
    /// The one that asks.
    Local,
    /// All but the one that asks.
    Others,
    /// All.
    Global,
}

/// A sign-out.
#[derive(Debug)]
pub(crate) struct Logout {
    scope: Scope,
}

impl FromFields for Logout {
    const UNKNOWN: Unknown = Unknown::Refuse;

    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let scope = match fields.optional_text("scope").as_deref() {
            None | Some("local") => Scope::Local,
            Some("others") => Scope::Others,
            Some("global") => Scope::Global,
            Some(_) => return fields.fault(FieldCode::UnknownValue, "scope"),
        };
        Some(Self { scope })
    }
}

impl From<Scope> for LogoutScope {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Local => Self::Local,
            Scope::Others => Self::Others,
            Scope::Global => Self::Global,
        }
    }
}

/// A live session.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionBody {
    /// Its id: the `sid` claim of its access tokens.
    #[schema(format = Uuid, example = "5f0c3a52-9f0f-4a39-8a53-1f3f6f6f2f10")]
    id: String,
    /// Whether it is the one that asks.
    current: bool,
    /// What the client that signed in calls itself (`User-Agent`).
    #[schema(required = true)]
    client: Option<String>,
    /// The address that it was begun from, as far as the server keeps it.
    #[schema(required = true, example = "192.0.2.7")]
    ip: Option<String>,
    /// When it began.
    #[schema(format = DateTime, example = "2026-11-23T10:00:00Z")]
    created_at: String,
    /// When it was last refreshed; at first, when it began.
    #[schema(format = DateTime, example = "2026-11-23T12:00:00Z")]
    refreshed_at: String,
    /// When it ends at the latest.
    #[schema(format = DateTime, example = "2026-12-23T10:00:00Z")]
    expires_at: String,
}

impl From<OwnSession> for SessionBody {
    fn from(OwnSession { session, is_current }: OwnSession) -> Self {
        Self {
            id: session.id.to_string(),
            current: is_current,
            client: session.client,
            ip: session.ip.map(|ip| ip.to_string()),
            created_at: session.created_at.to_string(),
            refreshed_at: session.rotated_at.to_string(),
            expires_at: session.expires_at.to_string(),
        }
    }
}

/// Sessions, the latest refreshed first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionList {
    data: Vec<SessionBody>,
    /// Always `null`: an account has no more sessions than one page holds.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

impl SessionList {
    /// All of an account.
    pub(super) fn of(data: Vec<SessionBody>) -> Self {
        Self { data, next_cursor: None }
    }
}

/// Signs out: this session, the others, or all. Its tokens are refused from the answer on.
#[utoipa::path(post, path = "/v1/users/logout", tag = "users", operation_id = "logout", security(("bearer" = [])),
    params(("scope" = inline(Option<Scope>), Query, description = "Which sessions end; `local` by default")),
    responses((status = 204, description = "Signed out")),
)]
pub(crate) async fn logout(
    state: web::Data<AppState>,
    Authenticated(caller): Authenticated,
    client: Client,
    Query(Logout { scope }): Query<Logout>,
) -> Result<HttpResponse, Problem> {
    state.query(client.origin, move |service| service.logout(&caller, scope.into(), &client.context)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// One's live sessions.
#[utoipa::path(get, path = "/v1/users/me/sessions", tag = "users", operation_id = "list_my_sessions",
    security(("bearer" = [])), responses((status = 200, description = "The sessions", body = SessionList)),
)]
pub(crate) async fn list(
    state: web::Data<AppState>,
    Authenticated(caller): Authenticated,
    Peer(origin): Peer,
) -> Result<web::Json<SessionList>, Problem> {
    let own = state.query(origin, move |service| service.sessions(&caller)).await?;
    Ok(web::Json(SessionList::of(own.into_iter().map(SessionBody::from).collect())))
}

/// Ends one of one's sessions.
#[utoipa::path(delete, path = "/v1/users/me/sessions/{id}", tag = "users", operation_id = "end_my_session",
    security(("bearer" = [])), params(("id" = String, Path, description = "The session", format = Uuid)),
    responses((status = 204, description = "It has ended")),
)]
pub(crate) async fn end(
    state: web::Data<AppState>,
    Authenticated(caller): Authenticated,
    client: Client,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let id: SessionId = path_id(&request, "id")?;
    state.query(client.origin, move |service| service.end_session(&caller, id, &client.context)).await?;
    Ok(HttpResponse::NoContent().finish())
}
