//! `/v1/users`: making an account, and reading one's own.

use std::sync::Arc;

use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, web};
use auth_core::AuthService;
use auth_core::password::Password;
use auth_core::secret::Secret;
use auth_core::service::{RegisterError, Registration};
use auth_core::user::{AccountState, User};
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::{Authenticated, Client, Fields, FromFields, Json, Peer, Unknown};
use crate::middleware::note_user;
use crate::problem::{FieldCode, Problem};
use crate::state::AppState;

/// Somebody who wants an account.
#[derive(Debug, ToSchema)]
pub(crate) struct RegisterRequest {
    /// The name, kept as entered and compared without case.
    #[schema(example = "alice")]
    username: String,
    /// The password, taken as it is: spaces and all.
    #[schema(value_type = String, format = Password, example = "correct horse battery staple")]
    password: Secret,
    /// The password again, where the client asked for it twice.
    #[schema(value_type = String, required = false, format = Password)]
    #[expect(dead_code, reason = "compared when it is read; here for the document")]
    password_confirmation: Option<Secret>,
}

impl FromFields for RegisterRequest {
    const UNKNOWN: Unknown = Unknown::Refuse;

    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (username, password) = (fields.text("username"), fields.secret("password"));
        let password_confirmation = fields.optional_secret("password_confirmation");
        if let (Some(password), Some(again)) = (&password, &password_confirmation)
            && password.expose() != again.expose()
        {
            return fields.fault(FieldCode::Mismatch, "password_confirmation");
        }
        Some(Self { username: username?, password: password?, password_confirmation })
    }
}

impl From<RegisterRequest> for Registration {
    fn from(request: RegisterRequest) -> Self {
        Self { username: request.username, password: Password::new(request.password) }
    }
}

/// An account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserBody {
    /// Its id, for ever.
    #[schema(format = Uuid, example = "019a4f5e-7b3c-7d1e-8f2a-3b4c5d6e7f80")]
    id: String,
    /// Its name, as entered.
    #[schema(example = "alice")]
    username: String,
    state: State,
    /// When it was made.
    #[schema(format = DateTime, example = "2026-11-23T10:00:00Z")]
    created_at: String,
    /// When its name or state last changed.
    #[schema(format = DateTime, example = "2026-11-23T10:00:00Z")]
    updated_at: String,
}

/// Whether an account may sign in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccountState)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// It may.
    Active,
    /// An administrator said no.
    Disabled,
}

impl From<AccountState> for State {
    fn from(state: AccountState) -> Self {
        match state {
            AccountState::Active => Self::Active,
            AccountState::Disabled => Self::Disabled,
        }
    }
}

impl From<User> for UserBody {
    fn from(user: User) -> Self {
        Self {
            id: user.id.to_string(),
            username: user.name.as_entered().to_owned(),
            state: user.state.into(),
            created_at: user.created_at.to_string(),
            updated_at: user.updated_at.to_string(),
        }
    }
}

/// Makes an account, on either of the two routes.
pub(super) async fn make_account(state: &AppState, client: Client, request: RegisterRequest) -> Result<User, Problem> {
    let metrics = Arc::clone(&state.metrics);
    // Before the queue, as with sign-ins.
    if let Err(throttled) = state.service.admits_registration(&client.context) {
        metrics.registration(Err(RegisterError::Throttled(throttled)))?;
    }
    let work = move |service: &AuthService| metrics.registration(service.register(request.into(), &client.context));
    let user = state.hash(client.origin, work).await?;
    note_user(user.id);
    Ok(user)
}

/// Makes an account.
#[utoipa::path(post, path = "/v1/users/register", tag = "users", operation_id = "register_user", request_body = RegisterRequest, responses(
    (status = 201, description = "The account", body = UserBody,
     headers(("Location" = String, description = "Where its owner reads it"))),
))]
pub(crate) async fn register(
    state: web::Data<AppState>,
    client: Client,
    Json(request): Json<RegisterRequest>,
) -> Result<HttpResponse, Problem> {
    let user = make_account(&state, client, request).await?;
    let location = format!("{}/v1/users/me", state.http.public_url);
    Ok(HttpResponse::Created().insert_header((LOCATION, location)).json(UserBody::from(user)))
}

/// The account of whoever bears the token.
#[utoipa::path(get, path = "/v1/users/me", tag = "users", operation_id = "get_me", security(("bearer" = [])), responses(
    (status = 200, description = "The account", body = UserBody),
))]
pub(crate) async fn me(
    state: web::Data<AppState>,
    Authenticated(caller): Authenticated,
    Peer(origin): Peer,
) -> Result<web::Json<UserBody>, Problem> {
    let user = state.query(origin, move |service| service.me(&caller)).await?;
    Ok(web::Json(user.into()))
}
