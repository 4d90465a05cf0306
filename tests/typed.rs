//! Typed answers over loopback: how they are asked for, found, repaired and paid, and what a script receives.

mod ways;

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::{self, Program};
use crate::support::server::Act;
use serde_json::{Value, json};

/// A program with a model that can be held to a schema.
fn held(server: &ChatServer) -> Program {
    let config = format!(
        "model = \"a\"\n[models.a]\nbase_url = \"{}\"\njson = true\ninput_price = 0.001\noutput_price = 0.001\n",
        server.base_url()
    );
    Program::new().file("rhizo.toml", config)
}

/// A server that gives these answers one after the other.
fn answering(answers: &'static [&'static str]) -> ChatServer {
    ChatServer::new(move |ask| Reply::text(answers[ask.number.min(answers.len() - 1)]).usage(100, 10))
}

const SCORE: &str = "#{schema: #{score: \"float 0..1\", tags: [\"string\"]}}";

fn score_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "score": {"type": "number", "minimum": 0.0, "maximum": 1.0},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["score", "tags"],
        "additionalProperties": false,
    })
}

#[test]
fn a_model_without_schemas_is_asked_in_words() {
    let server = answering(&["Sure!\n```json\n{\"score\": 1, \"tags\": [\"old\"]}\n```"]);
    let code = format!("let r = llm(\"Rate it.\", {SCORE}); `${{type_of(r.score)}} ${{r.score}} ${{r.tags}}`");
    Program::paying(&server).args(["eval", &code, "-q"]).run().ok().prints("f64 1.0 [\"old\"]\n");
    let ask = &server.asks()[0];
    assert_eq!(ask.body.get("response_format"), None);
    let expect = format!("Rate it.\n\nAnswer with JSON only, matching this JSON Schema:\n{}", score_schema());
    assert_eq!(ask.messages(), [("user".to_owned(), expect)]);
}

#[test]
fn a_model_with_schemas_is_held_to_it() {
    let server = answering(&["{\"score\": 0.5, \"tags\": []}"]);
    let code = format!("llm(\"Rate it.\", {SCORE})");
    let answer = held(&server).args(["eval", &code, "--json"]).run().ok().json()["answer"].clone();
    assert_eq!(answer, json!({"score": 0.5, "tags": []}));
    let ask = &server.asks()[0];
    assert_eq!(ask.messages(), [("user".to_owned(), "Rate it.".to_owned())], "nothing is said about it in words");
    let format = &ask.body["response_format"];
    assert_eq!((&format["type"], &format["json_schema"]["schema"]), (&json!("json_schema"), &score_schema()));
}

#[test]
fn a_program_holds_its_own_values_to_a_schema() {
    let program = Program::offline();
    for (code, printed) in [
        ("typed(#{n: 3}, #{n: \"float\"}).n / 2", "1.5\n"),
        ("typed(\"I say: [1, 2]\", [\"int\"]).len", "2\n"),
        ("typed(#{a: 1}, #{a: \"int\", \"b?\": \"string\"}).b ?? \"absent\"", "absent\n"),
        ("try { typed(#{n: \"x\"}, #{n: \"int\"}) } catch (e) { print(`${e.kind} ${e.raw.n}`) }", "invalid x\n"),
    ] {
        program.args(["eval", code]).run().ok().prints(printed);
    }
    for (code, says) in [
        (
            "typed(#{n: \"x\"}, #{n: \"int\"})",
            "the value does not match the schema: /n: \"x\" is not of type \"integer\"",
        ),
        (
            "typed(#{n: \"x\"}, #{n: \"int\"})",
            "\nhint: mend the value or the schema; in `catch (e)` the value is `e.raw`",
        ),
        ("typed(1, \"string\", \"the name is none\")", "the name is none: 1 is not of type \"string\""),
        ("typed(1, \"int 9..1\")", "the schema is wrong: the range is empty"),
        ("typed(|x| x, \"string\")", "has no form as data"),
    ] {
        program.args(["eval", code]).run().code(1).says(says);
    }
}

