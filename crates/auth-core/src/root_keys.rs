//! The root key ring: the secrets outside of the database that the secrets inside depend on.
//!
//! A dump of the database holds nothing that signs anybody in, for what matters in it is sealed under a root key, or
//! computed with one. The first key of the ring is active: new rows are sealed under it. Others open what is older.

use std::fmt;

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::hmac::HMAC_SHA256;
use base64ct::{Base64, Encoding};
use zeroize::Zeroizing;

use crate::entropy::{Entropy, EntropyError};
use crate::secret::{Secret, SecretBytes};
use crate::token::is_patterned;

/// Bytes of a root key.
const KEY_BYTES: usize = 32;
/// The layout of [`Sealed::bytes`]: this byte, the nonce, the ciphertext with its tag.
const LAYOUT: u8 = 1;

/// The name of a root key: 1 to 32 of `a-z`, `0-9`, `-`. Not a secret; rows say which key they need by it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RootKeyId(String);

impl RootKeyId {
    /// Reads a name.
    pub fn parse(text: &str) -> Option<Self> {
        let sound = (1..=32).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        sound.then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RootKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Something that only the holder of a root key can read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The root key it was sealed under.
    pub root_key: RootKeyId,
    /// What it looks like from outside.
    pub bytes: Vec<u8>,
}

/// What a sub-key is for. Each purpose has a sub-key of its own, so that one cannot be passed off as another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// The private part of a signing key.
    SigningKey,
    /// The MAC of refresh tokens.
    RefreshToken,
    /// The MAC of device tokens.
    DeviceToken,
    /// The keys under which attempts are counted.
    Attempts,
    /// The MAC of cursors, by which lists are read page by page.
    Cursor,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::SigningKey => b"auth-core/v1/seal/signing-key",
            Self::RefreshToken => b"auth-core/v1/mac/refresh-token",
            Self::DeviceToken => b"auth-core/v1/mac/device-token",
            Self::Attempts => b"auth-core/v1/mac/attempts",
            Self::Cursor => b"auth-core/v1/mac/cursor",
        }
    }
}

/// Why a ring could not be read or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RootKeyError {
    /// There is no key in it.
    #[error("the root key ring is empty")]
    Empty,
    /// An entry is not `id:base64`; which one, counted from 1.
    #[error("entry {0} of the root key ring is not `id:base64` (id: 1 to 32 of a-z, 0-9, -)")]
    Malformed(usize),
    /// An entry's key is not 32 bytes long; which one, counted from 1, for its id may be a key in the wrong place.
    #[error("the key of entry {0} of the root key ring is not 32 bytes of base64")]
    Length(usize),
    /// A key is something short repeated: a placeholder, not a secret.
    #[error("root key `{0}` is a placeholder, not a random key")]
    Weak(RootKeyId),
    /// Two entries have one id, or one key.
    #[error("root key `{0}` is there twice")]
    Duplicate(RootKeyId),
    /// The key that a row needs is not in the ring.
    #[error("root key `{0}` is needed and not in the ring")]
    Missing(RootKeyId),
    /// The sealed thing was changed, belongs elsewhere, or was sealed under another key of the same id.
    #[error("a value sealed under root key `{0}` cannot be opened with it")]
    Unreadable(RootKeyId),
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

/// The root keys, the active one first.
#[derive(Clone)]
pub struct RootKeyRing {
    active: RootKey,
    others: Vec<RootKey>,
}

#[derive(Clone)]
struct RootKey {
    id: RootKeyId,
    bytes: SecretBytes,
}

impl RootKeyRing {
    /// Reads `id:base64,id:base64,…`, each key 32 bytes in standard base64. Spaces and line ends around entries do not
    /// count.
    ///
    /// # Errors
    /// [`RootKeyError`] says which entry is wrong and how, never what it holds.
    pub fn parse(text: &Secret) -> Result<Self, RootKeyError> {
        let mut keys: Vec<RootKey> = Vec::new();
        for (index, entry) in text.expose().split(',').map(str::trim).filter(|entry| !entry.is_empty()).enumerate() {
            let (id, encoded) = entry.split_once(':').ok_or(RootKeyError::Malformed(index + 1))?;
            let id = RootKeyId::parse(id).ok_or(RootKeyError::Malformed(index + 1))?;
            let bytes =
                Zeroizing::new(Base64::decode_vec(encoded.trim()).map_err(|_| RootKeyError::Length(index + 1))?);
            if bytes.len() != KEY_BYTES {
                return Err(RootKeyError::Length(index + 1));
            }
            if is_patterned(&bytes) {
                return Err(RootKeyError::Weak(id));
            }
            if keys.iter().any(|key| key.id == id || key.bytes.expose() == bytes.as_slice()) {
                return Err(RootKeyError::Duplicate(id));
            }
            keys.push(RootKey { id, bytes: SecretBytes::new(bytes.to_vec()) });
        }
        let mut keys = keys.into_iter();
        let active = keys.next().ok_or(RootKeyError::Empty)?;
        Ok(Self { active, others: keys.collect() })
    }

