//! What a step does, except for calls and for blocks of steps.

use crate::pipeline::plan::{Act, Ask, Jump, LlmCall, Run, Switch, Template};
use crate::pipeline::read::flow::Leap;
use crate::pipeline::read::template::Reading;
use crate::pipeline::read::{Fields, Reader};
use crate::pipeline::tree::{Data, Entry, Node};
use crate::script::expression::Expression;
use serde_json::Value;

impl Reader<'_, '_> {
    /// Reads what a step does. `None` if that cannot be known.
    pub(crate) fn act(
        &mut self,
        act: &Entry,
        fields: &Fields<'_>,
        reading: &Reading<'_>,
        leaps: &mut Vec<Leap>,
        top: bool,
    ) -> Option<Act> {
        let node = &act.value;
        match act.key.as_str() {
            "llm" => self.llm(node, reading).map(Act::Llm),
            "tool" => self.tool(node, fields, reading).map(Act::Tool),
            "script" => self.script(node, fields, reading).map(Act::Script),
            "pipeline" => self.nested(node, fields, reading).map(Act::Nested),
            "run" => self.child(node, reading).map(Act::Run),
            "set" => self.set(node, reading),
            "ask" => self.ask(node, reading).map(Act::Ask),
            "switch" => self.switch(node, reading, leaps).map(Act::Switch),
            "each" => self.each(node, reading).map(Act::Each),
            "while" => self.repeat(node, reading).map(Act::While),
            "parallel" => self.parallel(node, reading).map(Act::Parallel),
            "wait" => self.span(Some(node), "wait").map(Act::Wait),
            _ => {
                if !top {
                    let message = "`end` ends the pipeline, which only a step of the file's own block can; inside a body \
                                   `on_success: end` ends the body";
                    self.fault(act.at, message);
                }
                Some(Act::End(self.computed(node, reading)))
            }
        }
    }

