//! Who may.

use std::time::Duration;

use auth_core::password::Password;
use auth_core::role::Role;
use auth_core::service::{AdminError, Authority, Caller, EventFilter, NewUser, PageRequest, RoleChange, UserChange};
use auth_core::user::{AccountState, UserFilter};
use auth_core::{AuthService, StoreExt};

use crate::support::{Bench, PASSWORD, context, login, register};
use crate::{admin, site};

/// Every use case, by this authority, about this account; what each is refused with.
fn refusals(service: &AuthService, by: Authority<'_>, id: auth_core::id::UserId) -> Vec<Option<AdminError>> {
    let (filter, page, context) = (UserFilter::default(), PageRequest::default(), context());
    let session = "5f0c3a52-9f0f-4a39-8a53-1f3f6f6f2f10".parse().unwrap();
    let new = NewUser { username: "dave".to_owned(), password: Some(Password::new(PASSWORD)), roles: Vec::new() };
    let disable = UserChange { state: Some(AccountState::Disabled), ..UserChange::default() };
    vec![
        service.check_administrator(by).err(),
        service.list_users(by, &filter, page).err(),
        service.user(by, id).err(),
        service.user_named(by, "alice").err(),
        service.create_user(by, new, &context).err(),
        service.update_user(by, id, &disable, &context).err(),
        service.set_password(by, id, &Password::new(PASSWORD), &context).err(),
        service.sessions_of(by, id).err(),
        service.end_session_of(by, id, session, &context).err(),
        service.end_sessions_of(by, id, &context).err(),
        service.unlock_user(by, id, &context).err(),
        service.list_events(by, &EventFilter::default(), page).err(),
        service.stats(by).err(),
        service.delete_user(by, id, &context).err(),
    ]
}

#[test]
fn each_use_case_asks_the_store_who_asks() {
    let bench = Bench::new();
    let (service, root, alice) = site(&bench);
    let plain = register(&service, "mallory").unwrap();
    let signed_in = login(&service, "mallory", PASSWORD).unwrap();
    let mallory = service.authenticate(signed_in.access_token.expose()).unwrap();
    let (hashes, lines) = (bench.hasher.hashes(), bench.events().len());
    let forbidden = |caller: &Caller| {
        for refusal in refusals(&service, Authority::Caller(caller), alice.user.id) {
            assert_eq!(refusal, Some(AdminError::Forbidden), "{caller:?}");
        }
    };
    forbidden(&mallory);
    // What a token claims is not asked.
    forbidden(&Caller { roles: vec![Role::ADMIN], ..mallory.clone() });
    // A token of the tutorial's own app has no session, whoever's it is.
    forbidden(&Caller { session: None, ..root.clone() });
    for gone in [
        Caller { user: plain.id, ..root.clone() },
        Caller { user: root.user, session: mallory.session, ..root.clone() },
    ] {
        for refusal in refusals(&service, Authority::Caller(&gone), alice.user.id) {
            assert_eq!(refusal, Some(AdminError::Unauthenticated), "somebody else's session: {gone:?}");
        }
    }
    assert_eq!((bench.hasher.hashes(), bench.events().len()), (hashes, lines), "nothing was hashed or written");
    let done = refusals(&service, Authority::Caller(&root), alice.user.id);
    let not_found = done.iter().filter(|refusal| **refusal == Some(AdminError::NotFound)).count();
    assert_eq!((not_found, done.iter().flatten().count()), (1, 1), "only that session is not there: {done:?}");
}

#[test]
fn a_session_that_idled_out_or_reached_its_limit_administers_nothing() {
    for (session_ttl, session_idle) in [(100, 1_000), (1_000, 100)] {
        let bench = Bench::new();
        let settings = auth_core::service::ServiceSettings {
            session_ttl: Duration::from_secs(session_ttl),
            session_idle: Duration::from_secs(session_idle),
            ..auth_core::service::ServiceSettings::new(crate::support::ISSUER)
        };
        let service = bench.builder().settings(settings).build().unwrap();
        let (_, root) = admin(&service, "carol");
        bench.clock.advance(Duration::from_secs(99));
        assert_eq!(service.check_administrator(Authority::Caller(&root)), Ok(()));
        bench.clock.advance(Duration::from_secs(1));
        assert_eq!(service.check_administrator(Authority::Caller(&root)), Err(AdminError::Unauthenticated));
    }
}

#[test]
fn the_operator_is_bound_by_the_rules_as_well() {
    let bench = Bench::new();
    let (service, root, alice) = site(&bench);
    let by = Authority::Operator;
    let revoke = UserChange { roles: Some(RoleChange::Revoke(Role::ADMIN)), ..UserChange::default() };
    assert_eq!(service.update_user(by, root.user, &revoke, &context()).unwrap_err(), AdminError::LastAdmin);
    assert_eq!(service.delete_user(by, root.user, &context()), Err(AdminError::LastAdmin));
    let weak = service.set_password(by, alice.user.id, &Password::new("alice"), &context());
    assert!(matches!(weak, Err(AdminError::Invalid { username: None, .. })), "{weak:?}");
    let many: Vec<Role> = (0..=16).map(|number| Role::parse(&format!("role{number}")).unwrap()).collect();
    let new = |roles: &[Role]| NewUser { username: "dave".to_owned(), password: None, roles: roles.to_vec() };
    assert_eq!(service.create_user(by, new(&many), &context()).unwrap_err(), AdminError::TooManyRoles);
    let made = service.create_user(by, new(&[many[3].clone(), many[3].clone()]), &context()).unwrap();
    assert_eq!(made.roles, [many[3].clone()], "one role, given twice");
    let sixteen =
        UserChange { roles: Some(RoleChange::Set(many[..16].iter().cloned().collect())), ..UserChange::default() };
    service.update_user(by, made.user.id, &sixteen, &context()).unwrap();
    let more = UserChange { roles: Some(RoleChange::Grant(many[16].clone())), ..UserChange::default() };
    assert_eq!(service.update_user(by, made.user.id, &more, &context()).unwrap_err(), AdminError::TooManyRoles);
    let held = bench.memory.read(|tx| tx.roles().of(made.user.id)).unwrap();
    assert_eq!(held.len(), 16);
}
