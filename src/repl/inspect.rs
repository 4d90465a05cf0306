//! `?name` and `??name`: what a name means here, and its source or whole value. It evaluates nothing.

use crate::context::card::CardOptions;
use crate::context::view::View;
use crate::core::failure::{Failure, FailureKind, Outcome, table as kinds};
use crate::core::status::{RunStatus, StepOutcome};
use crate::core::text::{did_you_mean, nearest};
use crate::core::tool::ToolSpec;
use crate::host::kit::Kit;
use crate::pipeline::twin::code::literal;
use crate::registry::programs::{self, Program};
use crate::repl::commands::table;
use crate::repl::evaluation;
use crate::repl::input::Question;
use crate::repl::sources::{Sources, functions};
use crate::repl::vocabulary;
use crate::script::help;
use crate::script::session::Session;
use crate::script::stdlib::MODULES;
use serde_json::Value;

/// The longest form of an answer that is shown, in bytes.
const SHORT: usize = 250;

/// Where names are looked up.
pub struct Sight<'a> {
    /// Tools, programs, settings.
    pub kit: &'a Kit,
    /// Variables and functions.
    pub session: &'a Session,
    /// The sources of the session's functions.
    pub sources: &'a Sources,
    /// The context.
    pub view: &'a View,
}

/// The answer to a question about a name. Fails with `NotFound` and the nearest known name.
pub fn inspect(question: Question<'_>, sight: &Sight<'_>) -> Outcome<String> {
    let name = question.name.trim_end_matches("()");
    let deep = question.deep;
    if name.is_empty() {
        return Ok(help::reference());
    }
    if let Some(command) = name.strip_prefix('.').and_then(table::find) {
        return Ok(format!(".{}\n  {}", command.usage, command.summary));
    }
    if let Some(text) = variable(name, deep, sight)? {
        return Ok(text);
    }
    let imported = sight.sources.imported(name);
    let name = imported.as_deref().unwrap_or(name);
    let tools = sight.kit.tools.get()?.specs();
    let own = own_function(name, deep, sight).or_else(|| library(name, deep, sight));
    let stored = || tool(name, deep, &tools).or_else(|| program(name, deep, sight));
    own.or_else(stored).or_else(|| language(name, sight)).ok_or_else(|| unknown(name, &tools, sight))
}

fn variable(name: &str, deep: bool, sight: &Sight<'_>) -> Outcome<Option<String>> {
    let Some(variable) = sight.session.variables().into_iter().find(|v| v.name == name) else {
        return Ok(None);
    };
    let constant = if variable.constant { "constant, " } else { "" };
    let mut text = format!("{name}: {constant}{}", variable.brief);
    if name == "context" {
        text.push_str("\n  methods: ");
        let methods: Vec<String> = vocabulary::methods(Some("Context")).into_iter().map(|m| m.usage).collect();
        text.push_str(&methods.join(", "));
        if deep && !sight.view.is_empty() {
            text.push_str(&format!("\n{}", sight.view.card(&CardOptions::default())?.trim_end()));
        }
    } else if deep && let Some(value) = sight.session.snapshot(|known| known == name).0.get(name) {
        text.push_str(&format!("\n{}", evaluation::text(value)));
    }
    Ok(Some(text))
}

fn own_function(name: &str, deep: bool, sight: &Sight<'_>) -> Option<String> {
    let list: Vec<String> =
        sight.session.functions().into_iter().filter(|f| f.split('(').next() == Some(name)).collect();
    if list.is_empty() {
        return None;
    }
    let source = if deep { format!("\n{}", sight.sources.of(name)) } else { String::new() };
    Some(format!("{}\n  defined in this session{source}", list.join("\n")))
}

/// A function or a word of the language itself.
fn language(name: &str, sight: &Sight<'_>) -> Option<String> {
    let absent =
        "args\n  the parameters of a program, as a map: `rhizo run FILE NAME=VALUE` and SCRIPT(name, #{..}) give them";
    let args = (name == "args").then(|| absent.to_owned());
    args.or_else(|| sight.session.native(name)).or_else(|| vocabulary::language(name)).or_else(|| ends(name))
}

