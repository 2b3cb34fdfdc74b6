//! A store that fails at any step, and randomness that runs out: the state before or the state after, and trying again
//! works.

use std::sync::Arc;

use auth_core::service::{KeySettings, SigningKeys, When};
use auth_core::testing::CountingEntropy;
use auth_core::testing::conformance::samples::{plant, session, user};
use auth_core::token::{Algorithm, StoredKey};
use auth_core::{Store, StoreExt};

use crate::{DAY, HOUR, KEPT, SECRET, Site, context, kid, root_ring};

/// A use case on a store that was made ready for it.
struct Case {
    name: &'static str,
    ready: fn() -> (Site, SigningKeys),
    run: fn(&Site, &SigningKeys) -> Result<(), String>,
}

fn said<T, E: std::fmt::Debug>(answer: Result<T, E>) -> Result<(), String> {
    answer.map(drop).map_err(|error| format!("{error:?}"))
}

fn empty() -> (Site, SigningKeys) {
    let site = Site::new();
    let keys = site.keys(Algorithm::Es256);
    (site, keys)
}

fn waiting() -> (Site, SigningKeys) {
    let (site, keys) = Site::opened();
    keys.rotate(When::Ahead, &context()).unwrap();
    (site, keys)
}

fn due() -> (Site, SigningKeys) {
    let (site, keys) = Site::opened();
    site.clock.advance(DAY * 90);
    (site, keys)
}

fn over() -> (Site, SigningKeys) {
    let (site, keys) = Site::opened();
    keys.rotate(When::Now, &context()).unwrap();
    site.clock.advance(KEPT + DAY * 7);
    (site, keys)
}

fn retire_first(site: &Site, keys: &SigningKeys) -> Result<(), String> {
    said(keys.retire(&site.rows()[0].id.clone(), &context()))
}

const CASES: [Case; 10] = [
    Case { name: "first start", ready: empty, run: |_, keys| said(keys.open()) },
    Case {
        name: "another algorithm",
        ready: || Site::opened(),
        run: |site, _| said(site.keys(Algorithm::EdDsa).open()),
    },
    Case { name: "a shared secret", ready: || Site::opened(), run: |site, _| said(site.shared(SECRET).open()) },
    Case { name: "rotate", ready: || Site::opened(), run: |_, keys| said(keys.rotate(When::Ahead, &context())) },
    Case { name: "rotate at once", ready: || Site::opened(), run: |_, keys| said(keys.rotate(When::Now, &context())) },
    Case { name: "bring forward", ready: waiting, run: |_, keys| said(keys.rotate(When::Now, &context())) },
    Case { name: "publish", ready: due, run: |_, keys| said(keys.keep()) },
    Case { name: "erase", ready: over, run: |_, keys| said(keys.keep()) },
    Case { name: "retire", ready: || Site::opened(), run: retire_first },
    Case { name: "retire with one that waits", ready: waiting, run: retire_first },
];

/// Rows without what is random in them.
fn shape(site: &Site) -> Vec<(Algorithm, i64, bool, auth_core::time::Timestamp, Option<auth_core::time::Timestamp>)> {
    let shape = |row: StoredKey| (row.algorithm, row.ordinal, row.private.is_some(), row.signs_from, row.revoked_at);
    site.rows().into_iter().map(shape).collect()
}

fn events(site: &Site) -> Vec<String> {
    site.events().iter().map(|event| event.to_parts().kind).collect()
}

#[test]
fn a_store_that_fails_at_any_step_leaves_the_state_before_or_after_and_trying_again_works() {
    for case in &CASES {
        let (site, keys) = (case.ready)();
        let before = (shape(&site), events(&site));
        (case.run)(&site, &keys).unwrap();
        let after = (shape(&site), events(&site));
        assert_ne!(before, after, "{}", case.name);
        let mut undone = 0;
        for step in 1.. {
            let (site, keys) = (case.ready)();
            site.store.fail_at(step);
            let answer = (case.run)(&site, &keys);
            if !site.store.has_failed() {
                assert!(undone > 3, "{}: {undone} steps", case.name);
                break;
            }
            let left = (shape(&site), events(&site));
            // What was done and only not heard here is no failure: in an emergency nobody should doubt it.
            match answer {
                Ok(()) => assert_eq!(left, after, "{}, step {step}", case.name),
                Err(error) => assert!(error.contains("Unavailable"), "{}, step {step}: {error}", case.name),
            }
            assert!(left == before || left == after, "{}, step {step}: {left:?}", case.name);
            undone += usize::from(left == before);
            site.store.fail_at(0);
            let again = (case.run)(&site, &keys);
            // Where it was done already, it may say so: `Waiting`, `Retired`; or a second key was made on purpose.
            assert!(again.is_ok() || left == after, "{}, step {step}: {again:?}", case.name);
            assert!(left == after || (shape(&site), events(&site)) == after, "{}, step {step}", case.name);
            let fresh = site.with(keys.settings().clone());
            fresh.open().unwrap();
            assert_eq!(kid(&fresh, site.now()), Some(site.signing()), "{}, step {step}", case.name);
        }
    }
}

