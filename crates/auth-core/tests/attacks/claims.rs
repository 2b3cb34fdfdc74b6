//! Claims of a wrong type or value, in tokens that are signed rightly.

use auth_core::role::Role;
use auth_core::token::{
    AccessClaims, Algorithm, Jwt, KeyRing, TokenPolicy, TokenRejection, TokenSigner, TokenVerifier, verify,
};
use serde_json::{Value, json};

use crate::tokens::{NOW, claims, pair, payload, policy, with, without};
use crate::{judge, signed};

fn claim(name: &'static str, value: Value) -> Result<(), TokenRejection> {
    signed(&pair(Algorithm::Hs256).header(), &with(payload(), name, value))
}

fn refused(name: &'static str, values: impl IntoIterator<Item = Value>) {
    for value in values {
        assert_eq!(claim(name, value.clone()), Err(TokenRejection::Claim(name)), "{name}: {value}");
    }
}

/// The same, of a text that `serde_json` would not write.
fn raw(name: &str, literal: &str) -> Result<(), TokenRejection> {
    let pair = pair(Algorithm::Hs256);
    let text = with(payload(), name, "HERE").to_string().replace("\"HERE\"", literal);
    judge(pair, &pair.token(pair.header().to_string(), text))
}

#[test]
fn j18_exp_is_there_and_a_number() {
    assert_eq!(claim("exp", json!(1_795_435_200)), Ok(()));
    let header = pair(Algorithm::Hs256).header();
    assert_eq!(signed(&header, &without(payload(), "exp")), Err(TokenRejection::Claim("exp")));
    refused("exp", [json!(null), json!(true), json!([]), json!({}), json!("1795435200"), json!("never"), json!("")]);
    // A wrong type is refused where the claim is not required, too.
    let pair = pair(Algorithm::Hs256);
    let lenient = TokenPolicy { required: vec![], ..policy() };
    let judge = |payload: &Value| verify(&pair.json(&header, payload), &pair.set, &lenient, NOW).map(|_| ());
    assert_eq!(judge(&json!({})), Ok(()));
    for name in ["exp", "iat", "nbf", "iss", "aud", "sub", "jti", "sid"] {
        for value in [json!(null), json!({}), json!([[]]), json!(true)] {
            assert_eq!(judge(&json!({name: value})), Err(TokenRejection::Claim(name)), "{name}");
        }
    }
}

#[test]
fn j19_exp_is_whole_positive_and_at_most_a_day_behind_iat() {
    assert_eq!(claim("exp", json!(1_795_428_000 + 86_400)), Ok(()));
    refused("exp", [json!(1_795_428_000 + 86_401), json!(253_402_300_799_u64), json!(i64::MAX), json!(u64::MAX)]);
    refused("exp", [json!(1_795_435_200.5), json!(1e300), json!(-1), json!(i64::MIN), json!(0)]);
    refused("exp", [json!(1_795_428_000), json!(1_795_427_999)]);
    for literal in ["18446744073709551616", "1795435200.0", "1.7954352e9", "1795435200e0", "-0", "-0.0", "1e19"] {
        assert_eq!(raw("exp", literal), Err(TokenRejection::Claim("exp")), "{literal}");
    }
    for literal in ["01795435200", "+1795435200", "0x6B", "Infinity", "NaN", "1e400", "1795435200.", "1_795"] {
        assert_eq!(raw("exp", literal), Err(TokenRejection::Payload), "{literal}");
    }
    assert_eq!(raw("exp", "1795435200"), Ok(()));
    // Without `iat` the span is counted from now.
    let pair = pair(Algorithm::Hs256);
    let lenient = TokenPolicy { required: vec!["exp"], ..policy() };
    let judge = |exp: i64| verify(&pair.json(&pair.header(), &json!({"exp": exp})), &pair.set, &lenient, NOW).is_ok();
    assert_eq!([judge(1_795_428_000 + 86_400), judge(1_795_428_000 + 86_401)], [true, false]);
}

#[test]
fn j21_iat_is_there_whole_and_not_in_the_future() {
    assert_eq!(claim("iat", json!(1_795_428_005)), Ok(()));
    for late in [1_795_428_006_i64, 1_795_431_600] {
        assert_eq!(claim("iat", json!(late)), Err(TokenRejection::NotYetValid), "{late}");
    }
    let header = pair(Algorithm::Hs256).header();
    assert_eq!(signed(&header, &without(payload(), "iat")), Err(TokenRejection::Claim("iat")));
    refused("iat", [json!("1795428000"), json!(null), json!(1_795_428_000.5), json!(-1), json!([1]), json!(true)]);
    refused("nbf", [json!("1795428000"), json!(null), json!(1.5), json!(-1)]);
    assert_eq!(claim("nbf", json!(1_795_428_005)), Ok(()));
    assert_eq!(claim("nbf", json!(1_795_428_006)), Err(TokenRejection::NotYetValid));
}

