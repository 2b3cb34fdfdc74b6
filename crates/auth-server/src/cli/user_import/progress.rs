//! How far an import is, on a terminal.

use std::io::{IsTerminal as _, stderr};

/// A line on standard error that is written over and over; nothing where nobody sees it.
#[derive(Debug)]
pub(super) struct Progress {
    is_shown: bool,
    is_open: bool,
    bytes: Option<u64>,
}

impl Progress {
    pub(super) fn new(bytes: Option<u64>) -> Self {
        Self { is_shown: stderr().is_terminal(), is_open: false, bytes }
    }

    #[expect(clippy::print_stderr, reason = "this is where the program speaks to people")]
    pub(super) fn tell(&mut self, items: u64) {
        if self.is_shown {
            let of = self.bytes.map(|bytes| format!(" (of a file of {} KiB)", bytes >> 10)).unwrap_or_default();
            eprint!("\r{items} accounts{of} …");
            self.is_open = true;
        }
    }

    /// Leaves the line, for what is said next.
    #[expect(clippy::print_stderr, reason = "this is where the program speaks to people")]
    pub(super) fn end(&mut self) {
        if std::mem::take(&mut self.is_open) {
            eprintln!();
        }
    }
}
