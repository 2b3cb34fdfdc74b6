//! Goal 5: what a use case costs when there are a hundred or a thousand times more accounts and ended sessions. Without
//! HTTP, and with a hasher that costs nothing: the database's part alone, one call after the other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_core::AuthService;
use auth_core::audit::Actor;
use auth_core::password::{Password, PasswordHasher as _};
use auth_core::secret::Secret;
use auth_core::service::{Authority, Credentials, LoginOutcome, PageRequest, RequestContext, ServiceSettings};
use auth_core::testing::CheapHasher;
use auth_core::token::{Algorithm, Jwt, TokenPolicy};
use auth_core::user::UserFilter;

use super::Setting;
use crate::Fallible;
use crate::figures::{Series, micros, percentile};
use crate::request::{PASSWORD, username};
use crate::site::{ISSUER, Site};
use crate::table::{Row, Target};

/// What the others are compared with.
const SMALL: usize = 1_000;
const LARGE: usize = 100_000;
const FULL: usize = 1_000_000;
/// Flat: what doubles is not. The design names no figure.
const FLAT: f64 = 1.5;
/// Calls of each use case in a run: their median is the figure, so that a pause of the machine is not.
const CALLS: usize = 300;
const WHAT: [&str; 4] = ["a sign-in's part in the database", "refresh", "authenticate", "an admin page of 50 accounts"];

/// A service on a database of one size.
struct Tier {
    users: usize,
    service: AuthService,
    /// Accounts take turns in steps that visit all, far from one another.
    next: usize,
    /// Of the page that begins in the middle of all accounts, and of the one to be read next.
    middle: Option<String>,
    page: Option<String>,
    _site: Site,
}

impl Setting {
    pub(super) fn growth(&self) -> Fallible<Vec<Row>> {
        let mut small = self.tier(SMALL)?;
        let mut rows = Vec::new();
        for users in [Some(LARGE), self.full.then_some(FULL)].into_iter().flatten() {
            let mut large = self.tier(users)?;
            let (mut controls, mut all): ([Series; 4], [Series; 4]) = Default::default();
            // The first round of each warms it up.
            small.round()?;
            large.round()?;
            for _ in 0..self.runs {
                note(&mut controls, small.round()?);
                note(&mut all, large.round()?);
            }
            for ((what, measured), control) in WHAT.into_iter().zip(all).zip(controls) {
                let what = format!("{what}: {users} accounts and ended sessions, against {SMALL}");
                rows.push(Row::alone(5, what, "us", measured, Target::AtMost(FLAT)).beside(control));
            }
        }
        Ok(rows)
    }

    fn tier(&self, users: usize) -> Fallible<Tier> {
        let site = Site::new(self.backend)?;
        let hasher = CheapHasher::new();
        site.fill(users, hasher.hash(&Password::new(PASSWORD))?.expose(), users)?;
        let policy = TokenPolicy::new(ISSUER, ISSUER);
        let service = AuthService::builder()
            .store(Arc::new(site.open()?))
            .hasher(Arc::new(hasher))
            .tokens(Arc::new(Jwt::new(site.keys(Algorithm::Es256)?.current(), policy)))
            .root_keys(Arc::new(auth_core::root_keys::RootKeyRing::parse(&site.ring.to_text())?))
            // Endings are heard once, below: nothing ends while we measure.
            .revocation(Duration::from_secs(24 * 3_600))
            .settings(ServiceSettings::new(ISSUER.to_owned()))
            .build()?;
        service.hear_endings()?;
        let mut tier = Tier { users, service, next: 0, middle: None, page: None, _site: site };
        for _ in 0..users / 2 / 100 {
            tier.read_page(100)?;
        }
        tier.middle.clone_from(&tier.page);
        Ok(tier)
    }
}

fn note(series: &mut [Series; 4], values: [f64; 4]) {
    for (series, value) in series.iter_mut().zip(values) {
        series.push(value);
    }
}

impl Tier {
    /// The median cost of each use case, in microseconds.
    fn round(&mut self) -> Fallible<[f64; 4]> {
        let (mut refresh, mut access, mut next) = (Vec::new(), Vec::new(), self.next);
        let context = RequestContext::of(Actor::Client);
        let sign_in = timed(0..CALLS, |_| {
            next = next_account(next, self.users);
            let credentials = Credentials::new(username(next + 1), Password::new(PASSWORD));
            let LoginOutcome::SignedIn(signed_in) = self.service.login(credentials, &context)?;
            refresh.push(signed_in.refresh_token);
            access.push(signed_in.access_token);
            Ok(())
        })?;
        self.next = next;
        let refresh = timed(refresh, |token: Secret| {
            self.service.refresh(token.expose(), &context)?;
            Ok(())
        })?;
        let authenticate = timed(access, |token: Secret| {
            self.service.authenticate(token.expose())?;
            Ok(())
        })?;
        let page = timed(0..CALLS, |_| self.read_page(50))?;
        Ok([sign_in, refresh, authenticate, page])
    }

    /// Reads the page that follows; after the last one it goes on in the middle.
    fn read_page(&mut self, limit: u32) -> Fallible<()> {
        let request = PageRequest { cursor: self.page.as_deref(), limit };
        let page = self.service.list_users(Authority::Operator, &UserFilter::default(), request)?;
        if page.items.is_empty() {
            return Err("a page without accounts".into());
        }
        self.page = page.next.or_else(|| self.middle.clone());
        Ok(())
    }
}

/// Another account, far away; after `users` of them all were visited.
fn next_account(last: usize, users: usize) -> usize {
    // A prime that divides no size of ours.
    (last + 611_953) % users.max(1)
}

fn timed<T>(over: impl IntoIterator<Item = T>, mut call: impl FnMut(T) -> Fallible<()>) -> Fallible<f64> {
    let mut samples = Vec::with_capacity(CALLS);
    for item in over {
        let start = Instant::now();
        call(item)?;
        samples.push(start.elapsed());
    }
    Ok(percentile(&samples, 0.5).map(micros).ok_or("nothing was called")?)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use auth_storage::Backend;

    use super::*;

    #[test]
    fn every_account_gets_its_turn() {
        let mut visited = HashSet::new();
        let mut at = 0;
        for _ in 0..SMALL {
            at = next_account(at, SMALL);
            visited.insert(at);
        }
        assert_eq!(visited.len(), SMALL);
    }

    #[test]
    fn the_accounts_of_a_filled_database_sign_in_refresh_and_are_known() {
        let setting = Setting {
            backend: Backend::Sqlite,
            server: std::path::PathBuf::new(),
            runs: 1,
            length: Duration::ZERO,
            full: false,
        };
        let figures = setting.tier(50).unwrap().round().unwrap();
        assert!(figures.iter().all(|figure| *figure > 0.0), "{figures:?}");
    }
}
