//! The tutorial's two functions: from data to token, and from token back to data, under one secret.
//!
//! They stand by themselves: no store, no server, no key set.
//!
//! ```
//! use auth_core::secret::Secret;
//! use auth_core::time::{Clock, SystemClock};
//! use auth_core::token::SharedSecretTokens;
//! # #[derive(serde::Serialize, serde::Deserialize, PartialEq, Debug)]
//! # #[serde(rename_all = "camelCase")]
//! # struct Data { user_id: u64, username: String }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let from_the_environment = "kept out of the source, at least 32 bytes";
//! let tokens = SharedSecretTokens::new(&Secret::new(from_the_environment))?;
//! let token = tokens.encode(&Data { user_id: 7, username: "alice".into() }, SystemClock.now())?;
//! let data: Data = tokens.decode(token.expose(), SystemClock.now())?;
//! # assert_eq!(data.user_id, 7);
//! # Ok(())
//! # }
//! ```

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::claims::user_id;
use super::key_ring::CurrentKeys;
use super::sign::sign;
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::token::checks::Claims;
use crate::token::compact::Compact;
use crate::token::policy::{Audience, LEEWAY, MAX_ACCESS_TTL, TokenPolicy, Types};
use crate::token::verify::{check_signature, check_type};
use crate::token::{KeyError, SigningKey, TokenRejection, TutorialUserId};

/// Two hours, as in the tutorial (`expiresIn: '2h'`).
const LIFETIME: Duration = Duration::from_secs(2 * 60 * 60);

/// Tokens of any data under one shared secret: HS256, `iat` and `exp` added. `jsonwebtoken` of Node reads and makes the
/// same.
#[derive(Debug, Clone)]
pub struct SharedSecretTokens {
    key: SigningKey,
    lifetime: Duration,
    /// The keys of an issuer, where the secret is one of them.
    keys: Option<Arc<CurrentKeys>>,
}

/// Why data could not be made a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The data is not a JSON object, or has an `iat` or `exp` of its own.
    #[error("the data is not an object, or has an `iat` or `exp` of its own")]
    Data,
    /// The backend failed.
    #[error("the token could not be signed")]
    Sign,
}

/// Who a token of the tutorial's own app speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TutorialClaims {
    /// The number that the app knew the user by.
    pub user_id: TutorialUserId,
    /// The name at that time.
    pub username: String,
    /// When it was issued.
    pub issued_at: Timestamp,
}

impl SharedSecretTokens {
    /// Tokens that live two hours.
    ///
    /// # Errors
    /// [`KeyError`] for a secret of fewer than 32 bytes, or a well-known one.
    pub fn new(secret: &Secret) -> Result<Self, KeyError> {
        Ok(Self { key: SigningKey::shared(secret)?, lifetime: LIFETIME, keys: None })
    }

    /// The same with another lifetime, of one second to 24 hours; others are brought into that range.
    #[must_use]
    pub fn with_lifetime(self, lifetime: Duration) -> Self {
        Self { lifetime: lifetime.clamp(Duration::from_secs(1), MAX_ACCESS_TTL), ..self }
    }

    /// The same for as long as these keys accept the secret: one that was retired opens nothing, although somebody is still
    /// configured with it.
    #[must_use]
    pub fn while_accepted(self, keys: Arc<CurrentKeys>) -> Self {
        Self { keys: Some(keys), ..self }
    }

    /// From data to token.
    ///
    /// # Errors
    /// [`EncodeError`].
    pub fn encode<T: Serialize>(&self, data: &T, now: Timestamp) -> Result<Secret, EncodeError> {
        let Ok(Value::Object(mut claims)) = serde_json::to_value(data) else { return Err(EncodeError::Data) };
        let times = [("iat", now), ("exp", now.saturating_add(self.lifetime))];
        for (name, at) in times {
            if claims.insert(name.to_owned(), at.unix_seconds().into()).is_some() {
                return Err(EncodeError::Data);
            }
        }
        sign("JWT", None, &claims, &self.key).ok_or(EncodeError::Sign)
    }

    /// From token back to data. `iat`, `exp` and `nbf` are checked and taken out; any other claim, `iss` and `aud` too, is
    /// data.
    ///
    /// # Errors
    /// [`TokenRejection`]; `Claim("data")` where the data is not what `T` asks for.
    pub fn decode<T: DeserializeOwned>(&self, token: &str, now: Timestamp) -> Result<T, TokenRejection> {
        let (mut claims, _) = self.open(token, now)?;
        claims.remove("nbf");
        serde_json::from_value(Value::Object(claims)).map_err(|_| TokenRejection::Claim("data"))
    }

    /// Reads a token of the tutorial's own app: `userId`, `username`, `iat`, `exp`, and nothing else.
    ///
    /// # Errors
    /// [`TokenRejection`].
    pub fn decode_tutorial(&self, token: &str, now: Timestamp) -> Result<TutorialClaims, TokenRejection> {
        let (claims, issued_at) = self.open(token, now)?;
        let (user_id, username) = (user_id(&claims)?, Claims(claims.clone()).text("username")?.to_owned());
        if claims.len() > 2 {
            return Err(TokenRejection::Payload);
        }
        Ok(TutorialClaims { user_id, username, issued_at })
    }

    /// Whether a token has the shape of these, so that it is decided before any check which way it goes: a `kid` means
    /// that it does not.
    pub fn is_candidate(token: &str) -> bool {
        Compact::parse(token).is_ok_and(|compact| compact.key.is_none())
    }

    fn open(&self, token: &str, now: Timestamp) -> Result<(Map<String, Value>, Timestamp), TokenRejection> {
        let compact = Compact::parse(token)?;
        if compact.key.is_some() {
            return Err(TokenRejection::Header);
        }
        let policy = policy();
        check_type(&compact, &policy.types)?;
        check_signature(&compact, self.key.verifying())?;
        let id = self.key.verifying().id().as_str();
        if self.keys.as_ref().is_some_and(|keys| keys.load().verifying(id, now).is_none()) {
            return Err(TokenRejection::UnknownKey);
        }
        let mut claims = Claims(compact.claims()?);
        let (issued_at, expires_at) = claims.check_times(&policy, now)?;
        let issued_at = issued_at.ok_or(TokenRejection::Claim("iat"))?;
        expires_at.ok_or(TokenRejection::Claim("exp"))?;
        for name in ["iat", "exp"] {
            claims.0.remove(name);
        }
        Ok((claims.0, issued_at))
    }
}

/// Of its times and its type; there is no issuer and no audience.
fn policy() -> TokenPolicy {
    TokenPolicy {
        issuer: String::new(),
        audience: Audience::Exactly(String::new()),
        types: Types::OneOfOrNone(vec!["JWT".to_owned()]),
        required: vec!["iat", "exp"],
        leeway: LEEWAY,
        max_lifetime: Some(MAX_ACCESS_TTL),
        needs_key_id: false,
    }
}
