//! Compact tokens. Whatever comes in is judged; what is accepted is what the policy says, by checks that are written here
//! once more. Some inputs are signed rightly, so that the layer behind the signature is reached.
#![no_main]

mod changes;

use auth_core::secret::Secret;
use auth_core::time::Timestamp;
use auth_core::token::{KeySet, TokenPolicy, VerifyingKey, verify, verify_signature};
use aws_lc_rs::hmac;
use base64ct::{Base64UrlUnpadded, Encoding};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};

use changes::{Any, Change, change, deep};

const SECRET: &str = "kept out of the source, at least 32 bytes";
const NOW: i64 = 1_795_428_000;

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    /// Anything.
    Text(&'a str),
    /// Three parts, each of any bytes.
    Parts(&'a [u8], &'a [u8], &'a [u8]),
    /// Rightly signed: any header, any payload.
    Signed(&'a [u8], &'a [u8]),
    /// Rightly signed, with a good header: any payload.
    Payload(&'a [u8]),
    /// Rightly signed: a good header and good claims but for these.
    Changed { header: Vec<Change<'a, Member<'a>>>, claims: Vec<Change<'a, Member<'a>>> },
    /// A good token with these bytes in place of those at `at`.
    Spliced { at: u16, removed: u8, inserted: &'a str },
}

#[derive(Arbitrary, Debug)]
enum Member<'a> {
    Null,
    Bool(bool),
    Whole(i64),
    /// Seconds from now.
    Near(i16),
    Fraction(f64),
    Text(&'a str),
    Issuer,
    Audience,
    List(Vec<&'a str>),
    Deep(u8),
}

const NAMES: [&str; 18] = [
    "alg", "typ", "kid", "crit", "b64", "jwk", "jku", "zip", "cty", "exp", "iat", "nbf", "iss", "aud", "sub", "jti", "sid", "x",
];

impl Any for Member<'_> {
    fn json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => json!(value),
            Self::Whole(value) => json!(value),
            Self::Near(seconds) => json!(NOW + i64::from(*seconds)),
            Self::Fraction(value) => json!(value),
            Self::Text(text) => json!(text),
            Self::Issuer => json!("https://auth.example"),
            Self::Audience => json!("https://api.example"),
            Self::List(texts) => json!(texts),
            Self::Deep(depth) => deep(*depth),
        }
    }
}

fn mac(message: &str) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    hmac::sign(&key, message.as_bytes()).as_ref().to_vec()
}

fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

fn signed(header: &[u8], payload: &[u8]) -> String {
    let message = format!("{}.{}", encode(header), encode(payload));
    format!("{message}.{}", encode(&mac(&message)))
}

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(map) = value else { unreachable!() };
    map
}

fn bytes(object: &Map<String, Value>) -> Vec<u8> {
    serde_json::to_vec(object).unwrap()
}

fuzz_target!(|input: Input<'_>| {
    let key = VerifyingKey::shared(&Secret::new(SECRET)).unwrap();
    let mut header = object(json!({"alg": "HS256", "typ": "JWT", "kid": key.id().as_str()}));
    let mut claims = object(json!({
        "iss": "https://auth.example", "aud": "https://api.example", "sub": "a", "sid": "b", "jti": "c",
        "iat": NOW, "exp": NOW + 7_200
    }));
    let good = signed(&bytes(&header), &bytes(&claims));
    let token = match input {
        Input::Text(text) => text.to_owned(),
        Input::Parts(header, payload, signature) => {
            format!("{}.{}.{}", encode(header), encode(payload), encode(signature))
        }
        Input::Signed(header, payload) => signed(header, payload),
        Input::Payload(payload) => signed(&bytes(&header), payload),
        Input::Changed { header: in_header, claims: in_claims } => {
            change(&mut header, &NAMES, &in_header);
            change(&mut claims, &NAMES, &in_claims);
            signed(&bytes(&header), &bytes(&claims))
        }
        Input::Spliced { at, removed, inserted } => {
            let at = usize::from(at) % good.len();
            let end = (at + usize::from(removed)).min(good.len());
            format!("{}{inserted}{}", &good[..at], &good[end..])
        }
    };

    let keys = KeySet::new([key.clone()]).unwrap();
    let policy = TokenPolicy::new("https://auth.example", "https://api.example");
    let payload = verify_signature(&token, &keys);
    if let Ok(payload) = &payload {
        let (message, signature) = token.rsplit_once('.').unwrap();
        assert_eq!(signature, encode(&mac(message)), "accepted what was not signed");
        assert_eq!(message.split_once('.').unwrap().1, encode(payload), "read another spelling");
    }
    let Ok(verified) = verify(&token, &keys, &policy, Timestamp::from_unix_seconds(NOW)) else { return };
    assert!(token.len() <= 8_192);
    let payload = payload.expect("what passes as a whole passes by its signature");
    assert_eq!(Value::Object(verified.claims.clone()), serde_json::from_slice::<Value>(&payload).unwrap());
    let parts: Vec<&str> = token.split('.').collect();
    let header: Map<String, Value> =
        serde_json::from_slice(&Base64UrlUnpadded::decode_vec(parts[0]).unwrap()).unwrap();
    assert_eq!((header.len(), &header["alg"]), (3, &json!("HS256")));
    assert_eq!(header["kid"].as_str(), Some(key.id().as_str()));
    let typ = header["typ"].as_str().unwrap().to_ascii_lowercase();
    assert!(typ == "jwt" || typ == "application/jwt");
    let claim = |name: &str| &verified.claims[name];
    assert_eq!((claim("iss"), claim("aud")), (&json!("https://auth.example"), &json!("https://api.example")));
    assert!(["sub", "sid", "jti"].iter().all(|name| claim(name).as_str().is_some_and(|text| !text.is_empty())));
    let (iat, exp) = (claim("iat").as_i64().unwrap(), claim("exp").as_i64().unwrap());
    assert!(iat >= 0 && iat < exp && exp - iat <= 86_400 && iat <= NOW + 5 && exp >= NOW - 5);
    assert!(verified.claims.get("nbf").is_none_or(|nbf| nbf.as_i64().unwrap() <= NOW + 5));
});
