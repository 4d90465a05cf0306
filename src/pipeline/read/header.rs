//! The head of a file: what holds for all of its steps.

use crate::core::money::Money;
use crate::core::request::Keep;
use crate::core::strategy::Strategy;
use crate::pipeline::plan::{PARALLEL, PipelineLimits, Retry, Slice};
use crate::pipeline::product::{impossible, is_below};
use crate::pipeline::read::words::{DEFAULTS, keys};
use crate::pipeline::read::{Fields, Reader};
use crate::pipeline::tree::{Data, Node};
use indexmap::IndexMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What the steps need of the head.
#[derive(Clone, Debug, Default)]
pub(in crate::pipeline) struct Header {
    /// The model or role that leads.
    pub orchestrator: Option<String>,
    /// The model or role of calls that name none.
    pub default_model: Option<String>,
    /// Models or roles by tool.
    pub experts: IndexMap<String, String>,
    /// How models are chosen.
    pub strategy: Option<Strategy>,
    /// Personalities.
    pub personalities: IndexMap<String, String>,
    /// What holds for steps that do not say otherwise.
    pub defaults: Defaults,
}

/// What holds for steps that do not say otherwise.
#[derive(Clone, Debug, Default)]
pub(in crate::pipeline) struct Defaults {
    pub model: Option<String>,
    pub role: Option<String>,
    pub requires: Vec<String>,
    pub personality: Option<String>,
    pub timeout: Option<Duration>,
    pub retry: Option<Retry>,
    pub cache: Option<Keep>,
    pub max_tokens: Option<u64>,
    pub temperature: Option<f64>,
}

impl Reader<'_, '_> {
    /// Reads what the steps need of the head.
    pub(crate) fn read_header(&mut self, fields: &Fields<'_>) {
        self.header.orchestrator = self.model_or_role(fields.get("orchestrator"), "orchestrator");
        self.header.default_model = self.model_or_role(fields.get("default_model"), "default_model");
        self.header.strategy = self.strategy(fields.get("selection_schema"));
        self.header.personalities = self.personalities(fields.get("personalities"));
        self.header.experts = self.experts(fields.get("experts"));
        self.header.defaults = self.defaults(fields.get("defaults"));
    }

    fn strategy(&mut self, node: Option<&Node>) -> Option<Strategy> {
        let word = self.text(node, "selection_schema")?;
        let strategy = Strategy::parse(&word);
        if let (None, Some(node)) = (strategy, node) {
            self.unknown(node.at, "there is no selection_schema", &word, &["cost", "performance", "balanced"]);
        }
        strategy
    }

    fn personalities(&mut self, node: Option<&Node>) -> IndexMap<String, String> {
        self.unfilled(node, "a personality");
        let Some(node) = node else { return IndexMap::new() };
        let entries = self.entries(node, "personalities");
        let read = |entry: &&crate::pipeline::tree::Entry| {
            Some((entry.key.clone(), self.text(Some(&entry.value), &format!("personality `{}`", entry.key))?))
        };
        entries.iter().filter_map(read).collect()
    }

    fn experts(&mut self, node: Option<&Node>) -> IndexMap<String, String> {
        let Some(node) = node else { return IndexMap::new() };
        let mut experts = IndexMap::new();
        for entry in self.entries(node, "experts") {
            self.known_tool(entry.at, &entry.key);
            let who = self.model_or_role(Some(&entry.value), &format!("the expert of `{}`", entry.key));
            experts.extend(who.map(|who| (entry.key.clone(), who)));
        }
        experts
    }

    fn defaults(&mut self, node: Option<&Node>) -> Defaults {
        let Some(node) = node else { return Defaults::default() };
        let fields = self.fields(node, "defaults", &keys(DEFAULTS));
        let max_tokens = self.count(fields.get("max_tokens"), "max_tokens", 1, i64::MAX);
        Defaults {
            model: self.model(fields.get("model"), "model"),
            role: self.role(fields.get("role")),
            requires: self.requirements(fields.get("requires")),
            personality: fields.get("personality").and_then(|node| self.personality(node)),
            timeout: self.timeout(fields.get("timeout")),
            retry: self.retry(fields.get("retry")),
            cache: self.cache(fields.get("cache")),
            max_tokens: max_tokens.and_then(|count| u64::try_from(count).ok()),
            temperature: self.number(fields.get("temperature"), "temperature", 0.0, 2.0),
        }
    }

