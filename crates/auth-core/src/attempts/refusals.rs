//! Who was told to wait: whoever comes back too early is refused without a queue, a hash or a query.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{DeviceId, Limiter, Network, TallyKey, Throttled};
use crate::id::UserId;
use crate::session::Instant;

/// How many refusals are remembered: a few megabytes.
const CAPACITY: usize = 65_536;

/// For how long an account's refusal is believed without asking: another instance, or a command, may have lifted it.
const BELIEVED: Duration = Duration::from_secs(5);

/// Whom a refusal is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refused {
    /// Attempts of this kind from a network.
    Network(Limiter, Network),
    /// A name, whether an account has it or not, a session, or a device that did not help.
    Tally(TallyKey),
}

#[derive(Debug, Clone, Copy)]
struct Note {
    noted: Instant,
    /// How long it was to wait then; `None`: for ever.
    wait: Option<Duration>,
    limiter: Limiter,
    user: Option<UserId>,
    /// Of a tally: somebody may lift it.
    can_be_lifted: bool,
}

impl Note {
    /// What is left to be waited for, where it is not over.
    #[expect(clippy::option_option, reason = "whether it is over, and a wait that may have no end")]
    fn left(&self, now: Instant) -> Option<Option<Duration>> {
        match self.wait {
            None => Some(None),
            // By the clock that says more: a wall clock that was set back makes nobody wait longer.
            Some(wait) => wait.checked_sub(now.since(self.noted)).filter(|left| !left.is_zero()).map(Some),
        }
    }

    /// Whether it is reason enough to refuse. What may have been lifted since is none: then it is told to whoever is refused
    /// for something else, who would come back too early otherwise.
    fn is_believed(&self, now: Instant) -> bool {
        !self.can_be_lifted || now.since(self.noted) < BELIEVED
    }
}

/// The refusals of late. Bounded: of two generations, the older one goes when the younger is full. Whoever is asked for
/// moves to the younger one, so that those who come back and back are not lost among many who came once.
pub struct Refusals {
    generations: Mutex<Generations>,
}

struct Generations {
    young: HashMap<Refused, Note>,
    old: HashMap<Refused, Note>,
    half: usize,
}

impl Default for Refusals {
    fn default() -> Self {
        Self::with_capacity(CAPACITY)
    }
}

impl Refusals {
    /// Remembers at most `capacity`.
    pub fn with_capacity(capacity: usize) -> Self {
        let (young, old) = (HashMap::new(), HashMap::new());
        Self { generations: Mutex::new(Generations { young, old, half: (capacity / 2).max(1) }) }
    }

    /// Whether one of these was told to wait and has not; the longest of their waits, and the account that it was about.
    /// `known` are the devices that ask, each with the account whose token it has: what strangers were told, of that account
    /// or of the network, is not meant for them. A device that was refused as well is a stranger as long as that is believed.
    pub fn check(
        &self,
        keys: &[Refused],
        known: &[(UserId, DeviceId)],
        now: Instant,
    ) -> Option<(Throttled, Option<UserId>)> {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        let helps = |(user, device): &(UserId, DeviceId)| {
            let note = generations.get(&Refused::Tally(TallyKey::device(*device)), now);
            note.is_none_or(|note| note.left(now).is_none() || !note.is_believed(now)).then_some(*user)
        };
        let known: Vec<UserId> = known.iter().filter_map(helps).collect();
        let (mut found, mut is_refused): (Option<(Throttled, Option<UserId>)>, _) = (None, false);
        for key in keys {
            let Some(note) = generations.get(key, now) else { continue };
            let is_spared = match key {
                Refused::Network(..) => !known.is_empty(),
                Refused::Tally(_) => note.user.is_some_and(|user| known.contains(&user)),
            };
            if is_spared {
                continue;
            }
            let Some(left) = note.left(now) else { continue };
            is_refused |= note.is_believed(now);
            let (limiter, longest) = match found {
                None => (note.limiter, left),
                Some((throttled, _)) => (throttled.limiter, longer(throttled.retry_after, left)),
            };
            let user = note.user.or(found.and_then(|(_, user)| user));
            found = Some((Throttled { limiter, retry_after: longest }, user));
        }
        found.filter(|_| is_refused)
    }

