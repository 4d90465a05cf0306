//! What a question asks for, and about what: a small classifier over its words.
//!
//! It knows cues of English questions, not their meaning; a question without a cue asks for quotations.

use crate::model::offline::thing::{Thing, is_unit};
use crate::model::offline::words::{keywords, normal, words};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Places where the thing stands.
    Matches,
    /// Lines, those with the thing if one is named.
    Lines,
    /// Words, if no thing is named.
    Words,
    /// Documents, those with the thing if one is named.
    Documents,
}

/// What kind of answer a question asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// A number of something.
    Count(Unit),
    /// All that match.
    List,
    /// The gist of the whole.
    Summary,
    /// The passages that answer best.
    Quote,
}

/// A question, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The question on one line.
    pub text: String,
    /// What it asks for.
    pub ask: Ask,
    /// What it is about.
    pub thing: Thing,
    /// Its content words in their common form.
    pub keywords: Vec<String>,
    /// Whether the answer probably holds a number, as after "when" or "how much".
    pub wants_number: bool,
}

impl Question {
    /// Reads a question or an instruction.
    pub fn read(text: &str) -> Self {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let lower: Vec<String> = words(&text).map(|word| word.text.to_lowercase()).collect();
        let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
        let (mut ask, after) = classify(&lower);
        if ask == Ask::Count(Unit::Matches) && !text.contains(QUOTES) && is_measured(&lower, after) {
            ask = Ask::Quote;
        }
        let noun = match ask {
            Ask::Count(_) | Ask::List => Some(after),
            Ask::Summary | Ask::Quote => None,
        };
        let thing = Thing::named(&text, noun, matches!(ask, Ask::Count(_)));
        if ask == Ask::Count(Unit::Matches) && thing == Thing::Unnamed {
            ask = Ask::Quote;
        }
        let mut keywords = keywords(&text);
        if matches!(ask, Ask::Count(_)) {
            keywords.retain(|word| !is_unit(word));
        }
        Self { ask, thing, wants_number: wants_number(&lower), keywords, text }
    }

    /// Whether the number of places is the answer: it is for lines, names and quoted terms. Of a common thing the text
    /// itself may say the number.
    pub const fn is_counted(&self) -> bool {
        matches!(self.ask, Ask::Count(_)) && !matches!(self.thing, Thing::Phrase(_))
    }

    /// The words to search for: the keywords, or the whole question if it has none.
    pub fn query(&self) -> String {
        if self.keywords.is_empty() { self.text.clone() } else { self.keywords.join(" ") }
    }

    /// What is missing when nothing matches, for people.
    pub fn looked_for(&self) -> String {
        match &self.thing {
            Thing::Exact(terms) if self.keywords.is_empty() => terms.join(", "),
            _ if self.text.is_empty() => "a question without words".to_owned(),
            _ if self.keywords.is_empty() => self.text.clone(),
            _ => self.keywords.join(", "),
        }
    }
}

/// What a quoted term begins with: that is counted, whatever it says.
const QUOTES: [char; 5] = ['"', '`', '“', '„', '«'];

/// Units in which something is measured: a text says how many of them, and how often it names them is no answer.
const MEASURES: &str = "eur euro euros usd dollar dollars gbp chf franc francs cent cents km kilometre kilometres \
    kilometer kilometers metre metres meter meters mile miles cm mm kg kilogram kilograms gram grams tonne tonnes \
    litre litres liter liters second seconds minute minutes hour hours day days week weeks month months year years \
    mb gb tb";

/// Whether a unit of measure follows the cue, and not its places in the text are asked for.
fn is_measured(words: &[&str], after: usize) -> bool {
    let Some((first, rest)) = words.get(after..).and_then(|words| words.split_first()) else { return false };
    let is_of_text = rest.last() == Some(&"there") || rest.iter().any(|word| is_unit(word));
    MEASURES.split_ascii_whitespace().any(|unit| unit == *first) && !is_of_text
}

/// The kind of question, and the number of the first word after its cue.
fn classify(words: &[&str]) -> (Ask, usize) {
    if let Some((unit, after)) = count_cue(words) {
        return (Ask::Count(unit), after);
    }
    let summary = ["summarize", "summarise", "summary", "overview", "gist", "tldr"];
    let points = [["key", "points"], ["main", "points"], ["tl", "dr"]];
    if words.iter().any(|word| summary.contains(word)) || points.iter().any(|pair| place(words, pair).is_some()) {
        return (Ask::Summary, 0);
    }
    match list_cue(words) {
        Some(after) => (Ask::List, after),
        None => (Ask::Quote, 0),
    }
}

/// Where a run of words ends in `words`, if it is there.
fn place(words: &[&str], run: &[&str]) -> Option<usize> {
    words.windows(run.len()).position(|window| window == run).map(|at| at + run.len())
}

fn count_cue(words: &[&str]) -> Option<(Unit, usize)> {
    let opens = usize::from(words.first() == Some(&"please"));
    let mut after = if words.get(opens) == Some(&"count") {
        opens + 1
    } else {
        [&["how", "many"][..], &["number", "of"], &["how", "often"], &["count", "of"], &["count", "the"]]
            .iter()
            .find_map(|cue| place(words, cue))?
    };
    let mut unit = Unit::Matches;
    while let Some(word) = words.get(after) {
        match *word {
            "line" | "lines" | "rows" => unit = Unit::Lines,
            "document" | "documents" | "files" => unit = Unit::Documents,
            "word" | "words" => unit = Unit::Words,
            "times" | "occurrences" | "mentions" | "instances" | "matches" => unit = Unit::Matches,
            "the" | "of" | "all" | "how" | "many" | "different" | "total" | "number" => {}
            _ => break,
        }
        after += 1;
    }
    Some((unit, after))
}

fn list_cue(words: &[&str]) -> Option<usize> {
    let opens = usize::from(words.first() == Some(&"please"));
    if matches!(words.get(opens), Some(&("list" | "enumerate"))) {
        return Some(opens + 1);
    }
    let cues: [&[&str]; 12] = [
        &["list", "all"],
        &["list", "every"],
        &["list", "the"],
        &["list", "of", "all"],
        &["what", "are", "all"],
        &["what", "are", "the"],
        &["name", "all"],
        &["find", "all"],
        &["find", "every"],
        &["show", "all"],
        &["give", "all"],
        &["extract", "all"],
    ];
    if let Some(after) = cues.iter().find_map(|cue| place(words, cue)) {
        return Some(after);
    }
    // "Which errors" asks for several, "which city" for one.
    let after = place(words, &["which"])?;
    let next = words.get(after)?;
    (matches!(*next, "are" | "of" | "were") || normal(next) != *next).then_some(after)
}

fn wants_number(words: &[&str]) -> bool {
    let cues: [&[&str]; 10] = [
        &["when"],
        &["what", "year"],
        &["which", "year"],
        &["what", "date"],
        &["how", "many"],
        &["how", "much"],
        &["how", "old"],
        &["how", "long"],
        &["how", "far"],
        &["what", "number"],
    ];
    cues.iter().any(|cue| place(words, cue).is_some())
}

#[cfg(test)]
mod tests;
