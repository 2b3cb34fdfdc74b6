//! The header does not choose the algorithm.

use auth_core::token::{Algorithm, JwkFault, KeySet, KeySetError, KeySetOrigin, TokenRejection, load_key_set, verify};
use serde_json::json;

use crate::der::{RSA, integer, pem, tlv};
use crate::judge;
use crate::tokens::{NOW, decode, encode, hs256, pair, payload, policy, with, without};

#[test]
fn j01_none_is_no_algorithm_in_any_spelling() {
    for algorithm in Algorithm::ALL {
        let pair = pair(algorithm);
        let good = pair.good();
        assert_eq!(judge(pair, &good), Ok(()));
        let signature = good.rsplit_once('.').unwrap().1;
        for none in ["none", "None", "NONE", "nOnE", "", "null"] {
            let header = with(pair.header(), "alg", none).to_string();
            let message = format!("{}.{}", encode(header), encode(payload().to_string()));
            assert_eq!(judge(pair, &format!("{message}.")), Err(TokenRejection::Malformed), "{none}");
            assert_eq!(judge(pair, &message), Err(TokenRejection::Malformed), "{none}");
            assert_eq!(judge(pair, &format!("{message}.{signature}")), Err(TokenRejection::Algorithm), "{none}");
        }
    }
}

/// Every encoding of the public key, as a shared secret.
fn encodings(jwk: &serde_json::Value) -> Vec<Vec<u8>> {
    let member = |name: &str| jwk.get(name).map(|value| decode(value.as_str().unwrap()));
    let (mut secrets, mut ders) = (vec![jwk.to_string().into_bytes()], Vec::new());
    match jwk["kty"].as_str() {
        Some("EC") => {
            let (x, y) = (member("x").unwrap(), member("y").unwrap());
            let point = [&[4], x.as_slice(), &y].concat();
            // SubjectPublicKeyInfo of P-256 (RFC 5480, section 2).
            let head = decode("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgA");
            ders.push(("PUBLIC KEY", [&head, point.as_slice()].concat()));
            secrets.extend([[x.as_slice(), &y].concat(), point, x, y]);
        }
        Some("OKP") => {
            // SubjectPublicKeyInfo of Ed25519 (RFC 8410, section 4).
            let x = member("x").unwrap();
            ders.push(("PUBLIC KEY", [&decode("MCowBQYDK2VwAyEA"), x.as_slice()].concat()));
            secrets.push(x);
        }
        _ => {
            let n = member("n").unwrap();
            let pkcs1 = tlv(0x30, &[integer(&n), integer(&member("e").unwrap())].concat());
            let bits = tlv(3, &[&[0], pkcs1.as_slice()].concat());
            ders.push(("PUBLIC KEY", tlv(0x30, &[tlv(0x30, RSA), bits].concat())));
            ders.push(("RSA PUBLIC KEY", pkcs1));
            secrets.extend([n.clone(), [&[0], n.as_slice()].concat()]);
        }
    }
    for (label, der) in ders {
        let pem = pem(label, &der);
        let text = |pem: &str| pem.as_bytes().to_vec();
        secrets.extend([text(&pem), text(pem.trim_end()), text(&pem.replace('\n', "\r\n")), der]);
    }
    secrets
}

#[test]
fn j02_a_public_key_is_no_shared_secret_in_any_encoding() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Ps256, Algorithm::Rs256] {
        let pair = pair(algorithm);
        assert_eq!(judge(pair, &pair.good()), Ok(()));
        let secrets = encodings(pair.key.verifying().jwk().unwrap());
        assert!(secrets.len() >= 6);
        let message =
            format!("{}.{}", encode(with(pair.header(), "alg", "HS256").to_string()), encode(payload().to_string()));
        let true_to_the_key = format!("{}.{}", encode(pair.header().to_string()), encode(payload().to_string()));
        for secret in secrets {
            let forged = format!("{message}.{}", encode(hs256(&secret, &message)));
            assert_eq!(judge(pair, &forged), Err(TokenRejection::Algorithm), "{algorithm}");
            let forged = format!("{true_to_the_key}.{}", encode(hs256(&secret, &true_to_the_key)));
            assert_eq!(judge(pair, &forged), Err(TokenRejection::Signature), "{algorithm}");
        }
    }
}

#[test]
fn j03_a_key_has_one_algorithm_and_without_one_it_is_not_loaded() {
    let (rs256, ps256) = (pair(Algorithm::Rs256), pair(Algorithm::Ps256));
    for (pair, other) in [(rs256, Algorithm::Ps256), (ps256, Algorithm::Rs256)] {
        let message = |alg: &str| {
            format!("{}.{}", encode(with(pair.header(), "alg", alg).to_string()), encode(payload().to_string()))
        };
        // The right private key, another padding: named truly, and named as what the key is for.
        let truly = message(other.as_str());
        let truly = format!("{truly}.{}", encode(pair.signature(other, &truly)));
        assert_eq!(judge(pair, &truly), Err(TokenRejection::Algorithm));
        let falsely = message(pair.algorithm().as_str());
        let falsely = format!("{falsely}.{}", encode(pair.signature(other, &falsely)));
        assert_eq!(judge(pair, &falsely), Err(TokenRejection::Signature));
        for alg in ["RS384", "RS512", "PS512", "ES256", "EdDSA", "rs256", "RS256 "] {
            let named = message(alg);
            let named = format!("{named}.{}", encode(pair.signature(pair.algorithm(), &named)));
            assert_eq!(judge(pair, &named), Err(TokenRejection::Algorithm), "{alg}");
        }
        assert_eq!(judge(pair, &pair.good()), Ok(()));
    }
    let jwk = without(rs256.key.verifying().jwk().unwrap().clone(), "alg");
    let refused = load_key_set(json!({"keys": [jwk]}).to_string().as_bytes(), KeySetOrigin::Own).unwrap_err();
    assert_eq!(refused, KeySetError::Key { index: 0, fault: JwkFault::AmbiguousAlgorithm });
}

/// Tokens of each algorithm under the keys of each other one, whichever of the two the `kid` and the `alg` name.
#[test]
fn a_token_of_one_algorithm_is_refused_under_the_key_of_any_other() {
    for signer in Algorithm::ALL.map(pair) {
        for holder in Algorithm::ALL.map(pair) {
            let accepted = verify(&signer.good(), &holder.set, &policy(), NOW).is_ok();
            assert_eq!(accepted, signer.algorithm() == holder.algorithm());
            if accepted {
                continue;
            }
            let named = with(signer.header(), "kid", holder.id());
            assert_eq!(judge(holder, &signer.json(&named, &payload())), Err(TokenRejection::Algorithm));
            let disguised = signer.json(&holder.header(), &payload());
            assert_eq!(judge(holder, &disguised), Err(TokenRejection::Signature));
            let both = KeySet::new([signer, holder].map(|pair| pair.key.verifying().clone())).unwrap();
            assert!(verify(&signer.good(), &both, &policy(), NOW).is_ok());
            assert_eq!(verify(&disguised, &both, &policy(), NOW), Err(TokenRejection::Signature));
        }
    }
}
