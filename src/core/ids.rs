//! Newtypes for the names of things, so that a run is never passed where a blob is meant.

use crate::core::text::one_line;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Most characters of the key of an item that are told.
const TOLD: usize = 40;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps text that is already known to be such an id.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// One run: a ULID, so that ids sort by the time the run began.
    RunId
);
text_id!(
    /// One model, as `provider/name`, for example `openai/gpt-5-mini`.
    ModelId
);
text_id!(
    /// A place on the escalation ladder, for example `worker`.
    RoleName
);
text_id!(
    /// The blake3 hash, in hex, of a stored value.
    BlobId
);

/// Where in the tree of a run an effect happens: `run/step[/item][/turn][/branch]`.
///
/// Each parallel branch has a frame of its own, so the counters of two branches never race.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Frame(String);

impl Frame {
    /// The frame of a run's top level.
    pub fn root() -> Self {
        Self("root".to_owned())
    }

    /// The frame of a part of this one.
    #[must_use]
    pub fn child(&self, part: impl fmt::Display) -> Self {
        Self(format!("{}/{part}", self.0))
    }

    /// The frame of a part of this one whose name is any text: parts are told apart by their slashes.
    #[must_use]
    pub fn named(&self, kind: &str, name: &str) -> Self {
        self.child(format_args!("{kind}:{}", name.replace('%', "%25").replace('/', "%2F")))
    }

    /// The frame as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of the innermost item, or the name of the branch, that it is in.
    pub fn key(&self) -> Option<String> {
        let mut parts = self.0.rsplit('/').filter_map(|part| part.split_once(':'));
        parts.find(|(kind, _)| matches!(*kind, "item" | "branch")).map(|(_, name)| plain(name))
    }

    /// The steps that it is in, as people are told of them (`repl/steps`): `draft [a, 2]` is of an item or branch `a`, and of
    /// a second turn.
    pub fn steps(&self) -> Vec<String> {
        let (mut steps, mut key, mut turn) = (Vec::new(), None, None);
        for part in self.0.split('/') {
            match part.split_once(':').unwrap_or((part, "")) {
                ("item" | "branch", name) => key = Some(one_line(&plain(name), TOLD)),
                ("turn", number) => turn = Some(number.to_owned()),
                ("step", name) => {
                    let of: Vec<String> = key.iter().cloned().chain(turn.take()).collect();
                    steps.push(if of.is_empty() { name.to_owned() } else { format!("{name} [{}]", of.join(", ")) });
                }
                _ => {}
            }
        }
        steps
    }
}

/// The name of a part, as it was given.
fn plain(name: &str) -> String {
    name.replace("%2F", "/").replace("%25", "%")
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
