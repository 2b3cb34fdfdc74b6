//! `auth-server doctor`.

use clap::Args;
use serde_json::json;

use super::output::{print_json, print_line};
use super::{Context, Failure, Output};
use crate::doctor::{Finding, Severity, examine, examine_public};

#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// Look at the server as clients reach it too, through this address: issuer, keys, headers, clock.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

pub(super) fn run(context: &Context, doctor: &Doctor) -> Result<(), Failure> {
    let mut findings = examine(&context.inputs);
    if let Some(url) = &doctor.url {
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(Failure::Usage("--url begins with http:// or https://".to_owned()));
        }
        findings.extend(examine_public(&context.inputs, url));
    }
    let count = |severity| findings.iter().filter(|one| one.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    match context.output {
        Output::Table => findings.iter().map(Finding::to_string).try_for_each(|line| print_line(&line))?,
        Output::Json => print_json(&json!({"errors": errors, "warnings": warnings, "findings": findings}))?,
    }
    match errors {
        0 => Ok(()),
        1 => Err(Failure::Failed("there is one error".to_owned())),
        _ => Err(Failure::Failed(format!("there are {errors} errors"))),
    }
}
