//! The words for what models can do beyond text, and what the configuration says about it.

use crate::config::model::ModelConfig;
use crate::registry::models::Capabilities;

/// The words for them, as a call requires them.
pub const WORDS: &[&str] = &["vision", "tools", "json", "logprobs"];

impl Capabilities {
    /// Whether it has the capability of this word; `None` if the word is none of `WORDS`.
    pub fn has(self, word: &str) -> Option<bool> {
        match word {
            "vision" => Some(self.vision),
            "tools" => Some(self.tools),
            "json" => Some(self.json),
            "logprobs" => Some(self.logprobs),
            _ => None,
        }
    }

    /// The words of what it has.
    pub fn words(self) -> Vec<&'static str> {
        WORDS.iter().copied().filter(|word| self.has(word) == Some(true)).collect()
    }

    fn set(&mut self, word: &str, given: bool) {
        match word {
            "vision" => self.vision = given,
            "tools" => self.tools = given,
            "json" => self.json = given,
            "logprobs" => self.logprobs = given,
            _ => {}
        }
    }
}

/// What is known with what the configuration says: a list replaces what is known, single fields change it.
pub fn configured(known: Capabilities, config: &ModelConfig) -> Capabilities {
    let mut capabilities = known;
    if let Some(list) = &config.capabilities {
        capabilities = Capabilities::default();
        list.iter().for_each(|word| capabilities.set(word, true));
    }
    let fields =
        [("vision", config.vision), ("tools", config.tools), ("json", config.json), ("logprobs", config.logprobs)];
    for (word, given) in fields {
        if let Some(given) = given {
            capabilities.set(word, given);
        }
    }
    capabilities
}

#[cfg(test)]
mod tests {
    use super::configured;
    use crate::config::model::ModelConfig;
    use crate::registry::models::Capabilities;

    #[test]
    fn a_list_replaces_and_a_field_changes() {
        let config = |capabilities: Option<&[&str]>, vision| ModelConfig {
            capabilities: capabilities.map(|list| list.iter().map(|&word| word.to_owned()).collect()),
            vision,
            ..ModelConfig::default()
        };
        let known = Capabilities { vision: true, tools: true, json: true, logprobs: false };
        for (list, vision, words) in [
            (None, None, &["vision", "tools", "json"][..]),
            (None, Some(false), &["tools", "json"]),
            (Some(&["logprobs"][..]), None, &["logprobs"]),
            (Some(&[]), Some(true), &["vision"]),
        ] {
            assert_eq!(configured(known, &config(list, vision)).words(), words);
        }
    }
}
