//! The compact form: three parts, one spelling.

use auth_core::token::{Algorithm, TokenRejection};

use crate::judge;
use crate::tokens::{encode, pair, payload};

#[test]
fn j07_fewer_more_or_empty_parts_are_no_token() {
    for algorithm in Algorithm::ALL {
        let pair = pair(algorithm);
        let good = pair.good();
        assert_eq!(judge(pair, &good), Ok(()));
        let parts: Vec<&str> = good.split('.').collect();
        let (h, p, s) = (parts[0], parts[1], parts[2]);
        let mut others = vec![
            String::new(),
            h.to_owned(),
            format!("{h}.{p}"),
            format!("{h}.{p}."),
            format!("{h}..{s}"),
            format!("{h}.{p}.{s}."),
            format!(".{h}.{p}.{s}"),
            format!("{h}.{p}.{s}.{s}"),
            format!("{h}.{p}..{s}"),
            format!("{h}.{h}.{p}.{s}"),
        ];
        others.extend((1..=6).map(|dots| ".".repeat(dots)));
        for other in others {
            assert_eq!(judge(pair, &other), Err(TokenRejection::Malformed), "{other}");
        }
        assert_eq!(judge(pair, &format!(".{p}.{s}")), Err(TokenRejection::Header), "an empty header is no object");
    }
}

#[test]
fn j17_each_part_has_one_spelling() {
    for algorithm in [Algorithm::Hs256, Algorithm::EdDsa] {
        let pair = pair(algorithm);
        let good = pair.good();
        assert_eq!(judge(pair, &good), Ok(()));
        let parts: Vec<&str> = good.split('.').collect();
        // Signed as it is spelled: only the spelling is wrong.
        let resigned = |header: &str, payload: &str| {
            let message = format!("{header}.{payload}");
            format!("{message}.{}", encode(pair.signature(algorithm, &message)))
        };
        for text in ["=", "==", " ", "\n", "\r\n", "\t", "\0", "+", "/", "%3D", "\u{feff}", "ä"] {
            for spell in [
                |part: &str, text: &str| format!("{part}{text}"),
                |part: &str, text: &str| format!("{text}{part}"),
                |part: &str, text: &str| format!("{}{text}{}", &part[..part.len() / 2], &part[part.len() / 2..]),
            ] {
                for token in [
                    resigned(&spell(parts[0], text), parts[1]),
                    resigned(parts[0], &spell(parts[1], text)),
                    format!("{}.{}.{}", parts[0], parts[1], spell(parts[2], text)),
                ] {
                    assert_eq!(judge(pair, &token), Err(TokenRejection::Malformed), "{token:?}");
                }
            }
        }
    }
}

/// Letters whose last bits are not used could be spelled in several ways; one of them passes.
#[test]
fn j17_spare_bits_are_zero() {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for algorithm in Algorithm::ALL {
        let pair = pair(algorithm);
        let good = pair.good();
        let (rest, last) = good.split_at(good.len() - 1);
        let accepted: String =
            LETTERS.chars().filter(|letter| judge(pair, &format!("{rest}{letter}")).is_ok()).collect();
        assert_eq!(accepted, last, "{algorithm}");
    }
    // Also where the sender signed that spelling himself: 16 letters of a payload of 3n + 1 bytes stand for the same byte.
    let pair = pair(Algorithm::Hs256);
    let mut text = payload().to_string();
    while text.len() % 3 != 1 {
        text.push(' ');
    }
    let (head, body) = (encode(pair.header().to_string()), encode(&text));
    let (rest, last) = body.split_at(body.len() - 1);
    let resigned = |letter: char| {
        let message = format!("{head}.{rest}{letter}");
        format!("{message}.{}", encode(pair.signature(Algorithm::Hs256, &message)))
    };
    let accepted: String = LETTERS.chars().filter(|letter| judge(pair, &resigned(*letter)).is_ok()).collect();
    assert_eq!(accepted, last);
}

