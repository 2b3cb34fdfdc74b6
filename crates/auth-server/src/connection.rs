//! What a connection may do, beneath HTTP: how many one address has, how long its client is waited for, and what it hears
//! where there is no request yet that could be answered.
//!
//! actix-http 3.20 has a deadline for the first head of a connection alone, none for a reply that nobody reads, runs what
//! comes behind a last request, reads on while nothing it wrote is taken, keeps long heads, takes lines that end as none should,
//! and refuses what is no HTTP with a bare status. [`Stream`] is between it and the socket and mends all of it.

mod bare;
mod head;
mod listen;
mod places;
mod refusal;
mod stream;
mod turn;
mod watch;

pub(crate) use listen::listen;
pub(crate) use places::{Places, Shares};
use stream::Stream;
pub(crate) use turn::{Turn, turn};
pub(crate) use watch::Patience;
use watch::{Lapse, Watch};
