//! JWK sets: whatever comes in is judged, and what is accepted holds to the rules, written here once more.
#![no_main]

mod changes;

use std::collections::BTreeSet;

use auth_core::token::{Algorithm, KeySet, KeySetOrigin, load_key_set};
use base64ct::{Base64UrlUnpadded, Encoding};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

use changes::{Any, Change, change, deep};

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    /// Anything.
    Bytes(&'a [u8]),
    /// Good keys, each with changes.
    Keys(Vec<(Base, Vec<Change<'a, Member<'a>>>)>),
}

#[derive(Arbitrary, Debug)]
enum Base {
    P256,
    Ed25519,
    Rsa,
    Empty,
}

#[derive(Arbitrary, Debug)]
enum Member<'a> {
    Null,
    Number(u32),
    Text(&'a str),
    Word(u8),
    Encoded(&'a [u8]),
    List(Vec<u8>),
    Deep(u8),
}

const NAMES: [&str; 20] = [
    "kty", "crv", "x", "y", "n", "e", "kid", "alg", "use", "key_ops", "d", "p", "q", "dp", "dq", "qi", "oth", "k", "x5c", "x5t",
];
const WORDS: [&str; 14] = [
    "EC", "OKP", "RSA", "oct", "P-256", "P-521", "Ed25519", "ES256", "EdDSA", "RS256", "PS256", "sig", "enc", "verify",
];
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

fn base(base: &Base) -> Value {
    match base {
        // RFC 7517, appendix A.1; RFC 8037, appendix A.2; RFC 7517, appendix A.1.
        Base::P256 => json!({
            "kty": "EC", "crv": "P-256", "kid": "1", "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"
        }),
        Base::Ed25519 => json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}),
        Base::Rsa => json!({
            "kty": "RSA", "alg": "RS256", "kid": "2011-04-29", "e": "AQAB",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiF\
                V4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0\
                zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csF\
                Cur-kEgU8awapJzKnqDKgw"
        }),
        Base::Empty => json!({}),
    }
}

impl Any for Member<'_> {
    fn json(&self) -> Value {
        let word = |index: &u8| WORDS[usize::from(*index) % WORDS.len()];
        match self {
            Self::Null => Value::Null,
            Self::Number(number) => json!(number),
            Self::Text(text) => json!(text),
            Self::Word(index) => json!(word(index)),
            Self::Encoded(bytes) => json!(Base64UrlUnpadded::encode_string(bytes)),
            Self::List(words) => json!(words.iter().map(word).collect::<Vec<_>>()),
            Self::Deep(depth) => deep(*depth),
        }
    }
}

fn key(kind: &Base, changes: &[Change<'_, Member<'_>>]) -> Value {
    let mut jwk = base(kind);
    change(jwk.as_object_mut().unwrap(), &NAMES, changes);
    jwk
}

fn ids(set: &KeySet) -> Vec<(String, Algorithm)> {
    set.keys().iter().map(|key| (key.id().as_str().to_owned(), key.algorithm())).collect()
}

fuzz_target!(|input: Input<'_>| {
    let bytes = match input {
        Input::Bytes(bytes) => bytes.to_vec(),
        Input::Keys(keys) => {
            let keys: Vec<Value> = keys.iter().map(|(base, changes)| key(base, changes)).collect();
            serde_json::to_vec(&json!({"keys": keys})).unwrap()
        }
    };
    let (own, foreign) = (load_key_set(&bytes, KeySetOrigin::Own), load_key_set(&bytes, KeySetOrigin::Foreign));
    let Ok(foreign) = foreign else {
        assert!(own.is_err(), "one's own set is held to more than a foreign one");
        return;
    };
    assert!(bytes.len() <= 512 * 1_024);
    let read: Value = serde_json::from_slice(&bytes).unwrap();
    let jwks = read["keys"].as_array().unwrap();
    assert_eq!(foreign.keys().len() + foreign.skipped().len(), jwks.len(), "each key is used or reported");
    assert!(jwks.iter().all(|jwk| PRIVATE.iter().all(|member| jwk.get(member).is_none())));
    assert_eq!(own.is_ok(), foreign.skipped().is_empty());
    assert!(own.is_err() || own.is_ok_and(|own| ids(&own) == ids(&foreign)));
    let unique: BTreeSet<String> = ids(&foreign).into_iter().map(|(id, _)| id).collect();
    assert_eq!(unique.len(), foreign.keys().len());
    for key in foreign.keys() {
        let published = json!({"keys": [key.jwk().unwrap()]}).to_string();
        let again = load_key_set(published.as_bytes(), KeySetOrigin::Own).unwrap();
        assert_eq!(again.keys()[0].algorithm(), key.algorithm());
    }
});
