//! Headers that want to be obeyed.

use std::net::TcpListener;

use auth_core::token::{Algorithm, TokenRejection, Types, verify};
use serde_json::{Value, json};

use crate::tokens::{NOW, Pair, encode, pair, payload, policy, with, without};
use crate::{judge, signed};

fn header() -> Value {
    pair(Algorithm::Hs256).header()
}

#[test]
fn j09_a_key_in_the_header_is_no_key() {
    let (ours, theirs) = (pair(Algorithm::Es256), Pair::new(Algorithm::Es256));
    assert_eq!(judge(ours, &ours.good()), Ok(()));
    let jwk = theirs.key.verifying().jwk().unwrap().clone();
    for kid in [ours.id(), theirs.id()] {
        let header = with(with(theirs.header(), "kid", kid), "jwk", jwk.clone());
        assert_eq!(judge(ours, &theirs.json(&header, &payload())), Err(TokenRejection::Header));
    }
    // Without the member it is a forgery like any other.
    let header = with(theirs.header(), "kid", ours.id());
    assert_eq!(judge(ours, &theirs.json(&header, &payload())), Err(TokenRejection::Signature));
}

#[test]
fn j10_nobody_calls_where_a_header_points() {
    let canary = TcpListener::bind("127.0.0.1:0").unwrap();
    canary.set_nonblocking(true).unwrap();
    let address = canary.local_addr().unwrap();
    let (ours, theirs) = (pair(Algorithm::Rs256), Pair::new(Algorithm::Es256));
    assert_eq!(judge(ours, &ours.good()), Ok(()));
    let file = std::env::current_exe().unwrap();
    let targets = [
        format!("http://{address}/jwks.json"),
        format!("https://{address}/jwks.json"),
        format!("http://{address}/redirect?to=http://{address}/keys"),
        format!("//{address}/"),
        format!("file://{}", file.display()),
    ];
    for target in &targets {
        for (member, value) in [
            ("jku", json!(target)),
            ("x5u", json!(target)),
            ("x5c", json!([target, "MIIB"])),
            ("x5t", json!(target)),
            ("x5t#S256", json!(target)),
        ] {
            for signer in [ours, &theirs] {
                let header = with(with(signer.header(), "kid", ours.id()), member, value.clone());
                assert_eq!(judge(ours, &signer.json(&header, &payload())), Err(TokenRejection::Header), "{member}");
            }
        }
    }
    let refused = canary.accept().map(|(_, peer)| peer).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::WouldBlock, "somebody connected");
    // The canary sees whoever does call.
    let _caller = std::net::TcpStream::connect(address).unwrap();
    canary.set_nonblocking(false).unwrap();
    assert!(canary.accept().is_ok());
}

#[test]
fn j11_a_kid_picks_a_key_by_its_very_name_or_none() {
    let ours = pair(Algorithm::Hs256);
    assert_eq!(signed(&header(), &payload()), Ok(()));
    let id = ours.id();
    let lookalike = id.replacen(|letter: char| letter.is_ascii_alphabetic(), "\u{430}", 1);
    for kid in [
        "../../../../dev/null",
        "/proc/self/environ",
        "' OR '1'='1",
        "x' UNION SELECT 'secret",
        "",
        " ",
        "\0",
        "*",
        "%",
        &format!("{id}\0"),
        &format!("{id} "),
        &format!(" {id}"),
        &id[..id.len() - 1],
        &id.to_ascii_uppercase(),
        &lookalike,
        pair(Algorithm::Es256).id(),
    ] {
        assert_ne!(kid, id);
        assert_eq!(signed(&with(header(), "kid", kid), &payload()), Err(TokenRejection::UnknownKey), "{kid:?}");
    }
    for kid in [json!(0), json!(null), json!([id]), json!({"kid": id}), json!(true)] {
        assert_eq!(signed(&with(header(), "kid", kid.clone()), &payload()), Err(TokenRejection::Header), "{kid}");
    }
    assert_eq!(signed(&with(header(), "kid", "k".repeat(1 << 20)), &payload()), Err(TokenRejection::Malformed));
}

#[test]
fn j11_without_a_kid_there_is_no_guessing_among_several_keys() {
    let (one, other) = (pair(Algorithm::Es256), pair(Algorithm::EdDsa));
    let bare = one.json(&without(one.header(), "kid"), &payload());
    let both = auth_core::token::KeySet::new([one, other].map(|pair| pair.key.verifying().clone())).unwrap();
    let lenient = auth_core::token::TokenPolicy { needs_key_id: false, ..policy() };
    assert!(verify(&bare, &one.set, &lenient, NOW).is_ok(), "the only key, where the policy lets it");
    assert_eq!(verify(&bare, &one.set, &policy(), NOW), Err(TokenRejection::UnknownKey));
    assert_eq!(verify(&bare, &both, &lenient, NOW), Err(TokenRejection::UnknownKey));
    assert_eq!(verify(&bare, &auth_core::token::KeySet::default(), &lenient, NOW), Err(TokenRejection::UnknownKey));
    assert!(verify(&one.good(), &both, &policy(), NOW).is_ok());
}

