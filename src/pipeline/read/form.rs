//! Inputs and vars: what a value means and which form it has.

use crate::host::typed::{Checked, Schema};
use crate::pipeline::plan::{Input, Var, kind_of, parameters};
use crate::pipeline::read::words::{INPUT, VAR, keys};
use crate::pipeline::read::{Fields, Reader, told};
use crate::pipeline::tree::{Data, Entry, Node, Spot};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

const TYPES: &[&str] = &["string", "integer", "number", "boolean", "array", "object", "any"];

impl Reader<'_, '_> {
    /// What a caller gives.
    pub(crate) fn inputs(&mut self, node: Option<&Node>) -> Vec<Input> {
        let Some(node) = node else { return Vec::new() };
        let entries = self.entries(node, "inputs");
        let inputs: Vec<Input> = entries.into_iter().filter_map(|entry| self.input(entry)).collect();
        // As a tool the pipeline takes all of them as one value.
        self.together(node.at, "inputs", &parameters(&inputs));
        inputs
    }

    fn input(&mut self, entry: &Entry) -> Option<Input> {
        let (name, node) = (&entry.key, &entry.value);
        self.identifier(entry.at, "an input", name)?;
        if let Some((description, schema)) = self.described(node) {
            return Some(Input { name: name.clone(), description, schema, default: None, required: true });
        }
        let fields = self.fields(node, &format!("input `{name}`"), &keys(INPUT));
        let default = fields.get("default").map(Node::value);
        // A format is one of texts.
        let kind = default.as_ref().filter(|_| fields.get("format").is_none()).map_or("string", kind_of);
        let (description, schema) = self.form(&fields, name, kind);
        if let (Some(node), Some(value)) = (fields.get("default"), &default) {
            self.fits(node.at, &schema, value, &format!("the default of `{name}`"));
        }
        let required = self.flag(fields.get("required"), "required").unwrap_or(default.is_none());
        Some(Input { name: name.clone(), description, schema, default, required })
    }

    /// The fields of a step's value.
    pub(crate) fn vars(&mut self, node: Option<&Node>) -> Vec<Var> {
        self.unfilled(node, "vars");
        let Some(node) = node else { return Vec::new() };
        if let Data::List(items) = &node.data
            && items.iter().all(|item| item.text().is_some() || item.single().is_some())
        {
            return self.listed(items);
        }
        let entries = self.entries(node, "vars");
        entries.into_iter().filter_map(|entry| self.var(entry)).collect()
    }

    /// Vars in a list, each as a name alone or as a map with one key.
    fn listed(&mut self, items: &[Node]) -> Vec<Var> {
        let (mut lines, mut vars) = (HashMap::new(), Vec::new());
        for item in items {
            let entry = item.single();
            let at = entry.map_or(item.at, |entry| entry.at);
            let name = entry.map(|entry| entry.key.as_str()).or_else(|| item.text().map(str::trim)).unwrap_or_default();
            if let Some(line) = lines.insert(name, at.line) {
                self.fault(at, format!("`{name}` stands here again; it is on line {line} already"));
            } else if let Some(entry) = entry {
                vars.extend(self.var(entry));
            } else {
                vars.extend(self.identifier(at, "a var", name).map(|()| text_var(name)));
            }
        }
        vars
    }

    fn var(&mut self, entry: &Entry) -> Option<Var> {
        let (name, node) = (&entry.key, &entry.value);
        self.identifier(entry.at, "a var", name)?;
        if let Some(schema) = node.text().and_then(|text| self.short_form(node.at, text)) {
            return Some(Var { name: name.clone(), description: String::new(), schema });
        }
        if let Some((description, schema)) = self.described(node) {
            return Some(Var { name: name.clone(), description, schema });
        }
        let fields = self.fields(node, &format!("var `{name}`"), &keys(VAR));
        let (description, schema) = self.form(&fields, name, "string");
        Some(Var { name: name.clone(), description, schema })
    }

    /// The schema of a text that is a type in its short form; that of a plain text is left to its description.
    fn short_form(&mut self, at: Spot, text: &str) -> Option<Value> {
        match Schema::of_short_form(text) {
            Ok(schema) => schema.filter(|schema| *schema != json!({"type": "string"})),
            Err(failure) => {
                self.failed(at, &failure);
                None
            }
        }
    }

    /// What stands for a form: a description alone, or nothing at all.
    fn described(&mut self, node: &Node) -> Option<(String, Value)> {
        match &node.data {
            Data::Null => Some((String::new(), json!({"type": "string"}))),
            Data::Text(text) => Some((text.trim().to_owned(), json!({"type": "string", "description": text.trim()}))),
            _ => None,
        }
    }

    /// What a value means, and its schema; `kind` is its type if none is given.
    fn form(&mut self, fields: &Fields<'_>, name: &str, kind: &str) -> (String, Value) {
        let description = self.text(fields.get("description"), "description").unwrap_or_default();
        let mut schema = match fields.get("schema") {
            Some(node) => {
                let schema = self.schema(node).unwrap_or_else(|| json!({}));
                self.merged(fields, name, schema)
            }
            None => self.plain_form(fields, kind),
        };
        if let Some(map) = schema.as_object_mut().filter(|_| !description.is_empty()) {
            map.insert("description".to_owned(), description.clone().into());
        }
        if let Some(node) = fields.get("example") {
            let example = node.value();
            if self.fits(node.at, &schema, &example, &format!("the example of `{name}`"))
                && let Some(map) = schema.as_object_mut()
            {
                map.insert("examples".to_owned(), Value::Array(vec![example]));
            }
        }
        (description, schema)
    }

