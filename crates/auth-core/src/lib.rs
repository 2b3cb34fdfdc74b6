#![doc = include_str!("../README.md")]

pub mod audit;
pub mod entropy;
pub mod histogram;
pub mod id;
pub mod json;
pub mod lane;
pub mod password;
pub mod root_keys;
pub mod secret;
pub mod service;
pub mod session;
pub mod store;
pub mod time;
pub mod token;
pub mod user;

#[cfg(feature = "testing")]
pub mod testing;

pub use service::AuthService;
pub use store::{Store, StoreError, StoreExt};