#[test]
fn numbers_arrive_as_the_schema_says() {
    for (schema, answer, expect) in [
        ("#{x: \"float\"}", "{\"x\": 1}", "map f64 1.0"),
        ("#{x: \"int\"}", "{\"x\": 1.0}", "map i64 1"),
        ("#{x: 0.5}", "{\"x\": 2}", "map f64 2.0"),
        ("#{x: 5}", "{\"x\": 2}", "map i64 2"),
        ("#{type: \"object\", properties: #{x: #{type: \"number\"}}}", "{\"x\": 3}", "map f64 3.0"),
        ("#{x: \"int?\"}", "{}", "map () "),
    ] {
        let server = ChatServer::new(move |_| Reply::text(answer));
        let code = format!("let r = llm(\"q\", #{{schema: {schema}}}); `${{type_of(r)}} ${{type_of(r.x)}} ${{r.x}}`");
        Program::paying(&server).args(["eval", &code, "-q"]).run().ok().prints(&format!("{expect}\n"));
    }
    for (schema, answer, expect) in
        [("\"int 1..5\"", "4", "i64 4"), ("\"good|bad\"", "good", "string good"), ("[\"float\"]", "[1]", "array [1.0]")]
    {
        let server = ChatServer::new(move |_| Reply::text(answer));
        let code = format!("let r = llm(\"q\", #{{schema: {schema}}}); `${{type_of(r)}} ${{r}}`");
        Program::paying(&server).args(["eval", &code, "-q"]).run().ok().prints(&format!("{expect}\n"));
    }
}

#[test]
fn a_wrong_answer_is_shown_what_is_wrong_with_it() {
    for held_to_it in [false, true] {
        let server =
            answering(&["<think>Hm.</think>{\"score\": \"0.8\", \"tags\": []}", "{\"score\": 0.8, \"tags\": []}"]);
        let program = if held_to_it { held(&server) } else { Program::paying(&server) };
        let ran = program.args(["eval", &format!("llm(\"Rate it.\", {SCORE}).score"), "--json"]).run().ok();
        let document = ran.json();
        assert_eq!((&document["answer"], &document["calls"]), (&json!(0.8), &json!(2)));
        // Two calls of 110 tokens at one nano-USD each.
        assert_eq!(document["cost_usd"], json!(0.000_000_22));
        let asks = server.asks();
        let messages = asks[1].messages();
        assert_eq!(messages[..1], asks[0].messages()[..], "the same question goes before");
        assert_eq!(messages[1], ("assistant".to_owned(), "{\"score\": \"0.8\", \"tags\": []}".to_owned()));
        let complaint = &messages[2].1;
        assert!(
            complaint.starts_with("That answer does not match the schema: /score: \"0.8\" is not of type \"number\""),
            "{complaint}"
        );
        assert!(complaint.contains(&score_schema().to_string()), "{complaint}");
        assert_eq!(asks[1].body["response_format"]["type"] == "json_schema", held_to_it);
    }
}

#[test]
fn a_text_that_does_not_fit_is_told_what_is_wrong_with_it() {
    let rows: [(&str, &'static [&'static str], &str); 4] = [
        ("string ..3", &["hello world", "hey"], "\"hello world\" is longer than 3 characters"),
        ("string ..3|null", &["hello world", "hey"], "\"hello world\" is longer than 3 characters"),
        ("date", &["2024-02-30", "2024-02-29"], "\"2024-02-30\" is not a \"date\""),
        ("good|bad", &["not good", "bad"], "\"not good\" is not one of \"good\" or \"bad\""),
    ];
    for (schema, answers, told) in rows {
        let server = answering(answers);
        let code = format!("llm(\"q\", #{{schema: \"{schema}\"}})");
        Program::paying(&server).args(["eval", &code, "-q"]).run().ok().prints(&format!("{}\n", answers[1]));
        let complaint = server.asks()[1].last();
        assert!(complaint.starts_with(&format!("That answer does not match the schema: {told}\n")), "{complaint}");
    }
}

