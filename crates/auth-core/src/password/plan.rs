//! Against a hash of which class a name is checked that has none.

use std::collections::BTreeMap;
use std::fmt;

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use base64ct::{Base64Unpadded, Encoding as _};
use serde::{Deserialize, Serialize};

use super::HashClass;
use crate::entropy::{Entropy, EntropyError};
use crate::user::CanonicalName;

/// Parts of all names. A class that one account has gets one of them: a name in 4,096.
const BUCKETS: usize = 4_096;
/// No store has hashes of more schemes and costs than this; the rarest of more are left out.
const MOST_CLASSES: usize = 64;
/// What is left out of the sharing, so that each class has one and new hashes keep one: a class never has to give way to
/// another.
const SHARED: usize = BUCKETS - MOST_CLASSES - 1;

/// Which names without a hash are checked against a decoy of which class.
///
/// Names fall into buckets by a keyed hash, and each class that accounts have, other than the present one, owns as many
/// buckets as its share of all accounts. So the time of a refused sign-in tells a class, and a class says nothing of
/// whether there is an account. As accounts get present hashes, buckets are given back and never change from one class to
/// another, for no account's hash does that either. ADR 0009 has the reasons.
#[derive(Clone, PartialEq, Eq)]
pub struct DecoyPlan {
    key: [u8; 16],
    /// The owner of each bucket; `None`: the class of new hashes.
    buckets: Vec<Option<HashClass>>,
}

/// As stores keep it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    key: String,
    /// Runs of buckets, first and last.
    classes: BTreeMap<String, Vec<(usize, usize)>>,
}

impl DecoyPlan {
    /// A plan by which every name is checked against the class of new hashes.
    ///
    /// # Errors
    /// [`EntropyError`] where there is no randomness for its key.
    pub fn new(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        let mut key = [0; 16];
        entropy.fill(&mut key)?;
        Ok(Self { key, buckets: vec![None; BUCKETS] })
    }

    /// Reads what [`DecoyPlan::to_text`] writes; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let text: Text = serde_json::from_str(text).ok()?;
        let key = Base64Unpadded::decode_vec(&text.key).ok()?.try_into().ok()?;
        let mut buckets = vec![None; BUCKETS];
        for (class, runs) in text.classes {
            let class = HashClass::parse(&class)?;
            for (first, last) in runs {
                buckets.get_mut(first..=last)?.fill(Some(class));
            }
        }
        Some(Self { key, buckets })
    }

    /// The text that a store keeps.
    pub fn to_text(&self) -> String {
        let mut classes: BTreeMap<String, Vec<(usize, usize)>> = BTreeMap::new();
        let mut first = 0;
        for run in self.buckets.chunk_by(PartialEq::eq) {
            let last = first + run.len() - 1;
            if let Some(Some(class)) = run.first() {
                classes.entry(class.to_string()).or_default().push((first, last));
            }
            first = last + 1;
        }
        let text = Text { key: Base64Unpadded::encode_string(&self.key), classes };
        serde_json::to_string(&text).unwrap_or_default()
    }

    /// The class for a name; `None` for that of new hashes.
    pub fn class_of(&self, name: &CanonicalName) -> Option<HashClass> {
        let tag = sign(&Key::new(HMAC_SHA256, &self.key), name.as_str().as_bytes());
        let number = tag.as_ref().iter().take(4).fold(0_usize, |number, byte| number << 8 | usize::from(*byte));
        self.buckets.get(number % BUCKETS).copied().flatten()
    }

    /// The classes that own a bucket.
    pub fn classes(&self) -> impl Iterator<Item = HashClass> {
        let classes: std::collections::BTreeSet<_> = self.buckets.iter().copied().flatten().collect();
        classes.into_iter()
    }

    /// The plan for what is there now: how many accounts have a hash of each class, and how many have one of the present
    /// class or of any other that gets no bucket.
    #[must_use]
    pub fn follow(&self, counts: &[(HashClass, u64)], others: u64) -> Self {
        let wanted = shares(counts, others);
        let mut next = self.clone();
        let mut owned: BTreeMap<HashClass, usize> = BTreeMap::new();
        for bucket in &mut next.buckets {
            let Some(class) = *bucket else { continue };
            let count = owned.entry(class).or_default();
            if *count < wanted.get(&class).copied().unwrap_or_default() {
                *count += 1;
            } else {
                *bucket = None;
            }
        }
        let mut missing = wanted.into_iter().flat_map(|(class, wanted)| {
            let owned = owned.get(&class).copied().unwrap_or_default();
            std::iter::repeat_n(class, wanted.saturating_sub(owned))
        });
        for bucket in next.buckets.iter_mut().filter(|bucket| bucket.is_none()) {
            *bucket = missing.next();
        }
        next
    }
}

/// Buckets for each class: its share of those that are shared out, and at least one.
fn shares(counts: &[(HashClass, u64)], others: u64) -> BTreeMap<HashClass, usize> {
    let total = counts.iter().fold(others, |sum, (_, count)| sum.saturating_add(*count)).max(1);
    let share = |count: u64| {
        let buckets = u128::from(count) * (SHARED as u128) / u128::from(total);
        usize::try_from(buckets).unwrap_or(SHARED).max(1)
    };
    let present = counts.iter().take(MOST_CLASSES).filter(|(_, count)| *count > 0);
    present.map(|(class, count)| (*class, share(*count))).collect()
}

/// Without the key.
impl fmt::Debug for DecoyPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecoyPlan").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
