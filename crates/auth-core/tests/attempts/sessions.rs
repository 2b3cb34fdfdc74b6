//! Wrong passwords in a session: whoever stole a token guesses at the owner's password with it.

use super::*;
use crate::support::{PASSWORD, login, register};
use auth_core::service::{Caller, ChangePasswordError, DeleteError, RenameError};

fn caller(service: &AuthService) -> Caller {
    let signed_in = login(service, "alice", PASSWORD).unwrap();
    service.authenticate(signed_in.access_token.expose()).unwrap()
}

#[test]
fn ten_wrong_passwords_are_looked_at_in_a_session_whichever_the_route() {
    let bench = Bench::new();
    let service = bench.service();
    let user = register(&service, "alice").unwrap();
    let (thief, owner) = (caller(&service), caller(&service));
    let (right, wrong, new) = (Password::new(PASSWORD), Password::new(WRONG), Password::new("qT8.zzu-41"));
    let checks = bench.hasher.checks();
    for _ in 0..4 {
        assert_eq!(
            service.change_password(&thief, &wrong, &new, &context()),
            Err(ChangePasswordError::CurrentPasswordWrong)
        );
        assert_eq!(service.rename(&thief, "carol", &wrong, &context()), Err(RenameError::CurrentPasswordWrong));
    }
    for _ in 0..2 {
        assert_eq!(service.delete_account(&thief, &wrong, &context()), Err(DeleteError::CurrentPasswordWrong));
    }
    for _ in 0..20 {
        let answer = service.change_password(&thief, &right, &new, &context());
        let throttled = Throttled { limiter: Limiter::Session, retry_after: None };
        assert_eq!(answer, Err(ChangePasswordError::Throttled(throttled)));
        assert_eq!(service.rename(&thief, "carol", &right, &context()), Err(RenameError::Throttled(throttled)));
        assert_eq!(service.delete_account(&thief, &right, &context()), Err(DeleteError::Throttled(throttled)));
    }
    assert_eq!(bench.hasher.checks() - checks, 10);
    assert_eq!(tally(&bench, &user), None, "the account's own sign-ins are not slowed down by it");
    // The owner's other session is not concerned: positive control.
    service.change_password(&owner, &right, &new, &context()).unwrap();
}

#[test]
fn a_right_password_begins_anew() {
    let bench = Bench::new();
    let service = bench.service();
    register(&service, "alice").unwrap();
    let owner = caller(&service);
    let (right, wrong) = (Password::new(PASSWORD), Password::new(WRONG));
    for round in 0..5 {
        for _ in 0..9 {
            let answer = service.rename(&owner, "alicia", &wrong, &context());
            assert_eq!(answer, Err(RenameError::CurrentPasswordWrong), "{round}");
        }
        service.rename(&owner, "alicia", &right, &context()).unwrap();
    }
}
