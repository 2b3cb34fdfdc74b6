//! Tells Cargo when to look at the migrations again, and the tests whether PostgreSQL and Python can be had.

use std::env;

#[path = "src/testing/locate.rs"]
pub mod locate;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/testing/locate.rs");
    // Cargo follows the link and reads the folder to the bottom, so that a file added inside is noticed too.
    println!("cargo::rerun-if-changed=migrations");
    if env::var_os("CARGO_FEATURE_TESTING").is_some() {
        for line in
            locate::build_script_lines().into_iter().chain(locate::program_lines("python3", &["-c", "import sqlite3"]))
        {
            println!("{line}");
        }
    } else {
        println!("cargo::rustc-check-cfg=cfg(postgres, python3)");
    }
}
