//! J-35: tokens by the next, the current, a previous, a retired and a revoked key, on two servers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_core::root_keys::RootKeyRing;
use auth_core::secret::Secret;
use auth_core::service::{KeySettings, RequestContext, SigningKeys, When};
use auth_core::testing::ManualClock;
use auth_core::time::{Clock as _, SystemClock};
use auth_core::token::{
    AccessClaims, Algorithm, Jwt, KeyRing, SigningKey, TokenPolicy, TokenSigner as _, TokenVerifier as _,
};

use crate::client::Client;
use crate::process::assert_done;
use crate::{BOUND, ISSUER, POLL, Site};

const ROOT: &str = "main:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const HOUR: Duration = Duration::from_secs(60 * 60);

/// What this key signs, whatever its time.
fn by(key: &SigningKey, claims: &AccessClaims) -> String {
    let jwt = Jwt::new(KeyRing::new(key.clone()), TokenPolicy::new(ISSUER, ISSUER));
    jwt.sign(claims).unwrap().expose().to_owned()
}

fn five_kinds_of_tokens(site: &Site) {
    let environment = [("AUTH_SECRETS_KEYS", ROOT)];
    assert_done(&site.desk.run(&["migrate", "run"], &site.environment(&environment)));
    // Keys as they are made in a hundred hours.
    let now = SystemClock.now();
    let clock = Arc::new(ManualClock::at(now.saturating_sub(100 * HOUR)));
    let ring = Arc::new(RootKeyRing::parse(&Secret::new(ROOT)).unwrap());
    let keys = SigningKeys::new(Arc::new(site.store()), ring, KeySettings::new(Algorithm::Es256))
        .with_clock(Arc::clone(&clock) as _);
    keys.open().unwrap();
    for (hours, when) in [(50, When::Now), (2, When::Now), (0, When::Ahead)] {
        clock.set(now.saturating_sub(hours * HOUR));
        keys.rotate(when, &RequestContext::system()).unwrap();
    }
    let ring = keys.current().load();
    let [retired, previous, current, next] = [0, 1, 2, 3].map(|index| ring.keys()[index].key.clone());
    (0..2).for_each(|number| site.restart(number, &environment));

    let mut client = Client::of(site);
    client.register("alice");
    let signed_in = client.sign_in(0, "alice");
    let token = signed_in.body["access_token"].as_str().unwrap();
    let claims = Jwt::new(keys.current(), TokenPolicy::new(ISSUER, ISSUER)).verify(token, SystemClock.now()).unwrap();
    let (stranger, _) = SigningKey::generate(Algorithm::Es256).unwrap();
    for server in 0..2 {
        assert_eq!(client.verify(server, token).status, 204);
        for (name, key, status) in [
            ("next", &next, 204),
            ("current", &current, 204),
            ("previous", &previous, 204),
            ("retired", &retired, 401),
            ("unknown", &stranger, 401),
        ] {
            assert_eq!(client.verify(server, &by(key, &claims)).status, status, "{name}, server {server}");
        }
    }
    let id = current.verifying().id().as_str().to_owned();
    assert_done(&site.desk.run(&["keys", "retire", &id, "--yes"], &site.environment(&environment)));
    let since = Instant::now();
    for server in 0..2 {
        while client.verify(server, token).status != 401 {
            assert!(since.elapsed() <= POLL.1 + BOUND.1, "server {server} goes on accepting it");
        }
        for (name, key, status) in [("next", &next, 204), ("previous", &previous, 204), ("revoked", &current, 401)] {
            assert_eq!(client.verify(server, &by(key, &claims)).status, status, "{name}, server {server}");
        }
        let fresh = client.sign_in(server, "alice");
        assert!(
            fresh.body["access_token"].as_str().unwrap().starts_with(by(&next, &claims).split('.').next().unwrap())
        );
    }
}

#[test]
#[cfg_attr(not(postgres), ignore = "no PostgreSQL server binaries and no TEST_POSTGRES_URL")]
fn tokens_by_five_kinds_of_keys_are_judged_alike_by_two_servers_postgres() {
    five_kinds_of_tokens(&Site::postgres());
}

#[test]
fn tokens_by_five_kinds_of_keys_are_judged_alike_by_two_servers_sqlite() {
    five_kinds_of_tokens(&Site::sqlite());
}
