//! `/.well-known`: what other services read to verify our tokens.

use actix_web::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use actix_web::{HttpRequest, HttpResponse, web};
use aws_lc_rs::digest::{SHA256, digest};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde::Serialize;
use utoipa::ToSchema;

use crate::state::AppState;

/// Five minutes: a new key is published a day before it signs, and a key that was withdrawn is not trusted for long.
const CACHE: &str = "public, max-age=300";

/// The keys that verify access tokens (RFC 7517, section 5). Only for the document: the core makes the set.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "here for the document")]
pub(crate) struct JwkSet {
    /// Complete public keys, each with `kid` (RFC 7638), `use` and `alg`. Empty where tokens are signed by HS256.
    #[schema(value_type = Vec<Object>)]
    keys: Vec<serde_json::Value>,
}

/// The public keys.
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "standards", operation_id = "get_jwks", responses(
    (status = 200, description = "The keys", body = JwkSet, headers(("ETag" = String, description = "Of this set"))),
    (status = 304, description = "The set that the client has"),
))]
pub(crate) async fn jwks(state: web::Data<AppState>, request: HttpRequest) -> HttpResponse {
    let set = state.keys.load().jwk_set(state.service.now()).to_string();
    let tag = entity_tag(&set);
    let mut response = if is_known(&request, &tag) { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((CACHE_CONTROL, CACHE)).insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, "*"));
    response.insert_header((ETAG, tag.as_str()));
    if is_known(&request, &tag) { response.finish() } else { response.content_type("application/json").body(set) }
}

/// Of the bytes and nothing else: every instance and every build has one tag for one set.
fn entity_tag(set: &str) -> String {
    format!("\"{}\"", Base64UrlUnpadded::encode_string(digest(&SHA256, set.as_bytes()).as_ref()))
}

/// RFC 9110, section 13.1.2: weak comparison, any of a list, or `*`.
fn is_known(request: &HttpRequest, tag: &str) -> bool {
    let mut values = request.headers().get_all(IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
    values.any(|value| {
        value.split(',').map(str::trim).any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
    })
}

/// What this server is and can do (RFC 8414, section 2); nothing that it cannot.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Metadata {
    issuer: String,
    token_endpoint: String,
    revocation_endpoint: String,
    introspection_endpoint: String,
    jwks_uri: String,
    service_documentation: String,
    #[schema(value_type = Vec<String>)]
    grant_types_supported: [&'static str; 2],
    /// Required by RFC 8414; empty, for there is no authorization endpoint.
    #[schema(value_type = Vec<String>)]
    response_types_supported: [&'static str; 0],
    #[schema(value_type = Vec<String>)]
    token_endpoint_auth_methods_supported: [&'static str; 1],
    #[schema(value_type = Vec<String>)]
    revocation_endpoint_auth_methods_supported: [&'static str; 1],
    /// `client_secret_basic` where services are configured (`introspection.clients`); `Bearer` always.
    #[schema(value_type = Vec<String>)]
    introspection_endpoint_auth_methods_supported: &'static [&'static str],
}

/// The server's metadata.
#[utoipa::path(get, path = "/.well-known/oauth-authorization-server", tag = "standards", operation_id = "get_metadata", responses(
    (status = 200, description = "The metadata", body = Metadata),
))]
pub(crate) async fn metadata(state: web::Data<AppState>) -> HttpResponse {
    let at = |path: &str| format!("{}{path}", state.http.public_url);
    HttpResponse::Ok().insert_header((CACHE_CONTROL, CACHE)).insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, "*")).json(
        Metadata {
            issuer: state.service.settings().issuer.clone(),
            token_endpoint: at("/v1/users/token"),
            revocation_endpoint: at("/oauth/revoke"),
            introspection_endpoint: at("/oauth/introspect"),
            jwks_uri: at("/.well-known/jwks.json"),
            service_documentation: at("/docs"),
            grant_types_supported: ["password", "refresh_token"],
            response_types_supported: [],
            token_endpoint_auth_methods_supported: ["none"],
            revocation_endpoint_auth_methods_supported: ["none"],
            introspection_endpoint_auth_methods_supported: match state.http.clients.as_slice() {
                [] => &["Bearer"],
                _ => &["client_secret_basic", "Bearer"],
            },
        },
    )
}
