//! `keys import`.

use super::Site;
use crate::SECRET;
use crate::process::{assert_done, assert_refused};

#[test]
#[cfg_attr(not(openssl), ignore = "openssl is not here")]
fn keys_of_ones_own_are_taken_and_what_is_none_is_refused_with_the_remedy() {
    let site = Site::new(&[]);
    site.openssl("p256.pem", &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    site.openssl("p384.pem", &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]);
    site.openssl("ed25519.pem", &["genpkey", "-algorithm", "ed25519"]);
    for (bits, file) in [("1024", "rsa1024.pem"), ("2047", "rsa2047.pem"), ("2048", "rsa2048.pem")] {
        site.openssl(file, &["genpkey", "-algorithm", "RSA", "-pkeyopt", &format!("rsa_keygen_bits:{bits}")]);
    }
    // A point that is not on the curve, and one that is not the secret's.
    let off = "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI";
    site.desk.write("off.jwk", &format!(r#"{{"kty":"EC","crv":"P-256","x":"{off}","y":"{off}","d":"{off}"}}"#));
    site.desk.write("noise.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    site.desk.write("long.pem", &"x".repeat(2 << 20));
    let before = site.rows();
    let import = |algorithm, file| site.keys_with(&["import", file], &[("AUTH_TOKEN_ALGORITHM", algorithm)]);
    for (algorithm, file, words) in [
        ("RS256", "rsa1024.pem", &["openssl genrsa 3072"][..]),
        ("PS256", "rsa2047.pem", &["openssl genrsa 3072"]),
        ("RS256", "p256.pem", &["openssl genrsa 3072"]),
        ("ES256", "off.jwk", &["nobody should sign with this one"]),
        ("ES256", "p384.pem", &["P-256", "openssl genpkey"]),
        ("ES256", "rsa2048.pem", &["P-256", "openssl genpkey"]),
        ("EdDSA", "p256.pem", &["Ed25519", "openssl genpkey"]),
        ("ES256", "noise.pem", &["P-256"]),
        ("ES256", "missing.pem", &["missing.pem", "No such file"]),
        ("ES256", "long.pem", &["long.pem", "larger than"]),
        ("ES256", ".", &["cannot read"]),
    ] {
        assert_refused(&import(algorithm, file), 1, words);
    }
    let shared = [("JWT_SECRET", SECRET)];
    assert_refused(&site.keys_with(&["import", "p256.pem"], &shared), 1, &["HS256 has no key to import"]);
    assert_refused(&site.with_input(&["import", "-"], &vec![b'x'; 70_000]), 1, &["larger than 64 KiB"]);
    assert_refused(&site.with_input(&["import", "-"], b"\xff\xfe"), 1, &["cannot read -"]);
    assert_refused(&site.keys(&["import"]), 2, &["<FILE>"]);
    assert_eq!(site.rows(), before, "nothing of it was kept");

    let pem = std::fs::read(site.desk.path("p256.pem")).unwrap();
    let taken = site.with_input(&["import", "-", "--now"], &pem);
    assert!(assert_done(&taken).contains("(ES256) is published and signs from"));
    assert_eq!(site.states(), ["verifying", "signing"]);
    assert_refused(&import("ES256", "p256.pem"), 1, &["is there already"]);
    for (algorithm, file) in [("EdDSA", "ed25519.pem"), ("PS256", "rsa2048.pem")] {
        assert_done(&site.keys_with(&["import", file, "--now"], &[("AUTH_TOKEN_ALGORITHM", algorithm)]));
        assert_eq!(site.start(&[("AUTH_TOKEN_ALGORITHM", algorithm)]), Some(0));
        assert_eq!(site.list().last().unwrap()["algorithm"], algorithm, "and the start made no other");
    }
}
