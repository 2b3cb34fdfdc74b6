//! What a token must say to be accepted.

use std::time::Duration;

/// No token of ours lives longer; one that claims to is not ours.
pub const MAX_ACCESS_TTL: Duration = Duration::from_secs(24 * 60 * 60);
/// How far clocks may differ, unless told otherwise.
pub const LEEWAY: Duration = Duration::from_secs(5);

/// What a token must say to be accepted. [`TokenPolicy::new`] is the policy for tokens of our own server; for those of
/// others, change what differs:
///
/// ```
/// use auth_core::token::{Audience, TokenPolicy};
/// let ours = TokenPolicy::new("https://auth.example", "https://api.example");
/// let theirs = TokenPolicy {
///     audience: Audience::Among("https://api.example".to_owned()),
///     required: vec!["exp", "iss", "aud", "sub"],
///     max_lifetime: None,
///     ..TokenPolicy::new("https://idp.example", "")
/// };
/// # assert!(ours.required.contains(&"sid") && theirs.issuer == "https://idp.example");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPolicy {
    /// `iss`, byte for byte. Compared wherever it is there.
    pub issuer: String,
    /// What `aud` must be, wherever it is there.
    pub audience: Audience,
    /// The `typ` that pass, compared as media types (RFC 7515, section 4.1.9).
    pub types: Types,
    /// The claims that must be there. Each of `exp`, `iat`, `nbf`, `iss`, `aud`, `sub`, `jti` and `sid` must be of its type
    /// wherever it is there, required or not; of any other name only the presence is checked.
    pub required: Vec<&'static str>,
    /// How far clocks may differ, both ways.
    pub leeway: Duration,
    /// The longest that `exp` may lie behind `iat`; `None`: any.
    pub max_lifetime: Option<Duration>,
    /// Whether a token without `kid` is refused even where the set has one key only.
    pub needs_key_id: bool,
}

/// What `aud` must be (RFC 7519, section 4.1.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// This text, byte for byte; a list does not pass.
    Exactly(String),
    /// This text, or a list that has it.
    Among(String),
}

/// Which `typ` pass (RFC 8725, section 3.11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Types {
    /// One of these, and it must be there.
    OneOf(Vec<String>),
    /// One of these, or none at all: for issuers that leave `typ` out.
    OneOfOrNone(Vec<String>),
}

impl TokenPolicy {
    /// For access tokens of our own server: every claim that it sets required, type `JWT`, one audience, five seconds of
    /// leeway, a day of life at most.
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            audience: Audience::Exactly(audience.into()),
            types: Types::OneOf(vec!["JWT".to_owned()]),
            required: vec!["exp", "iat", "iss", "aud", "sub", "jti", "sid"],
            leeway: LEEWAY,
            max_lifetime: Some(MAX_ACCESS_TTL),
            needs_key_id: true,
        }
    }
}
