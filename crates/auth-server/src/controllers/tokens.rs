//! `POST /v1/users/token`: from a password, or from a refresh token, to the tokens of a session.

use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::SET_COOKIE;
use actix_web::{FromRequest as _, HttpRequest, HttpResponse, web};
use auth_core::AuthService;
use auth_core::password::Password;
use auth_core::secret::Secret;
use auth_core::service::{Credentials, LoginError, LoginOutcome, SignedIn};
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::{Client, DeviceCookie, Fields, FromFields, JsonOrForm, Unknown};
use crate::middleware::note_user;
use crate::problem::{Code, Problem};
use crate::state::AppState;

/// Where browsers show that they have been here before.
pub(super) const ROUTE: &str = "/v1/users/token";

/// Somebody who has a password (RFC 6749, section 4.3.2). Other members are ignored.
#[derive(Debug, ToSchema)]
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
    /// What an earlier sign-in of this device was given: it is not slowed down then by what others try for the same name. A
    /// browser has it in a cookie instead, or as well. One that is no good, or another account's, is ignored.
    #[schema(value_type = String, required = false, format = Password)]
    device_token: Option<Secret>,
}

/// Somebody who has a refresh token (RFC 6749, section 6). Other members are ignored.
#[derive(Debug, ToSchema)]
pub(crate) struct RefreshGrant {
    /// `refresh_token`.
    #[schema(example = "refresh_token")]
    #[expect(dead_code, reason = "read by `TokenRequest`; here for the document")]
    grant_type: String,
    /// The refresh token. It may be sent again until its successor has arrived: within `session.retry_window` it gets the
    /// same one.
    #[schema(value_type = String, format = Password)]
    refresh_token: Secret,
}

/// A request for tokens, by grant.
#[derive(Debug, ToSchema)]
#[schema(as = TokenRequest)]
#[serde(untagged)]
pub(crate) enum Grant {
    Password(PasswordGrant),
    Refresh(RefreshGrant),
}

/// A request for tokens; `None` by a grant that is not offered here.
#[derive(Debug)]
pub(crate) struct TokenRequest(Option<Grant>);

impl FromFields for TokenRequest {
    const UNKNOWN: Unknown = Unknown::Ignore;

    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let grant_type = fields.optional_text("grant_type");
        let grant = match grant_type.as_deref() {
            None | Some("password") => {
                let (username, password) = (fields.text("username"), fields.secret("password"));
                let device_token = fields.optional_secret("device_token");
                Some(Grant::Password(PasswordGrant {
                    grant_type,
                    username: username?,
                    password: password?,
                    device_token,
                }))
            }
            Some("refresh_token") => {
                let refresh_token = fields.secret("refresh_token")?;
                Some(Grant::Refresh(RefreshGrant { grant_type: "refresh_token".to_owned(), refresh_token }))
            }
            Some(_) => None,
        };
        Some(Self(grant))
    }
}

/// The tokens of a session (RFC 6749, section 5.1).
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
    /// Gets the next two; each refresh answers with another one.
    refresh_token: &'a str,
    /// After a sign-in: send it with the next one, and keep the latest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    device_token: Option<&'a str>,
}

impl TokenResponse<'_> {
    /// As the tutorial's clients know it.
    pub(super) fn without_device(self) -> Self {
        Self { device_token: None, ..self }
    }
}

impl<'a> From<&'a SignedIn> for TokenResponse<'a> {
    fn from(signed_in: &'a SignedIn) -> Self {
        let expires_in = signed_in.expires_in.as_secs();
        let (access_token, refresh_token) = (signed_in.access_token.expose(), signed_in.refresh_token.expose());
        let device_token = signed_in.device_token.as_ref().map(Secret::expose);
        Self { access_token, token_type: "Bearer", expires_in, refresh_token, device_token }
    }
}

/// What a request with this body signs in by, where it is a good request to sign in by a password.
pub(crate) fn credentials(request: &HttpRequest, body: &[u8]) -> Option<Credentials> {
    let mut cookie = DeviceCookie::from_request(request, &mut Payload::None).into_inner().ok()?;
    match JsonOrForm::of(request.headers(), body) {
        Ok(JsonOrForm(TokenRequest(Some(Grant::Password(grant))))) => Some(grant.credentials(&mut cookie)),
        _ => None,
    }
}

impl PasswordGrant {
    fn credentials(self, cookie: &mut DeviceCookie) -> Credentials {
        Credentials {
            username: self.username,
            password: Password::new(self.password),
            device_tokens: cookie.with(self.device_token),
        }
    }
}

/// Answers a grant, on either of the two routes. A refresh hashes nothing and waits for nobody who does.
pub(super) async fn grant(
    state: &AppState,
    client: Client,
    cookie: &mut DeviceCookie,
    request: TokenRequest,
) -> Result<SignedIn, Problem> {
    let (metrics, Client { origin, context }) = (Arc::clone(&state.metrics), client);
    let signed_in = match request.0.ok_or_else(|| Problem::new(Code::UnsupportedGrantType))? {
        Grant::Password(grant) => {
            let credentials = grant.credentials(cookie);
            // Before the queue: to refuse is to cost nobody else a place.
            if let Err(throttled) = state.service.admits_sign_in(&credentials, &context) {
                metrics.sign_in(Err(LoginError::Throttled(throttled)))?;
            }
            let work = move |service: &AuthService| metrics.sign_in(service.login(credentials, &context));
            let LoginOutcome::SignedIn(signed_in) = state.hash(origin, work).await?;
            signed_in
        }
        Grant::Refresh(grant) => {
            let token = grant.refresh_token;
            let work = move |service: &AuthService| metrics.refresh(service.refresh(token.expose(), &context));
            state.query(origin, work).await?
        }
    };
    note_user(signed_in.user.id);
    Ok(signed_in)
}

/// Signs in, or goes on with a session.
#[utoipa::path(post, path = "/v1/users/token", tag = "users", operation_id = "issue_token",
    request_body(content(
        (Grant = "application/json"),
        (Grant = "application/x-www-form-urlencoded"),
    )),
    responses((status = 200, description = "The tokens", body = TokenResponse<'static>,
        headers(("Set-Cookie" = Option<String>, description = "After a sign-in: the device token, for browsers")))),
)]
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
    Ok(reply.json(TokenResponse::from(&signed_in)))
}
