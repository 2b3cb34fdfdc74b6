//! What of an account that is here differs from what is brought, and how it becomes that.

use std::collections::BTreeSet;

use super::prepare::Prepared;
use super::{ImportBatchError, ImportRefusal, ImportVerdict, ImportedPassword};
use crate::audit::AuditEvent;
use crate::id::SessionId;
use crate::role::Role;
use crate::service::{AuthService, RequestContext, SessionError, append};
use crate::session::EndReason;
use crate::store::{StoreError, Transaction, Unique};
use crate::time::Timestamp;
use crate::user::{AccountState, Added, User, Username};

/// What differs. Ids, numbers and the instant of making never change.
pub(super) struct Change<'r> {
    name: Option<&'r Username>,
    state: Option<AccountState>,
    granted: Vec<&'r Role>,
    revoked: Vec<Role>,
    password: Option<&'r ImportedPassword>,
}

impl<'r> Change<'r> {
    pub(super) fn between(
        tx: &mut dyn Transaction,
        here: &User,
        prepared: &'r Prepared<'_>,
    ) -> Result<Self, StoreError> {
        let record = prepared.record;
        let name = Some(&prepared.user.name).filter(|name| name.as_entered() != here.name.as_entered());
        let (mut granted, mut revoked) = (Vec::new(), Vec::new());
        if let Some(roles) = &record.roles {
            let held: BTreeSet<Role> = tx.roles().of(here.id)?.into_iter().collect();
            granted = roles.iter().filter(|role| !held.contains(role)).collect();
            revoked = held.difference(roles).cloned().collect();
        }
        let password = match &record.password {
            Some(password) => {
                let stored = tx.passwords().get(here.id)?;
                let is_other = stored.as_ref().is_none_or(|stored| {
                    // Of one instant, it is the same password hashed anew; of a later one here, the newer password.
                    stored.hash != password.hash && password.changed_at.is_none_or(|at| at > stored.changed_at)
                });
                is_other.then_some(password)
            }
            None => None,
        };
        Ok(Self { name, state: record.state.filter(|state| *state != here.state), granted, revoked, password })
    }

    pub(super) fn is_none(&self) -> bool {
        self.name.is_none()
            && self.state.is_none()
            && self.granted.is_empty()
            && self.revoked.is_empty()
            && self.password.is_none()
    }

    /// Why it cannot be made. Under the lock on roles.
    pub(super) fn refusal(&self, tx: &mut dyn Transaction, here: &User) -> Result<Option<ImportRefusal>, StoreError> {
        if let Some(name) = self.name
            && tx.users().by_name(name.canonical())?.is_some_and(|other| other.id != here.id)
        {
            return Ok(Some(ImportRefusal::NameTaken));
        }
        let leaves = self.state == Some(AccountState::Disabled) || self.revoked.contains(&Role::ADMIN);
        let counts = here.state == AccountState::Active && tx.roles().of(here.id)?.contains(&Role::ADMIN);
        let is_last = leaves && counts && !tx.roles().is_held_by_another(&Role::ADMIN, here.id)?;
        Ok(is_last.then_some(ImportRefusal::LastAdmin))
    }
}

impl AuthService {
    pub(super) fn apply(
        &self,
        tx: &mut dyn Transaction,
        here: User,
        change: &Change<'_>,
        now: Timestamp,
        context: &RequestContext,
        ended: &mut Vec<SessionId>,
    ) -> Result<ImportVerdict, ImportBatchError> {
        let mut user = here;
        // First, for somebody may have taken the name since it was looked for.
        if let Some(name) = change.name {
            let Some(name) = rename(tx, &user, name, now)? else {
                return Ok(ImportVerdict::Refused(ImportRefusal::NameTaken));
            };
            user = User { name, updated_at: now, ..user };
            append(tx, &[self.record(AuditEvent::UserRenamed(user.id), now, context)?])?;
        }
        for role in &change.granted {
            tx.roles().grant(user.id, role, now)?;
            append(tx, &[self.record(AuditEvent::RoleGranted(user.id, (*role).clone()), now, context)?])?;
        }
        for role in &change.revoked {
            tx.roles().revoke(user.id, role)?;
            append(tx, &[self.record(AuditEvent::RoleRevoked(user.id, role.clone()), now, context)?])?;
        }
        if let Some(password) = change.password {
            let changed_at = password.changed_at.unwrap_or(now);
            if !tx.passwords().change(user.id, &password.hash, changed_at)? {
                tx.passwords().insert(user.id, &password.hash, changed_at)?;
            }
            tx.users().raise_credential_version(user.id, now)?;
            append(tx, &[self.record(AuditEvent::PasswordSet(user.id), now, context)?])?;
            let reason = EndReason::PasswordChanged;
            ended.extend(self.end_others(tx, &user, None, reason, now, context).map_err(trouble)?);
            user.credential_version = user.credential_version.saturating_add(1);
            user.updated_at = now;
        }
        if let Some(state) = change.state {
            let event = match state {
                AccountState::Active => AuditEvent::UserEnabled(user.id),
                AccountState::Disabled => {
                    ended.extend(self.end_others(tx, &user, None, EndReason::Revoked, now, context).map_err(trouble)?);
                    AuditEvent::UserDisabled(user.id)
                }
            };
            tx.users().set_state(user.id, state, now)?;
            append(tx, &[self.record(event, now, context)?])?;
            user = User { state, updated_at: now, ..user };
        }
        Ok(ImportVerdict::Updated(user))
    }
}

/// The name as it was given; `None` where it is somebody else's.
fn rename(
    tx: &mut dyn Transaction,
    user: &User,
    name: &Username,
    now: Timestamp,
) -> Result<Option<Username>, StoreError> {
    let mut name = name.clone();
    let mut added = tx.users().rename(user.id, &name, now)?;
    if added == Some(Added::Taken(Unique::UsernameSkeleton)) {
        name = name.without_skeleton();
        added = tx.users().rename(user.id, &name, now)?;
    }
    Ok((added == Some(Added::Added)).then_some(name))
}

fn trouble(error: SessionError) -> ImportBatchError {
    match error {
        SessionError::Internal(error) => ImportBatchError::Internal(error),
        SessionError::Unavailable(error) => ImportBatchError::Unavailable(error),
        // Ending all of an account's sessions asks for none in particular.
        SessionError::Unauthenticated | SessionError::NotFound => {
            ImportBatchError::Unavailable(StoreError::unavailable("sessions could not be ended"))
        }
    }
}
