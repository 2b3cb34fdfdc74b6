//! Asking before something that cannot be undone.

use std::io::{self, IsTerminal as _, Write as _};

use super::Failure;
use super::output::say_error;

/// Asks on a terminal. Scripts say `--yes`.
pub(super) fn confirm(is_sure: bool, what: &str) -> Result<(), Failure> {
    if is_sure {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(Failure::Usage(format!("{what} No terminal to ask on: say --yes.")));
    }
    say_error(&format!("{what} Go on? [y/N]"));
    io::stderr().flush().map_err(|error| Failure::of(&error))?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).map_err(|error| Failure::of(&error))?;
    if answer.trim().eq_ignore_ascii_case("y") { Ok(()) } else { Err(Failure::Failed("nothing was done".to_owned())) }
}