#[test]
fn a_value_in_words_costs_no_repair_unless_it_could_be_another() {
    let rows: [(&str, &'static [&'static str], &str, usize); 5] = [
        ("int", &["The answer is 42."], "i64 42", 1),
        ("good|bad", &["**Good.**"], "string good", 1),
        ("bool", &["Yes"], "bool true", 1),
        ("int", &["not 42 but 43", "43"], "i64 43", 2),
        ("good|bad", &["not good", "bad"], "string bad", 2),
    ];
    for (schema, answers, expect, calls) in rows {
        let server = answering(answers);
        let code = format!("let r = llm(\"q\", #{{schema: \"{schema}\"}}); `${{type_of(r)}} ${{r}}`");
        Program::paying(&server).args(["eval", &code, "-q"]).run().ok().prints(&format!("{expect}\n"));
        assert_eq!(server.asks().len(), calls, "{answers:?}");
    }
}

#[test]
fn two_repairs_are_the_most() {
    let server = answering(&["no idea", "{\"score\": 7, \"tags\": []}", "{\"score\": 8, \"tags\": 1}"]);
    let program = Program::paying(&server);
    let code = format!("let told = (); try {{ llm(\"Rate it.\", {SCORE}) }} catch (e) {{ told = e }}\ntold");
    let ran = program.args(["eval", &code, "--json"]).run().ok();
    let document = ran.json();
    let told = &document["answer"];
    assert_eq!((&told["error"], &told["kind"], &told["repairs"]), (&json!(true), &json!("invalid"), &json!(2)));
    assert_eq!(told["raw"], "{\"score\": 8, \"tags\": 1}");
    let message = told["message"].as_str().expect("a message");
    assert!(
        message.contains("/score: 8 is greater than the maximum of 1") && message.contains("/tags: 1 is not of type"),
        "{message}"
    );
    assert_eq!((&document["calls"], &document["cost_usd"], server.asks().len()), (&json!(3), &json!(0.000_000_33), 3));
    assert!(server.asks()[1].last().contains("there is no JSON in \"no idea\""), "{}", server.asks()[1].last());
    let run = document["run"].as_str().expect("an id");
    let export = program.args(["runs", "export", run]).run().ok().json();
    let effects = program::effects(&export);
    assert!(
        effects.len() == 3 && effects.iter().all(|effect| effect["state"] == "done"),
        "each is in the log: {effects:#?}"
    );
    let labels: Vec<&Value> = export["events"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|event| event["event"] == "model_started")
        .map(|event| &event["label"])
        .collect();
    assert_eq!(labels, [&json!(null), &json!("repair 1 of 2"), &json!("repair 2 of 2")]);
}

#[test]
fn answers_that_could_not_be_used_are_told_with_their_cost() {
    let server = ChatServer::new(|ask| match ask.last().as_str() {
        "cut" => Reply::cut("half"),
        prompt if prompt.starts_with("checked") => Reply::text(if ask.number == 1 { "bad" } else { "good" }),
        prompt if prompt.starts_with("Rate it") => Reply::text("no idea"),
        _ => Reply::text("{\"score\": 0.8, \"tags\": []}"),
    });
    let code = format!(
        "try {{ llm(\"cut\") }} catch {{ }}\nllm(\"checked\", #{{check: |a| a == \"good\"}});\n\
         llm(\"Rate it.\", {SCORE}).score"
    );
    let program = Program::paying(&server).env("RHIZO_ESCALATION_AUDIT", "0").file("rate.rhai", code);
    let ran = program.args(["run", "rate.rhai", "--json"]).run().ok();
    let document = ran.json();
    assert_eq!((&document["answer"], &document["calls"]), (&json!(0.8), &json!(5)), "{document:#}");
    assert_eq!((&document["unusable_calls"], &document["failed_calls"]), (&json!(3), &json!(0)));
    let cost = document["unusable_cost_usd"].as_f64().expect("money");
    assert!(cost > 0.0 && cost < document["cost_usd"].as_f64().expect("money"), "{document:#}");
    assert_eq!(document["models"][0]["unusable"], 3);
    let told = " for 3 answers that could not be used";
    ran.says(told);
    let shown = program.args(["runs", "show", "last"]).run().ok().stdout;
    assert!(shown.lines().any(|line| line.starts_with("spent   5 calls") && line.contains(told)), "{shown}");
    let shown = program.args(["runs", "show", "last", "--json"]).run().ok().json();
    let again = program.args(["resume", "last", "--json"]).run().ok().json();
    for field in ["unusable_calls", "unusable_cost_usd"] {
        assert_eq!((&shown[field], &again[field]), (&document[field], &document[field]), "{field}");
    }
    Program::paying(&server).args(["eval", "llm(\"all is well\")"]).run().ok().does_not_say("could not be used");
}

