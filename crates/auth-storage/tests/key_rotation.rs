//! Instances that change the signing keys at once, on both databases.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's alarm")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use auth_core::audit::AuditEvent;
use auth_core::entropy::SystemEntropy;
use auth_core::root_keys::RootKeyRing;
use auth_core::secret::Secret;
use auth_core::service::{KeyImportError, KeySettings, RequestContext, RetireError, RotateError, SigningKeys, When};
use auth_core::testing::ManualClock;
use auth_core::testing::conformance::samples::parallel;
use auth_core::time::{Clock as _, Timestamp};
use auth_core::token::{Algorithm, KeyState, Schedule, SigningKey, StoredKey};
use auth_core::{Store, StoreExt};
use auth_storage::Backend;
use base64ct::{Base64, Encoding as _};
use common::{Database, on_both};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Instances with pools of their own, as processes have them.
struct Site {
    stores: Vec<Arc<dyn Store>>,
    root: Arc<RootKeyRing>,
    clock: Arc<ManualClock>,
    _database: Database,
}

impl Site {
    fn new(backend: Backend) -> Self {
        let database = Database::migrated(backend);
        let stores = (0..4).map(|_| Arc::new(database.open_patient()) as Arc<dyn Store>).collect();
        let root = Arc::new(RootKeyRing::generate(&SystemEntropy).unwrap());
        Self { stores, root, clock: Arc::default(), _database: database }
    }

    fn keys(&self, number: u8, settings: KeySettings) -> SigningKeys {
        self.under(&self.root, number, settings)
    }

