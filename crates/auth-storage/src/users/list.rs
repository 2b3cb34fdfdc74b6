//! Accounts, page by page. Each order has its index, and a place is a range of it: a page costs what the first did, however many
//! are behind. What else is asked for is looked at row by row.

use auth_core::StoreError;
use auth_core::role::Role;
use auth_core::user::{AccountState, User, UserFilter, UserOrder, UserPlace, UserQuery, end_of_prefix};
use diesel::dsl::{exists, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::{UserRow, created_at, state};
use crate::connection::MultiBackend;
use crate::schema::user_roles::dsl as roles;
use crate::schema::users::{self, dsl};
use crate::transaction::DieselTransaction;
use crate::types::{Id, IdBytes, Instant, Micros};

type Boxed<'q> = users::BoxedQuery<'q, MultiBackend>;

impl DieselTransaction<'_> {
    pub(super) fn list_users(
        &mut self,
        UserQuery { filter, after }: &UserQuery,
        limit: u32,
    ) -> Result<Vec<User>, StoreError> {
        if after.as_ref().is_some_and(|after| after.order() != filter.order()) {
            return Err(StoreError::unavailable("a place in a list of another order"));
        }
        let rows: Vec<UserRow> = match (&filter.role, after, filter.order()) {
            (Some(role), None, UserOrder::Id) => self.holders(role, None, filter.state, limit)?,
            (Some(role), Some(UserPlace::Id(id)), _) => self.holders(role, Some((*id).into()), filter.state, limit)?,
            _ => {
                let page = behind(wanted(filter, after.is_none()), after.as_ref()).limit(limit.into());
                self.query(|connection| page.load(connection))?
            }
        };
        rows.into_iter().map(User::try_from).collect()
    }

    /// By the index of roles, which has them in the order of ids: an account without the role is not looked at.
    fn holders(
        &mut self,
        role: &Role,
        after: Option<IdBytes>,
        state: Option<AccountState>,
        limit: u32,
    ) -> Result<Vec<UserRow>, StoreError> {
        let mut page = roles::user_roles
            .inner_join(dsl::users)
            .filter(roles::role.eq(role.as_str().to_owned()))
            .select(users::all_columns)
            .order(roles::user_id)
            .limit(limit.into())
            .into_boxed::<MultiBackend>();
        if let Some(id) = after {
            page = page.filter(roles::user_id.gt(id));
        }
        if let Some(state) = state {
            page = page.filter(super::state().eq(state.as_str()));
        }
        self.query(|connection| page.load(connection))
    }
}

/// A page behind another begins at its place, and nothing is said of where the first one began: of two lower bounds SQLite takes
/// one, and reads all that is between them.
fn wanted(filter: &UserFilter, is_first: bool) -> Boxed<'static> {
    let mut wanted = dsl::users.into_boxed();
    if let Some(prefix) = &filter.prefix {
        if is_first {
            wanted = wanted.filter(dsl::username_canonical.ge(prefix.as_str().to_owned()));
        }
        if let Some(end) = end_of_prefix(prefix.as_str()) {
            wanted = wanted.filter(dsl::username_canonical.lt(end));
        }
    }
    let order = filter.order();
    wanted = match (filter.created_from.map(Micros::from), order) {
        (Some(from), UserOrder::Created) if is_first => wanted.filter(dsl::created_at.ge(from)),
        (None, _) | (_, UserOrder::Created) => wanted,
        (Some(from), _) => wanted.filter(created_at().ge(from)),
    };
    wanted = match (filter.created_until.map(Micros::from), order) {
        (Some(until), UserOrder::Created) => wanted.filter(dsl::created_at.lt(until)),
        (Some(until), _) => wanted.filter(created_at().lt(until)),
        (None, _) => wanted,
    };
    wanted = match (filter.state, order) {
        (Some(wanted_state), UserOrder::Id) => wanted.filter(dsl::state.eq(wanted_state.as_str())),
        (Some(wanted_state), _) => wanted.filter(state().eq(wanted_state.as_str())),
        (None, _) => wanted,
    };
    if let Some(role) = &filter.role {
        let held = roles::user_roles.filter(roles::user_id.eq(dsl::id).and(roles::role.eq(role.as_str().to_owned())));
        wanted = wanted.filter(exists(held));
    }
    match order {
        UserOrder::Id => wanted.order(dsl::id),
        UserOrder::Name => wanted.order(dsl::username_canonical),
        UserOrder::Created => wanted.order((dsl::created_at, dsl::id)),
    }
}

fn behind<'q>(wanted: Boxed<'q>, place: Option<&UserPlace>) -> Boxed<'q> {
    match place {
        None => wanted,
        Some(UserPlace::Id(id)) => wanted.filter(dsl::id.gt(IdBytes::from(*id))),
        Some(UserPlace::Name(name)) => wanted.filter(dsl::username_canonical.gt(name.as_str().to_owned())),
        // As one row value, for which both databases have one range of the index: an import may bring a million accounts of
        // one instant.
        Some(UserPlace::Created(at, id)) => wanted.filter(
            sql::<Bool>("(users.created_at, users.id) > (")
                .bind::<Instant, _>(Micros::from(*at))
                .sql(", ")
                .bind::<Id, _>(IdBytes::from(*id))
                .sql(")"),
        ),
    }
}
