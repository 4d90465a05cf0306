//! What can go wrong, as one table: the kind decides what a script, a retry, a caller and the exit code make of it.

mod maps;
mod step;
pub mod table;

use crate::core::exit::Exit;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;
use std::io;
use std::num::NonZeroU32;

/// One row of the table of failure kinds.
struct Row {
    name: &'static str,
    /// What happened, as its documentation says.
    about: &'static str,
    /// The same request may succeed if sent again.
    retryable: bool,
    /// A script's `catch` may receive it.
    catchable: bool,
    exit: Exit,
}

macro_rules! kinds {
    ($(#[doc = $about:literal] $kind:ident $name:literal $retry:literal $catch:literal $exit:ident;)+) => {
        /// The kind of a failure.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum FailureKind { $(#[doc = $about] $kind,)+ }

        impl FailureKind {
            /// Every kind, in the table's order.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)+];

            const fn row(self) -> Row {
                match self {
                    $(Self::$kind => Row {
                        name: $name, about: $about, retryable: $retry, catchable: $catch, exit: Exit::$exit
                    },)+
                }
            }
        }
    };
}

kinds! {
    // kind          name             retry  catch  exit
    /// A program in Rhai was wrong: it did not parse, or raised an error.
    Script           "script"         false  true   Failed;
    /// A value did not have the form asked for.
    Invalid          "invalid"        false  true   Failed;
    /// What came while a pipeline ran has another form than an expression or a step of it needs.
    Data             "data"           false  true   Failed;
    /// A file, tool, script, document, model or role does not exist.
    NotFound         "not_found"      false  true   Failed;
    /// The workspace or a permission forbids it.
    Denied           "denied"         false  true   Failed;
    /// A file or the disk failed.
    Io               "io"             false  true   Failed;
    /// A tool failed.
    Tool             "tool"           false  true   Failed;
    /// A configuration is wrong.
    Config           "config"         false  true   Config;
    /// No key, a wrong key, or no right to the model.
    Auth             "auth"           false  true   Provider;
    /// The provider knows no such model or address.
    UnknownModel     "unknown_model"  false  true   Provider;
    /// The provider refused the request as malformed.
    Rejected         "rejected"       false  true   Provider;
    /// The prompt does not fit the model's window.
    ContextOverflow  "context_overflow" false true  Provider;
    /// The model declined to answer, or a filter cut it.
    Refusal          "refusal"        false  true   Provider;
    /// The answer was cut by its token limit.
    Truncated        "truncated"      false  true   Provider;
    /// Too many requests.
    RateLimit        "rate_limit"     true   true   Provider;
    /// The provider is overloaded or broken.
    Server           "server"         true   true   Provider;
    /// The connection could not be made or broke.
    Transport        "transport"      true   true   Provider;
    /// The provider did not answer in time.
    Stalled          "stalled"        true   true   Provider;
    /// The answer was not in the protocol.
    Protocol         "protocol"       false  true   Provider;
    /// The answer was going wrong while it was written and was stopped.
    EarlyAbort       "early_abort"    false  true   Provider;
    /// No model meets what the call requires.
    NoModel          "no_model"       false  true   Config;
    /// The stored answer of an earlier run cannot be used.
    Replay           "replay"         false  false  Failed;
    /// A loop or a step came to the end of its repetitions before it came to its goal.
    LoopExhausted    "loop_exhausted" false  true   Failed;
    /// A child run was stopped by its own budget, limit or deadline; its parent may go on.
    Child            "child"          false  true   Limit;
    /// Child runs nest too deep.
    Depth            "depth"          false  true   Limit;
    /// The budget does not allow it.
    Budget           "budget"         false  false  Limit;
    /// The last turn passed without an answer.
    Turns            "turns"          false  true   Limit;
    /// An engine limit (operations, size, call depth) was passed.
    Limit            "limit"          false  false  Limit;
    /// The deadline passed.
    Deadline         "deadline"       false  false  Timeout;
    /// A person or a parent stopped it.
    Cancelled        "cancelled"      false  false  Interrupted;
    /// An answer from a person is needed and nobody is there.
    Waiting          "waiting"        false  false  Waiting;
    /// A fault of this program.
    Internal         "internal"       false  true   Failed;
}

impl FailureKind {
    /// The kind for what the system refused: `NotFound` for what is not there, `Io` for anything else.
    pub fn of_io(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound { Self::NotFound } else { Self::Io }
    }

    /// The name in maps, logs and JSON.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// What happened, in a sentence.
    pub fn about(self) -> &'static str {
        self.row().about.trim()
    }

    /// Whether the same request may succeed if sent again.
    pub const fn retryable(self) -> bool {
        self.row().retryable
    }

    /// Whether a script's `catch` may receive it.
    pub const fn catchable(self) -> bool {
        self.row().catchable
    }

    /// Whether it stops all that is around it: no script may catch it, and it is no answer of a person that is missing.
    pub const fn stops(self) -> bool {
        !self.catchable() && !matches!(self, Self::Waiting)
    }

    /// The exit code of a command that ends with it.
    pub const fn exit(self) -> Exit {
        self.row().exit
    }
}

