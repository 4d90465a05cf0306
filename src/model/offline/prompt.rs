//! Reading a prompt apart: the question, the text it is about, and the schema of the answer if there is one.
//!
//! It goes by position and marks ("Question:", a line ending in "?"), not by meaning.

use crate::model::offline::parts::{Part, apart};
use crate::model::offline::sentences::sentences;
use serde_json::Value;

/// The line after which a JSON Schema of the answer stands.
pub const SCHEMA_LINE: &str = "Answer with JSON only, matching this JSON Schema:";
/// The line after which the JSON Schema of a root's value stands, as the last of its task.
pub const FINAL_LINE: &str = "FINAL must be given a value that matches this JSON Schema:";
/// How a message begins that says what is wrong with an answer.
pub const COMPLAINT: &str = "That answer does not match the schema:";

/// A prompt, taken apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prompt {
    /// The question or instruction.
    pub question: String,
    /// The text to answer from; may be empty.
    pub text: String,
    /// The documents of the text, if it says that it has several; it is then without their headings.
    pub parts: Vec<Part>,
    /// JSON Schema of the answer.
    pub schema: Option<Value>,
}

impl Prompt {
    /// The document and line of the byte `at` of the text, if it has several documents.
    pub fn place(&self, at: usize) -> Option<String> {
        let part = self.parts.iter().rev().find(|part| part.at <= at)?;
        let line = part.line + self.text.get(part.at..at)?.matches('\n').count();
        Some(format!("{}:{line}", part.name))
    }
}

/// Takes apart the standing instructions and the user's message.
pub fn read(system: &str, user: &str) -> Prompt {
    let (system, standing) = take_schema(system);
    let (user, own) = take_schema(user);
    let (question, text) = split(&user);
    let schema = own.or(standing);
    // A question in the standing instructions is about the whole message, unless the message asks one itself.
    let last = system.trim().lines().next_back().unwrap_or_default();
    if asks(last) && !asks(&question) && explicit(&user).is_none() {
        return Prompt { question: last.trim().to_owned(), text: user, schema, ..Prompt::default() };
    }
    let (text, parts) = apart(&text);
    Prompt { question, text, parts, schema }
}

/// The text without the schema, and the schema.
fn take_schema(text: &str) -> (String, Option<Value>) {
    let Some(at) = text.find(SCHEMA_LINE) else { return (text.to_owned(), None) };
    let after = &text[at + SCHEMA_LINE.len()..];
    let json = after.trim_start();
    let json = json.strip_prefix("```json").unwrap_or(json);
    let mut values = serde_json::Deserializer::from_str(json).into_iter::<Value>();
    let Some(Ok(schema)) = values.next() else { return (text.to_owned(), None) };
    let rest = json[values.byte_offset()..].trim_start();
    let rest = rest.strip_prefix("```").unwrap_or(rest);
    (format!("{}\n{rest}", &text[..at]), Some(schema))
}

/// The question and the text beside it.
fn split(user: &str) -> (String, String) {
    let lines: Vec<&str> = user.lines().collect();
    let filled: Vec<usize> = (0..lines.len()).filter(|at| !lines[*at].trim().is_empty()).collect();
    let (Some(&first), Some(&last)) = (filled.first(), filled.last()) else { return Default::default() };
    if let Some((from, to, question)) = explicit(user) {
        return (question, without(&lines, from, to));
    }
    for at in [first, last] {
        if asks(lines[at]) {
            let (question, beside) = split_line(lines[at]);
            let text = format!("{beside}\n{}", without(&lines, at, at));
            return (question, text.trim_start_matches('\n').to_owned());
        }
    }
    let rest = without(&lines, first, first);
    match lines[first].split_once(": ") {
        Some((instruction, beside)) if instruction.len() <= 200 => {
            (instruction.trim().to_owned(), format!("{beside}\n{rest}"))
        }
        _ => (lines[first].trim().to_owned(), rest),
    }
}

/// An explicit question: its first and last line's numbers, and its text.
///
/// A message that begins with one is about what follows; else the last one counts, so that a text of questions and
/// answers may stand before it.
fn explicit(user: &str) -> Option<(usize, usize, String)> {
    let lines: Vec<&str> = user.lines().collect();
    let opens = lines.iter().position(|line| !line.trim().is_empty())?;
    let at = if mark(lines[opens]).is_some() { opens } else { lines.iter().rposition(|line| mark(line).is_some())? };
    let text = mark(lines[at])?;
    if !text.is_empty() {
        let to = question_end(&lines, at);
        let more = lines[at + 1..=to].iter().map(|line| line.trim());
        return Some((at, to, std::iter::once(text.as_str()).chain(more).collect::<Vec<_>>().join(" ")));
    }
    let next = (at + 1..lines.len()).find(|next| !lines[*next].trim().is_empty())?;
    Some((at, next, lines[next].trim().to_owned()))
}

