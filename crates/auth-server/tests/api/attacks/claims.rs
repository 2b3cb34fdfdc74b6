//! J-18, J-19, J-21, J-22, J-23, J-25, J-29: claims of a wrong type or value, in tokens that are signed rightly.

use auth_core::StoreExt as _;
use auth_core::time::{Clock as _, Timestamp};
use auth_core::user::{AccountState, CanonicalName};
use serde_json::{Value, json};

use super::{FORWARD_AUTH, ME, Stage, is_refused, with, without};
use crate::helpers::PASSWORD;

fn claim(stage: &Stage, name: &str, value: Value) -> String {
    stage.signed(&stage.header(), &with(stage.claims(), name, value))
}

fn refused(stage: &Stage, name: &str, values: impl IntoIterator<Item = Value>) {
    for value in values {
        stage.refused(&claim(stage, name, value));
    }
    stage.refused(&stage.signed(&stage.header(), &without(stage.claims(), name)));
}

fn number(stage: &Stage, name: &str) -> i64 {
    stage.claims()[name].as_i64().unwrap()
}

/// The same, of a number as a text that `serde_json` would not write.
fn raw(stage: &Stage, literal: &str) -> String {
    let claims = with(stage.claims(), "exp", "HERE").to_string().replace("\"HERE\"", literal);
    stage.token(stage.header().to_string(), claims)
}

#[test]
fn j18_exp_is_there_and_a_number() {
    let stage = Stage::shared();
    let exp = number(&stage, "exp");
    let others = [json!(null), json!(true), json!([]), json!([exp]), json!({}), json!(exp.to_string()), json!("never")];
    refused(&stage, "exp", others);
    stage.accepted(&claim(&stage, "exp", json!(exp)));
    stage.unharmed();
}

#[test]
fn j19_exp_is_whole_positive_and_at_most_a_day_behind_iat() {
    let stage = Stage::shared();
    let (iat, exp) = (number(&stage, "iat"), number(&stage, "exp"));
    stage.accepted(&claim(&stage, "exp", json!(iat + 86_400)));
    stage.accepted(&raw(&stage, &exp.to_string()));
    refused(&stage, "exp", [json!(iat + 86_401), json!(253_402_300_799_u64), json!(i64::MAX), json!(u64::MAX)]);
    refused(&stage, "exp", [json!(1e300), json!(-1), json!(i64::MIN), json!(0), json!(iat), json!(iat - 1)]);
    for literal in
        ["18446744073709551616", &format!("{exp}.5"), &format!("{exp}.0"), &format!("{exp}e0"), "-0", "1e400"]
    {
        stage.refused(&raw(&stage, literal));
    }
    stage.unharmed();
}

#[test]
fn j21_iat_is_there_whole_and_not_in_the_future() {
    let stage = Stage::shared();
    let iat = number(&stage, "iat");
    stage.accepted(&claim(&stage, "iat", json!(iat + 5)));
    refused(&stage, "iat", [json!(iat + 6), json!(iat + 3_600), json!(iat.to_string()), json!(null), json!(-1)]);
    refused(&stage, "iat", [json!(true), json!([iat]), json!(1.5), json!({})]);
    stage.accepted(&claim(&stage, "nbf", json!(iat + 5)));
    for nbf in [json!(iat + 6), json!("0"), json!(null), json!(1.5)] {
        stage.refused(&claim(&stage, "nbf", nbf));
    }
    stage.unharmed();
}

#[test]
fn j22_a_token_that_expired_passes_for_five_seconds_and_no_longer() {
    let stage = Stage::shared();
    let (exp, session) = (number(&stage, "exp"), &stage.tokens);
    for late in [-1, 0, 1, 4, 5] {
        stage.app.clock.set(Timestamp::from_unix_seconds(exp + late));
        stage.accepted(&session.access);
    }
    for late in [6, 30, 59, 60, 3_600] {
        stage.app.clock.set(Timestamp::from_unix_seconds(exp + late));
        stage.refused(&session.access);
    }
    stage.app.clock.set(Timestamp::from_unix_seconds(exp));
    stage.unharmed();
}

