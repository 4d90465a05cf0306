//! Habits of Python (and JavaScript) that models bring along: accepted where Rhai has the same thing under another
//! name, else answered with the Rhai form.

mod calls;
mod division;
mod quotes;

pub use calls::with_arguments;
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
    let habit = HABITS.iter().find(|habit| (habit.seen)(code)).map(|habit| habit.rhai);
    habit.or((!comment.is_empty()).then_some("Rhai comments start with `//`"))
}

/// The Rhai form of a function or method that does not exist under its Python name.
pub fn function_hint(name: &str) -> Option<&'static str> {
    calls::FUNCTIONS.iter().find(|(python, _)| *python == name).map(|(_, rhai)| *rhai)
}

/// Whether a hint of [`hint`] rests on a whole statement of another language, not on a sign that Rhai has too.
pub fn is_certain(hint: &str) -> bool {
    HABITS.iter().any(|habit| habit.rhai == hint && habit.certain)
}

struct Habit {
    certain: bool,
    seen: fn(&str) -> bool,
    rhai: &'static str,
}

fn word(code: &str, wanted: &str) -> bool {
    code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|w| w == wanted)
}

fn starts(code: &str, wanted: &str) -> bool {
    code.strip_prefix(wanted).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
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

/// Whether something is indexed by a pair, as in `x[0:2]`.
fn slices(code: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, ':' | ' ' | '_' | '-' | '+' | '.' | '(' | ')');
    let is_pair = |inner: &str| inner.contains(':') && !inner.contains("::") && inner.chars().all(plain);
    code.split('[').skip(1).any(|rest| rest.split_once(']').is_some_and(|(inner, _)| is_pair(inner)))
}

/// Whether `map` or `filter` is called as a function with the name of another one.
fn array_last(code: &str) -> bool {
    let calls = |name: &str| {
        let free = |at: usize| !code[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | ':'));
        code.match_indices(name).any(|(at, _)| free(at))
    };
    !code.contains('|') && !code.contains("Fn(") && code.contains(',') && (calls("map(") || calls("filter("))
}

/// Whether a `let` takes a value apart, as in `let (a, b) = ..` and `let a, b = ..`.
fn declares_several(code: &str) -> bool {
    code.split("let ").skip(1).any(|rest| {
        let names = rest.split(['=', ';', '(', '[', '{', '|']).next().unwrap_or_default();
        rest.starts_with(['(', '[', '{']) || names.contains(',')
    })
}

/// Whether a loop takes its values apart, as in `for k, v in map`.
fn takes_pairs(code: &str) -> bool {
    let names = code.strip_prefix("for ").and_then(|rest| rest.split_once(" in ")).map(|(names, _)| names);
    names.is_some_and(|names| names.contains(',') && !names.contains('('))
}

/// Whether a colon stands where a block begins, at the end of the line or with the block behind it.
fn begins_by_colon(code: &str) -> bool {
    let in_front = code.split_once(": ").is_some_and(|(before, _)| !before.ends_with(' '));
    code.ends_with(':') || in_front && !code.contains('{')
}

/// Whether the value of a `try` is used, as in `let a = try { .. } catch (e) { .. };`.
fn takes_a_try(code: &str) -> bool {
    let is_used = |before: &str| before.ends_with(['=', '(', '[', ',', ':']) || before.ends_with("return");
    code.match_indices("try {").any(|(at, _)| is_used(code[..at].trim_end()))
}

/// Whether a variable or a parameter is declared with a type.
fn declares_a_type(code: &str) -> bool {
    let typed = |names: &str| names.contains(':') && !names.contains("::");
    let variable = |rest: &str| rest.split(['=', ';', '(', '{', '"']).next().is_some_and(typed);
    let parameter = |rest: &str| rest.split_once('(').and_then(|(_, rest)| rest.split(')').next()).is_some_and(typed);
    code.split("let ").skip(1).any(variable) || starts(code, "fn") && parameter(code)
}

