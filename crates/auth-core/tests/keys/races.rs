//! Everything at once, and everything between a look and an act.

use std::sync::Arc;
use std::sync::Mutex;

use auth_core::audit::AuditEvent;
use auth_core::service::{RetireError, RotateError, SigningKeys, When};
use auth_core::store::{Access, Outcome, Transaction};
use auth_core::testing::conformance::samples::parallel;
use auth_core::token::Algorithm;
use auth_core::{Store, StoreError};

use crate::{Site, context, kid, refusal, token};

type Hook = Box<dyn FnOnce() + Send>;

/// A store on which something else happens once, after so many reading transactions.
pub(crate) struct Hooked {
    inner: Arc<dyn Store>,
    hook: Mutex<(u32, Option<Hook>)>,
}

impl Hooked {
    pub(crate) fn after_reads(inner: &Arc<dyn Store>, reads: u32, hook: impl FnOnce() + Send + 'static) -> Arc<Self> {
        Arc::new(Self { inner: Arc::clone(inner), hook: Mutex::new((reads, Some(Box::new(hook)))) })
    }
}

impl Store for Hooked {
    fn run(&self, access: Access, work: &mut dyn FnMut(&mut dyn Transaction) -> Outcome) -> Result<(), StoreError> {
        self.inner.run(access, work)?;
        let due = {
            let mut hook = self.hook.lock().unwrap();
            hook.0 = hook.0.saturating_sub(u32::from(access == Access::Read));
            if hook.0 == 0 { hook.1.take() } else { None }
        };
        if let Some(due) = due {
            due();
        }
        Ok(())
    }
}

/// An instance on which `meanwhile` happens between its first look and its act.
fn overtaken(site: &Site, meanwhile: impl FnOnce(&SigningKeys) + Send + 'static) -> SigningKeys {
    let faster = site.keys(Algorithm::Es256);
    let hook = Hooked::after_reads(&site.memory, 1, move || meanwhile(&faster));
    site.over(hook, &site.root, faster_settings())
}

fn faster_settings() -> auth_core::service::KeySettings {
    auth_core::service::KeySettings::new(Algorithm::Es256)
}

/// One key signs, every instance knows it, and every act is told of once.
#[track_caller]
fn assert_sound(site: &Site) {
    let states = site.states();
    assert_eq!(states.iter().filter(|state| **state == "signing").count(), 1, "{states:?}");
    assert!(states.iter().filter(|state| **state == "published").count() <= 1, "{states:?}");
    let fresh = site.keys(Algorithm::Es256);
    fresh.open().unwrap();
    assert_eq!(kid(&fresh, site.now()), Some(site.signing()));
    let (rows, events) = (site.rows(), site.events());
    let made =
        |event: &&AuditEvent| matches!(event, AuditEvent::SigningKeyCreated(_) | AuditEvent::SigningKeyImported(_));
    assert_eq!(events.iter().filter(made).count(), rows.len(), "{events:?}");
    let retired = |event: &&AuditEvent| matches!(event, AuditEvent::SigningKeyRetired(_));
    let revoked = rows.iter().filter(|row| row.revoked_at.is_some()).count();
    assert_eq!(events.iter().filter(retired).count(), revoked, "{events:?}");
    let ordinals: Vec<_> = rows.iter().map(|row| row.ordinal).collect();
    assert_eq!(ordinals, (1..).take(rows.len()).collect::<Vec<_>>());
}

#[test]
fn whoever_retires_rotates_keeps_and_starts_at_once_leaves_one_key_that_signs() {
    for _ in 0..40 {
        let (site, keys) = Site::opened();
        site.clock.advance(crate::DAY * 89);
        let old = site.signing();
        let answers = parallel(8, |number| {
            let keys = site.keys(Algorithm::Es256);
            match number {
                1 | 2 => keys.retire(&old, &context()).is_ok(),
                3 => keys.rotate(When::Now, &context()).is_ok(),
                4 => matches!(keys.rotate(When::Ahead, &context()), Ok(_) | Err(RotateError::Waiting(..))),
                5 | 6 => keys.keep().is_ok(),
                7 => keys.open().is_ok(),
                _ => {
                    let all = keys.list().unwrap();
                    let last = all.last().unwrap().id.clone();
                    matches!(keys.retire(&last, &context()), Ok(_) | Err(RetireError::Retired(_)))
                }
            }
        });
        // The eighth may have been first with the key that the first two are to retire.
        assert!(answers[..2].iter().filter(|done| **done).count() <= 1, "one of them: {answers:?}");
        assert!(answers[2..].iter().all(|done| *done), "{answers:?}");
        assert_sound(&site);
        assert!(site.rows()[0].revoked_at.is_some());
        keys.hear().unwrap();
        let token = token(&keys, site.now());
        assert_eq!(refusal(&keys, &token, site.now()), None);
    }
}