#[test]
fn j27_other_serialisations_and_nested_tokens_are_refused_before_any_work() {
    let pair = pair(Algorithm::Hs256);
    let good = pair.good();
    assert_eq!(judge(pair, &good), Ok(()));
    let parts: Vec<&str> = good.split('.').collect();
    let flattened = format!(r#"{{"payload":"{}","protected":"{}","signature":"{}"}}"#, parts[1], parts[0], parts[2]);
    let general = format!(
        r#"{{"payload":"{}","signatures":[{{"protected":"{}","signature":"{}"}}]}}"#,
        parts[1], parts[0], parts[2]
    );
    // PBES2 with two thousand million rounds (RFC 7518, section 4.8): five parts, so nobody reads its header.
    let pbes2 = encode(r#"{"alg":"PBES2-HS256+A128KW","enc":"A128CBC-HS256","p2s":"AAAA","p2c":2147483648}"#);
    let encrypted = format!("{pbes2}.{}.AAAA.AAAA.AAAA", parts[1]);
    for other in [flattened, general, encrypted] {
        assert_eq!(judge(pair, &other), Err(TokenRejection::Malformed));
    }
    // The same in three parts: refused for its header, before the signature is looked at.
    assert_eq!(judge(pair, &format!("{pbes2}.{}.{}", parts[1], parts[2])), Err(TokenRejection::Header));
    for (member, value) in [("cty", "JWT"), ("cty", "application/jwt"), ("zip", "DEF"), ("enc", "A128GCM")] {
        let header = crate::tokens::with(pair.header(), member, value).to_string();
        assert_eq!(judge(pair, &pair.token(header, payload().to_string())), Err(TokenRejection::Header), "{member}");
    }
    assert_eq!(
        judge(pair, &pair.token(pair.header().to_string(), &good)),
        Err(TokenRejection::Payload),
        "a token in a token"
    );
}

/// The bound on work is one on size: 8 KiB of token, 1 KiB of encoded header, whatever is in them.
#[test]
fn j27_sizes_are_bounded_to_the_byte() {
    let pair = pair(Algorithm::Hs256);
    let fixed = pair.header().to_string().len();
    // 768 bytes are 1,024 letters.
    for (length, verdict) in [(768, Err(TokenRejection::UnknownKey)), (769, Err(TokenRejection::Malformed))] {
        let kid = "k".repeat(length - fixed + pair.id().len());
        let header = crate::tokens::with(pair.header(), "kid", kid).to_string();
        assert_eq!((header.len(), judge(pair, &pair.token(header, "{}"))), (length, verdict));
    }
    let header = format!("{}{}", pair.header(), " ".repeat(768 - fixed));
    assert_eq!(judge(pair, &pair.token(header, payload().to_string())), Ok(()), "1,024 letters of a good header pass");
    // Not every length of a part is one of base64, so both parts are padded.
    let sized = |token_length: usize| {
        let spaces = (token_length - pair.good().len()) / 4 * 3;
        let padded = |text: String, more: usize| format!("{text}{}", " ".repeat(more));
        (0..3)
            .flat_map(|in_header| (spaces - 8..spaces + 8).map(move |in_payload| (in_header, in_payload)))
            .map(|(in_header, in_payload)| {
                let header = padded(pair.header().to_string(), in_header);
                pair.token(header, padded(payload().to_string(), in_payload))
            })
            .find(|token| token.len() == token_length)
            .unwrap()
    };
    assert_eq!(judge(pair, &sized(8_192)), Ok(()));
    assert_eq!(judge(pair, &sized(8_193)), Err(TokenRejection::Malformed));
    assert_eq!(judge(pair, &"a".repeat(10 << 20)), Err(TokenRejection::Malformed));
}

#[test]
fn j31_every_cut_suffix_and_change_of_case_is_refused() {
    for algorithm in Algorithm::ALL {
        let pair = pair(algorithm);
        let good = pair.good();
        assert_eq!(judge(pair, &good), Ok(()));
        for end in 0..good.len() {
            assert!(judge(pair, &good[..end]).is_err(), "{end}");
        }
        for suffix in ["A", "AA", "AAA", "AAAA", "=", "-", "_", " ", "\n", ".", ".A"] {
            assert!(judge(pair, &format!("{good}{suffix}")).is_err(), "{suffix:?}");
        }
        let flipped = |at: usize| {
            let letter = char::from(good.as_bytes()[at]);
            let other =
                if letter.is_ascii_lowercase() { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() };
            (other != letter).then(|| format!("{}{other}{}", &good[..at], &good[at + 1..]))
        };
        // RSA takes its time where the tests are built without optimisation.
        let step = if matches!(algorithm, Algorithm::Ps256 | Algorithm::Rs256) { 16 } else { 1 };
        for changed in (0..good.len()).step_by(step).filter_map(flipped) {
            assert!(judge(pair, &changed).is_err(), "{changed}");
        }
    }
}
