//! How to choose among models that all meet what a call requires.

use serde::{Deserialize, Serialize};

/// How to choose among models that all meet what a call requires.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// The cheapest.
    Cost,
    /// The best.
    Performance,
    /// The cheapest of those that are at least half as good as the best.
    #[default]
    Balanced,
}

impl Strategy {
    /// The strategy of a word of the configuration or the command line.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Cost, Self::Performance, Self::Balanced].into_iter().find(|strategy| strategy.name() == word)
    }

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cost => "cost",
            Self::Performance => "performance",
            Self::Balanced => "balanced",
        }
    }
}