#[test]
fn answers_of_no_use_in_child_runs_count_for_the_runs_above() {
    let code =
        format!("context.head(1);\ntry {{ llm(\"snip\") }} catch {{ }}\nFINAL(llm(\"Rate it.\", {SCORE}).score)");
    let server = ChatServer::new(move |ask| match ask.last().as_str() {
        _ if ask.is_root() => Reply::code(&code),
        prompt if prompt.starts_with("Rate it") => Reply::text("no idea"),
        prompt if prompt.contains("snip") => Reply::cut("half"),
        _ => Reply::text("{\"score\": 0.8, \"tags\": []}"),
    });
    let long = "Nothing is told of that coast.\n".repeat(1_200);
    let both = "try { rlm(\"snip\", \"a text\") } catch { }\nrlm(\"look\", context)";
    let program = Program::paying(&server).file("coast.txt", long).file("both.rhai", both);
    let ran = program.args(["run", "both.rhai", "--context", "coast.txt", "--json"]).run().ok();
    let document = ran.json();
    assert_eq!((&document["answer"], &document["calls"]), (&json!(0.8), &json!(5)), "{document:#}");
    assert_eq!(document["unusable_calls"], 3, "{document:#}");
    let cost = document["unusable_cost_usd"].as_f64().expect("money");
    assert!(cost > 0.0 && cost < document["cost_usd"].as_f64().expect("money"), "{document:#}");
    ran.says(" for 3 answers that could not be used");
    let shown = |id: &str| program.args(["runs", "show", id, "--json"]).run().ok().json();
    let whole = shown("last");
    let again = program.args(["resume", "last", "--json"]).run().ok().json();
    for field in ["unusable_calls", "unusable_cost_usd"] {
        assert_eq!((&whole[field], &again[field]), (&document[field], &document[field]), "{field}");
    }
    let children = whole["children"].as_array().expect("children").iter();
    let each = children.map(|child| shown(child["id"].as_str().expect("an id"))["unusable_calls"].clone());
    assert_eq!(each.collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn a_run_that_goes_on_counts_an_answer_of_no_use_once() {
    let server = ChatServer::new(|ask| match (ask.number, ask.last().as_str()) {
        (_, "after") if ask.number == 2 => Reply::acts(vec![Act::Hold]),
        (0, _) => Reply::text("no idea"),
        _ => Reply::text("{\"score\": 0.8, \"tags\": []}"),
    });
    let program = Program::paying(&server).file("rate.rhai", format!("llm(\"Rate it.\", {SCORE});\nllm(\"after\")"));
    let running = program.args(["run", "rate.rhai"]).start();
    server.wait_for(3);
    running.kill();
    running.end();
    let document = program.args(["resume", "last", "--json"]).run().ok().json();
    assert_eq!((&document["calls"], &document["unusable_calls"]), (&json!(4), &json!(1)), "{document:#}");
}

#[test]
fn an_answer_of_no_use_counts_also_where_its_call_is_made_again() {
    let server = ChatServer::new(|ask| if ask.number < 2 { Reply::cut("half") } else { Reply::text("whole") });
    let program = Program::paying(&server).file("cut.rhai", "llm(\"x\")");
    let mut cost = json!(0.0);
    for (command, calls, unusable) in [("run", 1, 1), ("resume", 2, 2), ("resume", 3, 2)] {
        let what = if command == "run" { "cut.rhai" } else { "last" };
        let document = program.args([command, what, "--json"]).run().json();
        let shown = program.args(["runs", "show", "last", "--json"]).run().ok().json();
        let found = (&document["calls"], &document["unusable_calls"]);
        assert_eq!(found, (&json!(calls), &json!(unusable)), "{document:#}");
        assert_eq!(shown["unusable_calls"], json!(unusable), "{shown:#}");
        assert_eq!(shown["unusable_cost_usd"], document["unusable_cost_usd"]);
        assert_eq!(document["unusable_cost_usd"] == cost, calls == 3, "{document:#}");
        cost = document["unusable_cost_usd"].clone();
    }
}

#[test]
fn what_was_paid_before_a_failed_repair_is_kept() {
    let server = ChatServer::new(|ask| match ask.number {
        0 => Reply::text("it is 0.8 or so"),
        _ => Reply::refusal(400, "no more"),
    });
    let code =
        format!("let told = (); try {{ llm(\"q\", {SCORE}) }} catch (e) {{ told = e.kind + \": \" + e.raw }}\ntold");
    Program::paying(&server).args(["eval", &code, "-q"]).run().ok().prints("rejected: it is 0.8 or so\n");
    let server = answering(&["it is 0.8 or so"]);
    let ran = Program::paying(&server)
        .args(["eval", &format!("llm(\"q\", {SCORE})"), "--max-calls", "1", "--json"])
        .run()
        .code(5);
    assert_eq!(ran.json()["failure"]["details"]["raw"], "it is 0.8 or so");
}

#[test]
fn a_cut_answer_is_not_repaired() {
    let server = ChatServer::new(|_| Reply::cut("{\"score\": 0.5, \"tags\": [\"a\", \"b"));
    let code =
        format!("let told = (); try {{ llm(\"q\", {SCORE}) }} catch (e) {{ told = e.kind + \" \" + e.raw.len }}\ntold");
    Program::paying(&server).args(["eval", &code, "-q"]).run().ok().prints("truncated 31\n");
    assert_eq!(server.asks().len(), 1, "it would be cut again");
}

#[test]
fn a_batch_has_one_schema_for_all() {
    let server = ChatServer::new(|ask| {
        let asked = ask.messages()[0].1.clone();
        match (asked.starts_with("p1"), asked.starts_with("p2")) {
            (true, _) if ask.messages().len() == 1 => Reply::text("one"),
            (_, true) => Reply::text("never"),
            _ => Reply::text("{\"n\": 1}"),
        }
    });
    let code = "llm_batch([\"p0\", \"p1\", \"p2\", \"p3\"], #{schema: #{n: \"float\"}})";
    let ran = Program::paying(&server).args(["eval", code, "--json"]).run().ok();
    let answers = ran.json()["answer"].clone();
    assert_eq!((&answers[0], &answers[1], &answers[3]), (&json!({"n": 1.0}), &json!({"n": 1.0}), &json!({"n": 1.0})));
    assert_eq!(
        (&answers[2]["kind"], &answers[2]["raw"], &answers[2]["item"]),
        (&json!("invalid"), &json!("never"), &json!(2))
    );
    assert_eq!(server.asks().len(), 1 + 2 + 3 + 1);
}

#[test]
fn a_schema_may_describe_its_value_by_a_word_for_a_kind() {
    let server = answering(&["4"]);
    let program = Program::paying(&server);
    let code = "llm(\"q\", #{schema: #{type: \"integer\", description: \"number\"}})";
    program.args(["eval", code, "-q"]).run().ok().prints("4\n");
}

#[test]
fn a_wrong_schema_is_told_before_anything_is_sent() {
    let server = answering(&["never"]);
    let program = Program::paying(&server);
    for code in [
        "llm(\"q\", #{schema: #{n: \"int 5..1\"}})",
        "llm_batch([\"a\", \"b\"], #{schema: #{n: \"int 5..1\"}})",
        "rlm(\"q\", (), #{schema: #{n: \"int 5..1\"}})",
    ] {
        let ran = program.args(["eval", code, "-q"]).run().code(1);
        ran.says("the schema is wrong: the range is empty in \"int 5..1\"").says("hint: write \"float 0..1\"");
    }
    assert_eq!(server.asks().len(), 0);
}

/// Schemas that no check would end with, or not soon, and what is said of them.
fn endless() -> Vec<(Value, &'static str)> {
    let circle = "one of its references leads back to itself without a step into the value";
    let doubled = |word: &str, last: Value| {
        let mut schema = json!({"$ref": "#/$defs/d0", "$defs": {"d22": last}});
        for (level, next) in (0..22).zip(1..) {
            let next = json!({"$ref": format!("#/$defs/d{next}")});
            schema["$defs"][format!("d{level}")] = json!({word: [next, next]});
        }
        schema
    };
    let mut chain = json!({"$ref": "#/$defs/d0", "$defs": {"d300": {"type": "string"}}});
    for (level, next) in (0..300).zip(1..) {
        chain["$defs"][format!("d{level}")] = json!({"$ref": format!("#/$defs/d{next}")});
    }
    let inside = json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {
        "b": {"anyOf": [{"$ref": "#/$defs/b"}, {"type": "null"}]}}});
    vec![
        (json!({"anyOf": [{"$ref": "#"}, {"type": "string"}]}), circle),
        (json!({"oneOf": [{"type": "string"}, {"$ref": "#"}]}), circle),
        (json!({"$ref": "#"}), circle),
        (inside, circle),
        (doubled("allOf", json!({"type": "string"})), "with its references written out it has more than 10000 parts"),
        (doubled("anyOf", json!({"type": "null"})), "it has more than 10000 parts"),
        (chain, "with its references written out it nests deeper than 200 levels"),
    ]
}

