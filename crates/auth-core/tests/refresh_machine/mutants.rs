//! The machine with each of its conditions broken in turn, which must be caught.

use auth_core::session::Session;
use auth_core::session::refresh::{RefreshLimits, Step};
use auth_core::time::Timestamp;

use crate::explore::Explorer;
use crate::table::table;
use crate::world::Machine;

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
