//! Accounts: who somebody is, and by which name. Never how they prove it: credentials live in their own modules, so
//! that printing or serialising a user cannot leak one.

mod name;
mod policy;
mod query;
mod repository;

pub use name::{CanonicalName, MAX_NAME_BYTES, Skeleton, Username};
pub use policy::{UsernameFault, UsernamePolicy};
pub use query::{UserFilter, UserOrder, UserPlace, UserQuery, end_of_prefix};
pub use repository::{Added, UserRepository};

use crate::id::UserId;
use crate::store::StoreError;
use crate::time::Timestamp;

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its id, for ever.
    pub id: UserId,
    /// Its name, as entered and as compared.
    pub name: Username,
    /// Whether it may sign in.
    pub state: AccountState,
    /// The number it had in the system it was imported from; becomes the `userId` claim.
    pub legacy_id: Option<i64>,
    /// Raised by each password change (not by a rehash). A sign-in that began before a change sees another number when
    /// it takes the row's lock, and is refused.
    pub credential_version: i64,
    /// When it was made here.
    pub created_at: Timestamp,
    /// When its name or state last changed.
    pub updated_at: Timestamp,
}

impl User {
    /// The `userId` claim of the tutorial's tokens: the old number where there is one, else the id.
    pub fn public_number(&self) -> crate::token::TutorialUserId {
        match self.legacy_id {
            Some(number) => crate::token::TutorialUserId::Number(number),
            None => crate::token::TutorialUserId::Text(self.id.to_string()),
        }
    }
}

/// Whether an account may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccountState {
    /// It may.
    Active,
    /// An administrator said no. Told only to those who know the password.
    Disabled,
}

impl AccountState {
    /// The name in stores and documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }

    /// The inverse of [`AccountState::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "active" => Some(Self::Active),
            "disabled" => Some(Self::Disabled),
            _ => None,
        }
    }
}

/// Whether an account has this name already. A hint that spares work: only [`UserRepository::insert`] decides.
///
/// A rule that needs one repository takes that repository, so that a fake of it suffices to test the rule.
///
/// # Errors
/// [`StoreError`].
pub fn is_name_taken(users: &mut dyn UserRepository, name: &Username) -> Result<bool, StoreError> {
    Ok(users.by_name(name.canonical())?.is_some())
}
