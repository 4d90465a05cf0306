//! Expressions and texts of Jinja as tables.

use super::form::Form;
use super::local::Local;
use super::{Importer, Kind, Known, jinja};
use crate::pipeline::tree;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};

fn importer() -> Importer {
    let known = |name: &str, kind, absent, fallback: Option<&str>| Known {
        name: name.to_owned(),
        kind,
        absent,
        fallback: fallback.map(ToOwned::to_owned),
        written: None,
        home: None,
    };
    let steps = [
        known("load", Kind::File, false, None),
        known("run", Kind::Command, false, None),
        known("save", Kind::Written, false, None),
        Known { written: Some("\"./a.txt\"".to_owned()), ..known("keep", Kind::Written, false, None) },
        known("maybe", Kind::Text, true, None),
        known("spare", Kind::Text, true, Some("\"none\"")),
        known("said", Kind::Said, false, None),
    ];
    let forms = [
        ("topic", Form::Text),
        ("n", Form::Plain),
        ("list", Form::Any),
        ("words", Form::Plains),
        ("wanted", Form::Flag),
        ("off", Form::Flag),
        ("map", Form::Unsorted),
        ("pairs", Form::UnsortedMap),
        ("size", Form::Any),
    ];
    Importer {
        file: "x.yaml".into(),
        faults: Vec::new(),
        inputs: forms.iter().map(|(name, _)| (*name).to_owned()).collect(),
        forms: forms.iter().map(|(name, form)| ((*name).to_owned(), *form)).collect(),
        steps: HashMap::from(steps.map(|known| (known.name.clone(), known))),
        locals: Local::items("inputs.list", Form::Any),
        loops: Vec::new(),
        repeating: HashSet::new(),
        started: Cell::new(false),
        wrong: Vec::new(),
        uses: RefCell::default(),
        verdicts: Vec::new(),
    }
}

/// Claims what expressions come to here.
#[track_caller]
fn come_to(table: &[(&str, &str)]) {
    for (source, expected) in table {
        let read = jinja::parse(source).and_then(|expr| importer().rhai(&expr));
        assert_eq!(read.as_deref(), Ok(*expected), "{source}");
    }
}

#[test]
fn expressions() {
    come_to(&[
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
        ("keep.path", "(if keep == () { () } else { \"./a.txt\" })"),
        ("loop.index", "(index + 1)"),
        ("$item", "item"),
        ("$is_last", "(index + 1 == inputs.list.len())"),
        ("load.result.content", "load"),
        ("load.size", "load.len()"),
        ("results.run.stdout", "run.stdout"),
        ("run.result.return_code", "run.status"),
        ("said.result", "said.result"),
        ("maybe | default('x')", "(if outcomes.maybe == \"ok\" { maybe } else { \"x\" })"),
        ("spare.result", "(if outcomes.spare == \"ok\" { spare } else { \"none\" })"),
        ("execution.timestamp", "started_at.text"),
        ("now()", "started_at.text"),
        ("range(n)", "(0..inputs.n).to_array()"),
        ("topic.upper()", "inputs.topic.to_upper()"),
        (
            "topic.startswith('a') and n",
            "(if inputs.topic.starts_with(\"a\") { inputs.n } else { inputs.topic.starts_with(\"a\") })",
        ),
        ("wanted and off or is_first", "((inputs.wanted && inputs.off) || (index == 0))"),
        ("wanted and n", "(if inputs.wanted { inputs.n } else { inputs.wanted })"),
        ("off or n", "(if inputs.off { inputs.off } else { inputs.n })"),
        ("'a' if wanted and off else 'b'", "(if (inputs.wanted && inputs.off) { \"a\" } else { \"b\" })"),
        ("list | join", "inputs.list.map(|_one| python_text(_one)).join(\", \")"),
        ("list | tojson", "python_json(inputs.list)"),
        ("list | to_json", "json_text(inputs.list, 2)"),
        ("size | round", "python_round(inputs.size, 0)"),
        ("-7 | round(1)", "python_round((-7), 1)"),
        ("-7 | abs", "(-7).abs()"),
        ("n % 3", "({ let _by = 3; (inputs.n % _by + _by) % _by })"),
        ("size | upper", "python_text(inputs.size).to_upper()"),
        ("words | list", "inputs.words"),
        (
            "topic != 3",
            "!({ let _one = inputs.topic; let _other = 3; type_of(_one) == type_of(_other) && _one == _other })",
        ),
        ("topic ~ n", "(inputs.topic + python_text(inputs.n))"),
        ("$remaining", "(inputs.list.len() - index - 1)"),
        ("$has_next", "(index + 1 < inputs.list.len())"),
        ("has_prev", "(index > 0)"),
    ]);
}