    /// Remembers a refusal. A network has several limits, of which the last to end is kept; of anything else the latest
    /// refusal says most, for the one before may have been lifted.
    pub fn note(&self, key: Refused, throttled: &Throttled, user: Option<UserId>, now: Instant) {
        let can_be_lifted = matches!(key, Refused::Tally(_));
        let note = Note { noted: now, wait: throttled.retry_after, limiter: throttled.limiter, user, can_be_lifted };
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        let before = generations.get(&key, now).filter(|_| !can_be_lifted).and_then(|before| before.left(now));
        if before.is_none_or(|left| longer(left, note.wait) == note.wait) {
            generations.insert(key, note);
        }
    }

    /// Forgets one: it was lifted.
    pub fn forget(&self, key: &Refused) {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        generations.young.remove(key);
        generations.old.remove(key);
    }

    /// How many are remembered.
    pub fn len(&self) -> usize {
        let generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        generations.young.len() + generations.old.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The longer of two waits, of which `None` is for ever.
pub(crate) fn longer(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    Some(one?.max(other?))
}

impl Generations {
    fn get(&mut self, key: &Refused, now: Instant) -> Option<Note> {
        if let Some(note) = self.young.get(key).copied() {
            return Some(note);
        }
        let note = self.old.remove(key)?;
        if note.left(now).is_some() {
            self.insert(*key, note);
        }
        Some(note)
    }

    fn insert(&mut self, key: Refused, note: Note) {
        self.old.remove(&key);
        if self.young.len() >= self.half && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, note);
    }
}

impl fmt::Debug for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refusals").field("len", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attempts::TallyKind;
    use crate::time::Timestamp;

    const BLOCKED: Throttled = Throttled { limiter: Limiter::Account, retry_after: None };

    fn at(seconds: u64) -> Instant {
        let by = Duration::from_secs(seconds);
        Instant { wall: Timestamp::from_unix_seconds(1_000_000).saturating_add(by), monotonic: by }
    }

