//! A key that signs, and its private part: made, read, imported.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair};
use jsonwebtoken::EncodingKey;
use pkcs8::PrivateKeyInfoRef;

use crate::secret::{Secret, SecretBytes};
use crate::token::{Algorithm, KeyError, VerifyingKey, signature};

/// A key that signs. Its private part never leaves it but sealed.
#[derive(Clone)]
pub struct SigningKey {
    private: EncodingKey,
    public: VerifyingKey,
}

impl SigningKey {
    /// Makes a key pair and returns it with its private part (PKCS #8), to be sealed and stored. RSA keys have 3,072 bits
    /// (NIST SP 800-57, part 1, table 2: as strong as P-256).
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
                let pair = Ed25519KeyPair::generate().map_err(|_| KeyError::Generate)?;
                pair.to_pkcs8().map_err(|_| KeyError::Generate)?.as_ref().to_vec()
            }
            Algorithm::Ps256 | Algorithm::Rs256 => {
                let pair = RsaKeyPair::generate(KeySize::Rsa3072).map_err(|_| KeyError::Generate)?;
                let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyError::Generate)?;
                der.as_ref().to_vec()
            }
            Algorithm::Hs256 => return Err(KeyError::Generate),
        };
        let private = SecretBytes::new(private);
        Ok((Self::from_private(algorithm, &private)?, private))
    }

    /// Reads a private part that was stored before: PKCS #8, or the bytes of a shared secret.
    ///
    /// # Errors
    /// [`KeyError::Unreadable`], [`KeyError::Unfit`].
    pub fn from_private(algorithm: Algorithm, private: &SecretBytes) -> Result<Self, KeyError> {
        let der = private.expose();
        match algorithm {
            Algorithm::Es256 => es256(der),
            Algorithm::EdDsa => eddsa(der),
            Algorithm::Ps256 | Algorithm::Rs256 => rsa(algorithm, der),
            Algorithm::Hs256 => {
                let text = std::str::from_utf8(der).map_err(|_| KeyError::Unreadable)?;
                Self::shared(&Secret::new(text))
            }
        }
    }

    /// A shared secret, as in the tutorial. Its id is a digest that tells nothing of it.
    ///
    /// # Errors
    /// [`KeyError::ShortSecret`], [`KeyError::KnownSecret`], [`KeyError::GuessableSecret`].
    pub fn shared(secret: &Secret) -> Result<Self, KeyError> {
        let public = VerifyingKey::shared(secret)?;
        Ok(Self { private: EncodingKey::from_secret(secret.expose().as_bytes()), public })
    }

    /// The other half.
    pub fn verifying(&self) -> &VerifyingKey {
        &self.public
    }

    pub(super) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        signature::sign(self.public.algorithm(), &self.private, message)
    }
}

fn es256(der: &[u8]) -> Result<SigningKey, KeyError> {
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).map_err(|_| KeyError::Unreadable)?;
    // Uncompressed point: 0x04, x, y (SEC 1, section 2.3.3).
    let point = pair.public_key().as_ref().strip_prefix(&[4]).ok_or(KeyError::Unreadable)?;
    let (x, y) = point.split_at_checked(32).ok_or(KeyError::Unreadable)?;
    Ok(SigningKey { private: EncodingKey::from_ec_der(der), public: VerifyingKey::p256(x, y)? })
}

fn eddsa(der: &[u8]) -> Result<SigningKey, KeyError> {
    let pair = Ed25519KeyPair::from_pkcs8(der).map_err(|_| KeyError::Unreadable)?;
    let public = VerifyingKey::ed25519(pair.public_key().as_ref())?;
    Ok(SigningKey { private: EncodingKey::from_ed_der(der), public })
}

fn rsa(algorithm: Algorithm, der: &[u8]) -> Result<SigningKey, KeyError> {
    let pair = RsaKeyPair::from_pkcs8(der).map_err(|_| KeyError::Unreadable)?;
    let (n, e) = (pair.public_key().modulus(), pair.public_key().exponent());
    let (n, e) = (n.big_endian_without_leading_zero(), e.big_endian_without_leading_zero());
    let public = VerifyingKey::rsa(algorithm, n, e)?;
    // The backend wants the inner structure (RFC 8017, appendix A.1.2).
    let inner = PrivateKeyInfoRef::try_from(der).map_err(|_| KeyError::Unreadable)?;
    Ok(SigningKey { private: EncodingKey::from_rsa_der(inner.private_key.as_bytes()), public })
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, {}, …)", self.public.id(), self.public.algorithm())
    }
}
