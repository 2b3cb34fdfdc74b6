//! Signatures that are numbers nobody computed, or the right ones in another spelling.

use auth_core::token::{Algorithm, TokenRejection};

use crate::judge;
use crate::tokens::{Pair, decode, encode, pair};

/// The order of P-256 (SEC 2, section 2.4.2).
const P256_ORDER: &str = "_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE";

fn parts(pair: &Pair) -> (String, Vec<u8>) {
    let token = pair.good();
    let (message, signature) = token.rsplit_once('.').unwrap();
    (message.to_owned(), decode(signature))
}

fn refused(pair: &Pair, message: &str, signature: &[u8]) {
    let token = format!("{message}.{}", encode(signature));
    assert_eq!(judge(pair, &token), Err(TokenRejection::Signature), "{}", encode(signature));
}

/// One more, or one less, of a number in big endian.
fn step(number: &[u8], by: i16) -> Vec<u8> {
    let mut number = number.to_vec();
    let last = number.last_mut().unwrap();
    *last = u8::try_from(i16::from(*last) + by).unwrap();
    number
}

/// A positive number as DER has it.
fn der(number: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = number.iter().copied().skip_while(|byte| *byte == 0).collect();
    let sign = if digits[0] > 127 { vec![0] } else { vec![] };
    let content = [sign, digits].concat();
    [vec![2, u8::try_from(content.len()).unwrap()], content].concat()
}

#[test]
fn j05_ecdsa_numbers_out_of_range_or_in_another_form_are_refused() {
    let pair = pair(Algorithm::Es256);
    assert_eq!(judge(pair, &pair.good()), Ok(()));
    let (message, signature) = parts(pair);
    let (r, s) = signature.split_at(32);
    let order = decode(P256_ORDER);
    let zero = vec![0; 32];
    let edges = [zero.clone(), step(&zero, 1), step(&order, -1), order.clone(), step(&order, 1), vec![0xff; 32]];
    for edge in &edges {
        refused(pair, &message, &[edge, s].concat());
        refused(pair, &message, &[r, edge].concat());
        for other in &edges {
            refused(pair, &message, &[edge.as_slice(), other].concat());
        }
    }
    let numbers = [der(r), der(s)].concat();
    refused(pair, &message, &[vec![0x30, u8::try_from(numbers.len()).unwrap()], numbers].concat());
    refused(pair, &message, &signature[..63]);
    refused(pair, &message, &[&signature[..], &[0]].concat());
    refused(pair, &message, &[&[0], &signature[..]].concat());
    refused(pair, &message, &[&[0], r, &[0], s].concat());
    refused(pair, &message, &[r, s, r, s].concat());
}

/// The order of the base point of edwards25519, little endian (RFC 8032, section 5.1).
const L: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

#[test]
fn j06_ed25519_with_s_beyond_its_order_or_r_of_small_order_is_refused() {
    let pair = pair(Algorithm::EdDsa);
    assert_eq!(judge(pair, &pair.good()), Ok(()));
    let (message, signature) = parts(pair);
    let (r, s) = signature.split_at(32);
    // S + k L means the same number to whoever does not check its range.
    let mut more = s.to_vec();
    for _ in 0..15 {
        let mut carry = 0;
        for (byte, add) in more.iter_mut().zip(L) {
            let sum = u16::from(*byte) + u16::from(add) + carry;
            *byte = u8::try_from(sum & 0xff).unwrap();
            carry = sum >> 8;
        }
        if carry != 0 {
            break;
        }
        refused(pair, &message, &[r, &more].concat());
    }
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut other_spelling = [0xff; 32];
    (other_spelling[0], other_spelling[31]) = (0xee, 0x7f);
    for point in [[0; 32], identity, other_spelling, [0xff; 32]] {
        refused(pair, &message, &[point.as_slice(), s].concat());
        refused(pair, &message, &[point.as_slice(), &[0; 32]].concat());
    }
    refused(pair, &message, &signature[..63]);
    refused(pair, &message, &[&signature[..], &[0]].concat());
}

#[test]
fn rsa_signatures_that_are_shorter_longer_or_not_below_the_modulus_are_refused() {
    for pair in [pair(Algorithm::Ps256), pair(Algorithm::Rs256)] {
        assert_eq!(judge(pair, &pair.good()), Ok(()));
        let (message, signature) = parts(pair);
        let n = decode(pair.key.verifying().jwk().unwrap()["n"].as_str().unwrap());
        for edge in
            [vec![0; n.len()], [vec![0; n.len() - 1], vec![1]].concat(), step(&n, -1), n.clone(), vec![0xff; n.len()]]
        {
            refused(pair, &message, &edge);
        }
        refused(pair, &message, &signature[1..]);
        refused(pair, &message, &signature[..n.len() - 1]);
        refused(pair, &message, &[&[0], &signature[..]].concat());
        refused(pair, &message, &[&signature[..], &[0]].concat());
    }
}

#[test]
fn a_mac_that_is_cut_or_prolonged_is_refused() {
    let pair = pair(Algorithm::Hs256);
    let (message, mac) = parts(pair);
    assert_eq!(judge(pair, &pair.good()), Ok(()));
    for length in 1..mac.len() {
        refused(pair, &message, &mac[..length]);
    }
    refused(pair, &message, &[&mac[..], &[0]].concat());
    refused(pair, &message, &[&mac[..], &mac[..]].concat());
}
