//! Signs by which a line of code is known for one of another language. The insides of its texts are blanked.

/// Whether this is a part of a name.
fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether a word is in it.
pub(super) fn word(code: &str, wanted: &str) -> bool {
    code.split(|c: char| !is_part(c)).any(|w| w == wanted)
}

/// Whether a word stands first.
pub(super) fn starts(code: &str, wanted: &str) -> bool {
    code.strip_prefix(wanted).is_some_and(|rest| !rest.starts_with(is_part))
}

/// Whether a function of this name is called, and no method or one with a longer name.
pub(super) fn calls(code: &str, name: &str) -> bool {
    let is_free = |at: usize| !code[..at].ends_with(|c: char| is_part(c) || matches!(c, '.' | ':'));
    code.match_indices(name).any(|(at, _)| is_free(at) && code[at + name.len()..].starts_with('('))
}

/// Whether something is indexed by a pair, as in `x[0:2]`.
pub(super) fn slices(code: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, ':' | ' ' | '_' | '-' | '+' | '.' | '(' | ')');
    let is_pair = |inner: &str| inner.contains(':') && !inner.contains("::") && inner.chars().all(plain);
    code.split('[').skip(1).any(|rest| rest.split_once(']').is_some_and(|(inner, _)| is_pair(inner)))
}

/// Whether `map` or `filter` is called as a function with the name of another one.
pub(super) fn array_last(code: &str) -> bool {
    let is_called = calls(code, "map") || calls(code, "filter");
    is_called && !code.contains('|') && !code.contains("Fn(") && code.contains(',')
}

/// Whether a `let` takes a value apart, as in `let (a, b) = ..` and `let a, b = ..`.
pub(super) fn declares_several(code: &str) -> bool {
    code.split("let ").skip(1).any(|rest| {
        let names = rest.split(['=', ';', '(', '[', '{', '|']).next().unwrap_or_default();
        rest.starts_with(['(', '[', '{']) || names.contains(',')
    })
}

/// Whether a loop takes its values apart, as in `for k, v in map`.
pub(super) fn takes_pairs(code: &str) -> bool {
    let statements = code.split([';', '{', '}']).map(str::trim_start);
    let mut loops = statements.filter_map(|statement| statement.strip_prefix("for ")?.split_once(" in "));
    loops.any(|(names, _)| names.contains(',') && !names.contains('('))
}

/// Whether a loop counts, as in `for (i = 0; i < n; i++)`.
pub(super) fn counts(code: &str) -> bool {
    let mut loops = ["for (", "for("].into_iter().flat_map(|begin| code.split(begin).skip(1));
    loops.any(|rest| rest.split(')').next().is_some_and(|head| head.contains(';')))
}

/// Whether a loop stands in a bracket behind a value, as in `[x + 1 for x in items]`.
pub(super) fn comprehends(code: &str) -> bool {
    code.match_indices(" for ").any(|(at, _)| {
        let (before, after) = code.split_at(at);
        let is_open = |open: char, close: char| before.matches(open).count() > before.matches(close).count();
        let is_statement = before.trim_end().ends_with(['{', '}', ';']);
        !is_statement && after.contains(" in ") && (is_open('[', ']') || is_open('(', ')'))
    })
}

/// The function to which an argument is given by its name, as in `print(x, end="")`.
pub(super) fn names_an_argument(code: &str) -> Option<&str> {
    code.match_indices('=').find_map(|(at, _)| {
        let (before, after) = (code[..at].trim_end(), &code[at + 1..]);
        let in_front = before.trim_end_matches(is_part);
        let is_name = in_front.len() < before.len() && in_front.trim_end().ends_with(['(', ',']);
        open_call(in_front).filter(|_| is_name && !after.starts_with(['=', '>']))
    })
}

/// The function whose bracket is the last that is open.
fn open_call(code: &str) -> Option<&str> {
    let mut closed = 0_usize;
    let (at, _) = code.char_indices().rev().find(|(_, c)| match c {
        ')' | ']' | '}' => {
            closed += 1;
            false
        }
        '(' | '[' | '{' if closed > 0 => {
            closed -= 1;
            false
        }
        c => matches!(c, '(' | '[' | '{'),
    })?;
    let (head, bracket) = code.split_at(at);
    let name = head.rsplit(|c: char| !is_part(c)).next().filter(|_| bracket.starts_with('('))?;
    (!name.is_empty() && !["for", "if", "switch", "until", "while"].contains(&name)).then_some(name)
}

/// Whether a list is to be taken apart, as in `print(*items)` and `[...items, 1]`.
pub(super) fn spreads(code: &str) -> bool {
    ["(*", "[*", ", *", "(...", "[...", ", ..."].iter().any(|sign| code.contains(*sign))
}

/// Whether a colon stands where a block begins, at the end of the line or with the block behind it.
pub(super) fn begins_by_colon(code: &str) -> bool {
    let in_front = code.split_once(": ").is_some_and(|(before, _)| !before.ends_with(' '));
    code.ends_with(':') || in_front && !code.contains('{')
}

/// Whether the value of a `try` is used, as in `let a = try { .. } catch (e) { .. };`.
pub(super) fn takes_a_try(code: &str) -> bool {
    let is_used = |before: &str| before.ends_with(['=', '(', '[', ',', ':']) || before.ends_with("return");
    code.match_indices("try {").any(|(at, _)| is_used(code[..at].trim_end()))
}

/// Whether a variable or a parameter is declared with a type.
pub(super) fn declares_a_type(code: &str) -> bool {
    let typed = |names: &str| names.contains(':') && !names.contains("::");
    let variable = |rest: &str| rest.split(['=', ';', '(', '{', '"']).next().is_some_and(typed);
    let parameter = |rest: &str| rest.split_once('(').and_then(|(_, rest)| rest.split(')').next()).is_some_and(typed);
    code.split("let ").skip(1).any(variable) || starts(code, "fn") && parameter(code)
}

/// Whether a variable is declared with a type and without a `let`, as in `x: int = 5`.
pub(super) fn annotates(code: &str) -> bool {
    let is_name = |text: &str| !text.is_empty() && text.chars().all(is_part);
    let is_kind = |c: char| is_part(c) || matches!(c, '[' | ']' | ',' | ' ' | '|' | '.');
    let mut declared = code.split(';').filter_map(|statement| statement.split_once(':'));
    declared.any(|(name, rest)| {
        let kind =
            rest.split_once('=').filter(|(_, value)| !value.starts_with(['=', '>'])).map(|(kind, _)| kind.trim());
        is_name(name.trim()) && kind.is_some_and(|kind| !kind.is_empty() && kind.chars().all(is_kind))
    })
}
