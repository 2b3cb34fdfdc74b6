//! What the memories that strangers fill come to, with a million distinct keys each:
//!
//! ```sh
//! cargo bench -p auth-core --bench caches
//! ```
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a program for people who develop this one")]

use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant as Watch};

use auth_core::attempts::{Limiter, Network, Refusals, Refused, Throttled};
use auth_core::id::{SessionId, UserId};
use auth_core::secret::Secret;
use auth_core::session::Instant;
use auth_core::time::Timestamp;
use auth_core::token::{
    AccessClaims, AuthMethod, Jwt, KeyRing, SigningKey, TokenPolicy, TokenSigner as _, TokenVerifier as _,
    TutorialUserId,
};

const KEYS: u128 = 1_000_000;
const ISSUER: &str = "https://auth.example";
const NOW: Timestamp = Timestamp::from_unix_seconds(1_795_428_000);

/// Resident memory in KiB (proc(5), `status`).
fn resident(line: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|text| text.strip_prefix(line)).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

fn measure<T>(what: &str, fill: impl FnOnce() -> T) {
    let (before, begun) = (resident("VmRSS:"), Watch::now());
    let filled = fill();
    let (after, peak) = (resident("VmRSS:"), resident("VmHWM:"));
    println!(
        "| {what} | {:.1} MiB | {:.1} MiB | {:.0} s |",
        f64::from(u32::try_from(after.saturating_sub(before)).unwrap()) / 1_024.0,
        f64::from(u32::try_from(peak).unwrap()) / 1_024.0,
        begun.elapsed().as_secs_f64()
    );
    // Held until it was measured.
    drop(filled);
}

fn refusals() -> Refusals {
    let refusals = Refusals::default();
    let at = Instant { wall: NOW, monotonic: Duration::from_secs(1) };
    let throttled = Throttled { limiter: Limiter::LoginAddress, retry_after: Some(Duration::from_secs(3_600)) };
    let network = |number: u128| {
        let address = IpAddr::V6(Ipv6Addr::from_bits((0x2001_0db8_u128 << 96) | (number << 64)));
        Refused::Network(Limiter::LoginAddress, Network::around(address, 64))
    };
    let hot = network(KEYS);
    refusals.note(hot, &throttled, None, at);
    for number in 0..KEYS {
        refusals.note(network(number), &throttled, None, at);
        assert!(number % 1_000 != 0 || refusals.check(&[hot], None, at).is_some(), "who comes back is not forgotten");
    }
    refusals
}

fn tokens() -> Jwt {
    let key = SigningKey::shared(&Secret::new("q7Rk2mXw9ZtLb4VdYs8NcJh3GfPa6TeU")).unwrap();
    let jwt = Jwt::new(KeyRing::new(key), TokenPolicy::new(ISSUER, ISSUER)).with_cache(10_000);
    for number in 0..KEYS {
        let id = number.to_be_bytes();
        let token = jwt.sign(&AccessClaims {
            issuer: ISSUER.to_owned(),
            audience: ISSUER.to_owned(),
            subject: UserId::from_bytes(id),
            session: SessionId::from_bytes(id),
            token_id: number.to_string(),
            issued_at: NOW,
            expires_at: NOW.saturating_add(Duration::from_secs(7_200)),
            authenticated_at: NOW,
            roles: Vec::new(),
            methods: vec![AuthMethod::Password],
            user_id: TutorialUserId::Text(number.to_string()),
            username: format!("user{number}"),
        });
        jwt.verify(token.unwrap().expose(), NOW).unwrap();
    }
    jwt
}

fn main() {
    println!("| a million distinct keys in | growth | peak of the process | time |\n| --- | --- | --- | --- |");
    measure("the memory of refusals (65,536 places)", refusals);
    measure("the memory of tokens (10,000 places), HS256, each signed and verified", tokens);
}
