//! The tutorial's two routes, frozen as its clients know them. Both are aliases of `/v1`; statuses and the `message`
//! member come from [`Dialect::tutorial`](crate::problem::Dialect::tutorial).

use actix_web::http::header::SET_COOKIE;
use actix_web::{HttpResponse, web};
use auth_core::token::TutorialUserId;
use serde::Serialize;
use utoipa::ToSchema;

use super::tokens::{Grant, TokenRequest, TokenResponse, grant};
use super::users::{RegisterRequest, make_account};
use crate::extract::{Client, DeviceCookie, Json, JsonOrForm};
use crate::problem::Problem;
use crate::state::AppState;

/// Where the tutorial's browsers show that they have been here before.
const ROUTE: &str = "/users/token";

/// An account, as the tutorial shows one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TutorialUser {
    /// The name, as entered.
    #[schema(example = "alice")]
    username: String,
    /// The account's id.
    #[schema(value_type = String, example = "019a4f5e-7b3c-7d1e-8f2a-3b4c5d6e7f80")]
    id: TutorialUserId,
}

/// A token, as the tutorial shows one; its claims hold `userId` and `username`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TutorialToken<'a> {
    /// The token.
    jwt: &'a str,
    #[serde(flatten)]
    token: TokenResponse<'a>,
}

/// Makes an account.
#[utoipa::path(post, path = "/users/register", tag = "tutorial", request_body = RegisterRequest,
    operation_id = "tutorial_register_user",
    responses((status = 201, description = "The account", body = TutorialUser)))]
pub(crate) async fn register(
    state: web::Data<AppState>,
    client: Client,
    Json(request): Json<RegisterRequest>,
) -> Result<HttpResponse, Problem> {
    let user = make_account(&state, client, request).await?;
    let id = user.public_number();
    Ok(HttpResponse::Created().json(TutorialUser { username: user.name.as_entered().to_owned(), id }))
}

/// Signs in. The body is the tutorial's; a browser gets the device token in a cookie, as from `/v1/users/token`.
#[utoipa::path(post, path = "/users/token", tag = "tutorial", operation_id = "tutorial_issue_token",
    request_body(content(
        (Grant = "application/json"),
        (Grant = "application/x-www-form-urlencoded"),
    )),
    responses((status = 200, description = "A token", body = TutorialToken<'static>,
        headers(("Set-Cookie" = Option<String>, description = "After a sign-in: the device token, for browsers")))))]
pub(crate) async fn issue(
    state: web::Data<AppState>,
    client: Client,
    mut cookie: DeviceCookie,
    JsonOrForm(request): JsonOrForm<TokenRequest>,
) -> Result<HttpResponse, Problem> {
    let signed_in = grant(&state, client, &mut cookie, request).await?;
    let mut reply = HttpResponse::Ok();
    if let Some(cookie) = signed_in.device_token.as_ref().and_then(|token| cookie.next(token, ROUTE, &state.http)) {
        reply.insert_header((SET_COOKIE, cookie));
    }
    let token = TokenResponse::from(&signed_in).without_device();
    Ok(reply.json(TutorialToken { jwt: signed_in.access_token.expose(), token }))
}