/// A failure as data: what happened, where, and what to do about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// Its kind.
    pub kind: FailureKind,
    /// What happened and where, in lower case, without a full stop.
    pub message: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// More, by name (`status`, `line`, `raw`, ...).
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub details: Map<String, Value>,
    /// From which effects of its run it comes, by a number that the run's host has for them. No program and no log sees it.
    #[serde(skip)]
    pub cause: Option<Cause>,
}

/// The field that carries a cause where a failure is a value among others. No program can write a name like it by chance.
pub const CAUSE: &str = "\0cause";

/// The detail of a failure that ends nothing but the item that met it.
const ALONE: &str = "alone";

/// The number of effects that a failure comes from, within a run and a process.
pub type Cause = NonZeroU32;

/// The result of anything that may fail in a way that people and scripts see.
pub type Outcome<T> = Result<T, Failure>;

impl Failure {
    /// A failure with a message.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, details: Map::new(), cause: None }
    }

    /// The same with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same with a detail.
    #[must_use]
    pub fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    /// The same with what says which part of a whole failed. What stops all is no failure of the part that met it.
    #[must_use]
    pub fn in_part(self, name: &str, value: impl Into<Value>) -> Self {
        if self.kind.stops() { self } else { self.detail(name, value) }
    }

    /// The same where it ends nothing but the item that met it: a look ahead goes on with those beside it.
    #[must_use]
    pub fn alone(self) -> Self {
        self.detail(ALONE, true)
    }

    /// Whether items go on that stand beside the one that met it.
    pub fn is_alone(&self) -> bool {
        self.kind == FailureKind::Replay && self.details.contains_key(ALONE)
    }

    /// Whether an item that fails so is given up, where its slot has the failure. What a budget refused is asked for again
    /// whenever there is more of it.
    pub fn gives_up(&self) -> bool {
        self.kind.catchable() && self.kind != FailureKind::Budget
    }

    /// The failure of what a person, or whoever waited for it, stopped.
    pub fn cancelled() -> Self {
        Self::new(FailureKind::Cancelled, "cancelled")
    }

    /// The failure of a part that took longer than it may, as those around it see it.
    pub fn overdue(part: &str, seconds: f64) -> Self {
        let what = format!("it took longer than {seconds} s");
        Self::new(FailureKind::Deadline, what).hint(format!("raise `timeout` of {part}")).contained(part)
    }

    /// The failure of a part with a budget or deadline of its own, as those around it see it: what is uncatchable
    /// within must not stop them. If their own budget is used up too, their next call says so.
    #[must_use]
    pub fn contained(self, part: &str) -> Self {
        if !matches!(self.kind, FailureKind::Budget | FailureKind::Limit | FailureKind::Deadline) {
            return self;
        }
        let (inner, message) = (self.kind.name(), format!("{part} was stopped: {}", self.message));
        Self { kind: FailureKind::Child, message, ..self }.detail("stopped_by", inner)
    }

    /// The failure of what was checked before it ran: only its data can have brought it about.
    #[must_use]
    pub fn of_data(self) -> Self {
        let kind = match self.kind {
            FailureKind::Script | FailureKind::Invalid => FailureKind::Data,
            other => other,
        };
        Self { kind, ..self }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::FailureKind;

    #[test]
    fn names_in_maps_and_json_agree() {
        for kind in FailureKind::ALL {
            assert_eq!(serde_json::to_value(kind).ok(), Some(kind.name().into()));
        }
    }
}
