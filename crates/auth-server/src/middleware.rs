//! What happens to every request and every reply, from the outside in: headers, span and access log, problems, limits.

mod headers;
mod limits;
mod observe;
mod panics;
mod problems;
mod quick;
mod unread;

pub(crate) use headers::security_headers;
use headers::{add_security_headers, close_when_draining};
use limits::is_within_limits;
pub(crate) use limits::limits;
use observe::{ACCESS, x_request_id};
pub(crate) use observe::{note_user, observe};
pub(crate) use panics::catch_panics;
pub(crate) use problems::problems;
pub(crate) use quick::quick;
pub(crate) use unread::end_unread_bodies;