/// How things end, which no function is named after.
fn ends(name: &str) -> Option<String> {
    match name {
        "failure" => Some(format!(
            "failure\n  a map #{{kind, message, hint, retryable, ..}}; its kinds, with the exit code of what ends with it:\n{}",
            kinds::lines()
        )),
        "status" => Some(format!(
            "status\n  of a run: {}; shown as interrupted once its process has died, as forked until it is resumed\n  of a step: {}",
            RunStatus::ALL.map(RunStatus::name).join(", "),
            StepOutcome::ALL.map(StepOutcome::name).join(", ")
        )),
        _ => None,
    }
}

/// A primitive, or a function or module of the stdlib. Where the language has a function of that name too, it follows.
fn library(name: &str, deep: bool, sight: &Sight<'_>) -> Option<String> {
    let text = help::about(name)?;
    let bare = name.rsplit("::").next().unwrap_or(name);
    let within = |(module, _): &&(&str, &str)| !name.contains("::") || name.starts_with(&format!("{module}::"));
    let is_primitive = crate::script::prims::table::find(name).is_some();
    let found = MODULES.iter().filter(within).filter(|_| deep).flat_map(|(module, source)| {
        let whole = (*module == name).then(|| (*source).to_owned());
        let own = functions(source).into_iter().filter(|f| !is_primitive && f.name == bare);
        let own = own.map(|f| f.source);
        whole.into_iter().chain(own)
    });
    let sources: Vec<String> = found.collect();
    let native = (!is_primitive).then(|| sight.session.native(name)).flatten();
    let native = native.map_or_else(String::new, |native| format!("\n{native}"));
    let text = format!("{text}{native}");
    Some(match (sources.is_empty(), deep && is_primitive) {
        (false, _) => format!("{text}\n{}", sources.join("\n")),
        (true, true) => format!("{text}\n  a part of the program itself, so there is no source in Rhai"),
        (true, false) => text,
    })
}

fn tool(name: &str, deep: bool, tools: &[&ToolSpec]) -> Option<String> {
    let spec = tools.iter().find(|spec| spec.name == name)?;
    let text = about_tool(spec);
    Some(if deep { format!("{text}\n{:#}", spec.parameters) } else { text })
}

/// A tool's help: what it does, what it needs, its parameters and examples.
pub fn about_tool(spec: &ToolSpec) -> String {
    let form = form(&spec.answer);
    let form = if form == "any" || form.len() > SHORT { String::new() } else { format!("\n  answers {form}") };
    let mut text = format!(
        "TOOL({:?}, #{{..}})\n  {}\n  returns {}{form}\n  needs {}",
        spec.name,
        spec.summary,
        spec.returns,
        permission(spec)
    );
    let required = required(&spec.parameters);
    for (name, schema) in spec.parameters["properties"].as_object().into_iter().flatten() {
        let mark = if required.contains(&name.as_str()) { "" } else { "?" };
        let meaning = schema["description"].as_str().unwrap_or_default();
        text.push_str(&format!("\n    {name}{mark}  {meaning}{}", values(schema)));
    }
    for example in &spec.examples {
        let args = literal(&example.args);
        text.push_str(&format!("\n  example: TOOL({:?}, {args}) // {}", spec.name, example.note));
    }
    text
}

/// What a parameter takes, where that can be counted, and what is taken if it is left out: ` "a"|"b" = "a"`.
fn values(schema: &Value) -> String {
    let choices = choices(schema).filter(|all| !all.is_empty()).map(|all| format!(" {}", all.join("|")));
    let standard = schema.get("default").filter(|value| !value.is_null()).map(|value| format!(" = {value}"));
    format!("{}{}", choices.unwrap_or_default(), standard.unwrap_or_default())
}

