//! `auth-server doctor`.

use serde_json::json;

use super::output::{print_json, print_line};
use super::{Context, Failure, Output};
use crate::doctor::{Finding, Severity, examine};

pub(super) fn run(context: &Context) -> Result<(), Failure> {
    let findings = examine(&context.inputs);
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
