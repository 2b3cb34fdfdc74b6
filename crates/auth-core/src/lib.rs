#![doc = include_str!("../README.md")]

pub mod secret;
pub mod time;

#[cfg(feature = "verify")]
pub mod json;
#[cfg(feature = "verify")]
pub mod token;

#[cfg(feature = "service")]
pub mod attempts;
#[cfg(feature = "service")]
pub mod audit;
#[cfg(feature = "service")]
pub mod entropy;
#[cfg(feature = "service")]
pub mod histogram;
#[cfg(feature = "service")]
pub mod id;
#[cfg(feature = "service")]
pub mod lane;
#[cfg(feature = "service")]
pub mod password;
#[cfg(feature = "service")]
pub mod role;
#[cfg(feature = "service")]
pub mod root_keys;
#[cfg(feature = "service")]
pub mod service;
#[cfg(feature = "service")]
pub mod session;
#[cfg(feature = "service")]
pub mod store;
#[cfg(feature = "service")]
pub mod user;

#[cfg(feature = "testing")]
pub mod testing;

#[cfg(feature = "service")]
pub use {
    service::AuthService,
    store::{Store, StoreError, StoreExt},
};
