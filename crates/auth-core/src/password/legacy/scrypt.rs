//! scrypt (RFC 7914): PHC strings, which are passlib's as well, and Django's.

use zeroize::Zeroizing;

use super::base64;
use crate::password::class::{Cost, numbers};
use crate::password::stored::{LEAST_TAG_BYTES, same};

/// The cost, as it is written.
#[derive(Clone, Copy)]
pub(in crate::password) struct ScryptCost {
    pub(super) log_n: u32,
    pub(super) r: u32,
    pub(super) p: u32,
}

/// An scrypt hash.
pub(in crate::password) struct Scrypt {
    cost: ScryptCost,
    salt: Vec<u8>,
    tag: Vec<u8>,
}

impl Scrypt {
    /// What follows on `$scrypt$`: `ln=16,r=8,p=1$salt$tag`.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('$');
        let (cost, salt, tag) = (parts.next()?, parts.next()?, parts.next()?);
        let [log_n, r, p] = numbers(cost, ["ln", "r", "p"])?;
        if parts.next().is_some() {
            return None;
        }
        Self::of(ScryptCost { log_n, r, p }, base64::decode(salt)?, base64::decode(tag)?)
    }

    pub(super) fn of(cost: ScryptCost, salt: Vec<u8>, tag: Vec<u8>) -> Option<Self> {
        (tag.len() >= LEAST_TAG_BYTES).then_some(Self { cost, salt, tag })
    }

    pub(super) fn cost(&self) -> Cost {
        let ScryptCost { log_n, r, p } = self.cost;
        Cost::Scrypt { log_n, r, p, firebase: false }
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        let mut made = Zeroizing::new(vec![0; self.tag.len()]);
        self.cost.derive(text, &self.salt, &mut made) && same(&made, &self.tag)
    }
}

impl ScryptCost {
    pub(super) fn derive(self, text: &str, salt: &[u8], out: &mut [u8]) -> bool {
        let Ok(log_n) = u8::try_from(self.log_n) else { return false };
        let Ok(params) = ::scrypt::Params::new(log_n, self.r, self.p) else { return false };
        ::scrypt::scrypt(text.as_bytes(), salt, &params, out).is_ok()
    }
}