/// More telling habits first: an `elif` line also ends in a colon.
const HABITS: &[Habit] = &[
    Habit { certain: true, seen: |c| word(c, "elif"), rhai: "Rhai writes `else if condition { ... }`" },
    Habit {
        certain: true,
        seen: |c| starts(c, "def") || starts(c, "function"),
        rhai: "Rhai defines functions as `fn name(a, b) { ... }`",
    },
    Habit {
        certain: true,
        seen: takes_pairs,
        rhai: "a loop takes its values in brackets, the item first: `for (x, i) in items { ... }`; those of a map are \
               `for k in m.keys() { let v = m[k]; ... }`",
    },
    Habit {
        certain: true,
        seen: |c| starts(c, "from"),
        rhai: "Rhai has no Python modules; `import \"text\" as text;` loads a stdlib module, tools are called by TOOL(name, args)",
    },
    Habit {
        certain: true,
        seen: |c| starts(c, "import") && !c.contains('"'),
        rhai: "Rhai has no Python modules; `import \"text\" as text;` loads a stdlib module, tools are called by TOOL(name, args)",
    },
    Habit {
        certain: true,
        seen: |c| starts(c, "except") || c.contains("except:"),
        rhai: "Rhai writes `try { ... } catch (e) { ... }`",
    },
    Habit { certain: true, seen: |c| starts(c, "try:"), rhai: "Rhai writes `try { ... } catch (e) { ... }`" },
    Habit {
        certain: true,
        seen: takes_a_try,
        rhai: "`try` is a statement without a value: `let a = (); try { a = f(); } catch (e) { a = \"none\"; }`",
    },
    Habit { certain: true, seen: |c| starts(c, "raise"), rhai: "Rhai writes `throw value;`" },
    Habit {
        certain: true,
        seen: |c| starts(c, "lambda") || c.contains("lambda "),
        rhai: "Rhai writes closures as `|x| x + 1`",
    },
    Habit {
        certain: true,
        seen: |c| word(c, "match") && c.contains("match "),
        rhai: "Rhai writes `switch x { 1 => a, 2 | 3 => b, _ => c }`",
    },
    Habit {
        certain: true,
        seen: array_last,
        rhai: "the array comes first: `items.map(|x| x + 1)`, `items.filter(|x| x > 0)`",
    },
    Habit {
        certain: false,
        seen: declares_several,
        rhai: "a `let` takes one name: `let pair = [1, 2]; let a = pair[0]; let b = pair[1];`",
    },
    Habit {
        certain: false,
        seen: declares_a_type,
        rhai: "Rhai declares no types: `let x = 5;`, `fn area(width, height) { ... }`",
    },
    Habit {
        certain: true,
        seen: |c| c.contains("<=>"),
        rhai: "Rhai has no `<=>`: numbers are sorted by `items.order(|a, b| a - b)`, anything by `items.sort(|x, y| x < y)`",
    },
    Habit { certain: true, seen: |c| c.contains("<>"), rhai: "Rhai compares with `a != b`" },
    Habit {
        certain: true,
        seen: |c| c.split_once("=>").is_some_and(|(before, _)| before.contains('(') && !c.contains("switch")),
        rhai: "Rhai writes closures as `|x| x + 1`",
    },
    Habit {
        certain: true,
        seen: |c| c.contains("f\"") || c.contains("f'"),
        rhai: "Rhai interpolates in back-ticks: `count: ${n}`",
    },
    Habit {
        certain: true,
        seen: |c| {
            c.starts_with('[') && c.contains(" for ") || c.contains("[") && c.contains(" for ") && c.contains(" in ")
        },
        rhai: "Rhai has no comprehensions; write `items.map(|x| x + 1)` or `items.filter(|x| x > 0)`",
    },
    Habit {
        certain: false,
        seen: |c| c.contains("range("),
        rhai: "Rhai ranges: `for i in 0..10 { ... }` or `for i in range(0, 10) { ... }`",
    },
    Habit {
        certain: true,
        seen: |c| starts(c, "for") && begins_by_colon(c),
        rhai: "Rhai writes `for x in items { ... }`, with braces",
    },
    Habit {
        certain: true,
        seen: |c| starts(c, "while") && begins_by_colon(c),
        rhai: "Rhai writes `while condition { ... }`, with braces",
    },
    Habit {
        certain: true,
        seen: |c| (starts(c, "if") || starts(c, "else")) && begins_by_colon(c),
        rhai: "Rhai writes `if condition { ... } else { ... }`, with braces",
    },
    Habit {
        certain: true,
        seen: |c| starts(c, "with"),
        rhai: "Rhai has no `with`; call TOOL(\"read_file\", #{path: \"...\"}) to read a file",
    },
    Habit { certain: false, seen: |c| starts(c, "print "), rhai: "print is a function: `print(value)`" },
    Habit {
        certain: false,
        seen: |c| c.contains(" if ") && (starts(c, "return") || (c.contains(" else ") && !c.contains('{'))),
        rhai: "Rhai writes `if condition { a } else { b }` as an expression",
    },
    Habit {
        certain: true,
        seen: |c| c.contains(" is None") || c.contains(" is not "),
        rhai: "Rhai compares with `== ()` and `!= ()`",
    },
    Habit {
        certain: true,
        seen: |c| c.contains(" not in "),
        rhai: "Rhai writes `!items.contains(x)` or `!(x in items)`",
    },
    Habit { certain: true, seen: |c| c.contains("**="), rhai: "Rhai has no `**=`; write `x = x ** 2`" },
    Habit {
        certain: false,
        seen: |c| c.contains('$') && !c.contains("${"),
        rhai: "names have no sign in front of them: `x`; only in back-ticks a value stands as `${x}`",
    },
    Habit { certain: false, seen: |c| c.contains("++") || c.contains("--"), rhai: "Rhai writes `x += 1` and `x -= 1`" },
    Habit {
        certain: true,
        seen: |c| c.contains(" ? ") && c.contains(" : "),
        rhai: "Rhai has no `? :`; write `if condition { a } else { b }`",
    },
    Habit {
        certain: true,
        seen: |c| c.contains("[:") || c.contains(":]") || slices(c),
        rhai: "Rhai slices arrays by `items.extract(1..3)`, texts by `text[1..3]` or `text.sub_string(start, length)`, \
               handles by `context.slice(from, to)`",
    },
    Habit {
        certain: true,
        seen: |c| starts(c, "var") || c.starts_with("let mut "),
        rhai: "Rhai declares variables with `let x = 1;`",
    },
    Habit { certain: true, seen: |c| c.starts_with("{") || c.contains("= {") || c.contains("({"), rhai: MAP },
    Habit {
        certain: false,
        seen: |c| c.contains('\''),
        rhai: "single quotes hold one character; strings stand in double quotes",
    },
];

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