#[test]
fn j25_subject_session_and_token_id_are_texts_that_say_something() {
    let header = pair(Algorithm::Hs256).header();
    for name in ["sub", "sid", "jti"] {
        assert_eq!(claim(name, json!("anything")), Ok(()));
        assert_eq!(signed(&header, &without(payload(), name)), Err(TokenRejection::Claim(name)));
        refused(name, [json!(""), json!(1), json!(null), json!(true), json!(["a"]), json!({"id": "a"})]);
    }
}

#[test]
fn an_issuer_is_compared_byte_by_byte() {
    assert_eq!(claim("iss", json!("https://auth.example")), Ok(()));
    refused(
        "iss",
        ["https://auth.example/", "https://AUTH.example", "http://auth.example", "https://auth.exampl", ""]
            .map(Value::from),
    );
    refused("iss", [json!(["https://auth.example"]), json!(null), json!(1), json!("https://auth.example\0")]);
}

#[test]
fn j29_a_payload_is_one_strict_object() {
    let pair = pair(Algorithm::Hs256);
    let (header, good) = (pair.header().to_string(), payload().to_string());
    assert_eq!(judge(pair, &pair.token(&header, &good)), Ok(()));
    let utf16: Vec<u8> = good.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let mut others: Vec<Vec<u8>> =
        ["[]", "\"x\"", "1", "null", "true", "{", "{}{}", " ", "\0", "{'a':1}", "{a:1}", "//\n{}"]
            .map(|text| text.as_bytes().to_vec())
            .into();
    others.extend([
        utf16,
        [b"\xef\xbb\xbf", good.as_bytes()].concat(),
        [good.as_bytes(), b"\0"].concat(),
        b"{\"a\":\"\xff\"}".to_vec(),
    ]);
    others.push(format!("[{good}]").into_bytes());
    others.push(good.replacen('{', "{\"a\":\"\\ud800\",", 1).into_bytes());
    for name in ["exp", "iss", "x"] {
        others.push(good.replacen('{', &format!("{{\"{name}\":1,\"{name}\":1,"), 1).into_bytes());
    }
    others.push(good.replacen('{', "{\"\\u0065xp\":1795435200,", 1).into_bytes());
    for other in others {
        let rejection = judge(pair, &pair.token(&header, &other));
        assert_eq!(rejection, Err(TokenRejection::Payload), "{}", String::from_utf8_lossy(&other));
    }
}

#[test]
fn claims_of_ones_own_are_nested_four_deep_at_most() {
    // The payload itself is the first level.
    for (depth, verdict) in [(3, Ok(())), (4, Err(TokenRejection::Payload)), (2_000, Err(TokenRejection::Payload))] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            if depth == 2_000 && open.len() > 1 {
                continue;
            }
            let literal = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            assert_eq!(raw("x", &literal), verdict, "{depth} of {open}");
        }
    }
}

/// A list of role names, or nothing at all: nobody is given a role by a claim that is misread.
#[test]
fn roles_are_a_list_of_names_that_are_roles() {
    let pair = pair(Algorithm::EdDsa);
    let jwt = Jwt::new(KeyRing::new(pair.key.clone()), policy());
    let judge =
        |payload: &Value| jwt.verify(&pair.json(&pair.header(), payload), NOW).map(|claims| claims.roles.clone());
    let own = |roles: Value| judge(&with(payload(), "roles", roles));
    assert_eq!(judge(&payload()), Ok(Vec::new()));
    assert_eq!(own(json!([])), Ok(Vec::new()));
    assert_eq!(own(json!(["admin", "b-1"])), Ok(vec![Role::ADMIN, Role::parse("b-1").unwrap()]));
    let many: Vec<String> = (0..17).map(|number| format!("r{number}")).collect();
    for wrong in [
        json!(null),
        json!("admin"),
        json!({"admin": true}),
        json!([1]),
        json!([["admin"]]),
        json!(["Admin"]),
        json!(["admin", ""]),
        json!(many),
    ] {
        assert_eq!(own(wrong.clone()), Err(TokenRejection::Claim("roles")), "{wrong}");
    }
    // What is signed is what is read; none is no claim.
    let claims = AccessClaims { roles: vec![Role::ADMIN], ..claims() };
    let token = jwt.sign(&claims).unwrap();
    assert_eq!(jwt.verify(token.expose(), NOW).unwrap().roles, [Role::ADMIN]);
    let bare = jwt.sign(&crate::tokens::claims()).unwrap();
    let middle = bare.expose().split('.').nth(1).unwrap();
    assert!(!String::from_utf8(crate::tokens::decode(middle)).unwrap().contains("roles"));
}
