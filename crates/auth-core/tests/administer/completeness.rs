//! Every act that matters leaves its line: a list of the use cases that are given the circumstances of a request, and of what each of
//! them writes. A use case that is not listed fails here, and so does a kind of event that none of them writes.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use auth_core::audit::AuditRecord;
use auth_core::audit::EventKind::{self, *};
use auth_core::password::Password;
use auth_core::role::Role;
use auth_core::root_keys::RootKeyRing;
use auth_core::secret::Secret;
use auth_core::service::{
    Authority, Caller, Credentials, ImportRecord, ImportSettings, ImportedUser, KeySettings, LogoutScope, NewUser,
    RoleChange, SignedIn, SigningKeys, UserChange, When,
};
use auth_core::session::EndReason;
use auth_core::testing::CheapHasher;
use auth_core::token::Algorithm;
use auth_core::user::AccountState;
use auth_core::{AuthService, StoreExt as _};

use crate::support::{Bench, PASSWORD, context, login, register};
use crate::{admin, site};

/// The root key that comes next.
const NEXT: &str = "next:HxwdHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=";

struct World {
    bench: Bench,
    service: AuthService,
    root: Caller,
    alice: auth_core::id::UserId,
    signed_in: SignedIn,
    caller: Caller,
    keys: SigningKeys,
    later: SigningKeys,
}

impl World {
    fn new() -> Self {
        let bench = Bench::new();
        let (service, root, alice) = site(&bench);
        let signed_in = login(&service, "alice", PASSWORD).unwrap();
        let caller = service.authenticate(signed_in.access_token.expose()).unwrap();
        let keys = |ring: &Arc<RootKeyRing>| {
            SigningKeys::new(Arc::clone(&bench.memory), Arc::clone(ring), KeySettings::new(Algorithm::EdDsa))
                .with_clock(Arc::clone(&bench.clock) as _)
        };
        let first = keys(&bench.root_keys);
        first.open().unwrap();
        let both = format!("{NEXT},{}", bench.root_keys.to_text().expose());
        let later = keys(&Arc::new(RootKeyRing::parse(&Secret::new(both)).unwrap()));
        Self { alice: alice.user.id, service, root, signed_in, caller, keys: first, later, bench }
    }

    fn by(&self) -> Authority<'_> {
        Authority::Caller(&self.root)
    }

    fn records(&self) -> Vec<AuditRecord> {
        self.bench.memory.read(|tx| tx.audit().list(None, 1_000)).unwrap()
    }

    fn change(&self, change: &UserChange) {
        self.service.update_user(self.by(), self.alice, change, &context()).unwrap();
    }
}

/// The function, what it is asked for, and the kinds of the lines that it leaves.
type Act = (&'static str, fn(&World), &'static [EventKind]);

fn password() -> Password {
    Password::new(PASSWORD)
}

fn other() -> Password {
    Password::new("qT8.zzu-41")
}

fn roles(change: RoleChange) -> UserChange {
    UserChange { roles: Some(change), ..UserChange::default() }
}

fn state(state: AccountState) -> UserChange {
    UserChange { state: Some(state), ..UserChange::default() }
}

