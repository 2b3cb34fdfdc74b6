//! Tells the tests whether PostgreSQL and OpenSSL's command can be had.

#[path = "../auth-storage/src/testing/locate.rs"]
pub mod locate;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../auth-storage/src/testing/locate.rs");
    for line in locate::build_script_lines().into_iter().chain(locate::program_lines("openssl", &["version"])) {
        println!("{line}");
    }
}
