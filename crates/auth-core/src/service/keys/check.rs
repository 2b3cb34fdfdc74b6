//! Which root keys are needed, by what, and how one can go.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{OpenError, SigningKeys};
use crate::audit::AuditEvent;
use crate::entropy::EntropyError;
use crate::root_keys::{RootKeyId, RootKeyRing};
use crate::service::{RequestContext, append};
use crate::session::EndReason;
use crate::store::{Store, StoreError, StoreExt};
use crate::time::Timestamp;
use crate::token::{KeyId, KeyState, Schedule, StoredKey};

/// How many sessions are ended in one transaction.
const BATCH: u32 = 200;

/// A root key, and what needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootKeyReport {
    /// Its id.
    pub id: RootKeyId,
    /// Whether the ring has it.
    pub is_present: bool,
    /// Whether it is the active one.
    pub is_active: bool,
    /// The signing keys that are sealed under it, and whether they open.
    pub signing_keys: Vec<SealedKey>,
    /// Whether live sessions were born under it.
    pub has_sessions: bool,
}

/// A sealed signing key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedKey {
    /// Which.
    pub id: KeyId,
    /// What it is used for. One that is retired keeps nobody from starting, whether it opens or not.
    pub state: KeyState,
    /// What keeps it from being opened, where something does.
    pub trouble: Option<OpenError>,
}

/// Why a root key cannot be dropped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DropRootError {
    /// It is the active one: new sessions would be born under it all the time.
    #[error("root key `{0}` is the active one")]
    Active(RootKeyId),
    /// These signing keys are sealed under it: reseal them, or retire those that cannot be opened.
    #[error("signing keys are sealed under root key `{0}`")]
    Sealed(RootKeyId, Vec<KeyId>),
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// The store cannot serve now. Sessions that were ended stay ended.
    #[error("the store failed")]
    Unavailable(#[from] StoreError),
}

impl SigningKeys {
    /// Every root key that the ring has or that something in the store needs, in order of their ids. `idle` is
    /// [`crate::service::ServiceSettings::session_idle`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn check_root_keys(&self, idle: Duration) -> Result<Vec<RootKeyReport>, StoreError> {
        let now = self.clock.now();
        let (stored, sessions) = self.store.read(|tx| {
            Ok::<_, StoreError>((tx.keys().all()?, tx.sessions().root_keys(now, now.saturating_sub(idle))?))
        })?;
        let mut reports = BTreeMap::new();
        for id in self.root_keys.ids().chain(&sessions) {
            self.report(&mut reports, id).has_sessions |= sessions.contains(id);
        }
        for row in &stored {
            if let Some(sealed) = &row.private {
                let state = Schedule(&stored).state(row, now);
                let key = SealedKey { id: row.id.clone(), state, trouble: self.open_key(row).err() };
                self.report(&mut reports, &sealed.root_key).signing_keys.push(key);
            }
        }
        Ok(reports.into_values().collect())
    }

    fn report<'r>(&self, reports: &'r mut BTreeMap<RootKeyId, RootKeyReport>, id: &RootKeyId) -> &'r mut RootKeyReport {
        reports.entry(id.clone()).or_insert_with(|| RootKeyReport {
            id: id.clone(),
            is_present: self.root_keys.contains(id),
            is_active: self.root_keys.active() == id,
            signing_keys: Vec::new(),
            has_sessions: false,
        })
    }

    /// Ends every session that was born under a root key, so that it can go from the ring, and answers how many. It need not
    /// be in the ring any more: a key that was lost is dropped the same way.
    ///
    /// # Errors
    /// [`DropRootError`].
    pub fn drop_root_key(
        &self,
        id: &RootKeyId,
        idle: Duration,
        context: &RequestContext,
    ) -> Result<u64, DropRootError> {
        if self.root_keys.active() == id {
            return Err(DropRootError::Active(id.clone()));
        }
        let stored = self.store.read(|tx| tx.keys().all())?;
        let is_sealing = |row: &StoredKey| row.private.as_ref().is_some_and(|seal| seal.root_key == *id);
        let sealed: Vec<_> = stored.into_iter().filter(is_sealing).map(|row| row.id).collect();
        if !sealed.is_empty() {
            return Err(DropRootError::Sealed(id.clone(), sealed));
        }
        let mut ended = 0;
        while let Some(batch) = self.end_batch(id, idle, context)? {
            ended += batch;
        }
        let event = [self.record(AuditEvent::RootKeyDropped(id.clone()), self.clock.now(), context)?];
        self.store.write(|tx| append(tx, &event))?;
        Ok(ended)
    }

    /// How many were ended here; somebody else may have been faster with some. `None` where there are none left.
    fn end_batch(
        &self,
        id: &RootKeyId,
        idle: Duration,
        context: &RequestContext,
    ) -> Result<Option<u64>, DropRootError> {
        let now = self.clock.now();
        let idle_since = now.saturating_sub(idle);
        let found = self.store.read(|tx| {
            let ids = tx.sessions().born_under(id, now, idle_since, BATCH)?;
            ids.into_iter().map(|id| tx.sessions().by_id(id)).collect::<Result<Vec<_>, StoreError>>()
        })?;
        if found.is_empty() {
            return Ok(None);
        }
        let reason = EndReason::RootKeyDropped;
        let mut events = Vec::new();
        for session in found.into_iter().flatten() {
            let event = AuditEvent::SessionEnded(session.user, session.id, reason);
            events.push((session.id, self.record(event, now, context)?));
        }
        let ended = self.store.write(|tx| {
            let mut ended = 0;
            for (session, event) in &events {
                if tx.sessions().end(*session, reason, now)? {
                    append(tx, std::slice::from_ref(event))?;
                    ended += 1;
                }
            }
            Ok::<_, StoreError>(ended)
        })?;
        Ok(Some(ended))
    }
}

/// The root keys that sessions which live at `now` were born under and the ring lacks. A server that started all the same
/// would refuse their refresh tokens. `idle` is [`crate::service::ServiceSettings::session_idle`].
///
/// # Errors
/// [`StoreError`].
pub fn missing_root_keys(
    store: &dyn Store,
    ring: &RootKeyRing,
    now: Timestamp,
    idle: Duration,
) -> Result<Vec<RootKeyId>, StoreError> {
    let needed = store.read(|tx| tx.sessions().root_keys(now, now.saturating_sub(idle)))?;
    Ok(needed.into_iter().filter(|id| !ring.contains(id)).collect())
}
