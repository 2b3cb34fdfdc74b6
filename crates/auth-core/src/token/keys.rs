//! The keys that sign and verify, and the set that is published.

use std::fmt;
use std::sync::Once;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use base64ct::{Base64UrlUnpadded, Encoding};
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde_json::{Value, json};

use super::{Algorithm, KeyId};
use crate::secret::{Secret, SecretBytes};

/// The fewest bytes of a shared secret (RFC 7518, section 3.2: as long as the hash).
pub const MIN_SECRET_BYTES: usize = 32;

/// Why a key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum KeyError {
    /// A shared secret of fewer than 32 bytes (RFC 7518, section 3.2).
    #[error("the shared secret has fewer than 32 bytes")]
    ShortSecret,
    /// A shared secret of one byte repeated, or one that stands in a tutorial.
    #[error("the shared secret is well known")]
    KnownSecret,
    /// The private key cannot be read, or is of another kind than its algorithm needs.
    #[error("the private key cannot be read")]
    Unreadable,
    /// The system could not make a key.
    #[error("no key could be made")]
    Generate,
}

/// A key that signs. Its private part never leaves it but sealed.
#[derive(Clone)]
pub struct SigningKey {
    pub(super) private: EncodingKey,
    public: VerifyingKey,
}

/// A key that verifies: what the other side needs.
#[derive(Clone)]
pub struct VerifyingKey {
    id: KeyId,
    algorithm: Algorithm,
    pub(super) key: DecodingKey,
    /// `None` for a shared secret, which is never published.
    jwk: Option<Value>,
}

impl SigningKey {
    /// Makes a key pair and returns it with its private part (PKCS #8), to be sealed and stored.
    ///
    /// # Errors
    /// [`KeyError::Generate`] where the system fails, and for [`Algorithm::Hs256`], whose secret is configured, not made.
    pub fn generate(algorithm: Algorithm) -> Result<(Self, SecretBytes), KeyError> {
        let private = match algorithm {
            Algorithm::Es256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| KeyError::Generate)?;
                pair.to_pkcs8v1().map_err(|_| KeyError::Generate)?.as_ref().to_vec()
            }
            Algorithm::EdDsa => {
                let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| KeyError::Generate)?;
                document.as_ref().to_vec()
            }
            Algorithm::Hs256 | Algorithm::Ps256 | Algorithm::Rs256 => return Err(KeyError::Generate),
        };
        let private = SecretBytes::new(private);
        Ok((Self::from_private(algorithm, &private)?, private))
    }

    /// Reads a private key (PKCS #8) that was stored before.
    ///
    /// # Errors
    /// [`KeyError::Unreadable`].
    pub fn from_private(algorithm: Algorithm, private: &SecretBytes) -> Result<Self, KeyError> {
        install_provider();
        let der = private.expose();
        match algorithm {
            Algorithm::Es256 => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der)
                    .map_err(|_| KeyError::Unreadable)?;
                // Uncompressed point: 0x04, x, y (SEC 1, section 2.3.3).
                let point = pair.public_key().as_ref().strip_prefix(&[4]).ok_or(KeyError::Unreadable)?;
                let (x, y) = point.split_at_checked(32).ok_or(KeyError::Unreadable)?;
                let (x, y) = (encode(x), encode(y));
                let key = DecodingKey::from_ec_components(&x, &y).map_err(|_| KeyError::Unreadable)?;
                let thumbprint = thumbprint(&format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#));
                let jwk = json!({"kty": "EC", "crv": "P-256", "x": x, "y": y});
                Ok(Self {
                    private: EncodingKey::from_ec_der(der),
                    public: VerifyingKey::new(thumbprint, algorithm, key, jwk),
                })
            }
            Algorithm::EdDsa => {
                let pair = Ed25519KeyPair::from_pkcs8(der).map_err(|_| KeyError::Unreadable)?;
                let x = encode(pair.public_key().as_ref());
                let key = DecodingKey::from_ed_components(&x).map_err(|_| KeyError::Unreadable)?;
                let thumbprint = thumbprint(&format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#));
                let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": x});
                Ok(Self {
                    private: EncodingKey::from_ed_der(der),
                    public: VerifyingKey::new(thumbprint, algorithm, key, jwk),
                })
            }
            Algorithm::Hs256 | Algorithm::Ps256 | Algorithm::Rs256 => Err(KeyError::Unreadable),
        }
    }

    /// A shared secret, as in the tutorial. Its id is a digest that tells nothing of it.
    ///
    /// # Errors
    /// [`KeyError::ShortSecret`], [`KeyError::KnownSecret`].
    pub fn shared(secret: &Secret) -> Result<Self, KeyError> {
        check_secret(secret)?;
        install_provider();
        let bytes = secret.expose().as_bytes();
        let tag =
            aws_lc_rs::hmac::sign(&aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, bytes), b"auth-core/v1/kid");
        let id = KeyId::new(encode(tag.as_ref()));
        let public = VerifyingKey { id, algorithm: Algorithm::Hs256, key: DecodingKey::from_secret(bytes), jwk: None };
        Ok(Self { private: EncodingKey::from_secret(bytes), public })
    }

    /// The other half.
    pub fn verifying(&self) -> &VerifyingKey {
        &self.public
    }
}

