//! What an instance holds in memory does exactly what the rows say.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use auth_core::entropy::SystemEntropy;
use auth_core::root_keys::{Purpose, RootKeyRing};
use auth_core::token::{Algorithm, Schedule, SigningKey, StoredKey};
use auth_core::{StoreError, StoreExt};
use proptest::prelude::*;

use crate::{Site, before};

const SIX: usize = 6;

/// Rows as they may lie in a table, and the root key that they are sealed under: made once, for keys are slow to make.
fn made() -> &'static (Arc<RootKeyRing>, Vec<StoredKey>) {
    static MADE: OnceLock<(Arc<RootKeyRing>, Vec<StoredKey>)> = OnceLock::new();
    MADE.get_or_init(|| {
        let site = Site::new();
        let key = |ordinal| {
            let (key, private) = SigningKey::generate(Algorithm::EdDsa).unwrap();
            let id = key.verifying().id().clone();
            let sealed = site.root.seal(Purpose::SigningKey, id.as_str(), &private, &SystemEntropy).unwrap();
            let (now, algorithm) = (site.now(), Algorithm::EdDsa);
            StoredKey {
                id,
                algorithm,
                ordinal,
                private: Some(sealed),
                created_at: now,
                signs_from: now,
                revoked_at: None,
            }
        };
        (Arc::clone(&site.root), (1..).map(key).take(SIX).collect())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_ring_signs_accepts_and_publishes_as_the_schedule_says(
        times in proptest::collection::vec((0..100_u64, proptest::option::weighted(0.3, 0..100_u64)), 0..=SIX),
        nows in proptest::collection::vec(0..200_u64, 20),
    ) {
        let (root, rows) = made();
        let (site, mut rows) = (Site { root: Arc::clone(root), ..Site::new() }, rows.clone());
        let hour = |hours: u64| site.now().saturating_add(Duration::from_secs(hours * 3_600));
        rows.truncate(times.len());
        for (row, (from, revoked)) in rows.iter_mut().zip(&times) {
            row.signs_from = hour(*from);
            row.revoked_at = revoked.map(hour);
            row.private = row.private.take().filter(|_| revoked.is_none());
        }
        site.memory.write(|tx| rows.iter().try_for_each(|row| tx.keys().insert(row).map(drop))).unwrap();
        let keys = site.keys(Algorithm::EdDsa);
        prop_assert_eq!(keys.hear().unwrap(), []);
        let (ring, schedule) = (keys.current().load(), Schedule(&rows));
        for now in nows.into_iter().map(hour).flat_map(|now| [before(now), now]) {
            let signing = ring.signing(now).map(|key| key.verifying().id());
            prop_assert_eq!(signing, schedule.signing(now).map(|row| &row.id));
            let age = schedule.signing(now).map(|row| now.since(row.signs_from));
            prop_assert_eq!(ring.signing_age(now), age);
            let mut accepted = Vec::new();
            for row in &rows {
                let is_accepted = schedule.state(row, now).as_str() != "retired";
                prop_assert_eq!(ring.verifying(row.id.as_str(), now).is_some(), is_accepted);
                accepted.extend(is_accepted.then(|| row.id.as_str().to_owned()));
            }
            let set = ring.jwk_set(now);
            let published = set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned());
            prop_assert_eq!(published.collect::<Vec<_>>(), accepted);
        }
    }
}

#[test]
fn a_key_that_cannot_be_opened_is_told_and_the_others_go_on() {
    let (site, keys) = Site::opened();
    keys.rotate(auth_core::service::When::Ahead, &crate::context()).unwrap();
    let mut cut = site.rows().remove(1).private.unwrap();
    let whole = cut.clone();
    cut.bytes.truncate(20);
    let id = site.rows()[1].id.clone();
    site.memory.write(|tx| tx.keys().reseal(&id, &whole, &cut)).unwrap();
    assert_eq!(keys.hear().unwrap(), [], "one that is open stays open");
    let other = site.keys(Algorithm::Es256);
    let closed = other.hear().unwrap();
    assert_eq!(closed.iter().map(|(key, _)| key).collect::<Vec<_>>(), [&id]);
    assert_eq!(crate::kid(&other, site.now()), Some(site.signing()));
    site.clock.advance(crate::DAY);
    assert_eq!(crate::kid(&other, site.now()), None, "nothing is signed by a key that was followed");
    site.memory.write(|tx| tx.keys().reseal(&id, &cut, &whole)).unwrap();
    assert_eq!(other.hear().unwrap(), []);
    assert_eq!(crate::kid(&other, site.now()), Some(id));
}

#[test]
fn what_is_heard_over_another_handle_is_the_same() {
    let (site, keys) = Site::opened();
    let other = site.keys(Algorithm::Es256);
    assert_eq!(crate::kid(&other, site.now()), None);
    other.hear_from(site.memory.as_ref()).unwrap();
    assert_eq!(crate::kid(&other, site.now()), crate::kid(&keys, site.now()));
    assert_eq!(other.jwk_set(), keys.jwk_set());
    site.store.fail_at(1);
    assert!(matches!(other.hear(), Err(StoreError::Unavailable(_))));
    assert_eq!(other.jwk_set(), keys.jwk_set(), "who hears nothing goes on with what was heard");
}