#[test]
fn j14_no_critical_member_passes_and_j15_no_unencoded_payload() {
    assert_eq!(signed(&header(), &payload()), Ok(()));
    for crit in [
        json!(["http://example.com/UNDEFINED"]),
        json!("exp"),
        json!([]),
        json!(["alg"]),
        json!(["absent"]),
        json!([1]),
        json!({}),
        json!(null),
        json!(["b64"]),
    ] {
        let header = with(header(), "crit", crit.clone());
        assert_eq!(signed(&header, &payload()), Err(TokenRejection::Header), "{crit}");
        let understood = with(header, "http://example.com/UNDEFINED", true);
        assert_eq!(signed(&understood, &payload()), Err(TokenRejection::Header), "{crit}");
    }
    for b64 in [json!(false), json!(true), json!("false")] {
        assert_eq!(signed(&with(header(), "b64", b64.clone()), &payload()), Err(TokenRejection::Header), "{b64}");
        let named = with(with(header(), "crit", json!(["b64"])), "b64", b64);
        assert_eq!(signed(&named, &payload()), Err(TokenRejection::Header));
    }
    // RFC 7797, section 4.2: the payload as it is, and signed so.
    let ours = pair(Algorithm::Hs256);
    let head = encode(with(with(header(), "crit", json!(["b64"])), "b64", false).to_string());
    let message = format!("{head}.$x02");
    let token = format!("{message}.{}", encode(ours.signature(Algorithm::Hs256, &message)));
    assert_eq!(judge(ours, &token), Err(TokenRejection::Header));
}

#[test]
fn any_other_member_of_a_header_or_one_of_another_type_is_refused() {
    let ours = pair(Algorithm::Hs256);
    for member in ["x", "ALG", "Kid", "typ ", "epk", "apu", "nonce", "url", "iss", ""] {
        assert_eq!(signed(&with(header(), member, "x"), &payload()), Err(TokenRejection::Header), "{member}");
    }
    for member in ["alg", "typ"] {
        for value in [json!(null), json!(1), json!(["HS256"]), json!({}), json!(false)] {
            assert_eq!(signed(&with(header(), member, value), &payload()), Err(TokenRejection::Header), "{member}");
        }
    }
    assert_eq!(signed(&without(header(), "alg"), &payload()), Err(TokenRejection::Header));
    let text = header().to_string();
    for twice in
        [r#"{"alg":"HS256","#, r#"{"alg":"none","#, r#"{"\u0061lg":"HS256","#, r#"{"kid":"x","#, r#"{"typ":"JWT","#]
    {
        let doubled = text.replacen('{', twice, 1);
        assert_eq!(judge(ours, &ours.token(doubled, payload().to_string())), Err(TokenRejection::Header), "{twice}");
    }
    for other in ["[]", "null", "1", "\"x\"", "", "{", "{}x", "\u{feff}{}", "{}{}"] {
        assert_eq!(judge(ours, &ours.token(other, payload().to_string())), Err(TokenRejection::Header), "{other:?}");
    }
    let spaced = text.replace(':', " :\n ").replace(',', "\t,\r\n");
    assert_eq!(judge(ours, &ours.token(spaced, payload().to_string())), Ok(()), "JSON's own white space passes");
}

#[test]
fn j26_a_token_of_another_type_is_refused() {
    for typ in ["JWT", "jwt", "Jwt", "application/jwt", "APPLICATION/JWT"] {
        assert_eq!(signed(&with(header(), "typ", typ), &payload()), Ok(()), "{typ}");
    }
    for typ in [
        "at+jwt",
        "id_token",
        "refresh",
        "JWT ",
        " JWT",
        "",
        "application/",
        "text/jwt",
        "application/application/jwt",
        "J\u{212a}T",
    ] {
        assert_eq!(signed(&with(header(), "typ", typ), &payload()), Err(TokenRejection::Type), "{typ}");
    }
    assert_eq!(signed(&without(header(), "typ"), &payload()), Err(TokenRejection::Type));

    let ours = pair(Algorithm::Hs256);
    let access = auth_core::token::TokenPolicy { types: Types::OneOf(vec!["at+jwt".to_owned()]), ..policy() };
    let optional = auth_core::token::TokenPolicy { types: Types::OneOfOrNone(vec!["at+jwt".to_owned()]), ..policy() };
    let judge = |header: &Value, policy| verify(&ours.json(header, &payload()), &ours.set, policy, NOW).map(|_| ());
    for typ in ["at+jwt", "AT+JWT", "application/at+jwt"] {
        assert_eq!(judge(&with(header(), "typ", typ), &access), Ok(()), "{typ}");
    }
    assert_eq!(judge(&header(), &access), Err(TokenRejection::Type));
    assert_eq!(judge(&header(), &optional), Err(TokenRejection::Type));
    assert_eq!(judge(&without(header(), "typ"), &access), Err(TokenRejection::Type));
    assert_eq!(judge(&without(header(), "typ"), &optional), Ok(()));
}