#[test]
fn j23_an_audience_is_ours_byte_by_byte() {
    let stage = Stage::shared();
    let ours = "https://auth.test";
    assert_eq!(stage.claims()["aud"], ours);
    stage.accepted(&claim(&stage, "aud", json!(ours)));
    for name in ["aud", "iss"] {
        refused(
            &stage,
            name,
            [json!(1), json!(true), json!(null), json!({}), json!({ours: true}), json!([]), json!([1])],
        );
        let texts = [
            "",
            "https://other.test",
            "https://auth.tes",
            "https://auth.test/",
            "https://AUTH.test",
            "http://auth.test",
        ];
        refused(&stage, name, texts.map(Value::from));
        refused(
            &stage,
            name,
            [json!([ours]), json!([[ours]]), json!(["https://other.test", ours]), json!([ours, null])],
        );
        refused(&stage, name, [json!(format!(" {ours}")), json!(format!("{ours}\0")), json!(format!("{ours} x"))]);
    }
    stage.unharmed();
}

#[test]
fn j25_subject_session_and_token_id_are_texts_that_say_something() {
    let stage = Stage::shared();
    for name in ["sub", "sid", "jti"] {
        refused(&stage, name, [json!(""), json!(1), json!(null), json!(true), json!(["a"]), json!({"id": "a"})]);
    }
    for name in ["sub", "sid"] {
        for text in ["alice", "0", "' OR '1'='1", "00000000-0000-0000-0000-00000000000"] {
            stage.refused(&claim(&stage, name, json!(text)));
        }
    }
    stage.unharmed();
}

/// The token is whole and its session's id is right: the account is what the database says.
#[test]
fn j25_the_token_of_a_deleted_or_disabled_account_or_of_another_one_is_refused() {
    let stage = Stage::shared();
    let me = |token: &str| {
        assert_eq!(stage.app.get_as(ME, token).status, 401);
        is_refused(&stage.app.get_as(ME, token), &stage.nonsense[1], token);
        stage.inactive(token);
    };
    for name in ["deleted", "disabled"] {
        stage.app.register(name);
    }
    let (deleted, disabled) = (stage.app.tokens("deleted"), stage.app.tokens("disabled"));
    for tokens in [&deleted, &disabled] {
        assert_eq!(stage.app.get_as(ME, &tokens.access).status, 200);
    }
    let password = json!({"password": PASSWORD});
    assert_eq!(stage.app.send_as("DELETE", ME, &deleted.access, Some(&password)).status, 204);
    let now = stage.app.clock.now();
    let changed = stage.app.store.write(|tx| match tx.users().by_name(&CanonicalName::of("disabled"))? {
        Some(user) => tx.users().set_state(user.id, AccountState::Disabled, now),
        None => Ok(false),
    });
    assert!(changed.unwrap());
    me(&deleted.access);
    me(&disabled.access);
    let of = |token: &str| crate::helpers::token_part(token, 1)["sub"].clone();
    for subject in [of(&deleted.access), of(&disabled.access), json!("5f0c3a52-9f0f-4a39-8a53-1f3f6f6f2f10")] {
        me(&claim(&stage, "sub", subject));
    }
    is_refused(&stage.app.get_as(FORWARD_AUTH, &deleted.access), &stage.nonsense[0], &deleted.access);
    stage.unharmed();
}

#[test]
fn j29_a_payload_is_one_strict_object() {
    let stage = Stage::shared();
    let (header, good) = (stage.header().to_string(), stage.claims().to_string());
    stage.accepted(&stage.token(&header, &good));
    let mut others: Vec<Vec<u8>> =
        ["[]", "\"x\"", "1", "null", "true", "{", "{}{}", "{}", " ", "\0", "{'a':1}", "//\n{}"]
            .map(|text| text.as_bytes().to_vec())
            .into();
    others.extend([
        good.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        good.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        [b"\xef\xbb\xbf", good.as_bytes()].concat(),
        [good.as_bytes(), b"\0"].concat(),
        b"{\"a\":\"\xff\"}".to_vec(),
        format!("[{good}]").into_bytes(),
        good.replacen('{', "{\"a\":\"\\ud800\",", 1).into_bytes(),
        good.replacen('{', "{\"\\u0065xp\":1,", 1).into_bytes(),
        good.replacen('{', "{\"x\":1,\"x\":1,", 1).into_bytes(),
    ]);
    for other in others {
        stage.refused(&stage.token(&header, other));
    }
    stage.refused(&stage.token([header.as_bytes(), b"{}"].concat(), &good));
    stage.unharmed();
}
