//! J-01, J-02, J-05, J-06: who chooses the algorithm, and signatures that nobody computed.

use auth_core::token::Algorithm;
use base64ct::{Base64, Encoding as _};
use serde_json::Value;

use super::{Stage, decode, encode, hs256, with};
use crate::helpers::TestApp;

#[test]
fn j01_none_is_no_algorithm() {
    for stage in [Stage::with(Algorithm::Es256), Stage::shared()] {
        let signature = stage.tokens.access.rsplit_once('.').unwrap().1;
        for none in ["none", "None", "NONE", "nOnE", "", "null"] {
            let header = with(stage.header(), "alg", none).to_string();
            let message = format!("{}.{}", encode(header), encode(stage.claims().to_string()));
            for token in [format!("{message}."), message.clone(), format!("{message}.{signature}")] {
                stage.refused(&token);
            }
        }
        stage.unharmed();
    }
}

/// One element of DER (ITU-T X.690, section 8.1).
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = match u8::try_from(content.len()) {
        Ok(short) if short < 128 => vec![short],
        Ok(byte) => vec![0x81, byte],
        Err(_) => [&[0x82], u16::try_from(content.len()).unwrap().to_be_bytes().as_slice()].concat(),
    };
    [&[tag], length.as_slice(), content].concat()
}

/// A positive number.
fn integer(bytes: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
    let sign = if digits.first().is_some_and(|first| *first > 127) { vec![0] } else { vec![] };
    tlv(2, &[sign, digits].concat())
}

/// `rsaEncryption`, without parameters (RFC 8017, appendix A.1).
const RSA: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

/// Every encoding of a public key, as a shared secret.
fn encodings(jwk: &Value) -> Vec<Vec<u8>> {
    let member = |name: &str| decode(jwk[name].as_str().unwrap());
    let (mut secrets, mut ders) = (vec![jwk.to_string().into_bytes()], Vec::new());
    match jwk["kty"].as_str().unwrap() {
        "EC" => {
            let (x, y) = (member("x"), member("y"));
            let point = [&[4], x.as_slice(), &y].concat();
            // The head of a SubjectPublicKeyInfo of P-256 (RFC 5480, section 2).
            ders.push(("PUBLIC KEY", [&decode("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgA"), point.as_slice()].concat()));
            secrets.extend([[x.as_slice(), &y].concat(), point, x, y]);
        }
        "OKP" => {
            // The same of Ed25519 (RFC 8410, section 4).
            ders.push(("PUBLIC KEY", [decode("MCowBQYDK2VwAyEA"), member("x")].concat()));
            secrets.push(member("x"));
        }
        _ => {
            let n = member("n");
            let pkcs1 = tlv(0x30, &[integer(&n), integer(&member("e"))].concat());
            let bits = tlv(3, &[&[0], pkcs1.as_slice()].concat());
            ders.push(("PUBLIC KEY", tlv(0x30, &[tlv(0x30, RSA), bits].concat())));
            ders.push(("RSA PUBLIC KEY", pkcs1));
            secrets.extend([[&[0], n.as_slice()].concat(), n]);
        }
    }
    for (label, der) in ders {
        let text = Base64::encode_string(&der);
        let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        let pem = format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"));
        secrets.extend([pem.trim_end().to_owned(), pem.replace('\n', "\r\n"), pem].map(String::into_bytes));
        secrets.push(der);
    }
    secrets
}

fn served(app: &TestApp) -> Vec<u8> {
    app.get("/.well-known/jwks.json").body
}

#[test]
fn j02_the_served_key_is_no_shared_secret_in_any_encoding() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Ps256, Algorithm::Rs256] {
        let stage = Stage::with(algorithm);
        let set = served(&stage.app);
        let jwk = serde_json::from_slice::<Value>(&set).unwrap()["keys"][0].clone();
        assert_eq!((&jwk["kid"], &jwk["alg"]), (&stage.header()["kid"], &algorithm.as_str().into()));
        let mut secrets = encodings(&jwk);
        assert!(secrets.len() >= 6);
        secrets.push(set);
        let claims = encode(stage.claims().to_string());
        for secret in secrets {
            for alg in ["HS256", "HS512", algorithm.as_str()] {
                let message = format!("{}.{claims}", encode(with(stage.header(), "alg", alg).to_string()));
                stage.refused(&format!("{message}.{}", encode(hs256(&secret, &message))));
            }
        }
        stage.unharmed();
    }
}

/// The order of P-256 (SEC 2, section 2.4.2).
const P256_ORDER: &str = "_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE";
/// The order of edwards25519's base point, little endian (RFC 8032, section 5.1).
const ED25519_ORDER: &str = "7dP1XBpjEljWnPei3vneFAAAAAAAAAAAAAAAAAAAABA";

/// What is no signature, made of one that is: trivial numbers, other lengths, and halves that change places.
fn bent(signature: &[u8], order: &str) -> Vec<Vec<u8>> {
    let (r, s) = signature.split_at(32);
    let order = decode(order);
    let (mut one, mut one_at_the_end, mut before) = ([0; 32], [0; 32], order.clone());
    (one[0], one_at_the_end[31]) = (1, 1);
    // The last digit of Ed25519's order comes first.
    (before[0], before[31]) = if order[31] == 0x10 { (order[0] - 1, order[31]) } else { (order[0], order[31] - 1) };
    let edges = [vec![0; 32], one.to_vec(), one_at_the_end.to_vec(), before, order, vec![0xff; 32]];
    let mut bent: Vec<Vec<u8>> =
        edges.iter().flat_map(|a| edges.iter().map(move |b| [a.as_slice(), b].concat())).collect();
    bent.extend(edges.iter().flat_map(|edge| [[edge, s].concat(), [r, edge].concat()]));
    let der = tlv(0x30, &[integer(r), integer(s)].concat());
    bent.extend([der, [s, r].concat(), signature[..63].to_vec(), signature[1..].to_vec(), r.to_vec(), vec![0]]);
    bent.extend([
        [signature, &[0]].concat(),
        [&[0], signature].concat(),
        [&[0], r, &[0], s].concat(),
        [r, s, r, s].concat(),
    ]);
    bent
}

fn bends(algorithm: Algorithm, order: &str) {
    let stage = Stage::with(algorithm);
    let (message, signature) = stage.tokens.access.rsplit_once('.').unwrap();
    let all = bent(&decode(signature), order);
    assert!(all.len() >= 58);
    for signature in all {
        stage.refused(&format!("{message}.{}", encode(signature)));
    }
    stage.unharmed();
}

#[test]
fn j05_ecdsa_signatures_of_trivial_numbers_or_in_another_form_are_refused() {
    bends(Algorithm::Es256, P256_ORDER);
}

#[test]
fn j06_ed25519_signatures_of_trivial_numbers_or_in_another_form_are_refused() {
    bends(Algorithm::EdDsa, ED25519_ORDER);
    // S + L is the same number to whoever does not check its range.
    let stage = Stage::with(Algorithm::EdDsa);
    let (message, signature) = stage.tokens.access.rsplit_once('.').unwrap();
    let mut more = decode(signature);
    let mut carry = 0;
    for (byte, add) in more[32..].iter_mut().zip(decode(ED25519_ORDER)) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        (*byte, carry) = (sum.to_le_bytes()[0], sum >> 8);
    }
    assert_eq!(carry, 0, "two of the order fit into 32 bytes");
    stage.refused(&format!("{message}.{}", encode(more)));
    stage.unharmed();
}
