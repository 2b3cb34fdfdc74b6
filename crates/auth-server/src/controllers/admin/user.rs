//! `/v1/admin/users/{id}`: one account.

use actix_web::{HttpRequest, HttpResponse, web};
use auth_core::id::UserId;
use auth_core::password::Password;
use auth_core::role::Role;
use auth_core::secret::Secret;
use auth_core::service::{Authority, ManagedUser, RoleChange, UserChange};
use auth_core::user::AccountState;
use serde::Serialize;
use utoipa::ToSchema;

use crate::controllers::users::State;
use crate::extract::{AdminRequest, Administrator, Client, Fields, FromFields, Json, Peer, Unknown, path_id};
use crate::problem::{FieldCode, Problem};
use crate::state::AppState;

/// An account as administrators see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ManagedUser)]
pub(crate) struct ManagedUserBody {
    /// Its id, for ever.
    #[schema(format = Uuid, example = "019a4f5e-7b3c-7d1e-8f2a-3b4c5d6e7f80")]
    id: String,
    /// Its name, as entered.
    #[schema(example = "alice")]
    username: String,
    state: State,
    /// Its roles, by name.
    #[schema(example = json!(["admin"]))]
    roles: Vec<String>,
    /// The number that it had in the system it was imported from.
    #[schema(required = true)]
    legacy_id: Option<i64>,
    /// When it was made.
    #[schema(format = DateTime, example = "2026-11-23T10:00:00Z")]
    created_at: String,
    /// When its name, state or password last changed.
    #[schema(format = DateTime, example = "2026-11-23T10:00:00Z")]
    updated_at: String,
}

impl From<ManagedUser> for ManagedUserBody {
    fn from(ManagedUser { user, roles }: ManagedUser) -> Self {
        Self {
            id: user.id.to_string(),
            username: user.name.as_entered().to_owned(),
            state: user.state.into(),
            roles: roles.iter().map(|role| role.as_str().to_owned()).collect(),
            legacy_id: user.legacy_id,
            created_at: user.created_at.to_string(),
            updated_at: user.updated_at.to_string(),
        }
    }
}

/// What of an account changes; what is missing stays.
#[derive(Debug, ToSchema)]
pub(crate) struct UserPatch {
    /// Disabling ends every session of the account.
    #[schema(value_type = State, required = false)]
    state: Option<AccountState>,
    /// Another name.
    #[schema(value_type = String, required = false, example = "alice")]
    username: Option<String>,
    /// Its roles from now on, in place of those that it has; at most 16, each 1 to 32 of `a-z`, `0-9`, `-`, `_`, a letter first.
    /// Tokens tell of them from the next refresh on; this API asks the database.
    #[schema(value_type = Vec<String>, required = false, example = json!(["admin"]))]
    roles: Option<Vec<Role>>,
}

impl FromFields for UserPatch {
    const UNKNOWN: Unknown = Unknown::Refuse;

    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let state = fields.optional("state", FieldCode::UnknownValue, AccountState::parse);
        let username = fields.optional_text("username");
        let roles = match fields.optional_texts("roles") {
            None => None,
            Some(names) => match names.iter().map(|name| Role::parse(name)).collect() {
                Some(roles) => Some(roles),
                None => return fields.fault(FieldCode::NotARole, "roles"),
            },
        };
        Some(Self { state, username, roles })
    }
}

impl From<UserPatch> for UserChange {
    fn from(UserPatch { state, username, roles }: UserPatch) -> Self {
        Self { state, username, roles: roles.map(|roles| RoleChange::Set(roles.into_iter().collect())) }
    }
}

/// A password for somebody else's account.
#[derive(Debug, ToSchema)]
pub(crate) struct PasswordSetting {
    /// The password, taken as it is.
    #[schema(value_type = String, format = Password, example = "correct horse battery staple")]
    password: Secret,
}

impl FromFields for PasswordSetting {
    const UNKNOWN: Unknown = Unknown::Refuse;

    fn from_fields(fields: &mut Fields) -> Option<Self> {
        fields.secret("password").map(|password| Self { password })
    }
}

