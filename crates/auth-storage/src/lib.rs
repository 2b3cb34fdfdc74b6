#![doc = include_str!("../README.md")]

mod attempts;
mod audit;
mod backup;
mod batches;
mod begin;
mod config;
mod connection;
mod error;
mod hold;
mod keys;
mod migrate;
mod open_error;
mod passwords;
mod pool;
mod roles;
mod schema;
mod sessions;
mod store;
mod stored;
#[cfg(feature = "testing")]
pub mod testing;
mod transaction;
pub mod tutorial;
mod types;
mod url;
mod users;

pub use backup::{BackupError, Restore, Tally, sqlite_version};
pub use config::{Backend, StorageSettings, Synchronous};
pub use migrate::{MigrateError, MigrationStatus, migrations};
pub use open_error::OpenError;
pub use pool::PoolState;
pub use store::{DieselStore, open};
pub use url::UrlFault;
