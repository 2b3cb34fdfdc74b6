//! `auth-server hash calibrate`.

use std::time::Duration;

use auth_core::password::Argon2Params;
use clap::Args;
use serde_json::json;

use crate::assemble;
use crate::cli::output::{print, print_json, say_error};
use crate::cli::{Context, Failure, Output};
use crate::config::{format_size, read_duration, read_size};
use crate::hash_rate::{Rate, measure, recommend};

#[derive(Debug, Args)]
pub(in crate::cli) struct Calibrate {
    /// How long a hash may take while all cores hash. What a sign-in waits for, and what an attacker pays for each guess.
    #[arg(long, value_name = "DURATION", default_value = "250ms", value_parser = read_duration)]
    target: Duration,
    /// The memory of a hash, where not the target shall choose it: `19MiB`.
    #[arg(long, value_name = "SIZE", value_parser = read_size)]
    memory: Option<u64>,
}

pub(in crate::cli) fn run(context: &Context, calibrate: &Calibrate) -> Result<(), Failure> {
    let settings = context.load()?.settings;
    let at_once = assemble::sizing(&settings).hashes.get();
    if cfg!(debug_assertions) {
        say_error("warning: this is a debug build, whose hashes may be slower than those of a release build");
    }
    let memory_kib = calibrate.memory.map(|bytes| u32::try_from(bytes / 1_024).unwrap_or(u32::MAX));
    let (present, _) = assemble::check(&settings)?;
    let failed = |error| Failure::of(&error);
    let now = measure(present, at_once).map_err(failed)?;
    let found = recommend(calibrate.target, memory_kib, |params| measure(params, at_once)).map_err(failed)?;
    let Some((params, rate)) = found else {
        return Err(Failure::Failed(refusal(calibrate, present, now)));
    };
    match context.output {
        Output::Json => print_json(&json!({
            "target_ms": millis(calibrate.target),
            "at_once": at_once,
            "recommended": describe(params, rate, at_once),
            "configured": describe(present, now, at_once),
        })),
        Output::Table => print(&table(at_once, (params, rate), (present, now))),
    }
}

fn refusal(calibrate: &Calibrate, present: Argon2Params, now: Rate) -> String {
    let target = millis(calibrate.target);
    let memory = calibrate.memory.map(|bytes| format!(" with {}", format_size(bytes))).unwrap_or_default();
    format!(
        "no cost{memory} that protects passwords takes {target:.0} ms or less here (the configured one takes {:.1} ms, {} and {} \
         passes)\n  raise --target, or leave the choice of the memory to the target; the sets of the OWASP Password Storage \
         Cheat Sheet are the least",
        millis(now.one),
        size(present),
        present.iterations(),
    )
}

fn table(at_once: usize, (params, rate): (Argon2Params, Rate), (present, now): (Argon2Params, Rate)) -> String {
    let row = |name: &str, params: Argon2Params, rate: Rate| {
        format!(
            "{name:<12} {:>9} {:>7} {:>9.1} ms {:>11.1} {:>9}\n",
            size(params),
            params.iterations(),
            millis(rate.one),
            rate.a_second,
            format_size(in_use(params, at_once)),
        )
    };
    format!(
        "hashes at once: {at_once}\n\n{:<12} {:>9} {:>7} {:>12} {:>11} {:>9}\n{}{}\n\
         [hashing]\nmemory = \"{}\"\niterations = {}\nparallelism = {}\n",
        "",
        "memory",
        "passes",
        "one hash",
        "sign-ins/s",
        "in use",
        row("recommended", params, rate),
        row("configured", present, now),
        size(params),
        params.iterations(),
        params.parallelism(),
    )
}

fn describe(params: Argon2Params, rate: Rate, at_once: usize) -> serde_json::Value {
    json!({
        "memory": size(params),
        "iterations": params.iterations(),
        "parallelism": params.parallelism(),
        "one_hash_ms": millis(rate.one),
        "sign_ins_a_second": rate.a_second,
        "memory_in_use": format_size(in_use(params, at_once)),
    })
}

fn size(params: Argon2Params) -> String {
    format_size(u64::from(params.memory_kib()) * 1_024)
}

/// What all hashes that are made at once hold, in bytes.
fn in_use(params: Argon2Params, at_once: usize) -> u64 {
    u64::from(params.memory_kib()).saturating_mul(1_024).saturating_mul(u64::try_from(at_once).unwrap_or(u64::MAX))
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
