//! The command line itself, and the document that it prints.

use std::fs;

use crate::process::{Desk, assert_done, assert_refused};

#[test]
fn the_openapi_document_is_the_committed_one() {
    let printed = Desk::new().run(&["openapi"], &[]);
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    assert!(
        assert_done(&printed) == fs::read_to_string(committed).unwrap(),
        "cargo run -- openapi > docs/openapi.json"
    );
}

#[test]
fn a_command_line_without_sense_ends_with_2() {
    let desk = Desk::new();
    for arguments in [&["srve"][..], &["--prot", "1"], &["migrate"], &["--set", "server.port"]] {
        assert_refused(&desk.run(arguments, &[]), 2, &[]);
    }
    assert!(assert_done(&desk.run(&["--help"], &[])).contains("migrate"));
    assert!(assert_done(&desk.run(&["--version"], &[])).contains(env!("CARGO_PKG_VERSION")));
}
