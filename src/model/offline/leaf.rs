//! The answer of a leaf: quotations, a count or a list, word for word from its prompt.
//!
//! Nothing is paraphrased or concluded; where nothing matches it says so.

use crate::core::failure::Outcome;
use crate::model::offline::evidence::{Count, Evidence, count};
use crate::model::offline::prompt::Prompt;
use crate::model::offline::question::{Ask, Question, Unit};
use crate::model::offline::schema;
use crate::model::offline::thing::Thing;
use std::ops::Range;

/// How an answer begins that found nothing; programs test for it.
pub const NOTHING: &str = "nothing in the text matches: ";
/// The answer to a prompt that is only a question.
pub const NO_TEXT: &str = "there is no text to quote from; the offline engine only quotes what it is given";

/// How terms were looked for that do not stand anywhere as they are written.
pub const LOOSELY: &str = ", in any case and as part of a word too";

/// How many passages an answer quotes, and how many items it lists.
const QUOTED: usize = 3;
const LISTED: usize = 50;

/// Answers a prompt: with a text, or with JSON if it has a schema.
///
/// # Errors
/// `no_model` if a value of the schema can be neither quoted nor counted.
pub fn answer(prompt: &Prompt) -> Outcome<String> {
    let Some(schema) = &prompt.schema else { return Ok(text(prompt)) };
    let question = Question::read(&prompt.question);
    let evidence = Evidence::gather(&question, &prompt.text);
    schema::fill(schema, &question, &evidence).map(|value| value.to_string())
}

/// The answer as a text, whatever the form that is asked for.
pub fn text(prompt: &Prompt) -> String {
    let question = Question::read(&prompt.question);
    let evidence = Evidence::gather(&question, &prompt.text);
    if prompt.text.trim().is_empty() {
        return NO_TEXT.to_owned();
    }
    let found = match question.ask {
        Ask::Count(unit) => counted(prompt, &question, unit, &evidence),
        Ask::List => listed(prompt, &question, &evidence),
        Ask::Summary | Ask::Quote => quoted(prompt, &evidence, QUOTED),
    };
    if found.is_empty() { format!("{NOTHING}{}", question.looked_for()) } else { found }
}

/// Whether an answer as a text says that there is none.
pub fn is_nothing(text: &str) -> bool {
    text == NO_TEXT || text.starts_with(NOTHING)
}

/// What was counted, for people, after a number: `lines with "error"`; in the singular if `one`.
pub fn count_label(thing: &Thing, unit: Unit, one: bool) -> String {
    let label = thing.label();
    let of = |one_word: &str, many: &str| if one { one_word.to_owned() } else { many.to_owned() };
    match (unit, label.is_empty()) {
        (Unit::Lines, true) => format!("{} not blank", of("line that is", "lines that are")),
        (Unit::Lines, false) => format!("{} with {label}", of("line", "lines")),
        (Unit::Documents, true) => of("document", "documents"),
        (Unit::Documents, false) => format!("{} with {label}", of("document", "documents")),
        (_, true) => of("word", "words"),
        (_, false) => format!("{} of {label}", of("match", "matches")),
    }
}

/// What was counted where there was none of the thing itself, likewise; `note` says how else it was looked for.
pub fn near_label(thing: &Thing, unit: Unit, one: bool, note: &str) -> String {
    match thing.last_word() {
        Some(last) => format!("{}{note}; none of {}", count_label(&last, unit, one), thing.label()),
        None => format!("{}{note}", count_label(thing, unit, one)),
    }
}

/// The best passages; where there are several documents in quotation marks, each on a line with its place.
fn quoted(prompt: &Prompt, evidence: &Evidence<'_>, limit: usize) -> String {
    let quote = |range: Range<usize>| {
        let text = &evidence.text[range.clone()];
        prompt.place(range.start).map_or_else(|| text.to_owned(), |place| format!("\"{}\" ({place})", flat(text)))
    };
    let between = if prompt.parts.is_empty() { "\n\n" } else { "\n" };
    evidence.best_at(limit).into_iter().map(quote).collect::<Vec<_>>().join(between)
}

/// A passage on one line.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The number and, where a common word was counted, the passage that may say the number in its own words.
fn counted(prompt: &Prompt, question: &Question, unit: Unit, evidence: &Evidence<'_>) -> String {
    // A leaf sees one text; how many documents there are is for a root to say.
    let unit = if unit == Unit::Documents { Unit::Matches } else { unit };
    let best = || quoted(prompt, evidence, 1);
    // The words of a phrase are met in any case anyway, and whole.
    let is_common = matches!(question.thing, Thing::Phrase(_));
    let note = if is_common { "" } else { LOOSELY };
    let line = match count(question, unit, evidence.text) {
        None => return best(),
        Some(Count::Exactly(number)) => format!("{number} {}", count_label(&question.thing, unit, number == 1)),
        Some(Count::Near(number)) => format!("{number} {}", near_label(&question.thing, unit, number == 1, note)),
    };
    let other = is_common && question.keywords.len() > 1;
    let quote = if other { best() } else { String::new() };
    if quote.is_empty() { line } else { format!("{line}\n\n{quote}") }
}

fn listed(prompt: &Prompt, question: &Question, evidence: &Evidence<'_>) -> String {
    let line = |range: Range<usize>| {
        let item = flat(&evidence.text[range.clone()]);
        prompt.place(range.start).map_or_else(|| item.clone(), |place| format!("{item} ({place})"))
    };
    evidence.listed_at(question, LISTED).into_iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