/// An account.
#[utoipa::path(get, path = "/v1/admin/users/{id}", tag = "administration", operation_id = "get_user",
    security(("bearer" = [])), params(("id" = String, Path, description = "The account", format = Uuid)),
    responses((status = 200, description = "The account", body = ManagedUserBody)),
)]
pub(crate) async fn show(
    state: web::Data<AppState>,
    Administrator(caller): Administrator,
    Peer(origin): Peer,
    request: HttpRequest,
) -> Result<web::Json<ManagedUserBody>, Problem> {
    let id: UserId = path_id(&request, "id")?;
    let user = state.query(origin, move |service| service.user(Authority::Caller(&caller), id)).await?;
    Ok(web::Json(user.into()))
}

/// Changes an account, in whole or not at all.
#[utoipa::path(patch, path = "/v1/admin/users/{id}", tag = "administration", operation_id = "update_user",
    security(("bearer" = [])), params(("id" = String, Path, description = "The account", format = Uuid)),
    request_body = UserPatch, responses((status = 200, description = "The account as it is now", body = ManagedUserBody)),
)]
pub(crate) async fn update(
    state: web::Data<AppState>,
    AdminRequest(caller, Json(patch)): AdminRequest<Json<UserPatch>>,
    client: Client,
    request: HttpRequest,
) -> Result<web::Json<ManagedUserBody>, Problem> {
    let (id, change): (UserId, UserChange) = (path_id(&request, "id")?, patch.into());
    let by = move |service: &auth_core::AuthService| {
        service.update_user(Authority::Caller(&caller), id, &change, &client.context)
    };
    Ok(web::Json(state.query(client.origin, by).await?.into()))
}

/// Deletes an account, with its password, sessions and roles. There is no way back.
#[utoipa::path(delete, path = "/v1/admin/users/{id}", tag = "administration", operation_id = "delete_user",
    security(("bearer" = [])), params(("id" = String, Path, description = "The account", format = Uuid)),
    responses((status = 204, description = "It is gone")),
)]
pub(crate) async fn delete(
    state: web::Data<AppState>,
    Administrator(caller): Administrator,
    client: Client,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let id: UserId = path_id(&request, "id")?;
    let by =
        move |service: &auth_core::AuthService| service.delete_user(Authority::Caller(&caller), id, &client.context);
    state.query(client.origin, by).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Sets the password of an account, whether it had one or not. All its sessions end.
#[utoipa::path(put, path = "/v1/admin/users/{id}/password", tag = "administration", operation_id = "set_user_password",
    security(("bearer" = [])), params(("id" = String, Path, description = "The account", format = Uuid)),
    request_body = PasswordSetting, responses((status = 204, description = "It is set")),
)]
pub(crate) async fn set_password(
    state: web::Data<AppState>,
    AdminRequest(caller, Json(setting)): AdminRequest<Json<PasswordSetting>>,
    client: Client,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (id, password): (UserId, _) = (path_id(&request, "id")?, Password::new(setting.password));
    let by = move |service: &auth_core::AuthService| {
        service.set_password(Authority::Caller(&caller), id, &password, &client.context)
    };
    state.hash(client.origin, by).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Forgets the failed attempts of an account: devices that it does not know may sign in again. This instance obeys at once,
/// others within five seconds.
#[utoipa::path(post, path = "/v1/admin/users/{id}/unlock", tag = "administration", operation_id = "unlock_user",
    security(("bearer" = [])), params(("id" = String, Path, description = "The account", format = Uuid)),
    responses((status = 204, description = "They are forgotten")),
)]
pub(crate) async fn unlock(
    state: web::Data<AppState>,
    Administrator(caller): Administrator,
    client: Client,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let id: UserId = path_id(&request, "id")?;
    let by =
        move |service: &auth_core::AuthService| service.unlock_user(Authority::Caller(&caller), id, &client.context);
    state.query(client.origin, by).await?;
    Ok(HttpResponse::NoContent().finish())
}
