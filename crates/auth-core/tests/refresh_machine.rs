//! The rotation machine, explored exhaustively: every interleaving of three clients, lost answers, crashes between commit
//! and reply, and clock steps. And the machine with each of its conditions broken in turn, which must be caught.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use auth_core::session::refresh::{RefreshLimits, Step, decide};
use auth_core::session::{EndReason, Session};
use auth_core::testing::conformance::samples::{NOW, session};
use auth_core::time::Timestamp;

/// One step of the clock.
const TICK: u64 = 60;
/// The window is one step, the idle limit three, the absolute limit four.
const LIMITS: RefreshLimits =
    RefreshLimits { idle: Duration::from_secs(3 * TICK), retry_window: Duration::from_secs(TICK) };
const WINDOW: u8 = 1;
const IDLE: u8 = 3;
const ABSOLUTE: u8 = 4;
/// Generations that are explored; tokens of later ones are not asked for.
const LAST: u8 = 3;

type Machine = fn(&Session, i64, bool, Timestamp, &RefreshLimits) -> Step;

/// The row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Row {
    generation: u8,
    rotated_at: u8,
    ended: bool,
}

/// Where a client's request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Request {
    /// Nowhere: the client may send one.
    None,
    /// On its way, or waiting for the database.
    Sent(u8),
    /// The server has read the row and judged; the conditional update comes next.
    Judged(u8, Row),
    /// Done, and committed; the answer is on its way: the successor, or a refusal.
    Answered(u8, Option<u8>),
}

/// Everything at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct World {
    now: u8,
    row: Row,
    requests: [Request; 3],
    /// The token that the honest tabs share.
    shared: u8,
    /// The latest token that the thief holds; 0 for none yet.
    stolen: u8,
    /// Whether anybody was refused, or the session ended, for another reason than a limit.
    alarm: bool,
    /// Answers given out for the rotation of each generation: only one commit may advance each.
    commits: [u8; LAST as usize + 2],
}

struct Explorer {
    machine: Machine,
    /// Clients below this number are honest tabs of one browser; the others are the thief.
    honest: usize,
}

#[derive(Debug, PartialEq, Eq)]
struct Explored {
    states: usize,
    /// The most rotations that the thief made without an alarm.
    unseen: u8,
}

fn at(time: u8) -> Timestamp {
    NOW.saturating_add(Duration::from_secs(u64::from(time) * TICK))
}

fn row_as_session(row: Row) -> Session {
    Session {
        generation: i64::from(row.generation),
        rotated_at: at(row.rotated_at),
        expires_at: at(ABSOLUTE),
        ended: row.ended.then_some((at(row.rotated_at), EndReason::Revoked)),
        ..session(1, 1)
    }
}

impl Explorer {
    fn explore(&self) -> Result<Explored, String> {
        let row = Row { generation: 1, rotated_at: 0, ended: false };
        let commits = [0; LAST as usize + 2];
        let start = World { now: 0, row, requests: [Request::None; 3], shared: 1, stolen: 0, alarm: false, commits };
        let mut seen = HashSet::from([start.clone()]);
        let mut todo = VecDeque::from([start]);
        let mut unseen = 0;
        while let Some(world) = todo.pop_front() {
            if !world.alarm && world.stolen > world.shared && world.stolen == world.row.generation {
                unseen = unseen.max(world.stolen - 1);
            }
            for next in self.steps(&world)? {
                if seen.insert(next.clone()) {
                    todo.push_back(next);
                }
            }
        }
        Ok(Explored { states: seen.len(), unseen })
    }

    fn steps(&self, world: &World) -> Result<Vec<World>, String> {
        let mut next = Vec::new();
        for client in 0..3 {
            self.step_client(world, client, &mut next)?;
        }
        // The thief copies what the browser holds.
        if self.honest < 3 && world.stolen < world.shared {
            next.push(World { stolen: world.shared, ..world.clone() });
        }
        if world.now < ABSOLUTE + 1 && self.may_tick(world) {
            next.push(World { now: world.now + 1, ..world.clone() });
        }
        // A clock that is set back, by one instance that runs behind.
        if world.now > 0 && world.now == world.row.rotated_at {
            next.push(World { now: world.now - 1, ..world.clone() });
        }
        Ok(next)
    }

    /// Honest clients retry within the window: time does not pass over a rotation whose answer they still lack.
    fn may_tick(&self, world: &World) -> bool {
        let late = world.now + 1 > world.row.rotated_at + WINDOW;
        let lacks = world.shared < world.row.generation;
        let waits = world.requests[..self.honest].iter().any(|request| match request {
            Request::Sent(token) | Request::Judged(token, _) => *token < world.row.generation,
            Request::None | Request::Answered(..) => false,
        });
        !(late && (lacks || waits)) || self.honest < 3 && world.stolen > 0
    }

