//! Every world that can be reached, and each step between two of them.

use std::collections::{HashSet, VecDeque};

use crate::world::{ABSOLUTE, LAST, Machine, Request, Row, WINDOW, World};

pub(crate) struct Explorer {
    pub(crate) machine: Machine,
    /// Clients below this number are honest tabs of one browser; the others are the thief.
    pub(crate) honest: usize,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Explored {
    pub(crate) states: usize,
    /// The most rotations that the thief made without an alarm.
    pub(crate) unseen: u8,
}

impl Explorer {
    pub(crate) fn explore(&self) -> Result<Explored, String> {
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
}
