//! Firebase's scrypt: the signer key of the project, encrypted under the result of scrypt.

use aws_lc_rs::cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use zeroize::Zeroizing;

use super::base64;
use super::scrypt::ScryptCost;
use crate::password::class::{Cost, numbers};
use crate::password::stored::{LEAST_TAG_BYTES, same};

/// A hash of Firebase's scrypt.
pub(in crate::password) struct Firebase {
    cost: ScryptCost,
    signer_key: Zeroizing<Vec<u8>>,
    /// The account's salt and the project's separator.
    salt: Vec<u8>,
    tag: Vec<u8>,
}

impl Firebase {
    /// What follows on `$fbscrypt$`: `v=1,n=14,r=8,p=1,ss=…,sk=…$salt$tag`.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('$');
        let (head, salt, tag) = (parts.next()?, parts.next()?, parts.next()?);
        let (cost, keys) = head.split_once(",ss=")?;
        let (separator, signer_key) = keys.split_once(",sk=")?;
        let [version, log_n, r, p] = numbers(cost, ["v", "n", "r", "p"])?;
        let mut salt = base64::decode(salt)?;
        salt.extend(base64::decode(separator)?);
        let signer_key = Zeroizing::new(base64::decode(signer_key)?);
        let tag = base64::decode(tag)?;
        let sound =
            parts.next().is_none() && version == 1 && tag.len() >= LEAST_TAG_BYTES && tag.len() == signer_key.len();
        sound.then_some(Self { cost: ScryptCost { log_n, r, p }, signer_key, salt, tag })
    }

    pub(super) fn cost(&self) -> Cost {
        let ScryptCost { log_n, r, p } = self.cost;
        Cost::Scrypt { log_n, r, p, firebase: true }
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        // 64 bytes are made, and the first half is the key of AES-256 in counter mode, from zero.
        let mut derived = Zeroizing::new([0; 64]);
        if !self.cost.derive(text, &self.salt, derived.as_mut()) {
            return false;
        }
        let mut made = self.signer_key.clone();
        let mut encrypt = || {
            let key = EncryptingKey::ctr(UnboundCipherKey::new(&AES_256, derived.get(..32)?).ok()?).ok()?;
            key.less_safe_encrypt(&mut made, EncryptionContext::Iv128(FixedLength::from([0; 16]))).ok()
        };
        encrypt().is_some() && same(&made, &self.tag)
    }
}
