//! The keys of the format, with what they mean: reading, the schema and the messages use these lists.

/// A key and its meaning.
pub(crate) type Word = (&'static str, &'static str);

/// The keys of a file.
pub(crate) const HEADER: &[Word] = &[
    ("id", "identifies the pipeline; the file's stem if it is not given"),
    ("name", "for people"),
    ("description", "what the pipeline is for; its intention is judged against this"),
    ("version", "as the author counts"),
    ("inputs", "what a caller gives: name to description, or to a form"),
    ("outputs", "what it answers: name to expression, or a list of names"),
    ("orchestrator", "model or role that judges the intention and leads the steps of `run`"),
    ("default_model", "model or role of calls that name none and have no expert"),
    ("experts", "tool to model or role, which answers the steps that name the tool in `tools`"),
    ("selection_schema", "how a model is chosen among those that meet `requires`: cost, performance or balanced"),
    ("personalities", "name to text, for `personality` of the steps"),
    ("budget", "USD, or {max_cost, max_calls, max_tokens}"),
    ("limits", "{max_parallel, timeout}"),
    ("defaults", "values for all steps that do not say otherwise"),
    ("output_dir", "folder of the products, relative to the workspace; `output` if it is not given"),
    ("steps", "the steps: a map by name, or a list"),
];

/// The keys of a step that say what it does.
pub(crate) const ACTS: &[Word] = &[
    (
        "llm",
        "one model call: a prompt, or {prompt, role, system, schema, max_tokens, temperature, stop, images, check}",
    ),
    ("tool", "a tool call: its name, with `args` beside it, or {name, args}"),
    ("script", "a stored program: its name, with `args` beside it, or {name, args}"),
    ("pipeline", "another pipeline: its path, with `inputs` beside it, or {path, inputs}"),
    ("run", "a child run with a root model of its own: a task, or {task, context, role, max_turns, schema}"),
    ("set", "values: name to expression"),
    ("ask", "a question to a person: a text, or {prompt, choices, of}"),
    ("switch", "goes where a value says: {on, cases, default}"),
    ("each", "steps for every item: {in, as, key, max_parallel, on_item_failure, steps}"),
    ("while", "steps as long as a condition holds: {condition, max_iterations, steps}"),
    ("parallel", "blocks at the same time: branch to a step or to steps, or a list of steps"),
    ("wait", "a span of time: 5s"),
    ("end", "ends the pipeline with a value: an expression"),
];

/// The other keys of a step.
pub(crate) const STEP: &[Word] = &[
    ("name", "identifies the step; an identifier"),
    ("args", "arguments of a tool or program"),
    ("inputs", "inputs of a nested pipeline"),
    (
        "dependencies",
        "steps that it needs beside those that its expressions read; `outcomes.NAME` for one that may have failed",
    ),
    ("condition", "an expression: false skips the step"),
    ("model", "the model that answers"),
    ("requires", "what the model must have: vision, tools, json, logprobs, or tags"),
    ("personality", "who the model is: a name of `personalities` or of a persona, or its text"),
    ("tools", "tools whose expert answers an `llm` or `run`: the first that `experts` knows; calls none of them"),
    (
        "vars",
        "fields of the step's value: name to description, to a short form (`float 0..1`, `low|high`), or to a form",
    ),
    ("products", "files: var or expression to path"),
    ("timeout", "how long it may take: 30s"),
    ("retry", "further attempts after a failure: a number, or {times, wait, factor}"),
    ("cache", "whether kept answers may be used: true, false, or how old they may be"),
    ("budget", "USD, or {max_cost, max_calls, max_tokens}"),
    ("on_false", "where a false condition leads: a step, continue, fail, skip, end or retry"),
    ("on_success", "where success leads"),
    ("on_failure", "where failure leads"),
    ("always", "true: runs whatever became of the steps before it, once none waits for a person or one has failed"),
    ("max_visits", "how often it may be visited; needed by what a jump backward leads to"),
    ("priority", "of ready steps the largest goes first"),
];

/// The keys inside of an act that is written as a map, the most important one first.
const INNER: &[(&str, &[&str])] = &[
    ("llm", &["prompt", "role", "system", "schema", "max_tokens", "temperature", "stop", "images", "check"]),
    ("tool", &["name", "args"]),
    ("script", &["name", "args"]),
    ("pipeline", &["path", "inputs"]),
    ("run", &["task", "context", "role", "max_turns", "schema"]),
    ("ask", &["prompt", "choices", "of"]),
    ("switch", &["on", "cases", "default"]),
    ("each", &["in", "as", "key", "max_parallel", "on_item_failure", "steps"]),
    ("while", &["condition", "max_iterations", "steps"]),
];

