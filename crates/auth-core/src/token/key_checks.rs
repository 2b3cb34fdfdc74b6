//! What a public key must be before it verifies anything.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
};
use curve25519_dalek::edwards::CompressedEdwardsY;

/// The shortest RSA modulus (RFC 7518, section 3.3).
pub const MIN_MODULUS_BITS: usize = 2_048;
/// The longest: what the backend takes. A longer one makes each check slow.
pub const MAX_MODULUS_BITS: usize = 8_192;

/// The longest RSA exponent: a longer one makes each check slow, and nobody makes keys with one.
const MAX_EXPONENT_BITS: usize = 33;

/// Why a public key is not to be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum KeyFault {
    /// The coordinates are not those of a point on P-256.
    #[error("the point is not on P-256")]
    OffCurve,
    /// The encoding is not that of a point on edwards25519 (RFC 8032, section 5.1.3).
    #[error("the point is not on edwards25519")]
    OffEdwards,
    /// The point is of small order, or has a part of small order: signatures under it prove nothing.
    #[error("the point is of small order")]
    SmallOrder,
    /// The RSA modulus is shorter than 2,048 bits (RFC 7518, section 3.3).
    #[error("the RSA modulus has fewer than 2048 bits")]
    SmallModulus,
    /// The RSA modulus is longer than 8,192 bits.
    #[error("the RSA modulus has more than 8192 bits")]
    LargeModulus,
    /// The RSA modulus is even or has another small factor, or the exponent is 1, even or longer than 33 bits.
    #[error("the RSA modulus or exponent cannot be one")]
    Rsa,
    /// The RSA modulus has the fingerprint of CVE-2017-15361: its factors can be computed.
    #[error("the RSA modulus was made by a generator that is broken (ROCA)")]
    Roca,
}

/// The uncompressed point (SEC 1, section 2.3.3).
pub(super) fn p256_point(x: &[u8], y: &[u8]) -> Result<Vec<u8>, KeyFault> {
    let point = [&[4], x, y].concat();
    let parsed = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &point);
    if x.len() == 32 && y.len() == 32 && parsed.is_ok() { Ok(point) } else { Err(KeyFault::OffCurve) }
}

pub(super) fn ed25519_point(x: &[u8]) -> Result<(), KeyFault> {
    let encoded = CompressedEdwardsY::from_slice(x).map_err(|_| KeyFault::OffEdwards)?;
    let point = encoded.decompress().ok_or(KeyFault::OffEdwards)?;
    // Another encoding of the same point would be another key id for the same key (RFC 8032, section 5.1.3, step 1).
    if point.compress() != encoded {
        return Err(KeyFault::OffEdwards);
    }
    if point.is_small_order() || !point.is_torsion_free() { Err(KeyFault::SmallOrder) } else { Ok(()) }
}

pub(super) fn rsa(n: &[u8], e: &[u8]) -> Result<(), KeyFault> {
    let bits = bit_length(n);
    if bits < MIN_MODULUS_BITS {
        return Err(KeyFault::SmallModulus);
    }
    if bits > MAX_MODULUS_BITS {
        return Err(KeyFault::LargeModulus);
    }
    // The parser of the backend leaves the exponent to its verifier, which takes no more than 33 bits.
    let is_short = bit_length(e) <= MAX_EXPONENT_BITS;
    let is_odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
    let is_usual = is_short && is_odd(n) && is_odd(e) && e != [1] && e.first() != Some(&0);
    let parsed = RsaPublicKeyComponents { n, e }.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256);
    if !is_usual || parsed.is_err() {
        return Err(KeyFault::Rsa);
    }
    if PRIMES.iter().any(|prime| remainder(n, *prime) == 0) {
        return Err(KeyFault::Rsa);
    }
    if is_roca(n) { Err(KeyFault::Roca) } else { Ok(()) }
}

/// Of a number without leading zeros.
fn bit_length(number: &[u8]) -> usize {
    number.first().map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}

fn remainder(n: &[u8], prime: u32) -> u32 {
    n.iter().fold(0, |rest, byte| (rest * 256 + u32::from(*byte)) % prime)
}

/// The primes up to 167, whose product divides the modulus M of the flawed generator for every key length.
const PRIMES: [u32; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109,
    113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/// Nemec, Sys, Svenda, Klinec, Matyas: "The Return of Coppersmith's Attack", 2017, section 2.3. Factors of the flawed
/// generator are powers of 65,537 modulo M, so the modulus is one modulo each prime; a random modulus is so with a chance
/// below 2^-27.
fn is_roca(n: &[u8]) -> bool {
    PRIMES.iter().all(|prime| {
        let remainder = remainder(n, *prime);
        let generator = 65_537 % prime;
        let mut power = 1;
        (0..*prime).any(|_| {
            power = power * generator % prime;
            power == remainder
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The eight points of small order: four encodings of `y`, with either sign where there are two.
    #[test]
    fn points_of_small_order_and_other_encodings_are_refused() {
        let bytes = |hex: &str| -> Vec<u8> {
            (0..64).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
        };
        for (hex, fault) in [
            ("0100000000000000000000000000000000000000000000000000000000000000", KeyFault::SmallOrder),
            ("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", KeyFault::SmallOrder),
            ("0000000000000000000000000000000000000000000000000000000000000000", KeyFault::SmallOrder),
            ("0000000000000000000000000000000000000000000000000000000000000080", KeyFault::SmallOrder),
            ("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", KeyFault::SmallOrder),
            ("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85", KeyFault::SmallOrder),
            ("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", KeyFault::SmallOrder),
            ("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", KeyFault::SmallOrder),
            // y = p + 1 for 1, and 1 with the sign of a zero.
            ("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", KeyFault::OffEdwards),
            ("0100000000000000000000000000000000000000000000000000000000000080", KeyFault::OffEdwards),
            // No point has y = 2.
            ("0200000000000000000000000000000000000000000000000000000000000000", KeyFault::OffEdwards),
        ] {
            assert_eq!(ed25519_point(&bytes(hex)), Err(fault), "{hex}");
        }
        assert_eq!(ed25519_point(&[0; 31]), Err(KeyFault::OffEdwards));
        let base = curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
        assert_eq!(ed25519_point(base.compress().as_bytes()), Ok(()), "the base point is a good one");
        let mixed = base + curve25519_dalek::constants::EIGHT_TORSION[1];
        assert_eq!(ed25519_point(mixed.compress().as_bytes()), Err(KeyFault::SmallOrder), "with a part of order eight");
    }

    /// 65,537^k for one k modulo every prime at once: 1 (k = 0) and 65,537 itself are such moduli, padded by M-multiples
    /// they would be as long as real ones; the fingerprint looks at remainders alone.
    #[test]
    fn the_fingerprint_of_the_flawed_generator_is_known() {
        assert!(is_roca(&[1]));
        assert!(is_roca(&65_537_u32.to_be_bytes()));
        assert!(is_roca(&65_537_u64.pow(3).to_be_bytes()));
        assert!(!is_roca(&2_u32.to_be_bytes()));
        assert!(!is_roca(&(65_537_u64.pow(3) * 2).to_be_bytes()));
    }
}
