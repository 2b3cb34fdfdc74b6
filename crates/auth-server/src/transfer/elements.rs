//! The elements of a JSON array, one by one: of the array that is all of the source, or of the arrays `users` of the objects there.
//!
//! An element ends where its brackets do, whatever is between them; only then is it read as JSON. So what is wrong within one
//! concerns that one, and no more than one is ever held.

use super::input::Input;
use super::{LONGEST, LineFault, Numbered, Raw, RawLine, SourceError};

/// The longest name of a member that is looked at; a longer one is none that is looked for.
const LONGEST_NAME: usize = 64;

/// Which array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The whole source is one.
    Root,
    /// `users` of the object that is the whole source, or of each object of the array that is.
    Users,
}

/// The elements.
pub(super) struct Elements {
    input: Input,
    wanted: Wanted,
    place: Place,
    /// Whether the objects with `users` are elements of an array.
    in_list: bool,
    /// Whether there was any `users`.
    found: bool,
    ended: bool,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    /// An object with `users`, or the end of the array of them.
    Objects {
        first: bool,
    },
    /// A member of such an object, or its end.
    Members {
        first: bool,
    },
    /// An element, or the end of them.
    Elements {
        first: bool,
    },
    End,
}

impl Elements {
    pub(super) fn new(input: Input, wanted: Wanted) -> Self {
        Self { input, wanted, place: Place::Start, in_list: false, found: false, ended: false }
    }

    fn read(&mut self) -> Result<Option<Numbered<Raw>>, SourceError> {
        loop {
            let next = self.input.first()?;
            match (self.place, next) {
                (Place::Start, Some(b'[')) if self.wanted == Wanted::Root => {
                    self.step(Place::Elements { first: true });
                }
                (Place::Start, Some(b'[')) => {
                    self.in_list = true;
                    self.step(Place::Objects { first: true });
                }
                (Place::Start, Some(b'{')) if self.wanted == Wanted::Users => {
                    self.step(Place::Members { first: true });
                }
                (Place::Objects { .. }, Some(b']')) => self.step(Place::End),
                (Place::Objects { first }, _) => {
                    self.comma(first)?;
                    self.expect(b'{')?;
                    self.place = Place::Members { first: true };
                }
                (Place::Members { .. }, Some(b'}')) => {
                    let behind = if self.in_list { Place::Objects { first: false } } else { Place::End };
                    self.step(behind);
                }
                (Place::Members { first }, _) => self.member(first)?,
                (Place::Elements { .. }, Some(b']')) => {
                    let behind = if self.wanted == Wanted::Root { Place::End } else { Place::Members { first: false } };
                    self.step(behind);
                }
                (Place::Elements { first }, _) => {
                    self.comma(first)?;
                    self.place = Place::Elements { first: false };
                    return self.element().map(Some);
                }
                (Place::End, None) if self.wanted == Wanted::Root || self.found => return Ok(None),
                (Place::End, None) => return Err(SourceError::Shape("a member `users`")),
                (Place::Start | Place::End, _) => return Err(self.broken()),
            }
        }
    }

    fn step(&mut self, place: Place) {
        self.input.skip(1);
        self.place = place;
    }

    fn broken(&self) -> SourceError {
        SourceError::Syntax(self.input.line())
    }

    fn expect(&mut self, byte: u8) -> Result<(), SourceError> {
        if self.input.first()? != Some(byte) {
            return Err(self.broken());
        }
        self.input.skip(1);
        Ok(())
    }

    /// Between two of them; and none before the end.
    fn comma(&mut self, first: bool) -> Result<(), SourceError> {
        if !first {
            self.expect(b',')?;
        }
        match self.input.first()? {
            None | Some(b']' | b'}' | b',') => Err(self.broken()),
            Some(_) => Ok(()),
        }
    }

    fn member(&mut self, first: bool) -> Result<(), SourceError> {
        self.comma(first)?;
        if self.input.first()? != Some(b'"') {
            return Err(self.broken());
        }
        let mut name = Vec::new();
        let is_short = self.value(&mut name, LONGEST_NAME)?;
        self.expect(b':')?;
        self.place = Place::Members { first: false };
        if is_short && name == b"\"users\"" && self.input.first()? == Some(b'[') {
            self.found = true;
            self.step(Place::Elements { first: true });
        } else {
            self.input.first()?;
            self.value(&mut Vec::new(), 0)?;
        }
        Ok(())
    }

    fn element(&mut self) -> RawLine {
        let (number, mut bytes) = (self.input.line(), Vec::new());
        let is_whole = self.value(&mut bytes, LONGEST)?;
        Ok((number, if is_whole { Ok(Raw::Json(bytes)) } else { Err(LineFault::TooLong) }))
    }

    /// Takes a value up to its end, and keeps it where it is no longer than `most`. Answers whether it was kept.
    fn value(&mut self, into: &mut Vec<u8>, most: usize) -> Result<bool, SourceError> {
        let (mut scan, mut is_short) = (Scan::default(), true);
        loop {
            let chunk = self.input.chunk()?;
            if chunk.is_empty() {
                return Err(self.broken());
            }
            let (taken, is_end) = scan.through(chunk);
            let part = chunk.get(..taken).unwrap_or_default();
            is_short &= into.len() + part.len() <= most;
            if is_short {
                into.extend_from_slice(part);
            }
            self.input.skip(taken);
            if is_end {
                return Ok(is_short);
            }
        }
    }
}

/// How far a value was seen.
#[derive(Debug, Default)]
struct Scan {
    depth: usize,
    in_text: bool,
    is_escaped: bool,
    has_begun: bool,
}

impl Scan {
    /// How many of these bytes belong to it, and whether it ends with them.
    fn through(&mut self, bytes: &[u8]) -> (usize, bool) {
        for (place, byte) in bytes.iter().enumerate() {
            let is_behind = self.has_begun && self.depth == 0 && !self.in_text;
            // A number or a word ends before what follows on it.
            if is_behind && matches!(byte, b',' | b']' | b'}' | b':' | b' ' | b'\t' | b'\r' | b'\n') {
                return (place, true);
            }
            self.has_begun = true;
            if self.in_text {
                match byte {
                    _ if self.is_escaped => self.is_escaped = false,
                    b'\\' => self.is_escaped = true,
                    b'"' => self.in_text = false,
                    _ => {}
                }
            } else {
                match byte {
                    b'"' => self.in_text = true,
                    b'{' | b'[' => self.depth += 1,
                    b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                    _ => continue,
                }
            }
            if self.depth == 0 && !self.in_text {
                return (place + 1, true);
            }
        }
        (bytes.len(), false)
    }
}

impl Iterator for Elements {
    type Item = RawLine;

    fn next(&mut self) -> Option<RawLine> {
        if self.ended {
            return None;
        }
        let line = self.read().transpose();
        self.ended = matches!(line, None | Some(Err(_)));
        line
    }
}
