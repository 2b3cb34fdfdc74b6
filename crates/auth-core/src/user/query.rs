//! Which accounts a list shows, in which order, and where a page of it ended.

use super::{AccountState, CanonicalName, User};
use crate::id::UserId;
use crate::role::Role;
use crate::time::Timestamp;

/// Which accounts. What is not told is not asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserFilter {
    /// Canonical names that begin so.
    pub prefix: Option<CanonicalName>,
    /// Of this state.
    pub state: Option<AccountState>,
    /// With this role.
    pub role: Option<Role>,
    /// Made at this instant or later.
    pub created_from: Option<Timestamp>,
    /// Made before this instant.
    pub created_until: Option<Timestamp>,
}

/// A page of a list of accounts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserQuery {
    /// Which accounts.
    pub filter: UserFilter,
    /// Where the page before ended; of the filter's order.
    pub after: Option<UserPlace>,
}

/// In which order: always one that an index has, so that each page costs what the first did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UserOrder {
    /// By id, which is the order in which accounts came here.
    Id,
    /// By canonical name: where names are asked for.
    Name,
    /// By the instant at which they were made, then by id: where instants are asked for. Imported accounts keep theirs.
    Created,
}

/// Where a page ended: its last account, by its place in the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserPlace {
    /// Under [`UserOrder::Id`].
    Id(UserId),
    /// Under [`UserOrder::Name`].
    Name(CanonicalName),
    /// Under [`UserOrder::Created`].
    Created(Timestamp, UserId),
}

impl UserFilter {
    /// The order of the list.
    pub fn order(&self) -> UserOrder {
        match self {
            Self { prefix: Some(_), .. } => UserOrder::Name,
            Self { created_from: Some(_), .. } | Self { created_until: Some(_), .. } => UserOrder::Created,
            _ => UserOrder::Id,
        }
    }

    /// The place of an account in the list.
    pub fn place_of(&self, user: &User) -> UserPlace {
        match self.order() {
            UserOrder::Id => UserPlace::Id(user.id),
            UserOrder::Name => UserPlace::Name(user.name.canonical().clone()),
            UserOrder::Created => UserPlace::Created(user.created_at, user.id),
        }
    }

    /// Whether it asks for this account, its role left out of account.
    pub fn fits(&self, user: &User) -> bool {
        let begins = |prefix: &CanonicalName| user.name.canonical().as_str().starts_with(prefix.as_str());
        self.prefix.as_ref().is_none_or(begins)
            && self.state.is_none_or(|state| user.state == state)
            && self.created_from.is_none_or(|from| user.created_at >= from)
            && self.created_until.is_none_or(|until| user.created_at < until)
    }
}

impl UserPlace {
    /// The order that it is a place of.
    pub fn order(&self) -> UserOrder {
        match self {
            Self::Id(_) => UserOrder::Id,
            Self::Name(_) => UserOrder::Name,
            Self::Created(..) => UserOrder::Created,
        }
    }

    /// Whether an account comes after it.
    pub fn is_before(&self, user: &User) -> bool {
        match self {
            Self::Id(id) => user.id > *id,
            Self::Name(name) => user.name.canonical() > name,
            Self::Created(at, id) => (user.created_at, user.id) > (*at, *id),
        }
    }
}

/// The first text, by bytes, that is greater than every text which begins with `prefix`; `None` where there is none. By it an
/// index finds a prefix as a range.
pub fn end_of_prefix(prefix: &str) -> Option<String> {
    let mut letters: Vec<char> = prefix.chars().collect();
    while let Some(last) = letters.pop() {
        // UTF-8 sorts as code points do. Surrogates are no letters.
        if let Some(next) = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32) {
            letters.push(next);
            return Some(letters.into_iter().collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_a_range() {
        for (prefix, end) in [("al", Some("am")), ("a\u{10ffff}", Some("b")), ("\u{d7ff}", Some("\u{e000}"))] {
            assert_eq!(end_of_prefix(prefix).as_deref(), end);
        }
        assert_eq!(end_of_prefix(""), None);
        assert_eq!(end_of_prefix("\u{10ffff}"), None);
    }
}
