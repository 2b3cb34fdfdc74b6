//! The compact form of a JWS (RFC 7515, section 7.1), read strictly.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::TokenRejection;
use crate::json;

/// The longest token that is looked at.
const MAX_TOKEN: usize = 8 * 1_024;
/// The longest header, encoded.
const MAX_HEADER: usize = 1_024;
/// Ours are flat; a nested claim of two levels is the most that anybody needs.
const MAX_DEPTH: usize = 4;

/// A token taken apart, nothing verified.
pub(super) struct Compact<'t> {
    /// What was signed: header and payload as they came.
    pub(super) signed: &'t str,
    payload: &'t str,
    pub(super) signature: Vec<u8>,
    pub(super) algorithm: String,
    pub(super) key: Option<String>,
    typ: Option<String>,
}

impl<'t> Compact<'t> {
    pub(super) fn parse(token: &'t str) -> Result<Self, TokenRejection> {
        if token.len() > MAX_TOKEN {
            return Err(TokenRejection::Malformed);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenRejection::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(TokenRejection::Malformed)?;
        if header.len() > MAX_HEADER || payload.contains('.') || payload.is_empty() || signature.is_empty() {
            return Err(TokenRejection::Malformed);
        }
        let signature = decode(signature)?;
        let mut members = json::parse_object(&decode(header)?, 1).map_err(|_| TokenRejection::Header)?;
        let mut text = |name: &str| match members.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(TokenRejection::Header),
        };
        let (algorithm, typ, key) = (text("alg")?, text("typ")?, text("kid")?);
        // What is left is `crit`, `jwk`, `jku`, `x5u`, `b64`, `zip` or `cty`: nothing that ours carry (RFC 8725, 3.10).
        if !members.is_empty() {
            return Err(TokenRejection::Header);
        }
        let algorithm = algorithm.ok_or(TokenRejection::Header)?;
        Ok(Self { signed, payload, signature, algorithm, key, typ })
    }

    /// Compares `typ` as a media type: without case, with or without `application/` (RFC 7515, section 4.1.9).
    pub(super) fn is_of_type(&self, expected: &str) -> bool {
        let Some(typ) = self.typ.as_deref() else { return false };
        let bare = typ.split_at_checked("application/".len());
        let bare = bare.filter(|(media, _)| media.eq_ignore_ascii_case("application/")).map_or(typ, |(_, rest)| rest);
        bare.eq_ignore_ascii_case(expected)
    }

    pub(super) fn has_type(&self) -> bool {
        self.typ.is_some()
    }

    /// The payload's bytes. Call it after the signature was verified.
    pub(super) fn payload(&self) -> Result<Vec<u8>, TokenRejection> {
        decode(self.payload)
    }

    /// The payload as claims. Call it after the signature was verified.
    pub(super) fn claims(&self) -> Result<Map<String, Value>, TokenRejection> {
        json::parse_object(&self.payload()?, MAX_DEPTH).map_err(|_| TokenRejection::Payload)
    }
}

/// No padding, no foreign letters, no spare bits.
fn decode(part: &str) -> Result<Vec<u8>, TokenRejection> {
    BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenRejection::Malformed)
}
