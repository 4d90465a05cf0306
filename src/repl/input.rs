//! What a typed line is: code for the session, a dot-command, or a question about a name. It runs none of them.

/// What encloses code in Markdown.
const FENCE: &str = "```";

/// A typed line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input<'t> {
    /// Nothing.
    Empty,
    /// `exit`, as a shell would have it.
    Leave,
    /// A dot-command.
    Command {
        /// Its name, without the point.
        name: &'t str,
        /// The rest of the line.
        argument: &'t str,
    },
    /// `?name` or `name?`.
    Question(Question<'t>),
    /// Code.
    Code,
}

/// A question about a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question<'t> {
    /// The name; empty for help in general.
    pub name: &'t str,
    /// Whether its source or whole value is wanted: `??name`.
    pub deep: bool,
}

impl Question<'_> {
    /// Whether the answer is a source or a value, whose lines stay as they are; the help in general is text.
    pub const fn is_source(&self) -> bool {
        self.deep && !self.name.is_empty()
    }
}

/// Tells what a line is.
pub fn read(line: &str) -> Input<'_> {
    let text = line.trim();
    if text.is_empty() {
        return Input::Empty;
    }
    if matches!(text.trim_end_matches(';').trim_end_matches("()"), "exit" | "quit") {
        return Input::Leave;
    }
    if let Some(rest) = text.strip_prefix('.').filter(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic())) {
        let (name, argument) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        return Input::Command { name, argument: argument.trim() };
    }
    if let Some(name) = text.strip_prefix("??").or_else(|| text.strip_suffix("??").filter(|name| is_name(name))) {
        return Input::Question(Question { name: name.trim(), deep: true });
    }
    if let Some(name) = text.strip_prefix('?').or_else(|| text.strip_suffix('?').filter(|name| is_name(name))) {
        return Input::Question(Question { name: name.trim(), deep: false });
    }
    Input::Code
}

/// Whether an input begins with a Markdown fence, which no code does.
pub fn is_fenced(typed: &str) -> bool {
    let opening = typed.trim_start().lines().next().and_then(|line| line.strip_prefix(FENCE));
    opening.is_some_and(|language| language.trim().chars().all(char::is_alphanumeric))
}

/// Whether the fence with which an input begins is closed.
pub fn is_closed(typed: &str) -> bool {
    typed.trim_start().lines().skip(1).any(is_fence)
}

/// What stands in the one fence that encloses an input; any other input as it is.
pub fn unfenced(typed: &str) -> &str {
    let body = typed.trim().split_once('\n').and_then(|(_, rest)| rest.strip_suffix(FENCE));
    let is_whole = |body: &&str| (body.is_empty() || body.ends_with('\n')) && !body.lines().any(is_fence);
    body.filter(|_| is_fenced(typed)).filter(is_whole).unwrap_or(typed)
}

fn is_fence(line: &str) -> bool {
    line.trim_end() == FENCE
}

/// What of an input comes first, and what is handled behind it: a line break ends a question, an exit word and every command but
/// a question for `.ask`.
pub fn first(typed: &str) -> (&str, &str) {
    let Some((line, rest)) = typed.trim_start().split_once('\n') else { return (typed, "") };
    match read(line) {
        Input::Command { name, .. } if name != "ask" => (line, rest),
        Input::Question(_) | Input::Leave => (line, rest),
        _ => (typed, ""),
    }
}

/// Whether this is a name, perhaps with a module, a variable or a point in front.
fn is_name(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || "_.:".contains(c))
        && text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::{Input, Question, first, read, unfenced};

    #[test]
    fn lines_are_told_apart() {
        let command = |name, argument| Input::Command { name, argument };
        let question = |name, deep| Input::Question(Question { name, deep });
        for (line, expect) in [
            ("", Input::Empty),
            (" \n", Input::Empty),
            ("exit", Input::Leave),
            ("quit();", Input::Leave),
            (".help", command("help", "")),
            (" .load  a b.rhai ", command("load", "a b.rhai")),
            ("?llm", question("llm", false)),
            ("?? llm", question("llm", true)),
            ("context.grep?", question("context.grep", false)),
            ("llm??", question("llm", true)),
            ("?", question("", false)),
            ("1 + 1", Input::Code),
            ("print(\"really?\")", Input::Code),
            ("a ?? b", Input::Code),
            ("a?.b", Input::Code),
            (".5", Input::Code),
        ] {
            assert_eq!(read(line), expect, "{line}");
        }
    }
    #[test]
    fn a_line_break_ends_a_command() {
        for (typed, expect) in [
            (".reset\nlet a = 1;\na", (".reset", "let a = 1;\na")),
            ("\n .vars\n", (".vars", "")),
            (".ask one\ntwo", (".ask one\ntwo", "")),
            ("let a = [\n.5]", ("let a = [\n.5]", "")),
            ("?llm\nlet a = 1;", ("?llm", "let a = 1;")),
            ("exit\n1", ("exit", "1")),
        ] {
            assert_eq!(first(typed), expect, "{typed}");
        }
    }
    #[test]
    fn one_enclosing_fence_is_none_of_the_code() {
        for (typed, expect) in [
            ("```rhai\nlet t = 2;\nt\n```", "let t = 2;\nt\n"),
            (" ```\nt\n```\n", "t\n"),
            ("```rhai\nt", "```rhai\nt"),
            ("```\na\n```\n```\nb\n```", "```\na\n```\n```\nb\n```"),
            ("`a`", "`a`"),
            ("``` + x\n```", "``` + x\n```"),
        ] {
            assert_eq!(unfenced(typed), expect, "{typed}");
        }
    }
}
