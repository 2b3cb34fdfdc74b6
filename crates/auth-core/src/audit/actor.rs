//! Who did it.

use crate::id::UserId;

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Actor {
    /// Whoever sent the request, about an account of their own.
    Client,
    /// The server by itself.
    System,
    /// A command, by the operating system's user of this name.
    Command(String),
    /// An administrator, by this account.
    User(UserId),
}

impl Actor {
    /// The text that a store keeps: `client`, `system`, `cli:NAME`, `user:ID`.
    pub fn to_text(&self) -> String {
        match self {
            Self::Client => "client".to_owned(),
            Self::System => "system".to_owned(),
            Self::Command(name) => format!("cli:{name}"),
            Self::User(id) => format!("user:{id}"),
        }
    }

    /// The inverse of [`Actor::to_text`].
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "client" => Some(Self::Client),
            "system" => Some(Self::System),
            other => match other.split_once(':')? {
                ("cli", name) => Some(Self::Command(name.to_owned())),
                ("user", id) => id.parse().ok().map(Self::User),
                _ => None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_actor_has_one_text() {
        let user = UserId::from_bytes([1; 16]);
        for actor in [Actor::Client, Actor::System, Actor::Command("ro:ot".to_owned()), Actor::User(user)] {
            assert_eq!(Actor::parse(&actor.to_text()), Some(actor));
        }
        for text in ["", "user:", "user:root", "root", "clients"] {
            assert_eq!(Actor::parse(text), None, "{text}");
        }
    }
}
