//! A server on a free port, and a client that sends what it is told, byte for byte.

mod client;
mod cut;
mod database;
mod held;
mod server;

use base64ct::{Base64UrlUnpadded, Encoding as _};

pub(crate) use client::{Connection, Reply};
pub(crate) use cut::Cut;
pub(crate) use database::Database;
pub(crate) use database::on_each_database;
pub(crate) use held::{ask, ask_with, hold};
pub(crate) use server::{Setup, TestApp, Tokens, head, spawn_app};

/// A part of a token, decoded: 0 is the header, 1 the claims.
pub(crate) fn token_part(token: &str, part: usize) -> serde_json::Value {
    let decoded = Base64UrlUnpadded::decode_vec(token.split('.').nth(part).unwrap()).unwrap();
    serde_json::from_slice(&decoded).unwrap()
}

/// A password that every policy takes.
pub(crate) const PASSWORD: &str = "correct horse battery staple";
