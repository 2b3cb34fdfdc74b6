//! What becomes of a record whose account is here: by policy, and by what differs.

use auth_core::audit::AuditEvent;
use auth_core::role::Role;
use auth_core::service::{
    Authority, ImportRecord, ImportRefusal, ImportSettings, ImportVerdict, OnConflict, RequestContext,
};
use auth_core::user::AccountState;

use crate::support::{Bench, PASSWORD, login};
use crate::{UPDATE, bring, bring_one, created, id, named, password, roles, shown};

const OTHER: &str = "another password";

type Change = fn(ImportRecord) -> ImportRecord;

/// Alice, brought by id, and signed in.
fn world() -> (Bench, auth_core::AuthService, ImportRecord) {
    let bench = Bench::new();
    let service = bench.service();
    let alice = ImportRecord { id: Some(id(1)), roles: roles(&[]), ..named("alice") };
    let alice = ImportRecord { state: Some(AccountState::Active), password: password(PASSWORD, Some(1_000)), ..alice };
    created(bring_one(&service, &alice, ImportSettings::default()));
    (bench, service, alice)
}

#[test]
fn each_policy_has_its_answer_to_each_difference() {
    let changes: [(&str, Change); 5] = [
        ("nothing", |alice| alice),
        ("name", |alice| ImportRecord { username: "Alicia".to_owned(), ..alice }),
        ("state", |alice| ImportRecord { state: Some(AccountState::Disabled), ..alice }),
        ("roles", |alice| ImportRecord { roles: roles(&["tier_2"]), ..alice }),
        ("password", |alice| ImportRecord { password: password(OTHER, Some(2_000)), ..alice }),
    ];
    for (what, change) in changes {
        for on_conflict in [OnConflict::Skip, OnConflict::Update, OnConflict::Fail] {
            let (bench, service, alice) = world();
            let before = (shown(&service, "alice"), bench.events().len());
            let record = change(alice);
            let verdict = bring_one(&service, &record, ImportSettings { on_conflict, ..ImportSettings::default() });
            let is_as_told = match (what, on_conflict) {
                ("nothing", _) => matches!(verdict, ImportVerdict::Same(_)),
                (_, OnConflict::Skip) => matches!(verdict, ImportVerdict::Skipped(_)),
                (_, OnConflict::Fail) => verdict == ImportVerdict::Refused(ImportRefusal::Exists),
                (_, OnConflict::Update) => matches!(verdict, ImportVerdict::Updated(_)),
            };
            assert!(is_as_told, "{what} {on_conflict:?}: {verdict:?}");
            if on_conflict == OnConflict::Update && what != "nothing" {
                let now = service.user(Authority::Operator, id(1)).unwrap();
                assert_eq!(ImportVerdict::Updated(now.user), verdict, "{what}");
                assert!(bench.events().len() > before.1, "{what} leaves a line");
                assert!(matches!(bring_one(&service, &record, UPDATE), ImportVerdict::Same(_)), "{what}, again");
            } else {
                assert_eq!((shown(&service, "alice"), bench.events().len()), before, "{what} {on_conflict:?}");
            }
        }
    }
}

#[test]
fn a_new_password_and_a_disabled_account_end_the_sessions_and_other_changes_do_not() {
    let ends = |change: fn(ImportRecord) -> ImportRecord| {
        let (bench, service, alice) = world();
        login(&service, "alice", PASSWORD).unwrap();
        let user = shown(&service, "alice").user;
        assert_eq!(bench.sessions_of(&user), 1);
        assert!(matches!(bring_one(&service, &change(alice), UPDATE), ImportVerdict::Updated(_)));
        let was_told = bench.events().iter().any(|event| matches!(event, AuditEvent::SessionEnded(..)));
        assert_eq!(was_told, bench.sessions_of(&user) == 0);
        was_told
    };
    assert!(ends(|alice| ImportRecord { password: password(OTHER, Some(2_000)), ..alice }));
    assert!(ends(|alice| ImportRecord { state: Some(AccountState::Disabled), ..alice }));
    assert!(!ends(|alice| ImportRecord { username: "Alicia".to_owned(), ..alice }));
    assert!(!ends(|alice| ImportRecord { roles: roles(&["tier_2"]), ..alice }));
}