/// What people write inside of an act where its key has another name: the act, the key, their words.
const GUESSED: &[(&str, &str, &[&str])] = &[
    ("each", "in", &["items", "over", "list", "for"]),
    ("each", "as", &["var", "name", "item"]),
    ("each", "max_parallel", &["max"]),
    ("each", "steps", &["do"]),
    ("while", "max_iterations", &["max"]),
    ("while", "steps", &["do"]),
    ("switch", "on", &["value", "expr"]),
    ("switch", "default", &["else"]),
];

/// Keys of a step that mean something for some acts only.
pub(crate) const BOUND: &[(&str, &[&str])] = &[
    ("args", &["tool", "script"]),
    ("inputs", &["pipeline"]),
    ("model", &["llm", "run", "ask"]),
    ("requires", &["llm", "run", "ask"]),
    ("personality", &["llm", "ask"]),
    ("tools", &["llm", "run"]),
    ("cache", &["llm", "ask"]),
    ("vars", &["llm", "tool", "script", "pipeline", "run"]),
    ("budget", &["llm", "run", "script", "pipeline", "each", "while", "parallel"]),
];

/// The keys of the defaults.
pub(crate) const DEFAULTS: &[Word] = &[
    ("model", "see the step's key"),
    ("role", "the role of `llm` and `run`"),
    ("requires", "see the step's key"),
    ("personality", "see the step's key"),
    ("timeout", "see the step's key"),
    ("retry", "see the step's key"),
    ("cache", "see the step's key"),
    ("max_tokens", "the most tokens of an answer"),
    ("temperature", "sampling temperature, 0 to 2"),
];

/// The keys of the form of an input.
pub(crate) const INPUT: &[Word] = &[
    ("description", "what it means"),
    ("type", "string, integer, number, boolean, array, object or any; else that of the default, else string"),
    ("format", "a format of JSON Schema: date, email, uri"),
    ("example", "a value that fits"),
    ("schema", "a JSON Schema or short form, which type and format hold beside"),
    ("default", "the value if none is given"),
    ("required", "false: `()` if none is given"),
];

/// The keys of the form of a var.
pub(crate) const VAR: &[Word] = &[
    ("description", "what it means"),
    ("type", "string, integer, number, boolean, array, object or any; string if nothing is said"),
    ("format", "a format of JSON Schema: date, email, uri"),
    ("example", "a value that fits"),
    ("schema", "a JSON Schema or short form, which type and format hold beside"),
];

/// The words of a jump that are no steps.
pub(crate) const JUMPS: &[&str] = &["continue", "fail", "skip", "end", "retry"];

/// Names that mean something else in expressions or jumps.
pub(crate) const RESERVED: &[&str] = &[
    "inputs",
    "outcomes",
    "errors",
    "key",
    "index",
    "prev",
    "iteration",
    "answer",
    "continue",
    "fail",
    "skip",
    "end",
    "retry",
];

/// The keys inside of an act.
pub(crate) fn inner(act: &str) -> &'static [&'static str] {
    INNER.iter().find(|(name, _)| *name == act).map(|(_, keys)| *keys).unwrap_or_default()
}

/// The key of an act that is meant by another word.
pub(crate) fn meant(act: &str, word: &str) -> Option<&'static str> {
    let row = GUESSED.iter().find(|(of, _, words)| *of == act && words.contains(&word));
    row.map(|(_, key, _)| *key)
}

/// Where a key belongs that stands inside of an act and is one of the step, if it means something to that act.
pub(crate) fn beside(act: &str, key: &str) -> Option<String> {
    let means = BOUND.iter().find(|(bound, _)| *bound == key).is_none_or(|(_, acts)| acts.contains(&act));
    (means && keys(STEP).contains(&key)).then(|| format!("it belongs to the step, beside `{act}`"))
}

/// Where a key belongs that stands in a step and is one of an act: of those of the step, or of any if it has none.
pub(crate) fn inside(acts: &[&str], key: &str) -> Option<String> {
    let fitting = INNER.iter().filter(|(act, keys)| keys.contains(&key) && (acts.is_empty() || acts.contains(act)));
    match fitting.collect::<Vec<_>>().as_slice() {
        [] => None,
        [(act, keys)] => {
            let first = keys.first().filter(|first| **first != key).map(|first| format!("{first}: .., "));
            Some(format!("it belongs inside `{act}`: `{act}: {{{}{key}: ..}}`", first.unwrap_or_default()))
        }
        several => {
            let names: Vec<&str> = several.iter().map(|(act, _)| *act).collect();
            Some(format!("it belongs inside `{}`", names.join("` or `")))
        }
    }
}

/// The keys alone.
pub(crate) fn keys(words: &[Word]) -> Vec<&'static str> {
    words.iter().map(|(key, _)| *key).collect()
}
