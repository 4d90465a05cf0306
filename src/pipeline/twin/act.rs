//! Each act as the primitive that it is.

use crate::core::request::Keep;
use crate::pipeline::plan::{Act, Ask, Block, Branch, Each, LlmCall, OnItemFailure, Run, Step, While};
use crate::pipeline::twin::Twin;
use crate::pipeline::twin::code::{Lines, branch, literal, text};
use serde_json::Value;

impl Twin {
    /// The expression of a step's value, on one or several lines.
    pub(super) fn act(&mut self, step: &Step) -> Vec<String> {
        let line = match &step.act {
            Act::Llm(call) => self.llm(step, call),
            Act::Tool(call) => {
                let args = self.value(&call.args);
                let call = format!("{}(TOOL({}, {args}))", self.call("checked"), text(&call.name));
                self.fields(step, call)
            }
            Act::Script(call) => {
                let args = self.value(&call.args);
                self.fields(step, format!("SCRIPT({}, {args})", text(&call.name)))
            }
            Act::Nested(nested) => {
                let inputs = self.value(&nested.inputs);
                self.fields(step, format!("PIPELINE({}, {inputs})", text(&nested.path.display().to_string())))
            }
            Act::Run(run) => self.child(step, run),
            Act::Set(values) => {
                let values: Vec<String> =
                    values.iter().map(|(name, value)| format!("{name}: {}", self.value(value))).collect();
                format!("#{{{}}}", values.join(", "))
            }
            Act::Ask(ask) => self.ask(step, ask),
            Act::Switch(switch) => branch(switch.on.source()),
            Act::End(value) => self.value(value),
            Act::Wait(span) => format!("sleep({:?})", span.as_secs_f64()),
            Act::Each(each) => return self.each(step, each),
            Act::While(repeat) => return self.repeat(step, repeat),
            Act::Parallel(branches) => return self.parallel(branches),
        };
        vec![line]
    }

    /// What a step answers, reduced to its vars.
    fn fields(&mut self, step: &Step, call: String) -> String {
        if step.vars.is_empty() {
            return call;
        }
        let names: Vec<String> = step.vars.iter().map(|var| text(&var.name)).collect();
        format!("{}({call}, [{}])", self.call("picked"), names.join(", "))
    }

    fn who(step: &Step) -> Vec<(&'static str, String)> {
        let choice = &step.choice;
        let mut options = Vec::new();
        options.extend(choice.role.as_ref().map(|role| ("role", text(role))));
        options.extend(choice.model.as_ref().map(|model| ("model", text(model))));
        if !choice.requires.is_empty() {
            let words: Vec<String> = choice.requires.iter().map(|word| text(word)).collect();
            options.push(("requires", format!("[{}]", words.join(", "))));
        }
        options.extend(choice.strategy.map(|strategy| ("strategy", text(strategy.name()))));
        options
    }

    fn llm(&mut self, step: &Step, call: &LlmCall) -> String {
        let mut options = Self::who(step);
        options.extend(step.choice.personality.as_ref().map(|persona| ("persona", text(persona))));
        if let Some(system) = &call.system {
            options.push(("system", self.text(system)));
        }
        options.extend(step.schema().as_ref().or(call.schema.as_ref()).map(|schema| ("schema", literal(schema))));
        options.extend(call.max_tokens.map(|most| ("max_tokens", most.to_string())));
        options.extend(call.temperature.map(|temperature| ("temperature", format!("{temperature:?}"))));
        if !call.stop.is_empty() {
            options.push(("stop", literal(&Value::from(call.stop.clone()))));
        }
        if !call.images.is_empty() {
            let images: Vec<String> = call.images.iter().map(|image| self.text(image)).collect();
            options.push(("images", format!("[{}]", images.join(", "))));
        }
        options.extend(step.cache.as_ref().map(|keep| ("cache", kept(keep))));
        options.extend(call.check.as_ref().map(|check| ("check", format!("|answer| {}", branch(check.source())))));
        let prompt = self.text(&call.prompt);
        called("llm", &[prompt], &options)
    }

    fn child(&mut self, step: &Step, run: &Run) -> String {
        let mut options = Self::who(step);
        options.extend(run.max_turns.map(|turns| ("max_turns", turns.to_string())));
        options.extend(step.schema().as_ref().or(run.schema.as_ref()).map(|schema| ("schema", literal(schema))));
        let mut arguments = vec![self.text(&run.task)];
        arguments.push(run.context.as_ref().map_or_else(|| "context".to_owned(), |context| self.text(context)));
        called("rlm", &arguments, &options)
    }

