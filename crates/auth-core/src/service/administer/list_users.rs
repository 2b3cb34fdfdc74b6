//! Accounts, page by page, and one by one.

use super::page::cut;
use super::{AdminError, Authority, Page, PageRequest};
use crate::id::UserId;
use crate::role::Role;
use crate::service::AuthService;
use crate::store::{StoreError, StoreExt, Transaction};
use crate::user::{CanonicalName, User, UserFilter, UserPlace, UserQuery};

/// An account as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedUser {
    /// The account.
    pub user: User,
    /// Its roles, in order of their names.
    pub roles: Vec<Role>,
}

impl AuthService {
    /// A page of the accounts that the filter asks for, in its order.
    ///
    /// # Errors
    /// [`AdminError`].
    pub fn list_users(
        &self,
        by: Authority<'_>,
        filter: &UserFilter,
        request: PageRequest<'_>,
    ) -> Result<Page<ManagedUser>, AdminError> {
        let now = self.clock.now();
        let scope = ("users", filter);
        let place = |cursor| self.place::<UserPlace>(&scope, cursor);
        let query = UserQuery { filter: filter.clone(), after: request.cursor.map(place).transpose()? };
        // The canonical form of what no name can be: too long, or with a NUL.
        let is_nobody = filter.prefix.as_ref().is_some_and(|prefix| prefix.as_str().is_empty());
        let (users, next) = self.store.read(|tx| {
            self.authorise(tx, by, now)?;
            if is_nobody {
                return Ok::<_, AdminError>((Vec::new(), None));
            }
            let mut users = tx.users().list(&query, request.look_ahead())?;
            let next = cut(&mut users, &request).map(|last| filter.place_of(last));
            Ok((with_roles(tx, users)?, next))
        })?;
        Ok(Page { items: users, next: next.and_then(|place| self.cursor(&scope, &place)) })
    }

    /// One account.
    ///
    /// # Errors
    /// [`AdminError`].
    pub fn user(&self, by: Authority<'_>, id: UserId) -> Result<ManagedUser, AdminError> {
        let now = self.clock.now();
        self.store.read(|tx| {
            self.authorise(tx, by, now)?;
            let user = tx.users().by_id(id)?.ok_or(AdminError::NotFound)?;
            Ok(ManagedUser { roles: tx.roles().of(user.id)?, user })
        })
    }

    /// One account, by its name in any spelling.
    ///
    /// # Errors
    /// [`AdminError`].
    pub fn user_named(&self, by: Authority<'_>, name: &str) -> Result<ManagedUser, AdminError> {
        let now = self.clock.now();
        let name = CanonicalName::of(name);
        self.store.read(|tx| {
            self.authorise(tx, by, now)?;
            let user = tx.users().by_name(&name)?.ok_or(AdminError::NotFound)?;
            Ok(ManagedUser { roles: tx.roles().of(user.id)?, user })
        })
    }
}

/// One question for the roles of a page. Few accounts have any.
pub(in crate::service) fn with_roles(
    tx: &mut dyn Transaction,
    users: Vec<User>,
) -> Result<Vec<ManagedUser>, StoreError> {
    let ids: Vec<UserId> = users.iter().map(|user| user.id).collect();
    let held = tx.roles().of_each(&ids)?;
    let of = |id: UserId| held.iter().filter(|(holder, _)| *holder == id).map(|(_, role)| role.clone()).collect();
    Ok(users.into_iter().map(|user| ManagedUser { roles: of(user.id), user }).collect())
}