    /// A ring of one new key.
    ///
    /// # Errors
    /// [`EntropyError`] where the system gives no random bytes.
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        entropy.fill(bytes.as_mut())?;
        let mut name = [0; 4];
        entropy.fill(&mut name)?;
        let id = RootKeyId(format!("root-{:08x}", u32::from_be_bytes(name)));
        Ok(Self { active: RootKey { id, bytes: SecretBytes::new(bytes.to_vec()) }, others: Vec::new() })
    }

    /// The ring as [`RootKeyRing::parse`] reads it, for a key file.
    pub fn to_text(&self) -> Secret {
        let entries: Vec<_> = self
            .all()
            .map(|key| Zeroizing::new(format!("{}:{}", key.id, Base64::encode_string(key.bytes.expose()))))
            .collect();
        Secret::new(entries.iter().map(|entry| entry.as_str()).collect::<Vec<_>>().join(","))
    }

    /// The id of the active key.
    pub fn active(&self) -> &RootKeyId {
        &self.active.id
    }

    /// The ids of all keys, the active one first.
    pub fn ids(&self) -> impl Iterator<Item = &RootKeyId> {
        self.all().map(|key| &key.id)
    }

    /// Whether the ring holds this key.
    pub fn contains(&self, id: &RootKeyId) -> bool {
        self.all().any(|key| key.id == *id)
    }

    /// Seals `plain` under the active key, bound to its purpose and to `owner` (a row's id): in another row it does not
    /// open. ChaCha20-Poly1305 (RFC 8439) under an HKDF sub-key (RFC 5869).
    ///
    /// # Errors
    /// [`RootKeyError::Entropy`] where there is no randomness.
    pub fn seal(
        &self,
        purpose: Purpose,
        owner: &str,
        plain: &SecretBytes,
        entropy: &dyn Entropy,
    ) -> Result<Sealed, RootKeyError> {
        let unreadable = || RootKeyError::Unreadable(self.active.id.clone());
        let mut nonce = [0; NONCE_LEN];
        entropy.fill(&mut nonce)?;
        let mut text = plain.expose().to_vec();
        let aad = Aad::from(owner.as_bytes());
        self.active
            .cipher(purpose)
            .and_then(|cipher| {
                let nonce = Nonce::assume_unique_for_key(nonce);
                cipher.seal_in_place_append_tag(nonce, aad, &mut text).ok()
            })
            .ok_or_else(unreadable)?;
        let mut bytes = vec![LAYOUT];
        bytes.extend_from_slice(&nonce);
        bytes.append(&mut text);
        Ok(Sealed { root_key: self.active.id.clone(), bytes })
    }

    /// Opens what [`RootKeyRing::seal`] sealed for the same purpose and owner.
    ///
    /// # Errors
    /// [`RootKeyError::Missing`] names the key that the ring lacks; [`RootKeyError::Unreadable`] stands for every change.
    pub fn open(&self, purpose: Purpose, owner: &str, sealed: &Sealed) -> Result<SecretBytes, RootKeyError> {
        let key = self
            .all()
            .find(|key| key.id == sealed.root_key)
            .ok_or_else(|| RootKeyError::Missing(sealed.root_key.clone()))?;
        open(key, purpose, owner, &sealed.bytes).ok_or_else(|| RootKeyError::Unreadable(key.id.clone()))
    }

    /// HMAC-SHA-256 under the key of this id, by its sub-key for this purpose; `None` where the ring lacks it.
    pub(crate) fn mac(&self, purpose: Purpose, id: &RootKeyId, message: &[u8]) -> Option<[u8; 32]> {
        let sub_key = self.all().find(|key| key.id == *id)?.sub_key(purpose)?;
        let tag = aws_lc_rs::hmac::sign(&aws_lc_rs::hmac::Key::new(HMAC_SHA256, sub_key.as_ref()), message);
        tag.as_ref().try_into().ok()
    }

    fn all(&self) -> impl Iterator<Item = &RootKey> {
        std::iter::once(&self.active).chain(&self.others)
    }
}

fn open(key: &RootKey, purpose: Purpose, owner: &str, bytes: &[u8]) -> Option<SecretBytes> {
    let (layout, rest) = bytes.split_first()?;
    let (nonce, text) = rest.split_at_checked(NONCE_LEN)?;
    if *layout != LAYOUT {
        return None;
    }
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut text = Zeroizing::new(text.to_vec());
    let plain = key.cipher(purpose)?.open_in_place(nonce, Aad::from(owner.as_bytes()), &mut text).ok()?;
    Some(SecretBytes::new(plain.to_vec()))
}

