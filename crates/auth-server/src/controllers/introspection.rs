//! `POST /oauth/introspect` (RFC 7662).

use actix_web::{HttpResponse, web};
use auth_core::secret::Secret;
use auth_core::service::{ActiveAccess, ActiveRefresh, Introspection};
use auth_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::{Asks, Fields, FromFields, JsonOrForm, Peer, Unknown};
use crate::problem::Problem;
use crate::state::AppState;

/// A token to ask about (RFC 7662, section 2.1). Other members are ignored.
#[derive(Debug, ToSchema)]
pub(crate) struct IntrospectionRequest {
    /// An access token or a refresh token.
    #[schema(value_type = String, format = Password)]
    token: Secret,
    /// What the asker takes it for. A token is known without it.
    #[schema(value_type = String, required = false, example = "access_token")]
    #[expect(dead_code, reason = "of no use here; in the document, for clients send it")]
    token_type_hint: Option<String>,
}

impl FromFields for IntrospectionRequest {
    const UNKNOWN: Unknown = Unknown::Ignore;

    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (token, token_type_hint) = (fields.secret("token"), fields.optional_text("token_type_hint"));
        Some(Self { token: token?, token_type_hint })
    }
}

/// What a token is worth (RFC 7662, section 2.2). One that is no good, or not for the asker to know about, is not active,
/// and nothing more is said.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct IntrospectionResponse {
    /// Whether it is good now.
    active: bool,
    /// `Bearer` for an access token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>, example = "Bearer")]
    token_type: Option<&'static str>,
    /// The account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Uuid)]
    sub: Option<String>,
    /// The account's name, as it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "alice")]
    username: Option<String>,
    /// Who issued it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "uri")]
    iss: Option<String>,
    /// For whom, where it is an access token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    aud: Option<String>,
    /// When it was issued, where that is known: seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    iat: Option<i64>,
    /// When it expires, if nothing happens before: seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    exp: Option<i64>,
    /// The id of an access token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    jti: Option<String>,
    /// The session.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Uuid)]
    sid: Option<String>,
}

impl From<ActiveAccess> for IntrospectionResponse {
    fn from(ActiveAccess { user, claims }: ActiveAccess) -> Self {
        Self {
            active: true,
            token_type: Some("Bearer"),
            sub: Some(user.id.to_string()),
            username: Some(user.name.as_entered().to_owned()),
            iss: Some(claims.issuer.clone()),
            aud: Some(claims.audience.clone()),
            iat: Some(claims.issued_at.unix_seconds()),
            exp: Some(claims.expires_at.unix_seconds()),
            jti: Some(claims.token_id.clone()),
            sid: Some(claims.session.to_string()),
        }
    }
}

impl IntrospectionResponse {
    /// Of a refresh token: for nobody but the issuer, and of no registered type.
    fn of_refresh(active: &ActiveRefresh, issuer: &str) -> Self {
        Self {
            active: true,
            sub: Some(active.user.id.to_string()),
            username: Some(active.user.name.as_entered().to_owned()),
            iss: Some(issuer.to_owned()),
            iat: active.issued_at.map(Timestamp::unix_seconds),
            exp: Some(active.expires_at.unix_seconds()),
            sid: Some(active.session.to_string()),
            ..Self::default()
        }
    }
}

/// What a token is worth now, by its session and account as the database has them. A configured service may ask about any
/// token, whoever bears a token about those of the same account.
#[utoipa::path(post, path = "/oauth/introspect", tag = "standards", operation_id = "introspect_token",
    security(("basic" = []), ("bearer" = [])),
    request_body(content(
        (IntrospectionRequest = "application/x-www-form-urlencoded"),
        (IntrospectionRequest = "application/json"),
    )),
    responses((status = 200, description = "What it is worth", body = IntrospectionResponse)),
)]
pub(crate) async fn introspect(
    state: web::Data<AppState>,
    Peer(origin): Peer,
    asks: Asks,
    JsonOrForm(request): JsonOrForm<IntrospectionRequest>,
) -> Result<HttpResponse, Problem> {
    // A token of a key that is new to this instance must not be taken for one that is no good.
    state.learn_key(&request.token).await;
    let found = state.query(origin, move |service| service.introspect(request.token.expose(), asks.asker())).await?;
    Ok(HttpResponse::Ok().json(match found {
        Introspection::Inactive => IntrospectionResponse::default(),
        Introspection::Access(active) => IntrospectionResponse::from(*active),
        Introspection::Refresh(active) => IntrospectionResponse::of_refresh(&active, &state.service.settings().issuer),
    }))
}
