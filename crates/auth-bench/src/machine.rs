//! The machine, the limits that it sets, and the program that is measured on it.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Fallible;
use crate::argon::cores;

/// Open files that goal 3 needs: 10,000 connections, and room.
pub(crate) const FILES: u64 = 12_000;
/// Set where this program started itself again, so that it does so once.
const MARK: &str = "AUTH_BENCH_LIMIT";

/// Raises the limit of open files as far as the system allows: the program starts itself again under the shell's
/// `ulimit`, for no safe call of the standard library does it.
///
/// # Errors
/// Where there is no shell.
pub(crate) fn allow_connections() -> Fallible<()> {
    if open_files().is_some_and(|limit| limit >= FILES) || std::env::var_os(MARK).is_some() {
        return Ok(());
    }
    let mut shell = Command::new("sh");
    shell.args(["-c", r#"ulimit -n "$(ulimit -H -n)"; exec "$0" "$@""#]).arg(std::env::current_exe()?);
    Err(shell.args(std::env::args_os().skip(1)).env(MARK, "1").exec().into())
}

/// How many files this process, and what it starts, may open.
pub(crate) fn open_files() -> Option<u64> {
    soft_limit(&fs::read_to_string("/proc/self/limits").ok()?)
}

fn soft_limit(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    match line.split_whitespace().next()? {
        "unlimited" => Some(u64::MAX),
        number => number.parse().ok(),
    }
}

/// Memory that the system could give, in bytes.
pub(crate) fn available_memory() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|size| size * 1_024)
}

/// One line about where and how.
pub(crate) fn describe(runs: u16, seconds: u16) -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let model = model.map_or("unknown processor", |(_, model)| model.trim());
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().next().unwrap_or("unknown");
    format!(
        "{model}, {} cores, load average {load} at the start; {runs} runs of {seconds} s, each after its control; medians.",
        cores()
    )
}

/// Builds the workspace's server in release, with the features of nobody else, and says where it is.
///
/// # Errors
/// Where it does not build.
pub(crate) fn build_server() -> Fallible<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--release", "--locked", "-p", "auth-server"])
        .current_dir(&root)
        .status()?;
    if !status.success() {
        return Err("the server does not build".into());
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder));
    Ok(target.join("release/auth-server").canonicalize()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_is_the_first_number() {
        let line = |soft: &str| format!("Limit   Soft   Hard\nMax open files            {soft}   20000   files\n");
        assert_eq!(soft_limit(&line("1024")), Some(1_024));
        assert_eq!(soft_limit(&line("unlimited")), Some(u64::MAX));
        assert_eq!(soft_limit("Max processes 1 2 processes"), None);
    }

    #[test]
    fn the_machine_is_described_in_one_line() {
        assert_eq!(describe(3, 5).lines().count(), 1);
        assert!(available_memory().is_some_and(|free| free > 0) && open_files().is_some());
    }
}
