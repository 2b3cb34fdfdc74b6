//! Where a command gets a password from.

use std::io::{self, BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};

use auth_core::password::Password;
use auth_core::secret::Secret;
use clap::Args;

use super::Failure;
use crate::config::read_plain;

/// The longest line that is read where a password is expected, in bytes.
const MAX_LINE: u64 = 64 * 1_024;

/// A prompt, a file or standard input, and never the command line, where other users of this machine could read it.
#[derive(Debug, Args)]
pub(super) struct Source {
    /// Read the password from the first line of standard input.
    #[arg(long, conflicts_with = "password_file")]
    password_stdin: bool,
    /// Read the password from the first line of a file.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl Source {
    /// Reads it, or asks for it twice.
    pub(super) fn read(&self) -> Result<Password, Failure> {
        self.password().map(Password::new)
    }

    pub(super) fn password(&self) -> Result<Secret, Failure> {
        if let Some(path) = &self.password_file {
            return first_line(path);
        }
        if self.password_stdin {
            return read_line(io::stdin().lock(), "standard input");
        }
        if !io::stdin().is_terminal() {
            return Err(Failure::Usage("no terminal to ask on: use --password-stdin or --password-file".to_owned()));
        }
        let ask = |prompt| rpassword::prompt_password(prompt).map(Secret::new).map_err(|error| Failure::of(&error));
        let (first, second) = (ask("Password: ")?, ask("Once more: ")?);
        if first == second { Ok(first) } else { Err(Failure::Failed("the two passwords differ".to_owned())) }
    }
}

fn first_line(path: &Path) -> Result<Secret, Failure> {
    let text = Secret::new(
        read_plain(path).map_err(|error| Failure::Failed(format!("cannot read {}: {error}", path.display())))?,
    );
    read_line(text.expose().as_bytes(), &path.display().to_string())
}

fn read_line(source: impl io::BufRead, name: &str) -> Result<Secret, Failure> {
    let mut line = String::new();
    io::Read::take(source, MAX_LINE)
        .read_line(&mut line)
        .map_err(|error| Failure::Failed(format!("cannot read {name}: {error}")))?;
    let mut line = Secret::new(line);
    for end in ['\n', '\r'] {
        if let Some(rest) = line.expose().strip_suffix(end) {
            line = Secret::new(rest);
        }
    }
    if line.expose().is_empty() { Err(Failure::Failed(format!("{name} holds no password"))) } else { Ok(line) }
}
