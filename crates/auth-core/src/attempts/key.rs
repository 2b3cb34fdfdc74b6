//! What counts are kept under.

use super::{Limiter, Network, Rate};
use crate::id::{SessionId, UserId};
use crate::root_keys::{Purpose, RootKeyRing};
use crate::user::CanonicalName;

use super::DeviceId;

/// What a tally is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TallyKind {
    /// An account, whichever spelling its name came in.
    Account,
    /// A name that no account has.
    Name,
    /// A known device.
    Device,
    /// A session that is asked for its password again.
    Session,
}

impl TallyKind {
    /// The name in stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Name => "name",
            Self::Device => "device",
            Self::Session => "session",
        }
    }
}

/// The key of a tally.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TallyKey {
    /// What it is of.
    pub kind: TallyKind,
    /// Which one.
    pub id: [u8; 16],
}

/// The key of a window: whose attempts, of which kind, in how long. Nothing can be read from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WindowKey(pub [u8; 16]);

impl TallyKey {
    /// That of an account.
    pub const fn account(user: UserId) -> Self {
        Self { kind: TallyKind::Account, id: *user.as_bytes() }
    }

    /// That of a session.
    pub const fn session(session: SessionId) -> Self {
        Self { kind: TallyKind::Session, id: *session.as_bytes() }
    }

    /// That of a device.
    pub const fn device(device: DeviceId) -> Self {
        Self { kind: TallyKind::Device, id: device.0 }
    }
}

/// Makes keys of what must not be kept as it is: people type passwords where a name belongs, and an address says where
/// somebody lives. HMAC-SHA-256 under a sub-key of the active root key, cut to 128 bits: after a change of the active key,
/// names that nobody has and networks begin anew. Accounts do not.
pub(crate) struct Keys<'a>(pub(crate) &'a RootKeyRing);

impl Keys<'_> {
    /// That of a name, in whichever spelling.
    pub(crate) fn name(&self, name: &CanonicalName) -> Option<TallyKey> {
        let id = self.mac(&[b"name", name.as_str().as_bytes()])?;
        Some(TallyKey { kind: TallyKind::Name, id })
    }

    /// That of a network's attempts.
    pub(crate) fn window(&self, limiter: Limiter, network: Network, rate: Rate) -> Option<WindowKey> {
        let network = network.to_string();
        let per = rate.per.as_millis().to_be_bytes();
        self.mac(&[limiter.as_str().as_bytes(), &per, network.as_bytes()]).map(WindowKey)
    }

    /// Of parts whose number and order are known, and of which only the last has no fixed or self-ending length.
    fn mac(&self, parts: &[&[u8]]) -> Option<[u8; 16]> {
        let mac = self.0.mac(Purpose::Attempts, self.0.active(), &parts.join(&0))?;
        mac.first_chunk().copied()
    }
}
