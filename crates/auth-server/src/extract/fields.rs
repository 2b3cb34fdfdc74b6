//! The members of a request, taken one by one. Faults are gathered, not thrown: a client hears of all at once.

use auth_core::secret::Secret;
use serde_json::{Map, Value};

use crate::problem::{Code, FieldCode, FieldError, Problem};

/// Unknown members that are listed; more are not worth an answer larger than the request.
const MOST_UNKNOWN: usize = 16;

/// What becomes of members that nobody asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// Each is a fault.
    Refuse,
    /// They are ignored (RFC 6749, section 3.2).
    Ignore,
}

/// The members of a JSON object or the parameters of a form.
#[derive(Debug)]
pub(crate) struct Fields {
    members: Map<String, Value>,
    faults: Vec<FieldError>,
}

/// A request that is read from members.
pub(crate) trait FromFields: Sized + 'static {
    /// What becomes of members that are not read.
    const UNKNOWN: Unknown;

    /// Takes the members. `None` where one is missing or wrong; `fields` knows which.
    fn from_fields(fields: &mut Fields) -> Option<Self>;
}

impl Fields {
    /// Members that were read strictly.
    pub(crate) fn new(members: Map<String, Value>) -> Self {
        Self { members, faults: Vec::new() }
    }

    /// A member that must be there.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        match self.members.remove(name) {
            Some(Value::String(text)) => Some(text),
            Some(_) => self.fault(FieldCode::WrongType, name),
            None => self.fault(FieldCode::Required, name),
        }
    }

    /// A member that may be missing; `null` is not missing.
    pub(crate) fn optional_text(&mut self, name: &str) -> Option<String> {
        if self.members.contains_key(name) { self.text(name) } else { None }
    }

    /// A secret member that must be there.
    pub(crate) fn secret(&mut self, name: &str) -> Option<Secret> {
        self.text(name).map(Secret::new)
    }

    /// A secret member that may be missing.
    pub(crate) fn optional_secret(&mut self, name: &str) -> Option<Secret> {
        self.optional_text(name).map(Secret::new)
    }

    /// A list of texts that may be missing.
    pub(crate) fn optional_texts(&mut self, name: &str) -> Option<Vec<String>> {
        let Value::Array(items) = self.members.remove(name)? else { return self.fault(FieldCode::WrongType, name) };
        let texts = items.into_iter().map(|item| match item {
            Value::String(text) => Some(text),
            _ => None,
        });
        match texts.collect() {
            Some(texts) => Some(texts),
            None => self.fault(FieldCode::WrongType, name),
        }
    }

    /// A text that may be missing, and what it says. `None` as well where it says nothing, which is a fault.
    pub(crate) fn optional<T>(
        &mut self,
        name: &str,
        code: FieldCode,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.optional_text(name)?;
        match read(&text) {
            Some(value) => Some(value),
            None => self.fault(code, name),
        }
    }

    /// Notes a fault.
    pub(crate) fn fault<T>(&mut self, code: FieldCode, name: &str) -> Option<T> {
        self.faults.push(code.of(name));
        None
    }

    /// Reads a whole request.
    ///
    /// # Errors
    /// `validation_failed` with all faults.
    pub(crate) fn read<T: FromFields>(mut self) -> Result<T, Problem> {
        let value = T::from_fields(&mut self);
        if T::UNKNOWN == Unknown::Refuse {
            let mut unknown: Vec<&String> = self.members.keys().collect();
            // The map's own order depends on a feature that any other crate may turn on.
            unknown.sort_unstable();
            self.faults.extend(unknown.into_iter().take(MOST_UNKNOWN).map(|name| FieldCode::UnknownMember.of(name)));
        }
        match value {
            Some(value) if self.faults.is_empty() => Ok(value),
            _ => Err(Problem::fields(Code::ValidationFailed, self.faults)),
        }
    }
}