#[test]
fn a_schema_without_end_is_told_before_anything_is_sent() {
    let server = answering(&["1"]);
    let program = Program::paying(&server);
    let write = |name: &str, text: String| std::fs::write(program.project().join(name), text).expect("a file");
    for (schema, says) in endless() {
        for code in ["typed(1, SCHEMA)", "llm(\"q\", #{schema: SCHEMA})", "llm_batch([\"a\"], #{schema: SCHEMA})"] {
            let code = code.replace("SCHEMA", &format!("parse_json(`{schema}`)"));
            write("code.rhai", code);
            program.args(["run", "code.rhai", "-q"]).run().code(1).says(says);
        }
        write("schema.json", schema.to_string());
        program.args(["ask", "q", "--schema", "schema.json"]).run().code(2).says(says);
        write("flow.yaml", format!("inputs: {{t: {{schema: {schema}, default: x}}}}\nsteps: {{a: {{llm: x}}}}\n"));
        program.args(["pipeline", "validate", "flow.yaml"]).run().code(1).says(says);
    }
    assert_eq!(server.asks().len(), 0);
}

#[test]
fn a_schema_may_refer_to_itself_from_inside_a_value_and_to_names_with_codes() {
    let program = Program::offline();
    for (value, schema, printed) in [
        (
            "#{v: 1, next: #{v: 2, next: ()}}",
            json!({"$ref": "#/$defs/a%20node", "$defs": {"a node": {"type": "object", "properties": {
                "v": {"type": "integer"}, "next": {"anyOf": [{"$ref": "#/$defs/a%20node"}, {"type": "null"}]}}}}}),
            "{\"next\":{\"next\":null,\"v\":2},\"v\":1}\n",
        ),
        (
            "[[], [[]]]",
            json!({"$id": "https://example.com/list.json", "type": "array",
                "items": {"$ref": "https://example.com/list.json#"}}),
            "[[],[[]]]\n",
        ),
    ] {
        let code = format!("json_text(typed({value}, parse_json(`{schema}`)))");
        program.args(["eval", &code, "-q"]).run().ok().prints(printed);
    }
}