    /// A schema with what `type` and `format` say beside it; a fault where no value is both.
    fn merged(&mut self, fields: &Fields<'_>, name: &str, mut schema: Value) -> Value {
        let beside = self.plain_form(fields, "any");
        for (key, said) in beside.as_object().into_iter().flatten() {
            let Some(both) = both(&schema, key, said) else {
                let at = fields.get(key).map_or(fields.at, |node| node.at);
                self.fault(at, format!("`{key}` and `schema` contradict each other: no value of `{name}` is both"));
                continue;
            };
            if let Some(map) = schema.as_object_mut() {
                map.insert(key.clone(), both);
            }
        }
        schema
    }

    fn plain_form(&mut self, fields: &Fields<'_>, kind: &str) -> Value {
        let mut schema = Map::new();
        let kind = self.text(fields.get("type"), "type").unwrap_or_else(|| kind.to_owned());
        let at = fields.get("type").map_or(fields.at, |node| node.at);
        if !TYPES.contains(&kind.as_str()) {
            self.unknown(at, "there is no type", &kind, TYPES);
        } else if kind != "any" {
            schema.insert("type".to_owned(), kind.into());
        }
        if let Some(format) = self.text(fields.get("format"), "format") {
            schema.insert("format".to_owned(), format.into());
        }
        Value::Object(schema)
    }

    /// A JSON Schema, also written as a short form or an example.
    pub(crate) fn schema(&mut self, node: &Node) -> Option<Value> {
        match Schema::read(&node.value()) {
            Ok(schema) => Some(schema.schema().clone()),
            Err(failure) => {
                self.failed(node.at, &failure);
                None
            }
        }
    }

    /// Refuses forms of which each holds by itself and which are no schema as the fields of one value.
    pub(crate) fn together(&mut self, at: Spot, what: &str, schema: &Value) {
        if let Err(failure) = Schema::read(schema) {
            let leads = schema.to_string().contains("\"$ref\"");
            let hint = if leads { "; a `$ref` is read from the whole value: write out what it means" } else { "" };
            self.fault(at, format!("`{what}` as the fields of one value: {}{hint}", told(&failure)));
        }
    }

    /// The names in a list of texts, each once.
    pub(crate) fn names<'n>(&mut self, items: &'n [Node], what: &str) -> Vec<(&'n Node, &'n str)> {
        let mut lines = HashMap::new();
        let mut named = Vec::new();
        for (item, name) in items.iter().filter_map(|item| Some((item, item.text()?.trim()))) {
            if self.identifier(item.at, what, name).is_none() {
                continue;
            }
            match lines.insert(name, item.at.line) {
                Some(line) => self.fault(item.at, format!("`{name}` stands here again; it is on line {line} already")),
                None => named.push((item, name)),
            }
        }
        named
    }

    /// Whether a value has the form; a fault if not.
    pub(crate) fn fits(&mut self, at: Spot, schema: &Value, value: &Value, what: &str) -> bool {
        match Schema::plain(schema).map(|schema| schema.check_data(value)) {
            Ok(Checked::Valid(_)) => true,
            Ok(Checked::Wrong(message)) => {
                self.fault(at, format!("{what} does not fit: {}", message.replace('\n', " ")));
                false
            }
            Err(failure) => {
                self.failed(at, &failure);
                false
            }
        }
    }

    /// Refuses what is no identifier.
    pub(crate) fn identifier(&mut self, at: Spot, what: &str, name: &str) -> Option<()> {
        if is_identifier(name) {
            return Some(());
        }
        self.fault(at, format!("{what} is named by letters, digits and `_`, beginning with a letter; `{name}` is not"));
        None
    }
}

/// Whether expressions can read a value of this name.
pub(super) fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.len() <= 64
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// What `type` or `format` is in a schema that says this beside it; `None` if it can be nothing.
fn both(schema: &Value, key: &str, said: &Value) -> Option<Value> {
    let holds = |value: &Value| said == kind_of(value) || (said == "number" && kind_of(value) == "integer");
    let listed = schema.get("enum").and_then(Value::as_array).map(Vec::as_slice);
    let values = listed.or(schema.get("const").map(std::slice::from_ref));
    if key == "type" && values.is_some_and(|values| !values.iter().any(holds)) {
        return None;
    }
    let narrower = |known: &Value| match (known.as_str(), said.as_str()) {
        (Some("number"), Some("integer")) | (Some("integer"), Some("number")) => Some(json!("integer")),
        _ => (known == said).then(|| said.clone()),
    };
    match schema.get(key) {
        None => Some(said.clone()),
        Some(Value::Array(kinds)) => kinds.iter().find_map(narrower),
        Some(known) => narrower(known),
    }
}

fn text_var(name: &str) -> Var {
    Var { name: name.to_owned(), description: String::new(), schema: json!({"type": "string"}) }
}
