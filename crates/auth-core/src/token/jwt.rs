//! Access tokens as JWTs. The library makes and checks raw signatures; everything around them is decided here.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::compact::{Compact, unsigned};
use super::keys::{KeyRing, SigningKey, VerifyingKey};
use super::{
    AccessClaims, Algorithm, AuthMethod, SignError, TokenRejection, TokenSigner, TokenVerifier, TutorialUserId,
};
use crate::secret::Secret;
use crate::time::Timestamp;

/// No token of ours lives longer; one that claims to is not ours.
pub const MAX_ACCESS_TTL: Duration = Duration::from_secs(24 * 60 * 60);

/// What a token must say to be accepted here.
#[derive(Debug, Clone)]
pub struct TokenPolicy {
    /// `iss`, byte for byte.
    pub issuer: String,
    /// `aud`, byte for byte; a list does not pass.
    pub audience: String,
    /// The `typ` of the header: `JWT` or `at+jwt`.
    pub typ: String,
    /// How far clocks may differ, both ways.
    pub leeway: Duration,
}

/// Signs and verifies access tokens with one key ring.
#[derive(Debug, Clone)]
pub struct Jwt {
    keys: Arc<KeyRing>,
    policy: TokenPolicy,
}

impl Jwt {
    /// Tokens by these keys, under this policy.
    pub fn new(keys: Arc<KeyRing>, policy: TokenPolicy) -> Self {
        Self { keys, policy }
    }

    /// The keys.
    pub fn keys(&self) -> &KeyRing {
        &self.keys
    }
}

impl TokenSigner for Jwt {
    fn sign(&self, claims: &AccessClaims) -> Result<Secret, SignError> {
        let key = self.keys.signing();
        sign(&self.policy.typ, Some(key.verifying().id().as_str()), &to_map(claims), key)
    }
}

impl TokenVerifier for Jwt {
    fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, TokenRejection> {
        let compact = Compact::parse(token)?;
        if !compact.is_of_type(&self.policy.typ) {
            return Err(TokenRejection::Type);
        }
        let id = compact.key.as_deref().ok_or(TokenRejection::UnknownKey)?;
        let key = self.keys.verifying(id).ok_or(TokenRejection::UnknownKey)?;
        check_signature(&compact, key)?;
        let mut claims = Claims(compact.claims()?);
        if claims.text("iss")? != self.policy.issuer {
            return Err(TokenRejection::Claim("iss"));
        }
        if claims.text("aud")? != self.policy.audience {
            return Err(TokenRejection::Claim("aud"));
        }
        let (issued_at, expires_at) = claims.times(now, self.policy.leeway)?;
        Ok(AccessClaims {
            issuer: self.policy.issuer.clone(),
            audience: self.policy.audience.clone(),
            subject: claims.text("sub")?.parse().map_err(|_| TokenRejection::Claim("sub"))?,
            session: claims.text("sid")?.parse().map_err(|_| TokenRejection::Claim("sid"))?,
            token_id: claims.text("jti")?,
            issued_at,
            expires_at,
            authenticated_at: claims.instant("auth_time")?,
            methods: claims.methods()?,
            user_id: claims.user_id()?,
            username: claims.text("username")?,
        })
    }
}

pub(super) fn sign(
    typ: &str,
    kid: Option<&str>,
    claims: &Map<String, Value>,
    key: &SigningKey,
) -> Result<Secret, SignError> {
    let algorithm = key.verifying().algorithm();
    let mut header = Map::new();
    header.insert("alg".to_owned(), algorithm.as_str().into());
    header.insert("typ".to_owned(), typ.into());
    if let Some(kid) = kid {
        header.insert("kid".to_owned(), kid.into());
    }
    let message = unsigned(&header, claims).ok_or(SignError)?;
    let signature =
        jsonwebtoken::crypto::sign(message.as_bytes(), &key.private, backend(algorithm)).map_err(|_| SignError)?;
    Ok(Secret::new(format!("{message}.{signature}")))
}

/// The key chooses the algorithm; the header must agree.
pub(super) fn check_signature(compact: &Compact<'_>, key: &VerifyingKey) -> Result<(), TokenRejection> {
    if compact.algorithm != key.algorithm().as_str() {
        return Err(TokenRejection::Algorithm);
    }
    let fits =
        jsonwebtoken::crypto::verify(compact.signature, compact.signed.as_bytes(), &key.key, backend(key.algorithm()));
    if matches!(fits, Ok(true)) { Ok(()) } else { Err(TokenRejection::Signature) }
}

const fn backend(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    match algorithm {
        Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::EdDsa => jsonwebtoken::Algorithm::EdDSA,
        Algorithm::Hs256 => jsonwebtoken::Algorithm::HS256,
        Algorithm::Ps256 => jsonwebtoken::Algorithm::PS256,
        Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
    }
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
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Claims that are taken one by one, each of its one type.
pub(super) struct Claims(pub(super) Map<String, Value>);

impl Claims {
    pub(super) fn text(&mut self, name: &'static str) -> Result<String, TokenRejection> {
        match self.0.remove(name) {
            Some(Value::String(text)) if !text.is_empty() => Ok(text),
            _ => Err(TokenRejection::Claim(name)),
        }
    }

    /// Whole seconds from 1970 on; `1.5`, `"1"`, `1e300` and `-1` are none.
    fn instant(&mut self, name: &'static str) -> Result<Timestamp, TokenRejection> {
        let seconds = self.0.remove(name).and_then(|value| value.as_i64()).filter(|seconds| *seconds >= 0);
        seconds.map(Timestamp::from_unix_seconds).ok_or(TokenRejection::Claim(name))
    }

    /// `iat` and `exp`, in order, of their time, and no further apart than any token of ours.
    pub(super) fn times(&mut self, now: Timestamp, leeway: Duration) -> Result<(Timestamp, Timestamp), TokenRejection> {
        let issued_at = self.instant("iat")?;
        let expires_at = self.instant("exp")?;
        if expires_at <= issued_at || expires_at.since(issued_at) > MAX_ACCESS_TTL {
            return Err(TokenRejection::Claim("exp"));
        }
        if now > expires_at.saturating_add(leeway) {
            return Err(TokenRejection::Expired);
        }
        // Ours carry no `nbf`; those of others may, and mean it (RFC 7519, section 4.1.5).
        let not_before = if self.0.contains_key("nbf") { self.instant("nbf")? } else { issued_at };
        if issued_at.max(not_before) > now.saturating_add(leeway) {
            return Err(TokenRejection::NotYetValid);
        }
        Ok((issued_at, expires_at))
    }

    pub(super) fn user_id(&mut self) -> Result<TutorialUserId, TokenRejection> {
        match self.0.remove("userId") {
            Some(Value::String(text)) if !text.is_empty() => Ok(TutorialUserId::Text(text)),
            Some(Value::Number(number)) => {
                number.as_i64().map(TutorialUserId::Number).ok_or(TokenRejection::Claim("userId"))
            }
            _ => Err(TokenRejection::Claim("userId")),
        }
    }

    fn methods(&mut self) -> Result<Vec<AuthMethod>, TokenRejection> {
        let Some(Value::Array(names)) = self.0.remove("amr") else { return Err(TokenRejection::Claim("amr")) };
        names.iter().map(|name| name.as_str().and_then(AuthMethod::parse).ok_or(TokenRejection::Claim("amr"))).collect()
    }
}
