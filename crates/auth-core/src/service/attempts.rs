//! Before a password is looked at: whether an attempt may be made, and what becomes of its count.

use super::{AuthService, Credentials, InternalError, RequestContext};
use crate::attempts::{
    Admission, DeviceId, KNOWN_TIMES, Keys, Limiter, Passage, PresentedDevice, Rate, Refused, Tally, TallyKey,
    TallyKind, Throttle, Throttled, Window, WindowKey, counted, longer,
};
use crate::id::{SessionId, UserId};
use crate::store::{StoreError, StoreExt, Transaction};
use crate::time::Timestamp;
use crate::user::{CanonicalName, User};

/// So many device tokens of one request are looked at. A browser has one cookie of ours, and a program one token; a cookie
/// that a neighbouring site planted comes beside them.
const MOST_DEVICES: usize = 8;

/// An attempt that was counted. It stays counted as failed until it is settled; `None`: nothing is counted here.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reservation(Option<(TallyKey, Tally)>);

/// Why there is none.
pub(super) enum NotReserved {
    Throttled(Throttled),
    Store(StoreError),
    Internal(InternalError),
}

impl From<StoreError> for NotReserved {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Makes a use case's error of a [`NotReserved`].
macro_rules! attempt_errors {
    ($($name:ty),*) => {$(
        impl From<crate::service::attempts::NotReserved> for $name {
            fn from(error: crate::service::attempts::NotReserved) -> Self {
                use crate::service::attempts::NotReserved;
                match error {
                    NotReserved::Throttled(throttled) => Self::Throttled(throttled),
                    NotReserved::Store(error) => Self::Unavailable(error),
                    NotReserved::Internal(error) => Self::Internal(error),
                }
            }
        }
    )*};
}
pub(super) use attempt_errors;

/// Who wants to sign in, as far as counts go.
pub(super) struct Applicant {
    name: TallyKey,
    /// Genuine ones; whose, is yet to be seen. In one order whatever the client's, for rows are taken in it.
    devices: Vec<PresentedDevice>,
}

impl Applicant {
    fn known(&self) -> Vec<(UserId, DeviceId)> {
        self.devices.iter().map(|device| (device.user, device.device)).collect()
    }
}

/// What is asked for one attempt: windows first, then one of the tallies, the first that admits it.
struct Request<'a> {
    windows: &'a [(WindowKey, Rate, Refused)],
    tallies: &'a [(TallyKey, Throttle)],
    limiter: Limiter,
    /// Under which the last tally's refusal is remembered.
    remembered: Option<Refused>,
    user: Option<UserId>,
    /// Whichever were shown. Where they did not help, that is remembered as well.
    devices: &'a [PresentedDevice],
}

/// Refusals, each with whom it is of. Where the clock was ahead, something has to be kept of them all the same.
struct Refusal(Vec<(Option<Refused>, Throttled)>);

