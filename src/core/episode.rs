//! One remembered (situation, action, outcome).

use serde::{Deserialize, Serialize};

/// Which memories are mixed: real runs, evaluations, shipped seeds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Namespace {
    /// Real runs.
    #[default]
    Prod,
    /// Benches and evaluations; never shown to real runs.
    Eval,
    /// Shipped starting knowledge.
    Seed,
}

/// How it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It worked.
    Success,
    /// It did not.
    Fail,
    /// The network, the disk or a limit was at fault, not the action.
    Infra,
    /// Nobody knows.
    #[default]
    Unknown,
}

/// One remembered (situation, action, outcome). Append-only.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Episode {
    /// ULID; empty until stored.
    #[serde(default)]
    pub id: String,
    /// Milliseconds since 1970; 0 until stored.
    #[serde(default)]
    pub at: u64,
    /// Which memories it belongs to.
    #[serde(default)]
    pub namespace: Namespace,
    /// What it was like: the text that is embedded.
    pub situation: String,
    /// What kind of choice it was: `route`, `escalate`, `explore`, `strategy`, `script`, `note`.
    #[serde(default)]
    pub action: String,
    /// What was chosen.
    #[serde(default)]
    pub arm: String,
    /// How it ended.
    #[serde(default)]
    pub outcome: Verdict,
    /// Free words: what to know next time.
    #[serde(default)]
    pub lesson: String,
    /// The run it comes from; empty if none.
    #[serde(default)]
    pub run: String,
    /// What it cost, in nano-USD.
    #[serde(default)]
    pub cost_nanos: u64,
    /// Tokens used.
    #[serde(default)]
    pub tokens: u64,
    /// How far to believe it, 0 to 1.
    #[serde(default = "full_trust")]
    pub trust: f64,
}

fn full_trust() -> f64 {
    1.0
}

/// An episode found by similarity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recalled {
    /// The episode.
    pub episode: Episode,
    /// Cosine similarity of the situations, -1 to 1.
    pub similarity: f64,
}
