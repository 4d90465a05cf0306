//! Blocks of steps, and what holds them: items, iterations, branches.

use crate::pipeline::graph;
use crate::pipeline::plan::{Block, Branch, Each, OnItemFailure, STEPS, While};
use crate::pipeline::read::step::Named;
use crate::pipeline::read::template::Reading;
use crate::pipeline::read::words::{ACTS, RESERVED, keys};
use crate::pipeline::read::{Reader, Scope};
use crate::pipeline::tree::{Data, Entry, Node, Spot};

impl Reader<'_, '_> {
    /// Reads steps: a map by name, a list of maps with one key each, or a list of steps with their names in them.
    fn block(&mut self, node: &Node, scope: &Scope<'_>, top: bool) -> Block {
        let named = self.named(node);
        self.linked(&named, scope, top)
    }

    /// The block of these steps; one without any if the file has too many.
    pub(crate) fn linked(&mut self, named: &[Named<'_>], scope: &Scope<'_>, top: bool) -> Block {
        let scope = scope.with(named.iter().map(|step| step.name.as_str()));
        let begin = self.uses.len();
        let drafts: Vec<_> = named.iter().map(|step| self.step(step, &scope, top)).collect();
        if self.steps.len() > STEPS { Block::default() } else { graph::link(self, drafts, begin) }
    }

    /// The steps of a block before their keys are read.
    pub(crate) fn named<'n>(&mut self, node: &'n Node) -> Vec<Named<'n>> {
        let (mut named, before) = (Vec::new(), self.faults.len());
        match &node.data {
            Data::Map(entries) => {
                for entry in entries {
                    self.name(entry.at, &entry.key, &entry.value, &mut named);
                }
            }
            Data::List(items) => {
                for item in items {
                    self.item(item, &mut named);
                }
            }
            _ => self.mistaken(node, "steps", "a map by name, or a list"),
        }
        if named.is_empty() && self.faults.len() == before {
            self.fault(node.at, "there are no steps");
        }
        named
    }

    fn item<'n>(&mut self, item: &'n Node, named: &mut Vec<Named<'n>>) {
        let acts = keys(ACTS);
        let by_key = |entry: &&Entry| !acts.contains(&entry.key.as_str()) && entry.key != "name";
        if let Some(entry) = item.single().filter(by_key) {
            self.name(entry.at, &entry.key, &entry.value, named);
            return;
        }
        let Data::Map(entries) = &item.data else {
            self.mistaken(item, "a step", "a map");
            return;
        };
        match entries.iter().find(|entry| entry.key == "name") {
            None => self.fault(item.at, "the step has no name: give it `name: ...`, or write it as `NAME: {...}`"),
            Some(entry) => {
                if let Some(name) = self.text(Some(&entry.value), "name") {
                    self.name(entry.value.at, &name, item, named);
                }
            }
        }
    }

    fn name<'n>(&mut self, at: Spot, name: &str, node: &'n Node, named: &mut Vec<Named<'n>>) {
        if self.identifier(at, "a step", name).is_none() || self.usable(at, name).is_none() {
            return;
        }
        // Also where neither can see the other: what is known of a value is kept by its name alone.
        if let Some(Spot { line, .. }) = self.items.get(name).copied() {
            self.fault(at, format!("`{name}` is the name of an item already, on line {line}: choose another name"));
            return;
        }
        if let Some(first) = self.steps.insert(name.to_owned(), at) {
            self.fault(at, format!("there is a step `{name}` already, on line {}", first.line));
            return;
        }
        named.push(Named { name: name.to_owned(), at, node });
    }

    /// Refuses names that mean something else.
    fn usable(&mut self, at: Spot, name: &str) -> Option<()> {
        let read = self.loader.compiler.compile(name, &[name]).map(|found| found.references().len());
        if RESERVED.contains(&name) || read != Ok(1) {
            self.fault(at, format!("`{name}` means something else here: choose another name"));
            return None;
        }
        Some(())
    }

    /// `each`.
    pub(crate) fn each(&mut self, node: &Node, reading: &Reading<'_>) -> Option<Each> {
        let fields = self.inside(node, "each");
        let items = match fields.get("in") {
            None => {
                self.fault(fields.at, "each needs `in`: an expression, or a list");
                None
            }
            Some(given) if given.text().is_some_and(|text| !text.contains("{{")) => Some(self.computed(given, reading)),
            Some(given @ Node { data: Data::Text(_) | Data::List(_) | Data::Map(_), .. }) => {
                Some(self.template(given, reading))
            }
            Some(given) => {
                self.mistaken(given, "in", "an expression, or a list");
                None
            }
        };
        let name = self.text(fields.get("as"), "as").unwrap_or_else(|| "item".to_owned());
        let at = fields.get("as").map_or(fields.at, |node| node.at);
        self.identifier(at, "an item", &name)?;
        self.usable(at, &name)?;
        if self.steps.contains_key(&name) || reading.scope.has(&name) {
            self.fault(at, format!("`{name}` is the name of a value already: name the item otherwise, by `as`"));
            return None;
        }
        self.items.entry(name.clone()).or_insert(at);
        let keyed = reading.with(&[&name, "index"]);
        let key = fields.get("key").and_then(|node| self.expression(node, "key", &keyed));
        let parallel = self.count(fields.get("max_parallel"), "max_parallel", 1, 1_024);
        let on_item_failure = self.on_item_failure(fields.get("on_item_failure"));
        let Some(steps) = fields.get("steps") else {
            self.fault(fields.at, "each needs `steps`");
            return None;
        };
        let scope = reading.scope.with([name.as_str(), "key", "index"]);
        let block = self.block(steps, &scope, false);
        let max_parallel = parallel.and_then(|n| usize::try_from(n).ok());
        Some(Each { items: items?, name, key, max_parallel, on_item_failure, block })
    }

    fn on_item_failure(&mut self, node: Option<&Node>) -> OnItemFailure {
        let word = self.text(node, "on_item_failure");
        match (word.as_deref(), node) {
            (None | Some("stop"), _) | (_, None) => OnItemFailure::Stop,
            (Some("continue"), _) => OnItemFailure::Continue,
            (Some(word), Some(node)) => {
                self.unknown(node.at, "on_item_failure is not", word, &["stop", "continue"]);
                OnItemFailure::Stop
            }
        }
    }

    /// `while`.
    pub(crate) fn repeat(&mut self, node: &Node, reading: &Reading<'_>) -> Option<While> {
        let fields = self.inside(node, "while");
        for key in ["condition", "max_iterations", "steps"] {
            if fields.get(key).is_none() {
                self.fault(fields.at, format!("while needs `{key}`"));
            }
        }
        let own = reading.with(&["prev", "iteration"]);
        let condition = fields.get("condition").and_then(|node| self.expression(node, "condition", &own));
        let most = self.count(fields.get("max_iterations"), "max_iterations", 1, 10_000);
        let scope = reading.scope.with(["prev", "iteration"]);
        let block = self.block(fields.get("steps")?, &scope, false);
        let max_iterations = most.and_then(|n| u32::try_from(n).ok())?;
        Some(While { condition: condition?, max_iterations, block })
    }

    /// `parallel`: branches by name, each one step or several; or a list of steps, each a branch of its own.
    pub(crate) fn parallel(&mut self, node: &Node, reading: &Reading<'_>) -> Option<Vec<Branch>> {
        let node = self.wrapped(node).unwrap_or(node);
        let entries = node.entries().unwrap_or_default();
        // In a list the key of an act is that of a step without a name.
        let nameless = matches!(node.data, Data::List(_)) && entries.iter().any(|entry| is_act(entry));
        if nameless || !entries.iter().any(|entry| holds_steps(&entry.value)) {
            let named = self.named(node);
            let branch = |step: Named<'_>| {
                let name = step.name.clone();
                Branch { name, block: self.linked(&[step], reading.scope, false) }
            };
            return Some(named.into_iter().map(branch).collect());
        }
        let mut branches = Vec::new();
        for entry in self.entries(node, "parallel") {
            let block = if holds_steps(&entry.value) {
                self.identifier(entry.at, "a branch", &entry.key);
                self.block(&entry.value, reading.scope, false)
            } else {
                let mut named = Vec::new();
                self.name(entry.at, &entry.key, &entry.value, &mut named);
                self.linked(&named, reading.scope, false)
            };
            branches.push(Branch { name: entry.key.clone(), block });
        }
        Some(branches)
    }

    /// The branches that stand under a key of their own, as the steps of other acts do, once that is told.
    fn wrapped<'n>(&mut self, node: &'n Node) -> Option<&'n Node> {
        let entries = node.entries()?;
        let mut blocks = entries.iter().filter(|entry| matches!(entry.value.data, Data::Map(_) | Data::List(_)));
        let (Some(only), None) = (blocks.next(), blocks.next()) else { return None };
        if !["steps", "branches"].contains(&only.key.as_str()) || !holds_steps(&only.value) {
            return None;
        }
        for entry in &entries {
            let hint = "each of its keys is a branch: `parallel: {a: .., b: ..}`";
            self.fault(entry.at, format!("parallel has no key `{}`; {hint}", entry.key));
        }
        Some(&only.value)
    }
}

/// Whether a branch holds steps: a list, or a map of maps. A map with the key of an act is one step itself.
fn holds_steps(branch: &Node) -> bool {
    let by_name = |entry: &Entry| !is_act(entry) && matches!(entry.value.data, Data::Map(_) | Data::List(_));
    match &branch.data {
        Data::List(_) => true,
        Data::Map(entries) => !entries.is_empty() && entries.iter().all(by_name),
        _ => false,
    }
}

fn is_act(entry: &Entry) -> bool {
    ACTS.iter().any(|(act, _)| *act == entry.key)
}
