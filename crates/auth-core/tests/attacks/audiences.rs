//! Tokens for somebody else.

use auth_core::token::{Algorithm, Audience, TokenPolicy, TokenRejection, verify};
use serde_json::{Value, json};

use crate::tokens::{NOW, pair, payload, policy, with, without};

const OURS: &str = "https://api.example";

fn judge(audience: &Audience, claim: Option<Value>) -> Result<(), TokenRejection> {
    let pair = pair(Algorithm::Hs256);
    let payload = claim.map_or_else(|| without(payload(), "aud"), |claim| with(payload(), "aud", claim));
    let policy = TokenPolicy { audience: audience.clone(), ..policy() };
    verify(&pair.json(&pair.header(), &payload), &pair.set, &policy, NOW).map(|_| ())
}

#[test]
fn j23_an_audience_is_ours_byte_by_byte() {
    let refused = Err(TokenRejection::Claim("aud"));
    for audience in [Audience::Exactly(OURS.to_owned()), Audience::Among(OURS.to_owned())] {
        assert_eq!(judge(&audience, Some(json!(OURS))), Ok(()));
        assert_eq!(judge(&audience, None), refused, "missing");
        for claim in [
            json!("https://other.example"),
            json!(1),
            json!(true),
            json!(null),
            json!({}),
            json!({OURS: true}),
            json!([]),
            json!([1]),
            json!(""),
            json!("https://api.exampl"),
            json!("https://api.example.evil.example"),
            json!("https://api.example/"),
            json!("https://API.example"),
            json!(format!(" {OURS}")),
            json!(format!("https://other.example {OURS}")),
            json!(["https://other.example"]),
            json!([[OURS]]),
            json!([OURS, 1]),
            json!([OURS, null]),
        ] {
            assert_eq!(judge(&audience, Some(claim.clone())), refused, "{claim}");
        }
    }
}

#[test]
fn j23_a_list_passes_where_the_policy_lets_it() {
    for list in [json!([OURS]), json!(["https://other.example", OURS])] {
        assert_eq!(judge(&Audience::Among(OURS.to_owned()), Some(list.clone())), Ok(()));
        assert_eq!(judge(&Audience::Exactly(OURS.to_owned()), Some(list)), Err(TokenRejection::Claim("aud")));
    }
}

#[test]
fn a_policy_that_names_no_audience_is_for_no_token() {
    for audience in [Audience::Exactly(String::new()), Audience::Among(String::new())] {
        for claim in [json!(""), json!([""]), json!(OURS)] {
            assert_eq!(judge(&audience, Some(claim)), Err(TokenRejection::Claim("aud")));
        }
    }
}
