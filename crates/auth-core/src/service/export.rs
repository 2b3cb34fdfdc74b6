//! Accounts as they are kept, for moving out: whoever runs commands beside the database may see all of it.

use super::administer::with_roles;
use super::{AuthService, InternalError, ManagedUser, RequestContext, append, common_errors};
use crate::audit::AuditEvent;
use crate::id::UserId;
use crate::password::StoredPassword;
use crate::role::Role;
use crate::store::{StoreError, StoreExt};
use crate::user::{User, UserPlace, UserQuery};

/// An account with all that an import of it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedUser {
    /// The account.
    pub user: User,
    /// Its roles, in order of their names.
    pub roles: Vec<Role>,
    /// The hash of its password, where hashes are asked for and it has one.
    pub password: Option<StoredPassword>,
}

/// Accounts that were not taken out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// The store cannot serve now.
    #[error("the store failed")]
    Unavailable(#[source] StoreError),
    /// Something failed that no caller can mend.
    #[error("the export failed")]
    Internal(#[source] InternalError),
}

common_errors!(ExportError);

impl AuthService {
    /// At most `limit` accounts behind the one of this id, in the order of ids, which is the same in every store. Each page is of one
    /// instant; accounts that change between two pages are as the later page finds them. The first page leaves a line in the audit log, before
    /// anything is given out.
    ///
    /// # Errors
    /// [`ExportError`].
    pub fn export_users(
        &self,
        after: Option<UserId>,
        limit: u32,
        with_hashes: bool,
        context: &RequestContext,
    ) -> Result<Vec<ExportedUser>, ExportError> {
        if after.is_none() {
            let now = self.clock.now();
            let record = [self.record(AuditEvent::UsersExported { with_hashes }, now, context)?];
            self.store.write(|tx| append(tx, &record))?;
        }
        let query = UserQuery { after: after.map(UserPlace::Id), ..UserQuery::default() };
        self.store.read(|tx| {
            let users = tx.users().list(&query, limit)?;
            with_roles(tx, users)?
                .into_iter()
                .map(|ManagedUser { user, roles }| {
                    let password = if with_hashes { tx.passwords().get(user.id)? } else { None };
                    Ok(ExportedUser { user, roles, password })
                })
                .collect()
        })
    }
}