    /// Limits of the execution.
    pub(crate) fn limits(&mut self, node: Option<&Node>) -> PipelineLimits {
        let mut limits = PipelineLimits { max_parallel: PARALLEL, timeout: None };
        if let Some(node) = node {
            let fields = self.fields(node, "limits", &["max_parallel", "timeout"]);
            let parallel = self.count(fields.get("max_parallel"), "max_parallel", 1, 1_024);
            limits.max_parallel = parallel.and_then(|n| usize::try_from(n).ok()).unwrap_or(PARALLEL);
            limits.timeout = self.timeout(fields.get("timeout"));
        }
        limits
    }

    /// A part of a budget: USD, or several limits.
    pub(crate) fn budget(&mut self, node: Option<&Node>) -> Slice {
        let Some(node) = node else { return Slice::default() };
        if let Data::Int(_) | Data::Float(_) = node.data {
            return Slice { max_cost: self.usd(Some(node), "budget"), ..Slice::default() };
        }
        let fields = self.fields(node, "budget", &["max_cost", "max_calls", "max_tokens"]);
        let calls = self.count(fields.get("max_calls"), "max_calls", 0, i64::MAX);
        let tokens = self.count(fields.get("max_tokens"), "max_tokens", 1, i64::MAX);
        Slice {
            max_cost: self.usd(fields.get("max_cost"), "max_cost"),
            max_calls: calls.and_then(|n| u64::try_from(n).ok()),
            max_tokens: tokens.and_then(|n| u64::try_from(n).ok()),
        }
    }

    /// An amount in USD that the ledger can count.
    fn usd(&mut self, node: Option<&Node>, what: &str) -> Option<f64> {
        let (node, amount) = (node?, self.number(node, what, 0.0, f64::INFINITY)?);
        if Money::from_usd(amount).is_ok() {
            return Some(amount);
        }
        self.fault(node.at, format!("{what} must be an amount in USD, at most 18446744073, not {amount}"));
        None
    }

    /// Further attempts: how many, or how.
    pub(crate) fn retry(&mut self, node: Option<&Node>) -> Option<Retry> {
        let node = node?;
        let times = |n: i64| u32::try_from(n).unwrap_or(0);
        if let Data::Int(_) = node.data {
            let count = self.count(Some(node), "retry", 0, 100)?;
            return Some(Retry { times: times(count), wait: Duration::ZERO, factor: 1.0 });
        }
        let fields = self.fields(node, "retry", &["times", "wait", "factor"]);
        Some(Retry {
            times: self.count(fields.get("times"), "times", 0, 100).map_or(1, times),
            wait: self.span(fields.get("wait"), "wait").unwrap_or_default(),
            factor: self.number(fields.get("factor"), "factor", 1.0, 10.0).unwrap_or(1.0),
        })
    }

    /// Whether kept answers may be used.
    pub(crate) fn cache(&mut self, node: Option<&Node>) -> Option<Keep> {
        let node = node?;
        if let Data::Bool(flag) = node.data {
            return Some(Keep::Flag(flag));
        }
        let span = self.span(Some(node), "cache, if it is neither true nor false,")?;
        Some(Keep::Seconds(span.as_secs_f64()))
    }

    /// The folder of the products.
    pub(crate) fn output_dir(&mut self, node: Option<&Node>) -> PathBuf {
        let given = self.text(node, "output_dir").unwrap_or_else(|| "output".to_owned());
        if let Some(node) = node.filter(|_| !is_below(Path::new(&given))) {
            self.fault(node.at, format!("output_dir must be a folder inside the workspace, not `{given}`"));
        }
        if let Some(node) = node.filter(|_| given.contains("{{")) {
            let hint = "put what differs into the paths of the products, `{{ inputs.x }}/a.md`";
            self.fault(
                node.at,
                format!("output_dir is the same in every run, and nothing is put into `{given}`; {hint}"),
            );
        }
        if let Some((node, why)) = node.zip(impossible(Path::new(&given))) {
            self.fault(node.at, format!("output_dir {given:?} {why}"));
        }
        PathBuf::from(given)
    }
}
