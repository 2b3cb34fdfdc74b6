//! A service that takes access tokens of the auth server and shows what they say.
//!
//! `cargo run -p resource-server -- ISSUER AUDIENCE JWKS_URI [SECONDS_AHEAD]`
//!
//! It asks no database and no auth server, but for the published keys; with `JWT_SECRET` set, that secret is the key. With
//! `SECONDS_AHEAD` its clock is that much ahead, to see what it says of tokens that have expired.

mod http;
mod verifier;

use std::io::Error;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use auth_core::secret::Secret;
use auth_core::time::{Clock, SystemClock, Timestamp};
use auth_core::token::{KeySet, KeySetOrigin, VerifyingKey, load_key_set};
use serde_json::{Value, json};
use verifier::{Refusal, Verifier};

// README begin
/// The keys that the server publishes. Take your own HTTP client for `get`, with a time limit.
fn published(uri: &str) -> Result<KeySet, String> {
    load_key_set(&http::get(uri)?, KeySetOrigin::Foreign).map_err(|error| error.to_string())
}

/// The key of a server that signs by HS256.
fn shared(secret: &Secret) -> Result<KeySet, String> {
    let key = VerifyingKey::shared(secret).map_err(|error| error.to_string())?;
    KeySet::new([key]).map_err(|error| error.to_string())
}
// README end

struct Ahead(Duration);

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        SystemClock.now().saturating_add(self.0)
    }

    fn monotonic(&self) -> Duration {
        SystemClock.monotonic()
    }
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "an example")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let (issuer, audience, keys, ahead) = match arguments.as_slice() {
        [issuer, audience, keys] => (issuer, audience, keys, 0),
        [issuer, audience, keys, ahead] => (issuer, audience, keys, ahead.parse()?),
        _ => return Err("arguments: ISSUER AUDIENCE JWKS_URI [SECONDS_AHEAD]".into()),
    };
    let secret = std::env::var("JWT_SECRET").ok().map(Secret::new);
    let fetch = || secret.as_ref().map_or_else(|| published(keys), shared);
    let verifier = Verifier::new(issuer, audience, fetch, Ahead(Duration::from_secs(ahead)));
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("address http://{}", listener.local_addr()?);
    for stream in listener.incoming() {
        if let Err(error) =
            stream.and_then(|stream| serve(&stream, |token| verifier.check(token).map(|good| good.claims)))
        {
            eprintln!("a request was cut short: {error}");
        }
    }
    Ok(())
}

/// Answers one request: 200 with the claims, 401 with the reason, for it is an example, or 503.
fn serve<Claims: Into<Value>>(
    stream: &TcpStream,
    check: impl Fn(&str) -> Result<Claims, Refusal>,
) -> Result<(), Error> {
    let Some(token) = http::bearer(stream)? else {
        return http::answer(stream, "401 Unauthorized", "WWW-Authenticate: Bearer\r\n", "{}");
    };
    match check(&token) {
        Ok(claims) => http::answer(stream, "200 OK", "", &claims.into().to_string()),
        Err(Refusal::Token(reason)) => {
            let body = json!({"reason": reason.to_string()}).to_string();
            http::answer(stream, "401 Unauthorized", "WWW-Authenticate: Bearer error=\"invalid_token\"\r\n", &body)
        }
        Err(Refusal::Keys(reason)) => {
            let body = json!({"reason": reason}).to_string();
            http::answer(stream, "503 Service Unavailable", "Retry-After: 1\r\n", &body)
        }
    }
}
