//! Private keys that people bring: every form that passes, and each way in which one does not.

use auth_core::secret::Secret;
use auth_core::token::{
    Algorithm, Jwt, KeyError, KeyFault, KeyRing, SigningKey, TokenSigner, TokenVerifier, import_private_key,
};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};

use crate::der::{EC, ED25519, P256, RSA, member, pem, pkcs1, pkcs8, sec1, tlv};
use crate::tokens::{NOW, claims, decode, pair, policy, with, without};

/// Published private keys: RFC 7515, A.2 and A.3; RFC 8037, A.1.
fn jwk(algorithm: Algorithm) -> Value {
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    match algorithm {
        Algorithm::Es256 => read(include_str!("../vectors/rfc7515.json"))["a3"]["private"].clone(),
        Algorithm::EdDsa => read(include_str!("../vectors/rfc8037.json"))["private"].clone(),
        _ => read(include_str!("../vectors/rfc7515.json"))["a2"]["private"].clone(),
    }
}

/// An RSA key of 1,128 bits that is nobody's secret: its primes are 2^607 - 1 and 2^521 - 1.
fn small_rsa() -> Value {
    json!({
        "kty": "RSA", "e": "AQAB",
        "n": format!("{}9{}g{}B", "_".repeat(86), "_".repeat(14), "A".repeat(85)),
        "d": "Kn_VgCp_1YAqf9WAKn_VgCp_1YAqf9WAKn_VgCp_1YAqf9WAKn_VgCp_1YAqf9WAKn_VgCp_1YAqf9WAKn_VgCpVVaqqVVWqqlVVqgBV_6oAVf-qA\
              FX_qgBV_6oAVf-qAFX_qgBV_6oAVf-qAFX_qgBV_6oAVf-qAFX_qgBV_6oAVf-qAFX_qgBV_6oB",
        "p": format!("f{}w", "_".repeat(100)),
        "q": format!("Af{}", "_".repeat(86)),
        "dp": "VVWqqlVVqqpVVaqqVVWqqlVVqqpVVaqqVVWqqlVVqqpVVaqqVVWqqlVVqqpVVaqqVVWqqlVVqqpVVaqqVVWqqlVVqqpVVaqqVVWqqQ",
        "dq": "AYCAf3-AgH9_gIB_f4CAf3-AgH9_gIB_f4CAf3-AgH9_gIB_f4CAf3-AgH9_gIB_f4CAf3-AgH9_gIB_f4CAf39_",
        "qi": "e973ve973ve973vve973ve973ve9773ve973ve973ve-973ve973ve973vve973ve973ve9773ve973ve973ve-973ve973ve973vQ",
    })
}

/// Every form of a key, of which each names the label that it bears.
fn forms(algorithm: Algorithm, jwk: &Value) -> Vec<String> {
    let pems = match algorithm {
        Algorithm::Es256 => vec![
            pem("EC PRIVATE KEY", &sec1(jwk, Some(P256))),
            pem("PRIVATE KEY", &pkcs8(0, &[EC, P256].concat(), &sec1(jwk, None), &[])),
            pem("PRIVATE KEY", &pkcs8(0, &[EC, P256].concat(), &sec1(jwk, Some(P256)), &[])),
        ],
        Algorithm::EdDsa => {
            let (d, x) = (tlv(4, &member(jwk, "d")), [vec![0], member(jwk, "x")].concat());
            vec![
                pem("PRIVATE KEY", &pkcs8(0, ED25519, &d, &[])),
                pem("PRIVATE KEY", &pkcs8(1, ED25519, &d, &tlv(0x81, &x))),
            ]
        }
        _ => vec![pem("RSA PRIVATE KEY", &pkcs1(jwk)), pem("PRIVATE KEY", &pkcs8(0, RSA, &pkcs1(jwk), &[]))],
    };
    [pems, vec![jwk.to_string(), format!("\n{jwk}\n")]].concat()
}

const BROUGHT: [Algorithm; 4] = [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Ps256, Algorithm::Rs256];

fn import(text: &str, algorithm: Algorithm) -> Result<SigningKey, KeyError> {
    import_private_key(&Secret::new(text), algorithm).map(|(key, _)| key)
}

#[test]
fn every_form_of_a_private_key_is_read_stored_and_read_again() {
    for algorithm in BROUGHT {
        let jwk = jwk(algorithm);
        let forms = forms(algorithm, &jwk);
        let windows = forms.iter().map(|form| form.replace('\n', "\r\n"));
        for form in forms.iter().cloned().chain(windows) {
            let (key, private) = import_private_key(&Secret::new(form.clone()), algorithm)
                .unwrap_or_else(|error| panic!("{error}: {form:.40}"));
            let public = key.verifying().jwk().unwrap();
            for name in ["x", "y", "n", "e"] {
                assert_eq!(public.get(name), jwk.get(name), "{algorithm}");
            }
            let again = SigningKey::from_private(algorithm, &private).unwrap();
            let token = Jwt::new(KeyRing::new(again), policy()).sign(&claims()).unwrap();
            assert_eq!(
                Jwt::new(KeyRing::new(key), policy()).verify(token.expose(), NOW),
                Ok(claims().into()),
                "{algorithm}"
            );
        }
    }
}

