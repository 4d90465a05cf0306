//! What models and people write by habit, with the Rhai form of it.

use super::MAP;
use super::calls::KINDS;
use super::seen::{
    annotates, array_last, begins_by_colon, calls, comprehends, counts, declares_a_type, declares_several,
    names_an_argument, slices, spreads, starts, takes_a_try, takes_pairs, word,
};

const MODULES: &str = "Rhai has no Python modules; `import \"text\" as text;` loads a stdlib module, JSON is read by \
    `parse_json(text)`, tools are called by TOOL(name, args)";

/// What is written by habit, and what stands for it here.
pub(super) struct Habit {
    /// Whether it is a whole statement of another language, not a sign that Rhai has too.
    pub(super) certain: bool,
    /// Whether it is on a line.
    pub(super) seen: fn(&str) -> bool,
    /// The Rhai form.
    pub(super) rhai: &'static str,
}

/// More telling habits first: an `elif` line also ends in a colon.
pub(super) const HABITS: &[Habit] = &[
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
    Habit { certain: true, seen: |c| calls(c, "isinstance") || calls(c, "type"), rhai: KINDS },
    Habit { certain: true, seen: |c| starts(c, "from"), rhai: MODULES },
    Habit {
        certain: true,
        seen: |c| starts(c, "import") && c.split(';').next().is_some_and(|first| !first.contains('"')),
        rhai: MODULES,
    },
    Habit {
        certain: true,
        seen: |c| starts(c, "except") || c.contains("except:") || c.contains("} except"),
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
    Habit { certain: true, seen: annotates, rhai: "Rhai declares variables by `let`, without a type: `let x = 5;`" },
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
        seen: comprehends,
        rhai: "Rhai has no comprehensions; write `items.map(|x| x + 1)` or `items.filter(|x| x > 0)`",
    },
    Habit { certain: true, seen: counts, rhai: "Rhai counts by `for i in 0..10 { ... }`" },
    Habit {
        certain: true,
        seen: |c| names_an_argument(c) == Some("print"),
        rhai: "print takes one value and ends its line: put a line together first, print(`${a} ${b}`)",
    },
    Habit {
        certain: true,
        seen: |c| names_an_argument(c).is_some(),
        rhai: "arguments have no names here, and parameters no defaults: options are a map, `llm(prompt, #{role: \"worker\"})`",
    },
    Habit {
        certain: true,
        seen: spreads,
        rhai: "a list is not taken apart into arguments: `print(xs.join(\" \"))`; arrays are joined by `a + b`",
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
