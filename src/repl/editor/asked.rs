//! How a question stands on the terminal.

use crate::core::text::visible;
use crate::repl::editor::size;
use crate::tools::person::Question;
use unicode_width::UnicodeWidthChar;

/// What stands before a row that goes on with the one above it, so that it looks like no argument and no line of its own.
const GOES_ON: &str = "    : ";

/// The question as it is written. That of a program cannot look like one for leave: its text may say anything, but the
/// row in which the answer is typed is not its own.
pub fn asked(question: &Question) -> String {
    let mut text = question.leave.as_ref().map_or(&question.prompt, |leave| &leave.line).clone();
    if !question.choices.is_empty() {
        text.push_str(&format!(" [{}]", question.choices.join("/")));
    }
    let text = visible(&text);
    if let Some(leave) = &question.leave {
        return format!("{}{text} ", folded(&visible(&leave.call), size::columns()));
    }
    format!("the program asks: {}\nyour answer to the program: ", text.replace('\n', "\n  "))
}

/// A call whose rows end where those of the terminal do; empty if there is none.
fn folded(call: &str, columns: Option<u16>) -> String {
    let room = columns.map_or(usize::MAX, |columns| usize::from(columns).max(20));
    let mut rows = String::new();
    for line in call.lines() {
        let mut filled = 0;
        for c in line.chars() {
            let width = c.width().unwrap_or(0);
            if filled + width > room {
                rows.push('\n');
                rows.push_str(GOES_ON);
                filled = GOES_ON.len();
            }
            filled += width;
            rows.push(c);
        }
        rows.push('\n');
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::folded;

    #[test]
    fn a_row_that_goes_on_says_so() {
        let call = "act\n  text:\n    | 0123456789abcdefgh";
        assert_eq!(folded(call, Some(20)), "act\n  text:\n    | 0123456789abcd\n    : efgh\n");
        assert_eq!(folded(call, None), format!("{call}\n"));
        assert_eq!(folded("", Some(20)), "");
    }
}
