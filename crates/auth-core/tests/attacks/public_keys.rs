//! Public keys and shared secrets under which a signature proves nothing.

use auth_core::secret::{Secret, SecretBytes};
use auth_core::token::{
    Algorithm, JwkFault, KeyError, KeyFault, KeySetError, KeySetOrigin, SigningKey, VerifyingKey, load_key_set,
};
use serde_json::{Value, json};

use crate::tokens::{SECRET, decode, encode, pair, with};

/// What both loaders say to a set of this key; they agree.
fn fault(jwk: &Value) -> Option<JwkFault> {
    let load = |origin| match load_key_set(json!({"keys": [jwk]}).to_string().as_bytes(), origin) {
        Ok(set) => {
            assert_eq!(set.keys().len(), 1);
            None
        }
        Err(KeySetError::Key { fault, .. }) => Some(fault),
        Err(error) => panic!("{error}"),
    };
    assert_eq!(load(KeySetOrigin::Own), load(KeySetOrigin::Foreign));
    load(KeySetOrigin::Own)
}

fn jwk(algorithm: Algorithm) -> Value {
    pair(algorithm).key.verifying().jwk().unwrap().clone()
}

/// A number in big endian times a small one.
fn times(number: &[u8], by: u32) -> Vec<u8> {
    let mut carry = 0;
    let mut product: Vec<u8> = Vec::new();
    for byte in number.iter().rev() {
        let sum = u32::from(*byte) * by + carry;
        product.push(u8::try_from(sum & 0xff).unwrap());
        carry = sum >> 8;
    }
    while carry > 0 {
        product.push(u8::try_from(carry & 0xff).unwrap());
        carry >>= 8;
    }
    product.reverse();
    product
}

#[test]
fn j37_rsa_keys_that_are_short_long_even_or_of_a_trivial_exponent_are_refused() {
    for algorithm in [Algorithm::Rs256, Algorithm::Ps256] {
        let good = jwk(algorithm);
        assert_eq!(fault(&good), None);
        let n = decode(good["n"].as_str().unwrap());
        let modulus = |n: &[u8]| fault(&with(good.clone(), "n", encode(n)));
        let refused = |key| Some(JwkFault::Key(key));
        assert_eq!(modulus(&n[..128]), refused(KeyFault::SmallModulus), "1,024 bits");
        let cut = |first: u8| [&[first], &n[1..255], &[n[255] | 1]].concat();
        assert_eq!(modulus(&cut(0x7f)), refused(KeyFault::SmallModulus), "2,047 bits");
        assert_eq!(modulus(&[]), Some(JwkFault::Member("n")));
        assert_eq!(modulus(&[1]), refused(KeyFault::SmallModulus));
        let long = |length: usize| [vec![0xff; length - 1], vec![0xfd]].concat();
        assert_eq!(modulus(&[&[1], long(1_024).as_slice()].concat()), refused(KeyFault::LargeModulus), "8,193 bits");
        let mut even = n.clone();
        *even.last_mut().unwrap() &= 0xfe;
        assert_eq!(modulus(&even), refused(KeyFault::Rsa));
        assert_eq!(modulus(&[&[0], n.as_slice()].concat()), Some(JwkFault::Member("n")), "a leading zero");

        let exponent = |e: &[u8]| fault(&with(good.clone(), "e", encode(e)));
        assert_eq!(exponent(&[3]), None, "what RFC 8017 allows");
        for e in [&[1][..], &[2], &[4], &[1, 0, 0], &[1, 0, 0, 0, 0, 0, 0, 1], &n] {
            assert_eq!(exponent(e), refused(KeyFault::Rsa), "{e:?}");
        }
        assert_eq!(exponent(&[0]), Some(JwkFault::Member("e")));
        assert_eq!(exponent(&[0, 1, 0, 1]), Some(JwkFault::Member("e")), "a leading zero");
    }
}

/// CVE-2017-15361: the modulus is a power of 65,537 modulo the product of the first primes. Here it is that product times a
/// power of two, and one more: of the length of a real one, and 1 modulo each prime.
#[test]
fn j37_a_modulus_of_the_flawed_generator_is_refused() {
    let good = jwk(Algorithm::Rs256);
    let primes = (3..=701_u32).filter(|odd| (2..*odd).all(|factor| odd % factor != 0));
    let mut n = primes.fold(vec![1], |product, prime| times(&product, prime));
    while n.len() < 256 || n[0] < 0x80 {
        n = times(&n, 2);
    }
    assert_eq!(n.len(), 256);
    *n.last_mut().unwrap() |= 1;
    assert_eq!(fault(&with(good.clone(), "n", encode(&n))), Some(JwkFault::Key(KeyFault::Roca)));
    let other = decode(good["n"].as_str().unwrap());
    assert_eq!(fault(&with(good.clone(), "n", encode(other))), None);
    // Three times a number: 2^2047 + 2^2046 + 3.
    let divisible = [vec![0xc0], vec![0; 254], vec![3]].concat();
    assert_eq!(fault(&with(good, "n", encode(divisible))), Some(JwkFault::Key(KeyFault::Rsa)));
}

