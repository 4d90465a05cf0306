//! How a failed evaluation is told: the message, the place with a caret, and a hint.

use crate::core::failure::Failure;

/// The failure in full, on several lines.
pub fn render(failure: &Failure) -> String {
    let detail = |name: &str| failure.details.get(name).and_then(|s| s.as_str());
    let mut text = format!("error: {}", below(&failure.message));
    match (failure.details.get("script_line"), detail("script")) {
        (Some(line), Some(script)) => text.push_str(&format!(" (line {line} of program `{script}`)")),
        (None, Some(script)) => text.push_str(&format!(" (in program `{script}`)")),
        (_, None) => {}
    }
    for snippet in [detail("script_snippet"), detail("snippet")].into_iter().flatten() {
        text.push('\n');
        text.push_str(snippet);
    }
    if let Some(hint) = &failure.hint {
        text.push_str("\nhint: ");
        text.push_str(&below(hint));
    }
    text
}

/// A text whose further lines stand further in: whoever wrote them, a person shall not take them for messages.
fn below(text: &str) -> String {
    let further =
        |line: &str| if line.is_empty() || line.starts_with("  ") { line.to_owned() } else { format!("  {line}") };
    let (first, rest) = text.split_once('\n').map_or((text, None), |(first, rest)| (first, Some(rest)));
    let rest = rest.into_iter().flat_map(|rest| rest.split('\n')).map(further);
    std::iter::once(first.to_owned()).chain(rest).collect::<Vec<_>>().join("\n")
}
