//! Server-sent events, read incrementally from bytes as they arrive.
//!
//! Follows <https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation> where servers
//! do; reconnecting (`id`, `retry`) is not done, because a chat answer cannot be taken up in the middle. What the data
//! means is the provider's business.

use crate::core::failure::{Failure, FailureKind, Outcome};

/// The longest line, in bytes, that is read before the stream is given up.
pub const LINE_CAP: usize = 1024 * 1024;

/// One event of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// The event's name; empty if the server gave none.
    pub event: String,
    /// The data lines, joined by line feeds.
    pub data: String,
}

/// The parser's state between two pieces of a stream.
#[derive(Debug, Default)]
pub struct Frames {
    /// The bytes of the line that has not ended yet.
    line: Vec<u8>,
    /// The last byte was a carriage return, so a line feed that follows belongs to it.
    after_return: bool,
    /// A line has been read, so a byte order mark can no longer come.
    begun: bool,
    pending: Frame,
    /// The pending frame has a data line.
    has_data: bool,
}

impl Frames {
    /// A parser at the start of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes and returns the frames that they complete.
    ///
    /// # Errors
    /// `protocol` if a line, or the data of one frame, is longer than `LINE_CAP`.
    pub fn feed(&mut self, bytes: &[u8]) -> Outcome<Vec<Frame>> {
        let mut complete = Vec::new();
        let mut rest = bytes;
        if self.after_return && !rest.is_empty() {
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
            self.after_return = false;
        }
        while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            self.grow(&rest[..end])?;
            complete.extend(self.end_line()?);
            let (ending, next) = rest.split_at(end).1.split_at(1);
            rest = next;
            if ending == b"\r" {
                self.after_return = rest.is_empty();
                rest = rest.strip_prefix(b"\n").unwrap_or(rest);
            }
        }
        self.grow(rest)?;
        Ok(complete)
    }

    /// Ends the stream and returns the frame that no empty line has closed, if there is one. It may be cut.
    pub fn finish(mut self) -> Option<Frame> {
        // A line that is too long is as good as cut.
        let closed = self.end_line().ok().flatten();
        closed.or_else(|| self.take_pending())
    }

    fn grow(&mut self, bytes: &[u8]) -> Outcome<()> {
        if self.line.len() + bytes.len() > LINE_CAP {
            return Err(too_long());
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn end_line(&mut self) -> Outcome<Option<Frame>> {
        let bytes = std::mem::take(&mut self.line);
        let mut line = bytes.as_slice();
        if !self.begun {
            self.begun = true;
            line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
        }
        if line.is_empty() {
            return Ok(self.take_pending());
        }
        let (field, value) = match line.iter().position(|byte| *byte == b':') {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &[][..]),
        };
        let value = String::from_utf8_lossy(value.strip_prefix(b" ").unwrap_or(value));
        match field {
            b"data" => self.add_data(&value)?,
            b"event" => self.pending.event = value.into_owned(),
            // Comments (an empty field) and unknown fields are ignored, as the specification says.
            _ => {}
        }
        Ok(None)
    }

    fn add_data(&mut self, value: &str) -> Outcome<()> {
        if self.pending.data.len() + value.len() > LINE_CAP {
            return Err(too_long());
        }
        if self.has_data {
            self.pending.data.push('\n');
        }
        self.pending.data.push_str(value);
        self.has_data = true;
        Ok(())
    }

    fn take_pending(&mut self) -> Option<Frame> {
        let frame = std::mem::take(&mut self.pending);
        std::mem::take(&mut self.has_data).then_some(frame)
    }
}

fn too_long() -> Failure {
    let cap = LINE_CAP / 1024;
    Failure::new(FailureKind::Protocol, format!("an event of the answer's stream is longer than {cap} KiB"))
}

#[cfg(test)]
mod tests;