const ACTS: &[Act] = &[
    ("register", |w| drop(register(&w.service, "bobby").unwrap()), &[UserRegistered]),
    ("login", |w| drop(login(&w.service, "alice", PASSWORD).unwrap()), &[SignedIn]),
    ("login", |w| drop(login(&w.service, "alice", "wrong").unwrap_err()), &[SignInRefused]),
    ("login", |w| drop(login(&w.service, "nobody", PASSWORD).unwrap_err()), &[SignInRefused]),
    ("login", refuse, &[SignInRefused, SignInRefused, SignInRefused, SignInRefused, SignInRefused, Throttled]),
    ("admits_sign_in", |w| w.service.admits_sign_in(&Credentials::new("alice", password()), &context()).unwrap(), &[]),
    ("admits_registration", |w| w.service.admits_registration(&context()).unwrap(), &[]),
    ("unlock", |w| drop(w.service.unlock("alice", &context()).unwrap()), &[UserUnlocked]),
    ("import_user", import, &[UserImported]),
    (
        "import_batch",
        |w| {
            let records = [
                ImportRecord::named("first"),
                ImportRecord { roles: Some([Role::ADMIN].into()), ..ImportRecord::named("second") },
            ];
            w.service.import_batch(&records, ImportSettings::default(), &context()).unwrap();
        },
        &[UserImported, UserImported, RoleGranted],
    ),
    (
        "export_users",
        |w| {
            let page = w.service.export_users(None, 1, true, &context()).unwrap();
            w.service.export_users(page.last().map(|last| last.user.id), 1, true, &context()).unwrap();
        },
        &[UsersExported],
    ),
    (
        "login",
        |w| {
            import(w);
            login(&w.service, "old", PASSWORD).unwrap();
        },
        &[UserImported, PasswordRehashed, SignedIn],
    ),
    ("refresh", |w| drop(w.service.refresh(w.signed_in.refresh_token.expose(), &context()).unwrap()), &[]),
    ("refresh", reuse, &[SessionEnded]),
    ("logout", |w| w.service.logout(&w.caller, LogoutScope::Global, &context()).unwrap(), &[SessionEnded]),
    ("revoke", |w| w.service.revoke(w.signed_in.refresh_token.expose(), &context()).unwrap(), &[SessionEnded]),
    ("end_session", |w| w.service.end_session(&w.caller, w.signed_in.session, &context()).unwrap(), &[SessionEnded]),
    (
        "change_password",
        |w| drop(w.service.change_password(&w.caller, &password(), &other(), &context()).unwrap()),
        &[PasswordChanged],
    ),
    (
        "change_password",
        |w| drop(w.service.change_password(&w.caller, &other(), &other(), &context()).unwrap_err()),
        &[PasswordCheckFailed],
    ),
    ("rename", |w| drop(w.service.rename(&w.caller, "alicia", &password(), &context()).unwrap()), &[UserRenamed]),
    (
        "delete_account",
        |w| w.service.delete_account(&w.caller, &password(), &context()).unwrap(),
        &[SessionEnded, UserDeleted],
    ),
    (
        "create_user",
        |w| {
            let new = NewUser { username: "dave".to_owned(), password: None, roles: vec![Role::ADMIN] };
            w.service.create_user(w.by(), new, &context()).unwrap();
        },
        &[UserCreated, RoleGranted],
    ),
    ("update_user", |w| w.change(&state(AccountState::Disabled)), &[SessionEnded, UserDisabled]),
    (
        "update_user",
        |w| {
            w.change(&state(AccountState::Disabled));
            w.change(&state(AccountState::Active));
        },
        &[SessionEnded, UserDisabled, UserEnabled],
    ),
    (
        "update_user",
        |w| {
            w.change(&roles(RoleChange::Grant(Role::ADMIN)));
            w.change(&roles(RoleChange::Revoke(Role::ADMIN)));
        },
        &[RoleGranted, RoleRevoked],
    ),
    (
        "update_user",
        |w| w.change(&UserChange { username: Some("alicia".to_owned()), ..UserChange::default() }),
        &[UserRenamed],
    ),
    (
        "set_password",
        |w| w.service.set_password(w.by(), w.alice, &other(), &context()).unwrap(),
        &[PasswordSet, SessionEnded],
    ),
    (
        "end_session_of",
        |w| w.service.end_session_of(w.by(), w.alice, w.signed_in.session, &context()).unwrap(),
        &[SessionEnded],
    ),
    ("end_sessions_of", |w| assert_eq!(w.service.end_sessions_of(w.by(), w.alice, &context()), Ok(1)), &[SessionEnded]),
    ("unlock_user", |w| assert_eq!(w.service.unlock_user(w.by(), w.alice, &context()), Ok(false)), &[UserUnlocked]),
    (
        "end_every_session",
        |w| {
            // Hers and the administrator's: one line is for all.
            let ended = w.service.end_every_session(EndReason::Revoked, Duration::ZERO, &context());
            assert_eq!(ended, Ok(2));
        },
        &[EverySessionEnded],
    ),
    ("delete_user", |w| w.service.delete_user(w.by(), w.alice, &context()).unwrap(), &[SessionEnded, UserDeleted]),
    (
        "rotate_keys",
        |w| drop(w.service.rotate_keys(w.by(), &w.keys, When::Ahead, &context()).unwrap()),
        &[SigningKeyCreated],
    ),
    (
        "rotate",
        |w| {
            w.keys.rotate(When::Ahead, &context()).unwrap();
            w.keys.rotate(When::Now, &context()).unwrap();
        },
        &[SigningKeyCreated, SigningKeyBroughtForward],
    ),
    (
        "retire",
        |w| {
            let key = w.keys.list().unwrap()[0].id.clone();
            w.keys.retire(&key, &context()).unwrap();
        },
        &[SigningKeyRetired, SigningKeyCreated],
    ),
    ("retire_all", |w| drop(w.keys.retire_all(&context()).unwrap()), &[SigningKeyRetired, SigningKeyCreated]),
    ("import", import_key, &[SigningKeyImported]),
    ("reseal", |w| drop(w.later.reseal(10, &context()).unwrap()), &[SigningKeyResealed]),
    (
        "drop_root_key",
        |w| {
            w.later.reseal(10, &context()).unwrap();
            let idle = Duration::from_secs(14 * 86_400);
            w.later.drop_root_key(w.bench.root_keys.active(), idle, &context()).unwrap();
        },
        &[SigningKeyResealed, SessionEnded, SessionEnded, RootKeyDropped],
    ),
];

