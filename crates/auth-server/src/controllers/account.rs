//! `/v1/users/me`: what the owner of an account changes about it, by the password.

use std::sync::Arc;

use actix_web::http::header::SET_COOKIE;
use actix_web::{HttpResponse, web};
use auth_core::AuthService;
use auth_core::password::Password;
use auth_core::secret::Secret;
use auth_core::service::{ChangePasswordError, DeleteError, RenameError};
use utoipa::ToSchema;

use super::tokens;
use super::users::UserBody;
use crate::extract::{Authenticated, Client, DeviceCookie, Fields, FromFields, Json, Unknown};
use crate::problem::Problem;
use crate::state::AppState;

/// Another password.
#[derive(Debug, ToSchema)]
pub(crate) struct PasswordChange {
    /// The present one.
    #[schema(value_type = String, format = Password)]
    current_password: Secret,
    /// The next one, taken as it is.
    #[schema(value_type = String, format = Password, example = "correct horse battery staple")]
    new_password: Secret,
}

impl FromFields for PasswordChange {
    const UNKNOWN: Unknown = Unknown::Refuse;

    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (current, new) = (fields.secret("current_password"), fields.secret("new_password"));
        Some(Self { current_password: current?, new_password: new? })
    }
}

/// Another name.
#[derive(Debug, ToSchema)]
pub(crate) struct NameChange {
    /// The next name, kept as entered and compared without case.
    #[schema(example = "alice")]
    username: String,
    /// The account's password.
    #[schema(value_type = String, format = Password)]
    password: Secret,
}

impl FromFields for NameChange {
    const UNKNOWN: Unknown = Unknown::Refuse;

    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (username, password) = (fields.text("username"), fields.secret("password"));
        Some(Self { username: username?, password: password? })
    }
}

/// The end of an account.
#[derive(Debug, ToSchema)]
pub(crate) struct AccountDeletion {
    /// The account's password.
    #[schema(value_type = String, format = Password)]
    password: Secret,
}

impl FromFields for AccountDeletion {
    const UNKNOWN: Unknown = Unknown::Refuse;

    fn from_fields(fields: &mut Fields) -> Option<Self> {
        fields.secret("password").map(|password| Self { password })
    }
}

/// Changes one's password. Every other session of the account ends; the one that asks goes on, and its device gets another
/// token, for those from before are worth nothing any more.
#[utoipa::path(put, path = "/v1/users/me/password", tag = "users", operation_id = "change_my_password",
    security(("bearer" = [])), request_body = PasswordChange,
    responses((status = 204, description = "It is changed",
        headers(("Set-Cookie" = Option<String>, description = "The device token, for the next sign-in")))),
)]
pub(crate) async fn change_password(
    state: web::Data<AppState>,
    Authenticated(caller): Authenticated,
    client: Client,
    cookie: DeviceCookie,
    Json(change): Json<PasswordChange>,
) -> Result<HttpResponse, Problem> {
    let (current, new) = (Password::new(change.current_password), Password::new(change.new_password));
    let metrics = Arc::clone(&state.metrics);
    let work = move |service: &AuthService| {
        let done = service.change_password(&caller, &current, &new, &client.context);
        done.inspect_err(|error| {
            if let ChangePasswordError::Throttled(throttled) = error {
                metrics.limited(throttled);
            }
        })
    };
    let device = state.hash(client.origin, work).await?;
    let mut reply = HttpResponse::NoContent();
    if let Some(cookie) = device.and_then(|token| cookie.next(&token, tokens::ROUTE, &state.http)) {
        reply.insert_header((SET_COOKIE, cookie));
    }
    Ok(reply.finish())
}

/// Changes one's name. Access tokens show the old one until they are refreshed.
#[utoipa::path(put, path = "/v1/users/me/username", tag = "users", operation_id = "change_my_username",
    security(("bearer" = [])), request_body = NameChange,
    responses((status = 200, description = "The account", body = UserBody)),
)]
pub(crate) async fn change_username(
    state: web::Data<AppState>,
    Authenticated(caller): Authenticated,
    client: Client,
    Json(change): Json<NameChange>,
) -> Result<web::Json<UserBody>, Problem> {
    let (name, password) = (change.username, Password::new(change.password));
    let metrics = Arc::clone(&state.metrics);
    let work = move |service: &AuthService| {
        let done = service.rename(&caller, &name, &password, &client.context);
        done.inspect_err(|error| {
            if let RenameError::Throttled(throttled) = error {
                metrics.limited(throttled);
            }
        })
    };
    let user = state.hash(client.origin, work).await?;
    Ok(web::Json(user.into()))
}

/// Deletes one's account, with its password and sessions. There is no way back.
#[utoipa::path(delete, path = "/v1/users/me", tag = "users", operation_id = "delete_me",
    security(("bearer" = [])), request_body = AccountDeletion,
    responses((status = 204, description = "It is gone")),
)]
pub(crate) async fn delete(
    state: web::Data<AppState>,
    Authenticated(caller): Authenticated,
    client: Client,
    Json(deletion): Json<AccountDeletion>,
) -> Result<HttpResponse, Problem> {
    let password = Password::new(deletion.password);
    let metrics = Arc::clone(&state.metrics);
    let work = move |service: &AuthService| {
        let done = service.delete_account(&caller, &password, &client.context);
        done.inspect_err(|error| {
            if let DeleteError::Throttled(throttled) = error {
                metrics.limited(throttled);
            }
        })
    };
    state.hash(client.origin, work).await?;
    Ok(HttpResponse::NoContent().finish())
}
