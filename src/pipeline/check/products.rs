//! Products of one file never share a path.

use crate::pipeline::plan::{Act, Block, Each, Part, Pipeline, Step, Template};
use crate::pipeline::read::Reader;
use std::collections::{HashMap, HashSet};
use std::path::{Component, Path};

/// Checks the paths of all products.
pub(super) fn check(reader: &mut Reader<'_, '_>, pipeline: &Pipeline) {
    let mut taken = HashMap::new();
    block(reader, &pipeline.block, None, &mut taken);
}

/// `varying` are the names whose values tell items apart, in a body of items.
fn block(
    reader: &mut Reader<'_, '_>,
    steps: &Block,
    varying: Option<&HashSet<&str>>,
    taken: &mut HashMap<String, String>,
) {
    for step in &steps.steps {
        for product in &step.products {
            let Some(path) = written(&product.path) else { continue };
            let mut fault = |message: String| {
                reader.faults.push(crate::config::fault::Fault::new(product.place.clone(), message));
            };
            if varying.is_some_and(|names| !varies(&product.path, step, names)) {
                fault(format!(
                    "every item would write `{path}`: put what tells them apart into it, as `{{{{ key }}}}`"
                ));
            }
            match taken.get(&path) {
                Some(first) => fault(format!("step `{first}` writes `{path}` too: give each its own path")),
                None => drop(taken.insert(path, step.name.clone())),
            }
        }
        let own = if let Act::Each(each) = &step.act { Some(names_of(each)) } else { None };
        for inner in step.act.blocks() {
            block(reader, inner, own.as_ref().or(varying), taken);
        }
    }
}

/// The item with its place, and the steps of its body.
fn names_of(each: &Each) -> HashSet<&str> {
    fn steps<'b>(block: &'b Block, names: &mut HashSet<&'b str>) {
        for step in &block.steps {
            names.insert(&step.name);
            step.act.blocks().into_iter().for_each(|inner| steps(inner, names));
        }
    }
    let mut names = HashSet::from([each.name.as_str(), "key", "index"]);
    steps(&each.block, &mut names);
    names
}

/// Whether a path reads anything that may differ between items.
fn varies(path: &Template, step: &Step, names: &HashSet<&str>) -> bool {
    let references = path.expressions().into_iter().flat_map(|expression| expression.references());
    let mut read = references.filter_map(|reference| reference.path.first()).map(String::as_str);
    read.any(|name| names.contains(name) || step.vars.iter().any(|var| var.name == name))
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
