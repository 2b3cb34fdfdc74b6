//! What may be chosen and what may not.

use std::cell::Cell;
use std::sync::LazyLock;

use super::*;

mod accepted;
mod bounds;
mod disguises;
mod refused;

thread_local! {
    static STEPS: Cell<usize> = const { Cell::new(0) };
}

static POLICY: LazyLock<PasswordPolicy> = LazyLock::new(PasswordPolicy::default);

/// Characters that are looked at.
pub(super) fn note(steps: usize) {
    STEPS.set(STEPS.get() + steps);
}

fn faults(password: &str) -> Vec<PasswordFault> {
    faults_of(password, "Margarete")
}

fn faults_of(password: &str, name: &str) -> Vec<PasswordFault> {
    POLICY.check(&Password::new(password), &CanonicalName::of(name))
}

#[test]
fn lengths_are_counted_in_code_points_after_nfc() {
    assert_eq!(faults("q7#fZ\u{1F980}p"), [PasswordFault::TooShort]);
    assert_eq!(faults("q7#fZ\u{1F980}pé"), []);
    assert_eq!(faults("q7#fZ\u{1F980}e\u{301}"), [PasswordFault::TooShort], "eight before NFC, seven after");
    let long: String = "q7#fZpw-".chars().cycle().take(1_024).collect();
    assert_eq!(faults(&long), []);
    assert_eq!(faults(&format!("{long}x")), [PasswordFault::TooLong]);
    assert_eq!(faults(&"\u{1F980}x".repeat(4_096)), [PasswordFault::TooLong]);
}

#[test]
fn own_words_are_refused_as_well() {
    let policy = PasswordPolicy::new(8, 64, ["Contoso Ltd", "", "\u{200B}"]);
    let faults = |text: &str| policy.check(&Password::new(text), &CanonicalName::of("a"));
    assert_eq!(faults("CONTOSO LTD 2024!"), [PasswordFault::Common]);
    assert_eq!(faults("c0nt0so 1td"), [PasswordFault::Common]);
    assert_eq!(faults("vM3-kpq0z"), []);
}

#[test]
fn all_faults_are_told_at_once() {
    use PasswordFault::{Common, IsName, IsService, TooShort};

    let policy = PasswordPolicy::new(15, 64, ["margarete"]).of_service(["margarete.example"]);
    let faults = policy.check(&Password::new("Margarete1"), &CanonicalName::of("Margarete"));
    assert_eq!(faults, [TooShort, IsName, IsService, Common]);
}