/// The last line of a question that begins in line `at`: it goes on to the blank line before a heading `Text ...:`.
fn question_end(lines: &[&str], at: usize) -> usize {
    let blank = (at + 1..lines.len()).find(|next| lines[*next].trim().is_empty()).unwrap_or(lines.len());
    let after = (blank..lines.len()).map(|next| lines[next].trim()).find(|line| !line.is_empty());
    let heading = after.is_some_and(|line| line.starts_with("Text") && line.ends_with(':'));
    if heading { blank - 1 } else { at }
}

/// The rest of a line that begins with `Question:`; nothing for the headings `# Question` and `# Task`.
fn mark(line: &str) -> Option<String> {
    let line = line.trim();
    if line.eq_ignore_ascii_case("# question") || line.eq_ignore_ascii_case("# task") {
        return Some(String::new());
    }
    let head = line.get(..9).is_some_and(|head| head.eq_ignore_ascii_case("question:"));
    head.then(|| line[9..].trim().to_owned())
}

/// Whether a line holds a question.
fn asks(line: &str) -> bool {
    sentences(line).into_iter().any(|range| line[range].ends_with('?'))
}

/// The asking sentences of a line, and the others.
fn split_line(line: &str) -> (String, String) {
    let (asking, other): (Vec<&str>, Vec<&str>) =
        sentences(line).into_iter().map(|range| &line[range]).partition(|sentence| sentence.ends_with('?'));
    (asking.join(" "), other.join(" "))
}

/// The other lines, without a heading such as `Text from notes.txt line 3:` or `# Context` right after the question.
fn without(lines: &[&str], from: usize, to: usize) -> String {
    let heading = (to + 1..lines.len()).find(|at| !lines[*at].trim().is_empty()).filter(|at| {
        let line = lines[*at].trim();
        (line.ends_with(':') || line.eq_ignore_ascii_case("# context")) && line.len() <= 400 && at + 1 < lines.len()
    });
    let kept = |at: &usize| !(from..=to).contains(at) && Some(*at) != heading;
    (0..lines.len()).filter(kept).map(|at| lines[at]).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::{Prompt, read};
    use serde_json::json;

    fn check(system: &str, user: &str, question: &str, text: &str) {
        let found = read(system, user);
        assert_eq!((found.question.as_str(), found.text.trim()), (question, text), "{user:?}");
    }

    #[test]
    fn the_question_is_found() {
        check("", "", "", "");
        check("", "Question: Who?\n\nText from a.txt line 3:\nAnn.\nBob: x", "Who?", "Ann.\nBob: x");
        check("", "# Task\nWho\n\n# Context\nAnn.", "Who", "Ann.");
        check("", "Question: Who?\nBe short.\n\nText:\nAnn.", "Who? Be short.", "Ann.");
        check("", "Ann.\nQUESTION:\nWho\n", "Who", "Ann.");
        check("", "Question: first\nQuestion: second\n", "first", "Question: second");
        check("", "Q and A\nQuestion: first\nYes.\nQuestion: second", "second", "Q and A\nQuestion: first\nYes.");
        check("", "Who went?\n\nAnn went.", "Who went?", "Ann went.");
        check(
            "",
            "Ann said: why?\nBob slept.\n\nWho slept? Be short.",
            "Ann said: why?",
            "Bob slept.\n\nWho slept? Be short.",
        );
        check("", "Ann went.\nBob slept.\n\nWho slept? Be short.", "Who slept?", "Be short.\nAnn went.\nBob slept.");
        check("", "The sky is blue. What is the sky?", "What is the sky?", "The sky is blue.");
        check("", "Summarize this: a b.\nc d.", "Summarize this", "a b.\nc d.");
        check("", "Summarize\n\na b.", "Summarize", "a b.");
        check("Be kind.\nWho slept?", "Bob slept.", "Who slept?", "Bob slept.");
        check("Who slept?", "Who ran?\nAnn ran.", "Who ran?", "Ann ran.");
    }

    #[test]
    fn the_schema_is_taken_out() {
        let user = "Who?\nAnn.\n\nAnswer with JSON only, matching this JSON Schema:\n{\"type\": \"string\"}\n";
        let expect = Prompt { question: "Who?".into(), schema: Some(json!({"type": "string"})), ..Prompt::default() };
        let found = read("", user);
        assert_eq!(Prompt { text: found.text.clone(), ..expect }, found);
        assert_eq!(found.text.trim(), "Ann.");
        let system = "Answer with JSON only, matching this JSON Schema:\n```json\n{}\n```\nBe short.";
        assert_eq!(read(system, "Who?\nAnn.").schema, Some(json!({})));
        assert_eq!(read("", "Answer with JSON only, matching this JSON Schema:\nnone").schema, None);
    }
}
