//! Changing an account: its state, its name, its roles.

use std::collections::BTreeSet;

use super::{AdminError, Authority, ManagedUser, keep_an_administrator};
use crate::audit::AuditEvent;
use crate::id::{SessionId, UserId};
use crate::role::Role;
use crate::service::{AuthService, RequestContext, append};
use crate::session::EndReason;
use crate::store::{StoreExt, Transaction};
use crate::time::Timestamp;
use crate::user::{AccountState, Added, User, Username};

/// What of an account is to change. What is not told stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserChange {
    /// Whether it may sign in. Disabling ends its sessions.
    pub state: Option<AccountState>,
    /// Its name, under the rules of registration.
    pub username: Option<String>,
    /// Its roles. Tokens tell of them from the next refresh on.
    pub roles: Option<RoleChange>,
}

/// How roles change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoleChange {
    /// These and no others.
    Set(BTreeSet<Role>),
    /// This one as well.
    Grant(Role),
    /// Not this one.
    Revoke(Role),
}

/// What was found and done in the transaction.
struct Changed {
    now_is: ManagedUser,
    /// The name before, where there is another now.
    old_name: Option<Username>,
    ended: Vec<SessionId>,
}

impl AuthService {
    /// Changes an account, in whole or not at all. What is already so is no change, and leaves no line.
    ///
    /// # Errors
    /// [`AdminError`].
    pub fn update_user(
        &self,
        by: Authority<'_>,
        id: UserId,
        change: &UserChange,
        context: &RequestContext,
    ) -> Result<ManagedUser, AdminError> {
        let now = self.clock.now();
        let context = by.context(context);
        let invalid = |fault| AdminError::Invalid { username: Some(fault), password: Vec::new() };
        let name = change.username.as_deref().map(|name| self.settings.username.check(name)).transpose();
        let name = name.map_err(invalid)?;
        let Changed { now_is, old_name, ended } = self.store.write(|tx| {
            // First of all locks: of two administrators who take each other's role, one finds it taken already.
            tx.roles().lock()?;
            self.authorise(tx, by, now)?;
            let user = tx.users().lock(id)?.ok_or(AdminError::NotFound)?;
            let roles = self.change_roles(tx, &user, change.roles.as_ref(), now, &context)?;
            let old_name = user.name.clone();
            let user = self.change_name(tx, user, name.as_ref(), now, &context)?;
            let old_name = (old_name != user.name).then_some(old_name);
            let (user, ended) = self.change_state(tx, user, change.state, now, &context)?;
            Ok::<_, AdminError>(Changed { now_is: ManagedUser { user, roles }, old_name, ended })
        })?;
        // Of the old name nobody is refused for this account's sake, nor of the new one for having been nobody's.
        if let Some(old_name) = old_name {
            self.forget_refusals(old_name.canonical());
            self.forget_refusals(now_is.user.name.canonical());
        }
        self.note_endings(&ended, now);
        Ok(now_is)
    }

    fn change_roles(
        &self,
        tx: &mut dyn Transaction,
        user: &User,
        change: Option<&RoleChange>,
        now: Timestamp,
        context: &RequestContext,
    ) -> Result<Vec<Role>, AdminError> {
        let before: BTreeSet<Role> = tx.roles().of(user.id)?.into_iter().collect();
        let mut after = before.clone();
        match change {
            None => {}
            Some(RoleChange::Set(roles)) => after.clone_from(roles),
            Some(RoleChange::Grant(role)) => drop(after.insert(role.clone())),
            Some(RoleChange::Revoke(role)) => drop(after.remove(role)),
        }
        if after.len() > Role::MOST {
            return Err(AdminError::TooManyRoles);
        }
        if before.contains(&Role::ADMIN) && !after.contains(&Role::ADMIN) {
            keep_an_administrator(tx, user)?;
        }
        for role in after.difference(&before) {
            tx.roles().grant(user.id, role, now)?;
            append(tx, &[self.record(AuditEvent::RoleGranted(user.id, role.clone()), now, context)?])?;
        }
        for role in before.difference(&after) {
            tx.roles().revoke(user.id, role)?;
            append(tx, &[self.record(AuditEvent::RoleRevoked(user.id, role.clone()), now, context)?])?;
        }
        Ok(after.into_iter().collect())
    }

    fn change_name(
        &self,
        tx: &mut dyn Transaction,
        user: User,
        name: Option<&Username>,
        now: Timestamp,
        context: &RequestContext,
    ) -> Result<User, AdminError> {
        let Some(name) = name.filter(|name| name.as_entered() != user.name.as_entered()) else { return Ok(user) };
        match tx.users().rename(user.id, name, now)? {
            Some(Added::Added) => {}
            Some(Added::Taken(_)) => return Err(AdminError::UsernameTaken),
            None => return Err(AdminError::NotFound),
        }
        append(tx, &[self.record(AuditEvent::UserRenamed(user.id), now, context)?])?;
        Ok(User { name: name.clone(), updated_at: now, ..user })
    }

    fn change_state(
        &self,
        tx: &mut dyn Transaction,
        user: User,
        state: Option<AccountState>,
        now: Timestamp,
        context: &RequestContext,
    ) -> Result<(User, Vec<SessionId>), AdminError> {
        let Some(state) = state.filter(|state| *state != user.state) else { return Ok((user, Vec::new())) };
        let (event, ended) = match state {
            AccountState::Active => (AuditEvent::UserEnabled(user.id), Vec::new()),
            AccountState::Disabled => {
                keep_an_administrator(tx, &user)?;
                let ended = self.end_others(tx, &user, None, EndReason::Revoked, now, context)?;
                (AuditEvent::UserDisabled(user.id), ended)
            }
        };
        tx.users().set_state(user.id, state, now)?;
        append(tx, &[self.record(event, now, context)?])?;
        Ok((User { state, updated_at: now, ..user }, ended))
    }
}
