//! One step: its keys, and what they say together.

use crate::pipeline::plan::{Act, Choice, Retry, Slice, Step};
use crate::pipeline::read::flow::Leap;
use crate::pipeline::read::template::Reading;
use crate::pipeline::read::words::{ACTS, BOUND, STEP, inside, keys};
use crate::pipeline::read::{Fields, Part, Reader, Scope, Use, User};
use crate::pipeline::tree::{Data, Entry, Node, Spot};
use crate::script::expression::Reference;

/// A step whose place in its block is not known yet.
pub(in crate::pipeline) struct Draft {
    /// Its name.
    pub name: String,
    /// The step; `None` if it could not be read.
    pub step: Option<Step>,
    /// Where it stands.
    pub at: Spot,
    /// Its jumps.
    pub leaps: Vec<Leap>,
}

/// A step before its keys are read.
pub(in crate::pipeline) struct Named<'n> {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub at: Spot,
    /// Its keys.
    pub node: &'n Node,
}

impl Reader<'_, '_> {
    /// Reads a step. `top` is whether it stands in the file's own block.
    pub(crate) fn step(&mut self, named: &Named<'_>, scope: &Scope<'_>, top: bool) -> Draft {
        let known = [keys(ACTS), keys(STEP)].concat();
        let entries = named.node.entries().unwrap_or_default();
        let does: Vec<&str> =
            entries.iter().map(|entry| entry.key.as_str()).filter(|key| keys(ACTS).contains(key)).collect();
        let what = format!("step `{}`", named.name);
        let fields = self.fields_or(named.node, &what, &known, &|key| inside(&does, key));
        let mut leaps = Vec::new();
        // Where they lead can be told also of a step that could not be read.
        let [on_false, on_success, on_failure] =
            ["on_false", "on_success", "on_failure"].map(|key| self.jump(fields.get(key), key, &mut leaps));
        let step = self.defined(named, &fields, scope, top, &mut leaps);
        let step = step.map(|step| Step { on_false, on_success, on_failure, ..step });
        Draft { name: named.name.clone(), step, at: named.at, leaps }
    }

    /// The step without where it leads.
    fn defined(
        &mut self,
        named: &Named<'_>,
        fields: &Fields<'_>,
        scope: &Scope<'_>,
        top: bool,
        leaps: &mut Vec<Leap>,
    ) -> Option<Step> {
        let act = self.act_entry(named, fields)?;
        self.bound_keys(fields, act);
        let user = |part| User { step: named.name.clone(), part };
        let reading = Reading::new(scope, user(Part::Act));
        let tools = self.tools(fields.get("tools"));
        let vars = self.vars(fields.get("vars"));
        let body = self.act(act, fields, &reading, leaps, top);
        let choice = self.who_answers(fields, act, &tools);
        self.sees(fields, body.as_ref(), &choice);
        // Where a var has the name of its step, the name is that of the step.
        let names: Vec<&str> = vars.iter().map(|var| var.name.as_str()).filter(|name| *name != named.name).collect();
        let products = Reading::new(scope, user(Part::Product)).with(&names);
        let condition = Reading::new(scope, user(Part::Condition));
        let defaults = self.header.defaults.clone();
        let model_act = matches!(body, Some(Act::Llm(_) | Act::Run(_) | Act::Tool(_) | Act::Script(_)));
        let visits = self.count(fields.get("max_visits"), "max_visits", 1, 10_000);
        let step = Step {
            name: named.name.clone(),
            place: self.place(named.at),
            hash: String::new(),
            after: Vec::new(),
            behind: Vec::new(),
            reads: Vec::new(),
            watches: Vec::new(),
            condition: fields.get("condition").and_then(|node| self.expression(node, "condition", &condition)),
            choice,
            products: self.products(fields.get("products"), &products),
            vars,
            timeout: self.timeout(fields.get("timeout")).or(defaults.timeout.filter(|_| model_act)),
            retry: self.retry(fields.get("retry")).or(defaults.retry.filter(|_| model_act)).unwrap_or(NO_RETRY),
            cache: self.cache(fields.get("cache")).or(defaults.cache),
            budget: fields.get("budget").map_or_else(Slice::default, |node| self.budget(Some(node))),
            on_false: None,
            on_success: None,
            on_failure: None,
            always: self.flag(fields.get("always"), "always").unwrap_or(false),
            max_visits: visits.and_then(|n| u32::try_from(n).ok()),
            priority: self.priority(fields.get("priority")),
            act: body?,
        };
        self.ways(fields, &step);
        self.value_form(fields, act, &step);
        self.dependencies(fields.get("dependencies"), &reading);
        Some(Step { hash: self.definition(named.node, &step), ..step })
    }

    /// Keeps the faults that a way is never taken.
    fn ways(&mut self, fields: &Fields<'_>, step: &Step) {
        if let (Some(entry), None) = (fields.entry("on_false"), &step.condition) {
            self.fault(entry.at, "`on_false` needs a `condition`");
        }
        let leads = match &step.act {
            Act::Switch(_) => "`switch` says itself where it leads: use `default`",
            Act::End(_) => "`end` ends the pipeline: nothing follows its success",
            _ => return,
        };
        if let Some(entry) = fields.entry("on_success") {
            self.fault(entry.at, leads);
        }
    }

