//! Claims, each of its one type.

use std::time::Duration;

use serde_json::{Map, Value};

use super::TokenRejection;
use super::policy::{Audience, TokenPolicy};
use crate::time::Timestamp;

/// The registered claims that are texts (RFC 7519, section 4.1; `sid`: `OpenID` Connect Front-Channel Logout, section 3).
const TEXTS: [&str; 4] = ["iss", "sub", "jti", "sid"];

/// What a payload claims.
pub(super) struct Claims(pub(super) Map<String, Value>);

impl Claims {
    /// A text that is there and not empty.
    #[cfg(feature = "service")]
    pub(super) fn text(&self, name: &'static str) -> Result<&str, TokenRejection> {
        self.0.get(name).and_then(said).ok_or(TokenRejection::Claim(name))
    }

    /// Whole seconds from 1970 on, `None` where the claim is not there; `1.5`, `"1"`, `1e300`, `null` and `-1` are wrong.
    pub(super) fn instant(&self, name: &'static str) -> Result<Option<Timestamp>, TokenRejection> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        let seconds = value.as_i64().filter(|seconds| *seconds >= 0).ok_or(TokenRejection::Claim(name))?;
        Ok(Some(Timestamp::from_unix_seconds(seconds)))
    }

    /// Issuer and audience are the policy's; the other registered texts are texts.
    pub(super) fn check_texts(&self, policy: &TokenPolicy) -> Result<(), TokenRejection> {
        for name in TEXTS {
            let Some(value) = self.0.get(name) else { continue };
            if said(value).is_none_or(|text| name == "iss" && text != policy.issuer) {
                return Err(TokenRejection::Claim(name));
            }
        }
        match self.0.get("aud") {
            Some(audience) if !is_for(audience, &policy.audience) => Err(TokenRejection::Claim("aud")),
            _ => Ok(()),
        }
    }

    /// `iat` and `exp`: in order, of their time, and no further apart than the policy lets them be.
    pub(super) fn check_times(
        &self,
        policy: &TokenPolicy,
        now: Timestamp,
    ) -> Result<(Option<Timestamp>, Option<Timestamp>), TokenRejection> {
        let (issued_at, expires_at) = (self.instant("iat")?, self.instant("exp")?);
        if let Some(expires_at) = expires_at {
            let longest = policy.max_lifetime.unwrap_or(Duration::MAX);
            let is_out_of_order = issued_at.is_some_and(|issued_at| expires_at <= issued_at);
            if is_out_of_order || expires_at.since(issued_at.unwrap_or(now)) > longest {
                return Err(TokenRejection::Claim("exp"));
            }
        }
        if expires_at.is_some_and(|at| is_over(at, policy.leeway, now)) {
            return Err(TokenRejection::Expired);
        }
        // Ours carry no `nbf`; those of others may, and mean it (RFC 7519, section 4.1.5).
        let latest = issued_at.max(self.instant("nbf")?);
        if latest.is_some_and(|at| is_yet_to_come(at, policy.leeway, now)) {
            return Err(TokenRejection::NotYetValid);
        }
        Ok((issued_at, expires_at))
    }

    pub(super) fn check_presence(&self, required: &[&'static str]) -> Result<(), TokenRejection> {
        let missing = required.iter().find(|name| !self.0.contains_key(**name));
        missing.map_or(Ok(()), |name| Err(TokenRejection::Claim(name)))
    }
}

/// RFC 7519, section 4.1.4: refused on `exp` and after it; the leeway is granted in full.
pub(super) fn is_over(expires_at: Timestamp, leeway: Duration, now: Timestamp) -> bool {
    now >= expires_at && (leeway.is_zero() || now > expires_at.saturating_add(leeway))
}

/// RFC 7519, section 4.1.5: refused before.
pub(super) fn is_yet_to_come(not_before: Timestamp, leeway: Duration, now: Timestamp) -> bool {
    not_before > now.saturating_add(leeway)
}

/// A text that is not empty.
fn said(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty())
}

/// A policy that names no audience is for nobody's tokens.
fn is_for(audience: &Value, wanted: &Audience) -> bool {
    let (Audience::Exactly(text) | Audience::Among(text)) = wanted;
    let is_wanted = |audience: &Value| !text.is_empty() && audience == text.as_str();
    match (audience, wanted) {
        (Value::Array(audiences), Audience::Among(_)) => {
            audiences.iter().all(Value::is_string) && audiences.iter().any(is_wanted)
        }
        _ => is_wanted(audience),
    }
}