#[test]
fn j37_points_off_their_curve_or_of_another_are_refused() {
    let good = jwk(Algorithm::Es256);
    assert_eq!(fault(&good), None);
    let coordinate = |name: &str| decode(good[name].as_str().unwrap());
    let (x, y) = (coordinate("x"), coordinate("y"));
    let mut beside = y.clone();
    beside[31] ^= 1;
    let zero = vec![0; 32];
    // The base point of secp256k1 (SEC 2, section 2.4.1).
    let other_x = decode("eb5mfvncu6xVoGKVzocLBwKb_NstzijZWfKBWxb4F5g");
    let other_y = decode("SDradyajxGVdpPv8DhEIqP0XtEimhVQZnEfQj_sQ1Lg");
    // The prime of P-256, which is zero in another spelling (SEC 2, section 2.4.2).
    let prime = decode("_____wAAAAEAAAAAAAAAAAAAAAD_______________8");
    for (x, y) in [
        (&x, &beside),
        (&y, &x),
        (&zero, &zero),
        (&other_x, &other_y),
        (&prime, &y),
        (&x, &prime),
        (&vec![0xff; 32], &vec![0xff; 32]),
        (&x[..31].to_vec(), &y),
        (&[&[0], x.as_slice()].concat(), &y),
        (&[vec![0; 34], x.clone()].concat(), &[vec![0; 34], y.clone()].concat()),
        (&vec![], &vec![]),
        (&[x.as_slice(), &y].concat(), &vec![]),
    ] {
        let key = with(with(good.clone(), "x", encode(x)), "y", encode(y));
        assert_eq!(fault(&key), Some(JwkFault::Key(KeyFault::OffCurve)), "{key}");
    }
}

#[test]
fn j06_points_of_small_order_and_those_off_edwards25519_are_refused_at_load() {
    let good = jwk(Algorithm::EdDsa);
    assert_eq!(fault(&good), None);
    let point = |bytes: &[u8]| fault(&with(good.clone(), "x", encode(bytes)));
    let first = |byte: u8| [vec![byte], vec![0; 31]].concat();
    assert_eq!(point(&first(1)), Some(JwkFault::Key(KeyFault::SmallOrder)), "the neutral point");
    assert_eq!(point(&first(0)), Some(JwkFault::Key(KeyFault::SmallOrder)), "of order four");
    assert_eq!(point(&first(2)), Some(JwkFault::Key(KeyFault::OffEdwards)));
    for length in [0, 31, 33, 64] {
        assert_eq!(point(&vec![1; length]), Some(JwkFault::Key(KeyFault::OffEdwards)), "{length} bytes");
    }
}

#[test]
fn j37_secrets_that_are_short_known_or_patterned_are_refused() {
    let text = |secret: &str| VerifyingKey::shared(&Secret::new(secret)).err();
    let bytes = |secret: &[u8]| VerifyingKey::shared_bytes(&SecretBytes::new(secret.to_vec())).err();
    assert_eq!((text(SECRET), bytes(SECRET.as_bytes())), (None, None));
    for (secret, error) in [
        ("", KeyError::ShortSecret),
        (&SECRET[..31], KeyError::ShortSecret),
        ("0123456789abcdef0123456789abcdef", KeyError::GuessableSecret),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", KeyError::GuessableSecret),
        ("A-STRING-SECRET-AT-LEAST-256-BITS-LONG", KeyError::KnownSecret),
        ("secret1 secret1 secret1 secret1 secret1 ", KeyError::GuessableSecret),
    ] {
        assert_eq!((text(secret), bytes(secret.as_bytes())), (Some(error), Some(error)), "{secret}");
        assert_eq!(SigningKey::shared(&Secret::new(secret)).err(), Some(error));
    }
    assert_eq!(text(&format!("{}\n", &SECRET[..31])), Some(KeyError::ShortSecret), "a line end is no secret");
    assert_eq!(bytes(&[0; 32]), Some(KeyError::GuessableSecret));
    let many: Vec<u8> = (0..32).map(|byte| byte * 7 + 3).collect();
    assert_eq!(bytes(&many), None, "bytes that are no text");
    let key = |secret: &[u8]| VerifyingKey::shared_bytes(&SecretBytes::new(secret.to_vec())).unwrap().id().clone();
    assert_eq!(key(SECRET.as_bytes()), *VerifyingKey::shared(&Secret::new(SECRET)).unwrap().id());
    assert_ne!(key(&many), key(SECRET.as_bytes()));
}
