//! The bytes of a source, and the line that they are in.

use std::io::BufRead;

use super::SourceError;

/// A source without its byte order mark.
pub(super) struct Input {
    source: Box<dyn BufRead>,
    line: u64,
}

impl Input {
    pub(super) fn new(source: Box<dyn BufRead>) -> Result<Self, SourceError> {
        let mut input = Self { source, line: 1 };
        match input.peek()? {
            Some(0xef) => {
                for byte in [0xef, 0xbb, 0xbf] {
                    if input.peek()? != Some(byte) {
                        return Err(SourceError::Encoding);
                    }
                    input.skip(1);
                }
            }
            // UTF-16 begins so, in either order; PowerShell writes it.
            Some(0xfe | 0xff) => return Err(SourceError::Encoding),
            _ => {}
        }
        Ok(input)
    }

    /// The line that the next byte is in.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// The next byte; `None` at the end.
    pub(super) fn peek(&mut self) -> Result<Option<u8>, SourceError> {
        Ok(self.chunk()?.first().copied())
    }

    /// The next byte that is no blank.
    pub(super) fn first(&mut self) -> Result<Option<u8>, SourceError> {
        while let Some(byte) = self.peek()? {
            if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                return Ok(Some(byte));
            }
            self.skip(1);
        }
        Ok(None)
    }

    /// Some of the bytes that come next; none at the end.
    pub(super) fn chunk(&mut self) -> Result<&[u8], SourceError> {
        loop {
            match self.source.fill_buf() {
                // The borrow of the first answer would last; it is the same one, and costs nothing.
                Ok(_) => break,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(self.source.fill_buf()?)
    }

    /// Goes on behind so many of them.
    pub(super) fn skip(&mut self, bytes: usize) {
        let passed = self.source.fill_buf().ok().and_then(|chunk| chunk.get(..bytes)).unwrap_or_default();
        self.line += passed.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
        self.source.consume(bytes);
    }
}
