//! `POST /oauth/revoke` (RFC 7009).

use actix_web::{HttpResponse, web};
use auth_core::secret::Secret;
use utoipa::ToSchema;

use crate::extract::{Client, Fields, FromFields, JsonOrForm, Unknown};
use crate::problem::Problem;
use crate::state::AppState;

/// A token to revoke (RFC 7009, section 2.1). Other members are ignored.
#[derive(Debug, ToSchema)]
pub(crate) struct RevocationRequest {
    /// A refresh token or an access token. Its session ends.
    #[schema(value_type = String, format = Password)]
    token: Secret,
    /// What the client takes it for. A token is known without it.
    #[schema(value_type = String, required = false, example = "refresh_token")]
    #[expect(dead_code, reason = "of no use here; in the document, for clients send it")]
    token_type_hint: Option<String>,
}

impl FromFields for RevocationRequest {
    const UNKNOWN: Unknown = Unknown::Ignore;

    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (token, token_type_hint) = (fields.secret("token"), fields.optional_text("token_type_hint"));
        Some(Self { token: token?, token_type_hint })
    }
}

/// Ends the session of a token. Whoever holds a token may; one that is unknown is as good as revoked.
#[utoipa::path(post, path = "/oauth/revoke", tag = "standards", operation_id = "revoke_token",
    request_body(content(
        (RevocationRequest = "application/x-www-form-urlencoded"),
        (RevocationRequest = "application/json"),
    )),
    responses((status = 200, description = "It opens nothing any more, known or not")),
)]
pub(crate) async fn revoke(
    state: web::Data<AppState>,
    client: Client,
    JsonOrForm(request): JsonOrForm<RevocationRequest>,
) -> Result<HttpResponse, Problem> {
    // A token of a key that is new to this instance must not be taken for one that opens nothing.
    state.learn_key(&request.token).await;
    state.query(client.origin, move |service| service.revoke(request.token.expose(), &client.context)).await?;
    Ok(HttpResponse::Ok().finish())
}
