//! Measures auth-server against its goals, beside controls in the same run. `docs/BENCHMARKS.md` says how to read it.

mod argon;
mod control;
mod figures;
mod fill;
mod goals;
mod http;
mod load;
mod machine;
mod probe;
mod process;
mod request;
mod site;
mod table;
mod timing;
mod tokens;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use auth_storage::Backend;
use clap::{Parser, Subcommand, ValueEnum};

use control::Control;
use goals::Setting;

/// What can fail, and why, for whoever reads the end of a run.
type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Measures auth-server against its goals.
#[derive(Debug, Parser)]
#[command(name = "auth-bench", max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    part: Option<Part>,
    /// On which database.
    #[arg(long, value_enum, default_value = "sqlite")]
    database: Database,
    /// Which goals, between commas: 1 sign-ins, 2 flood, 3 memory, 4 token checks, 5 growth, 6 start and stop.
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u8).range(1..=6), default_value = "1,2,3,4,5,6")]
    goals: Vec<u8>,
    /// How often each figure is measured, and its control before it.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1000), default_value = "3")]
    runs: u16,
    /// How long each measurement lasts, in seconds.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=3600), default_value = "5")]
    seconds: u16,
    /// The program to measure; by default the workspace's own is built, in release.
    #[arg(long, value_name = "PATH")]
    server: Option<PathBuf>,
    /// Goal 5 with a million accounts and ended sessions as well: minutes, and gigabytes in memory.
    #[arg(long)]
    full: bool,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// Serves as one of the controls. This program starts itself so.
    #[command(subcommand, hide = true)]
    Control(Control),
    Timing(timing::Timing),
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Database {
    Sqlite,
    Postgres,
    Both,
}

impl Database {
    fn backends(self) -> &'static [Backend] {
        match self {
            Self::Sqlite => &[Backend::Sqlite],
            Self::Postgres => &[Backend::Postgres],
            Self::Both => &[Backend::Sqlite, Backend::Postgres],
        }
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.part {
        Some(Part::Control(control)) => control.serve(),
        Some(Part::Timing(timing)) => timing.measure(),
        None => measure(&cli),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody reads it where standard error is closed.
            let _ = writeln!(std::io::stderr(), "auth-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(cli: &Cli) -> Fallible<()> {
    machine::allow_connections()?;
    let server = match &cli.server {
        Some(path) => path.canonicalize().map_err(|error| format!("--server {}: {error}", path.display()))?,
        None => machine::build_server()?,
    };
    let mut out = std::io::stdout();
    writeln!(out, "{}", machine::describe(cli.runs, cli.seconds))?;
    for backend in cli.database.backends() {
        let setting = Setting {
            backend: *backend,
            server: server.clone(),
            runs: cli.runs,
            length: Duration::from_secs(cli.seconds.into()),
            full: cli.full,
        };
        writeln!(out, "\n### {backend}\n")?;
        let mut rows = Vec::new();
        for goal in &cli.goals {
            let _ = writeln!(std::io::stderr(), "auth-bench: {backend}, goal {goal}");
            rows.extend(setting.goal(*goal)?);
        }
        write!(out, "{}", table::render(&rows))?;
        out.flush()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound_and_refuses_what_makes_no_sense() {
        Cli::command().debug_assert();
        let parse = |arguments: &str| Cli::try_parse_from(format!("auth-bench {arguments}").split_whitespace());
        assert_eq!(parse("--goals 1,3 --database both").unwrap().goals, [1, 3]);
        assert_eq!(parse("").unwrap().goals, [1, 2, 3, 4, 5, 6]);
        for refused in ["--goals 7", "--goals 0", "--runs 0", "--seconds 0", "--database mysql"] {
            assert!(parse(refused).is_err(), "{refused}");
        }
    }
}
