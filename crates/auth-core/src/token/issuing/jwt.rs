//! Access tokens as JWTs.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::cache::{CachedToken, TokenCache, digest_of};
use super::claims::user_id;
use super::key_ring::{CurrentKeys, KeyRing};
use super::sign::sign;
use crate::role::Role;
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::token::checks::{Claims, is_over, is_yet_to_come};
use crate::token::compact::Compact;
use crate::token::policy::TokenPolicy;
use crate::token::verify::{Verified, check_type, judge};
use crate::token::{
    AccessClaims, AuthMethod, SignError, TokenRejection, TokenSigner, TokenVerifier, TutorialUserId, Types,
};

/// The last instant of a second, from its first.
const WITHIN_SECOND: Duration = Duration::from_micros(999_999);

/// Signs and verifies access tokens with the keys of an issuer.
#[derive(Debug, Clone)]
pub struct Jwt {
    keys: Arc<CurrentKeys>,
    policy: TokenPolicy,
    cache: Option<Arc<TokenCache>>,
}

impl Jwt {
    /// Tokens by these keys (a [`super::KeyRing`], or [`CurrentKeys`] that somebody rotates), under this policy.
    pub fn new(keys: impl Into<Arc<CurrentKeys>>, policy: TokenPolicy) -> Self {
        Self { keys: keys.into(), policy, cache: None }
    }

    /// The same with a memory of `capacity` tokens that passed: their signatures are not computed again. A thousand take
    /// about a megabyte.
    #[must_use]
    pub fn with_cache(self, capacity: usize) -> Self {
        Self { cache: (capacity > 0).then(|| Arc::new(TokenCache::new(capacity))), ..self }
    }

    /// Whether a token that passed before passes still: its key is accepted, and its time has come and is not over.
    fn still_passes(&self, known: &CachedToken, ring: &KeyRing, now: Timestamp) -> bool {
        let (claims, leeway) = (&known.claims, self.policy.leeway);
        ring.verifying(known.key.as_str(), now).is_some()
            && !is_over(claims.expires_at, leeway, now)
            && !is_yet_to_come(claims.issued_at, leeway, now)
    }

    /// The keys.
    pub fn keys(&self) -> &CurrentKeys {
        &self.keys
    }
}

impl TokenSigner for Jwt {
    fn sign(&self, claims: &AccessClaims) -> Result<Secret, SignError> {
        let (Types::OneOf(types) | Types::OneOfOrNone(types)) = &self.policy.types;
        let typ = types.first().ok_or(SignError)?;
        let ring = self.keys.load();
        // Claims have whole seconds, and a key begins somewhere within one: in that second it signs already.
        let key = ring.signing(claims.issued_at.saturating_add(WITHIN_SECOND)).ok_or(SignError)?;
        sign(typ, Some(key.verifying().id().as_str()), &to_map(claims), key).ok_or(SignError)
    }
}

impl TokenVerifier for Jwt {
    fn verify(&self, token: &str, now: Timestamp) -> Result<Arc<AccessClaims>, TokenRejection> {
        let ring = self.keys.load();
        let cache = self.cache.as_ref().map(|cache| (cache, digest_of(token)));
        let known = cache.as_ref().and_then(|(cache, digest)| cache.find(digest));
        if let Some(known) = known.filter(|known| self.still_passes(known, &ring, now)) {
            return Ok(known.claims);
        }
        let compact = Compact::parse(token)?;
        check_type(&compact, &self.policy.types)?;
        let id = compact.key.as_deref().ok_or(TokenRejection::UnknownKey)?;
        let key = ring.verifying(id, now).ok_or(TokenRejection::UnknownKey)?;
        let claims = Arc::new(access_claims(judge(&compact, key, &self.policy, now)?)?);
        if let Some((cache, digest)) = cache {
            cache.remember(digest, &claims, key.id());
        }
        Ok(claims)
    }
}

fn access_claims(verified: Verified) -> Result<AccessClaims, TokenRejection> {
    let claims = Claims(verified.claims);
    let text = |name| claims.text(name).map(str::to_owned);
    let instant = |name| claims.instant(name)?.ok_or(TokenRejection::Claim(name));
    Ok(AccessClaims {
        issuer: text("iss")?,
        audience: text("aud")?,
        subject: claims.text("sub")?.parse().map_err(|_| TokenRejection::Claim("sub"))?,
        session: claims.text("sid")?.parse().map_err(|_| TokenRejection::Claim("sid"))?,
        token_id: text("jti")?,
        issued_at: instant("iat")?,
        expires_at: instant("exp")?,
        authenticated_at: instant("auth_time")?,
        methods: methods(&claims.0)?,
        user_id: user_id(&claims.0)?,
        username: text("username")?,
        roles: roles(&claims.0)?,
    })
}

fn to_map(claims: &AccessClaims) -> Map<String, Value> {
    let user_id = match &claims.user_id {
        TutorialUserId::Number(number) => Value::from(*number),
        TutorialUserId::Text(text) => Value::from(text.as_str()),
    };
    let members = [
        ("iss", Value::from(claims.issuer.as_str())),
        ("aud", Value::from(claims.audience.as_str())),
        ("sub", Value::from(claims.subject.to_string())),
        ("sid", Value::from(claims.session.to_string())),
        ("jti", Value::from(claims.token_id.as_str())),
        ("iat", Value::from(claims.issued_at.unix_seconds())),
        ("exp", Value::from(claims.expires_at.unix_seconds())),
        ("auth_time", Value::from(claims.authenticated_at.unix_seconds())),
        ("amr", Value::from(claims.methods.iter().map(|method| method.as_str()).collect::<Vec<_>>())),
        ("userId", user_id),
        ("username", Value::from(claims.username.as_str())),
    ];
    let roles = (!claims.roles.is_empty()).then(|| claims.roles.iter().map(Role::as_str).collect::<Vec<_>>());
    let members = members.into_iter().chain(roles.map(|roles| ("roles", Value::from(roles))));
    members.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// None is the same as no claim; a name that is no role is not passed over.
fn roles(claims: &Map<String, Value>) -> Result<Vec<Role>, TokenRejection> {
    let wrong = TokenRejection::Claim("roles");
    let Some(names) = claims.get("roles") else { return Ok(Vec::new()) };
    let names = names.as_array().filter(|names| names.len() <= Role::MOST).ok_or(wrong)?;
    names.iter().map(|name| name.as_str().and_then(Role::parse).ok_or(wrong)).collect()
}

fn methods(claims: &Map<String, Value>) -> Result<Vec<AuthMethod>, TokenRejection> {
    let names = claims.get("amr").and_then(Value::as_array).ok_or(TokenRejection::Claim("amr"))?;
    names.iter().map(|name| name.as_str().and_then(AuthMethod::parse).ok_or(TokenRejection::Claim("amr"))).collect()
}
