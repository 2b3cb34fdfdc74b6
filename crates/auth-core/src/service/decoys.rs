//! Equal work: what a password is checked against where there is no hash.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use super::{AuthService, InternalError};
use crate::password::{DecoyPlan, HashClass, Password, PasswordHash, Verdict};
use crate::store::{StoreError, StoreExt};
use crate::user::CanonicalName;

/// The commonest classes are counted. A store has one for each scheme and cost that its accounts were ever imported with.
const MOST_CLASSES: u32 = 64;

/// How many accounts have a hash of one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashCount {
    /// Scheme and cost.
    pub class: HashClass,
    /// How many.
    pub users: u64,
    /// Whether new hashes are of this class.
    pub is_present: bool,
}

/// Why hashes could not be counted, or the plan for decoys not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CountError {
    /// The store cannot serve now.
    #[error("the store failed")]
    Unavailable(#[source] StoreError),
    /// Something failed that no caller can mend.
    #[error("the plan for decoys could not be made")]
    Internal(#[source] InternalError),
}

super::common_errors!(CountError);

/// The plan that is followed now, with a decoy of each class in it.
#[derive(Default)]
pub(super) struct Decoys(RwLock<Arc<Followed>>);

#[derive(Default)]
struct Followed {
    plan: Option<DecoyPlan>,
    hashes: BTreeMap<HashClass, PasswordHash>,
    counts: Vec<HashCount>,
}

impl Decoys {
    fn now(&self) -> Arc<Followed> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn set(&self, followed: Followed) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(followed);
    }
}

impl Followed {
    fn decoy(&self, name: &CanonicalName) -> Option<&PasswordHash> {
        self.hashes.get(&self.plan.as_ref()?.class_of(name)?)
    }
}

impl AuthService {
    /// Checks a password against the hash of the account `name`, or, where there is none that can be read, against a decoy.
    /// The caller cannot take a shorter way, because there is none.
    pub(super) fn check_password(
        &self,
        name: &CanonicalName,
        password: &Password,
        stored: Option<&PasswordHash>,
    ) -> Verdict {
        let followed = self.decoys.now();
        // Drawn for every name, also for those that have no use for it.
        let decoy = followed.decoy(name);
        self.hasher.verify(password, stored.filter(|hash| self.hasher.inspect(hash).is_ok()).or(decoy))
    }

    /// Follows the plan for decoys that the store has, if it has one: at start, before anybody signs in.
    ///
    /// # Errors
    /// [`CountError`].
    pub fn follow_decoy_plan(&self) -> Result<(), CountError> {
        let text = self.store.read(|tx| tx.passwords().decoy_plan())?;
        match DecoyPlan::parse(&text) {
            Some(plan) => self.follow(plan, self.hash_counts()),
            None => Ok(()),
        }
    }

    /// Counts the accounts by the class of their hash, and makes the plan for decoys what the counts ask for: at start,
    /// every hour or so, and after an import. Of several instances that count at once, one writes the plan.
    ///
    /// # Errors
    /// [`CountError`]; the plan that was followed before is followed on.
    pub fn count_hashes(&self) -> Result<Vec<HashCount>, CountError> {
        let read = || {
            self.store
                .read(|tx| Ok::<_, StoreError>((tx.passwords().classes(MOST_CLASSES)?, tx.passwords().decoy_plan()?)))
        };
        let (mut counted, mut text) = read()?;
        let plan = loop {
            let plan = match DecoyPlan::parse(&text) {
                Some(plan) => plan,
                None => DecoyPlan::new(self.entropy.as_ref())?,
            };
            let next = self.planned(&plan, &counted)?;
            let new = next.to_text();
            if new == text || self.store.write(|tx| tx.passwords().replace_decoy_plan(&text, &new))? {
                break next;
            }
            // Another instance was first: its plan is the one to go on from.
            (counted, text) = read()?;
        };
        let present = self.hasher.class();
        let counts: Vec<_> = counted
            .into_iter()
            .map(|(class, users)| HashCount { class, users, is_present: class == present })
            .collect();
        self.follow(plan, counts.clone())?;
        Ok(counts)
    }

    /// As [`AuthService::count_hashes`] last found them; none before the first count.
    pub fn hash_counts(&self) -> Vec<HashCount> {
        self.decoys.now().counts.clone()
    }

    fn planned(&self, plan: &DecoyPlan, counted: &[(HashClass, u64)]) -> Result<DecoyPlan, CountError> {
        let (mut old, mut others) = (Vec::new(), 0_u64);
        for (class, users) in counted {
            if *class == self.hasher.class() {
                others = others.saturating_add(*users);
            } else if self.hasher.inspect(&PasswordHash::decoy(*class, self.entropy.as_ref())?).is_ok() {
                old.push((*class, *users));
            }
        }
        Ok(plan.follow(&old, others))
    }

    fn follow(&self, plan: DecoyPlan, counts: Vec<HashCount>) -> Result<(), CountError> {
        let mut hashes = BTreeMap::new();
        for class in plan.classes() {
            hashes.insert(class, PasswordHash::decoy(class, self.entropy.as_ref())?);
        }
        self.decoys.set(Followed { plan: Some(plan), hashes, counts });
        Ok(())
    }
}

impl fmt::Debug for Decoys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Decoys")
    }
}