#[test]
fn what_may_be_missing_or_empty() {
    come_to(&[
        ("list[0] | default('x')", "python_item(inputs.list, 0, \"x\")"),
        ("list | last | default('x')", "python_item(inputs.list, -1, \"x\")"),
        ("map.a.b | default(map.c)", "python_item(inputs.map.a, \"b\", python_item(inputs.map, \"c\", ()))"),
        ("inputs.topic | default('x')", "(inputs.topic ?? \"x\")"),
        ("item.name | default('x')", "python_item(item, \"name\", \"x\")"),
        ("loop.index | default('x')", "((index + 1) ?? \"x\")"),
        ("map.get('a', 1)", "python_item(inputs.map, \"a\", 1)"),
        ("map.a is defined", "(python_item(inputs.map, \"a\", ()) != ())"),
        ("topic or 'x'", "(if python_truth(inputs.topic) { inputs.topic } else { \"x\" })"),
        ("not topic", "!(python_truth(inputs.topic))"),
        ("topic | default('x', true)", "(if python_truth(inputs.topic) { inputs.topic } else { \"x\" })"),
        ("topic | int", "python_int(inputs.topic, 0)"),
        ("topic | float(1.5)", "python_float(inputs.topic, 1.5)"),
        ("topic[:5]", "python_slice(inputs.topic, (), 5)"),
        ("topic[-3:n - 1]", "python_slice(inputs.topic, -3, (inputs.n - 1))"),
    ]);
}

#[test]
fn what_has_no_counterpart_is_named() {
    for (source, expected) in [
        ("today()", "the function `today`"),
        ("nobody.x", "the name `nobody.x`"),
        ("topic | shuffle", "the filter `shuffle`"),
        ("topic.encode()", "the function `encode`"),
        ("save.owner", "the field `owner` of `save`"),
        ("maybe.status", "the field `status` of `maybe`"),
        ("pairs | list", "a map as a list"),
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
        let written = importer.text(&node, text);
        importer.faults.first().map_or(written, |fault| fault.message.clone())
    };
    for (source, expected) in [
        ("a {{ topic }} b", "a {{ inputs.topic }} b"),
        ("{% if n > 1 %}many{% else %}few{% endif %}.", "{{ if (inputs.n > 1) { \"many\" } else { \"few\" } }}."),
        (
            "{{ wanted }} or {{ $is_first }}",
            "{{ if inputs.wanted { \"True\" } else { \"False\" } }} or {{ if (index == 0) { \"True\" } else { \"False\" } }}",
        ),
        ("{{ list }}", "{{ inputs.list }}"),
        ("all {{ list }}, {{ item }}", "all {{ python_text(inputs.list) }}, {{ python_text(item) }}"),
        ("{{ n }} {{ n + 1 }} {{ words[0] }}", "{{ inputs.n }} {{ (inputs.n + 1) }} {{ inputs.words[0] }}"),
        ("a {{ off | default(off) }}", "a {{ if (inputs.off ?? inputs.off) { \"True\" } else { \"False\" } }}"),
        ("a {{ off | default(n) }}", "a {{ python_text((inputs.off ?? inputs.n)) }}"),
        (
            "a {{ off if n > 1 else wanted }}",
            "a {{ if (if (inputs.n > 1) { inputs.off } else { inputs.wanted }) { \"True\" } else { \"False\" } }}",
        ),
        ("\n{{ topic }}", "{{ [\"\\n\", inputs.topic].join(\"\") }}"),
        ("{{ n }}\n", "{{ [inputs.n, \"\\n\"].join(\"\") }}"),
        ("a {{ map }}", "a map as text: here its keys have the order of the alphabet"),
        ("a {{ size | round(1, 'floor') }}", "the filter `round`"),
        ("<AUTO>choose</AUTO>", "a value that a model decides: ask the model in a step of its own"),
        ("{% set x = 1 %}", "`{% set x = 1 %}`"),
    ] {
        assert_eq!(text(source), expected, "{source}");
    }
}
