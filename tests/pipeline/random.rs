//! Random pipelines, many of them slightly wrong: a tape of numbers decides what each step does, what it reads and where
//! it leads. A pipeline is written as JSON, which is YAML too.

use super::random_words::{Form, Known, Tape};
use serde_json::{Map, Value, json};

/// A pipeline, as a text and as data, and whether all that it reads could be known before it runs.
#[derive(Debug)]
pub(super) struct Random {
    pub(super) text: String,
    pub(super) data: Value,
    pub(super) knowable: bool,
}

/// The pipeline that a tape describes. It calls `inner.yaml`, with the inputs `topic` and `n`, the outputs `v` and `n`,
/// and a file that is named by `topic`; `strict.yaml`, which declares the forms of its inputs; the model `capable`, which
/// has `json` and `private`, and `seeing`, which sees `dot.png`.
pub(super) fn pipeline(numbers: &[u16]) -> Random {
    let mut writer = Writer { tape: Tape::new(numbers), count: 0, knowable: true, seen: inputs() };
    let steps = writer.steps(5, TOP);
    let outputs = writer.outputs();
    let mut file = Map::new();
    file.insert(
        "inputs".to_owned(),
        json!({
            "topic": {"default": "ships"},
            "count": {"type": "integer", "default": 2},
            "maybe": {"required": false},
            "number": {"type": "integer", "required": false},
            "words": {"schema": {"type": "array", "items": {"type": "string"}}, "default": ["a", "b"]},
            "flag": {"type": "boolean", "required": false, "default": true},
            "picture": {"required": false, "default": "dot.png"},
            "opts": {"schema": {"n": "int"}, "default": {"n": 1}},
        }),
    );
    file.insert("steps".to_owned(), Value::Array(steps));
    if !outputs.is_empty() {
        file.insert("outputs".to_owned(), Value::Object(outputs));
    }
    let data = Value::Object(file);
    let text = serde_json::to_string_pretty(&data).expect("JSON");
    // JSON has only texts for keys.
    let bare = |text: String, case: &&str| text.replace(&format!("\"{case}\":"), &format!("{case}:"));
    let text = CASES[1..].iter().fold(text, bare);
    Random { text, data, knowable: writer.knowable }
}

/// How deep bodies nest below the steps of the file.
const TOP: usize = 2;

/// Cases of a `switch`: all but the first are no texts.
const CASES: [&str; 4] = ["text", "2", "true", "1.5"];

fn inputs() -> Vec<Known> {
    let fields = [
        ("topic", Form::Text),
        ("count", Form::Number),
        ("maybe", Form::Unknown),
        ("words", Form::List),
        ("flag", Form::Flag),
        ("opts", Form::Fields(vec![("n".to_owned(), Form::Number)])),
    ];
    vec![Known::new("inputs", Form::Fields(fields.map(|(name, form)| (name.to_owned(), form)).into()))]
}

pub(super) struct Writer<'t> {
    pub(super) tape: Tape<'t>,
    count: usize,
    pub(super) knowable: bool,
    /// What can be read.
    pub(super) seen: Vec<Known>,
}

