//! A rule of one repository, tested with a mock of that repository: no store, no database.
//!
//! `cargo test -p auth-core --example mock_repository`

use auth_core::StoreError;
use auth_core::user::{UserRepository, UsernamePolicy, is_name_taken};

// README begin
/// A rule of an application: which of some names can still be had?
fn free_names(users: &mut dyn UserRepository, wanted: &[&str]) -> Result<Vec<String>, StoreError> {
    let policy = UsernamePolicy::default();
    let mut free = Vec::new();
    for name in wanted.iter().filter_map(|name| policy.check(name).ok()) {
        if !is_name_taken(users, &name)? {
            free.push(name.as_entered().to_owned());
        }
    }
    Ok(free)
}
// README end

fn main() -> Result<(), StoreError> {
    let store = auth_core::testing::MemoryStore::new();
    auth_core::StoreExt::read(&store, |tx| free_names(tx.users(), &["alice"]))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use auth_core::id::UserId;
    use auth_core::testing::conformance::samples::user;
    use auth_core::time::Timestamp;
    use auth_core::user::{AccountState, Added, CanonicalName, User, UserQuery, Username};

    use super::*;

    // README begin
    mockall::mock! {
        Users {}
        impl UserRepository for Users {
            fn insert(&mut self, user: &User) -> Result<Added, StoreError>;
            fn by_id(&mut self, id: UserId) -> Result<Option<User>, StoreError>;
            fn by_name(&mut self, name: &CanonicalName) -> Result<Option<User>, StoreError>;
            fn by_legacy_id(&mut self, id: i64) -> Result<Option<User>, StoreError>;
            fn lock(&mut self, id: UserId) -> Result<Option<User>, StoreError>;
            fn set_state(&mut self, id: UserId, state: AccountState, now: Timestamp) -> Result<bool, StoreError>;
            fn rename(&mut self, id: UserId, name: &Username, now: Timestamp) -> Result<Option<Added>, StoreError>;
            fn raise_credential_version(&mut self, id: UserId, now: Timestamp) -> Result<bool, StoreError>;
            fn delete(&mut self, id: UserId) -> Result<bool, StoreError>;
            fn list(&mut self, query: &UserQuery, limit: u32) -> Result<Vec<User>, StoreError>;
            fn count(&mut self, state: AccountState) -> Result<u64, StoreError>;
        }
    }

    #[test]
    fn a_taken_name_is_left_out() {
        let mut users = MockUsers::new();
        users.expect_by_name().returning(|name| Ok((name.as_str() == "alice").then(|| user(1, "alice"))));
        assert_eq!(free_names(&mut users, &["Alice", "bob", "x"]), Ok(vec!["bob".to_owned()]));
    }
    // README end

    #[test]
    fn a_failing_store_is_not_a_free_name() {
        let mut users = MockUsers::new();
        users.expect_by_name().returning(|_| Err(StoreError::unavailable("down")));
        assert!(free_names(&mut users, &["alice"]).is_err());
    }
}
