//! What attackers try on tokens and keys, and beside each try what must pass: rows of a catalogue of published attacks, by
//! which the tests are numbered (`docs/CONTRIBUTING.md`).

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "../support/tokens.rs"]
mod tokens;

mod algorithms;
mod audiences;
mod claims;
mod der;
mod forms;
mod headers;
mod imports;
mod key_sets;
mod public_keys;
mod ring;
mod signatures;
mod times;

use auth_core::token::{Algorithm, TokenRejection, verify};
use serde_json::Value;
use tokens::{NOW, Pair, pair, policy};

/// What the verifier says to a token of this pair.
fn judge(pair: &Pair, token: &str) -> Result<(), TokenRejection> {
    verify(token, &pair.set, &policy(), NOW).map(|_| ())
}

/// What it says to a rightly signed token of this header and this payload.
fn signed(header: &Value, payload: &Value) -> Result<(), TokenRejection> {
    let pair = pair(Algorithm::Hs256);
    judge(pair, &pair.json(header, payload))
}
