//! One remembered (situation, action, outcome), and the short form of it that decisions are computed from.

use serde::{Deserialize, Serialize};

/// The kinds of choices that are remembered. Free words are allowed beside them.
pub mod action {
    /// Which role starts a chain of calls.
    pub const ROUTE: &str = "route";
    /// Which role begins as the root of a run.
    pub const START: &str = "start";
    /// What to do after a failure.
    pub const ESCALATE: &str = "escalate";
    /// How to look into a context.
    pub const EXPLORE: &str = "explore";
    /// How a whole run was made.
    pub const STRATEGY: &str = "strategy";
    /// Which stored program was run.
    pub const SCRIPT: &str = "script";
    /// A remark of a script or a person.
    pub const NOTE: &str = "note";
}

/// A closed list of words: in JSON, in SQL and on the screen they are the same.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $case:ident $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$doc])* $case,)+ }

        impl $name {
            /// Its word.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$case => $word,)+ }
            }

            /// The one of this word.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$case),)+ _ => None }
            }
        }
    };
}

words! {
    /// Which memories are mixed: real runs, evaluations, shipped seeds.
    Namespace {
        /// Real runs.
        #[default]
        Prod "prod",
        /// Benches and evaluations; never shown to real runs.
        Eval "eval",
        /// Shipped starting knowledge.
        Seed "seed",
    }
}

words! {
    /// How it ended.
    Verdict {
        /// It worked.
        Success "success",
        /// It did not.
        Fail "fail",
        /// The network, the disk or a limit was at fault, not the action.
        Infra "infra",
        /// Nobody knows.
        #[default]
        Unknown "unknown",
    }
}

impl Verdict {
    /// Whether it worked; nothing for ends that say nothing of the action.
    pub const fn worked(self) -> Option<bool> {
        match self {
            Self::Success => Some(true),
            Self::Fail => Some(false),
            Self::Infra | Self::Unknown => None,
        }
    }
}

words! {
    /// Who said how it ended.
    Verifier {
        /// Nobody: that something ended is weak evidence that it was right.
        #[default]
        None "none",
        /// A check that the script made of the answer.
        Test "test",
        /// A gate of the program: a schema, the monitor of streams, the check before FINAL.
        Gate "gate",
        /// A model that judged.
        Judge "judge",
        /// A person.
        User "user",
    }
}

impl Verifier {
    /// How far its verdicts are believed, 0 to 1, where nobody says otherwise.
    pub const fn trust(self) -> f64 {
        match self {
            Self::None => 0.5,
            Self::Judge => 0.6,
            Self::Gate => 0.8,
            Self::Test | Self::User => 1.0,
        }
    }

    /// Whether its verdict counts before a second, independent task agrees.
    pub const fn stands_alone(self) -> bool {
        matches!(self, Self::Test | Self::Gate | Self::User)
    }
}

/// One remembered (situation, action, outcome). Append-only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Episode {
    /// ULID; empty until stored.
    pub id: String,
    /// Milliseconds since 1970; 0 until stored.
    pub at: u64,
    /// Which memories it belongs to.
    pub namespace: Namespace,
    /// What it was like: the text that is embedded.
    pub situation: String,
    /// The same for equal tasks, so that one task told many times counts once; filled in when stored.
    pub fingerprint: String,
    /// What kind of choice it was, a word of `action` or a free one.
    pub action: String,
    /// What was chosen.
    pub arm: String,
    /// What there was to choose from; empty if nobody chose.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub offered: Vec<String>,
    /// How probable this choice was under the policy that made it, 0 to 1.
    pub propensity: f64,
    /// The policy that chose: `rule`, `learned`, `audit`, with its version.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub policy: String,
    /// The probability of success that the policy expected, if it had an opinion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predicted: Option<f64>,
    /// The role before the choice; empty if there was none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub role: String,
    /// The failure that was met before the choice, by its kind's name; empty if there was none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub failure: String,
    /// The gate that was not passed before the choice.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub gate: String,
    /// Failures in a row before the choice.
    #[serde(skip_serializing_if = "is_zero")]
    pub failures: u32,
    /// The model that acted, with its version.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub model: String,
    /// How it ended.
    pub outcome: Verdict,
    /// Who said so.
    pub verifier: Verifier,
    /// Free words: what to know next time.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub lesson: String,
    /// The run it comes from; empty if none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub run: String,
    /// What it cost, in nano-USD.
    pub cost_nanos: u64,
    /// Tokens used.
    pub tokens: u64,
    /// How long it took, in milliseconds.
    pub millis: u64,
    /// How far to believe it, 0 to 1.
    pub trust: f64,
    /// The memories that were shown before the choice, by id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shown: Vec<String>,
    /// Whether advice of the memory was followed; `None` if none was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint_used: Option<bool>,
    /// How much a way of looking found: entries of its result, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hits: Option<u64>,
    /// The embedder in use when it was stored.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub embedder: String,
}

impl Default for Episode {
    fn default() -> Self {
        Self {
            id: String::new(),
            at: 0,
            namespace: Namespace::Prod,
            situation: String::new(),
            fingerprint: String::new(),
            action: String::new(),
            arm: String::new(),
            offered: Vec::new(),
            propensity: 1.0,
            policy: String::new(),
            predicted: None,
            role: String::new(),
            failure: String::new(),
            gate: String::new(),
            failures: 0,
            model: String::new(),
            outcome: Verdict::Unknown,
            verifier: Verifier::None,
            lesson: String::new(),
            run: String::new(),
            cost_nanos: 0,
            tokens: 0,
            millis: 0,
            trust: 1.0,
            shown: Vec::new(),
            hint_used: None,
            hits: None,
            embedder: String::new(),
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// An episode without its texts: what a decision is computed from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outline {
    /// Its place in the log, from 1; grows with every episode.
    pub place: u64,
    /// ULID.
    pub id: String,
    /// Milliseconds since 1970.
    pub at: u64,
    /// Which memories it belongs to.
    pub namespace: Namespace,
    /// What kind of choice it was.
    pub action: String,
    /// What was chosen.
    pub arm: String,
    /// The same for equal tasks.
    pub fingerprint: String,
    /// The model that acted.
    pub model: String,
    /// How it ended.
    pub outcome: Verdict,
    /// Who said so.
    pub verifier: Verifier,
    /// How far to believe it, 0 to 1.
    pub trust: f64,
    /// What it cost, in nano-USD.
    pub cost_nanos: u64,
    /// Tokens used.
    pub tokens: u64,
    /// The length of its situation, in bytes.
    pub size: u64,
}

/// An episode found by similarity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recalled {
    /// The episode.
    pub episode: Episode,
    /// Cosine similarity of the situations, -1 to 1.
    pub similarity: f64,
}

/// How often an arm worked in a cell of situations: the rebuildable summary of the log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Utility {
    /// Which memories.
    pub namespace: Namespace,
    /// What kind of choice.
    pub action: String,
    /// The role before the choice.
    pub role: String,
    /// The failure before the choice.
    pub failure: String,
    /// What was chosen.
    pub arm: String,
    /// Trusted successes, each task counted once at most, plus 1.
    pub alpha: f64,
    /// Trusted failures, each task counted once at most, plus 1.
    pub beta: f64,
    /// The number of tasks that these stand for.
    pub n: f64,
    /// When the latest of them ended, in milliseconds since 1970.
    pub last_use: u64,
}