/// Types that refer to others by a field or an array, each to those that `links` names.
fn linked(count: usize, links: impl Fn(usize) -> Vec<usize>, part: impl Fn(Value) -> Value) -> Value {
    let mut schema = json!({"$ref": "#/$defs/t0", "$defs": {}});
    for number in 0..count {
        let fields: Value = links(number)
            .into_iter()
            .map(|to| (format!("f{to}"), part(json!({"$ref": format!("#/$defs/t{to}")}))))
            .collect();
        schema["$defs"][format!("t{number}")] = json!({"type": "object", "properties": fields});
    }
    schema
}

#[test]
fn types_may_be_linked_by_their_fields_and_items_as_much_as_they_like() {
    let list = |to: Value| json!({"type": "array", "items": to});
    let ring = linked(70, |number| vec![(number + 1) % 70], list);
    let lists = linked(30, |number| (1..5).map(|step| (number * step + step) % 30).collect(), list);
    let all = linked(17, |_| (0..17).collect(), |to| to);
    for (value, wrong, schema) in [
        ("#{f1: [#{f2: []}]}", "#{f1: [#{f2: [1]}]}", ring),
        ("#{f1: [#{f2: []}]}", "#{f1: [#{f2: [1]}]}", lists),
        ("#{f3: #{f16: #{f0: #{}}}}", "#{f3: #{f16: #{f0: 1}}}", all),
    ] {
        let program = |value: &str| {
            Program::offline().file("code.rhai", format!("typed({value}, parse_json(`{schema}`)); \"ok\""))
        };
        program(value).args(["run", "code.rhai", "-q"]).run().ok().prints("ok\n");
        program(wrong).args(["run", "code.rhai", "-q"]).run().code(1).says("is not of type \"object\"");
    }
}

