//! The server and its commands: everything is in the library, so that tests reach it.

use std::process::ExitCode;

fn main() -> ExitCode {
    auth_server::cli::run(std::env::args_os(), std::env::vars_os().collect())
}