    /// A text that must be there.
    fn required<'n>(&mut self, fields: &Fields<'n>, what: &str, key: &str) -> Option<&'n Node> {
        let node = fields.get(key);
        if node.is_none() {
            self.fault(fields.at, format!("{what} needs `{key}`"));
        }
        node
    }

    /// A text with holes.
    fn written(&mut self, node: &Node, what: &str, reading: &Reading<'_>) -> Option<Template> {
        match &node.data {
            Data::Text(text) if text.trim().is_empty() => {
                self.fault(node.at, format!("{what} is empty"));
                None
            }
            Data::Text(_) => Some(self.template(node, reading)),
            _ => {
                self.mistaken(node, what, "a text");
                None
            }
        }
    }

    fn llm(&mut self, node: &Node, reading: &Reading<'_>) -> Option<LlmCall> {
        let defaults = (self.header.defaults.max_tokens, self.header.defaults.temperature);
        let mut call = LlmCall {
            prompt: Template::Plain(Value::Null),
            system: None,
            schema: None,
            max_tokens: defaults.0,
            temperature: defaults.1,
            stop: None,
            images: Vec::new(),
            check: None,
        };
        if node.text().is_some() {
            call.prompt = self.written(node, "llm", reading)?;
            return Some(call);
        }
        let fields = self.inside(node, "llm");
        let prompt = self.required(&fields, "llm", "prompt").and_then(|node| self.written(node, "prompt", reading));
        call.system = fields.get("system").and_then(|node| self.written(node, "system", reading));
        self.unfilled(fields.get("schema"), "schema");
        call.schema = fields.get("schema").and_then(|node| self.schema(node));
        let most = self.count(fields.get("max_tokens"), "max_tokens", 1, i64::MAX);
        call.max_tokens = most.and_then(|n| u64::try_from(n).ok()).or(defaults.0);
        call.temperature = self.number(fields.get("temperature"), "temperature", 0.0, 2.0).or(defaults.1);
        self.unfilled(fields.get("stop"), "stop");
        call.stop = fields.get("stop").map(|node| self.ends(node));
        call.images = match fields.get("images") {
            None => Vec::new(),
            Some(Node { data: Data::List(items), .. }) => {
                items.iter().filter_map(|item| self.written(item, "an image", reading)).collect()
            }
            Some(node) => self.written(node, "images", reading).into_iter().collect(),
        };
        call.check = fields.get("check").and_then(|node| self.check(node, reading));
        call.prompt = prompt?;
        Some(call)
    }

    /// What an answer must be: in a script that is a closure, here an expression.
    fn check(&mut self, node: &Node, reading: &Reading<'_>) -> Option<Expression> {
        if node.text().is_some_and(|text| text.trim_start().starts_with('|')) {
            self.fault(node.at, "here the check is an expression over `answer` and no closure: leave `|answer|` away");
            return None;
        }
        self.expression(node, "check", &reading.with(&["answer"]))
    }

    /// Texts that end an answer, as they stand: an empty line is one, too.
    fn ends(&mut self, node: &Node) -> Vec<String> {
        let items = if let Data::List(items) = &node.data { items.iter().collect() } else { vec![node] };
        let end = |item: &Node| match &item.data {
            Data::Text(text) if !text.is_empty() => Some(text.clone()),
            _ => self.text(Some(item), "a text of stop"),
        };
        items.into_iter().filter_map(end).collect()
    }

    fn child(&mut self, node: &Node, reading: &Reading<'_>) -> Option<Run> {
        if node.text().is_some() {
            let task = self.written(node, "run", reading)?;
            return Some(Run { task, context: None, max_turns: None, schema: None });
        }
        let fields = self.inside(node, "run");
        let task = self.required(&fields, "run", "task").and_then(|node| self.written(node, "task", reading));
        let turns = self.count(fields.get("max_turns"), "max_turns", 1, 1_000);
        let context = fields.get("context").and_then(|node| self.written(node, "context", reading));
        self.unfilled(fields.get("schema"), "schema");
        let schema = fields.get("schema").and_then(|node| self.schema(node));
        Some(Run { task: task?, context, max_turns: turns.and_then(|n| u32::try_from(n).ok()), schema })
    }

    fn set(&mut self, node: &Node, reading: &Reading<'_>) -> Option<Act> {
        let entries = self.entries(node, "set");
        if entries.is_empty() {
            self.fault(node.at, "set takes at least one name with its value");
            return None;
        }
        let mut values = Vec::new();
        for entry in entries {
            self.identifier(entry.at, "a value", &entry.key);
            values.push((entry.key.clone(), self.computed(&entry.value, reading)));
        }
        Some(Act::Set(values))
    }

    fn ask(&mut self, node: &Node, reading: &Reading<'_>) -> Option<Ask> {
        if node.text().is_some() {
            let prompt = self.written(node, "ask", reading)?;
            return Some(Ask { prompt, choices: None, of: None });
        }
        let fields = self.inside(node, "ask");
        let prompt = self.required(&fields, "ask", "prompt").and_then(|node| self.written(node, "prompt", reading));
        let choices = fields.get("choices").and_then(|node| match &node.data {
            Data::List(items) if !items.is_empty() => Some(self.template(node, reading)),
            Data::Text(_) => self.expression(node, "choices", reading).map(Template::Value),
            _ => {
                self.mistaken(node, "choices", "a list of texts, or an expression that gives one");
                None
            }
        });
        let of = self.text(fields.get("of"), "of");
        Some(Ask { prompt: prompt?, choices, of })
    }

    fn switch(&mut self, node: &Node, reading: &Reading<'_>, leaps: &mut Vec<Leap>) -> Option<Switch> {
        let fields = self.inside(node, "switch");
        let on = self.required(&fields, "switch", "on").and_then(|node| self.expression(node, "on", reading));
        let given = self.required(&fields, "switch", "cases")?;
        let mut cases: Vec<(String, Jump)> = Vec::new();
        for entry in self.entries(given, "cases") {
            let case = entry.case();
            if cases.iter().any(|(known, _)| *known == case) {
                self.fault(entry.at, format!("the case `{}` stands here again: both mean `{case}`", entry.key));
            }
            let jump = self.jump(Some(&entry.value), &format!("the case `{}`", entry.key), leaps);
            cases.extend(jump.map(|jump| (case, jump)));
        }
        if given.entries().is_some_and(|entries| entries.is_empty()) {
            self.fault(given.at, "switch needs at least one case: a value and where it leads");
        }
        let default = self.jump(fields.get("default"), "default", leaps);
        Some(Switch { on: on?, cases, default })
    }
}
