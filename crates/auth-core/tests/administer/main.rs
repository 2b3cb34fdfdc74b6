//! What administrators do, over fakes: who may, what stands in the log, and what happens in between.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod authority;
mod completeness;
mod cursors;
mod overtaken;
#[path = "../support/mod.rs"]
mod support;

use auth_core::AuthService;
use auth_core::role::Role;
use auth_core::service::{Caller, ManagedUser};
use support::{Bench, PASSWORD, create_with, login};

/// An administrator who has signed in.
fn admin(service: &AuthService, name: &str) -> (ManagedUser, Caller) {
    let made = create_with(service, name, &[Role::ADMIN]).unwrap();
    let signed_in = login(service, name, PASSWORD).unwrap();
    (made, service.authenticate(signed_in.access_token.expose()).unwrap())
}

/// A service with an administrator and a plain account, `alice`.
fn site(bench: &Bench) -> (AuthService, Caller, ManagedUser) {
    let service = bench.service();
    let (_, root) = admin(&service, "carol");
    let alice = create_with(&service, "alice", &[]).unwrap();
    (service, root, alice)
}