enum Stop {
    Refused(Refusal),
    Store(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl AuthService {
    /// Whether this sign-in would be refused unseen: its address or its name was told to wait and did not. Asks nobody, so
    /// that a server can refuse before a queue. [`AuthService::login`] asks by itself.
    ///
    /// # Errors
    /// [`Throttled`].
    pub fn admits_sign_in(&self, credentials: &Credentials, context: &RequestContext) -> Result<(), Throttled> {
        if !self.settings.limits.enabled {
            return Ok(());
        }
        let now = self.clock.now();
        // Without a key there is nothing to compare; the sign-in itself says why.
        let Ok(applicant) = self.applicant(credentials, now) else { return Ok(()) };
        self.knock(&applicant, now, context)
    }

    /// Whether this registration would be refused unseen: its address was told to wait and did not.
    ///
    /// # Errors
    /// [`Throttled`].
    pub fn admits_registration(&self, context: &RequestContext) -> Result<(), Throttled> {
        self.knock_to_register(self.clock.now(), context)
    }

    pub(super) fn knock_to_register(&self, now: Timestamp, context: &RequestContext) -> Result<(), Throttled> {
        self.ask(&self.networks(Limiter::RegisterAddress, context), &[], now)
    }

    /// Who asks.
    pub(super) fn applicant(&self, credentials: &Credentials, now: Timestamp) -> Result<Applicant, InternalError> {
        let name = CanonicalName::of(&credentials.username);
        let name = Keys(&self.root_keys).name(&name).ok_or(InternalError::RootKey)?;
        let tokens = credentials.device_tokens.iter().take(MOST_DEVICES);
        let devices = tokens.filter_map(|token| PresentedDevice::parse(token.expose()));
        let mut devices: Vec<_> = devices.filter(|device| device.is_genuine(&self.root_keys, now)).collect();
        devices.sort_unstable_by_key(|device| device.device.0);
        devices.dedup_by_key(|device| device.device);
        Ok(Applicant { name, devices })
    }

    /// Asks the memory of refusals.
    pub(super) fn knock(
        &self,
        applicant: &Applicant,
        now: Timestamp,
        context: &RequestContext,
    ) -> Result<(), Throttled> {
        let mut keys = self.networks(Limiter::LoginAddress, context);
        keys.push(Refused::Tally(applicant.name));
        self.ask(&keys, &applicant.known(), now)
    }

    fn ask(&self, keys: &[Refused], known: &[(UserId, DeviceId)], now: Timestamp) -> Result<(), Throttled> {
        match self.refusals.check(keys, known, self.instant(now)) {
            None => Ok(()),
            Some((throttled, user)) => {
                self.refused.count(throttled.limiter, user);
                Err(throttled)
            }
        }
    }

    /// Counts a sign-in, in one committed transaction: the networks first, then the device if this account knows it and it
    /// has not failed too often, or else the account; for a name that nobody has, that name. Networks do not refuse such a
    /// device, up to [`KNOWN_TIMES`] their limit: what others behind the same address do must not lock it out.
    pub(super) fn reserve_sign_in(
        &self,
        applicant: &Applicant,
        found: Option<&User>,
        now: Timestamp,
        context: &RequestContext,
    ) -> Result<Reservation, NotReserved> {
        let limits = &self.settings.limits;
        let key = found.map_or(applicant.name, |user| TallyKey::account(user.id));
        let devices = applicant.devices.iter().filter(|device| {
            found.is_some_and(|user| user.id == device.user && user.credential_version == device.credential_version)
        });
        let devices = devices.map(|device| (TallyKey::device(device.device), Throttle::budget(limits.device_attempts)));
        let tallies: Vec<_> = devices.chain([(key, limits.account)]).collect();
        self.reserve(
            &Request {
                windows: &self.windows(Limiter::LoginAddress, context)?,
                tallies: &tallies,
                limiter: Limiter::Account,
                remembered: Some(Refused::Tally(applicant.name)),
                user: found.map(|user| user.id),
                devices: &applicant.devices,
            },
            now,
        )
    }

    /// Counts a registration.
    pub(super) fn reserve_registration(&self, now: Timestamp, context: &RequestContext) -> Result<(), NotReserved> {
        let windows = self.windows(Limiter::RegisterAddress, context)?;
        let limiter = Limiter::RegisterAddress;
        let none = Request { windows: &[], tallies: &[], limiter, remembered: None, user: None, devices: &[] };
        self.reserve(&Request { windows: &windows, ..none }, now).map(drop)
    }

    /// Counts a password that a session is asked for again.
    pub(super) fn reserve_check(
        &self,
        user: UserId,
        session: SessionId,
        now: Timestamp,
    ) -> Result<Reservation, NotReserved> {
        let key = TallyKey::session(session);
        self.ask(&[Refused::Tally(key)], &[], now).map_err(NotReserved::Throttled)?;
        let tallies = [(key, Throttle::budget(self.settings.limits.device_attempts))];
        let remembered = Some(Refused::Tally(key));
        let limiter = Limiter::Session;
        let request = Request { windows: &[], tallies: &tallies, limiter, remembered, user: Some(user), devices: &[] };
        self.reserve(&request, now)
    }

    fn reserve(&self, request: &Request<'_>, now: Timestamp) -> Result<Reservation, NotReserved> {
        if !self.settings.limits.enabled || (request.windows.is_empty() && request.tallies.is_empty()) {
            return Ok(Reservation(None));
        }
        let refusal = match self.store.write(|tx| reserve(tx, request, now)) {
            Ok(Ok(reservation)) => return Ok(reservation),
            Ok(Err(refusal)) | Err(Stop::Refused(refusal)) => refusal,
            Err(Stop::Store(error)) => return Err(NotReserved::Store(error)),
        };
        let instant = self.instant(now);
        let mut told: Option<Throttled> = None;
        for (remembered, throttled) in refusal.0 {
            if let Some(key) = remembered {
                let user = request.user.filter(|_| matches!(key, Refused::Tally(_)));
                self.refusals.note(key, &throttled, user, instant);
            }
            let retry_after =
                told.map_or(throttled.retry_after, |told| longer(told.retry_after, throttled.retry_after));
            told = Some(Throttled { limiter: told.map_or(throttled.limiter, |told| told.limiter), retry_after });
        }
        let told = told.unwrap_or(Throttled { limiter: request.limiter, retry_after: None });
        for device in request.devices {
            self.refusals.note(Refused::Tally(TallyKey::device(device.device)), &told, None, instant);
        }
        self.refused.count(told.limiter, request.user);
        Err(NotReserved::Throttled(told))
    }

    /// Gives a count back whose attempt came to no verdict. Where even that fails it stays counted.
    pub(super) fn release(&self, reservation: &Reservation) {
        if reservation.0.is_some() {
            let _ = self.store.write(|tx| settle(tx, reservation, Tally::released));
        }
    }

    /// What was refused to strangers of this name was lifted.
    pub(super) fn forget_refusals(&self, name: &CanonicalName) {
        if let Some(key) = Keys(&self.root_keys).name(name) {
            self.refusals.forget(&Refused::Tally(key));
        }
    }

    fn rates(&self, limiter: Limiter) -> &[Rate] {
        match limiter {
            Limiter::LoginAddress => &self.settings.limits.login_per_address,
            Limiter::RegisterAddress => &self.settings.limits.register_per_address,
            Limiter::Account | Limiter::Session => &[],
        }
    }

    fn networks(&self, limiter: Limiter, context: &RequestContext) -> Vec<Refused> {
        let address = context.address.filter(|address| self.settings.limits.counts(*address));
        let networks = address.map(counted).unwrap_or_default();
        networks.into_iter().map(|(network, _)| Refused::Network(limiter, network)).collect()
    }

    /// The windows of an attempt, the widest network first: all transactions take them in one order.
    fn windows(
        &self,
        limiter: Limiter,
        context: &RequestContext,
    ) -> Result<Vec<(WindowKey, Rate, Refused)>, NotReserved> {
        let address = context.address.filter(|address| self.settings.limits.counts(*address));
        let networks = address.map(counted).unwrap_or_default();
        let keys = Keys(&self.root_keys);
        let mut windows = Vec::new();
        for (network, times) in networks {
            for rate in self.rates(limiter) {
                let key = keys.window(limiter, network, *rate).ok_or(NotReserved::Internal(InternalError::RootKey))?;
                windows.push((key, rate.times(times), Refused::Network(limiter, network)));
            }
        }
        Ok(windows)
    }
}

/// The one step that admits and counts. What is refused leaves no trace, save where a clock that was ahead is put right.
fn reserve(
    tx: &mut dyn Transaction,
    request: &Request<'_>,
    now: Timestamp,
) -> Result<Result<Reservation, Refusal>, Stop> {
    let mut seen = Vec::new();
    for (key, ..) in request.windows {
        seen.push(tx.attempts().open_window(key, &Window::blank(now))?);
    }
    let (mut place, mut wait, mut mended) = (None, None, false);
    for (key, throttle) in request.tallies {
        // Asked of whoever is refused by a window as well: what else he has to wait for is told at once.
        let seen = tx.attempts().open(key, &Tally::blank(now))?;
        wait = match throttle.admit(seen, now) {
            Admission::Admitted(next) => {
                place = Some((*key, next));
                break;
            }
            Admission::Wait(until) => Some(until.since(now)),
            Admission::Blocked => None,
        };
        let clamped = seen.clamped(now);
        if clamped != seen {
            mended |= tx.attempts().keep(key, &clamped)?;
        }
    }
    let is_known = place.is_some_and(|(key, _)| key.kind == TallyKind::Device);
    let (mut refused, mut admitted) = (Vec::new(), Vec::new());
    for ((key, rate, network), seen) in request.windows.iter().zip(seen) {
        let rate = if is_known { rate.times(KNOWN_TIMES) } else { *rate };
        match rate.admit(seen, now) {
            Passage::Admitted(next) => admitted.push((key, next)),
            Passage::Wait(until) => {
                let Refused::Network(limiter, _) = network else { continue };
                refused.push((Some(*network), Throttled { limiter: *limiter, retry_after: Some(until.since(now)) }));
                let clamped = rate.clamped(seen, now);
                if clamped != seen {
                    mended |= tx.attempts().keep_window(key, &clamped)?;
                }
            }
        }
    }
    if place.is_none() && !request.tallies.is_empty() {
        refused.push((request.remembered, Throttled { limiter: request.limiter, retry_after: wait }));
    }
    if !refused.is_empty() {
        let refusal = Refusal(refused);
        return if mended { Ok(Err(refusal)) } else { Err(Stop::Refused(refusal)) };
    }
    for (key, window) in admitted {
        tx.attempts().keep_window(key, &window)?;
    }
    if let Some((key, tally)) = &place {
        tx.attempts().keep(key, tally)?;
    }
    Ok(Ok(Reservation(place)))
}

/// Brings the count of an attempt to what its verdict makes of it. A row that is gone was lifted meanwhile.
pub(super) fn settle(
    tx: &mut dyn Transaction,
    reservation: &Reservation,
    verdict: fn(Tally, &Tally) -> Option<Tally>,
) -> Result<(), StoreError> {
    let Some((key, reserved)) = &reservation.0 else { return Ok(()) };
    let Some(tally) = tx.attempts().lock(key)? else { return Ok(()) };
    match verdict(tally, reserved) {
        Some(left) => tx.attempts().keep(key, &left),
        None => tx.attempts().clear(key),
    }
    .map(drop)
}

/// After a right password. The failures of a session are over: whoever has it knows the password. Those of a device are not:
/// its owner has another device from now on, and whoever has a copy of the old token must not gain by it.
pub(super) fn settle_success(tx: &mut dyn Transaction, reservation: &Reservation) -> Result<(), StoreError> {
    match &reservation.0 {
        Some((key, _)) if key.kind == TallyKind::Session => tx.attempts().clear(key).map(drop),
        Some((key, _)) if key.kind == TallyKind::Device => settle(tx, reservation, Tally::released),
        _ => settle(tx, reservation, Tally::succeeded),
    }
}