#[test]
fn what_only_looks_like_a_deep_schema_is_soon_read() {
    let mut form = json!({"bogus": 1});
    for _ in 0..60 {
        form = json!({"items": form});
    }
    let code = format!("typed(1, parse_json(`{form}`))");
    Program::offline().args(["eval", &code, "-q"]).run().code(1).says("1 is not of type \"object\"");
}

#[test]
fn the_offline_engine_gives_up_a_form_that_needs_itself_in_many_fields() {
    let names = ["a", "b", "c", "d", "e", "f"];
    let fields: Value = names.iter().map(|name| ((*name).to_owned(), json!({"$ref": "#"}))).collect();
    let schema = json!({"type": "object", "properties": fields, "required": names}).to_string();
    let program = Program::offline().file("a.txt", "The harbour opened in 1884.\n");
    let ran = program.args(["ask", "When did it open?", "--schema", &schema, "-c", "a.txt"]).run().code(3);
    ran.says("the offline engine quotes, it does not judge: it cannot fill `");
}

#[test]
fn a_child_ends_with_a_value_of_the_schema() {
    let server = ChatServer::new(|ask| match (ask.messages()[1].1.contains("# Task\nparent"), ask.turn()) {
        (true, _) => Reply::code(
            "context.head(1);\nlet r = rlm(\"child\", context, #{schema: #{year: \"int\", share: \"float\"}});\nFINAL(`${type_of(r.year)} ${type_of(r.share)} ${r.share}`)",
        ),
        (false, 1) => Reply::code("context.head(1);\nFINAL(#{year: \"1884\"})"),
        (false, 2) => Reply::code("FINAL(`{\"year\": 1884.0, \"share\": 1}`)"),
        _ => Reply::text("?"),
    });
    let text = "It opened in 1884.\n".repeat(4_000);
    let program = Program::paying(&server).file("a.log", text);
    let ran = program.args(["ask", "parent", "-c", "a.log"]).run().ok().prints("i64 f64 1.0\n");
    ran.says("FINAL refused: the value does not match the schema");
    let asks = server.asks();
    assert!(
        asks[1].messages()[1].1.contains("FINAL must be given a value that matches this JSON Schema"),
        "{}",
        asks[1].messages()[1].1
    );
    assert!(asks[2].last().contains("\"share\" is a required property"), "{}", asks[2].last());
}

#[test]
fn a_small_child_is_one_typed_call() {
    let server = answering(&["{\"year\": 1884}"]);
    let code = "rlm(\"When?\", \"It opened in 1884.\", #{schema: #{year: \"float\"}}).year";
    Program::paying(&server).args(["eval", code, "-q"]).run().ok().prints("1884.0\n");
    assert!(server.asks()[0].last().contains("Answer with JSON only"), "{}", server.asks()[0].last());
}

