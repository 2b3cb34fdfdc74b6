//! The history of the schema: the same on both databases, up and down, without loss, and once.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test's alarm")]

#[path = "../common/mod.rs"]
mod common;
mod history;
mod planted;
mod schema;
mod starts;
