//! Products of one file never share a path.

use crate::pipeline::plan::{Act, Block, Part, Pipeline, Template};
use crate::pipeline::read::Reader;
use std::collections::HashMap;
use std::path::{Component, Path};

/// Checks the paths of all products.
pub(super) fn check(reader: &mut Reader<'_, '_>, pipeline: &Pipeline) {
    let mut taken = HashMap::new();
    block(reader, &pipeline.block, false, &mut taken);
}

fn block(reader: &mut Reader<'_, '_>, steps: &Block, repeated: bool, taken: &mut HashMap<String, String>) {
    for step in &steps.steps {
        for product in &step.products {
            let Some(path) = written(&product.path) else { continue };
            let mut fault = |message: String| {
                reader.faults.push(crate::config::fault::Fault::new(product.place.clone(), message));
            };
            if repeated && product.path.constant().is_some() {
                fault(format!(
                    "every item would write `{path}`: put what tells them apart into it, as `{{{{ key }}}}`"
                ));
            }
            match taken.get(&path) {
                Some(first) => fault(format!("step `{first}` writes `{path}` too: give each its own path")),
                None => drop(taken.insert(path, step.name.clone())),
            }
        }
        let each = matches!(step.act, Act::Each(_));
        for inner in step.act.blocks() {
            block(reader, inner, repeated || each, taken);
        }
    }
}

/// The path as it is written, without parts that mean nothing.
fn written(path: &Template) -> Option<String> {
    let text = match path {
        Template::Plain(value) => value.as_str()?.to_owned(),
        Template::Value(expression) => format!("{{{{{}}}}}", expression.source()),
        Template::Text(parts) => {
            let shown = |part: &Part| match part {
                Part::Literal(text) => text.clone(),
                Part::Hole(expression) => format!("{{{{{}}}}}", expression.source()),
            };
            parts.iter().map(shown).collect()
        }
        Template::List(_) | Template::Map(_) => return None,
    };
    let parts = Path::new(text.trim()).components().filter(|part| !matches!(part, Component::CurDir));
    Some(parts.map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/"))
}