/// On PostgreSQL each statement sees what was committed before it: the key that was to follow is gone.
#[test]
fn a_key_that_waits_is_retired_while_it_is_brought_forward() {
    let (site, keys) = Site::opened();
    let waiting = keys.rotate(When::Ahead, &context()).unwrap().id;
    let stolen = waiting.clone();
    let slow = overtaken(&site, move |faster| drop(faster.retire(&stolen, &context()).unwrap()));
    let successor = slow.retire(&site.signing(), &context()).unwrap().successor;
    assert_ne!(successor, Some(waiting));
    assert_eq!(Some(site.signing()), successor);
    assert_sound(&site);
}

#[test]
fn a_key_that_waits_and_signs_by_now_is_retired_with_a_successor() {
    let (site, keys) = Site::opened();
    let (signing, waiting) = (site.signing(), keys.rotate(When::Ahead, &context()).unwrap().id);
    let slow = overtaken(&site, move |faster| drop(faster.retire(&signing, &context()).unwrap()));
    let successor = slow.retire(&waiting, &context()).unwrap().successor;
    assert_eq!(Some(site.signing()), successor, "the first one brought it forward");
    assert_eq!(site.states(), ["retired", "retired", "signing"]);
    assert_sound(&site);
}

#[test]
fn a_rotation_that_is_overtaken_judges_again() {
    let (site, _) = Site::opened();
    let slow = overtaken(&site, |faster| drop(faster.rotate(When::Ahead, &context()).unwrap()));
    assert!(matches!(slow.rotate(When::Ahead, &context()), Err(RotateError::Waiting(..))));
    let slow = overtaken(&site, |faster| drop(faster.rotate(When::Now, &context()).unwrap()));
    let next = slow.rotate(When::Now, &context()).unwrap();
    assert_eq!((site.signing(), site.rows().len()), (next.id, 3));
    assert_sound(&site);
}

#[test]
fn a_key_that_is_retired_twice_is_retired_once() {
    let (site, _) = Site::opened();
    let old = site.signing();
    let same = old.clone();
    let slow = overtaken(&site, move |faster| drop(faster.retire(&same, &context()).unwrap()));
    assert_eq!(slow.retire(&old, &context()), Err(RetireError::Retired(old)));
    assert_eq!(site.rows().len(), 2, "and no key was made for nothing");
    assert_sound(&site);
}

/// Whoever is overtaken every time gives up with an error, and not with half of it.
#[test]
fn an_instance_that_is_always_overtaken_says_so() {
    struct Busy(Arc<dyn Store>, Box<dyn Fn() + Send + Sync>);
    impl Store for Busy {
        fn run(&self, access: Access, work: &mut dyn FnMut(&mut dyn Transaction) -> Outcome) -> Result<(), StoreError> {
            self.0.run(access, work)?;
            if access == Access::Read {
                (self.1)();
            }
            Ok(())
        }
    }
    let (site, keys) = Site::opened();
    let old = site.signing();
    let busy = Busy(Arc::clone(&site.memory), Box::new(move || drop(keys.rotate(When::Now, &context()).unwrap())));
    let slow = site.over(Arc::new(busy), &site.root, faster_settings());
    assert!(matches!(slow.rotate(When::Now, &context()), Err(RotateError::Unavailable(StoreError::Unavailable(_)))));
    assert!(matches!(slow.retire(&old, &context()), Err(RetireError::Unavailable(StoreError::Unavailable(_)))));
    assert_sound(&site);
}
