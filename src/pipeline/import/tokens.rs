//! The words of Jinja's expressions: names, numbers, texts with their quotes, operators.

/// The words of an expression; fails with what cannot be divided.
pub(super) fn tokens(source: &str) -> Result<Vec<String>, String> {
    let chars: Vec<char> = source.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = chars.get(at).copied() {
        let begin = at;
        at += 1;
        let take = |at: &mut usize, fits: fn(char) -> bool| {
            while chars.get(*at).copied().is_some_and(fits) {
                *at += 1;
            }
        };
        match c {
            c if c.is_whitespace() => continue,
            '"' | '\'' => {
                while chars.get(at).is_some_and(|next| *next != c) {
                    at += if chars.get(at) == Some(&'\\') { 2 } else { 1 };
                }
                if chars.get(at).is_none() {
                    return Err(format!("a text that is not closed in `{source}`"));
                }
                at += 1;
            }
            c if c.is_ascii_digit() => take(&mut at, |c| c.is_ascii_digit() || c == '.'),
            c if c.is_alphabetic() || c == '_' || c == '$' => {
                take(&mut at, |c| c.is_alphanumeric() || c == '_' || c == '-')
            }
            '=' | '!' | '<' | '>' if chars.get(at) == Some(&'=') => at += 1,
            '/' | '*' if chars.get(at) == Some(&c) => at += 1,
            _ => {}
        }
        tokens.push(chars.get(begin..at).unwrap_or_default().iter().collect());
    }
    Ok(tokens)
}
