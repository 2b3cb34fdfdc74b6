//! Root keys: which are needed, and how one goes.

use auth_core::StoreExt;
use auth_core::audit::AuditEvent;
use auth_core::root_keys::{RootKeyError, RootKeyId};
use auth_core::service::{DropRootError, KeySettings, OpenError, RootKeyReport, missing_root_keys};
use auth_core::session::{EndReason, Session};
use auth_core::testing::conformance::samples::{plant, session, user};
use auth_core::token::Algorithm;

use crate::{DAY, Site, context, rings, root_ring};

const IDLE: std::time::Duration = crate::HOUR;

fn sign_in(site: &Site, number: u8, root_key: &RootKeyId) -> Session {
    let (now, root_key) = (site.now(), root_key.clone());
    let session = Session {
        root_key,
        created_at: now,
        rotated_at: now,
        expires_at: now.saturating_add(DAY),
        ..session(number, 1)
    };
    site.memory.write(|tx| tx.sessions().insert(&session)).unwrap();
    session
}

fn ended(site: &Site, session: &Session) -> Option<EndReason> {
    let found = site.memory.read(|tx| tx.sessions().by_id(session.id)).unwrap().unwrap();
    found.ended.map(|end| end.1)
}

#[test]
fn a_root_key_goes_with_its_sessions_and_touches_no_others() {
    let (site, _) = Site::opened();
    plant(&site.memory, &[user(1, "alice")]);
    let (old, new) = (site.root.active().clone(), root_ring());
    // More than two batches.
    let there: Vec<_> = (1..=240).map(|number| sign_in(&site, number, &old)).collect();
    let lost: Vec<_> = (241..=250).map(|number| sign_in(&site, number, new.active())).collect();
    let keys = site.under(&rings(&[&new, &site.root]), KeySettings::new(Algorithm::Es256));
    keys.reseal(100, &context()).unwrap();
    let before = site.events().len();
    assert_eq!(keys.drop_root_key(&old, IDLE, &context()), Ok(240));
    assert!(there.iter().all(|session| ended(&site, session) == Some(EndReason::RootKeyDropped)));
    assert!(lost.iter().all(|session| ended(&site, session).is_none()));
    let endings = site.memory.read(|tx| tx.sessions().endings(0, 1_000)).unwrap();
    assert_eq!(endings.endings.len(), 240, "every instance hears of each");
    let events = site.events().split_off(before);
    assert_eq!((events.len(), events.last()), (241, Some(&AuditEvent::RootKeyDropped(old.clone()))));
    for session in &there {
        assert!(events.contains(&AuditEvent::SessionEnded(session.user, session.id, EndReason::RootKeyDropped)));
    }
    assert_eq!(keys.drop_root_key(&old, IDLE, &context()), Ok(0), "and again");
    let alone = site.under(&new, KeySettings::new(Algorithm::Es256));
    alone.open().unwrap();
    assert_eq!(missing_root_keys(site.memory.as_ref(), &new, site.now(), IDLE).unwrap(), []);
}

#[test]
fn a_root_key_that_was_lost_is_dropped_the_same_way() {
    let (site, keys) = Site::opened();
    plant(&site.memory, &[user(1, "alice")]);
    let lost = RootKeyId::parse("lost").unwrap();
    let session = sign_in(&site, 1, &lost);
    assert_eq!(
        missing_root_keys(site.memory.as_ref(), &site.root, site.now(), IDLE).unwrap(),
        std::slice::from_ref(&lost)
    );
    assert_eq!(keys.drop_root_key(&lost, IDLE, &context()), Ok(1));
    assert_eq!(ended(&site, &session), Some(EndReason::RootKeyDropped));
    assert_eq!(missing_root_keys(site.memory.as_ref(), &site.root, site.now(), IDLE).unwrap(), []);
}

#[test]
fn the_active_one_and_one_that_seals_keys_stay() {
    let (site, keys) = Site::opened();
    plant(&site.memory, &[user(1, "alice")]);
    let old = site.root.active().clone();
    let session = sign_in(&site, 1, &old);
    assert_eq!(keys.drop_root_key(&old, IDLE, &context()), Err(DropRootError::Active(old.clone())));
    let ring = rings(&[&root_ring(), &site.root]);
    let both = site.under(&ring, KeySettings::new(Algorithm::Es256));
    let sealed = DropRootError::Sealed(old.clone(), vec![site.signing()]);
    assert_eq!(both.drop_root_key(&old, IDLE, &context()), Err(sealed));
    assert_eq!((ended(&site, &session), site.events().len()), (None, 1));
    both.retire(&site.signing(), &context()).unwrap();
    assert_eq!(both.drop_root_key(&old, IDLE, &context()), Ok(1), "what is retired needs nothing");
}

#[test]
fn the_report_says_what_is_needed_by_what() {
    let (site, keys) = Site::opened();
    plant(&site.memory, &[user(1, "alice")]);
    let (lost, idle) = (RootKeyId::parse("lost").unwrap(), root_ring());
    sign_in(&site, 1, &lost);
    let ring = rings(&[&idle, &site.root]);
    let report = |keys: &auth_core::service::SigningKeys| keys.check_root_keys(IDLE).unwrap();
    let find =
        |reports: &[RootKeyReport], id: &RootKeyId| reports.iter().find(|report| report.id == *id).cloned().unwrap();
    let both = report(&site.under(&ring, KeySettings::new(Algorithm::Es256)));
    assert!(both.is_sorted_by_key(|report| report.id.clone()) && both.len() == 3);
    let active = find(&both, idle.active());
    assert!(active.is_active && active.is_present && !active.has_sessions && active.signing_keys.is_empty());
    let old = find(&both, site.root.active());
    assert!(!old.is_active && old.is_present && !old.has_sessions);
    assert_eq!(
        old.signing_keys.iter().map(|key| (&key.id, &key.trouble)).collect::<Vec<_>>(),
        [(&site.signing(), &None)]
    );
    let gone = find(&both, &lost);
    assert!(!gone.is_active && !gone.is_present && gone.has_sessions && gone.signing_keys.is_empty());
    let alone = find(&report(&site.under(&idle, KeySettings::new(Algorithm::Es256))), site.root.active());
    let missing = OpenError::Sealed(RootKeyError::Missing(site.root.active().clone()));
    assert_eq!(alone.signing_keys[0].trouble, Some(missing));
    site.clock.advance(IDLE);
    assert_eq!(report(&keys).len(), 1, "a session that idled too long needs nothing");
}

/// Somebody signs out while the root key is dropped.
#[test]
fn a_session_that_ended_meanwhile_is_not_counted_nor_ended_twice() {
    use std::sync::Arc;
    let (site, keys) = Site::opened();
    plant(&site.memory, &[user(1, "alice")]);
    let lost = RootKeyId::parse("lost").unwrap();
    let (first, _) = (sign_in(&site, 1, &lost), sign_in(&site, 2, &lost));
    let (memory, now, id) = (Arc::clone(&site.memory), site.now(), first.id);
    // The first look is for sealed keys, the second for sessions.
    let hook = crate::races::Hooked::after_reads(&site.memory, 2, move || {
        assert!(memory.write(|tx| tx.sessions().end(id, EndReason::SignedOut, now)).unwrap());
    });
    let slow = site.over(hook, &site.root, keys.settings().clone());
    assert_eq!(slow.drop_root_key(&lost, IDLE, &context()), Ok(1));
    assert_eq!(ended(&site, &first), Some(EndReason::SignedOut));
}
