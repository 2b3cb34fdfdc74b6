//! The server as its clients see it: over TCP, on every database where data is involved.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod account;
mod admin;
mod attacks;
mod bearer;
mod bodies;
mod connections;
mod cors;
mod crowd;
mod documents;
mod dump;
mod edges;
mod faults;
mod flood;
mod forward_auth;
mod forwarding;
mod health;
mod helpers;
mod introspect;
mod limits;
mod metrics;
mod openapi;
mod races;
mod refresh;
mod revocation;
mod sessions;
mod settings;
mod shutdown;
mod tokens;
mod tutorial;
mod users;
mod well_known;
