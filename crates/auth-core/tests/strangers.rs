//! A million tokens of strangers. A test program of its own: it measures the memory of the process.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "support/tokens.rs"]
mod tokens;

use auth_core::token::{Algorithm, Jwt, KeyRing, TokenRejection, TokenVerifier, verify};
use tokens::{NOW, encode, pair, policy};

/// Pages that are resident (proc(5), `statm`).
fn resident_pages() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0)
}

#[test]
fn j39_a_million_unknown_kids_leave_nothing_behind() {
    let ours = pair(Algorithm::Hs256);
    let set = &ours.set;
    let jwt = Jwt::new(KeyRing::new(ours.key.clone()), policy());
    let refused = |number: u32| {
        let header = format!(r#"{{"alg":"HS256","typ":"JWT","kid":"stranger-{number}"}}"#);
        let token = format!("{}.e30.AAAA", encode(header));
        let verdict = if number.is_multiple_of(2) {
            verify(&token, set, &policy(), NOW).map(|_| ())
        } else {
            jwt.verify(&token, NOW).map(|_| ())
        };
        verdict == Err(TokenRejection::UnknownKey)
    };
    assert!((0..10_000).all(refused));
    let before = resident_pages();
    assert!((10_000..1_010_000).all(refused));
    // Remembering a name of 16 bytes a million times takes 16 MiB at least; 256 pages are one MiB.
    let grown = resident_pages().saturating_sub(before);
    assert!(grown < 256, "{grown} pages");
    assert!(verify(&ours.good(), set, &policy(), NOW).is_ok());
    assert!(jwt.verify(&ours.good(), NOW).is_ok());
}
