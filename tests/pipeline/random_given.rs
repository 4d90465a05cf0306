//! What random pipelines give: fields and pictures to models, inputs to other pipelines, arguments to tools. How often
//! each of them does is a weight, which 0 switches off.

use super::random::{Writer, step};
use super::random_words::Form;
use serde_json::{Map, Value, json};

/// Of ten model calls with fields, how many have them as a list of maps with one key each.
const LISTED: usize = 3;
/// Of ten model calls with fields, how many have one whose schema has parts, most of them by a `$ref`.
const LINKED: usize = 2;
/// Of ten model calls, how many have pictures.
const PICTURES: usize = 2;
/// Of ten calls of pipelines, how many call the one that declares forms.
const STRICT: usize = 5;
/// Of ten values that it is given, how many may be of any form, or absent.
const ODD: usize = 1;
/// Of ten tool calls, how many have arguments that may be of any form, or absent.
const ARGUMENTS: usize = 2;

/// Fields of a value, each with what is said of it and with its form.
type Vars = Vec<(&'static str, Value, Form)>;

/// What the pipeline `strict.yaml` takes.
struct Slot {
    name: &'static str,
    needed: bool,
    /// Whether it is a text.
    text: bool,
    /// What fits.
    fitting: &'static [&'static str],
}

const SLOTS: &[Slot] = &[
    Slot {
        name: "text",
        needed: true,
        text: true,
        fitting: &[
            "words",
            "{{ inputs.topic }}",
            "{{ inputs.maybe ?? \"none\" }}",
            "about {{ inputs.maybe }}",
            "{{ if inputs.maybe == () { \"none\" } else { inputs.maybe } }}",
        ],
    },
    Slot {
        name: "count",
        needed: true,
        text: false,
        fitting: &["{{ inputs.count }}", "{{ inputs.number ?? 3 }}", "{{ inputs.topic.len() }}", "{{ inputs.opts.n }}"],
    },
    Slot { name: "note", needed: false, text: true, fitting: &["{{ inputs.maybe }}", "{{ inputs.topic }}", "x"] },
    Slot {
        name: "flag",
        needed: false,
        text: false,
        fitting: &["{{ inputs.flag }}", "{{ inputs.count > 1 }}", "{{ inputs.maybe != () }}"],
    },
    Slot { name: "list", needed: false, text: false, fitting: &["{{ inputs.words }}", "{{ [inputs.topic] }}"] },
    Slot { name: "opts", needed: false, text: false, fitting: &["{{ inputs.opts }}", "{{ #{n: inputs.count} }}"] },
];

/// What a field with parts may be declared as; `{"n": 1}` has all of these forms.
fn linked() -> Vec<Value> {
    let part = json!({"whole": {"type": "integer"}});
    let object = |n: &str| json!({"type": "object", "properties": {"n": {"$ref": n}}});
    let with = |mut schema: Value, word: &str, value: Value| {
        schema[word] = value;
        schema
    };
    vec![
        json!({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}),
        json!({"n": "int", "label?": "string"}),
        // By a name of its own it leads to a part of itself, wherever it stands.
        with(with(object("#/$defs/whole"), "$defs", part.clone()), "$id", json!("urn:rhizo:part")),
        // It leads to the whole, which is another one among the fields.
        json!({"type": "object", "properties": {"n": {"type": "integer"}, "next": {"$ref": "#"}}}),
        // It leads nowhere: among the fields, or by itself.
        with(object("#/$defs/whole"), "$defs", part),
        object("#/properties/f1"),
    ]
}

