//! The table of settings: every key with its type, its variable and its meaning.

use std::borrow::Cow;

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

const STRATEGY: Kind = Kind::Word(&["cost", "performance", "balanced"]);

/// Every setting.
pub const KEYS: &[Key] = &[
    key("model", Kind::Text, "the model of every role that names none, as provider/name or a name under [models]"),
    key("role", Kind::Text, "the role of the root model"),
    key("strategy", STRATEGY, "how to choose among models that all meet what a call or role requires"),
    key("allow_paid_fallback", Kind::Flag, "lets a paid model stand in for a free one that fails"),
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
    key(
        "tools.timeout",
        Kind::Number,
        "the most seconds of a tool call; run_command and http_get may ask for up to 3600 where it is not set",
    ),
    key("tools.env", Kind::Texts, "the variables of the environment that programs may read with env(name)"),
    key("tools.max_output", Kind::Count, "the most bytes of text that a tool returns"),
    key("tools.max_file", Kind::Count, "the most bytes of a file that a command writes"),
    key("gate.exploration", Kind::Flag, "refuses FINAL until the context has been looked at"),
    key("cache.enabled", Kind::Flag, "uses kept answers for every llm() that does not say `cache`"),
    key("cache.max_age", Kind::Number, "for how many seconds a kept answer is used where a call does not say"),
    key("escalation.enabled", Kind::Flag, "lets a stronger role take over where an answer fails"),
    key("escalation.ladder", Kind::Texts, "the roles that take over from each other, the weakest first"),
    key("escalation.retries", Kind::Count, "how often a role is asked again with feedback before another takes over"),
    key("escalation.most", Kind::Count, "how often a stronger role may take over; at 0 no child run does either"),
    key("escalation.price", Kind::Number, "what an attempt of the dearest role costs, as a share of a success"),
    key("escalation.audit", Kind::Number, "the share of decisions made by chance, to keep learning, 0 to 0.5"),
    key("memory.enabled", Kind::Flag, "remembers finished runs and recalls them"),
    key(
        "memory.namespace",
        Kind::Word(&["prod", "eval"]),
        "whose memories are read and written: evaluations have their own",
    ),
    key("memory.off_share", Kind::Number, "the share of runs that get no hints, to see what memory brings, 0 to 1"),
    key(
        "memory.most",
        Kind::Count,
        "the most episodes that are kept; doubles, then the least trusted go first, 0: all",
    ),
    key("memory.embedder", Kind::Word(&["hashing", "minilm"]), "how situations are embedded"),
    key("memory.model_folder", Kind::Text, "the folder of the embedding model"),
    key(
        "models.*.provider",
        Kind::Word(&["openai", "responses", "anthropic", "offline"]),
        "which protocol the model speaks",
    ),
    key("models.*.base_url", Kind::Text, "the address of the API, ending in /v1"),
    key("models.*.name", Kind::Text, "the model's name at the provider"),
    key("models.*.key_env", Kind::Text, "the variable that holds the key"),
    key("models.*.headers", Kind::Texts, "headers beside those of the protocol, each \"Name: value\""),
    key("models.*.context_window", Kind::Count, "tokens that fit into a prompt and its answer"),
    key("models.*.image_tokens", Kind::Count, "the most tokens that a picture counts; a budget holds them back"),
    key("models.*.input_price", Kind::Usd, "USD per million prompt tokens"),
    key("models.*.cached_input_price", Kind::Usd, "USD per million prompt tokens from the provider's cache"),
    key("models.*.cache_write_price", Kind::Usd, "USD per million prompt tokens written into the provider's cache"),
    key("models.*.output_price", Kind::Usd, "USD per million answer tokens"),
    key("models.*.reasoning_price", Kind::Usd, "USD per million reasoning tokens; output_price if not given"),
    key(
        "models.*.priced_as",
        Kind::Text,
        "the model, as provider/name, whose list price it has: for a proxy or gateway",
    ),
    key("models.*.long_prompt", Kind::Count, "a prompt of more tokens is billed at the long_ prices, all of it"),
    key("models.*.long_input_price", Kind::Usd, "input_price of a call with a long prompt"),
    key("models.*.long_cached_input_price", Kind::Usd, "cached_input_price of a call with a long prompt"),
    key("models.*.long_cache_write_price", Kind::Usd, "cache_write_price of a call with a long prompt"),
    key("models.*.long_output_price", Kind::Usd, "output_price of a call with a long prompt"),
    key("models.*.long_reasoning_price", Kind::Usd, "reasoning_price of a call with a long prompt"),
    key("models.*.image_price", Kind::Usd, "USD for each picture of a prompt, beside its tokens"),
    key("models.*.request_price", Kind::Usd, "USD for each call, beside its tokens"),
    key(
        "models.*.capabilities",
        Kind::Texts,
        "what it can do beyond text: vision, tools, json, logprobs; all others it cannot",
    ),
    key("models.*.vision", Kind::Flag, "whether it reads pictures"),
    key("models.*.tools", Kind::Flag, "whether it calls functions"),
    key("models.*.json", Kind::Flag, "whether it can be held to a JSON Schema"),
    key("models.*.logprobs", Kind::Flag, "whether it gives the probabilities of its tokens"),
    key("models.*.tags", Kind::Texts, "words of your own that a call may require"),
    key("models.*.rank", Kind::Number, "how good it is, for `strategy`; USD per million answer tokens if not given"),
    key("models.*.fallback", Kind::Texts, "models that stand in when its provider fails, in this order"),
    key("models.*.stream", Kind::Flag, "whether answers are streamed"),
    key("models.*.store", Kind::Flag, "whether its server keeps answers, so that `runs settle .. provider` finds them"),
    key("models.*.functions", Kind::Flag, "whether a root is offered the function rhai(code) beside code blocks"),
    key("models.*.timeout", Kind::Number, "the most seconds of a whole call"),
    key("models.*.first_token_timeout", Kind::Number, "the most seconds until the first token"),
    key("models.*.connect_timeout", Kind::Number, "the most seconds until a connection is made"),
    key("models.*.between_tokens_timeout", Kind::Number, "the most seconds from one token to the next"),
    key("models.*.requests_per_minute", Kind::Count, "the most requests in any minute, repeated ones included"),
    key("models.*.tokens_per_minute", Kind::Count, "the most tokens in any minute, prompts and answers together"),
    key("models.*.concurrency", Kind::Count, "the most requests under way at once"),
    key(
        "services.*.requests_per_minute",
        Kind::Count,
        "the most requests in any minute to all models of the service of this name or at this address",
    ),
    key("services.*.tokens_per_minute", Kind::Count, "the most tokens in any minute of all its models together"),
    key("services.*.concurrency", Kind::Count, "the most requests under way at once to all its models together"),
    key("roles.*.models", Kind::Texts, "the role's models, the preferred one first; the others stand in for it"),
    key("roles.*.requires", Kind::Texts, "capabilities and tags that its model must have"),
    key("roles.*.strategy", STRATEGY, "how its model is chosen if it lists none"),
    key("roles.*.position", Kind::Count, "the place on the escalation ladder, 0 at the bottom"),
    key("roles.*.max_tokens", Kind::Count, "the most tokens of an answer"),
    key("roles.*.temperature", Kind::Number, "sampling temperature"),
    key("roles.*.stop", Kind::Texts, "texts that end an answer"),
    key("roles.*.thinking", Kind::Word(&["off", "low", "medium", "high"]), "how much it thinks before it answers"),
    key("roles.*.system", Kind::Text, "standing instructions of the role"),
    key("roles.*.persona", Kind::Text, "who it is: the name of a file personas/NAME.md, or the text itself"),
    key("roles.*.monitor.enabled", Kind::Flag, "whether answers that go wrong are stopped while they are written"),
    key("roles.*.monitor.repetition", Kind::Number, "share of an answer in a loop, 0 to 1, that is too much"),
    key("roles.*.monitor.ngram", Kind::Count, "words in a row that make a repetition, 1 to 8"),
    key("roles.*.monitor.length_factor", Kind::Number, "how many times the expected length is too long"),
    key(
        "roles.*.monitor.expected_tokens",
        Kind::Count,
        "the most tokens expected; max_tokens of the call if not given",
    ),
    key("roles.*.monitor.logprobs", Kind::Flag, "asks for token probabilities, which entropy and spike need"),
    key("roles.*.monitor.entropy", Kind::Number, "mean token entropy, in bits, that is too high"),
    key("roles.*.monitor.spike", Kind::Number, "rise of the token entropy, in bits, that is too high"),
    key("roles.*.monitor.sustained", Kind::Count, "tokens for which it must stay wrong"),
    key("roles.*.monitor.least_tokens", Kind::Count, "tokens before which nothing is stopped"),
    key("roles.*.monitor.combined", Kind::Number, "the weighted sum of all signals that stops an answer"),
    key("roles.*.monitor.weights.repetition", Kind::Number, "how much repetition counts in the sum"),
    key("roles.*.monitor.weights.length", Kind::Number, "how much length counts"),
    key("roles.*.monitor.weights.entropy", Kind::Number, "how much entropy counts"),
    key("roles.*.monitor.weights.spike", Kind::Number, "how much its rise counts"),
];

