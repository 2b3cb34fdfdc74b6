//! J-07, J-17, J-27, J-31: one spelling, and all of it.

use super::{FORWARD_AUTH, Stage, but_its_id, encode, hs256, is_refused, with};

fn parts(token: &str) -> [&str; 3] {
    token.split('.').collect::<Vec<_>>().try_into().unwrap()
}

#[test]
fn j07_fewer_more_or_empty_parts_are_no_token() {
    let stage = Stage::shared();
    let [h, p, s] = parts(&stage.tokens.access);
    let mut others = vec![
        h.to_owned(),
        format!("{h}.{p}"),
        format!("{h}.{p}."),
        format!("{h}..{s}"),
        format!(".{p}.{s}"),
        format!("{h}.{p}.{s}."),
        format!(".{h}.{p}.{s}"),
        format!("{h}.{p}.{s}.{s}"),
        format!("{h}.{p}..{s}"),
        format!("{h}.{h}.{p}.{s}"),
    ];
    others.extend((1..=6).map(|dots| ".".repeat(dots)));
    for other in others {
        stage.refused(&other);
    }
    // An empty one is not sent at all: there is nothing to be wrong with.
    for path in [FORWARD_AUTH, super::ME] {
        stage.get(path, "Bearer ").problem(401, "token_missing");
    }
    stage.inactive("");
    stage.unharmed();
}

/// Signed as it is spelled, so that only the spelling is wrong.
#[test]
fn j17_each_part_has_one_spelling() {
    let stage = Stage::shared();
    let [h, p, s] = parts(&stage.tokens.access);
    let resigned = |header: &str, payload: &str| {
        let message = format!("{header}.{payload}");
        format!("{message}.{}", encode(hs256(&stage.secret, &message)))
    };
    assert_eq!(resigned(h, p), stage.tokens.access);
    for text in ["=", "==", " ", "\n", "\r\n", "\t", "\0", "+", "/", "%3D", "\u{feff}", "ä"] {
        for spell in [
            |part: &str, text: &str| format!("{part}{text}"),
            |part: &str, text: &str| format!("{text}{part}"),
            |part: &str, text: &str| format!("{}{text}{}", &part[..part.len() / 2], &part[part.len() / 2..]),
        ] {
            stage.refused(&resigned(&spell(h, text), p));
            stage.refused(&resigned(h, &spell(p, text)));
            stage.refused(&format!("{h}.{p}.{}", spell(s, text)));
        }
    }
    // The last letter of 32 bytes has two bits to spare: of the four letters that differ in them one passes.
    let (rest, last) = stage.tokens.access.split_at(stage.tokens.access.len() - 1);
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for letter in letters.chars().filter(|letter| !last.starts_with(*letter)) {
        stage.refused(&format!("{rest}{letter}"));
    }
    stage.refused(&stage.token(format!("\u{feff}{}", stage.header()), stage.claims().to_string()));
    stage.unharmed();
}

#[test]
fn j27_other_serialisations_and_nested_tokens_are_refused() {
    let stage = Stage::shared();
    let [h, p, s] = parts(&stage.tokens.access);
    // PBES2 with two thousand million rounds (RFC 7518, section 4.8): nobody computes one of them.
    let pbes2 = encode(r#"{"alg":"PBES2-HS256+A128KW","enc":"A128CBC-HS256","p2s":"AAAA","p2c":2147483648}"#);
    for token in [
        format!("{pbes2}.{p}.AAAA.AAAA.AAAA"),
        format!("{pbes2}.{p}.{s}"),
        stage.token(stage.header().to_string(), &stage.tokens.access),
    ] {
        stage.refused(&token);
    }
    for (member, value) in [("cty", "JWT"), ("cty", "application/jwt"), ("zip", "DEF"), ("enc", "A128GCM")] {
        stage.refused(&stage.signed(&with(stage.header(), member, value), &stage.claims()));
    }
    for json in [
        format!(r#"{{"payload":"{p}","protected":"{h}","signature":"{s}"}}"#),
        format!(r#"{{"payload":"{p}","signatures":[{{"protected":"{h}","signature":"{s}"}}]}}"#),
    ] {
        stage.refused(&json);
    }
    stage.unharmed();
}

/// Every length up to a boundary and behind it, and each 5th of the others.
fn lengths(token: &str) -> impl Iterator<Item = usize> {
    let dots = token.match_indices(['.', '_']).map(|(at, _)| at).chain([0, token.len()]);
    let near: Vec<usize> = dots.flat_map(|at| at.saturating_sub(2)..at + 3).collect();
    (1..token.len()).filter(move |length| length % 5 == 0 || near.contains(length))
}

#[test]
fn j31_every_cut_suffix_and_change_of_case_of_an_access_token_is_refused() {
    let stage = Stage::shared();
    let good = &stage.tokens.access;
    for length in lengths(good) {
        stage.refused(&good[..length]);
    }
    for suffix in ["A", "AA", "AAA", "AAAA", "=", "==", "-", "_", "~", ".", ".A", ",", " A"] {
        stage.refused(&format!("{good}{suffix}"));
    }
    // On the route that has a short way, each length and each letter.
    let refused =
        |token: &str| is_refused(&stage.get(FORWARD_AUTH, &format!("Bearer {token}")), &stage.nonsense[0], token);
    for at in 0..good.len() {
        let letter = char::from(good.as_bytes()[at]);
        let other = if letter.is_ascii_lowercase() { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() };
        if other != letter {
            refused(&format!("{}{other}{}", &good[..at], &good[at + 1..]));
        }
        if at > 0 {
            refused(&good[..at]);
        }
    }
    stage.unharmed();
}

/// Nor does it end the session, as one that was stolen and used again would.
#[test]
fn j31_every_cut_suffix_and_change_of_case_of_a_refresh_token_is_refused() {
    let stage = Stage::shared();
    let good = &stage.tokens.refresh;
    let mut others: Vec<String> = lengths(good).map(|length| good[..length].to_owned()).collect();
    others.extend(["A", "AAAA", "=", ".", " ", "\n", "\0"].map(|suffix| format!("{good}{suffix}")));
    others.extend([good.to_uppercase(), good.to_lowercase(), format!(" {good}")]);
    let refusal = but_its_id(&stage.app.refresh("x"));
    for other in others {
        let reply = stage.app.refresh(&other);
        reply.problem(401, "token_invalid");
        assert_eq!(but_its_id(&reply), refusal, "{other:?}");
        stage.inactive(&other);
    }
    // A refresh token is no access token either.
    stage.get(FORWARD_AUTH, &format!("Bearer {good}")).problem(401, "token_invalid");
    stage.unharmed();
    assert_eq!(stage.app.refresh(good).status, 200);
}
