//! `/v1/admin/keys`: the signing keys.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use auth_core::AuthService;
use auth_core::service::{AdminKeyError, Authority, KeyListing, RotateError, When};
use auth_core::token::KeyState;
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::{AdminRequest, Administrator, Client, Fields, FromFields, Json, Peer, Unknown};
use crate::problem::{FieldCode, Problem};
use crate::state::AppState;

/// A signing key. Nothing in it is secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SigningKey)]
pub(crate) struct KeyBody {
    /// The `kid` of its tokens.
    id: String,
    /// How it signs.
    #[schema(example = "ES256")]
    algorithm: &'static str,
    state: KeyStateBody,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it began, or begins, to sign.
    #[schema(format = DateTime)]
    signs_from: String,
    /// When its tokens stop, or stopped, being accepted, where that is known.
    #[schema(required = true, format = DateTime)]
    accepted_until: Option<String>,
    /// When it was retired in an emergency.
    #[schema(required = true, format = DateTime)]
    revoked_at: Option<String>,
}

/// What a key is used for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KeyState)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeyStateBody {
    /// It is in the key set, and does not sign yet.
    Published,
    /// It signs.
    Signing,
    /// Its tokens are accepted still.
    Verifying,
    /// Nothing that it signed is accepted.
    Retired,
}

impl From<KeyListing> for KeyBody {
    fn from(key: KeyListing) -> Self {
        Self {
            id: key.id.as_str().to_owned(),
            algorithm: key.algorithm.as_str(),
            state: match key.state {
                KeyState::Published => KeyStateBody::Published,
                KeyState::Signing => KeyStateBody::Signing,
                KeyState::Verifying => KeyStateBody::Verifying,
                KeyState::Retired => KeyStateBody::Retired,
            },
            created_at: key.created_at.to_string(),
            signs_from: key.signs_from.to_string(),
            accepted_until: key.accepted_until.map(|at| at.to_string()),
            revoked_at: key.revoked_at.map(|at| at.to_string()),
        }
    }
}

/// The signing keys, in the order in which they sign.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyList {
    data: Vec<KeyBody>,
    /// Always `null`: there are few.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// When a new key signs.
#[derive(Debug, Default, ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum Activate {
    /// Once it was published for `token.key_publish_ahead`, so that whoever keeps a key set knows it by then.
    #[default]
    Scheduled,
    /// Now. Verifiers must ask for the key set again when they meet it.
    Now,
}

/// A signing key to be made.
#[derive(Debug, ToSchema)]
pub(crate) struct KeyRotation {
    #[schema(required = false)]
    activate: Activate,
}

impl FromFields for KeyRotation {
    const UNKNOWN: Unknown = Unknown::Refuse;

    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let activate = fields.optional("activate", FieldCode::UnknownValue, |word| match word {
            "scheduled" => Some(Activate::Scheduled),
            "now" => Some(Activate::Now),
            _ => None,
        });
        Some(Self { activate: activate.unwrap_or_default() })
    }
}

/// Every signing key that there is and was.
#[utoipa::path(get, path = "/v1/admin/keys", tag = "administration", operation_id = "list_keys", security(("bearer" = [])),
    responses((status = 200, description = "The keys", body = KeyList)),
)]
pub(crate) async fn list(
    state: web::Data<AppState>,
    Administrator(caller): Administrator,
    Peer(origin): Peer,
) -> Result<web::Json<KeyList>, Problem> {
    let keys = Arc::clone(&state.signing_keys);
    let all = state.query(origin, move |service| service.list_keys(Authority::Caller(&caller), &keys)).await?;
    Ok(web::Json(KeyList { data: all.into_iter().map(KeyBody::from).collect(), next_cursor: None }))
}

/// Publishes the next signing key, or lets one sign now. The key that signs until then verifies until its last token has died.
#[utoipa::path(post, path = "/v1/admin/keys", tag = "administration", operation_id = "rotate_keys", security(("bearer" = [])),
    request_body = KeyRotation, responses((status = 201, description = "The key", body = KeyBody)),
)]
pub(crate) async fn rotate(
    state: web::Data<AppState>,
    AdminRequest(caller, Json(request)): AdminRequest<Json<KeyRotation>>,
    client: Client,
) -> Result<HttpResponse, Problem> {
    let keys = Arc::clone(&state.signing_keys);
    let when = match request.activate {
        Activate::Scheduled => When::Ahead,
        Activate::Now => When::Now,
    };
    let Client { origin, context } = client;
    // On the lane of hashes: an RSA key takes as long to make.
    let work = move |service: &AuthService| {
        let made = service.rotate_keys(Authority::Caller(&caller), &keys, when, &context)?.id;
        let all = keys.list().map_err(RotateError::from)?;
        Ok::<_, AdminKeyError>(all.into_iter().find(|key| key.id == made))
    };
    let made = state.hash(origin, work).await?.ok_or_else(|| Problem::internal("the new key is not listed"))?;
    Ok(HttpResponse::Created().json(KeyBody::from(made)))
}
