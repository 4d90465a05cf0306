//! What called pipelines and tools are given, compared with what they take: what never fits, and what may be `()` where
//! that is refused. What has no holes was compared when it was read, and what may fit is left to the run.

use crate::pipeline::check::forms::{Forms, of_template};
use crate::pipeline::check::schemas::{item, kind_of};
use crate::pipeline::check::{lacks, wanted};
use crate::pipeline::plan::{Act, Nested, Template, ToolCall};
use crate::pipeline::read::{Part, Reader, Use, User};
use crate::pipeline::run::inputs;
use crate::pipeline::tree::Spot;
use crate::script::expression::{Expression, Field, Form};
use crate::tools::catalog::Catalog;
use serde_json::Value;
use std::collections::HashMap;

/// What is wrong, and where.
type Faults = Vec<(Spot, String)>;

/// Checks what all steps give.
pub(super) fn check(reader: &mut Reader<'_, '_>, forms: &Forms<'_>) {
    let faults = found(reader, forms);
    faults.into_iter().for_each(|(at, message)| reader.fault(at, message));
}

fn found(reader: &Reader<'_, '_>, forms: &Forms<'_>) -> Faults {
    let mut reads: HashMap<&str, Vec<&Use>> = HashMap::new();
    for read in reader.uses.iter().filter(|read| !read.local) {
        reads.entry(read.user.step.as_str()).or_default().push(read);
    }
    let mut faults = Faults::new();
    for (name, seen) in &forms.known.steps {
        let at = reader.steps.get(*name).copied().unwrap_or_default();
        let reads = reads.get(*name).map_or(&[] as &[&Use], Vec::as_slice);
        let giver = Giver { step: name, at, reads, forms };
        match &seen.step.act {
            Act::Nested(nested) => giver.pipeline(nested, &mut faults),
            Act::Tool(call) => giver.tool(call, reader.loader.tools, &mut faults),
            _ => {}
        }
    }
    faults
}

/// A step that calls something.
struct Giver<'g> {
    /// Its name.
    step: &'g str,
    /// Where it stands.
    at: Spot,
    /// What it reads.
    reads: &'g [&'g Use],
    forms: &'g Forms<'g>,
}

/// What takes a value.
struct Slot<'s> {
    /// Who is called.
    of: &'s str,
    /// The name of the input or argument, and the way of fields behind it.
    way: String,
    /// What is taken, as a JSON Schema.
    schema: &'s Value,
    /// Whether `()` is taken, or counts as not given.
    bears: bool,
    /// Whether a text may hold the value as JSON.
    reads: bool,
}

impl Giver<'_> {
    fn pipeline(&self, nested: &Nested, faults: &mut Faults) {
        let Template::Map(given) = &nested.inputs else { return };
        let of = nested.path.display().to_string();
        for (name, value) in given.iter().filter(|(_, value)| value.constant().is_none()) {
            if let Some(input) = nested.pipeline.inputs.iter().find(|input| input.name == *name) {
                let (schema, way) = (&input.schema, name.clone());
                let bears = input.may_be_absent() || takes(schema, "null");
                self.given(&Slot { of: &of, way, schema, bears, reads: true }, value, faults);
            }
        }
    }

    fn tool(&self, call: &ToolCall, tools: &Catalog, faults: &mut Faults) {
        let (Template::Map(given), Ok(called)) = (&call.args, tools.get(&call.name)) else { return };
        let parameters = &called.tool.spec().parameters;
        for (name, value) in given.iter().filter(|(_, value)| value.constant().is_none()) {
            if let Some(schema) = property(parameters, name) {
                let bears = called.leaves_out(name) || takes(schema, "null");
                let slot = Slot { of: &call.name, way: name.clone(), schema, bears, reads: false };
                self.given(&slot, value, faults);
            }
        }
    }

    /// Compares a value with what is taken, each of its parts where it is written out.
    fn given(&self, slot: &Slot<'_>, value: &Template, faults: &mut Faults) {
        let parts: Vec<(String, Option<&Value>, &Template)> = match value {
            Template::Map(entries) if takes(slot.schema, "object") => {
                let way = |name: &str| format!("{}.{name}", slot.way);
                entries.iter().map(|(name, value)| (way(name), property(slot.schema, name), value)).collect()
            }
            Template::List(items) if takes(slot.schema, "array") => {
                let way = |at: usize| format!("{}[{at}]", slot.way);
                items.iter().enumerate().map(|(at, value)| (way(at), item(slot.schema), value)).collect()
            }
            whole => return faults.extend(self.fault(slot, whole)),
        };
        for (way, schema, value) in parts {
            if let Some(schema) = schema {
                let bears = takes(schema, "null");
                self.given(&Slot { of: slot.of, way, schema, bears, reads: false }, value, faults);
            }
        }
    }

    /// What is wrong with a value.
    fn fault(&self, slot: &Slot<'_>, value: &Template) -> Option<(Spot, String)> {
        let user = User { step: self.step.to_owned(), part: Part::Act };
        let form = of_template(value, &|expression| {
            let names = |name: &str| self.forms.sure(&user, expression, name);
            // A part that is read as it is fails too where it is `()` and that is refused.
            let is_there = expression.sole().is_some() && !slot.bears;
            if is_there { expression.made(&|name, _| names(name), &|_| None) } else { expression.form(&names).into() }
        });
        if let Some((way, schema, kind)) = misfit(&form.form, slot.schema, slot.reads, &slot.way) {
            let by = if let Template::Value(by) = value { format!(" by `{}`", by.source()) } else { String::new() };
            let what = inputs::wanted(schema);
            return Some((self.spot(value), format!("`{way}` of {} takes {what}, and is given {kind}{by}", slot.of)));
        }
        let Template::Value(expression) = value else { return None };
        let mut reads = self.reads_of(expression).filter(|read| !slot.bears && expression.hands_on(&read.reference));
        reads.find_map(|read| {
            let why = absent(read, self.forms)?;
            Some((read.at, format!("{why}; {} needs `{}`", slot.of, slot.way)))
        })
    }

    /// What an expression of the step reads.
    fn reads_of(&self, expression: &Expression) -> impl Iterator<Item = &Use> {
        self.reads.iter().copied().filter(move |read| read.expression.as_ref().is_some_and(|own| own.is(expression)))
    }

    /// Where a value stands: at the first that it reads.
    fn spot(&self, value: &Template) -> Spot {
        let first = value.expressions().into_iter().find_map(|expression| self.reads_of(expression).next());
        first.map_or(self.at, |read| read.at)
    }
}

