//! The answer of a leaf: quotations, a count or a list, word for word from its prompt.
//!
//! Nothing is paraphrased or concluded; where nothing matches it says so.

use crate::core::failure::Outcome;
use crate::model::offline::evidence::{Evidence, count};
use crate::model::offline::prompt::Prompt;
use crate::model::offline::question::{Ask, Question, Unit};
use crate::model::offline::schema;
use crate::model::offline::thing::Thing;

/// How an answer begins that found nothing; programs test for it.
pub const NOTHING: &str = "nothing in the text matches: ";
/// The answer to a prompt that is only a question.
pub const NO_TEXT: &str = "there is no text to quote from; the offline engine only quotes what it is given";

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
        Ask::Count(unit) => counted(&question, unit, &evidence),
        Ask::List => listed(&question, &evidence),
        Ask::Summary | Ask::Quote => evidence.best(QUOTED).join("\n\n"),
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

/// The number and, where a common word was counted, the passage that may say the number in its own words.
fn counted(question: &Question, unit: Unit, evidence: &Evidence<'_>) -> String {
    // A leaf sees one text; how many documents there are is for a root to say.
    let unit = if unit == Unit::Documents { Unit::Matches } else { unit };
    let best = || evidence.best(1).join("");
    let Some(number) = count(question, unit, evidence.text) else { return best() };
    let line = format!("{number} {}", count_label(&question.thing, unit, number == 1));
    let other = matches!(question.thing, Thing::Phrase(_)) && question.keywords.len() > 1;
    let quote = if other { best() } else { String::new() };
    if quote.is_empty() { line } else { format!("{line}\n\n{quote}") }
}

fn listed(question: &Question, evidence: &Evidence<'_>) -> String {
    let line = |item: &str| item.split_whitespace().collect::<Vec<_>>().join(" ");
    evidence.listed(question, LISTED).into_iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
