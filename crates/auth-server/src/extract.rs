//! From a request to typed values, strictly.

mod administrator;
mod asker;
mod authenticated;
mod basic;
mod bearer;
mod body;
mod client;
mod device;
mod fields;
mod form;
mod json;
mod media;
mod path;
mod query;
mod request_id;

pub(crate) use administrator::{AdminRequest, Administrator};
pub(crate) use asker::Asks;
pub(crate) use authenticated::Authenticated;
use bearer::Bearer;
pub(crate) use bearer::plain_bearer;
pub(crate) use body::{Unreadable, read as read_body};
pub(crate) use client::{Client, ClientAddress, Peer, keep};
pub(crate) use device::DeviceCookie;
pub(crate) use fields::{Fields, FromFields, Unknown};
pub(crate) use json::{Json, JsonOrForm};
pub(crate) use path::path_id;
pub(crate) use query::Query;
pub(crate) use request_id::RequestId;
pub(crate) use request_id::TraceParent;
