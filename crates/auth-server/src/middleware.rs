//! What happens to every request and every reply, from the outside in: who may read it, the short way, turns and bodies,
//! headers, span and access log, problems, limits, questions ahead.

mod cors;
mod crowd;
mod headers;
mod limits;
mod observe;
mod panics;
mod problems;
mod quick;
mod unread;

pub(crate) use cors::{cors, preflight};
pub use crowd::Crowd;
pub(crate) use crowd::crowd;
use headers::close_when_draining;
pub(crate) use headers::{add_security_headers, security_headers};
use limits::is_within_limits;
pub(crate) use limits::limits;
pub(crate) use observe::{ACCESS, note_user, observe, x_request_id};
pub(crate) use panics::catch_panics;
pub(crate) use problems::problems;
pub(crate) use quick::quick;
pub(crate) use unread::end_unread_bodies;