    fn step_client(&self, world: &World, client: usize, next: &mut Vec<World>) -> Result<(), String> {
        let with = |request: Request| {
            let mut world = world.clone();
            world.requests[client] = request;
            world
        };
        match world.requests[client] {
            Request::None => {
                let tokens = if client < self.honest { vec![world.shared] } else { (1..=world.stolen).collect() };
                for token in tokens {
                    if token <= LAST && (client >= self.honest || self.may_present(world, token)) {
                        next.push(with(Request::Sent(token)));
                    }
                }
            }
            Request::Sent(token) => {
                // The request is lost before the server sees it.
                next.push(with(Request::None));
                next.push(with(Request::Judged(token, world.row)));
            }
            Request::Judged(token, read) => next.push(self.settle(world, client, token, read)?),
            Request::Answered(_, answer) => {
                // The answer is lost, or the server crashed after the commit.
                next.push(with(Request::None));
                let mut heard = with(Request::None);
                match answer {
                    Some(token) if client < self.honest => heard.shared = heard.shared.max(token),
                    Some(token) => heard.stolen = heard.stolen.max(token),
                    None => {}
                }
                next.push(heard);
            }
        }
        Ok(())
    }

    /// No honest client presents a successor while a request with its predecessor is pending.
    fn may_present(&self, world: &World, token: u8) -> bool {
        world.requests[..self.honest].iter().all(|request| match request {
            Request::Sent(other) | Request::Judged(other, _) | Request::Answered(other, _) => *other >= token,
            Request::None => true,
        })
    }

