//! One record against what is here, in the transaction of its batch. Whatever can be refused is refused before anything is written.

use super::change::Change;
use super::prepare::Prepared;
use super::{ImportBatchError, ImportRefusal, ImportSettings, ImportVerdict, OnConflict};
use crate::id::SessionId;
use crate::service::{AuthService, RequestContext, append};
use crate::store::{StoreError, Transaction, Unique};
use crate::time::Timestamp;
use crate::user::{Added, User};

impl AuthService {
    pub(super) fn judge(
        &self,
        tx: &mut dyn Transaction,
        prepared: &Prepared<'_>,
        settings: ImportSettings,
        now: Timestamp,
        context: &RequestContext,
        ended: &mut Vec<SessionId>,
    ) -> Result<ImportVerdict, ImportBatchError> {
        let Some(here) = find(tx, prepared, settings.on_conflict)? else { return Ok(create(tx, prepared, now)?) };
        if prepared.record.legacy_id.is_some_and(|number| here.legacy_id != Some(number)) {
            return Ok(ImportVerdict::Refused(ImportRefusal::NumberTaken));
        }
        let change = Change::between(tx, &here, prepared)?;
        if change.is_none() {
            return Ok(ImportVerdict::Same(here));
        }
        match settings.on_conflict {
            OnConflict::Skip => Ok(ImportVerdict::Skipped(here)),
            OnConflict::Fail => Ok(ImportVerdict::Refused(ImportRefusal::Exists)),
            OnConflict::Update => match change.refusal(tx, &here)? {
                Some(refusal) => Ok(ImportVerdict::Refused(refusal)),
                None => self.apply(tx, here, &change, now, context, ended),
            },
        }
    }
}

/// The account that the record is about, by its own key. An account of the same name and of another key is another one. What may be
/// updated is held until the transaction ends, as whatever ends sessions holds it.
fn find(
    tx: &mut dyn Transaction,
    prepared: &Prepared<'_>,
    on_conflict: OnConflict,
) -> Result<Option<User>, StoreError> {
    let record = prepared.record;
    let found = match (record.id, record.legacy_id) {
        (Some(id), _) => tx.users().by_id(id)?,
        (None, Some(number)) => tx.users().by_legacy_id(number)?,
        (None, None) => tx.users().by_name(prepared.user.name.canonical())?,
    };
    match found {
        Some(user) if on_conflict == OnConflict::Update => tx.users().lock(user.id),
        found => Ok(found),
    }
}

fn create(tx: &mut dyn Transaction, prepared: &Prepared<'_>, now: Timestamp) -> Result<ImportVerdict, StoreError> {
    let mut user = prepared.user.clone();
    let mut added = tx.users().insert(&user)?;
    if added == Added::Taken(Unique::UsernameSkeleton) {
        // It looks like one that is here, which keeps the look for as long as it is here.
        user.name = user.name.without_skeleton();
        added = tx.users().insert(&user)?;
    }
    match added {
        Added::Added => {}
        Added::Taken(Unique::Username) => return Ok(ImportVerdict::Refused(ImportRefusal::NameTaken)),
        Added::Taken(Unique::LegacyId) => return Ok(ImportVerdict::Refused(ImportRefusal::NumberTaken)),
        Added::Taken(other) => return Err(StoreError::Conflict(other)),
    }
    if let Some(password) = &prepared.record.password {
        // Old tokens must stay good where nothing is known of the password's age.
        let changed_at = password.changed_at.or(prepared.record.created_at).unwrap_or(Timestamp::EPOCH);
        tx.passwords().insert(user.id, &password.hash, changed_at)?;
    }
    for role in prepared.record.roles.iter().flatten() {
        tx.roles().grant(user.id, role, now)?;
    }
    append(tx, &prepared.lines)?;
    Ok(ImportVerdict::Created(user))
}