#[test]
fn a_key_of_another_algorithm_is_refused_in_every_form() {
    for of_key in BROUGHT {
        for asked in Algorithm::ALL {
            let is_rsa = |algorithm| matches!(algorithm, Algorithm::Ps256 | Algorithm::Rs256);
            if of_key == asked || is_rsa(of_key) && is_rsa(asked) {
                continue;
            }
            for form in forms(of_key, &jwk(of_key)) {
                assert_eq!(import(&form, asked).unwrap_err(), KeyError::Unreadable, "{of_key} as {asked}: {form:.40}");
            }
        }
    }
}

#[test]
fn j37_what_a_jwk_says_of_its_use_is_obeyed() {
    for algorithm in BROUGHT {
        let jwk = jwk(algorithm);
        let good = with(with(with(jwk.clone(), "alg", algorithm.as_str()), "use", "sig"), "key_ops", json!(["sign"]));
        assert!(import(&good.to_string(), algorithm).is_ok());
        for (name, value) in [
            ("use", json!("enc")),
            ("use", json!(null)),
            ("key_ops", json!(["encrypt"])),
            ("key_ops", json!(["verify"])),
            ("key_ops", json!([])),
            ("key_ops", json!(["sign", "sign"])),
            ("key_ops", json!("sign")),
            ("alg", json!("ES384")),
            ("alg", json!("HS256")),
            ("alg", json!(1)),
        ] {
            let refused = import(&with(good.clone(), name, value.clone()).to_string(), algorithm);
            assert_eq!(refused.unwrap_err(), KeyError::Unreadable, "{algorithm} {name} {value}");
        }
    }
    let other = with(jwk(Algorithm::Rs256), "alg", "PS256").to_string();
    assert_eq!(import(&other, Algorithm::Rs256).unwrap_err(), KeyError::Unreadable);
}

#[test]
fn halves_that_do_not_fit_are_refused_in_every_form() {
    for algorithm in BROUGHT {
        let (ours, theirs) = (jwk(algorithm), pair(algorithm).key.verifying().jwk().unwrap());
        let mut public = ours.clone();
        for name in ["x", "y", "n"] {
            if let Some(value) = theirs.get(name) {
                public[name] = value.clone();
            }
        }
        for form in forms(algorithm, &public) {
            // What has no public half fits every private one.
            if algorithm == Algorithm::EdDsa && form == forms(algorithm, &ours)[0] {
                continue;
            }
            assert_eq!(import(&form, algorithm).unwrap_err(), KeyError::Unreadable, "{algorithm}: {form:.40}");
        }
    }
    let rsa = jwk(Algorithm::Rs256);
    for name in ["d", "p", "q", "dp", "dq", "qi"] {
        let mut bytes = member(&rsa, name);
        bytes[40] ^= 1;
        let changed = with(rsa.clone(), name, crate::tokens::encode(&bytes));
        for form in forms(Algorithm::Rs256, &changed) {
            assert_eq!(import(&form, Algorithm::Rs256).unwrap_err(), KeyError::Unreadable, "{name}: {form:.40}");
        }
        let missing = without(rsa.clone(), name).to_string();
        assert_eq!(import(&missing, Algorithm::Rs256).unwrap_err(), KeyError::Unreadable, "{name}");
    }
    let third = with(rsa, "oth", json!([{"r": "AQAB", "d": "AQAB", "t": "AQAB"}])).to_string();
    assert_eq!(import(&third, Algorithm::Rs256).unwrap_err(), KeyError::Unreadable);
}

