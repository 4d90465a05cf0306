//! Templates, inputs and jumps as people read them.

use crate::core::text::one_line;
use crate::pipeline::plan::{Input, Jump, Part, Template};

/// How long a text may be shown.
const SHOWN: usize = 60;

/// A value with its holes, as it is written.
pub(in crate::pipeline) fn template(template: &Template) -> String {
    match template {
        Template::Plain(value) => value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned),
        Template::Value(expression) => format!("{{{{ {} }}}}", expression.source()),
        Template::Text(parts) => parts
            .iter()
            .map(|part| match part {
                Part::Literal(text) => text.clone(),
                Part::Hole(expression) => format!("{{{{ {} }}}}", expression.source()),
            })
            .collect(),
        Template::List(items) => {
            format!("[{}]", items.iter().map(self::template).collect::<Vec<_>>().join(", "))
        }
        Template::Map(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|(name, value)| format!("{name}: {}", self::template(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

/// The same on one short line.
pub(super) fn short(value: &Template) -> String {
    let text = template(value);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match value {
        Template::Text(_) => format!("{:?}", one_line(&text, SHOWN)),
        Template::Plain(plain) if plain.is_string() => format!("{:?}", one_line(&text, SHOWN)),
        Template::Value(expression) => {
            one_line(&expression.source().split_whitespace().collect::<Vec<_>>().join(" "), SHOWN)
        }
        _ => one_line(&text, SHOWN),
    }
}

/// An input on one line.
pub(super) fn input(input: &Input) -> String {
    let kind = input.schema.get("type").and_then(|kind| kind.as_str()).unwrap_or("any");
    let given = match &input.default {
        Some(value) => format!(", {value} if not given"),
        None if !input.required => ", optional".to_owned(),
        None => String::new(),
    };
    let meaning = if input.description.is_empty() { String::new() } else { format!(": {}", input.description) };
    format!("{} ({kind}{given}){meaning}", input.name)
}

/// Where a jump leads.
pub(super) fn jump(jump: &Jump) -> &str {
    match jump {
        Jump::To(name) => name,
        Jump::Continue => "continue",
        Jump::Fail => "fail",
        Jump::Skip => "skip",
        Jump::End => "end",
        Jump::Retry => "retry",
    }
}
