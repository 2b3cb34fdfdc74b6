//! What the server does with a request, and what must hold of every one.

use auth_core::session::refresh::Step;

use crate::explore::Explorer;
use crate::world::{ABSOLUTE, IDLE, LIMITS, Request, Row, WINDOW, World, at, row_as_session};

impl Explorer {
    /// The conditional update, its commit, and the answer.
    pub(crate) fn settle(&self, world: &World, client: usize, token: u8, read: Row) -> Result<World, String> {
        let mut after = world.clone();
        let step = (self.machine)(&row_as_session(read), i64::from(token), true, at(world.now), &LIMITS);
        let limit = world.now.max(read.rotated_at) >= ABSOLUTE || world.now.saturating_sub(read.rotated_at) >= IDLE;
        let answer = match step {
            Step::Rotate if world.row.generation == token && !world.row.ended => {
                after.row = Row { generation: token + 1, rotated_at: world.now.max(read.rotated_at), ended: false };
                after.commits[usize::from(token)] += 1;
                Some(token + 1)
            }
            // Zero rows: read again, judge again.
            Step::Rotate => {
                after.requests[client] = Request::Judged(token, world.row);
                return if world.row == read {
                    Err(format!("it would read again for ever: {world:?}"))
                } else {
                    Ok(after)
                };
            }
            Step::Repeat => Some(token + 1),
            Step::Expired | Step::Invalid => None,
            Step::Ahead | Step::Reused => {
                after.row.ended = true;
                after.alarm = true;
                None
            }
        };
        after.requests[client] = Request::Answered(token, answer);
        self.check(world, &after, client, token, read, step, limit)?;
        Ok(after)
    }

    /// What must hold of every settled request.
    #[allow(clippy::too_many_arguments, reason = "one place for all invariants")]
    fn check(
        &self,
        before: &World,
        after: &World,
        client: usize,
        token: u8,
        read: Row,
        step: Step,
        limit: bool,
    ) -> Result<(), String> {
        let told = |what: &str| Err(format!("{what}: client {client} presented {token}, {step:?}, in {before:?}"));
        let answer = match after.requests[client] {
            Request::Answered(_, answer) => answer,
            _ => None,
        };
        if after.commits.iter().any(|commits| *commits > 1) {
            return told("a generation was advanced twice");
        }
        if answer.is_some_and(|successor| successor > after.row.generation) {
            return told("a successor was given out that is not committed");
        }
        if (read.ended || limit) && answer.is_some() {
            return told("a dead session was refreshed");
        }
        let thief_acts = self.honest < 3 && before.stolen > 0;
        if !thief_acts && !read.ended && !limit && answer.is_none() {
            return told("an honest client was refused");
        }
        let since = before.now.max(read.rotated_at) - read.rotated_at;
        let superseded = token < read.generation && !(token + 1 == read.generation && since <= WINDOW);
        if superseded && !read.ended && !limit && !after.row.ended {
            return told("a superseded token did not end the session");
        }
        if step == Step::Repeat && after.row != before.row {
            return told("a repeat wrote");
        }
        if token == read.generation && !read.ended && !limit && !matches!(step, Step::Rotate) {
            return told("the present token was not rotated");
        }
        Ok(())
    }
}