    fn under(&self, root: &Arc<RootKeyRing>, number: u8, settings: KeySettings) -> SigningKeys {
        let store = Arc::clone(&self.stores[usize::from(number) % self.stores.len()]);
        SigningKeys::new(store, Arc::clone(root), settings).with_clock(Arc::clone(&self.clock) as _)
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn rows(&self) -> Vec<StoredKey> {
        self.stores[0].read(|tx| tx.keys().all()).unwrap()
    }

    fn events(&self) -> Vec<AuditEvent> {
        let records = self.stores[0].read(|tx| tx.audit().list(None, 1_000)).unwrap();
        records.into_iter().map(|record| record.event).collect()
    }
}

fn es256() -> KeySettings {
    KeySettings::new(Algorithm::Es256)
}

fn context() -> RequestContext {
    RequestContext::system()
}

fn pem() -> Secret {
    let (_, private) = SigningKey::generate(Algorithm::Es256).unwrap();
    let text = Base64::encode_string(private.expose());
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    Secret::new(format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n")))
}

fn instances_that_start_at_once_make_one_key(backend: Backend) {
    for (algorithm, secret) in [(Algorithm::Es256, None), (Algorithm::Hs256, Some("q7Rk2mXw9ZtLb4VdYs8NcJh3GfPa6TeU"))]
    {
        let site = Site::new(backend);
        let settings = KeySettings { shared_secret: secret.map(Secret::new), ..KeySettings::new(algorithm) };
        let signing = parallel(8, |number| {
            let keys = site.keys(number, settings.clone());
            keys.open().unwrap();
            keys.current().load().signing(site.now()).unwrap().verifying().id().clone()
        });
        assert_eq!(site.rows().len(), 1);
        assert!(signing.iter().all(|id| *id == site.rows()[0].id), "{signing:?}");
        assert_eq!(site.events(), [AuditEvent::SigningKeyCreated(signing[0].clone())]);
    }
}

fn instances_that_keep_at_once_publish_one_key(backend: Backend) {
    let site = Site::new(backend);
    site.keys(0, es256()).open().unwrap();
    for (rotation, ahead) in [(1, Duration::ZERO), (2, Duration::ZERO), (3, DAY)] {
        site.clock.advance(90 * DAY);
        let settings = KeySettings { publish_ahead: ahead, ..es256() };
        let kept = parallel(8, |number| site.keys(number, settings.clone()).keep().unwrap());
        assert_eq!(kept.iter().filter(|kept| kept.published.is_some()).count(), 1, "{ahead:?}");
        assert_eq!(site.rows().len(), 1 + rotation, "{ahead:?}");
    }
}

/// Whatever comes first: one key signs, and what was said is what is there.
fn every_change_at_once_leaves_one_key_that_signs(backend: Backend) {
    for round in 0..6 {
        let site = Site::new(backend);
        site.keys(0, es256()).open().unwrap();
        site.clock.advance(89 * DAY);
        if round % 2 == 0 {
            site.keys(0, es256()).rotate(When::Ahead, &context()).unwrap();
        }
        let (first, last) = (site.rows()[0].id.clone(), site.rows().pop().unwrap().id);
        let own = pem();
        parallel(12, |number| {
            let keys = site.keys(number, es256());
            let is_told = match number {
                1..=3 => matches!(keys.retire(&first, &context()), Ok(_) | Err(RetireError::Retired(_))),
                4 | 5 => matches!(keys.retire(&last, &context()), Ok(_) | Err(RetireError::Retired(_))),
                6 | 7 => keys.rotate(When::Now, &context()).is_ok(),
                8 => matches!(keys.rotate(When::Ahead, &context()), Ok(_) | Err(RotateError::Waiting(..))),
                9 => matches!(
                    keys.import(&own, When::Now, &context()),
                    Ok(_) | Err(KeyImportError::Rotate(RotateError::Waiting(..)))
                ),
                10 | 11 => keys.keep().is_ok(),
                _ => keys.open().is_ok(),
            };
            assert!(is_told, "{number}");
        });
        let (rows, events) = (site.rows(), site.events());
        let count = |state| rows.iter().filter(|row| Schedule(&rows).state(row, site.now()) == state).count();
        assert_eq!(count(KeyState::Signing), 1, "{rows:?}");
        assert!(count(KeyState::Published) <= 1);
        assert!(rows.iter().all(|row| row.id != first || row.revoked_at.is_some()));
        let of =
            |wanted: &[&str]| events.iter().filter(|event| wanted.contains(&event.to_parts().kind.as_str())).count();
        assert_eq!(of(&["signing_key_created", "signing_key_imported"]), rows.len());
        assert_eq!(of(&["signing_key_retired"]), rows.iter().filter(|row| row.revoked_at.is_some()).count());
        site.keys(1, es256()).open().unwrap();
        assert_eq!(site.rows(), rows, "the next start finds all as it should be");
    }
}

fn of_several_who_reseal_while_keys_are_retired_none_brings_a_private_part_back(backend: Backend) {
    let site = Site::new(backend);
    let old = site.keys(0, es256());
    old.open().unwrap();
    for _ in 0..5 {
        old.rotate(When::Now, &context()).unwrap();
    }
    let new = RootKeyRing::generate(&SystemEntropy).unwrap();
    let text = format!("{},{}", new.to_text().expose(), site.root.to_text().expose());
    let both = Arc::new(RootKeyRing::parse(&Secret::new(text)).unwrap());
    let ids: Vec<_> = site.rows().iter().map(|row| row.id.clone()).collect();
    let done = parallel(8, |number| match number {
        1 | 2 => usize::from(site.under(&both, number, es256()).retire(&ids[usize::from(number)], &context()).is_err()),
        _ => site.under(&both, number, es256()).reseal(100, &context()).unwrap().done.len(),
    });
    assert!((4..=6).contains(&done.iter().sum::<usize>()), "each by one: {done:?}");
    for row in site.rows() {
        assert_eq!(row.private.is_none(), row.revoked_at.is_some());
        assert!(row.private.is_none_or(|sealed| sealed.root_key == *new.active()));
    }
    assert_eq!(site.under(&Arc::new(new), 0, es256()).open(), Ok(()));
}

on_both!(
    instances_that_start_at_once_make_one_key,
    instances_that_keep_at_once_publish_one_key,
    every_change_at_once_leaves_one_key_that_signs,
    of_several_who_reseal_while_keys_are_retired_none_brings_a_private_part_back,
);