/// The setting of a path.
pub fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| matches(key.path, path))
}

fn matches(pattern: &str, path: &str) -> bool {
    pattern == path || chosen(pattern, path).is_some()
}

/// The name in a path that stands for the `*` of the pattern: `models.big.tags` has `big`.
///
/// A name may itself hold dots (`models."a.b".name`): only its ends are fixed.
pub fn chosen<'a>(pattern: &str, path: &'a str) -> Option<&'a str> {
    // The star is looked for as a byte: every start of the program compares some thousand pairs.
    let star = pattern.bytes().position(|byte| byte == b'*')?;
    let rest = path.strip_prefix(pattern.get(..star)?)?;
    rest.strip_suffix(pattern.get(star + 1..)?).filter(|name| !name.is_empty())
}

/// How a role samples may stand in a table of its own: `roles.NAME.generation_defaults.stop` is `roles.NAME.stop`.
pub fn plain(path: &str) -> Cow<'_, str> {
    const SAMPLING: &[&str] = &["max_tokens", "temperature", "stop", "thinking"];
    match path.split_once(".generation_defaults.") {
        Some((role, field)) if role.starts_with("roles.") && SAMPLING.contains(&field) => {
            Cow::Owned(format!("{role}.{field}"))
        }
        _ => Cow::Borrowed(path),
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
    use super::{KEYS, chosen, find, plain, variable};

    #[test]
    fn wildcards_take_one_name() {
        assert!(find("models.a.base_url").is_some());
        assert!(find("models.gpt-4.1.base_url").is_some());
        assert!(find("models.base_url").is_none());
        assert!(find("limits.max_cst").is_none());
    }

    #[test]
    fn names_are_told_from_fields() {
        assert_eq!(chosen("models.*.tags", "models.gpt-4.1.tags"), Some("gpt-4.1"));
        assert_eq!(chosen("roles.*.monitor.spike", "roles.worker.monitor.spike"), Some("worker"));
        assert_eq!(chosen("roles.*.models", "roles.models"), None);
        let at = "services.http://127.0.0.1:8080/v1.concurrency";
        assert_eq!(chosen("services.*.concurrency", at), Some("http://127.0.0.1:8080/v1"));
        assert_eq!(plain("roles.a.generation_defaults.stop"), "roles.a.stop");
        assert_eq!(plain("roles.a.generation_defaults.system"), "roles.a.generation_defaults.system");
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
