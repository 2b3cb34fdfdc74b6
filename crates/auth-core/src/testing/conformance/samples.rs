//! Rows to plant, for the suite and for other tests.
#![expect(clippy::expect_used, clippy::missing_panics_doc, reason = "a test's alarms")]

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::id::{SessionId, UserId};
use crate::password::PasswordHash;
use crate::root_keys::{RootKeyId, Sealed};
use crate::session::Session;
use crate::store::{Store, StoreError, StoreExt};
use crate::time::Timestamp;
use crate::token::{Algorithm, KeyId, StoredKey};
use crate::user::{AccountState, Added, User, Username};

/// 2026-11-23T10:00:00.000001Z: an instant that shows when microseconds are lost.
pub const NOW: Timestamp = Timestamp::from_micros(1_795_428_000_000_001);

/// `NOW` and some seconds.
pub fn later(seconds: u64) -> Timestamp {
    NOW.saturating_add(Duration::from_secs(seconds))
}

/// An active account of this number and name.
pub fn user(number: u8, name: &str) -> User {
    User {
        id: UserId::from_bytes([number; 16]),
        name: Username::imported(name).expect("a name"),
        state: AccountState::Active,
        legacy_id: None,
        credential_version: 1,
        created_at: NOW,
        updated_at: NOW,
    }
}

/// A session of this number for the account of that number.
pub fn session(number: u8, user: u8) -> Session {
    Session {
        id: SessionId::from_bytes([number; 16]),
        user: UserId::from_bytes([user; 16]),
        root_key: RootKeyId::parse("root-1").expect("an id"),
        salt: [number; 16],
        generation: 1,
        created_at: NOW,
        rotated_at: NOW,
        expires_at: later(3_600),
        ended: None,
        client: None,
        ip: None,
    }
}

/// A signing key of this name and place.
pub fn key(id: &str, algorithm: Algorithm, ordinal: i64) -> StoredKey {
    StoredKey {
        id: KeyId::new(id),
        algorithm,
        ordinal,
        private: Some(sealed("root-1")),
        created_at: NOW,
        signs_from: NOW,
        revoked_at: None,
    }
}

/// Something sealed under this root key.
pub fn sealed(root_key: &str) -> Sealed {
    Sealed { root_key: RootKeyId::parse(root_key).expect("an id"), bytes: vec![0, 1, 127, 128, 255] }
}

/// A text in a hash's place.
pub fn hash(text: &str) -> PasswordHash {
    PasswordHash::new(text)
}

/// Plants accounts.
pub fn plant(store: &Arc<dyn Store>, users: &[User]) {
    store
        .write(|tx| {
            for user in users {
                assert_eq!(tx.users().insert(user)?, Added::Added);
            }
            Ok::<_, StoreError>(())
        })
        .expect("planting accounts");
}

/// Runs `work` on as many threads, at once, each with its number; the answers in order of the numbers.
pub fn parallel<T: Send>(threads: u8, work: impl Fn(u8) -> T + Sync) -> Vec<T> {
    let barrier = std::sync::Barrier::new(threads.into());
    thread::scope(|scope| {
        let run = |number| {
            let (barrier, work) = (&barrier, &work);
            scope.spawn(move || {
                barrier.wait();
                work(number)
            })
        };
        let started: Vec<_> = (1..=threads).map(run).collect();
        started.into_iter().map(|thread| thread.join().expect("a thread of the test")).collect()
    })
}
