//! What becomes of a record by itself.

use auth_core::audit::AuditEvent;
use auth_core::password::{HashFault, PasswordHash};
use auth_core::role::Role;
use auth_core::service::{ImportRecord, ImportRefusal, ImportSettings, ImportVerdict, ImportedPassword};
use auth_core::time::Timestamp;
use auth_core::user::{AccountState, UsernameFault};

use crate::support::{Bench, PASSWORD, login};
use crate::{bring, bring_one, created, id, named, roles, shown};

#[test]
fn all_that_is_told_of_an_account_is_kept() {
    let bench = Bench::new();
    let service = bench.service();
    let at = |seconds: i64| Some(Timestamp::from_micros(seconds * 1_000_000 + 1));
    let record = ImportRecord {
        id: Some(id(1)),
        legacy_id: Some(7),
        state: Some(AccountState::Disabled),
        roles: roles(&["help-desk", "admin"]),
        created_at: at(1_000),
        updated_at: at(2_000),
        ..named("Zoë")
    };
    assert_eq!(created(bring_one(&service, &record, ImportSettings::default())), id(1));
    let found = shown(&service, "zoë");
    assert_eq!((found.user.id, found.user.legacy_id), (id(1), Some(7)));
    assert_eq!((found.user.name.as_entered(), found.user.state), ("Zoë", AccountState::Disabled));
    assert_eq!((Some(found.user.created_at), Some(found.user.updated_at)), (at(1_000), at(2_000)));
    assert_eq!(found.roles, [Role::ADMIN, Role::parse("help-desk").unwrap()]);
    let mut kinds: Vec<_> = bench.events().iter().map(|event| event.kind().as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["role_granted", "role_granted", "user_imported"]);
}

#[test]
fn an_account_without_a_password_is_brought_and_nobody_signs_in_with_it() {
    let bench = Bench::new();
    let service = bench.service();
    created(bring_one(&service, &ImportRecord::named("alice"), ImportSettings::default()));
    assert!(login(&service, "alice", "").is_err());
    assert!(login(&service, "alice", PASSWORD).is_err());
}

#[test]
fn each_bad_record_is_refused_with_its_reason_and_the_others_go_in() {
    let hashed = |text: &str| ImportRecord {
        password: Some(ImportedPassword { hash: PasswordHash::new(text), changed_at: None }),
        ..ImportRecord::named("hashed")
    };
    let many: Vec<String> = (0..=Role::MOST).map(|number| format!("r{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let cases = [
        (named(""), ImportRefusal::Name),
        (named("a\u{1}"), ImportRefusal::Name),
        (named(&"a".repeat(1_025)), ImportRefusal::Name),
        (hashed("hunter2"), ImportRefusal::Hash(HashFault::Unknown)),
        (hashed(""), ImportRefusal::Hash(HashFault::Empty)),
        (
            hashed("$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
            ImportRefusal::Hash(HashFault::Cost("bcrypt")),
        ),
        (ImportRecord { roles: roles(&many), ..named("roles") }, ImportRefusal::Roles),
        (named("FIRST"), ImportRefusal::NameTaken),
        (ImportRecord { legacy_id: Some(1), id: Some(id(9)), ..named("number") }, ImportRefusal::NumberTaken),
    ];
    let first = ImportRecord { id: Some(id(1)), legacy_id: Some(1), ..named("first") };
    for (record, refusal) in cases {
        // `FIRST` has an id of its own, so that it is nobody who is here.
        let record = ImportRecord { id: record.id.or(Some(id(8))), ..record };
        let bench = Bench::new();
        let service = bench.service();
        let verdicts = bring(&service, &[first.clone(), record, named("last")], ImportSettings::default());
        assert_eq!(verdicts[1], ImportVerdict::Refused(refusal));
        assert!(login(&service, "first", PASSWORD).is_ok() && login(&service, "last", PASSWORD).is_ok(), "{refusal:?}");
        assert_eq!(bench.events().iter().filter(|event| matches!(event, AuditEvent::UserImported(_))).count(), 2);
    }
}

#[test]
fn names_are_held_to_the_rules_of_registration_where_that_is_asked_for() {
    let bench = Bench::new();
    let service = bench.service();
    let strict = ImportSettings { check_names: true, ..ImportSettings::default() };
    for (name, fault) in [
        ("ab", UsernameFault::TooShort),
        ("admin", UsernameFault::Reserved),
        ("p\u{430}ul", UsernameFault::MixedScripts),
    ] {
        let refused = ImportVerdict::Refused(ImportRefusal::NamePolicy(fault));
        assert_eq!(bring_one(&service, &named(name), strict), refused, "{name}");
        created(bring_one(&service, &named(name), ImportSettings::default()));
    }
    created(bring_one(&service, &named("alice@example.com"), strict));
}

#[test]
fn a_dry_run_says_what_an_import_would_and_writes_nothing() {
    let bench = Bench::new();
    let service = bench.service();
    created(bring_one(&service, &named("alice"), ImportSettings::default()));
    let before = bench.events().len();
    let records = [named("bob"), ImportRecord { id: Some(id(1)), ..named("BOB") }, named("alice"), named("")];
    let dry = bring(&service, &records, ImportSettings { dry_run: true, ..ImportSettings::default() });
    assert!(matches!(dry[0], ImportVerdict::Created(_)));
    assert_eq!(dry[1], ImportVerdict::Refused(ImportRefusal::NameTaken), "of two lines that are in each other's way");
    assert!(matches!(dry[2], ImportVerdict::Same(_)));
    assert_eq!(dry[3], ImportVerdict::Refused(ImportRefusal::Name));
    assert_eq!(bench.events().len(), before);
    assert!(login(&service, "bob", PASSWORD).is_err());
    let wet = bring(&service, &records, ImportSettings::default());
    let kinds = |verdicts: &[ImportVerdict]| verdicts.iter().map(std::mem::discriminant).collect::<Vec<_>>();
    assert_eq!(kinds(&dry), kinds(&wet));
}
