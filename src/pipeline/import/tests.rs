//! Expressions and texts of Jinja as tables.

use super::{Importer, Kind, Known, jinja};
use crate::pipeline::tree;
use std::collections::HashMap;

fn importer() -> Importer {
    let step = |name: &str, kind| (name.to_owned(), Known { name: name.to_owned(), kind, conditional: false });
    let steps = HashMap::from([step("load", Kind::Text), step("run", Kind::Command), step("save", Kind::Written)]);
    Importer {
        file: "x.yaml".into(),
        faults: Vec::new(),
        inputs: vec!["topic".to_owned(), "n".to_owned(), "list".to_owned()],
        steps,
        locals: vec!["item", "index"],
    }
}

#[test]
fn expressions() {
    for (source, expected) in [
        ("topic", "inputs.topic"),
        ("parameters.topic", "inputs.topic"),
        ("load.content", "load"),
        ("run.return_code == 0", "(run.status == 0)"),
        ("n > 3 and not topic == 'a'", "((inputs.n > 3) && !((inputs.topic == \"a\")))"),
        ("'yes' if n > 1 else 'no'", "(if (inputs.n > 1) { \"yes\" } else { \"no\" })"),
        ("n > 1 ? 'yes' : 'no'", "(if (inputs.n > 1) { \"yes\" } else { \"no\" })"),
        ("topic | upper", "inputs.topic.to_upper()"),
        ("list | length", "inputs.list.len()"),
        ("topic | default('x')", "(inputs.topic ?? \"x\")"),
        ("list[0]", "inputs.list[0]"),
        ("'a' in list", "(\"a\" in inputs.list)"),
        ("n + 1 * 2", "(inputs.n + (1 * 2))"),
        ("load is defined", "(load != ())"),
        ("save.path", "save.path"),
        ("loop.index", "(index + 1)"),
        ("$item", "item"),
    ] {
        let read = jinja::parse(source).and_then(|expr| importer().rhai(&expr));
        assert_eq!(read.as_deref(), Ok(expected), "{source}");
    }
    for (source, expected) in [
        ("now()", "the function `now`"),
        ("nobody.x", "the name `nobody.x`"),
        ("topic | slugify", "the filter `slugify`"),
        ("(n", "without `)`"),
    ] {
        let read = jinja::parse(source).and_then(|expr| importer().rhai(&expr));
        assert!(read.as_ref().is_err_and(|error| error.contains(expected)), "{source}: {read:?}");
    }
}

#[test]
fn texts() {
    let text = |text: &str| {
        let mut importer = importer();
        let node = tree::read("x").0.expect("a node");
        importer.text(&node, text).unwrap_or_else(|| importer.faults[0].message.clone())
    };
    for (source, expected) in [
        ("a {{ topic }} b", "a {{ inputs.topic }} b"),
        (
            "{% if n > 1 %}many{% else %}few{% endif %}",
            "{{ \"\" + (if (inputs.n > 1) { \"\" + \"many\" } else { \"\" + \"few\" }) }}",
        ),
        ("<AUTO>choose</AUTO>", "a value that a model decides: ask the model in a step of its own"),
        ("{% set x = 1 %}", "`{% set x = 1 %}`"),
    ] {
        assert_eq!(text(source), expected, "{source}");
    }
}
