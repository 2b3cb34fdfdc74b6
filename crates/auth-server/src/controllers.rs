//! Handlers: from a typed request to a use case, and from its answer to a reply. No rules live here.

pub(crate) mod account;
pub(crate) mod admin;
pub(crate) mod docs;
pub(crate) mod forward_auth;
pub(crate) mod health;
pub(crate) mod introspection;
pub(crate) mod revocation;
pub(crate) mod sessions;
pub(crate) mod settings;
pub(crate) mod tokens;
pub(crate) mod tutorial;
pub(crate) mod users;
pub(crate) mod well_known;
