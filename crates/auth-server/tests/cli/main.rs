//! The program as an operator meets it: exit codes, causes and remedies, start and stop.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod about;
mod administer;
mod audit;
mod backup;
mod config;
mod doctor;
mod import;
mod keys;
mod migrate;
#[path = "../process/mod.rs"]
mod process;
mod root_keys;
mod serve;
mod start;
mod usage;
mod user;

use serde_json::Value;

use process::Serving;

const ROOT: &str = "main:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const NEXT: &str = "next:HxwdHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=";
/// A secret that is shared with those who verify tokens.
const SECRET: &str = "q7Rk2mXw9ZtLb4VdYs8NcJh3GfPa6TeU";
/// Somebody who registers and signs in.
const ALICE: &str = r#"{"username":"alice","password":"correct horse battery"}"#;

/// What she is given who signs in.
fn tokens(serving: &Serving) -> Value {
    let signed_in = serving.post("/v1/users/token", ALICE);
    serde_json::from_str(signed_in.split_once("\r\n\r\n").unwrap().1).unwrap()
}
