//! A root's turns: which program comes next, from the task and from what the earlier ones printed.
//!
//! It knows a root conversation by its form alone and keeps nothing between calls: the messages are its memory.

use crate::core::message::{Message, Speaker};
use crate::model::offline::form::Form;
use crate::model::offline::program::{self, Findings, LEAVES, Step};
use crate::model::offline::question::{Ask, Question};
use crate::model::offline::{leaf, prompt};
use serde_json::Value;

/// The first message of a root conversation.
struct Opening<'a> {
    task: &'a str,
    /// What the value must match.
    schema: Option<Value>,
    has_context: bool,
    /// Whether the budget line leaves one turn.
    single: bool,
}

impl Opening<'_> {
    fn question(&self) -> Question {
        Question::read(&prompt::read("", self.task).question)
    }

    /// What can be said where there is nothing but the task.
    fn said(&self) -> String {
        leaf::text(&prompt::read("", self.task))
    }

    /// The form of the value; nothing if it cannot be given.
    fn form(&self, question: &Question) -> Option<Form> {
        let Some(schema) = &self.schema else { return Some(Form::default()) };
        let form = Form::of(schema, self.has_context && question.is_counted())?;
        (self.has_context || !leaf::is_nothing(&self.said())).then_some(form)
    }
}

/// Whether this is a root conversation whose value must have a form that neither quoting nor counting gives.
pub fn is_unfit(messages: &[Message]) -> bool {
    begun(messages).is_some_and(|(opening, _)| opening.form(&opening.question()).is_none())
}

/// The root's next message; `None` if this is no root conversation.
pub fn reply(messages: &[Message]) -> Option<String> {
    let (opening, after) = begun(messages)?;
    let question = opening.question();
    let form = opening.form(&question)?;
    if !opening.has_context {
        let code = form.ends(&program::ending(&opening.said()));
        return Some(turn("The context is empty, so I answer from the task.", &code));
    }
    let (step, findings, last) = next(after, question.ask);
    // What is counted is asked of nobody.
    let step = if form.counts { Step::Plain } else { step };
    let code = match step {
        Step::Look if opening.single => both(Step::Look, &question),
        Step::Broaden if last => both(Step::Broaden, &question),
        step => program::write(step, &question, findings),
    };
    Some(turn(step.sentence(), &form.ends(&code)))
}

/// The first message of a root conversation, and what came after it.
fn begun(messages: &[Message]) -> Option<(Opening<'_>, &[Message])> {
    let system = messages.iter().any(|m| m.speaker == Speaker::System && m.text.contains("FINAL("));
    let first = messages.iter().position(|m| m.speaker == Speaker::User)?;
    let opening = opening(&messages[first].text).filter(|_| system)?;
    Some((opening, &messages[first + 1..]))
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
    let (task, schema) = typed(task);
    Some(Opening { task: task.trim(), schema, has_context: card.trim() != "none", single })
}

/// A task apart from the schema that its value must match.
fn typed(task: &str) -> (&str, Option<Value>) {
    let Some((plain, schema)) = task.rsplit_once(prompt::FINAL_LINE) else { return (task, None) };
    serde_json::from_str(schema).map_or((task, None), |schema| (plain, Some(schema)))
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
