//! One JSON object a line.

use super::input::Input;
use super::{LONGEST, LineFault, Numbered, Raw, RawLine, SourceError};

/// The lines of a source that are not blank.
pub(super) struct Lines {
    input: Input,
    ended: bool,
}

impl Lines {
    pub(super) fn new(input: Input) -> Self {
        Self { input, ended: false }
    }

    fn read(&mut self) -> Result<Option<Numbered<Raw>>, SourceError> {
        if self.input.first()?.is_none() {
            return Ok(None);
        }
        let (number, mut line, mut is_whole) = (self.input.line(), Vec::new(), true);
        loop {
            let chunk = self.input.chunk()?;
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let part = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or_default();
            is_whole &= line.len() + part.len() <= LONGEST;
            if is_whole {
                line.extend_from_slice(part);
            }
            let (taken, is_end) = (part.len() + usize::from(end.is_some()), end.is_some() || chunk.is_empty());
            self.input.skip(taken);
            if is_end {
                return Ok(Some((number, if is_whole { Ok(Raw::Json(line)) } else { Err(LineFault::TooLong) })));
            }
        }
    }
}

impl Iterator for Lines {
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