/// Why a value that is handed on as it is read may be `()`; where `()` does not bear to be read that is told already.
fn absent(read: &Use, forms: &Forms<'_>) -> Option<String> {
    let path: Vec<&str> = read.reference.path.iter().map(String::as_str).collect();
    let whole = if matches!(path.first(), Some(&("inputs" | "errors"))) { 2 } else { 1 };
    let bears = path.len() == whole || !read.reference.optional.is_empty();
    let outer =
        if bears && !forms.absence.looks_first(read) { wanted::absent(read, &path, forms.absence) } else { None };
    outer.or_else(|| lacks::needed(read, forms))
}

/// The first part of a value that never fits: the way to it, what is taken there, and what it is.
pub(super) fn misfit<'s>(
    form: &Form,
    schema: &'s Value,
    reads: bool,
    way: &str,
) -> Option<(String, &'s Value, &'static str)> {
    let kind = match form {
        Form::Any => return None,
        Form::Text if reads => return None,
        Form::Text => "string",
        Form::Number => "number",
        Form::Flag => "boolean",
        Form::List(_) => "array",
        Form::Map(_) => "object",
    };
    if !takes(schema, kind) {
        return Some((way.to_owned(), schema, form.kind()));
    }
    let Form::Map(fields) = form else { return None };
    let inner = |field: &Field| {
        misfit(&field.made.form, property(schema, &field.name)?, false, &format!("{way}.{}", field.name))
    };
    fields.all.iter().filter(|field| field.sure && field.made.lack.is_none()).find_map(inner)
}

/// Whether a value of this kind may fit a JSON Schema, as far as its types and choices tell.
fn takes(schema: &Value, kind: &str) -> bool {
    // What stands beside a reference counts in some versions of JSON Schema only.
    if schema.get("$ref").is_some() {
        return true;
    }
    let is_kind = |name: &Value| name == kind || (kind == "number" && name == "integer");
    let of_kind = |value: &Value| kind_of(value) == kind;
    let all = |word: &str| schema.get(word).and_then(Value::as_array);
    let typed = match schema.get("type") {
        Some(Value::Array(names)) => names.iter().any(is_kind),
        name => name.is_none_or(is_kind),
    };
    let listed = all("enum").is_none_or(|all| all.iter().any(of_kind)) && schema.get("const").is_none_or(of_kind);
    let mut choices = ["anyOf", "oneOf"].into_iter().filter_map(all);
    typed && listed && choices.all(|all| all.iter().any(|choice| takes(choice, kind)))
}

/// The schema of a field.
fn property<'s>(schema: &'s Value, name: &str) -> Option<&'s Value> {
    if schema.get("$ref").is_some() {
        return None;
    }
    let own = schema.get("properties").and_then(|all| all.get(name));
    let other = || schema.get("additionalProperties").filter(|_| schema.get("patternProperties").is_none());
    own.or_else(other)
}