impl Writer<'_> {
    /// A list of steps; what stands in bodies is forgotten behind them.
    pub(super) fn steps(&mut self, most: usize, depth: usize) -> Vec<Value> {
        let many = 1 + self.tape.pick(most);
        let names: Vec<String> = (0..many).map(|at| format!("s{}", self.count + at)).collect();
        self.count += many;
        let mut steps = Vec::new();
        for (at, name) in names.iter().enumerate() {
            let (mut step, form) = self.act(name, depth);
            self.around(&mut step, at, &names);
            self.seen.push(Known::new(name, form));
            steps.push(json!({name: step}));
        }
        steps
    }

    fn outputs(&mut self) -> Map<String, Value> {
        let many = self.tape.pick(3);
        (0..many).map(|at| (format!("o{at}"), json!(self.expression()))).collect()
    }

    /// What a step does, and what is known of its value.
    fn act(&mut self, name: &str, depth: usize) -> (Map<String, Value>, Form) {
        let kinds = if depth == 0 { 9 } else { 12 };
        match self.tape.pick(kinds) {
            0 | 1 => self.set(),
            2 => self.llm(),
            3 => self.tool(),
            4 => self.switch(),
            5 => self.said(),
            6 => self.ask(),
            7 => self.nested(name),
            8 => self.still(depth),
            9 => self.each(name, depth),
            10 => self.repeat(depth),
            _ => self.parallel(name, depth),
        }
    }

    /// What only waits, or ends the whole, which is refused in a body.
    fn still(&mut self, depth: usize) -> (Map<String, Value>, Form) {
        if self.tape.wrong(if depth == TOP { 2 } else { 20 }) {
            return (step("end", json!(self.expression())), Form::Unknown);
        }
        (step("wait", json!("1ms")), Form::Absent)
    }

    fn set(&mut self) -> (Map<String, Value>, Form) {
        let (mut values, mut fields) = (Map::new(), Vec::new());
        for at in 0..=self.tape.pick(3) {
            let (value, form) = match self.tape.pick(7) {
                0 => (json!("\"text\""), Form::Text),
                1 => (json!(self.tape.pick(5)), Form::Number),
                2 => (json!(["\"x\"", "\"y\""]), Form::List),
                3 => (json!({"in": "\"deep\""}), Form::Fields(vec![("in".to_owned(), Form::Text)])),
                4 => (json!(self.tape.pick(2) == 0), Form::Flag),
                5 => (json!("inputs.number"), Form::Handed),
                _ => (json!(self.expression()), Form::Unknown),
            };
            values.insert(format!("f{at}"), value);
            fields.push((format!("f{at}"), form));
        }
        (step("set", Value::Object(values)), Form::Fields(fields))
    }

    /// A model call with fields, which the server of the test fills as its prompt says.
    fn llm(&mut self) -> (Map<String, Value>, Form) {
        let refused = self.tape.wrong(4);
        let (vars, form, word) = self.fields();
        let mut act = step("llm", json!(format!("{} fields {}", if refused { "bad" } else { word }, self.template())));
        act.insert("vars".to_owned(), vars);
        if self.tape.wrong(6) {
            let word = *self.tape.of(&["json", "private", "private", "vision"]);
            // No other model of the test has the tag; what can see is known by the lists of prices, without a key.
            if word != "private" || self.tape.pick(2) == 0 {
                act.insert("model".to_owned(), json!("capable"));
            }
            act.insert("requires".to_owned(), json!([word]));
        }
        self.pictures(&mut act);
        (act, form)
    }

    /// A model call for a text, some with a check; nothing that the server answers is empty.
    fn said(&mut self) -> (Map<String, Value>, Form) {
        let prompt = json!(self.template());
        let act = match self.tape.pick(4) {
            0 => json!({"prompt": prompt, "check": self.tape.of(&["answer != \"\"", "true", "5"])}),
            _ => prompt,
        };
        let mut act = step("llm", act);
        self.pictures(&mut act);
        (act, Form::Text)
    }

    fn tool(&mut self) -> (Map<String, Value>, Form) {
        let unknown = self.tape.wrong(40);
        let (name, args) = match if unknown { 5 } else { self.tape.pick(5) } {
            0 => ("calculate", json!({"expression": format!("1 + {{{{ {} }}}}", self.path(false))})),
            1 => ("calculate", json!({"expression": "1 / 0"})),
            2 => ("json_query", json!({"text": "{\"a\": {\"b\": 1}}", "query": "$.a"})),
            3 => ("read_file", json!({"path": "notes.txt"})),
            4 => ("read_file", json!({"path": self.template()})),
            _ => ("calculat", json!({"expression": "1"})),
        };
        let (name, args) = self.arguments().map_or((name, args), |args| ("read_file", args));
        let mut act = step("tool", json!(name));
        act.insert("args".to_owned(), args);
        let form = match name {
            "calculate" => Form::Number,
            "json_query" => Form::List,
            _ => Form::Text,
        };
        (act, form)
    }

    fn switch(&mut self) -> (Map<String, Value>, Form) {
        let on = match self.tape.pick(4) {
            0 => "inputs.count > 1".to_owned(),
            1 => "inputs.count".to_owned(),
            _ => self.expression(),
        };
        let many = 1 + self.tape.pick(CASES.len());
        let cases: Map<String, Value> =
            CASES.iter().take(many).map(|case| ((*case).to_owned(), json!(self.jump()))).collect();
        let mut act = json!({"on": on, "cases": cases});
        if self.tape.pick(3) == 0 {
            act["default"] = json!(self.jump());
        }
        (step("switch", act), Form::Unknown)
    }

    /// A question to a model, with or without answers to choose from.
    fn ask(&mut self) -> (Map<String, Value>, Form) {
        let mut question = json!({"prompt": self.template(), "of": "worker"});
        if self.tape.pick(2) == 0 {
            question["choices"] = json!(["text", "other"]);
        }
        let mut act = step("ask", question);
        if self.tape.pick(2) == 0 {
            act.insert("model".to_owned(), json!("offline"));
        }
        (act, Form::Text)
    }

    /// What stands around the act: when it runs, what follows it, what it writes.
    fn around(&mut self, step: &mut Map<String, Value>, at: usize, names: &[String]) {
        if self.tape.pick(4) == 0 {
            let (condition, said) = (self.condition(), json!(step).to_string());
            step.insert("condition".to_owned(), json!(condition));
            self.lead(step, "on_false", at, names);
            // What is true of one part of a value may tell here, and behind a point of control, that another is there.
            let leads = step.contains_key("on_false");
            let tells = |way: String| condition.contains(&way) && (leads || said.contains(&way));
            self.knowable = self.knowable && !self.seen.iter().skip(1).any(|known| tells(format!("{}.", known.name)));
        }
        let leads = !["switch", "end"].iter().any(|act| step.contains_key(*act));
        if leads || self.tape.wrong(40) {
            self.lead(step, "on_success", at, names);
        }
        self.lead(step, "on_failure", at, names);
        let told = self.seen.iter().any(|known| known.name.starts_with('s'));
        if told && self.tape.wrong(6) {
            step.insert("dependencies".to_owned(), json!([format!("outcomes.{}", self.step_name())]));
        }
        let visits = json!(1 + self.tape.pick(3));
        for (key, value) in [("always", json!(true)), ("retry", json!(1)), ("max_visits", visits)] {
            if self.tape.wrong(if key == "max_visits" { 2 } else { 8 }) {
                step.insert(key.to_owned(), value);
            }
        }
        if self.tape.pick(10) == 9 {
            let name = &names[at];
            step.insert(
                "products".to_owned(),
                json!({self.path(false): format!("{name}/{{{{ inputs.topic }}}}.json")}),
            );
        }
    }

    fn lead(&mut self, step: &mut Map<String, Value>, key: &str, at: usize, names: &[String]) {
        if self.tape.pick(5) != 4 {
            return;
        }
        let near = &names[(at + 1 + self.tape.pick(2)).min(names.len() - 1)];
        let word = match self.tape.pick(8) {
            0..=2 => near.clone(),
            3 => names[at.saturating_sub(1)].clone(),
            4 => "retry".to_owned(),
            _ => self.jump(),
        };
        if word == names[at] || word == "retry" {
            step.insert("max_visits".to_owned(), json!(2));
        }
        step.insert(key.to_owned(), json!(word));
    }

    fn jump(&mut self) -> String {
        let count = self.count;
        if self.tape.wrong(20) {
            return format!("s{}", self.tape.pick(count + 1));
        }
        (*self.tape.of(&["continue", "skip", "end", "fail"])).to_owned()
    }

    /// A text with holes.
    fn template(&mut self) -> String {
        let holes = self.tape.pick(3);
        (0..holes).fold("say".to_owned(), |text, _| format!("{text} {{{{ {} }}}}", self.expression()))
    }

    pub(super) fn condition(&mut self) -> String {
        if self.tape.wrong(20) {
            let all = ["true", "5", "\"text\"", "inputs.number > 1", "(inputs.number ?? 2) > 1"];
            let asked = *self.tape.of(&all);
            // Who looks at an input so that it may be absent may know more of it.
            self.knowable = self.knowable && !asked.contains("??");
            return asked.to_owned();
        }
        let (path, form) = self.way(false);
        let told = self.seen.iter().any(|known| known.name.starts_with('s'));
        match (self.tape.pick(if told { 7 } else { 4 }), form) {
            (0 | 1, Form::Text) => format!("{path} == \"text\""),
            (0 | 1, Form::Number) => format!("{path} > 1"),
            (0 | 1, Form::Flag) => format!("!{path}"),
            (0 | 1, _) => format!("{path} != ()"),
            (2, _) => "inputs.count > 1".to_owned(),
            (3, form) => {
                self.knowable = self.knowable && !form.is_unknown();
                path
            }
            (4, _) => format!("outcomes.{} == \"ok\"", self.step_name()),
            (5, _) => format!("outcomes.{} == \"failed\"", self.step_name()),
            (_, _) => format!("inputs.count == 2 && {path} != ()"),
        }
    }

    /// An expression that takes whatever its values are.
    fn expression(&mut self) -> String {
        if self.tape.wrong(12) {
            return self.optional();
        }
        let path = self.path(true);
        let told = self.seen.iter().any(|known| known.name.starts_with('s'));
        match self.tape.pick(if told { 7 } else { 5 }) {
            0 | 1 => path,
            2 => format!("`<${{{path}}}>`"),
            3 => format!("[{path}, {}]", self.path(true)),
            4 => format!("if {path} == () {{ 1 }} else {{ {path} }}"),
            5 => format!("outcomes.{}", self.step_name()),
            _ => format!("errors.{}?.kind", self.step_name()),
        }
    }

    /// What is done with an input that is not given, or with what took it; now and then what that does not bear.
    fn optional(&mut self) -> String {
        let borne = [
            "(NUMBER ?? 1) + 1",
            "NUMBER?.to_float()",
            "if NUMBER == () { 0 } else { NUMBER * 2 }",
            "`${NUMBER}`",
            "NUMBER.to_string() + \"text\"",
        ];
        let other = ["NUMBER + 1", "NUMBER + \"text\"", "NUMBER.to_float()", "-NUMBER", "NUMBER > 1"];
        let all: &[&str] = if self.tape.wrong(4) { &other } else { &borne };
        let (done, number) = (*self.tape.of(all), self.handed());
        done.replace("NUMBER", &number)
    }

    /// An input that is not given, or a field that took it.
    fn handed(&mut self) -> String {
        let fields = |known: &Known| -> Vec<String> {
            match &known.form {
                Form::Fields(fields) => {
                    let handed = fields.iter().filter(|(_, form)| matches!(form, Form::Handed));
                    handed.map(|(field, _)| format!("{}.{field}", known.name)).collect()
                }
                _ => Vec::new(),
            }
        };
        let mut all: Vec<String> = self.seen.iter().flat_map(fields).collect();
        all.push("inputs.number".to_owned());
        self.tape.of(&all).clone()
    }

    /// A step that can be seen, or now and then any.
    fn step_name(&mut self) -> String {
        let count = self.count;
        let any = format!("s{}", self.tape.pick(count + 1));
        let steps: Vec<&Known> = self.seen.iter().filter(|known| known.name.starts_with('s')).collect();
        if steps.is_empty() || self.tape.wrong(40) { any } else { self.tape.of(&steps).name.clone() }
    }

    /// A way into what can be seen; now and then it leads nowhere.
    pub(super) fn path(&mut self, softly: bool) -> String {
        self.way(softly).0
    }

    /// A way, and the form of what lies there.
    pub(super) fn way(&mut self, softly: bool) -> (String, Form) {
        let known = self.seen[self.tape.pick(self.seen.len())].clone();
        let wrong = self.tape.wrong(60);
        // What another step has, is another matter.
        self.knowable = self.knowable && !wrong;
        let name = if wrong { self.step_name() } else { known.name.clone() };
        let dot = if softly && known.name != "inputs" && self.tape.pick(3) == 0 { "?." } else { "." };
        match known.form {
            form if known.name != "inputs" && self.tape.pick(4) == 0 => (name, form),
            Form::Fields(fields) => self.field(&format!("{name}{dot}"), &fields),
            Form::Text | Form::List if self.tape.pick(2) == 0 => (format!("{name}.len()"), Form::Number),
            Form::Unknown | Form::Absent if self.tape.wrong(4) => self.deeper(&name, dot),
            form => (name, form),
        }
    }

    /// One of these fields, or what lies in it.
    fn field(&mut self, way: &str, fields: &[(String, Form)]) -> (String, Form) {
        let (field, form) = self.tape.of(fields).clone();
        let field = if self.tape.wrong(60) { "nowhere".to_owned() } else { field };
        match form {
            Form::Fields(inner) if !inner.is_empty() => (format!("{way}{field}.{}", inner[0].0), inner[0].1.clone()),
            Form::Unknown if self.tape.wrong(6) => self.deeper(&format!("{way}{field}"), "."),
            form => (format!("{way}{field}"), form),
        }
    }

    /// A field of what nobody knows.
    fn deeper(&mut self, way: &str, dot: &str) -> (String, Form) {
        self.knowable = false;
        (format!("{way}{dot}deep"), Form::Unknown)
    }
}

pub(super) fn step(act: &str, value: Value) -> Map<String, Value> {
    Map::from_iter([(act.to_owned(), value)])
}
