//! `auth-server healthcheck`: asks the server that runs here, for containers.

use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use super::output::{print, print_json};
use super::{Context, Failure, Output};
use crate::ask::Asker;
use crate::config::Settings;

/// What container platforms give a probe; and longer than a server that is well ever takes.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, Args)]
pub(super) struct Healthcheck {
    /// The server's address; without it, that of the configuration on this machine.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

pub(super) fn run(context: &Context, check: &Healthcheck) -> Result<(), Failure> {
    let base = match &check.url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => own(&context.load()?.settings)?,
    };
    let answer = Asker::new(PATIENCE).get(&format!("{base}/readyz"));
    let answer = answer.map_err(|error| Failure::Failed(format!("{base} does not answer: {error}")))?;
    let body: Value = serde_json::from_str(&answer.body).unwrap_or(Value::Null);
    if answer.status != 200 {
        let checks = body.get("checks").and_then(Value::as_object);
        let failed =
            checks.map(|checks| checks.iter().filter(|(_, verdict)| *verdict != "ok").map(|(name, _)| name.as_str()));
        let failed: Vec<_> = failed.into_iter().flatten().collect();
        return Err(Failure::Failed(format!("{base} is not ready ({}): {}", answer.status, failed.join(", "))));
    }
    match context.output {
        Output::Json => print_json(&json!({"ready": true, "checks": body.get("checks")})),
        Output::Table => print("ready\n"),
    }
}

/// Where the configured server listens, as this machine reaches it.
fn own(settings: &Settings) -> Result<String, Failure> {
    if settings.server.port == 0 {
        let text = "server.port is 0, and only the server knows which port it took: say --url";
        return Err(Failure::Usage(text.to_owned()));
    }
    let host = match settings.server.host.as_str() {
        "0.0.0.0" => "127.0.0.1".to_owned(),
        "::" => "[::1]".to_owned(),
        host if host.contains(':') => format!("[{host}]"),
        host => host.to_owned(),
    };
    Ok(format!("http://{host}:{}", settings.server.port))
}
