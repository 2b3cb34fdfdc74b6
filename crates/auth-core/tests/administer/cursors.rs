//! Pages and their cursors.

use std::sync::Arc;

use auth_core::root_keys::RootKeyRing;
use auth_core::secret::Secret;
use auth_core::service::{AdminError, Authority, EventFilter, PageRequest};
use auth_core::user::UserFilter;

use crate::support::{Bench, create};

fn ring(text: &str) -> Arc<RootKeyRing> {
    Arc::new(RootKeyRing::parse(&Secret::new(text)).unwrap())
}

const OLD: &str = "old:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const NEW: &str = "new:HxwdHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=";

#[test]
fn a_page_has_no_fewer_lines_than_one_and_no_more_than_a_hundred() {
    let bench = Bench::new();
    let service = bench.service();
    for number in 0..102 {
        create(&service, &format!("user-{number}")).unwrap();
    }
    let list = |limit, cursor: Option<&str>| {
        service.list_users(Authority::Operator, &UserFilter::default(), PageRequest { cursor, limit }).unwrap()
    };
    assert_eq!((list(0, None).items.len(), list(u32::MAX, None).items.len()), (1, 100));
    let first = list(100, None);
    let rest = list(2, first.next.as_deref());
    assert_eq!((rest.items.len(), rest.next), (2, None), "a page that ends the list has no next one");
    assert_eq!(list(51, None).items.len(), 51);
}

#[test]
fn a_cursor_outlives_an_exchange_of_root_keys_and_ends_with_its_own() {
    let bench = Bench::new();
    let under = |ring: Arc<RootKeyRing>| bench.builder().root_keys(ring).build().unwrap();
    let before = under(ring(OLD));
    for name in ["alice", "bobby", "carol"] {
        create(&before, name).unwrap();
    }
    let list = |service: &auth_core::AuthService, cursor: Option<&str>| {
        service.list_users(Authority::Operator, &UserFilter::default(), PageRequest { cursor, limit: 1 })
    };
    let cursor = list(&before, None).unwrap().next.unwrap();
    let during = under(ring(&format!("{NEW},{OLD}")));
    let page = list(&during, Some(&cursor)).unwrap();
    assert_eq!(page.items[0].user.name.as_entered(), "bobby");
    let after = under(ring(NEW));
    assert_eq!(list(&after, Some(&cursor)).unwrap_err(), AdminError::Cursor);
    assert_eq!(list(&after, page.next.as_deref()).unwrap().items[0].user.name.as_entered(), "carol");
    assert_eq!(list(&before, page.next.as_deref()).unwrap_err(), AdminError::Cursor, "of a key that it does not know");
}

/// A place in one list is none in another, also where both are ids.
#[test]
fn a_cursor_is_for_its_own_list_alone() {
    let bench = Bench::new();
    let service = bench.service();
    for name in ["alice", "bobby"] {
        create(&service, name).unwrap();
    }
    let page = |cursor| PageRequest { cursor, limit: 1 };
    let users = service.list_users(Authority::Operator, &UserFilter::default(), page(None)).unwrap().next.unwrap();
    let events = service.list_events(Authority::Operator, &EventFilter::default(), page(None)).unwrap().next.unwrap();
    let crossed = service.list_users(Authority::Operator, &UserFilter::default(), page(Some(&events)));
    assert_eq!(crossed.unwrap_err(), AdminError::Cursor);
    let crossed = service.list_events(Authority::Operator, &EventFilter::default(), page(Some(&users)));
    assert_eq!(crossed.unwrap_err(), AdminError::Cursor);
    // Nor does the order of a list go unsaid.
    let backwards = EventFilter { order: auth_core::audit::EventOrder::EarliestFirst, ..EventFilter::default() };
    assert_eq!(
        service.list_events(Authority::Operator, &backwards, page(Some(&events))).unwrap_err(),
        AdminError::Cursor
    );
}
