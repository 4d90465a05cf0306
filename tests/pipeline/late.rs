//! What `validate` once accepted and a run refused after its first steps were paid for.

use super::accepted;
use super::forms::refused_for;

#[test]
fn fields_are_one_schema_together() {
    let own = "{schema: {type: object, properties: {a: {$ref: '#/$defs/n'}}, $defs: {n: {type: integer}}}}";
    for (text, what) in [
        ("steps: {a: {llm: x, vars: [text, text]}}\n".to_owned(), "`text` stands here again; it is on line 1 already"),
        ("steps: {a: {llm: x}}\noutputs: [a, a]\n".to_owned(), "`a` stands here again; it is on line 2 already"),
        (
            format!("steps: {{a: {{llm: x, vars: {{t: {own}}}}}}}\n"),
            "`vars` as the fields of one value: the schema is wrong",
        ),
        (
            format!("steps: {{a: {{llm: x}}}}\ninputs: {{t: {own}}}\n"),
            "`inputs` as the fields of one value: the schema is",
        ),
    ] {
        refused_for(&text, what);
        refused_for(&text, "flow.yaml has a fault");
    }
    accepted("steps: {a: {llm: x, vars: [text, more]}}\noutputs: [a]\n");
    accepted("steps: {a: {llm: x, vars: {t: {schema: {type: object, properties: {a: {type: integer}}}}}}}\n");
}
