//! How a question stands on the terminal.

use crate::core::text::visible;
use crate::tools::person::Question;

/// The question as it is written. That of a program cannot look like one for leave: its text may say anything, but the
/// row in which the answer is typed is not its own.
pub fn asked(question: &Question) -> String {
    let mut text = question.leave.as_ref().map_or(&question.prompt, |leave| &leave.line).clone();
    if !question.choices.is_empty() {
        text.push_str(&format!(" [{}]", question.choices.join("/")));
    }
    let text = visible(&text);
    if let Some(leave) = &question.leave {
        let end = if leave.call.is_empty() { "" } else { "\n" };
        return format!("{}{end}{text} ", visible(&leave.call));
    }
    format!("the program asks: {}\nyour answer to the program: ", text.replace('\n', "\n  "))
}