    fn name(number: u32) -> Refused {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&number.to_be_bytes());
        Refused::Tally(TallyKey { kind: TallyKind::Name, id })
    }

    fn network(number: u32) -> Refused {
        Refused::Network(Limiter::LoginAddress, Network::around(std::net::IpAddr::V4(number.into()), 32))
    }

    fn wait(limiter: Limiter, seconds: u64) -> Throttled {
        Throttled { limiter, retry_after: Some(Duration::from_secs(seconds)) }
    }

    fn asked(refusals: &Refusals, keys: &[Refused], now: u64) -> Option<Throttled> {
        refusals.check(keys, &[], at(now)).map(|(throttled, _)| throttled)
    }

    #[test]
    fn whoever_was_told_to_wait_is_refused_until_then_and_no_longer() {
        let refusals = Refusals::default();
        refusals.note(network(1), &wait(Limiter::LoginAddress, 60), None, at(0));
        assert_eq!(asked(&refusals, &[network(1)], 20), Some(wait(Limiter::LoginAddress, 40)));
        assert_eq!(asked(&refusals, &[network(2)], 20), None);
        assert_eq!(asked(&refusals, &[network(1)], 60), None);
        let set_back = Instant { wall: at(0).wall, monotonic: at(61).monotonic };
        assert_eq!(refusals.check(&[network(1)], &[], set_back), None, "the clock that says more counts");
    }

    #[test]
    fn an_account_is_asked_for_again_after_seconds_for_others_may_have_lifted_it() {
        let refusals = Refusals::default();
        refusals.note(name(1), &BLOCKED, None, at(0));
        refusals.note(name(2), &wait(Limiter::Account, 900), None, at(0));
        assert_eq!(asked(&refusals, &[name(1)], 4), Some(BLOCKED));
        assert_eq!(asked(&refusals, &[name(2)], 4), Some(wait(Limiter::Account, 896)));
        assert_eq!((asked(&refusals, &[name(1)], 5), asked(&refusals, &[name(2)], 5)), (None, None));
        refusals.note(name(1), &BLOCKED, None, at(5));
        refusals.forget(&name(1));
        assert_eq!(asked(&refusals, &[name(1)], 5), None);
    }

    #[test]
    fn of_several_refusals_the_longest_wait_is_told() {
        let refusals = Refusals::default();
        refusals.note(network(1), &wait(Limiter::LoginAddress, 60), None, at(0));
        refusals.note(name(1), &wait(Limiter::Account, 900), None, at(0));
        refusals.note(name(2), &BLOCKED, None, at(0));
        assert_eq!(asked(&refusals, &[network(1), name(1)], 0), Some(wait(Limiter::LoginAddress, 900)));
        assert_eq!(asked(&refusals, &[network(1), name(2)], 0).map(|told| told.retry_after), Some(None));
    }

    #[test]
    fn of_two_limits_of_one_network_the_last_to_end_is_told() {
        for waits in [[60, 3_600], [3_600, 60]] {
            let refusals = Refusals::default();
            for seconds in waits {
                refusals.note(network(1), &wait(Limiter::LoginAddress, seconds), None, at(0));
            }
            assert_eq!(asked(&refusals, &[network(1)], 30), Some(wait(Limiter::LoginAddress, 3_570)));
            // One that is over says nothing about the next.
            refusals.note(network(1), &wait(Limiter::LoginAddress, 60), None, at(3_600));
            assert_eq!(asked(&refusals, &[network(1)], 3_600), Some(wait(Limiter::LoginAddress, 60)));
        }
        let refusals = Refusals::default();
        refusals.note(name(1), &wait(Limiter::Account, 900), None, at(0));
        refusals.note(name(1), &wait(Limiter::Account, 1), None, at(0));
        assert_eq!(asked(&refusals, &[name(1)], 0), Some(wait(Limiter::Account, 1)), "it was lifted in between");
    }

    #[test]
    fn what_may_have_been_lifted_refuses_nobody_and_is_told_to_those_who_are_refused() {
        let refusals = Refusals::default();
        refusals.note(network(1), &wait(Limiter::LoginAddress, 60), None, at(0));
        refusals.note(name(1), &wait(Limiter::Account, 900), None, at(0));
        refusals.note(name(2), &BLOCKED, None, at(0));
        let told = |name, now| asked(&refusals, &[network(1), name], now).map(|told| told.retry_after);
        assert_eq!(told(name(1), 30), Some(Some(Duration::from_secs(870))));
        assert_eq!(told(name(2), 30), Some(None));
        assert_eq!(told(name(3), 30), Some(Some(Duration::from_secs(30))));
        assert_eq!((told(name(1), 60), told(name(2), 60)), (None, None), "by itself it is no reason");
    }

    #[test]
    fn a_known_device_is_not_refused_for_strangers_to_its_own_account_nor_for_its_network() {
        let refusals = Refusals::default();
        let (owner, other) = (UserId::from_bytes([1; 16]), UserId::from_bytes([2; 16]));
        let (own, others) = ((owner, DeviceId([1; 16])), (other, DeviceId([2; 16])));
        refusals.note(name(1), &BLOCKED, Some(owner), at(0));
        refusals.note(name(2), &BLOCKED, None, at(0));
        refusals.note(network(1), &wait(Limiter::LoginAddress, 60), None, at(0));
        assert_eq!(refusals.check(&[network(1), name(1)], &[own], at(0)), None);
        assert_eq!(refusals.check(&[network(1), name(1)], &[others, own], at(0)), None, "of several, whichever helps");
        assert_eq!(refusals.check(&[network(1), name(1)], &[others], at(0)), Some((BLOCKED, Some(owner))));
        assert_eq!(refusals.check(&[name(2)], &[others], at(0)), Some((BLOCKED, None)));
    }

    #[test]
    fn a_device_that_was_refused_is_a_stranger_for_seconds() {
        let refusals = Refusals::default();
        let owner = UserId::from_bytes([1; 16]);
        let (tried, another) = ((owner, DeviceId([1; 16])), (owner, DeviceId([2; 16])));
        refusals.note(network(1), &wait(Limiter::LoginAddress, 60), None, at(0));
        refusals.note(Refused::Tally(TallyKey::device(tried.1)), &wait(Limiter::LoginAddress, 60), None, at(0));
        let asked = |known, now| refusals.check(&[network(1)], &[known], at(now)).map(|(throttled, _)| throttled);
        assert_eq!(asked(tried, 4), Some(wait(Limiter::LoginAddress, 56)));
        assert_eq!((asked(another, 4), asked(tried, 5)), (None, None));
        assert_eq!(refusals.check(&[name(1)], &[tried], at(0)), None, "what was lifted is lifted for it as well");
    }

    #[test]
    fn l11_a_million_keys_take_bounded_memory_and_hot_ones_stay() {
        let refusals = Refusals::with_capacity(1_000);
        let hot = [network(0), name(0)];
        for key in hot {
            refusals.note(key, &Throttled { limiter: Limiter::LoginAddress, retry_after: None }, None, at(0));
        }
        for number in 1..=1_000_000_u32 {
            refusals.note(name(number), &wait(Limiter::LoginAddress, 900), None, at(0));
            if number % 400 == 0 {
                assert!(hot.iter().all(|key| asked(&refusals, &[*key], 0).is_some()), "{number}");
            }
        }
        assert!(refusals.len() <= 1_001, "{}", refusals.len());
    }
}