    /// Refuses `vars` that cannot be one value, or of which the act says another form.
    fn value_form(&mut self, fields: &Fields<'_>, act: &Entry, step: &Step) {
        let (Some(schema), Some(node)) = (step.schema(), fields.get("vars")) else { return };
        self.together(node.at, "vars", &schema);
        if let Some(own) = part(act, "schema").filter(|_| matches!(step.act, Act::Llm(_) | Act::Run(_))) {
            self.fault(own.at, "`schema` and `vars` both say what the value is: keep one of them");
        }
    }

    /// The one key that says what the step does.
    fn act_entry<'n>(&mut self, named: &Named<'_>, fields: &Fields<'n>) -> Option<&'n Entry> {
        let found: Vec<&Entry> = keys(ACTS).into_iter().filter_map(|key| fields.entry(key)).collect();
        match found.as_slice() {
            [] => {
                let acts = keys(ACTS).join(", ");
                self.fault(named.at, format!("step `{}` does nothing: give it one of {acts}", named.name));
                None
            }
            [act] => Some(act),
            [first, second, ..] => {
                let message = format!(
                    "step `{}` does `{}` already; `{}` belongs into a step of its own",
                    named.name, first.key, second.key
                );
                self.fault(second.at, message);
                None
            }
        }
    }

    fn bound_keys(&mut self, fields: &Fields<'_>, act: &Entry) {
        let name = act.key.as_str();
        for (key, acts) in BOUND {
            let Some(entry) = fields.entry(key) else { continue };
            if !acts.contains(&name) {
                self.fault(entry.at, format!("`{key}` means nothing to `{name}`; it belongs to {}", acts.join(", ")));
            } else if name == "ask" && part(act, "of").is_none() {
                self.fault(entry.at, format!("`{key}` means nothing to `ask` without `of`: a person answers"));
            }
        }
    }

    fn who_answers(&mut self, fields: &Fields<'_>, act: &Entry, tools: &[String]) -> Choice {
        match act.key.as_str() {
            "llm" => self.choice(fields, part(act, "role"), tools, false),
            "run" => self.choice(fields, part(act, "role"), tools, true),
            "ask" if part(act, "of").is_some() => self.choice(fields, part(act, "of"), tools, false),
            _ => Choice::default(),
        }
    }

    fn tools(&mut self, node: Option<&Node>) -> Vec<String> {
        let names = self.texts(node, "tools");
        for name in &names {
            self.known_tool(node.map_or_else(Spot::default, |node| node.at), name);
        }
        names
    }

    /// Keeps the fault that there is no such tool.
    pub(crate) fn known_tool(&mut self, at: Spot, name: &str) {
        if let Err(failure) = self.loader.tools.get(name) {
            self.failed(at, &failure);
        }
    }

    fn priority(&mut self, node: Option<&Node>) -> i32 {
        let priority = self.count(node, "priority", -1_000_000, 1_000_000);
        priority.and_then(|n| i32::try_from(n).ok()).unwrap_or(0)
    }

    /// Keeps declared dependencies like readings: `NAME` of the whole value, `outcomes.NAME` of what became of the step, so
    /// that the one that waits for it runs also if it has failed.
    fn dependencies(&mut self, node: Option<&Node>, reading: &Reading<'_>) {
        let Some(node) = node else { return };
        let items = if let Data::List(items) = &node.data { items.iter().collect() } else { vec![node] };
        for item in items {
            let Some(text) = self.text(Some(item), "a dependency") else { continue };
            let (path, name) = match text.strip_prefix("outcomes.") {
                Some(name) => (vec!["outcomes".to_owned(), name.to_owned()], name),
                None => (vec![text.clone()], text.as_str()),
            };
            if !self.is_step(name, reading.scope) {
                let known = self.visible(reading.scope);
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                self.unknown(item.at, "there is no step", name, &known);
                continue;
            }
            let reference = Reference { optional: vec![1], ..Reference::plain(path) };
            self.uses.push(Use { user: reading.user.clone(), at: item.at, reference, local: false, expression: None });
        }
    }

    /// Whether a name is that of a step that can be seen from here.
    pub(crate) fn is_step(&self, name: &str, scope: &Scope<'_>) -> bool {
        scope.has(name) && self.steps.contains_key(name)
    }

    /// The steps that can be seen from here.
    pub(crate) fn visible(&self, scope: &Scope<'_>) -> Vec<String> {
        scope.names().into_iter().filter(|name| self.steps.contains_key(*name)).map(ToOwned::to_owned).collect()
    }

    /// The hash of what the step says and of what the head adds to it, wherever it stands.
    fn definition(&self, node: &Node, step: &Step) -> String {
        let called = if let Act::Nested(nested) = &step.act { nested.pipeline.hash.as_str() } else { "" };
        let defaults = &self.header.defaults;
        let sampling = (defaults.max_tokens, defaults.temperature);
        let added = (&step.choice, step.timeout, step.retry, &step.cache, sampling, called);
        blake3::hash(format!("{}{}{added:?}", step.name, node.value()).as_bytes()).to_hex().to_string()
    }
}

/// A part of an act that is written as a map. One without a value says nothing.
fn part<'n>(act: &'n Entry, key: &str) -> Option<&'n Node> {
    let entries = act.value.entries().unwrap_or_default();
    entries.into_iter().find(|entry| entry.key == key).map(|entry| &entry.value).filter(|node| node.data != Data::Null)
}

const NO_RETRY: Retry = Retry { times: 0, wait: std::time::Duration::ZERO, factor: 1.0 };
