//! Identifiers, one type a noun, so that a session's id is never taken for a user's.

use std::fmt;
use std::str::FromStr;

use uuid::{Builder, Uuid};

use crate::entropy::{Entropy, EntropyError};
use crate::time::Timestamp;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps an id that was minted before, for instance one read from a store.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The 16 bytes of the id, in network order.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0.as_hyphenated())
            }
        }

        /// Accepts the hyphenated lower-case form alone, so that an id has one spelling.
        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let id = Uuid::try_parse(text).map_err(|_| IdError)?;
                if id.as_hyphenated().to_string() == text { Ok(Self(id)) } else { Err(IdError) }
            }
        }
    };
}

/// The text is not an id in its one spelling: 36 characters, hyphenated, lower case (RFC 9562, section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a hyphenated lower-case UUID")]
pub struct IdError;

id! {
    /// A user, for ever: names change and are given out again, ids are not. `UUIDv7`.
    UserId
}
id! {
    /// A session, from sign-in to its end. Random (`UUIDv4`), for it travels in tokens and must not tell when it began.
    SessionId
}
id! {
    /// One line of the audit log. `UUIDv7`, so that ids sort by time.
    EventId
}

/// Sorted by creation time to the microsecond (RFC 9562, section 5.7; section 6.2, method 3): good for both databases'
/// B-trees.
fn time_ordered(now: Timestamp, entropy: &dyn Entropy) -> Result<Uuid, EntropyError> {
    let mut random = [0; 10];
    entropy.fill(&mut random)?;
    Ok(time_ordered_by(now, random))
}

fn time_ordered_by(now: Timestamp, mut random: [u8; 10]) -> Uuid {
    let micros = u64::try_from(now.as_micros()).unwrap_or(0);
    let millis = micros / 1_000;
    // The twelve bits after the version hold the fraction of the millisecond.
    let fraction = u16::try_from((micros % 1_000) * 4_096 / 1_000).unwrap_or(0);
    if let Some(head) = random.first_chunk_mut() {
        *head = fraction.to_be_bytes();
    }
    Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

impl UserId {
    /// A new id.
    ///
    /// # Errors
    /// [`EntropyError`] where the system gives no random bytes.
    pub fn mint(now: Timestamp, entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        time_ordered(now, entropy).map(Self)
    }
}

impl EventId {
    /// A new id.
    ///
    /// # Errors
    /// [`EntropyError`] where the system gives no random bytes.
    pub fn mint(now: Timestamp, entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        time_ordered(now, entropy).map(Self)
    }

    /// No id that is minted at `instant` or later is below this.
    pub fn first_at(instant: Timestamp) -> Self {
        Self(time_ordered_by(instant, [0; 10]))
    }

    /// No id that is minted before `instant` is above this, and each that is minted later is.
    pub fn last_before(instant: Timestamp) -> Self {
        Self(Uuid::from_u128(Self::first_at(instant).0.as_u128().saturating_sub(1)))
    }
}

impl SessionId {
    /// A new id.
    ///
    /// # Errors
    /// [`EntropyError`] where the system gives no random bytes.
    pub fn mint(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        random_uuid(entropy).map(Self)
    }
}

/// 122 random bits in the shape of a `UUIDv4` (RFC 9562, section 5.4).
pub(crate) fn random_uuid(entropy: &dyn Entropy) -> Result<Uuid, EntropyError> {
    let mut random = [0; 16];
    entropy.fill(&mut random)?;
    Ok(Builder::from_random_bytes(random).into_uuid())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SystemEntropy;

    #[test]
    fn an_id_has_one_spelling() {
        let id = SessionId::mint(&SystemEntropy).unwrap();
        let text = id.to_string();
        assert_eq!(text.parse::<SessionId>(), Ok(id));
        for other in [text.to_uppercase(), text.replace('-', ""), format!("{{{text}}}"), format!("urn:uuid:{text}")] {
            assert_eq!(other.parse::<SessionId>(), Err(IdError), "{other}");
        }
    }

    #[test]
    fn user_ids_sort_by_time() {
        let early = UserId::mint(Timestamp::from_micros(1_000_000), &SystemEntropy).unwrap();
        let late = UserId::mint(Timestamp::from_micros(1_000_001), &SystemEntropy).unwrap();
        assert!(early < late);
    }

    #[test]
    fn an_instant_divides_the_ids_of_events() {
        for micros in [1, 999, 1_000, 1_795_428_000_000_000, 1_795_428_000_000_999] {
            let [before, at] = [micros - 1, micros].map(Timestamp::from_micros);
            let [earlier, minted] = [before, at].map(|instant| EventId::mint(instant, &SystemEntropy).unwrap());
            assert!(
                earlier <= EventId::last_before(at) && EventId::last_before(at) < EventId::first_at(at),
                "{micros}"
            );
            assert!(EventId::first_at(at) <= minted, "{micros}");
        }
    }
}
