//! The rotation machine, explored exhaustively: every interleaving of three clients, lost answers, crashes between commit
//! and reply, and clock steps. And the machine with each of its conditions broken in turn, which must be caught.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod explore;
mod mutants;
mod settle;
mod table;
mod world;

use auth_core::session::refresh::decide;

use explore::{Explored, Explorer};
use world::LAST;

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
