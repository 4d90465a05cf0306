//! A root's turns: which program comes next, from the task and from what the earlier ones printed.
//!
//! It knows a root conversation by its form alone and keeps nothing between calls: the messages are its memory.

use crate::core::message::{Message, Speaker};
use crate::model::offline::program::{self, Findings, LEAVES, Step};
use crate::model::offline::question::{Ask, Question};
use crate::model::offline::{leaf, prompt};

/// The first message of a root conversation.
struct Opening<'a> {
    task: &'a str,
    has_context: bool,
    /// Whether the budget line leaves one turn.
    single: bool,
}

/// The root's next message; `None` if this is no root conversation.
pub fn reply(messages: &[Message]) -> Option<String> {
    let system = messages.iter().any(|m| m.speaker == Speaker::System && m.text.contains("FINAL("));
    let first = messages.iter().position(|m| m.speaker == Speaker::User)?;
    let opening = opening(&messages[first].text).filter(|_| system)?;
    if !opening.has_context {
        let text = leaf::answer(&prompt::read("", opening.task));
        return Some(turn("The context is empty, so I answer from the task.", &program::ending(&text)));
    }
    let question = Question::read(&prompt::read("", opening.task).question);
    let (step, findings, last) = next(&messages[first + 1..], question.ask);
    let code = match step {
        Step::Look if opening.single => both(Step::Look, &question),
        Step::Broaden if last => both(Step::Broaden, &question),
        step => program::write(step, &question, findings),
    };
    Some(turn(step.sentence(), &code))
}

/// One message: a sentence and a program.
fn turn(sentence: &str, code: &str) -> String {
    format!("{sentence}\n\n```rhai\n{code}```\n")
}

/// A look and the answer in one program, for a last turn.
fn both(look: Step, question: &Question) -> String {
    let findings = Findings { any: true, broad: look == Step::Broaden, leaves: LEAVES };
    let leaves = findings.leaves;
    format!(
        "{}let leaves = {leaves};\n{}",
        program::write(look, question, findings),
        program::answer(question, findings)
    )
}

/// Reads the sections of the first message. A task may hold such headings itself, so its first `# Context` after which
/// a `# Budget` stands ends it.
fn opening(text: &str) -> Option<Opening<'_>> {
    let rest = text.trim_start().strip_prefix("# Task")?;
    let (task, rest) = rest.split_once("\n# Context")?;
    let (card, budget) = rest.rsplit_once("\n# Budget")?;
    let words: Vec<&str> = budget.split_whitespace().collect();
    let single = words.windows(2).any(|pair| pair[0] == "1" && pair[1].starts_with("turn"));
    Some(Opening { task: task.trim(), has_context: card.trim() != "none", single })
}

/// The next step, what is known for it, and whether this turn is the last.
fn next(after: &[Message], ask: Ask) -> (Step, Findings, bool) {
    let unknown = Findings { any: false, broad: false, leaves: LEAVES };
    let own = after.iter().rev().find(|m| m.speaker == Speaker::Assistant);
    let done = own.and_then(|m| Step::ALL.into_iter().find(|step| m.text.starts_with(step.sentence())));
    let Some(done) = done else { return (Step::Look, unknown, false) };
    let seen = after.iter().rev().find(|m| matches!(m.speaker, Speaker::User | Speaker::Tool));
    let output = seen.map_or("", |m| m.text.as_str());
    // One call is this turn's own, one is for choosing among what the leaves quote.
    let leaves = calls_left(output).map_or(LEAVES, |left| left.saturating_sub(2).min(LEAVES));
    let any = found(output).is_some_and(|number| number > 0);
    let findings = Findings { any, broad: done == Step::Broaden, leaves };
    let last = is_last(output);
    let step = match (done, found(output)) {
        (Step::Look | Step::Broaden, None) | (Step::Answer | Step::Plain, _) => Step::Plain,
        (Step::Look, Some(0)) if ask != Ask::Summary => Step::Broaden,
        (Step::Look | Step::Broaden, Some(_)) if leaves == 0 => Step::Plain,
        (Step::Look | Step::Broaden, Some(_)) => Step::Answer,
    };
    (step, findings, last)
}

/// The number that a look printed in its first line; `None` if it did not come so far.
fn found(observation: &str) -> Option<u64> {
    let (_, output) = observation.split_once("## Output")?;
    output.lines().find_map(|line| line.strip_prefix("found: ")).and_then(|number| number.trim().parse().ok())
}

/// The model calls that a status line leaves (`...; left: 12 calls, ...`), if it sets a limit.
fn calls_left(observation: &str) -> Option<u64> {
    let (_, left) = observation.rsplit_once("; left: ")?;
    let parts = left.split([',', ';', '\n']);
    parts.filter_map(|part| part.trim().strip_suffix(" calls")).find_map(|number| number.parse().ok())
}

/// Whether `# Turn N of M` announces the last turn.
fn is_last(observation: &str) -> bool {
    let heading = observation.lines().find_map(|line| line.strip_prefix("# Turn "));
    let mut numbers = heading
        .into_iter()
        .flat_map(|text| text.split(" of "))
        .map(|number| number.split_whitespace().next().and_then(|number| number.parse::<u64>().ok()));
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(turn), Some(of)) => turn >= of,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
