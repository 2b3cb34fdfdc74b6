//! `POST /v1/users/token`: from a password to an access token.

use actix_web::{HttpResponse, web};
use auth_core::password::Password;
use auth_core::secret::Secret;
use auth_core::service::{Credentials, LoginOutcome, SignedIn};
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::{Client, Fields, FromFields, JsonOrForm, Unknown};
use crate::middleware::note_user;
use crate::problem::{Code, Problem};
use crate::state::AppState;

/// Somebody who wants a token (RFC 6749, section 4.3.2). Other members are ignored.
#[derive(Debug, ToSchema)]
#[schema(as = TokenRequest)]
pub(crate) struct PasswordGrant {
    /// `password`, which may be left out.
    #[schema(value_type = String, required = false, default = "password")]
    #[expect(dead_code, reason = "read by `TokenRequest`; here for the document")]
    grant_type: Option<String>,
    /// The name, in any spelling.
    #[schema(example = "alice")]
    username: String,
    /// The password.
    #[schema(value_type = String, format = Password, example = "correct horse battery staple")]
    password: Secret,
}

/// A request for a token, by grant.
#[derive(Debug)]
pub(crate) enum TokenRequest {
    /// By name and password.
    Password(PasswordGrant),
    /// By a grant that is not offered here.
    Unsupported,
}

impl FromFields for TokenRequest {
    const UNKNOWN: Unknown = Unknown::Ignore;

    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let grant_type = fields.optional_text("grant_type");
        if grant_type.as_deref().is_some_and(|grant| grant != "password") {
            return Some(Self::Unsupported);
        }
        let (username, password) = (fields.text("username"), fields.secret("password"));
        Some(Self::Password(PasswordGrant { grant_type, username: username?, password: password? }))
    }
}

/// A token (RFC 6749, section 5.1).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenResponse<'a> {
    /// Send it as `Authorization: Bearer …`.
    access_token: &'a str,
    /// Always `Bearer`.
    #[schema(example = "Bearer")]
    token_type: &'a str,
    /// How long it lives, in seconds.
    #[schema(example = 7200)]
    expires_in: u64,
}

impl<'a> From<&'a SignedIn> for TokenResponse<'a> {
    fn from(signed_in: &'a SignedIn) -> Self {
        let expires_in = signed_in.expires_in.as_secs();
        Self { access_token: signed_in.access_token.expose(), token_type: "Bearer", expires_in }
    }
}

/// Signs in, on either of the two routes.
pub(super) async fn sign_in(state: &AppState, client: Client, request: TokenRequest) -> Result<SignedIn, Problem> {
    let TokenRequest::Password(grant) = request else { return Err(Problem::new(Code::UnsupportedGrantType)) };
    let credentials = Credentials { username: grant.username, password: Password::new(grant.password) };
    let LoginOutcome::SignedIn(signed_in) = state.hash(move |service| service.login(credentials, &client.0)).await?;
    note_user(signed_in.user.id);
    Ok(signed_in)
}

/// Signs in.
#[utoipa::path(post, path = "/v1/users/token", tag = "users", operation_id = "issue_token",
    request_body(content(
        (PasswordGrant = "application/json"),
        (PasswordGrant = "application/x-www-form-urlencoded"),
    )),
    responses((status = 200, description = "A token", body = TokenResponse<'static>)),
)]
pub(crate) async fn issue(
    state: web::Data<AppState>,
    client: Client,
    JsonOrForm(request): JsonOrForm<TokenRequest>,
) -> Result<HttpResponse, Problem> {
    let signed_in = sign_in(&state, client, request).await?;
    Ok(HttpResponse::Ok().json(TokenResponse::from(&signed_in)))
}
