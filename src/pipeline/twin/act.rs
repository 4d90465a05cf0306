//! Each act as the primitive that it is.

use crate::core::request::Keep;
use crate::pipeline::plan::{Act, Ask, LlmCall, Run, Step, Template};
use crate::pipeline::twin::code::{branch, literal, text};
use crate::pipeline::twin::{Place, Twin};
use serde_json::Value;

impl Twin {
    /// The expression of a step's value, on one or several lines; `watched` is whether failures of its items are noted.
    pub(super) fn act(&mut self, place: &Place<'_>, step: &Step, watched: bool) -> Vec<String> {
        let line = match &step.act {
            Act::Llm(call) => self.llm(step, call),
            Act::Tool(call) => {
                let args = self.value(&call.args);
                let (name, tool) = (text(&call.name), self.call("called"));
                let call = format!("{}({name}, {tool}({name}, {args}))", self.call("checked"));
                self.fields(step, call)
            }
            Act::Script(call) => {
                let args = self.value(&call.args);
                self.fields(step, format!("SCRIPT({}, {args})", text(&call.name)))
            }
            Act::Nested(nested) => {
                let inputs = self.value(&nested.inputs);
                // A script names files from the workspace, a pipeline from its own folder.
                let path = nested.pipeline.path.display().to_string();
                let call = format!("{}({}, {inputs})", self.call("nested"), text(&path));
                self.fields(step, call)
            }
            Act::Run(run) => self.child(step, run),
            Act::Set(values) => {
                let values: Vec<String> =
                    values.iter().map(|(name, value)| format!("{name}: {}", self.value(value))).collect();
                format!("#{{{}}}", values.join(", "))
            }
            Act::Ask(ask) => self.ask(step, ask),
            Act::Switch(switch) => branch(&self.source(&switch.on)),
            Act::End(value) => self.value(value),
            Act::Wait(span) => format!("sleep({:?})", span.as_secs_f64()),
            Act::Each(each) => return self.each(place, step, each, watched),
            Act::While(repeat) => return self.repeat(place, step, repeat),
            Act::Parallel(branches) => return self.parallel(place, step, branches),
        };
        vec![line]
    }

    /// What a step answers, reduced to its vars, which must have their forms.
    fn fields(&mut self, step: &Step, call: String) -> String {
        let Some(schema) = step.schema() else { return call };
        format!("{}({call}, {}, {})", self.call("picked"), text(step.act.name()), literal(&schema))
    }

    fn who(step: &Step) -> Vec<(&'static str, String)> {
        let choice = &step.choice;
        let mut options = Vec::new();
        options.extend(choice.role.as_ref().map(|role| ("role", text(role))));
        options.extend(choice.model.as_ref().map(|model| ("model", text(model))));
        options.extend(required(step));
        options
    }

    fn llm(&mut self, step: &Step, call: &LlmCall) -> String {
        let mut options = Self::who(step);
        options.extend(common(step));
        if let Some(system) = &call.system {
            options.push(("system", self.text(system)));
        }
        options.extend(step.schema().as_ref().or(call.schema.as_ref()).map(|schema| ("schema", literal(schema))));
        options.extend(call.max_tokens.map(|most| ("max_tokens", most.to_string())));
        options.extend(call.temperature.map(|temperature| ("temperature", format!("{temperature:?}"))));
        options.extend(call.stop.as_ref().map(|stop| ("stop", literal(&Value::from(stop.clone())))));
        if !call.images.is_empty() {
            options.push(("images", self.pictures(&call.images)));
        }
        if let Some(check) = &call.check {
            options.push(("check", format!("|answer| {}", self.verdict(check))));
        }
        let prompt = self.text(&call.prompt);
        called("llm", &[prompt], &options)
    }

    fn child(&mut self, step: &Step, run: &Run) -> String {
        let mut options = Self::who(step);
        options.extend(run.max_turns.map(|turns| ("max_turns", turns.to_string())));
        options.extend(step.schema().as_ref().or(run.schema.as_ref()).map(|schema| ("schema", literal(schema))));
        let context = match &run.context {
            Some(context) => self.text(context),
            None => self.fresh("context"),
        };
        called("rlm", &[self.text(&run.task), context], &options)
    }

    fn ask(&mut self, step: &Step, ask: &Ask) -> String {
        let prompt = self.question(&ask.prompt);
        let plain = ask.choices.as_ref().is_some_and(are_texts);
        let choices = ask.choices.as_ref().map(|choices| self.value(choices));
        let Some(role) = &ask.of else {
            let choices = choices.map(|all| if plain { all } else { format!("{}({all})", self.call("texts")) });
            return called("ask_user", &std::iter::once(prompt).chain(choices).collect::<Vec<_>>(), &[]);
        };
        // A model that the step names plays the person in the role.
        let mut options = vec![("role", text(role))];
        options.extend(step.choice.model.as_ref().map(|model| ("model", text(model))));
        options.extend(required(step));
        options.extend(common(step));
        let schema = choices.map(|all| {
            if plain {
                format!("#{{\"type\": \"string\", \"enum\": {all}}}")
            } else {
                format!("{}({all})", self.call("one_of"))
            }
        });
        options.extend(schema.map(|schema| ("schema", schema)));
        called("llm", &[prompt], &options)
    }
}

/// Whether choices are texts, whatever their expressions come to.
fn are_texts(choices: &Template) -> bool {
    match choices {
        Template::Plain(Value::Array(all)) => !all.is_empty() && all.iter().all(Value::is_string),
        Template::List(all) => {
            let is_text = |one: &Template| matches!(one, Template::Plain(Value::String(_)) | Template::Text(_));
            !all.is_empty() && all.iter().all(is_text)
        }
        _ => false,
    }
}

/// What the model must have.
fn required(step: &Step) -> Vec<(&'static str, String)> {
    let choice = &step.choice;
    let words: Vec<String> = choice.requires.iter().map(|word| text(word)).collect();
    let mut options = Vec::new();
    if !words.is_empty() {
        options.push(("requires", format!("[{}]", words.join(", "))));
    }
    options.extend(choice.strategy.map(|strategy| ("strategy", text(strategy.name()))));
    options
}

/// What every call of a model may be told.
fn common(step: &Step) -> Vec<(&'static str, String)> {
    let mut options = Vec::new();
    options.extend(step.choice.personality.as_ref().map(|persona| ("persona", text(persona))));
    options.extend(step.cache.as_ref().map(|keep| ("cache", kept(keep))));
    options
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
