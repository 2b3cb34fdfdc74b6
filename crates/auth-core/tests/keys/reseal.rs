//! Sealed anew under the root key that is active.

use std::sync::Arc;

use auth_core::audit::AuditEvent;
use auth_core::entropy::EntropyError;
use auth_core::root_keys::{RootKeyError, RootKeyRing};
use auth_core::service::{KeySettings, OpenError, ResealError, SigningKeys, When};
use auth_core::testing::CountingEntropy;
use auth_core::testing::conformance::samples::parallel;
use auth_core::token::Algorithm;

use crate::{Site, context, refusal, rings, root_ring, token};

/// Five keys under an old root key, and the rings before, during and after its exchange.
struct Exchange {
    site: Site,
    keys: SigningKeys,
    both: Arc<RootKeyRing>,
    new: Arc<RootKeyRing>,
}

impl Exchange {
    fn new() -> Self {
        let (site, keys) = Site::opened();
        for _ in 0..4 {
            keys.rotate(When::Now, &context()).unwrap();
        }
        let new = root_ring();
        let both = rings(&[&new, &site.root]);
        Self { site, keys, both, new }
    }

    fn under(&self, ring: &Arc<RootKeyRing>) -> SigningKeys {
        self.site.under(ring, KeySettings::new(Algorithm::Es256))
    }

    fn left(&self) -> usize {
        let old = self.site.root.active();
        self.site.rows().iter().filter(|row| row.private.as_ref().is_some_and(|seal| seal.root_key == *old)).count()
    }
}

#[test]
fn keys_are_sealed_anew_in_batches_and_nobody_notices() {
    let exchange = Exchange::new();
    let (site, resealing) = (&exchange.site, exchange.under(&exchange.both));
    let token = token(&exchange.keys, site.now());
    let ids: Vec<_> = site.rows().iter().map(|row| row.id.clone()).collect();
    for (done, left) in [(0..2, 3), (2..4, 1), (4..5, 0), (0..0, 0)] {
        let resealed = resealing.reseal(2, &context()).unwrap();
        assert_eq!((resealed.done, resealed.left), (ids[done].to_vec(), left));
        exchange.keys.hear().unwrap();
        assert_eq!(refusal(&exchange.keys, &token, site.now()), None, "also where the new root key is not known");
    }
    assert_eq!(exchange.left(), 0);
    let resealed = |event: &&AuditEvent| matches!(event, AuditEvent::SigningKeyResealed(_));
    assert_eq!(site.events().iter().filter(resealed).count(), 5);
    let alone = exchange.under(&exchange.new);
    alone.open().unwrap();
    assert_eq!(refusal(&alone, &token, site.now()), None);
}

#[test]
fn a_store_that_fails_at_any_step_leaves_each_key_sealed_once_and_it_is_done_by_calling_again() {
    for step in 1.. {
        let exchange = Exchange::new();
        let resealing = exchange.under(&exchange.both);
        exchange.site.store.fail_at(step);
        let answer = resealing.reseal(100, &context());
        if !exchange.site.store.has_failed() {
            assert!(step > 20, "{step}");
            break;
        }
        assert!(matches!(answer, Err(ResealError::Unavailable(_))), "step {step}");
        exchange.site.store.fail_at(0);
        let before = exchange.left();
        assert_eq!(exchange.under(&exchange.both).hear().unwrap(), [], "every key opens at any time");
        let resealed = resealing.reseal(100, &context()).unwrap();
        assert_eq!((resealed.done.len(), exchange.left()), (before, 0), "step {step}");
        let events = exchange.site.events();
        assert_eq!(events.iter().filter(|event| matches!(event, AuditEvent::SigningKeyResealed(_))).count(), 5);
    }
}

#[test]
fn of_several_who_reseal_at_once_each_key_is_done_by_one() {
    let exchange = Exchange::new();
    let done = parallel(8, |_| exchange.under(&exchange.both).reseal(100, &context()).unwrap().done.len());
    assert_eq!((done.iter().sum::<usize>(), exchange.left()), (5, 0), "{done:?}");
    exchange.under(&exchange.new).open().unwrap();
}

/// Between the look and the act, the key is retired, or erased, or somebody else is faster.
#[test]
fn a_key_that_is_retired_meanwhile_gets_no_private_part_back() {
    let exchange = Exchange::new();
    let site = &exchange.site;
    let old = site.rows()[0].id.clone();
    let faster = exchange.under(&exchange.both);
    let hook = crate::races::Hooked::after_reads(&site.memory, 1, move || {
        faster.retire(&old, &context()).unwrap();
        faster.reseal(1, &context()).unwrap();
    });
    let slow = site.over(hook, &exchange.both, KeySettings::new(Algorithm::Es256));
    let resealed = slow.reseal(100, &context()).unwrap();
    let ids: Vec<_> = site.rows()[2..].iter().map(|row| row.id.clone()).collect();
    assert_eq!(resealed.done, ids, "those that are left");
    assert_eq!(site.rows()[0].private, None);
    assert_eq!(site.states()[0], "retired");
}

#[test]
fn a_key_that_cannot_be_opened_is_named() {
    let exchange = Exchange::new();
    let refused = exchange.under(&exchange.new).reseal(100, &context()).unwrap_err();
    let missing = OpenError::Sealed(RootKeyError::Missing(exchange.site.root.active().clone()));
    assert_eq!(refused, ResealError::Closed(exchange.site.rows()[0].id.clone(), missing));
    assert_eq!(exchange.left(), 5);
}

#[test]
fn without_randomness_nothing_is_sealed_and_the_key_is_not_blamed() {
    for draws in 0..4 {
        let exchange = Exchange::new();
        let keys = exchange.under(&exchange.both).with_entropy(Arc::new(CountingEntropy::limited(draws)));
        assert_eq!(keys.reseal(100, &context()), Err(ResealError::Entropy(EntropyError)), "{draws}");
        // A nonce and the id of a line of the log for each key.
        assert_eq!(exchange.left(), 5 - usize::try_from(draws / 2).unwrap());
        assert_eq!(exchange.keys.hear().unwrap().len(), 0);
    }
}