#[test]
fn j37_keys_that_are_too_small_or_off_their_curve_are_named() {
    for algorithm in [Algorithm::Ps256, Algorithm::Rs256] {
        for form in forms(algorithm, &small_rsa()) {
            let refused = import(&form, algorithm).unwrap_err();
            assert_eq!(refused, KeyError::Unfit(KeyFault::SmallModulus), "{form:.40}");
        }
        let mut n = member(&jwk(algorithm), "n");
        n[0] = 0x7f;
        let short = with(jwk(algorithm), "n", crate::tokens::encode(&n)).to_string();
        assert_eq!(import(&short, algorithm).unwrap_err(), KeyError::Unfit(KeyFault::SmallModulus), "2,047 bits");
        let trivial = with(jwk(algorithm), "e", "AQ").to_string();
        assert_eq!(import(&trivial, algorithm).unwrap_err(), KeyError::Unfit(KeyFault::Rsa));
    }
    let ec = jwk(Algorithm::Es256);
    let off = with(ec.clone(), "x", ec["y"].clone());
    assert_eq!(import(&off.to_string(), Algorithm::Es256).unwrap_err(), KeyError::Unfit(KeyFault::OffCurve));
    let small = with(jwk(Algorithm::EdDsa), "x", crate::tokens::encode([0; 32])).to_string();
    assert_eq!(import(&small, Algorithm::EdDsa).unwrap_err(), KeyError::Unfit(KeyFault::SmallOrder));
    let off = with(jwk(Algorithm::EdDsa), "x", crate::tokens::encode([2; 31])).to_string();
    assert_eq!(import(&off, Algorithm::EdDsa).unwrap_err(), KeyError::Unfit(KeyFault::OffEdwards));
    // Zero, and the order of the curve, are no private keys.
    for d in [vec![0; 32], decode("_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE")] {
        for form in forms(Algorithm::Es256, &with(ec.clone(), "d", crate::tokens::encode(&d))) {
            assert_eq!(import(&form, Algorithm::Es256).unwrap_err(), KeyError::Unreadable, "{form:.40}");
        }
    }
}

#[test]
fn j37_a_key_of_another_curve_is_refused() {
    let p384 = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
    let der = p384.to_pkcs8v1().unwrap();
    assert_eq!(import(&pem("PRIVATE KEY", der.as_ref()), Algorithm::Es256).unwrap_err(), KeyError::Unreadable);
    let sec1_of_p384 = p384.private_key().as_der().unwrap();
    let refused = import(&pem("EC PRIVATE KEY", sec1_of_p384.as_ref()), Algorithm::Es256);
    assert_eq!(refused.unwrap_err(), KeyError::Unreadable);
    // 1.3.132.0.10, secp256k1, with the numbers of a key on P-256.
    let curve = [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a];
    let renamed = sec1(&jwk(Algorithm::Es256), Some(&curve));
    assert_eq!(import(&pem("EC PRIVATE KEY", &renamed), Algorithm::Es256).unwrap_err(), KeyError::Unreadable);
    let renamed = with(jwk(Algorithm::Es256), "crv", "secp256k1").to_string();
    assert_eq!(import(&renamed, Algorithm::Es256).unwrap_err(), KeyError::Unreadable);
    let x25519 = with(jwk(Algorithm::EdDsa), "crv", "X25519").to_string();
    assert_eq!(import(&x25519, Algorithm::EdDsa).unwrap_err(), KeyError::Unreadable);
    let x25519 = pkcs8(0, &[0x06, 0x03, 0x2b, 0x65, 0x6e], &tlv(4, &member(&jwk(Algorithm::EdDsa), "d")), &[]);
    assert_eq!(import(&pem("PRIVATE KEY", &x25519), Algorithm::EdDsa).unwrap_err(), KeyError::Unreadable);
}

#[test]
fn anything_else_is_no_private_key() {
    for algorithm in Algorithm::ALL {
        let held = if algorithm == Algorithm::Hs256 { Algorithm::Es256 } else { algorithm };
        let jwk = jwk(held);
        let good = forms(held, &jwk)[0].clone();
        let with_text_before = format!("Bag Attributes\n{good}");
        for passes in [&good, &with_text_before] {
            assert!(algorithm == Algorithm::Hs256 || import(passes, algorithm).is_ok(), "RFC 7468, section 2");
        }
        let public = pair(held).key.verifying().jwk().unwrap().to_string();
        let body = good.lines().nth(1).unwrap();
        for text in [
            String::new(),
            "{".to_owned(),
            "{}".to_owned(),
            "[]".to_owned(),
            "-----BEGIN PRIVATE KEY-----".to_owned(),
            "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n".to_owned(),
            crate::tokens::SECRET.to_owned(),
            public.clone(),
            json!({"keys": [jwk]}).to_string(),
            json!({"kty": "oct", "k": "hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg"}).to_string(),
            jwk.to_string().replacen('{', "{\"kty\":\"EC\",\"kty\":\"EC\",", 1),
            format!("{good}{good}"),
            format!("{good}{}", pem("CERTIFICATE", &tlv(0x30, &[1; 40]))),
            format!("{}{good}", pem("CERTIFICATE", &tlv(0x30, &[1; 40]))),
            good.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"),
            good.replace("PRIVATE KEY", "PUBLIC KEY"),
            good.replace("PRIVATE KEY", "CERTIFICATE"),
            good.replacen(body, &format!("Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n{body}"), 1),
            good.replacen("BEGIN", "BEGIN OPENSSH", 1).replacen("END", "END OPENSSH", 1),
            good.replacen("-----END", "-----ENDE", 1),
            good.replacen(body, &body[1..], 1),
            good.replacen(body, &format!("!{}", &body[1..]), 1),
        ] {
            assert_eq!(import(&text, algorithm).err(), Some(KeyError::Unreadable), "{algorithm}: {text}");
        }
    }
}