#[test]
fn the_offline_engine_fills_what_it_can_quote_and_nothing_else() {
    let program =
        Program::offline().file("a.txt", "The harbour opened in 1884.\n").file("bill.csv", "item,sum\nlamp,40\n");
    let code = "let r = llm(\"When did it open?\\n\\n\" + context.text(), #{schema: #{year: \"int\", said: \"string\", tags: [\"string\"]}}); `${r.year} ${r.said} ${r.tags}`";
    let said = "1884 The harbour opened in 1884. [\"The harbour opened in 1884.\"]\n";
    program.args(["eval", code, "-c", "a.txt", "-q"]).run().ok().prints(said);
    for (prompt, schema, place) in [
        ("What is the sentiment of: I hate it", "\"good|bad\"", "the answer (enum)"),
        ("How old is Bob?", "#{age: \"int\"}", "`age` (int)"),
        ("How many percent? The rate is 50%.", "\"float\"", "the answer (float)"),
        ("Is 7 prime?", "#{prime: \"bool\", why: \"string\"}", "`prime` (bool)"),
        ("When did it open? It opened in 1884.", "#{year: \"int\", sure: \"float 0..1\"}", "`sure` (float)"),
    ] {
        let code = format!("llm(\"{prompt}\", #{{schema: {schema}}})");
        let what = format!("the offline engine quotes, it does not judge: it cannot fill {place}");
        let ran = program.args(["eval", &code, "-q"]).run().code(3).prints("");
        ran.says(&what).says("hint: for a model set OPENAI_API_KEY, OPENAI_BASE_URL or OLLAMA_HOST");
        let caught = format!("let kind = \"\"; try {{ {code} }} catch (e) {{ kind = e.kind }} kind");
        program.args(["eval", &caught, "-q"]).run().ok().prints("no_model\n");
    }
    let ran = program.args(["ask", "x", "--schema", "{\"total\": \"int\"}", "-c", "bill.csv"]).run().code(3);
    ran.prints("").says("it cannot fill `total` (int)");
    let router = std::fs::read_to_string("examples/pipelines/04_triage_router.yaml").expect("an example");
    let program = program.file("triage.yaml", router);
    let ran = program.args(["run", "triage.yaml", "message=My invoice is wrong."]).run().code(3);
    ran.says("it cannot fill `kind` (enum)");
}

#[test]
fn the_offline_engine_gives_a_text_or_a_count_and_says_at_once_that_it_makes_no_other_form() {
    let log = "GET /index 200\nerror: disk full\n".repeat(2_000);
    let program = Program::offline().file("server.log", log);
    let ask = |question: &str, schema: &str| {
        program.args(["ask", question, "-c", "server.log", "--schema", schema, "-m", "offline", "--json"]).run()
    };
    for (question, schema, answer) in [
        ("How many rows", r#"{"total": "int"}"#, json!({"total": 4_000})),
        ("How many lines contain \"error\"?", "\"int\"", json!(2_000)),
    ] {
        let document = ask(question, schema).ok().json();
        assert_eq!((&document["answer"], &document["turns"]), (&answer, &json!(1)), "{document:#}");
    }
    let said = ask("Which disk is full?", r#"{"said": "string"}"#).ok().json();
    assert!(said["answer"]["said"].as_str().is_some_and(|text| text.contains("error: disk full")), "{said:#}");
    for (question, schema) in [
        ("How many rows", r#"{"total": "int", "share": "float 0..1"}"#),
        ("How many rows", r#"["string"]"#),
        ("Which disk is full?", r#"{"total": "int"}"#),
    ] {
        let ran = ask(question, schema).code(3);
        let document = ran.json();
        assert_eq!((&document["turns"], &document["failure"]["kind"]), (&json!(1), &json!("no_model")), "{document:#}");
        ran.says("the offline engine only quotes and counts").says("OPENAI_BASE_URL");
    }
    let code = "llm(\"When did it open?\\n\\nIt opened in 1884.\", #{schema: #{day: \"date\"}})";
    drop(program.args(["eval", code]).run().code(3).says("the offline engine only quotes and counts"));
}

#[test]
fn the_offline_engine_says_what_it_counted_where_there_is_none_of_what_was_asked() {
    let text = "The blue car and the green car were sold. A white car stayed.";
    let program = Program::offline().file("a.txt", text);
    let (asked, prompt) = ("How many red cars are there?", "\"How many red cars are there?\\n\\n\" + context.text()");
    let said = program.args(["eval", &format!("llm({prompt})"), "-c", "a.txt", "-q"]).run().ok().stdout;
    assert!(said.starts_with("3 matches of \"car\"; none of \"red car\"\n"), "{said}");
    let said = program.args(["ask", asked, "--recursive", "-c", "a.txt"]).run().ok().stdout;
    let loosely = "3 matches of \"car\", in any case and as part of a word too; none of \"red car\"\n";
    assert!(said.starts_with(loosely), "{said}");
    // A number alone would claim that they are red.
    let typed = format!("llm({prompt}, #{{schema: #{{n: \"int\"}}}})");
    let ran = program.args(["eval", &typed, "-c", "a.txt"]).run().code(3).prints("");
    ran.says("it cannot fill `n` (int)");
}
