//! Making an account for somebody else.

use std::collections::BTreeSet;

use super::{AdminError, Authority, ManagedUser};
use crate::audit::AuditEvent;
use crate::id::UserId;
use crate::password::Password;
use crate::role::Role;
use crate::service::register::new_user;
use crate::service::{AuthService, RequestContext, append};
use crate::store::{StoreError, StoreExt, Unique};
use crate::user::Added;

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The name, as entered.
    pub username: String,
    /// The password; without one nobody can sign in until one is set.
    pub password: Option<Password>,
    /// Its roles.
    pub roles: Vec<Role>,
}

impl AuthService {
    /// Makes an account under the rules of registration, also where registration is closed.
    ///
    /// # Errors
    /// [`AdminError`].
    pub fn create_user(
        &self,
        by: Authority<'_>,
        new: NewUser,
        context: &RequestContext,
    ) -> Result<ManagedUser, AdminError> {
        let now = self.clock.now();
        let context = by.context(context);
        let NewUser { username, password, roles } = new;
        let name = match &password {
            Some(password) => self.check_new(&username, password),
            None => self.settings.username.check(&username).map_err(|fault| (Some(fault), Vec::new())),
        };
        let name = name.map_err(|(username, password)| AdminError::Invalid { username, password })?;
        let roles: Vec<Role> = roles.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
        if roles.len() > Role::MOST {
            return Err(AdminError::TooManyRoles);
        }
        // Spares the hash of those who may not; the transaction below decides.
        self.check_administrator_at(by, now)?;
        let hash = password.as_ref().map(|password| self.hasher.hash(password)).transpose()?;
        let user = new_user(UserId::mint(now, self.entropy.as_ref())?, name, now);
        let mut records = vec![self.record(AuditEvent::UserCreated(user.id), now, &context)?];
        for role in &roles {
            records.push(self.record(AuditEvent::RoleGranted(user.id, role.clone()), now, &context)?);
        }
        let added = self.store.write(|tx| {
            self.authorise(tx, by, now)?;
            let added = tx.users().insert(&user)?;
            if added == Added::Added {
                if let Some(hash) = &hash {
                    tx.passwords().insert(user.id, hash, now)?;
                }
                for role in &roles {
                    tx.roles().grant(user.id, role, now)?;
                }
                append(tx, &records)?;
            }
            Ok::<_, AdminError>(added)
        })?;
        match added {
            Added::Added => {
                self.forget_refusals(user.name.canonical());
                Ok(ManagedUser { user, roles })
            }
            Added::Taken(Unique::Username | Unique::UsernameSkeleton) => Err(AdminError::UsernameTaken),
            Added::Taken(other) => Err(AdminError::Unavailable(StoreError::Conflict(other))),
        }
    }
}
