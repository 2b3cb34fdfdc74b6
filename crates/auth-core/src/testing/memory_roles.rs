//! The roles of the store in memory.

use super::memory::MemoryTransaction;
use crate::id::UserId;
use crate::role::{Role, RoleRepository};
use crate::store::StoreError;
use crate::time::Timestamp;
use crate::user::AccountState;

impl RoleRepository for MemoryTransaction {
    fn of(&mut self, user: UserId) -> Result<Vec<Role>, StoreError> {
        let own = self.state.roles.iter().filter(|(holder, _)| *holder == user);
        Ok(own.map(|(_, role)| role.clone()).collect())
    }

    fn of_each(&mut self, users: &[UserId]) -> Result<Vec<(UserId, Role)>, StoreError> {
        Ok(self.state.roles.iter().filter(|(holder, _)| users.contains(holder)).cloned().collect())
    }

    fn grant(&mut self, user: UserId, role: &Role, _now: Timestamp) -> Result<bool, StoreError> {
        let state = self.writable()?;
        if !state.users.contains_key(&user) {
            return Err(self.fail(StoreError::unavailable("a role for no account")));
        }
        Ok(state.roles.insert((user, role.clone())))
    }

    fn revoke(&mut self, user: UserId, role: &Role) -> Result<bool, StoreError> {
        Ok(self.writable()?.roles.remove(&(user, role.clone())))
    }

    fn is_held_by_another(&mut self, role: &Role, except: UserId) -> Result<bool, StoreError> {
        let is_active = |id: &UserId| self.state.users.get(id).is_some_and(|user| user.state == AccountState::Active);
        let has_password = |id: &UserId| self.state.passwords.contains_key(id);
        let mut others = self.state.roles.iter().filter(|(holder, held)| *holder != except && held == role);
        Ok(others.any(|(holder, _)| is_active(holder) && has_password(holder)))
    }

    fn lock(&mut self) -> Result<(), StoreError> {
        // There is one transaction at a time.
        self.writable().map(drop)
    }
}
