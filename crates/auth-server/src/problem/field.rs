//! What is wrong with one member of a request.

use auth_core::password::PasswordFault;
use auth_core::user::UsernameFault;

/// One fault, and where it is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct FieldError {
    /// The member, as a JSON pointer (RFC 6901); parameters of forms and queries are named the same way.
    #[schema(example = "/username")]
    pub pointer: String,
    /// What is wrong, for programs.
    pub code: FieldCode,
    /// What is wrong, for people.
    #[schema(value_type = String)]
    pub detail: &'static str,
}

/// What is wrong with a member, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldCode {
    /// It is missing.
    Required,
    /// It is of another JSON type.
    WrongType,
    /// The route knows no such member.
    UnknownMember,
    /// It is none of the words that it may be.
    UnknownValue,
    /// It differs from the member that it repeats.
    Mismatch,
    /// It has too few characters.
    TooShort,
    /// It has too many characters.
    TooLong,
    /// It holds a character that is not allowed.
    ForbiddenCharacter,
    /// It mixes scripts.
    MixedScripts,
    /// It is kept for the product itself.
    Reserved,
    /// It is among the passwords that are tried first.
    Common,
    /// The password is the account's name.
    IsName,
    /// The password is what the service is called.
    IsService,
    /// The password is the present one.
    Unchanged,
    /// It is no role, or there are too many.
    NotARole,
    /// It is no id.
    NotAnId,
    /// It is no instant.
    NotAnInstant,
    /// It is outside of its range.
    OutOfRange,
}

impl FieldCode {
    const fn detail(self) -> &'static str {
        match self {
            Self::Required => "is missing",
            Self::WrongType => "is of another type than `/openapi.json` says",
            Self::UnknownMember => "is not known here",
            Self::UnknownValue => "is none of the words that it may be",
            Self::Mismatch => "is not the same as the password",
            Self::TooShort => "has fewer characters than `/v1/settings` allows",
            Self::TooLong => "has more characters than `/v1/settings` allows",
            Self::ForbiddenCharacter => "holds a space, an invisible or another character that names must not have",
            Self::MixedScripts => "mixes letters of several scripts",
            Self::Reserved => "is reserved",
            Self::Common => "is one of the passwords that are tried first, or close to one",
            Self::IsName => "is the name of the account, or close to it",
            Self::IsService => "is the name of this service, or close to it",
            Self::Unchanged => "is the present password",
            Self::NotARole => "is no list of at most sixteen roles, each 1 to 32 of a-z, 0-9, - and _, a letter first",
            Self::NotAnId => "is no hyphenated lower-case UUID",
            Self::NotAnInstant => "is no instant of RFC 3339",
            Self::OutOfRange => "is outside of the range that `/openapi.json` says",
        }
    }

    /// This fault of the top-level member `name`.
    pub fn of(self, name: &str) -> FieldError {
        FieldError { pointer: pointer(name), code: self, detail: self.detail() }
    }
}

/// RFC 6901, section 3. A member whose name is beyond any that exists is not repeated: the pointer names the object.
fn pointer(name: &str) -> String {
    if name.len() > 64 { String::new() } else { format!("/{}", name.replace('~', "~0").replace('/', "~1")) }
}

impl From<UsernameFault> for FieldCode {
    fn from(fault: UsernameFault) -> Self {
        match fault {
            UsernameFault::TooShort => Self::TooShort,
            UsernameFault::TooLong => Self::TooLong,
            UsernameFault::Forbidden => Self::ForbiddenCharacter,
            UsernameFault::MixedScripts => Self::MixedScripts,
            UsernameFault::Reserved => Self::Reserved,
        }
    }
}

impl From<PasswordFault> for FieldCode {
    fn from(fault: PasswordFault) -> Self {
        match fault {
            PasswordFault::TooShort => Self::TooShort,
            PasswordFault::TooLong => Self::TooLong,
            PasswordFault::Common => Self::Common,
            PasswordFault::IsName => Self::IsName,
            PasswordFault::IsService => Self::IsService,
            PasswordFault::Unchanged => Self::Unchanged,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_escape_what_rfc_6901_escapes() {
        assert_eq!(pointer("a/b~c"), "/a~1b~0c");
        assert_eq!(pointer(&"x".repeat(65)), "");
    }
}