impl VerifyingKey {
    fn new(thumbprint: String, algorithm: Algorithm, key: DecodingKey, mut jwk: Value) -> Self {
        if let Some(members) = jwk.as_object_mut() {
            members.insert("kid".to_owned(), thumbprint.clone().into());
            members.insert("use".to_owned(), "sig".into());
            members.insert("alg".to_owned(), algorithm.as_str().into());
        }
        Self { id: KeyId::new(thumbprint), algorithm, key, jwk: Some(jwk) }
    }

    /// The key's id.
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// The key's only algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

/// The keys of an issuer: one that signs, and all that verify.
#[derive(Clone)]
pub struct KeyRing {
    signing: SigningKey,
    verifying: Vec<VerifyingKey>,
}

impl KeyRing {
    /// A ring that signs with `signing` and verifies with it and with `others`.
    pub fn new(signing: SigningKey, others: impl IntoIterator<Item = VerifyingKey>) -> Self {
        let own = signing.public.clone();
        let others = others.into_iter().filter(|key| key.id != own.id).collect::<Vec<_>>();
        Self { signing, verifying: std::iter::once(own).chain(others).collect() }
    }

    /// The key that signs.
    pub fn signing(&self) -> &SigningKey {
        &self.signing
    }

    /// The key of this id.
    pub fn verifying(&self, id: &str) -> Option<&VerifyingKey> {
        self.verifying.iter().find(|key| key.id.as_str() == id)
    }

    /// The JWK set to publish (RFC 7517, section 5): complete keys, the signing one first. A shared secret is never in
    /// it, so the set of an issuer that signs by HS256 may be empty.
    pub fn jwk_set(&self) -> Value {
        json!({"keys": self.verifying.iter().filter_map(|key| key.jwk.as_ref()).collect::<Vec<_>>()})
    }
}

/// `jsonwebtoken` panics without a provider when both of its backends are compiled in, as feature unification in
/// somebody's workspace may do.
pub(super) fn install_provider() {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        // Somebody else's earlier choice stands.
        let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
    });
}

/// RFC 7638, section 3: the members in lexical order, without white space.
fn thumbprint(canonical: &str) -> String {
    encode(digest(&SHA256, canonical.as_bytes()).as_ref())
}

fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// Secrets that stand in tutorials, manuals and default configurations, and are long enough to pass the length check.
const KNOWN_SECRETS: [&str; 13] = [
    "your-256-bit-secret",
    "your-super-secret-jwt-token-with-at-least-32-characters-long",
    "a-string-secret-at-least-256-bits-long",
    "this-is-a-secret-key-that-should-be-at-least-32-characters",
    "supersecretjwtkeythatshouldbechangedinproduction",
    "please-change-me-to-a-very-long-random-string",
    "change-this-secret-key-in-production-environment",
    "my-32-character-ultra-secure-and-ultra-long-secret",
    "0123456789abcdef0123456789abcdef",
    "abcdefghijklmnopqrstuvwxyz123456",
    "abcdefghijklmnopqrstuvwxyz012345",
    "abcdefghijklmnopqrstuvwxyzabcdef",
    "thisisaverylongsecretkeyforjwttokens",
];

/// Fewer different bytes than this in 32 or more are no secret; of 32 random hexadecimal digits nearly all have more.
const FEWEST_DIFFERENT: usize = 8;

/// Whether a shared secret may sign.
///
/// # Errors
/// [`KeyError::ShortSecret`], [`KeyError::KnownSecret`].
pub fn check_secret(secret: &Secret) -> Result<(), KeyError> {
    let text = secret.expose();
    if text.len() < MIN_SECRET_BYTES {
        return Err(KeyError::ShortSecret);
    }
    let known = KNOWN_SECRETS.contains(&text.trim().to_ascii_lowercase().as_str());
    if known || is_patterned(text.trim().as_bytes()) { Err(KeyError::KnownSecret) } else { Ok(()) }
}

/// Something short repeated, or a few different bytes: as guessable as what is repeated.
pub(crate) fn is_patterned(bytes: &[u8]) -> bool {
    let repeats = |period: usize| bytes.iter().zip(bytes.iter().skip(period)).all(|(one, other)| one == other);
    let different: std::collections::BTreeSet<_> = bytes.iter().collect();
    different.len() < FEWEST_DIFFERENT || (1..=bytes.len() / 2).any(repeats)
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, {}, …)", self.public.id, self.public.algorithm)
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({}, {})", self.id, self.algorithm)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing").field("signing", &self.signing).field("verifying", &self.verifying).finish()
    }
}