impl Writer<'_> {
    /// The fields of a model call, which the server of the test fills; those with parts only if its prompt says so.
    pub(super) fn fields(&mut self) -> (Value, Form, &'static str) {
        let mut vars: Vars = vec![
            ("f0", json!("a text"), Form::Text),
            ("f1", json!({"type": "integer"}), Form::Number),
            ("f2", json!({"type": "boolean"}), Form::Flag),
        ];
        let is_linked = self.tape.tenths(LINKED);
        if is_linked {
            let all = linked();
            vars.push(("f3", json!({"schema": self.tape.of(&all)}), Form::Unknown));
        }
        let said = vars.iter().map(|(name, said, _)| (*name, said));
        let declared: Value = if self.tape.tenths(LISTED) {
            said.map(|(name, said)| json!({name: said})).collect()
        } else {
            Value::Object(said.map(|(name, said)| (name.to_owned(), said.clone())).collect())
        };
        let forms = vars.iter().map(|(name, _, form)| ((*name).to_owned(), form.clone())).collect();
        (declared, Form::Fields(forms), if is_linked { "linked" } else { "good" })
    }

    /// Gives a model call pictures, and now and then to a model that sees none.
    pub(super) fn pictures(&mut self, act: &mut Map<String, Value>) {
        if act.contains_key("requires") || !self.tape.tenths(PICTURES) {
            return;
        }
        let images = match self.tape.pick(8) {
            0..=2 => json!("dot.png"),
            3 => json!("{{ inputs.picture }}"),
            4 => json!(["dot.png", "{{ inputs.picture }}"]),
            5 => json!([format!("{{{{ {} }}}}.png", self.path(true))]),
            _ => json!(self.tape.of(&["notes.txt", "gone.png"])),
        };
        let mut call = act.remove("llm").unwrap_or_default();
        if call.is_string() {
            call = json!({"prompt": call});
        }
        call["images"] = images;
        act.insert("llm".to_owned(), call);
        act.insert("model".to_owned(), json!(if self.tape.wrong(10) { "plain" } else { "seeing" }));
    }

    /// A call of the pipeline that declares forms; nothing if another one is called.
    pub(super) fn strict(&mut self) -> Option<(Map<String, Value>, Form)> {
        if !self.tape.tenths(STRICT) {
            return None;
        }
        let mut inputs = Map::new();
        for slot in SLOTS {
            let is_given = if slot.needed { !self.tape.wrong(20) } else { self.tape.pick(2) == 0 };
            if is_given {
                inputs.insert(slot.name.to_owned(), self.given(slot));
            }
        }
        let mut act = step("pipeline", json!("strict.yaml"));
        act.insert("inputs".to_owned(), Value::Object(inputs));
        let fields = [("text", Form::Text), ("count", Form::Number), ("note", Form::Unknown)];
        Some((act, Form::Fields(fields.map(|(name, form)| (name.to_owned(), form)).into())))
    }

    /// A value for an input of that pipeline.
    fn given(&mut self, slot: &Slot) -> Value {
        if !self.tape.tenths(ODD) {
            return json!(self.tape.of(slot.fitting));
        }
        match self.tape.pick(6) {
            0 => json!("{{ inputs.number }}"),
            1 => json!("{{ inputs.maybe }}"),
            2 => json!({"n": "{{ inputs.number }}"}),
            3 => json!(["{{ inputs.maybe }}"]),
            _ => {
                let (path, form) = self.way(false);
                // A text may hold any value, a list and a map are known in part, and what may be absent is taken.
                let is_known = match form {
                    Form::Number | Form::Flag => true,
                    Form::Text => slot.text,
                    Form::Fields(_) => slot.needed,
                    Form::List | Form::Unknown | Form::Absent | Form::Handed => false,
                };
                self.knowable = self.knowable && is_known;
                json!(format!("{{{{ {path} }}}}"))
            }
        }
    }

    /// What a file is read by, if anything but plain values.
    pub(super) fn arguments(&mut self) -> Option<Value> {
        if !self.tape.tenths(ARGUMENTS) {
            return None;
        }
        Some(match self.tape.pick(5) {
            0 => json!({"path": "notes.txt", "from_line": "{{ inputs.number }}"}),
            1 => json!({"path": "{{ inputs.maybe }}"}),
            2 => json!({"path": "{{ inputs.maybe ?? \"notes.txt\" }}"}),
            _ => {
                let (path, form) = self.way(false);
                // A step that may be skipped gives none, and a number may be too small.
                let is_known = matches!(form, Form::Flag) || (matches!(form, Form::Text) && path.contains('.'));
                self.knowable = self.knowable && is_known;
                json!({"path": "notes.txt", "max_bytes": format!("{{{{ {path} }}}}")})
            }
        })
    }
}
