//! What attackers try with HTTP itself: the rows W of the catalogue, with L-10 and A-06. Deadlines are in `connections.rs` and
//! `limits.rs` (W-13, W-14), whose request it is in `forwarding.rs` (L-07, L-08, W-23), what the log says in `tests/logs` (W-27).
//!
//! Of what does not exist here there is no row: cookies that sign in (W-05), addresses that the server itself calls (W-26).

mod answers;
mod errors;
mod foreign;
mod framing;
mod inputs;
mod paths;

/// A path that each route answers.
fn path(pattern: &str) -> String {
    pattern
        .replace("{code}", "busy")
        .replace("{file}", "start.js")
        .replace("{id}", "5f0c3a52-9f0f-4a39-8a53-1f3f6f6f2f10")
}
