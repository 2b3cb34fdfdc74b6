//! The tutorial's helper, alone: from data to token (two hours), and from token back to data, under one secret.
//!
//! `JWT_SECRET=$(openssl rand -base64 48) cargo run -p auth-core --example token_helper`

use auth_core::secret::Secret;
use auth_core::time::{Clock, SystemClock};
use auth_core::token::SharedSecretTokens;
use serde::{Deserialize, Serialize};

// README begin
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    user_id: u64,
    username: String,
}

fn there_and_back(secret: &Secret, data: &Data) -> Result<Data, Box<dyn std::error::Error>> {
    let tokens = SharedSecretTokens::new(secret)?;
    let token = tokens.encode(data, SystemClock.now())?;
    Ok(tokens.decode(token.expose(), SystemClock.now())?)
}
// README end

#[expect(clippy::print_stdout, reason = "an example")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let secret = std::env::var("JWT_SECRET").map_err(|_| "set JWT_SECRET to at least 32 random bytes")?;
    let data = Data { user_id: 7, username: "alice".into() };
    println!("{:?}", there_and_back(&Secret::new(secret), &data)?);
    Ok(())
}
