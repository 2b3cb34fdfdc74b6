//! Roles.

use auth_core::StoreError;
use auth_core::id::UserId;
use auth_core::role::{Role, RoleRepository};
use auth_core::store::Access;
use auth_core::time::Timestamp;
use auth_core::user::AccountState;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Bool;

use crate::connection::MultiConnection;
use crate::schema::user_roles::{self, dsl};
use crate::schema::users::dsl as users;
use crate::stored::{Row, Stored};
use crate::transaction::DieselTransaction;
use crate::types::{IdBytes, Micros};
use crate::users::state;

/// Ids in one question: the databases take only so many values.
const IDS: usize = 1_000;

#[derive(Insertable)]
#[diesel(table_name = user_roles)]
struct NewRole<'a> {
    user_id: IdBytes,
    role: &'a str,
    granted_at: Micros,
}

impl RoleRepository for DieselTransaction<'_> {
    fn of(&mut self, user: UserId) -> Result<Vec<Role>, StoreError> {
        let id = IdBytes::from(user);
        let own = dsl::user_roles.filter(dsl::user_id.eq(id)).select(dsl::role);
        let names: Vec<Stored<String>> = self.query(|connection| own.load(connection))?;
        let mut roles: Vec<Role> = names.into_iter().map(|name| role(id, name)).collect::<Result<_, _>>()?;
        roles.sort();
        Ok(roles)
    }

    fn of_each(&mut self, users: &[UserId]) -> Result<Vec<(UserId, Role)>, StoreError> {
        let ids: Vec<IdBytes> = users.iter().map(|id| IdBytes::from(*id)).collect();
        let mut held = Vec::new();
        for ids in ids.chunks(IDS) {
            let theirs = dsl::user_roles.filter(dsl::user_id.eq_any(ids)).select((dsl::user_id, dsl::role));
            let rows: Vec<(IdBytes, Stored<String>)> = self.query(|connection| theirs.load(connection))?;
            for (id, name) in rows {
                held.push((UserId::from(id), role(id, name)?));
            }
        }
        held.sort();
        Ok(held)
    }

    fn grant(&mut self, user: UserId, role: &Role, now: Timestamp) -> Result<bool, StoreError> {
        let row = NewRole { user_id: user.into(), role: role.as_str(), granted_at: now.into() };
        let written =
            self.try_write(|connection| diesel::insert_into(dsl::user_roles).values(&row).execute(connection))?;
        Ok(written.is_ok())
    }

    fn revoke(&mut self, user: UserId, role: &Role) -> Result<bool, StoreError> {
        let row = dsl::user_roles.find((IdBytes::from(user), role.as_str()));
        self.query(|connection| diesel::delete(row).execute(connection)).map(|rows| rows > 0)
    }

    fn is_held_by_another(&mut self, role: &Role, except: UserId) -> Result<bool, StoreError> {
        let others = dsl::user_roles
            .inner_join(users::users)
            .filter(dsl::role.eq(role.as_str()).and(dsl::user_id.ne(IdBytes::from(except))))
            .filter(state().eq(AccountState::Active.as_str()))
            .filter(sql::<Bool>("EXISTS (SELECT 1 FROM passwords WHERE passwords.user_id = user_roles.user_id)"))
            .select(dsl::user_id)
            .limit(1);
        let found: Option<IdBytes> = self.query(|connection| others.first(connection).optional())?;
        Ok(found.is_some())
    }

    fn lock(&mut self) -> Result<(), StoreError> {
        if self.access() == Access::Read {
            return Err(StoreError::unavailable("roles cannot be locked in a read-only transaction"));
        }
        self.query(|connection| match connection {
            // The weakest that a writer and another lock of its kind wait for. Whoever only reads roles, as each sign-in does, does
            // not wait.
            MultiConnection::Postgres(postgres) => {
                sql_query("LOCK TABLE user_roles IN SHARE ROW EXCLUSIVE MODE").execute(postgres)
            }
            // The whole database is locked since BEGIN IMMEDIATE.
            MultiConnection::Sqlite(_) => Ok(0),
        })
        .map(drop)
    }
}

fn role(user: IdBytes, name: Stored<String>) -> Result<Role, StoreError> {
    Row { table: "user_roles", id: &user }.parse("role", name, |name| Role::parse(&name))
}
