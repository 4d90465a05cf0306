//! Habits of Python (and JavaScript) that models bring along: accepted where Rhai has the same thing under another
//! name, else answered with the Rhai form.

mod calls;
mod division;
mod habits;
mod quotes;
mod seen;

pub use calls::{TUPLE, with_arguments};
pub use division::{DIVISION, divides};
pub use quotes::tripled;

/// How a map is written.
pub const MAP: &str = "Rhai maps start with `#{`: `#{name: 1}`";

/// How a number is shown with less digits.
const FORMAT: &str = "back-ticks know no formats: round first, as in `${(x * 100.0).round() / 100.0}`";

/// The Rhai form of what stands in `line`, the source line of an error, if it is a habit from another language.
pub fn hint(line: &str) -> Option<&'static str> {
    let text = line.trim();
    if formats(text) {
        return Some(FORMAT);
    }
    let whole = strip_strings(text);
    let (code, comment) = whole.split_at(commented(&whole).unwrap_or(whole.len()));
    let code = code.split("//").next().unwrap_or(code);
    let habit = habits::HABITS.iter().find(|habit| (habit.seen)(code)).map(|habit| habit.rhai);
    habit.or((!comment.is_empty()).then_some("Rhai comments start with `//`"))
}

/// The Rhai form of a function or method that does not exist under its Python name.
pub fn function_hint(name: &str) -> Option<&'static str> {
    calls::FUNCTIONS.iter().find(|(python, _)| *python == name).map(|(_, rhai)| *rhai)
}

/// Whether a hint of [`hint`] rests on a whole statement of another language, not on a sign that Rhai has too.
pub fn is_certain(hint: &str) -> bool {
    habits::HABITS.iter().any(|habit| habit.rhai == hint && habit.certain)
}

/// Where a comment begins with `#`, which is also that of a map or of a raw text.
fn commented(code: &str) -> Option<usize> {
    let is_apart = |at: usize| code[..at].is_empty() || code[..at].ends_with(char::is_whitespace);
    let signs = code.match_indices('#').map(|(at, _)| at);
    signs.filter(|at| is_apart(*at)).find(|at| !code[at + 1..].starts_with(['{', '"', '#']))
}

/// Whether a value in back-ticks is given a format, as in `${x:.2}`.
fn formats(text: &str) -> bool {
    let inner = text.split("${").skip(1).filter_map(|rest| rest.split('}').next());
    inner.filter_map(|inner| inner.split_once(":.")).any(|(_, digits)| digits.starts_with(|c: char| c.is_ascii_digit()))
}

/// `code` with the insides of string literals blanked, so that words in texts are not taken for code. The letter
/// before a quote stays, because it tells an f-string.
fn strip_strings(code: &str) -> String {
    let mut kept = String::with_capacity(code.len());
    let mut quote = None;
    let mut escaped = false;
    for c in code.chars() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => {
                quote = None;
                kept.push(c);
            }
            Some(_) => {}
            None => {
                if c == '"' || c == '`' {
                    quote = Some(c);
                }
                kept.push(c);
            }
        }
    }
    kept
}
