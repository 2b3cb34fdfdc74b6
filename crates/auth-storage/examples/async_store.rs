//! An asynchronous store of somebody else's behind a synchronous port: a thread of a lane waits for the runtime.
//!
//! Accounts alone, to keep it short; a whole store opens its transaction in `Store::run` in the same way.
//! `cargo run -p auth-storage --example async_store`

use std::num::NonZeroUsize;
use std::sync::Arc;

use auth_core::StoreError;
use auth_core::id::UserId;
use auth_core::lane::{Lane, LaneSettings};
use auth_core::time::Timestamp;
use auth_core::user::{
    AccountState, Added, CanonicalName, User, UserQuery, UserRepository, Username, UsernamePolicy, is_name_taken,
};
use tokio::runtime::Handle;
use tokio::sync::Mutex;

/// What a client of an asynchronous database looks like.
#[derive(Default)]
struct Client {
    users: Mutex<Vec<User>>,
}

impl Client {
    async fn find(&self, name: &str) -> Result<Option<User>, std::io::Error> {
        tokio::task::yield_now().await;
        Ok(self.users.lock().await.iter().find(|user| user.name.canonical().as_str() == name).cloned())
    }
}

// README begin
/// The port over that client. Use it on a thread of a lane: on an async worker `block_on` panics.
struct Users {
    runtime: Handle,
    client: Arc<Client>,
}

impl Users {
    fn wait<T>(&self, work: impl Future<Output = std::io::Result<T>>) -> Result<T, StoreError> {
        self.runtime.block_on(work).map_err(StoreError::unavailable)
    }
}

impl UserRepository for Users {
    fn by_name(&mut self, name: &CanonicalName) -> Result<Option<User>, StoreError> {
        self.wait(self.client.find(name.as_str()))
    }
    // README end

    fn insert(&mut self, _: &User) -> Result<Added, StoreError> {
        Err(StoreError::unavailable("not part of the example"))
    }

    fn by_id(&mut self, _: UserId) -> Result<Option<User>, StoreError> {
        Ok(None)
    }

    fn by_legacy_id(&mut self, _: i64) -> Result<Option<User>, StoreError> {
        Ok(None)
    }

    fn lock(&mut self, _: UserId) -> Result<Option<User>, StoreError> {
        Ok(None)
    }

    fn set_state(&mut self, _: UserId, _: AccountState, _: Timestamp) -> Result<bool, StoreError> {
        Ok(false)
    }

    fn rename(&mut self, _: UserId, _: &Username, _: Timestamp) -> Result<Option<Added>, StoreError> {
        Ok(None)
    }

    fn raise_credential_version(&mut self, _: UserId, _: Timestamp) -> Result<bool, StoreError> {
        Ok(false)
    }

    fn delete(&mut self, _: UserId) -> Result<bool, StoreError> {
        Ok(false)
    }

    fn list(&mut self, _: &UserQuery, _: u32) -> Result<Vec<User>, StoreError> {
        Ok(Vec::new())
    }

    fn count(&mut self, _: AccountState) -> Result<u64, StoreError> {
        Ok(0)
    }
}

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let threads = NonZeroUsize::new(2).ok_or("two is not zero")?;
    let lane = Lane::start(LaneSettings::new("db", threads))?;
    let mut users = Users { runtime: Handle::current(), client: Arc::default() };
    let name = UsernamePolicy::default().check("alice")?;
    let taken = lane.submit(move || is_name_taken(&mut users, &name))?.await??;
    println!("taken: {taken}");
    Ok(())
}
