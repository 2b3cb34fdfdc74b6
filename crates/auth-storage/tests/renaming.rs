//! Names that change, and whom they belong to.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test's alarm")]

mod common;

use std::sync::Arc;

use auth_core::store::Unique;
use auth_core::testing::conformance::samples::{NOW, later, parallel, plant, user};
use auth_core::user::{Added, User, Username};
use auth_core::{Store, StoreError, StoreExt};
use auth_storage::{Backend, DieselStore};
use common::{Database, on_both};

fn name(text: &str) -> Username {
    Username::imported(text).unwrap()
}

/// A name that was imported beside one of its look, and claims none.
fn without_look(text: &str) -> Username {
    let canonical = name(text).canonical().as_str().to_owned();
    Username::from_stored(text.to_owned(), canonical, None)
}

fn with(backend: Backend, users: &[User]) -> (Database, Arc<dyn Store>) {
    let database = Database::migrated(backend);
    let store: Arc<dyn Store> = Arc::new(database.open());
    plant(&store, users);
    (database, store)
}

fn rename(store: &dyn Store, number: u8, to: &Username) -> Result<Option<Added>, StoreError> {
    store.write(|tx| tx.users().rename(user(number, "x").id, to, later(1)))
}

/// The name is told before the look; and one's own name is not what is taken, whatever else is.
fn the_first_fact_that_somebody_else_has_is_told(backend: Backend) {
    let alone = User { name: without_look("bob"), ..user(1, "bob") };
    let (_database, store) = with(backend, &[alone.clone(), user(2, "b0b"), user(3, "carol"), user(4, "eve")]);
    assert_eq!(rename(&*store, 1, &name("Bob")), Ok(Some(Added::Taken(Unique::UsernameSkeleton))));
    let of_two = Username::from_stored(
        "carol".to_owned(),
        "carol".to_owned(),
        name("b0b").skeleton().map(|look| look.as_str().to_owned()),
    );
    assert_eq!(rename(&*store, 4, &of_two), Ok(Some(Added::Taken(Unique::Username))));
    assert_eq!(store.read(|tx| tx.users().by_id(alone.id)), Ok(Some(alone)));
}

/// And its failure is not the transaction's.
fn a_refused_change_leaves_the_transaction_usable(backend: Backend) {
    let (_database, store) = with(backend, &[user(1, "alice"), user(2, "bob")]);
    store
        .write(|tx| {
            let taken = tx.users().rename(user(1, "x").id, &name("bob"), NOW)?;
            assert_eq!(taken, Some(Added::Taken(Unique::Username)));
            tx.users().raise_credential_version(user(1, "x").id, NOW)
        })
        .unwrap();
    let alice = store.read(|tx| tx.users().by_id(user(1, "x").id)).unwrap().unwrap();
    assert_eq!(alice, User { credential_version: 2, ..user(1, "alice") });
}

/// Through two stores.
fn of_thirty_two_who_want_one_name_one_gets_it(backend: Backend) {
    let users: Vec<_> = (1..=32).map(|number| user(number, &format!("user-{number}"))).collect();
    let (database, _) = with(backend, &users);
    let stores: [DieselStore; 2] = [database.open_patient(), database.open_patient()];
    let [one, other] = &stores;
    let answers = parallel(32, |number| {
        let (store, wanted) = if number % 2 == 0 { (one, "Wanted") } else { (other, "wanted") };
        rename(store, number, &name(wanted)).unwrap().unwrap()
    });
    assert_eq!(answers.iter().filter(|answer| **answer == Added::Added).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| **answer == Added::Taken(Unique::Username)).count(), 31, "{answers:?}");
}

fn a_name_with_nul_is_refused(backend: Backend) {
    let (_database, store) = with(backend, &[user(1, "alice")]);
    let nul = Username::from_stored("a\0b".to_owned(), "a\0b".to_owned(), None);
    let refused = rename(&*store, 1, &nul);
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
}

on_both!(
    the_first_fact_that_somebody_else_has_is_told,
    a_refused_change_leaves_the_transaction_usable,
    of_thirty_two_who_want_one_name_one_gets_it,
    a_name_with_nul_is_refused,
);