    fn ask(&mut self, step: &Step, ask: &Ask) -> String {
        let prompt = self.text(&ask.prompt);
        let choices = ask.choices.as_ref().map(|choices| self.value(choices));
        match &ask.of {
            None => called("ask_user", &std::iter::once(prompt).chain(choices).collect::<Vec<_>>(), &[]),
            Some(_) => {
                let mut options = Self::who(step);
                options.extend(
                    choices.map(|choices| ("schema", format!("#{{\"type\": \"string\", \"enum\": {choices}}}"))),
                );
                called("llm", &[prompt], &options)
            }
        }
    }

    /// Writes the files of a step, which see its vars.
    pub(super) fn products(&mut self, step: &Step, body: &mut Lines) {
        for product in &step.products {
            let own = |source: &str| {
                step.vars.iter().any(|var| source.starts_with(&var.name))
                    && !source.starts_with(&format!("{}.", step.name))
            };
            let value = product.value.source();
            let value = if own(value) { format!("{}.{value}", step.name) } else { branch(value) };
            let path = self.text(&product.path);
            let folder = text(&format!("{}/", self.folder));
            body.add(&format!("{}({folder} + {path}, {value});", self.call("product")));
        }
    }

    fn each(&mut self, step: &Step, each: &Each) -> Vec<String> {
        let (all, names, name) = (format!("all_of_{}", step.name), format!("names_of_{}", step.name), &each.name);
        let keyed = format!("keyed_of_{}", step.name);
        let mut body = Lines::default();
        body.add("{");
        body.deeper();
        body.add(&format!("let {all} = {};", self.value(&each.items)));
        body.add(&format!("let {keyed} = type_of({all}) == \"map\";"));
        body.add(&format!("let {names} = if {keyed} {{ {all}.keys() }} else {{ (0..{all}.len()).to_array() }};"));
        body.add(&format!("let results = par_map((0..{names}.len()).to_array(), |index| {{"));
        body.deeper();
        body.add(&format!("let {name} = {all}[{names}[index]];"));
        let key = each.key.as_ref().map_or_else(|| format!("{names}[index]"), |key| branch(key.source()));
        body.add(&format!("let key = {}({key});", self.call("as_text")));
        body.add("let done = #{key: key, value: ()};");
        body.add("try {");
        body.deeper();
        let last = self.inner(&each.block, &mut body);
        body.add(&format!("done.value = {last};"));
        body.shallower();
        body.add("} catch (failure) {");
        body.add("    done.failure = failure;");
        body.add("}");
        body.add("done");
        body.shallower();
        let most = each.max_parallel.unwrap_or(self.parallel);
        body.add(&format!("}}, #{{concurrency: {most}}});"));
        let stop = each.on_item_failure == OnItemFailure::Stop;
        let keyed = if each.key.is_some() { "true".to_owned() } else { keyed };
        body.add(&format!("{}(results, {keyed}, {stop})", self.call("gathered")));
        body.shallower();
        body.add("}");
        body.list()
    }

    fn repeat(&mut self, step: &Step, repeat: &While) -> Vec<String> {
        let mut body = Lines::default();
        body.add("{");
        body.deeper();
        body.add("let prev = ();");
        body.add("let iteration = 1;");
        body.add(&format!("while {} {{", branch(repeat.condition.source())));
        body.deeper();
        let message = text(&format!("`{}` did not come to its end", step.name));
        body.add(&format!(
            "if iteration > {} {{ throw #{{kind: \"loop_exhausted\", message: {message}, last: prev}}; }}",
            repeat.max_iterations
        ));
        let last = self.inner(&repeat.block, &mut body);
        body.add(&format!("prev = {last};"));
        body.add("iteration += 1;");
        body.shallower();
        body.add("}");
        body.add("prev");
        body.shallower();
        body.add("}");
        body.list()
    }

    fn parallel(&mut self, branches: &[Branch]) -> Vec<String> {
        let mut body = Lines::default();
        body.add("{");
        body.deeper();
        let values: Vec<String> =
            branches.iter().map(|one| format!("{}: {}", one.name, self.inner(&one.block, &mut body))).collect();
        body.add(&format!("#{{{}}}", values.join(", ")));
        body.shallower();
        body.add("}");
        body.list()
    }

    /// The steps of a body; answers the name of the last one, whose value is the body's.
    fn inner(&mut self, block: &Block, body: &mut Lines) -> String {
        self.block(block, body, false);
        block.steps.last().map_or_else(|| "()".to_owned(), |last| last.name.clone())
    }
}

fn called(function: &str, arguments: &[String], options: &[(&str, String)]) -> String {
    let options: Vec<String> = options.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let options = (!options.is_empty()).then(|| format!("#{{{}}}", options.join(", ")));
    let all: Vec<&str> = arguments.iter().map(String::as_str).chain(options.as_deref()).collect();
    format!("{function}({})", all.join(", "))
}

fn kept(keep: &Keep) -> String {
    match keep {
        Keep::Flag(flag) => flag.to_string(),
        Keep::Seconds(seconds) => format!("{seconds:?}"),
        Keep::Span(span) => text(span),
    }
}
