//! Habits of Python (and JavaScript) that models bring along: accepted where Rhai has the same thing under another
//! name, else answered with the Rhai form.

/// The Rhai form of what stands in `line`, the source line of an error, if it is a habit from another language.
pub fn hint(line: &str) -> Option<&'static str> {
    let text = line.trim();
    let code = strip_strings(text);
    HABITS.iter().find(|habit| (habit.seen)(&code)).map(|habit| habit.rhai)
}

/// The Rhai form of a function or method that does not exist under its Python name.
pub fn function_hint(name: &str) -> Option<&'static str> {
    FUNCTIONS.iter().find(|(python, _)| *python == name).map(|(_, rhai)| *rhai)
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
    Habit { certain: true, seen: |c| starts(c, "raise"), rhai: "Rhai writes `throw value;`" },
    Habit {
        certain: true,
        seen: |c| starts(c, "lambda") || c.contains("lambda "),
        rhai: "Rhai writes closures as `|x| x + 1`",
    },
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
        seen: |c| starts(c, "for") && c.ends_with(':'),
        rhai: "Rhai writes `for x in items { ... }`, with braces",
    },
    Habit {
        certain: true,
        seen: |c| starts(c, "while") && c.ends_with(':'),
        rhai: "Rhai writes `while condition { ... }`, with braces",
    },
    Habit {
        certain: true,
        seen: |c| (starts(c, "if") || starts(c, "else")) && c.ends_with(':'),
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
        seen: |c| c.contains("[:") || c.contains(":]"),
        rhai: "Rhai slices arrays by `items.extract(1..3)` and texts by `text[1..3]` or `text.sub_string(start, length)`",
    },
    Habit {
        certain: true,
        seen: |c| starts(c, "var") || c.starts_with("let mut "),
        rhai: "Rhai declares variables with `let x = 1;`",
    },
    Habit {
        certain: true,
        seen: |c| c.starts_with("{") || c.contains("= {") || c.contains("({"),
        rhai: "Rhai maps start with `#{`: `#{name: 1}`",
    },
    Habit {
        certain: false,
        seen: |c| c.starts_with('#') && !c.starts_with("#{"),
        rhai: "Rhai comments start with `//`",
    },
    Habit {
        certain: false,
        seen: |c| c.contains('\''),
        rhai: "single quotes hold one character; strings stand in double quotes",
    },
];

const FUNCTIONS: &[(&str, &str)] = &[
    ("range", "write `for i in 0..n { ... }`, or `range(from, to)` with both ends"),
    ("append", "arrays grow by `items.push(x)`; `items.append(other)` joins another array"),
    ("str", "make a string by `x.to_string()` or `${x}` in back-ticks"),
    ("int", "parse an integer by `parse_int(text)`; `x.to_int()` truncates a float"),
    ("float", "parse a float by `parse_float(text)`; `n.to_float()` converts an integer"),
    ("strip", "use `text.trim()`, which changes it in place too, or `text::trimmed(s)` of the stdlib"),
    ("upper", "use `text.to_upper()`"),
    ("lower", "use `text.to_lower()`"),
    ("toUpperCase", "use `text.to_upper()`"),
    ("toLowerCase", "use `text.to_lower()`"),
    ("startswith", "use `text.starts_with(s)`"),
    ("endswith", "use `text.ends_with(s)`"),
    ("startsWith", "use `text.starts_with(s)`"),
    ("endsWith", "use `text.ends_with(s)`"),
    ("includes", "use `x.contains(y)`"),
    ("indexOf", "use `x.index_of(y)`"),
    ("find", "strings: `text.index_of(s)`, -1 if absent; arrays: `items.find(|x| ..)`"),
    ("join", "use `items.join(\", \")`: the array comes first"),
    ("sorted", "sort in place by `items.sort()`, or by `items.sort(|a, b| a - b)`"),
    ("reversed", "reverse in place by `items.reverse()`"),
    ("enumerate", "write `for (x, i) in items { ... }`"),
    ("zip", "write `for (x, i) in items { let y = other[i]; ... }`"),
    ("items", "use `map.keys()` and `map.values()`, or `for k in map.keys() { map[k] }`"),
    ("get", "use `map.get(\"key\")`, `()` if absent"),
    ("push_back", "use `items.push(x)`"),
    ("repeat", "repeat a text by `let s = \"\"; s.pad(length, \"ab\")`"),
    ("collect", "a range becomes an array by `(0..n).to_array()`"),
    ("isinstance", "use `type_of(x) == \"string\"`"),
    ("type", "use `type_of(x)`"),
    ("sum", "use `items.reduce(|sum, x| sum + x, 0)`"),
    ("open", "read a file by TOOL(\"read_file\", #{path: \"...\"})"),
    ("input", "ask a person by `ask_user(\"...\")`"),
    ("println", "use `print(value)`"),
    ("eval", "`eval` is switched off: write the code itself"),
    ("substring", "use `text.sub_string(start, length)`"),
    ("slice", "use `text.sub_string(start, length)` or `items.extract(start, length)`"),
    ("re_findall", "use `context.grep(pattern)`"),
    ("final", "end the run by `FINAL(value)`"),
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
