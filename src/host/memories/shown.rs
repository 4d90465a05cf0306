//! What a tree of runs was shown from the memory, so that nothing of it comes back as evidence.

use crate::core::episode::{Episode, action};
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// Shorter texts say too little to know where they come from.
const LEAST: usize = 12;

/// The texts and templates that were shown.
#[derive(Default)]
pub struct Shown {
    texts: Mutex<HashSet<String>>,
    templates: Mutex<HashSet<String>>,
}

impl Shown {
    /// Notes a text.
    pub fn note(&self, text: &str) {
        let text = bare(text);
        if text.len() >= LEAST {
            self.texts.lock().unwrap_or_else(PoisonError::into_inner).insert(text);
        }
    }

    /// Notes a template.
    pub fn note_template(&self, template: &str) {
        self.templates.lock().unwrap_or_else(PoisonError::into_inner).insert(template.to_owned());
    }

    /// Whether an episode only repeats what was shown: a lesson that has a shown text in it or is a part of one, or a
    /// verdict of a script on a template that was advised, which the end of the run gives.
    pub fn is_echo(&self, episode: &Episode) -> bool {
        let lesson = bare(&episode.lesson);
        let told = |text: &String| lesson.contains(text.as_str()) || (lesson.len() >= LEAST && text.contains(&lesson));
        let repeats = self.texts.lock().unwrap_or_else(PoisonError::into_inner).iter().any(told);
        let templates = self.templates.lock().unwrap_or_else(PoisonError::into_inner);
        repeats || (episode.action == action::EXPLORE && templates.contains(&episode.arm))
    }
}

/// Letters and digits alone, in lower case: neither punctuation nor quoting makes a text another.
fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::Shown;
    use crate::core::episode::Episode;

    #[test]
    fn echoes_are_known_whatever_their_dress() {
        let shown = Shown::default();
        shown.note("context.grep(_): worked in 7 of 9 similar runs, about 3,200 tokens");
        shown.note("ok");
        shown.note_template("context.grep(_)");
        for (action, arm, lesson, expect) in [
            ("note", "", "context.grep(_): worked in 7 of 9 similar runs, about 3,200 tokens", true),
            ("note", "", "I learned: \"Context.grep(_) worked in 7 of 9 similar runs, about 3,200 tokens!\"", true),
            ("note", "", "worked in 7 of 9 similar runs", true),
            ("note", "", "the totals stand in the last line", false),
            ("note", "", "ok", false),
            ("note", "", "", false),
            ("explore", "context.grep(_)", "", true),
            ("explore", "context.csv()", "", false),
            ("note", "context.grep(_)", "", false),
        ] {
            let (action, arm, lesson) = (action.to_owned(), arm.to_owned(), lesson.to_owned());
            let episode = Episode { action, arm, lesson, ..Episode::default() };
            assert_eq!(shown.is_echo(&episode), expect, "{episode:?}");
        }
    }
}
