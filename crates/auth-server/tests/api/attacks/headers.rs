//! J-09, J-10, J-11, J-14, J-15, J-26: headers that want to be obeyed.

use std::net::{TcpListener, TcpStream};

use auth_core::service::{RequestContext, When};
use auth_core::token::{Algorithm, SigningKey};
use serde_json::{Value, json};

use super::{FORWARD_AUTH, Stage, encode, es256, private, with, without};
use crate::helpers::{Connection, head};

fn es256_token(pkcs8: &auth_core::secret::SecretBytes, header: &Value, claims: &Value) -> String {
    let message = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
    format!("{message}.{}", encode(es256(pkcs8, &message)))
}

#[test]
fn j09_a_key_in_the_header_is_no_key() {
    let (theirs, pkcs8) = SigningKey::generate(Algorithm::Es256).unwrap();
    let jwk = theirs.verifying().jwk().unwrap().clone();
    let stage = Stage::with(Algorithm::Es256);
    let ours = stage.header()["kid"].clone();
    for kid in [ours.clone(), json!(theirs.verifying().id().as_str()), Value::Null] {
        let header = with(with(stage.header(), "kid", kid), "jwk", jwk.clone());
        stage.refused(&es256_token(&pkcs8, &header, &stage.claims()));
        stage.refused(&es256_token(&pkcs8, &without(header, "jwk"), &stage.claims()));
    }
    // The same way of signing, with the server's own key: with the member it is refused, without it is not.
    let own = private(&stage.app, ours.as_str().unwrap());
    stage.refused(&es256_token(&own, &with(stage.header(), "jwk", jwk), &stage.claims()));
    stage.accepted(&es256_token(&own, &stage.header(), &stage.claims()));
    stage.unharmed();
}

#[test]
fn j10_nobody_calls_where_a_header_points() {
    let canary = TcpListener::bind("127.0.0.1:0").unwrap();
    canary.set_nonblocking(true).unwrap();
    let address = canary.local_addr().unwrap();
    let stage = Stage::shared();
    let (forger, file) = (Stage::shared(), std::env::current_exe().unwrap());
    for target in [
        format!("http://{address}/jwks.json"),
        format!("https://{address}/jwks.json"),
        format!("http://{address}/redirect?to=http://{address}/keys"),
        format!("//{address}/"),
        format!("file://{}", file.display()),
    ] {
        for (member, value) in [
            ("jku", json!(target)),
            ("x5u", json!(target)),
            ("x5c", json!([target, "MIIB"])),
            ("x5t", json!(target)),
            ("x5t#S256", json!(target)),
        ] {
            let header = with(stage.header(), member, value);
            stage.refused(&stage.signed(&header, &stage.claims()));
            stage.refused(&forger.signed(&header, &stage.claims()));
        }
    }
    stage.unharmed();
    let nobody = canary.accept().map(|(_, peer)| peer).unwrap_err();
    assert_eq!(nobody.kind(), std::io::ErrorKind::WouldBlock, "somebody connected");
    // The canary sees whoever does call.
    let _caller = TcpStream::connect(address).unwrap();
    canary.set_nonblocking(false).unwrap();
    assert!(canary.accept().is_ok());
}

#[test]
fn j11_a_kid_picks_a_key_by_its_very_name_or_none() {
    let stage = Stage::shared();
    let header = stage.header();
    let id = header["kid"].as_str().unwrap();
    let lookalike = id.replacen(|letter: char| letter.is_ascii_alphabetic(), "\u{430}", 1);
    for kid in [
        "../../../../dev/null",
        "/proc/self/environ",
        "' OR '1'='1",
        "x' UNION SELECT private FROM signing_keys --",
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
        &"k".repeat(600),
        &"k".repeat(2_000),
    ] {
        assert_ne!(kid, id);
        stage.refused(&stage.signed(&with(header.clone(), "kid", kid), &stage.claims()));
    }
    for kid in [json!(0), json!(null), json!([id]), json!({"kid": id}), json!(true), json!(1e300)] {
        stage.refused(&stage.signed(&with(header.clone(), "kid", kid), &stage.claims()));
    }
    stage.refused(&stage.signed(&without(header.clone(), "kid"), &stage.claims()));
    stage.accepted(&stage.signed(&header, &stage.claims()));
    stage.unharmed();
}

#[test]
fn j11_without_a_kid_there_is_no_guessing_among_several_keys() {
    let stage = Stage::with(Algorithm::Es256);
    let own = private(&stage.app, stage.header()["kid"].as_str().unwrap());
    stage.app.keys.rotate(When::Ahead, &RequestContext::system()).unwrap();
    stage.refused(&es256_token(&own, &without(stage.header(), "kid"), &stage.claims()));
    stage.accepted(&es256_token(&own, &stage.header(), &stage.claims()));
    stage.unharmed();
}

/// From 32 KiB on the headers themselves are too many, whatever is in them.
#[test]
fn j11_a_kid_of_a_mebibyte_is_not_listened_to() {
    let stage = Stage::shared();
    for (length, status) in [(15_000, 401), (40_000, 431), (1 << 20, 431)] {
        let token = stage.signed(&with(stage.header(), "kid", "k".repeat(length)), &stage.claims());
        for path in [FORWARD_AUTH, super::ME] {
            let mut connection = Connection::open(stage.app.address);
            // The server may have had enough before all is sent.
            let _ = connection.try_write(&head("GET", path, &[("Authorization", &format!("Bearer {token}"))], None));
            assert_eq!(connection.read().status, status, "{length}");
        }
        if length > 20_000 {
            stage.app.post_json("/oauth/revoke", &json!({"token": token})).problem(413, "body_too_large");
        }
    }
    stage.unharmed();
}

#[test]
fn j14_no_critical_member_passes_and_j15_no_unencoded_payload() {
    let stage = Stage::shared();
    let signed = |header: &Value| stage.signed(header, &stage.claims());
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
        let header = with(stage.header(), "crit", crit);
        stage.refused(&signed(&header));
        stage.refused(&signed(&with(header, "http://example.com/UNDEFINED", true)));
    }
    for b64 in [json!(false), json!(true), json!("false")] {
        let header = with(stage.header(), "b64", b64);
        stage.refused(&signed(&header));
        stage.refused(&signed(&with(header, "crit", json!(["b64"]))));
    }
    stage.accepted(&signed(&stage.header()));
    stage.unharmed();
}

#[test]
fn j26_a_token_of_another_type_is_refused() {
    let stage = Stage::shared();
    let typed = |typ: Value| stage.signed(&with(stage.header(), "typ", typ), &stage.claims());
    for typ in ["JWT", "jwt", "Jwt", "application/jwt", "APPLICATION/JWT"] {
        stage.accepted(&typed(json!(typ)));
    }
    for typ in
        ["at+jwt", "AT+JWT", "application/at+jwt", "id_token", "refresh", "JWT ", " JWT", "", "text/jwt", "J\u{212a}T"]
    {
        stage.refused(&typed(json!(typ)));
    }
    for typ in [json!(null), json!(1), json!(["JWT"]), json!({})] {
        stage.refused(&typed(typ));
    }
    stage.refused(&stage.signed(&without(stage.header(), "typ"), &stage.claims()));
    stage.unharmed();
}
