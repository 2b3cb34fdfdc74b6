//! Accounts that are taken out, page by page.

use auth_core::service::{ExportedUser, ImportRecord, ImportSettings, ImportVerdict, ImportedPassword};

use crate::support::Bench;
use crate::{bring, id, named, password, roles};

fn all(service: &auth_core::AuthService, page: u32, with_hashes: bool) -> Vec<ExportedUser> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let users = service.export_users(after, page, with_hashes, &crate::by()).unwrap();
        let Some(last) = users.last() else { return all };
        after = Some(last.user.id);
        all.extend(users);
    }
}

/// As a line of our own tells of it.
fn record(exported: &ExportedUser) -> ImportRecord {
    let ExportedUser { user, roles, password } = exported;
    ImportRecord {
        id: Some(user.id),
        legacy_id: user.legacy_id,
        username: user.name.as_entered().to_owned(),
        state: Some(user.state),
        roles: Some(roles.iter().cloned().collect()),
        password: password
            .clone()
            .map(|stored| ImportedPassword { hash: stored.hash, changed_at: Some(stored.changed_at) }),
        created_at: Some(user.created_at),
        updated_at: Some(user.updated_at),
    }
}

#[test]
fn what_is_taken_out_and_brought_in_elsewhere_is_the_same_whatever_the_pages() {
    let here = Bench::new();
    let service = here.service();
    let records: Vec<ImportRecord> = (0..7_u8)
        .map(|number| ImportRecord {
            // Not in the order in which they come.
            id: Some(id(number * 5 % 7)),
            legacy_id: (number % 2 == 0).then(|| i64::from(number)),
            roles: roles(if number == 3 { &["admin", "tier_2"] } else { &[] }),
            password: if number == 4 { None } else { password("secret of somebody", Some(i64::from(number))) },
            ..named(&format!("user{number}"))
        })
        .collect();
    bring(&service, &records, ImportSettings::default());
    let exported = all(&service, 3, true);
    assert_eq!(exported, all(&service, 100, true));
    assert!(exported.is_sorted_by_key(|exported| exported.user.id) && exported.len() == 7);
    assert_eq!(exported.iter().filter(|exported| exported.password.is_some()).count(), 6);
    assert!(all(&service, 3, false).iter().all(|exported| exported.password.is_none()));

    let there = Bench::new();
    let other = there.service();
    let again: Vec<ImportRecord> = exported.iter().map(record).collect();
    for verdict in bring(&other, &again, ImportSettings::default()) {
        assert!(matches!(verdict, ImportVerdict::Created(_)), "{verdict:?}");
    }
    assert_eq!(all(&other, 2, true), exported);
    for verdict in bring(&service, &again, crate::UPDATE) {
        assert!(matches!(verdict, ImportVerdict::Same(_)), "{verdict:?}");
    }
}