fn import(w: &World) {
    let hash = CheapHasher::stale(&password());
    let old = ImportedUser { legacy_id: Some(7), username: "old".to_owned(), hash, created_at: None };
    w.service.import_user(&old, &context()).unwrap();
}

/// Five failures are free; what comes after is not looked at, and told by its number.
fn refuse(w: &World) {
    for _ in 0..20 {
        login(&w.service, "alice", "wrong").unwrap_err();
    }
    w.service.tell_refusals().unwrap();
}

/// The first token again, when its window is over.
fn reuse(w: &World) {
    w.service.refresh(w.signed_in.refresh_token.expose(), &context()).unwrap();
    w.bench.clock.advance(Duration::from_secs(3_600));
    w.service.refresh(w.signed_in.refresh_token.expose(), &context()).unwrap_err();
}

fn import_key(w: &World) {
    let jwk = include_str!("../vectors/rfc8037.json");
    let jwk: serde_json::Value = serde_json::from_str(jwk).unwrap();
    let private = jwk.as_object().unwrap().values().find(|value| value.get("d").is_some()).unwrap_or(&jwk);
    w.keys.import(&Secret::new(private.to_string()), When::Ahead, &context()).unwrap();
}

#[test]
fn every_act_leaves_its_lines_and_no_others() {
    let mut written: BTreeSet<&str> = BTreeSet::new();
    for (name, act, kinds) in ACTS {
        let world = World::new();
        let before: BTreeSet<_> = world.records().iter().map(|record| record.id).collect();
        act(&world);
        let new = world.records().into_iter().filter(|record| !before.contains(&record.id));
        let mut found: Vec<&str> = new.map(|record| record.event.kind().as_str()).collect();
        let mut expected: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{name}");
        written.extend(found);
    }
    let all: BTreeSet<&str> = EventKind::ALL.into_iter().map(EventKind::as_str).collect();
    assert_eq!(written, all, "a kind that nothing writes, or nothing here does");
}

/// By the sources: whatever is told the circumstances of a request is told for the log.
#[test]
fn every_use_case_that_knows_its_circumstances_is_listed() {
    fn gather(folder: &Path, names: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                gather(&path, names);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for function in text.split("    pub fn ").skip(1) {
                let signature = function.split('{').next().unwrap();
                if signature.contains("context: &RequestContext") {
                    names.insert(signature.split('(').next().unwrap().to_owned());
                }
            }
        }
    }
    let mut names = BTreeSet::new();
    gather(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/service"), &mut names);
    let listed: BTreeSet<String> = ACTS.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(names, listed);
}

/// The account that acts, and the command's user: never the client where somebody else's account is changed.
#[test]
fn a_line_says_who_acted() {
    let world = World::new();
    let before: BTreeSet<_> = world.records().iter().map(|record| record.id).collect();
    let (other, _) = admin(&world.service, "dave");
    world.change(&state(AccountState::Disabled));
    world.service.set_password(world.by(), other.user.id, &self::other(), &context()).unwrap();
    world.service.rotate_keys(world.by(), &world.keys, When::Ahead, &context()).unwrap();
    for record in world.records().into_iter().filter(|record| !before.contains(&record.id)) {
        let expected = match record.event.kind() {
            UserCreated | RoleGranted => "cli:root".to_owned(),
            SignedIn => "client".to_owned(),
            _ => format!("user:{}", world.root.user),
        };
        assert_eq!(record.actor.to_text(), expected, "{:?}", record.event);
    }
}
