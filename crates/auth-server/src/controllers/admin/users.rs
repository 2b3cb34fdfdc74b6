//! `/v1/admin/users`: accounts, page by page, and new ones.

use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, web};
use auth_core::AuthService;
use auth_core::password::Password;
use auth_core::role::Role;
use auth_core::secret::Secret;
use auth_core::service::{Authority, NewUser};
use auth_core::time::Timestamp;
use auth_core::user::{AccountState, CanonicalName, UserFilter};
use serde::Serialize;
use utoipa::ToSchema;

use super::pages::{Paging, answer};
use super::user::ManagedUserBody;
use crate::controllers::users::State;
use crate::extract::{AdminRequest, Client, Fields, FromFields, Json, Peer, Query, Unknown};
use crate::problem::{FieldCode, Problem};
use crate::state::AppState;

const PATH: &str = "/v1/admin/users";

/// Which accounts, and which page of them.
#[derive(Debug)]
pub(crate) struct UserListQuery {
    filter: UserFilter,
    name: Option<String>,
    paging: Paging,
}

impl FromFields for UserListQuery {
    const UNKNOWN: Unknown = Unknown::Refuse;

    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let name = fields.optional_text("name");
        let filter = UserFilter {
            prefix: name.as_deref().map(CanonicalName::of),
            state: fields.optional("state", FieldCode::UnknownValue, AccountState::parse),
            role: fields.optional("role", FieldCode::NotARole, Role::parse),
            created_from: fields.optional("created_from", FieldCode::NotAnInstant, Timestamp::parse_rfc3339),
            created_until: fields.optional("created_until", FieldCode::NotAnInstant, Timestamp::parse_rfc3339),
        };
        Some(Self { filter, name, paging: Paging::take(fields) })
    }
}

/// A page of accounts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ManagedUserList {
    data: Vec<ManagedUserBody>,
    /// What asks for the next page, as `cursor`; `null` on the last one.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// An account to be made.
#[derive(Debug, ToSchema)]
pub(crate) struct UserCreation {
    /// The name, kept as entered and compared without case.
    #[schema(example = "alice")]
    username: String,
    /// The password, taken as it is. Without one nobody can sign in until one is set.
    #[schema(value_type = String, required = false, format = Password)]
    password: Option<Secret>,
}

impl FromFields for UserCreation {
    const UNKNOWN: Unknown = Unknown::Refuse;

    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (username, password) = (fields.text("username"), fields.optional_secret("password"));
        Some(Self { username: username?, password })
    }
}

/// Accounts, in the order in which they came; by name where `name` is given, by the instant of their making where one is given.
#[utoipa::path(get, path = "/v1/admin/users", tag = "administration", operation_id = "list_users", security(("bearer" = [])),
    params(
        ("name" = Option<String>, Query, description = "Names that begin so, in any spelling"),
        ("state" = inline(Option<State>), Query, description = "Of this state"),
        ("role" = Option<String>, Query, description = "With this role"),
        ("created_from" = Option<String>, Query, description = "Made at this instant or later", format = DateTime),
        ("created_until" = Option<String>, Query, description = "Made before this instant", format = DateTime),
        ("limit" = Option<u32>, Query, description = "At most so many; 50 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before, with the same filters"),
    ),
    responses((status = 200, description = "A page", body = ManagedUserList,
        headers(("Link" = String, description = "Where the next page is, `rel=\"next\"`; missing on the last one")))),
)]
pub(crate) async fn list(
    state: web::Data<AppState>,
    AdminRequest(caller, Query(query)): AdminRequest<Query<UserListQuery>>,
    Peer(origin): Peer,
) -> Result<HttpResponse, Problem> {
    let work = move |service: &AuthService| {
        let page = service.list_users(Authority::Caller(&caller), &query.filter, query.paging.request())?;
        Ok::<_, auth_core::service::AdminError>((page, query))
    };
    let (page, UserListQuery { filter, name, paging }) = state.query(origin, work).await?;
    let [from, until] = [filter.created_from, filter.created_until].map(|at| at.map(|at| at.to_string()));
    let asked = [
        ("name", name.as_deref()),
        ("state", filter.state.map(AccountState::as_str)),
        ("role", filter.role.as_ref().map(Role::as_str)),
        ("created_from", from.as_deref()),
        ("created_until", until.as_deref()),
    ];
    let data: Vec<ManagedUserBody> = page.items.into_iter().map(ManagedUserBody::from).collect();
    Ok(answer(&state.http, PATH, &asked, &paging, data, page.next))
}

/// Makes an account, also where registration is closed. Roles are given afterwards.
#[utoipa::path(post, path = "/v1/admin/users", tag = "administration", operation_id = "create_user", security(("bearer" = [])),
    request_body = UserCreation,
    responses((status = 201, description = "The account", body = ManagedUserBody,
        headers(("Location" = String, description = "Where it is read and changed")))),
)]
pub(crate) async fn create(
    state: web::Data<AppState>,
    AdminRequest(caller, Json(request)): AdminRequest<Json<UserCreation>>,
    client: Client,
) -> Result<HttpResponse, Problem> {
    let (hashes, Client { origin, context }) = (request.password.is_some(), client);
    let new = NewUser { username: request.username, password: request.password.map(Password::new), roles: Vec::new() };
    let work = move |service: &AuthService| service.create_user(Authority::Caller(&caller), new, &context);
    let user = if hashes { state.hash(origin, work).await? } else { state.query(origin, work).await? };
    let location = format!("{}{PATH}/{}", state.http.public_url, user.user.id);
    Ok(HttpResponse::Created().insert_header((LOCATION, location)).json(ManagedUserBody::from(user)))
}
