//! Guessing, and how it is slowed down: by account, by device, by the network that it comes from.
//!
//! An attempt is counted before a password is looked at, in a transaction of its own, so that of many at once none sees
//! the count without the others. [`Throttle`] and [`Rate`] say what the counts mean; they are pure. The counts are in the
//! store, so that instances share them and a restart forgets none; [`Refusals`] spares the store those who were told to
//! wait and did not.

mod device;
mod key;
mod ledger;
mod network;
mod refusals;
mod repository;
mod throttle;
mod window;

pub use device::{DEVICE_LIFE, DEVICE_PREFIX, DeviceId, PresentedDevice, device_token};
pub use key::{TallyKey, TallyKind, WindowKey};
pub use network::{Network, NetworkError, counted_address};
pub use refusals::{Refusals, Refused};
pub use repository::{AttemptRepository, ForgetAttempts};
pub use throttle::{Admission, DAY, LONGEST_WAIT, MOST_FAILURES, Tally, Throttle};
pub use window::{Passage, Rate, Window};

pub(crate) use key::Keys;
pub(crate) use ledger::Ledger;
pub(crate) use network::counted;
pub(crate) use refusals::longer;

use std::net::IpAddr;
use std::time::Duration;

/// How many times a network's limit the sign-ins of devices that their accounts know may come to, strangers' included. They
/// are counted with all others, and not refused with them: a limit of many people must not be one that one of them uses up
/// for all. No farther, for whoever has an account has a device: one address shall not hash without end.
pub(crate) const KNOWN_TIMES: u32 = 10;

/// How much may be tried, by whom. [`LimitSettings::default`] has the numbers of the documentation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitSettings {
    /// Whether anything of this is obeyed.
    pub enabled: bool,
    /// Networks whose clients are not counted by address. Accounts are counted wherever the attempts come from.
    pub exempt: Vec<Network>,
    /// Sign-ins from one address (IPv4) or network of 64 bits (IPv6); ten times as many from 48 bits. Devices that their
    /// accounts know are counted as well, and refused at ten times the limit.
    pub login_per_address: Vec<Rate>,
    /// Registrations, counted alike.
    pub register_per_address: Vec<Rate>,
    /// Sign-ins to one account, or to one name that nobody has, from devices that are not known.
    pub account: Throttle,
    /// Failures with one token of a known device, and in a row of one session that is asked for its password again.
    pub device_attempts: u32,
}

impl LimitSettings {
    /// None at all.
    pub fn off() -> Self {
        Self { enabled: false, ..Self::default() }
    }

    /// Whether an address is counted.
    pub(crate) fn counts(&self, address: IpAddr) -> bool {
        self.enabled && !self.exempt.iter().any(|network| network.contains(address))
    }

    /// Whether there is a number that makes no sense, or one that standards forbid.
    pub(crate) fn are_sound(&self) -> bool {
        let sound = |rate: &Rate| rate.limit > 0 && !rate.per.is_zero();
        self.login_per_address.iter().chain(&self.register_per_address).all(sound)
            && (1..=MOST_FAILURES).contains(&self.account.disable_at)
            && (1..=MOST_FAILURES).contains(&self.device_attempts)
            && self.account.per_day > 0
    }
}

/// Thirty sign-ins a minute and three hundred an hour, ten registrations an hour; five attempts that are free, fifty a day,
/// a block at a hundred failures in a row (NIST SP 800-63B-4, section 3.2.2), and ten for a known device.
impl Default for LimitSettings {
    fn default() -> Self {
        let rate = |limit, seconds| Rate { limit, per: Duration::from_secs(seconds) };
        Self {
            enabled: true,
            exempt: Vec::new(),
            login_per_address: vec![rate(30, 60), rate(300, 60 * 60)],
            register_per_address: vec![rate(10, 60 * 60)],
            account: Throttle { free: 5, per_day: 50, disable_at: MOST_FAILURES },
            device_attempts: 10,
        }
    }
}

/// What was too much. The client is not told which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Limiter {
    /// Sign-ins from one network.
    LoginAddress,
    /// Registrations from one network.
    RegisterAddress,
    /// Sign-ins to one account or name.
    Account,
    /// Wrong passwords in one session.
    Session,
}

impl Limiter {
    /// Every limiter.
    pub const ALL: [Self; 4] = [Self::LoginAddress, Self::RegisterAddress, Self::Account, Self::Session];

    /// The name in metrics and in the audit log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LoginAddress => "login_address",
            Self::RegisterAddress => "register_address",
            Self::Account => "account",
            Self::Session => "session",
        }
    }

    /// The inverse of [`Limiter::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|limiter| limiter.as_str() == text)
    }
}

/// An attempt that was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts")]
pub struct Throttled {
    /// What was too much.
    pub limiter: Limiter,
    /// How long to wait. Then it is admitted, unless others come first. `None`: waiting is of no use.
    pub retry_after: Option<Duration>,
}
