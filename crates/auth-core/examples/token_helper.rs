//! The tutorial's helper, alone: from data to token (two hours), and from token back to data, under one secret.
//!
//! `JWT_SECRET=$(openssl rand -base64 48) cargo run -p auth-core --example token_helper`

use auth_core::secret::Secret;
use auth_core::time::{Clock, SystemClock};
use auth_core::token::SharedSecretTokens;
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    user_id: u64,
    username: String,
}

#[expect(clippy::print_stdout, reason = "an example")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let secret = std::env::var("JWT_SECRET").map_err(|_| "set JWT_SECRET to at least 32 random bytes")?;
    let tokens = SharedSecretTokens::new(&Secret::new(secret))?;
    let token = tokens.encode(&Data { user_id: 7, username: "alice".into() }, SystemClock.now())?;
    println!("{}", token.expose());
    let data: Data = tokens.decode(token.expose(), SystemClock.now())?;
    println!("{data:?}");
    Ok(())
}