/// The values of a schema that takes no others; null, which nobody writes, is left out.
fn choices(schema: &Value) -> Option<Vec<String>> {
    if schema["type"] == "null" {
        return Some(Vec::new());
    }
    if let Some(only) = schema.get("const") {
        return Some(vec![only.to_string()]);
    }
    if let Some(listed) = schema["enum"].as_array() {
        return Some(listed.iter().filter(|value| !value.is_null()).map(ToString::to_string).collect());
    }
    let forms = ["oneOf", "anyOf"].iter().find_map(|word| schema[*word].as_array())?;
    forms.iter().map(choices).collect::<Option<Vec<_>>>().map(|all| all.concat())
}

/// The form of what a schema describes: `{name: string, sizes: [integer], note?: string}`.
fn form(schema: &Value) -> String {
    if let Some(forms) = schema["anyOf"].as_array() {
        return forms.iter().map(form).collect::<Vec<String>>().join(" or ");
    }
    match &schema["type"] {
        Value::String(kind) => of_kind(kind, schema),
        Value::Array(kinds) => {
            let kinds = kinds.iter().filter_map(Value::as_str).map(|kind| of_kind(kind, schema));
            kinds.collect::<Vec<String>>().join("|")
        }
        _ => "any".to_owned(),
    }
}

fn of_kind(kind: &str, schema: &Value) -> String {
    let fields = || schema["properties"].as_object().into_iter().flatten();
    match kind {
        "array" => format!("[{}]", form(&schema["items"])),
        "object" if fields().next().is_some() => {
            let required = required(schema);
            let fields = fields().map(|(name, inner)| {
                let mark = if required.contains(&name.as_str()) { "" } else { "?" };
                format!("{name}{mark}: {}", form(inner))
            });
            format!("{{{}}}", fields.collect::<Vec<String>>().join(", "))
        }
        kind => kind.to_owned(),
    }
}

/// The fields that an object must have.
fn required(schema: &Value) -> Vec<&str> {
    schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// What a tool needs, as one word.
pub fn permission(spec: &ToolSpec) -> String {
    let value = serde_json::to_value(spec.permission).unwrap_or_default();
    match value.as_str() {
        Some("free") | None => "nothing".to_owned(),
        Some(word) => word.to_owned(),
    }
}

fn program(name: &str, deep: bool, sight: &Sight<'_>) -> Option<String> {
    let (list, _) = programs::all(&sight.kit.settings.paths);
    let program = list.into_iter().find(|p| p.name == name)?;
    let text = about_program(&program);
    Some(if deep { format!("{text}\n{}", program.source.trim_end()) } else { text })
}

fn about_program(program: &Program) -> String {
    let params = program.front.params.iter();
    let params: Vec<String> = params.map(|(name, meaning)| format!("\n    {name}  {meaning}")).collect();
    let returns =
        if program.front.returns.is_empty() { String::new() } else { format!("\n  returns {}", program.front.returns) };
    let home =
        if program.path.is_empty() { program.home.to_owned() } else { format!("{}: {}", program.home, program.path) };
    format!("SCRIPT({:?}, #{{..}})\n  {}{returns}{}\n  {home}", program.name, program.front.summary, params.concat())
}

fn unknown(name: &str, tools: &[&ToolSpec], sight: &Sight<'_>) -> Failure {
    let failure = Failure::new(FailureKind::NotFound, format!("nothing here is named `{name}`"));
    let mut known: Vec<String> = sight.session.variables().into_iter().map(|v| v.name).collect();
    known.extend(vocabulary::functions(sight.session).into_iter().map(|f| f.name));
    known.extend(vocabulary::methods(None).into_iter().map(|f| f.name));
    known.extend(vocabulary::modules().into_iter().map(str::to_owned));
    known.extend(tools.iter().map(|spec| spec.name.clone()));
    known.extend(programs::all(&sight.kit.settings.paths).0.into_iter().map(|p| p.name));
    match nearest(name, known.iter().map(String::as_str).filter(|known| *known != name)) {
        Some(near) => failure.hint(did_you_mean(format_args!("?{near}"))),
        None => failure.hint("`?` lists the primitives, .tools the tools, .scripts the programs, .vars the variables"),
    }
}
