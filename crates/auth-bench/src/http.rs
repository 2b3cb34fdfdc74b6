//! The little of HTTP/1.1 that a load generator needs, cheaper than what it loads.

mod connection;
mod parse;

pub(crate) use connection::Client;
pub(crate) use parse::Response;