/// The length that HKDF is asked for.
#[derive(Debug)]
struct SubKey;

impl KeyType for SubKey {
    fn len(&self) -> usize {
        KEY_BYTES
    }
}

impl RootKey {
    fn cipher(&self, purpose: Purpose) -> Option<LessSafeKey> {
        let sub_key = self.sub_key(purpose)?;
        Some(LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, sub_key.as_ref()).ok()?))
    }

    fn sub_key(&self, purpose: Purpose) -> Option<Zeroizing<[u8; KEY_BYTES]>> {
        let mut sub_key = Zeroizing::new([0; KEY_BYTES]);
        let info = [purpose.label()];
        Salt::new(HKDF_SHA256, &[])
            .extract(self.bytes.expose())
            .expand(&info, SubKey)
            .ok()?
            .fill(sub_key.as_mut())
            .ok()?;
        Some(sub_key)
    }
}

/// Shows the ids alone.
impl fmt::Debug for RootKeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all().map(|key| &key.id)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SystemEntropy;

    fn ring() -> RootKeyRing {
        RootKeyRing::generate(&SystemEntropy).unwrap()
    }

    fn sealed(ring: &RootKeyRing) -> Sealed {
        ring.seal(Purpose::SigningKey, "row-1", &SecretBytes::new(b"canary".to_vec()), &SystemEntropy).unwrap()
    }

    #[test]
    fn what_was_sealed_opens_in_its_own_row_alone() {
        let ring = ring();
        let sealed = sealed(&ring);
        assert!(!sealed.bytes.windows(6).any(|window| window == b"canary"));
        assert_eq!(ring.open(Purpose::SigningKey, "row-1", &sealed).unwrap().expose(), b"canary");
        let id = ring.active().clone();
        assert_eq!(ring.open(Purpose::SigningKey, "row-2", &sealed).unwrap_err(), RootKeyError::Unreadable(id));
    }

    #[test]
    fn every_changed_byte_and_every_cut_is_noticed() {
        let ring = ring();
        let sealed = sealed(&ring);
        for index in 0..sealed.bytes.len() {
            let mut changed = sealed.clone();
            changed.bytes[index] ^= 1;
            assert!(ring.open(Purpose::SigningKey, "row-1", &changed).is_err(), "byte {index}");
            changed.bytes.truncate(index);
            assert!(ring.open(Purpose::SigningKey, "row-1", &changed).is_err(), "cut at {index}");
        }
    }

    #[test]
    fn a_ring_opens_with_older_keys_and_names_the_one_it_lacks() {
        let old = ring();
        let sealed = sealed(&old);
        let newer =
            RootKeyRing::parse(&Secret::new(format!("{},{}", ring().to_text().expose(), old.to_text().expose())));
        assert!(newer.unwrap().open(Purpose::SigningKey, "row-1", &sealed).is_ok());
        let missing = ring().open(Purpose::SigningKey, "row-1", &sealed).unwrap_err();
        assert_eq!(missing, RootKeyError::Missing(old.active().clone()));
    }

    #[test]
    fn bad_rings_are_refused_with_the_entry_and_without_the_key() {
        let good = Base64::encode_string(&(0..32).collect::<Vec<u8>>());
        let other = Base64::encode_string(&(1..33).collect::<Vec<u8>>());
        let id = |text| RootKeyId::parse(text).unwrap();
        for (text, error) in [
            (String::new(), RootKeyError::Empty),
            (" , ".to_owned(), RootKeyError::Empty),
            (good.clone(), RootKeyError::Malformed(1)),
            (format!("a:{good},B:{good}"), RootKeyError::Malformed(2)),
            ("a:AAAA".to_owned(), RootKeyError::Length(1)),
            ("a:not base64".to_owned(), RootKeyError::Length(1)),
            (format!("a:{}", Base64::encode_string(&[7; 32])), RootKeyError::Weak(id("a"))),
            (format!("a:{}", Base64::encode_string(&[0, 1].repeat(16))), RootKeyError::Weak(id("a"))),
            (format!("a:{good},a:{other}"), RootKeyError::Duplicate(id("a"))),
            (format!("a:{good},b:{good}"), RootKeyError::Duplicate(id("b"))),
        ] {
            assert_eq!(RootKeyRing::parse(&Secret::new(text)).unwrap_err(), error);
        }
        assert!(RootKeyRing::parse(&Secret::new(format!(" a:{good} ,\n b:{other}\n"))).is_ok());
    }

    #[test]
    fn debug_shows_ids_alone() {
        let ring = ring();
        let secret = ring.to_text().expose().split(':').nth(1).unwrap().to_owned();
        assert!(!format!("{ring:?}").contains(&secret));
    }
}
