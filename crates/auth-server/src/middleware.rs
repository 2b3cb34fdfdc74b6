//! What happens to every request and every reply, from the outside in: headers, span and access log, problems, limits.

mod headers;
mod limits;
mod observe;
mod panics;
mod problems;
mod unread;

pub(crate) use headers::security_headers;
pub(crate) use limits::limits;
pub(crate) use observe::{note_user, observe};
pub(crate) use panics::catch_panics;
pub(crate) use problems::problems;
pub(crate) use unread::end_unread_bodies;
