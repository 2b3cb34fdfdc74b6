//! Keys as files have them: DER and PEM.
#![allow(unreachable_pub, reason = "tests")]

use base64ct::{Base64, Encoding};
use serde_json::Value;

use crate::tokens::decode;

/// One element of DER (ITU-T X.690, section 8.1).
pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = match u8::try_from(content.len()) {
        Ok(short) if short < 128 => vec![short],
        Ok(byte) => vec![0x81, byte],
        Err(_) => [&[0x82], u16::try_from(content.len()).unwrap().to_be_bytes().as_slice()].concat(),
    };
    [&[tag], length.as_slice(), content].concat()
}

pub fn integer(bytes: &[u8]) -> Vec<u8> {
    let sign = if bytes.first().is_some_and(|first| *first > 127) { vec![0] } else { vec![] };
    tlv(2, &[sign, bytes.to_vec()].concat())
}

pub fn member(jwk: &Value, name: &str) -> Vec<u8> {
    decode(jwk[name].as_str().unwrap())
}

pub const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
pub const EC: &[u8] = &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
pub const RSA: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
pub const ED25519: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x70];

/// RFC 5915, section 3; the curve is named where SEC 1 stands alone.
pub fn sec1(jwk: &Value, curve: Option<&[u8]>) -> Vec<u8> {
    let point = [&[0, 4], member(jwk, "x").as_slice(), &member(jwk, "y")].concat();
    let curve = curve.map_or_else(Vec::new, |curve| tlv(0xa0, curve));
    tlv(0x30, &[integer(&[1]), tlv(4, &member(jwk, "d")), curve, tlv(0xa1, &tlv(3, &point))].concat())
}

/// RFC 8017, appendix A.1.2.
pub fn pkcs1(jwk: &Value) -> Vec<u8> {
    let numbers = ["n", "e", "d", "p", "q", "dp", "dq", "qi"].map(|name| integer(&member(jwk, name)));
    tlv(0x30, &[integer(&[0]), numbers.concat()].concat())
}

/// RFC 5958, section 2.
pub fn pkcs8(version: u8, algorithm: &[u8], private: &[u8], more: &[u8]) -> Vec<u8> {
    tlv(0x30, &[integer(&[version]), tlv(0x30, algorithm), tlv(4, private), more.to_vec()].concat())
}

pub fn pem(label: &str, der: &[u8]) -> String {
    let text = Base64::encode_string(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
