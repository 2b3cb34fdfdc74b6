//! What an access token says.

use serde_json::{Map, Value};

use crate::id::{SessionId, UserId};
use crate::role::Role;
use crate::time::Timestamp;
use crate::token::TokenRejection;

/// The claims of an access token (RFC 9068, section 2.2, and the tutorial's two). Times are whole seconds: a fraction
/// trips strict verifiers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessClaims {
    /// `iss`: who issued it, byte for byte.
    pub issuer: String,
    /// `aud`: for whom, byte for byte.
    pub audience: String,
    /// `sub`: the account.
    pub subject: UserId,
    /// `sid`: the session.
    pub session: SessionId,
    /// `jti`: the token's own id.
    pub token_id: String,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `exp`.
    pub expires_at: Timestamp,
    /// `auth_time`: when the user last proved who they are.
    pub authenticated_at: Timestamp,
    /// `amr`: how.
    pub methods: Vec<AuthMethod>,
    /// `userId`, as the tutorial's clients read it.
    pub user_id: TutorialUserId,
    /// `username`, as entered.
    pub username: String,
    /// `roles`, when there are any (RFC 9068, section 2.2.3.1): what the account had when the token was issued.
    pub roles: Vec<Role>,
}

/// How somebody proved who they are (RFC 8176, section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuthMethod {
    /// By password.
    Password,
}

impl AuthMethod {
    /// The registered name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "pwd",
        }
    }

    /// The inverse of [`AuthMethod::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        (text == Self::Password.as_str()).then_some(Self::Password)
    }
}

/// The `userId` claim: a number where the account was imported with one, else the account's id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub enum TutorialUserId {
    /// The number of the system before.
    Number(i64),
    /// Our id.
    Text(String),
}

/// The claim, of either type.
pub(super) fn user_id(claims: &Map<String, Value>) -> Result<TutorialUserId, TokenRejection> {
    let id = match claims.get("userId") {
        Some(Value::String(text)) if !text.is_empty() => Some(TutorialUserId::Text(text.clone())),
        Some(Value::Number(number)) => number.as_i64().map(TutorialUserId::Number),
        _ => None,
    };
    id.ok_or(TokenRejection::Claim("userId"))
}
