//! Thoughts that a server left in an answer, in front of what is meant.

/// Where thoughts end that a server left in the answer: DeepSeek, Qwen and many others; then Mistral, Seed, gpt-oss.
const THOUGHTS_END: &[&str] =
    &["</think>", "</thinking>", "</thought>", "</reasoning>", "[/THINK]", "</seed:think>", "<|message|>"];

/// How thoughts begin, in the order of their ends.
const THOUGHTS_BEGIN: &[&str] = &["<think>", "<thinking>", "<thought>", "<reasoning>", "[THINK]", "<seed:think>"];

/// The answer behind its thoughts; nothing if it never got beyond them.
pub fn behind(answer: &str) -> &str {
    behind_where(answer, |_| true)
}

/// The same; behind the thoughts with which it begins, with those marks alone for which `ends` agrees, told what stands before
/// one.
pub fn behind_where(answer: &str, ends: impl Fn(&str) -> bool) -> &str {
    let mut text = answer.trim();
    while let Some(rest) = behind_first(text) {
        text = rest;
    }
    let last = |mark: &str| text.rmatch_indices(mark).map(|(at, _)| at).find(|at| ends(&text[..*at]));
    let end = THOUGHTS_END.iter().filter_map(|mark| last(mark).map(|at| at + mark.len())).max();
    match end {
        Some(end) => text[end..].trim(),
        None if THOUGHTS_BEGIN.iter().any(|mark| text.starts_with(mark)) => "",
        None => text,
    }
}

/// What stands behind the thought with which a text begins. Its first end closes it, whatever is left open in it.
fn behind_first(text: &str) -> Option<&str> {
    let (_, end) = THOUGHTS_BEGIN.iter().zip(THOUGHTS_END).find(|(begin, _)| text.starts_with(**begin))?;
    text.split_once(*end).map(|(_, rest)| rest.trim())
}

#[cfg(test)]
mod tests {
    use super::behind;

    #[test]
    fn what_is_meant_stands_behind_the_thoughts() {
        for (answer, meant) in [
            (" plain ", "plain"),
            ("<think>\nno\n</think>\n\nyes\n", "yes"),
            ("no</think>yes", "yes"),
            ("[THINK]no[/THINK]yes", "yes"),
            ("<think>a</think>b<think>c</think>d", "d"),
            ("<think>never done", ""),
            ("a word on <think> alone", "a word on <think> alone"),
        ] {
            assert_eq!(behind(answer), meant, "{answer}");
        }
    }
}
