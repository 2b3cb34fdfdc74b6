//! `/v1/admin`: what administrators see and do.

pub(crate) mod events;
pub(crate) mod keys;
mod pages;
pub(crate) mod sessions;
pub(crate) mod stats;
pub(crate) mod user;
pub(crate) mod users;

pub(crate) use events::EventBody;
pub(crate) use user::ManagedUserBody;
