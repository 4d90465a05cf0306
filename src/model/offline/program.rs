//! The programs that a root writes: fixed Rhai texts behind a few lines that set their variables.
//!
//! Whatever comes from a question enters a program only as a string literal, so it cannot become code.

use crate::model::offline::leaf::{LOOSELY, NOTHING, count_label, near_label};
use crate::model::offline::pattern;
use crate::model::offline::question::{Ask, Question, Unit};

const SHARED: &str = include_str!("programs/shared.rhai");
const LOOK: &str = include_str!("programs/look.rhai");
const LOOK_WORDS: &str = include_str!("programs/look_words.rhai");
const LOOK_COUNT: &str = include_str!("programs/look_count.rhai");
const LOOK_LIST: &str = include_str!("programs/look_list.rhai");
const LOOK_SUMMARY: &str = include_str!("programs/look_summary.rhai");
const SEARCH: &str = include_str!("programs/search.rhai");
const NO_LEAD: &str = "let lead = \"\";\n";
const COUNT_LEAD: &str = include_str!("programs/count_lead.rhai");
const ANSWER_QUOTE: &str = include_str!("programs/answer_quote.rhai");
const ANSWER_LIST: &str = include_str!("programs/answer_list.rhai");
const ANSWER_COUNT: &str = include_str!("programs/answer_count.rhai");
const PLAIN: &str = include_str!("programs/plain.rhai");

/// What a program does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Looks at the context and prints what it found.
    Look,
    /// Looks again, for less.
    Broaden,
    /// Asks leaves about what was found and ends with their quotations.
    Answer,
    /// Ends with passages, without asking anyone.
    Plain,
}

impl Step {
    /// The sentence that comes with the program; a root also knows its own earlier steps by it.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Look => "I look at what the context holds on the question.",
            Self::Broaden => "Nothing fits as asked, so I look for its words one by one.",
            Self::Answer => "I read the best passages and end with what they say.",
            Self::Plain => "I end with the passages themselves.",
        }
    }

    /// Every step.
    pub const ALL: [Self; 4] = [Self::Look, Self::Broaden, Self::Answer, Self::Plain];
}

/// What is known when a program is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Findings {
    /// Whether the last look found anything.
    pub any: bool,
    /// Whether that look was the broad one.
    pub broad: bool,
    /// How many leaves an answer may ask.
    pub leaves: u64,
}

/// The most leaves that an answer asks at once.
pub const LEAVES: u64 = 16;

/// The program of a step, complete.
pub fn write(step: Step, question: &Question, findings: Findings) -> String {
    let set = settings(question, step == Step::Broaden || findings.broad);
    let parts: &[&str] = match step {
        Step::Look => &[&set, SHARED, look(question.ask)],
        Step::Broaden if question.ask == Ask::Quote => &[&set, SHARED, LOOK_WORDS],
        Step::Broaden => &[&set, SHARED, look(question.ask)],
        Step::Answer => {
            return format!("{set}let leaves = {};\n{SHARED}{}", findings.leaves, answer(question, findings));
        }
        Step::Plain if matches!(question.ask, Ask::Count(_)) => &[&set, SHARED, LOOK_COUNT, COUNT_LEAD, ANSWER_COUNT],
        Step::Plain => &[&set, SHARED, PLAIN],
    };
    parts.concat()
}

/// A program that ends at once with a text.
pub fn ending(text: &str) -> String {
    format!("FINAL({});\n", literal(text))
}

/// A text as a Rhai string literal on one line. A back-tick is escaped too, so that no text can close the code fence.
pub fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '`' => out.push_str("\\x60"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

const fn look(ask: Ask) -> &'static str {
    match ask {
        Ask::Count(_) => LOOK_COUNT,
        Ask::List => LOOK_LIST,
        Ask::Summary => LOOK_SUMMARY,
        Ask::Quote => LOOK,
    }
}

/// The part of a program that ends the run, after a look in the same or an earlier one.
pub fn answer(question: &Question, findings: Findings) -> String {
    match question.ask {
        Ask::Count(_) if question.is_counted() => [COUNT_LEAD, ANSWER_COUNT].concat(),
        Ask::Count(_) => [COUNT_LEAD, ANSWER_QUOTE].concat(),
        Ask::List if findings.any => [COUNT_LEAD, ANSWER_LIST].concat(),
        Ask::List => [NO_LEAD, SEARCH, ANSWER_QUOTE].concat(),
        Ask::Quote => [NO_LEAD, ANSWER_QUOTE].concat(),
        // The look at all parts has set the lead.
        Ask::Summary => ANSWER_QUOTE.to_owned(),
    }
}

/// The variables that the fixed programs read.
fn settings(question: &Question, broad: bool) -> String {
    let unit = if let Ask::Count(unit) = question.ask { unit } else { Unit::Matches };
    let pattern = match question.ask {
        Ask::Quote => pattern::keywords(question),
        Ask::List if !broad => pattern::strict(question, unit),
        Ask::List => pattern::broad(question, unit).or_else(|| pattern::keywords(question)),
        _ if broad => pattern::broad(question, unit).or_else(|| pattern::strict(question, unit)),
        _ => pattern::strict(question, unit),
    };
    let thing = &question.thing;
    let label = |one| if broad { near_label(thing, unit, one, LOOSELY) } else { count_label(thing, unit, one) };
    // A leaf that is asked a counting question would count in its own part only.
    let asked = if matches!(question.ask, Ask::Count(_)) { question.query() } else { question.text.clone() };
    let summary = question.ask == Ask::Summary;
    let texts = [
        ("asked", asked),
        ("query", question.query()),
        ("pattern", pattern.unwrap_or_default()),
        ("one", label(true)),
        ("many", label(false)),
        ("nothing", NOTHING.to_owned()),
        ("missing", format!("nothing in the context matches: {}", question.looked_for())),
    ];
    let mut out: String = texts.iter().map(|(name, text)| format!("let {name} = {};\n", literal(text))).collect();
    out.push_str(&format!("let by_document = {};\n", unit == Unit::Documents));
    out.push_str(&format!("let select = {};\nlet each = {};\n", !summary, if summary { 1 } else { 3 }));
    out
}

#[cfg(test)]
mod tests {
    use super::literal;

    #[test]
    fn literals_hold_any_text_on_one_line() {
        for (text, expect) in [
            ("a\"b\\c", r#""a\"b\\c""#),
            ("x\r\n\ty", r#""x\r\n\ty""#),
            ("```\u{7}${1}é\u{2028}", r#""\x60\x60\x60\u0007${1}é\u2028""#),
        ] {
            assert_eq!(literal(text), expect);
        }
    }
}
