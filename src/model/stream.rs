//! Listening to an answer: finds out whether it is a stream of events or one JSON document, and hands events on.
//!
//! The first byte decides, not the content type, because servers and proxies mislabel both. What an event means is the
//! provider's business, as is whether the answer is whole when this returns.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::model::exchange::{Incoming, Patience, STREAM_CAP};
use crate::model::sse::{Frame, Frames};
use crate::model::transport::foreign;
use std::time::Duration;

/// How long the rest of a stream is waited for after the answer itself has ended; usage comes there.
const TAIL_PATIENCE: Duration = Duration::from_secs(5);

/// A byte order mark, which some servers and proxies of Windows put before everything.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// What a provider made of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// The server has spoken, and has said nothing of the answer so far.
    Waiting,
    /// The model thinks, and nobody is shown what.
    Thinking,
    /// The answer goes on.
    More,
    /// The answer is whole; figures about it may follow.
    Ending,
    /// Nothing follows.
    Done,
    /// Whatever follows is not wanted.
    Cut,
}

/// What the answer was.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// Events, all handed on.
    Events,
    /// One JSON document.
    Json(Vec<u8>),
}

/// Reads an answer to its end and hands each event to `sink`.
///
/// `first` is the patience for the first word of the answer, whatever events announce it; `between` is the time from one
/// event to the next. A model that thinks unseen may do so for longer than `first` while its server sends events all the
/// same: Anthropic pings then, and OpenAI says nothing.
///
/// # Errors
/// Those of `Incoming::chunk` and of `sink`; `protocol` if the answer is neither events nor JSON.
pub async fn listen(
    incoming: &mut Incoming<'_>,
    first: Patience,
    between: Duration,
    mut sink: impl FnMut(Frame) -> Outcome<Flow> + Send,
) -> Outcome<Heard> {
    let mut patience = first;
    let mut form = Form::Unknown(Vec::new());
    let mut events: usize = 0;
    while let Some(bytes) = incoming.chunk(patience).await? {
        for frame in form.feed(bytes.as_ref(), incoming)? {
            events += 1;
            let further = |limit| Patience::now(limit, "nothing further");
            patience = match sink(frame)? {
                Flow::Waiting => first,
                Flow::Thinking => first.longer(further(between)),
                Flow::More => further(between),
                Flow::Ending => further(between.min(TAIL_PATIENCE)),
                Flow::Done => {
                    incoming.drain().await;
                    return Ok(Heard::Events);
                }
                Flow::Cut => return Ok(Heard::Events),
            };
        }
        match form {
            Form::Json(_) => patience = Patience::now(between, "nothing further"),
            Form::Events(_) => incoming.allow(STREAM_CAP),
            Form::Unknown(_) => {}
        }
    }
    let parser = match form {
        Form::Json(body) => return Ok(Heard::Json(body)),
        Form::Unknown(_) => return Ok(Heard::Events),
        Form::Events(parser) => parser,
    };
    if let Some(frame) = parser.finish() {
        events += 1;
        // A last event that cannot be read was cut by the end of the stream; that it is missing shows in the answer.
        match sink(frame) {
            Err(failure) if failure.kind != FailureKind::Protocol => return Err(failure),
            _ => {}
        }
    }
    if events == 0 && !incoming.content_type().starts_with("text/event-stream") {
        return Err(strange(incoming));
    }
    Ok(Heard::Events)
}

enum Form {
    /// Nothing but a byte order mark, or a part of it, and white space so far.
    Unknown(Vec<u8>),
    Json(Vec<u8>),
    Events(Frames),
}

impl Form {
    fn feed(&mut self, bytes: &[u8], incoming: &Incoming<'_>) -> Outcome<Vec<Frame>> {
        match self {
            Self::Json(body) => body.extend_from_slice(bytes),
            Self::Events(parser) => return parser.feed(bytes),
            Self::Unknown(start) => {
                start.extend_from_slice(bytes);
                if start.starts_with(MARK) {
                    start.drain(..MARK.len());
                }
                let start = std::mem::take(start);
                let first = start.iter().find(|byte| !byte.is_ascii_whitespace()).copied();
                let Some(first) = first.filter(|_| !MARK.starts_with(&start)) else {
                    *self = Self::Unknown(start);
                    return Ok(Vec::new());
                };
                match first {
                    b'{' => *self = Self::Json(start),
                    // The first letters of an event's fields, or a comment.
                    b'd' | b'e' | b'i' | b'r' | b':' => {
                        let mut parser = Frames::new();
                        let frames = parser.feed(&start);
                        *self = Self::Events(parser);
                        return frames;
                    }
                    b'<' => return Err(foreign(incoming.host(), "it sent HTML")),
                    _ => return Err(strange(incoming)),
                }
            }
        }
        Ok(Vec::new())
    }
}

fn strange(incoming: &Incoming<'_>) -> Failure {
    let content_type = incoming.content_type();
    let what = if content_type.is_empty() { "it sent no content type" } else { content_type };
    foreign(incoming.host(), &format!("neither events nor JSON ({what})"))
}