    /// The conditional update, its commit, and the answer.
    fn settle(&self, world: &World, client: usize, token: u8, read: Row) -> Result<World, String> {
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

#[test]
fn three_honest_tabs_are_never_refused() {
    let explored = Explorer { machine: decide, honest: 3 }.explore().unwrap();
    assert_eq!(explored, Explored { states: 10_662, unseen: 0 });
}

#[test]
fn a_thief_is_unseen_only_while_following_every_rotation_inside_the_window() {
    let explored = Explorer { machine: decide, honest: 2 }.explore().unwrap();
    // The price of not signing honest people out, and the most that can be bought with it: whoever follows each rotation
    // stays unseen for as many as were explored.
    assert_eq!(explored, Explored { states: 528_667, unseen: LAST });
}

/// The order and the boundaries, one by one.
fn table(machine: Machine) -> Result<(), String> {
    let limits = RefreshLimits { idle: Duration::from_secs(6 * TICK), retry_window: Duration::from_secs(2 * TICK) };
    let row = |generation| Session { generation, rotated_at: at(1), expires_at: at(8), ..session(1, 1) };
    let ended = Session { ended: Some((at(1), EndReason::SignedOut)), ..row(3) };
    let micro = |time: Timestamp, by: i64| Timestamp::from_micros(time.as_micros() + by);
    let old = Session { expires_at: at(40), ..row(3) };
    let cases = [
        ("forged", row(3), 3, false, at(1), Step::Invalid),
        ("forged and old", row(3), 1, false, at(1), Step::Invalid),
        ("forged and ahead", row(3), 9, false, at(1), Step::Invalid),
        ("forged and dead", ended.clone(), 3, false, at(1), Step::Invalid),
        ("present", row(3), 3, true, at(1), Step::Rotate),
        ("present and ended", ended.clone(), 3, true, at(1), Step::Expired),
        ("old and ended", ended.clone(), 1, true, at(1), Step::Expired),
        ("ahead and ended", ended, 4, true, at(1), Step::Expired),
        ("just before the absolute limit", row(3), 3, true, micro(at(7), -1), Step::Rotate),
        ("idle limit less one", old.clone(), 3, true, micro(at(7), -1), Step::Rotate),
        ("idle limit", old.clone(), 3, true, at(7), Step::Expired),
        ("old at the idle limit", old, 1, true, at(7), Step::Expired),
        ("absolute limit less one", Session { rotated_at: at(5), ..row(3) }, 3, true, micro(at(8), -1), Step::Rotate),
        ("absolute limit", Session { rotated_at: at(5), ..row(3) }, 3, true, at(8), Step::Expired),
        ("predecessor at once", row(3), 2, true, at(1), Step::Repeat),
        ("predecessor at the window", row(3), 2, true, at(3), Step::Repeat),
        ("predecessor after the window", row(3), 2, true, micro(at(3), 1), Step::Reused),
        ("predecessor, clock set back", row(3), 2, true, at(0), Step::Repeat),
        ("present, clock set back", row(3), 3, true, at(0), Step::Rotate),
        ("two back inside the window", row(3), 1, true, at(1), Step::Reused),
        (
            "refreshed past the limit, clock set back",
            Session { rotated_at: at(9), ..row(3) },
            3,
            true,
            at(7),
            Step::Expired,
        ),
        ("ahead by one", row(3), 4, true, at(1), Step::Ahead),
        ("ahead by many", row(3), i64::MAX, true, at(1), Step::Ahead),
        ("the last generation", row(i64::MAX), i64::MAX, true, at(1), Step::Rotate),
    ];
    for (name, session, presented, genuine, now, expected) in cases {
        let step = machine(&session, presented, genuine, now, &limits);
        if step != expected {
            return Err(format!("{name}: {step:?}, not {expected:?}"));
        }
    }
    let none = RefreshLimits { retry_window: Duration::ZERO, ..limits };
    let just_after = micro(at(1), 1);
    if machine(&row(3), 2, true, just_after, &none) != Step::Reused
        || machine(&row(3), 3, true, just_after, &none) != Step::Rotate
    {
        return Err("a window of zero".to_owned());
    }
    Ok(())
}

#[test]
fn each_row_of_the_table_holds() {
    table(decide).unwrap();
}

/// The machine with one condition broken: which one, and what becomes of it.
fn mutants() -> Vec<(&'static str, Machine)> {
    fn judge(
        session: &Session,
        presented: i64,
        genuine: bool,
        now: Timestamp,
        limits: &RefreshLimits,
        broken: &str,
    ) -> Step {
        let is = |name: &str| broken == name;
        let now = if is("the clock may go back") { now } else { now.max(session.rotated_at) };
        let since = now.since(session.rotated_at);
        let ended = if is("ended is not looked at") { false } else { session.ended.is_some() };
        let idle = match broken {
            "the idle limit is not looked at" => false,
            "the idle limit is passed late" => since > limits.idle,
            _ => since >= limits.idle,
        };
        let absolute = match broken {
            "the absolute limit is not looked at" => false,
            "the absolute limit is passed late" => now > session.expires_at,
            _ => now >= session.expires_at,
        };
        let inside = match broken {
            "the window is not looked at" => true,
            "the window closes early" => since < limits.retry_window,
            "there is no window" => false,
            _ => since <= limits.retry_window,
        };
        let previous = match broken {
            "every older token is a predecessor" => presented < session.generation,
            _ => presented.checked_add(1) == Some(session.generation),
        };
        if !genuine && !is("a forged token counts") {
            return if is("a forged token ends the session") { Step::Reused } else { Step::Invalid };
        }
        if (ended || idle || absolute) && !is("limits come last") {
            return Step::Expired;
        }
        if presented == session.generation {
            return if is("the present token is reuse") { Step::Reused } else { Step::Rotate };
        }
        if previous && inside {
            return if is("a repeat rotates") { Step::Rotate } else { Step::Repeat };
        }
        if presented > session.generation {
            return match broken {
                "ahead is refused and no more" => Step::Expired,
                "ahead counts as reuse" => Step::Reused,
                _ => Step::Ahead,
            };
        }
        if ended || idle || absolute {
            return Step::Expired;
        }
        if is("reuse is refused and no more") { Step::Expired } else { Step::Reused }
    }
    macro_rules! broken {
        ($($name:literal),* $(,)?) => {
            vec![$(($name, |session, presented, genuine, now, limits| judge(session, presented, genuine, now, limits, $name))),*]
        };
    }
    broken![
        "the clock may go back",
        "ended is not looked at",
        "the idle limit is not looked at",
        "the idle limit is passed late",
        "the absolute limit is not looked at",
        "the absolute limit is passed late",
        "the window is not looked at",
        "the window closes early",
        "there is no window",
        "every older token is a predecessor",
        "a forged token counts",
        "a forged token ends the session",
        "limits come last",
        "the present token is reuse",
        "a repeat rotates",
        "ahead is refused and no more",
        "ahead counts as reuse",
        "reuse is refused and no more",
    ]
}

#[test]
fn every_mutant_of_the_machine_is_caught() {
    let mut survivors = Vec::new();
    for (name, machine) in mutants() {
        let by_table = table(machine).err();
        // The exploration stops at the first violation, so that a mutant costs less than the machine.
        let by_exploration = if by_table.is_some() { None } else { Explorer { machine, honest: 2 }.explore().err() };
        println!(
            "{name}: {}",
            by_table.as_ref().or(by_exploration.as_ref()).map_or("survives", |found| found.as_str())
        );
        if by_table.is_none() && by_exploration.is_none() {
            survivors.push(name);
        }
    }
    assert_eq!(survivors, Vec::<&str>::new());
}

#[test]
fn the_exploration_itself_sees_what_it_is_there_to_see() {
    for (name, honest) in [
        ("there is no window", 3),
        ("the window closes early", 3),
        ("the present token is reuse", 3),
        ("every older token is a predecessor", 2),
        ("the window is not looked at", 2),
        ("reuse is refused and no more", 2),
        ("ended is not looked at", 2),
        ("the idle limit is not looked at", 3),
        ("the absolute limit is not looked at", 3),
        ("a repeat rotates", 3),
    ] {
        let machine = mutants().into_iter().find(|(mutant, _)| *mutant == name).unwrap().1;
        assert!(Explorer { machine, honest }.explore().is_err(), "{name}");
    }
}
