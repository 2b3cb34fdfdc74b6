//! A page is two statements. What commits between them is heard now or later, and never skipped.

use std::cell::RefCell;

use auth_storage::Backend;
use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};

use crate::common::on_both;
use crate::{Listener, end, with_sessions};

type Interruption = Box<dyn FnOnce()>;

thread_local! {
    /// What happens when this thread sends its next but so many statements about endings.
    static INTERRUPTION: RefCell<Option<(u32, Interruption)>> = const { RefCell::new(None) };
}

#[expect(clippy::unnecessary_wraps, reason = "Diesel's signature")]
fn interrupted() -> Option<Box<dyn Instrumentation>> {
    Some(Box::new(|event: InstrumentationEvent<'_>| {
        let InstrumentationEvent::StartQuery { query, .. } = event else { return };
        if !query.to_string().contains("session_endings") {
            return;
        }
        let due = INTERRUPTION.with_borrow_mut(|set| match set.take() {
            Some((0, interruption)) => Some(interruption),
            later => {
                *set = later.map(|(more, interruption)| (more - 1, interruption));
                None
            }
        });
        if let Some(interruption) = due {
            interruption();
        }
    }))
}

/// Before the first statement, between the two, and before the first of the next page.
fn an_ending_between_the_statements_of_a_page_is_not_skipped(backend: Backend) {
    set_default_instrumentation(interrupted).unwrap();
    for interrupted_at in 0..=2 {
        for heard_before in [0, 1, 4] {
            let database = with_sessions(backend, heard_before + 1);
            let other = database.open();
            assert!((1..=heard_before).all(|number| end(&other, number) == Ok(true)));
            let mut listener = Listener::on(&database);
            let interruption = Box::new(move || assert_eq!(end(&other, heard_before + 1), Ok(true)));
            INTERRUPTION.set(Some((interrupted_at, interruption)));
            listener.poll();
            INTERRUPTION.take().into_iter().for_each(|(_, interruption)| interruption());
            listener.poll();
            let expected: Vec<_> = (1..=i64::from(heard_before) + 1).collect();
            assert_eq!(listener.numbers, expected, "interrupted at {interrupted_at} after {heard_before}");
        }
    }
}

on_both!(an_ending_between_the_statements_of_a_page_is_not_skipped);
