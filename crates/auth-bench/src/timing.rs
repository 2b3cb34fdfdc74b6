//! Whether the time of a refused sign-in tells what is behind a name. In one process, so that no network hides anything.

#[cfg(feature = "broken")]
mod broken;
mod pairs;
mod stage;

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use auth_core::entropy::SystemEntropy;
use auth_core::password::{Argon2Hasher, Argon2Params, PasswordHasher};
use clap::Args;

use crate::Fallible;
use pairs::Verdict;
use stage::{Arm, Stage};

/// Measures whether the time of a refused sign-in tells anything of the account: each state against an unknown name of the
/// same class of hash, in turn. Fails where one differs, or where it is not shown that it does not.
#[derive(Debug, Args)]
pub(crate) struct Timing {
    /// Pairs of sign-ins for each state.
    #[arg(long, value_parser = clap::value_parser!(u16).range(50..=20_000), default_value = "400")]
    pairs: u16,
    /// One state alone.
    #[arg(long, value_enum)]
    state: Option<Arm>,
    /// The difference of medians that counts as none, in microseconds: a fortieth of a hash, and less than a hop of a
    /// network wavers.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000_000), default_value = "500")]
    bound: u32,
    /// Measures a build that is broken on purpose, and has to fail.
    #[cfg(feature = "broken")]
    #[arg(long = "break", value_enum)]
    broken: Option<broken::Break>,
}

impl Timing {
    /// Prints a table, and fails where a state can be told.
    ///
    /// # Errors
    /// Where a state differs, or the interval is too wide to say.
    pub(crate) fn measure(&self) -> Fallible<()> {
        let stage = Stage::new(self.hasher()?, self.pairs.into())?;
        let bound = Duration::from_micros(self.bound.into());
        let mut out = std::io::stdout();
        writeln!(out, "{} pairs a state; equal: the 99.9 % interval is within {bound:?}\n", self.pairs)?;
        writeln!(out, "| state | median | unknown name | difference, 99.9 % interval | verdict |")?;
        writeln!(out, "| --- | --- | --- | --- | --- |")?;
        let mut told = Vec::new();
        for arm in Arm::ALL.into_iter().filter(|arm| self.state.is_none_or(|state| state == *arm)) {
            let found = stage.measure(arm)?;
            let verdict = found.verdict(bound);
            writeln!(out, "| {} | {found} | {} |", arm.name(), verdict.as_str())?;
            if verdict != Verdict::Equal {
                told.push(arm.name());
            }
        }
        if told.is_empty() { Ok(()) } else { Err(format!("not shown to be equal: {}", told.join(", ")).into()) }
    }
}

#[cfg(not(feature = "broken"))]
impl Timing {
    #[expect(clippy::unused_self, reason = "as where builds are broken on purpose")]
    fn hasher(&self) -> Fallible<Arc<dyn PasswordHasher>> {
        present()
    }
}

#[cfg(feature = "broken")]
impl Timing {
    fn hasher(&self) -> Fallible<Arc<dyn PasswordHasher>> {
        match self.broken {
            Some(way) => broken::hasher(present()?, way),
            None => present(),
        }
    }
}

/// The hasher of the server with its defaults.
fn present() -> Fallible<Arc<dyn PasswordHasher>> {
    Ok(Arc::new(Argon2Hasher::new(Argon2Params::default(), 1, Arc::new(SystemEntropy))?))
}
