//! Printing. Results go to standard output, everything else to standard error.

use std::io::{self, Write as _};

use super::Failure;

/// Prints a result as it is.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    print_bytes(text.as_bytes())
}

/// Prints what another library wrote.
pub(super) fn print_bytes(bytes: &[u8]) -> Result<(), Failure> {
    write_alive(bytes).map(drop)
}

/// The same, and whether anybody still reads: for what goes on and on.
pub(super) fn print_alive(text: &str) -> Result<bool, Failure> {
    write_alive(text.as_bytes())
}

fn write_alive(bytes: &[u8]) -> Result<bool, Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        // `auth-server … | head` is no failure.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::Failed(format!("cannot print: {error}"))),
    }
}

/// A value as the API shows it.
pub(super) fn json_of(value: &impl serde::Serialize) -> Result<serde_json::Value, Failure> {
    serde_json::to_value(value).map_err(|error| Failure::of(&error))
}

/// Prints a result as one line.
pub(super) fn print_line(text: &str) -> Result<(), Failure> {
    print(&format!("{text}\n"))
}

/// Prints a value for programs.
pub(super) fn print_json(value: &serde_json::Value) -> Result<(), Failure> {
    print_line(&format!("{value:#}"))
}

/// Says what went wrong, or what people should know.
#[expect(clippy::print_stderr, reason = "this is where the program speaks to people")]
pub(super) fn say_error(text: &str) {
    eprintln!("auth-server: {text}");
}

/// Text of somebody else's on a terminal: control characters are shown, not obeyed.
pub(super) fn quoted(text: &str) -> String {
    let cut: String = text.chars().take(80).collect();
    format!("`{}`", cut.escape_debug())
}