#[test]
fn a_password_that_changed_here_later_stays_and_a_rehash_is_no_change() {
    let (_bench, service, alice) = world();
    // Its hash is another one from now on, of the same password.
    login(&service, "alice", PASSWORD).unwrap();
    assert!(matches!(bring_one(&service, &alice, UPDATE), ImportVerdict::Same(_)));
    let older = ImportRecord { password: password(OTHER, Some(999)), ..alice.clone() };
    assert!(matches!(bring_one(&service, &older, UPDATE), ImportVerdict::Same(_)));
    assert!(login(&service, "alice", PASSWORD).is_ok());
    let unknown = ImportRecord { password: password(OTHER, None), ..alice };
    assert!(matches!(bring_one(&service, &unknown, UPDATE), ImportVerdict::Updated(_)), "the file wins");
    assert!(login(&service, "alice", OTHER).is_ok() && login(&service, "alice", PASSWORD).is_err());
}

#[test]
fn nobody_s_account_is_taken_for_somebody_else_s_of_the_same_name() {
    for on_conflict in [OnConflict::Skip, OnConflict::Update, OnConflict::Fail] {
        let (_bench, service, _) = world();
        let settings = ImportSettings { on_conflict, ..ImportSettings::default() };
        let other = |record| ImportRecord { password: password(OTHER, Some(9_000)), ..record };
        let by_id = other(ImportRecord { id: Some(id(2)), ..named("ALICE") });
        let by_number = other(ImportRecord { legacy_id: Some(2), ..named("alice") });
        for record in [by_id, by_number] {
            let taken = ImportVerdict::Refused(ImportRefusal::NameTaken);
            assert_eq!(bring_one(&service, &record, settings), taken, "{on_conflict:?}");
        }
        let other_number = other(ImportRecord { id: Some(id(1)), legacy_id: Some(2), ..named("alice") });
        assert_eq!(bring_one(&service, &other_number, settings), ImportVerdict::Refused(ImportRefusal::NumberTaken));
        created(bring_one(&service, &named("bob"), settings));
        let renamed = other(ImportRecord { id: Some(id(1)), ..named("Bob") });
        if on_conflict == OnConflict::Update {
            assert_eq!(bring_one(&service, &renamed, settings), ImportVerdict::Refused(ImportRefusal::NameTaken));
        }
        assert!(login(&service, "alice", PASSWORD).is_ok(), "nothing of it was half done");
    }
}

#[test]
fn an_import_takes_no_last_administrator_away() {
    for change in [
        |root| ImportRecord { roles: roles(&[]), ..root },
        |root| ImportRecord { state: Some(AccountState::Disabled), ..root },
    ] {
        let bench = Bench::new();
        let service = bench.service();
        let root = ImportRecord { id: Some(id(1)), roles: roles(&["admin"]), ..named("root-of-all") };
        created(bring_one(&service, &root, ImportSettings::default()));
        let changed: ImportRecord = change(root.clone());
        let refused = ImportVerdict::Refused(ImportRefusal::LastAdmin);
        assert_eq!(bring_one(&service, &changed, UPDATE), refused);
        assert_eq!(shown(&service, "root-of-all").roles, [Role::ADMIN]);
        let second = ImportRecord { id: Some(id(2)), roles: roles(&["admin"]), ..named("second") };
        let verdicts = bring(&service, &[second, changed], UPDATE);
        assert!(matches!(verdicts[1], ImportVerdict::Updated(_)), "there is another one by then");
    }
}

#[test]
fn every_line_says_who_brought_it() {
    let (bench, service, alice) = world();
    let changed = ImportRecord { username: "Alicia".to_owned(), password: password(OTHER, None), ..alice };
    bring_one(&service, &changed, UPDATE);
    let context: RequestContext = crate::by();
    let records = auth_core::StoreExt::read(&*bench.memory, |tx| tx.audit().list(None, 100)).unwrap();
    assert!(records.len() >= 3 && records.iter().all(|record| record.actor == context.actor));
}
