use proptest::prelude::*;

use super::*;

const ACCOUNT: Throttle = Throttle { free: 5, per_day: 50, disable_at: 100 };
const START: Timestamp = Timestamp::from_unix_seconds(1_795_428_000);

fn after(instant: Timestamp, seconds: u64) -> Timestamp {
    instant.saturating_add(Duration::from_secs(seconds))
}

/// Whoever fails as fast as he is let: the waits that he meets, until the block.
fn waits(throttle: &Throttle) -> Vec<u64> {
    let (mut tally, mut now, mut waits) = (Tally::blank(START), START, Vec::new());
    loop {
        match throttle.admit(tally, now) {
            Admission::Admitted(next) => tally = next,
            Admission::Wait(until) => {
                waits.push(until.since(now).as_secs());
                now = until;
            }
            Admission::Blocked => return waits,
        }
    }
}

#[test]
fn the_waits_are_those_that_are_documented() {
    let waits = waits(&ACCOUNT);
    let doubling = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
    assert_eq!(waits[..10], doubling);
    // 5 free ones, ten doublings, then one in a quarter of an hour until the day has had its fifty.
    assert!(waits[10..45].iter().all(|wait| *wait == 900), "{waits:?}");
    let spent: u64 = waits[..45].iter().sum();
    assert_eq!(waits[45], 86_400 - spent);
    assert_eq!(waits.len(), 95, "before each of the hundred but the free ones");
}

#[test]
fn a_hundred_failures_in_a_row_block_and_no_day_ends_it() {
    let tally = Tally { failures: 100, ..Tally::blank(START) };
    assert_eq!(ACCOUNT.admit(tally, after(START, 10 * 365 * 86_400)), Admission::Blocked);
    let last = Tally { failures: 99, ..tally };
    assert!(matches!(ACCOUNT.admit(last, after(START, 900)), Admission::Admitted(Tally { failures: 100, .. })));
}

#[test]
fn a_budget_is_spent_without_a_wait() {
    assert_eq!(waits(&Throttle::budget(10)), Vec::<u64>::new());
    let nine = Tally { failures: 9, ..Tally::blank(START) };
    assert!(matches!(Throttle::budget(10).admit(nine, START), Admission::Admitted(_)));
}

#[test]
fn success_ends_the_failures_and_gives_the_day_its_own_attempt_back() {
    let tally = Tally { failures: 9, day_count: 9, ..Tally::blank(START) };
    assert_eq!(tally.succeeded(&tally), Some(Tally { failures: 0, day_count: 8, ..tally }));
    let only = Tally { failures: 1, day_count: 1, ..tally };
    assert_eq!(only.succeeded(&only), None);
    // It was counted before the row was lifted and made anew: the count is another's.
    let before = Tally { day_began: after(START, 1), ..only };
    assert_eq!(only.succeeded(&before), Some(Tally { failures: 0, ..only }));
}

#[test]
fn what_came_to_no_verdict_is_as_if_it_had_not_been() {
    let tally = Tally { failures: 3, day_count: 7, ..Tally::blank(START) };
    assert_eq!(tally.released(&tally), Some(Tally { failures: 2, day_count: 6, ..tally }));
    let only = Tally { failures: 1, day_count: 1, ..tally };
    assert_eq!(only.released(&only), None);
    let before = Tally { day_began: after(START, 1), ..only };
    assert_eq!(only.released(&before), Some(only), "somebody else's attempt is not taken from him");
}

#[test]
fn a_clock_that_was_ahead_locks_nobody_out() {
    let year = after(START, 365 * 86_400);
    let tally = Tally { failures: 20, last_at: year, day_began: year, day_count: 50 };
    assert_eq!(ACCOUNT.admit(tally, START), Admission::Wait(after(START, 86_400)));
    let kept = tally.clamped(START);
    assert!(matches!(ACCOUNT.admit(kept, after(START, 86_400)), Admission::Admitted(_)));
    assert_eq!(ACCOUNT.admit(kept, after(START, 86_399)), Admission::Wait(after(START, 86_400)), "nor is it free");
}

/// What a client does next.
#[derive(Debug, Clone, Copy)]
enum Act {
    /// Moves the clock, forwards or back.
    Clock(i64),
    Fail,
    Succeed,
    /// Admitted, and nobody came to a verdict.
    Crash,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let seconds = prop_oneof![0_i64..=20, 600_i64..=1_000, 80_000_i64..=90_000, -100_000_i64..=-1];
    let act = prop_oneof![
        3 => seconds.prop_map(Act::Clock),
        6 => Just(Act::Fail),
        1 => Just(Act::Succeed),
        1 => Just(Act::Crash)
    ];
    prop::collection::vec(act, 0..400)
}

fn throttles() -> impl Strategy<Value = Throttle> {
    (0_u32..12, 1_u32..60, 1_u32..=100).prop_map(|(free, per_day, disable_at)| Throttle { free, per_day, disable_at })
}

proptest! {
    #[test]
    fn whatever_is_done_the_limits_hold_and_the_wait_is_the_truth(acts in acts(), throttle in throttles()) {
        let (mut row, mut now, mut in_a_row): (Option<Tally>, _, _) = (None, START, 0_u32);
        for act in acts {
            if let Act::Clock(seconds) = act {
                now = Timestamp::from_micros(now.as_micros() + seconds * 1_000_000);
                continue;
            }
            let tally = row.unwrap_or(Tally::blank(now)).clamped(now);
            match throttle.admit(tally, now) {
                Admission::Admitted(next) => {
                    prop_assert!(next.day_count <= throttle.per_day && next.failures <= throttle.disable_at);
                    prop_assert!(in_a_row < throttle.disable_at);
                    (row, in_a_row) = match act {
                        Act::Succeed => (next.succeeded(&next), 0),
                        Act::Crash => (next.released(&next), in_a_row),
                        _ => (Some(next), in_a_row + 1),
                    };
                }
                Admission::Wait(until) => {
                    prop_assert!(now < until && until <= now.saturating_add(DAY));
                    let just_before = Timestamp::from_micros(until.as_micros() - 1);
                    let is_admitted = matches!(throttle.admit(tally, until), Admission::Admitted(_));
                    prop_assert!(is_admitted && throttle.admit(tally, just_before) == Admission::Wait(until));
                    row = Some(tally);
                }
                Admission::Blocked => prop_assert_eq!(in_a_row, throttle.disable_at),
            }
        }
    }

    #[test]
    fn no_tally_makes_it_panic(failures: u32, last: i64, began: i64, day_count: u32, now: i64, throttle in throttles()) {
        let tally = Tally {
            failures, day_count, last_at: Timestamp::from_micros(last), day_began: Timestamp::from_micros(began),
        };
        let now = Timestamp::from_micros(now);
        let _ = (throttle.admit(tally, now), tally.succeeded(&tally), tally.released(&tally));
    }
}