#[test]
fn without_randomness_nothing_changes_wherever_it_runs_out() {
    for case in CASES.iter().filter(|case| !["another algorithm", "a shared secret"].contains(&case.name)) {
        let mut refused = 0;
        for draws in 0.. {
            let (site, keys) = (case.ready)();
            let before = (site.rows(), site.events());
            let entropy = Arc::new(CountingEntropy::limited(draws));
            let dry = site.with(keys.settings().clone()).with_entropy(entropy);
            let Err(error) = (case.run)(&site, &dry) else { break };
            assert!(error.contains("Entropy"), "{}: {error}", case.name);
            assert_eq!((site.rows(), site.events()), before, "{}, after {draws} draws", case.name);
            refused += 1;
        }
        // What is erased needs none; all else is at least a line of the log.
        assert_eq!(refused == 0, case.name == "erase", "{}", case.name);
    }
    let (site, _) = Site::opened();
    for algorithm in [Algorithm::EdDsa, Algorithm::Hs256] {
        for draws in 0..2 {
            let before = (site.rows(), site.events());
            let settings = match algorithm {
                Algorithm::Hs256 => site.shared(SECRET).settings().clone(),
                _ => KeySettings::new(algorithm),
            };
            let dry = site.with(settings).with_entropy(Arc::new(CountingEntropy::limited(draws)));
            assert!(said(dry.open()).unwrap_err().contains("Entropy"));
            assert_eq!((site.rows(), site.events()), before);
        }
    }
}

/// Each batch stands by itself; whoever calls again ends the rest.
#[test]
fn a_root_key_is_dropped_whatever_fails_by_calling_again() {
    for step in 1.. {
        let (site, keys) = Site::opened();
        plant(&site.memory, &[user(1, "alice")]);
        let lost = root_ring().active().clone();
        for number in 1..=3 {
            let now = site.now();
            let (rotated_at, expires_at) = (now, now.saturating_add(DAY));
            let session =
                auth_core::session::Session { root_key: lost.clone(), rotated_at, expires_at, ..session(number, 1) };
            site.memory.write(|tx| tx.sessions().insert(&session)).unwrap();
        }
        site.store.fail_at(step);
        let answer = keys.drop_root_key(&lost, HOUR, &context());
        let ended = || site.memory.read(|tx| tx.sessions().endings(0, 100)).unwrap().endings.len();
        if !site.store.has_failed() {
            assert!(step > 10);
            break;
        }
        assert!(answer.is_err(), "step {step}");
        assert!([0, 3].contains(&ended()), "step {step}");
        let told = events(&site).iter().filter(|kind| *kind == "session_ended").count();
        assert_eq!(told, ended(), "step {step}: what ended is told of");
        site.store.fail_at(0);
        let before = ended();
        assert_eq!(keys.drop_root_key(&lost, HOUR, &context()), Ok(3 - before as u64), "step {step}");
        assert_eq!((ended(), events(&site).pop().as_deref()), (3, Some("root_key_dropped")));
    }
}

#[test]
fn reading_use_cases_say_that_the_store_failed() {
    let (site, keys) = Site::opened();
    let store: &dyn Store = site.store.as_ref();
    for step in 1..=2 {
        let failed: [fn(&SigningKeys) -> bool; 3] =
            [|keys| keys.list().is_err(), |keys| keys.check_root_keys(HOUR).is_err(), |keys| keys.hear().is_err()];
        for (number, fails) in failed.iter().enumerate() {
            site.store.fail_at(step);
            assert!(fails(&keys), "{number}, step {step}");
        }
        site.store.fail_at(step);
        assert!(auth_core::service::missing_root_keys(store, &site.root, site.now(), HOUR).is_err());
    }
    site.store.fail_at(0);
    assert_eq!(keys.list().unwrap().len(), 1);
}
