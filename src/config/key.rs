//! The table of settings: every key with its type, its variable and its meaning.

/// The type of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A list of texts.
    Texts,
    /// Yes or no.
    Flag,
    /// A whole number, not negative.
    Count,
    /// A number, not negative.
    Number,
    /// An amount in USD.
    Usd,
    /// One of these words.
    Word(&'static [&'static str]),
}

impl Kind {
    /// The type in words.
    pub fn describe(self) -> String {
        match self {
            Self::Text => "a text".to_owned(),
            Self::Texts => "a list of texts".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Count => "a whole number".to_owned(),
            Self::Number => "a number".to_owned(),
            Self::Usd => "an amount in USD".to_owned(),
            Self::Word(words) => format!("one of {}", words.join(", ")),
        }
    }
}

/// One setting. A `*` in the path stands for a name chosen by the user.
pub struct Key {
    /// The path, dotted.
    pub path: &'static str,
    /// Its type.
    pub kind: Kind,
    /// What it does.
    pub about: &'static str,
}

const fn key(path: &'static str, kind: Kind, about: &'static str) -> Key {
    Key { path, kind, about }
}

/// Every setting.
pub const KEYS: &[Key] = &[
    key("model", Kind::Text, "the model of every role that names none, as provider/name or a name under [models]"),
    key("role", Kind::Text, "the role of the root model"),
    key("limits.max_cost", Kind::Usd, "the most money of a run"),
    key("limits.max_calls", Kind::Count, "the most model calls of a run"),
    key("limits.max_tokens", Kind::Count, "the most tokens of a run, prompts and answers together"),
    key("limits.max_depth", Kind::Count, "how deep child runs nest"),
    key("limits.max_turns", Kind::Count, "the most turns of a root model"),
    key("limits.timeout", Kind::Number, "the most seconds of a run"),
    key("limits.compute_seconds", Kind::Number, "the most seconds of computing in one evaluation"),
    key("limits.allow_unpriced", Kind::Flag, "lets a money limit pass models without a known price"),
    key(
        "tools.approve",
        Kind::Word(&["ask", "auto", "never"]),
        "who allows tools that write, run programs or use the network",
    ),
    key("tools.allow_private_addresses", Kind::Flag, "lets http_get reach private addresses"),
    key("tools.timeout", Kind::Number, "the most seconds of a tool call"),
    key("tools.max_output", Kind::Count, "the most bytes of text that a tool returns"),
    key("gate.exploration", Kind::Flag, "refuses FINAL until the context has been looked at"),
    key("memory.enabled", Kind::Flag, "remembers finished runs and recalls them"),
    key("memory.embedder", Kind::Word(&["hashing", "minilm"]), "how situations are embedded"),
    key("memory.model_folder", Kind::Text, "the folder of the embedding model"),
    key("models.*.provider", Kind::Word(&["openai", "offline"]), "which protocol the model speaks"),
    key("models.*.base_url", Kind::Text, "the address of the API, ending in /v1"),
    key("models.*.name", Kind::Text, "the model's name at the provider"),
    key("models.*.key_env", Kind::Text, "the variable that holds the key"),
    key("models.*.context_window", Kind::Count, "tokens that fit into a prompt and its answer"),
    key("models.*.input_price", Kind::Usd, "USD per million prompt tokens"),
    key("models.*.cached_input_price", Kind::Usd, "USD per million prompt tokens from the provider's cache"),
    key("models.*.output_price", Kind::Usd, "USD per million answer tokens"),
    key("models.*.stream", Kind::Flag, "whether answers are streamed"),
    key("models.*.functions", Kind::Flag, "whether a root is offered the function rhai(code) beside code blocks"),
    key("models.*.timeout", Kind::Number, "the most seconds of a whole call"),
    key("models.*.first_token_timeout", Kind::Number, "the most seconds until the first token"),
    key("roles.*.models", Kind::Texts, "the role's models, the preferred one first"),
    key("roles.*.position", Kind::Count, "the place on the escalation ladder, 0 at the bottom"),
    key("roles.*.max_tokens", Kind::Count, "the most tokens of an answer"),
    key("roles.*.temperature", Kind::Number, "sampling temperature"),
    key("roles.*.system", Kind::Text, "standing instructions of the role"),
];

/// The setting of a path.
pub fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| matches(key.path, path))
}

fn matches(pattern: &str, path: &str) -> bool {
    match pattern.split_once(".*.") {
        // A name may itself hold dots (`models."a.b".name`): only its ends are fixed.
        Some((head, tail)) => path
            .strip_prefix(head)
            .and_then(|rest| rest.strip_prefix('.'))
            .and_then(|rest| rest.strip_suffix(tail))
            .is_some_and(|name| name.len() > 1 && name.ends_with('.')),
        None => pattern == path,
    }
}

/// The variable that overrides a setting: `limits.max_cost` is `RHIZO_MAX_COST`, `tools.approve` is
/// `RHIZO_TOOLS_APPROVE`. Settings with a chosen name have none.
pub fn variable(key: &Key) -> Option<String> {
    if key.path.contains('*') {
        return None;
    }
    let short = key.path.strip_prefix("limits.").unwrap_or(key.path);
    Some(format!("RHIZO_{}", short.replace('.', "_").to_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::{KEYS, find, variable};

    #[test]
    fn wildcards_take_one_name() {
        assert!(find("models.a.base_url").is_some());
        assert!(find("models.gpt-4.1.base_url").is_some());
        assert!(find("models.base_url").is_none());
        assert!(find("limits.max_cst").is_none());
    }

    #[test]
    fn variables_are_unique() {
        let mut names: Vec<_> = KEYS.iter().filter_map(variable).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
