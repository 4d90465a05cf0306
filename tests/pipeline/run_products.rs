//! Files that steps write.

use super::accepted;
use crate::support::chat::{Ask, ChatServer, Reply};
use crate::support::program::Program;
use crate::support::server::Act;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Barrier;

fn read(program: &Program, path: &str) -> String {
    std::fs::read_to_string(program.project().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn the_suffix_decides_what_a_file_holds() {
    let text = "\
output_dir: out
steps:
  make:
    set:
      rows: '[#{a: 1, b: \"x,y\"}, #{a: 2, b: \"z\"}]'
      text: '\"# Title\\n\"'
      bytes: '[0, 255, 10]'
    products:
      make.rows: table.csv
      make.text: 'deep/{{ make.rows.len() }}.md'
      make.bytes: raw.bin
      make: all.json
";
    let program = Program::offline().file("p.yaml", text);
    program.args(["run", "p.yaml"]).run().ok();
    assert_eq!(read(&program, "out/table.csv"), "a,b\n1,\"x,y\"\n2,z\n");
    assert_eq!(read(&program, "out/deep/2.md"), "# Title\n");
    assert_eq!(std::fs::read(program.project().join("out/raw.bin")).expect("a file"), [0, 255, 10]);
    let all: Value = serde_json::from_str(&read(&program, "out/all.json")).expect("JSON");
    assert_eq!(all["rows"][1]["b"], "z");
    let left = Program::files_below(&program.project().join("out"));
    assert!(!left.iter().any(|path| path.ends_with(".tmp")), "{left:?}");
}

#[test]
fn a_file_is_replaced_as_a_whole() {
    let text = "output_dir: out\nsteps: {a: {set: {t: '\"new\"'}, products: {a.t: a.txt}}}\n";
    let program = Program::offline().file("p.yaml", text).file("out/a.txt", "a longer old text");
    program.args(["run", "p.yaml"]).run().ok();
    assert_eq!(read(&program, "out/a.txt"), "new");
}

#[test]
fn a_step_goes_before_a_var_of_its_name() {
    let server = ChatServer::new(|_| Reply::text("{\"note\": \"hi\", \"errors\": \"none\"}"));
    let text = "\
steps:
  note:
    llm: x
    vars: [note, errors]
    products: {note.note: note.md, note: note.json, errors: errors.txt}
";
    let program = Program::served_by(&server).file("p.yaml", text);
    program.args(["run", "p.yaml"]).run().ok();
    assert_eq!(read(&program, "output/note.md"), "hi");
    assert_eq!(read(&program, "output/errors.txt"), "none");
    assert!(read(&program, "output/note.json").contains("\"note\": \"hi\""));
}

#[test]
fn nothing_is_written_outside_of_the_output_folder() {
    let text = "\
inputs: {path: where}
output_dir: out
steps: {a: {set: {t: '\"x\"'}, products: {a.t: '{{ inputs.path }}'}}}
";
    let program = Program::offline().file("p.yaml", text).file("other/keep.txt", "kept");
    for path in ["../other/keep.txt", "/tmp/rhizo_product.txt", "b/../../other/keep.txt"] {
        let ran = program.args(["run", "p.yaml", &format!("path={path}"), "--json"]).run().code(1);
        assert_eq!(ran.json()["failure"]["kind"], "denied", "{path}");
    }
    std::fs::create_dir_all(program.project().join("out")).expect("a folder");
    std::os::unix::fs::symlink(program.project().join("other"), program.project().join("out/link")).expect("a link");
    program.args(["run", "p.yaml", "path=link/keep.txt"]).run().code(1).says("outside of the output folder");
    assert_eq!(read(&program, "other/keep.txt"), "kept");
    assert!(!Path::new("/tmp/rhizo_product.txt").exists());
}

#[test]
fn two_items_cannot_write_one_file_and_a_repeated_step_can() {
    let text = "\
output_dir: out
steps:
  all: {each: {in: [1, 2], max_parallel: 1, steps: {a: {set: {n: item}, products: {a.n: 'same{{ item / 3 }}.txt'}}}}}
";
    let program = Program::offline().file("p.yaml", text);
    program.args(["run", "p.yaml"]).run().code(1).says("`out/same0.txt` is written twice");
    let text = "\
output_dir: out
steps:
  grow:
    while:
      condition: iteration <= 3
      max_iterations: 5
      steps: {a: {set: {n: iteration}, products: {a.n: last.txt}}}
";
    let program = Program::offline().file("p.yaml", text);
    program.args(["run", "p.yaml"]).run().ok();
    assert_eq!(read(&program, "out/last.txt"), "3\n");
}

#[test]
fn two_products_of_a_step_cannot_be_one_file() {
    let text = "\
inputs: {n: {type: string}}
steps:
  a: {set: {p: 1, q: 2}, products: {a.p: x.txt, a.q: './{{ inputs.n }}.txt'}, retry: 1}
";
    let program = Program::offline().file("p.yaml", text);
    let ran = program.args(["run", "p.yaml", "n=x", "--json"]).run().code(1);
    assert_eq!(ran.json()["failure"]["kind"], "data", "{ran:?}");
    ran.says("`output/x.txt` is written twice by step `a`: for `a.p` and for `a.q`");
    assert_eq!(read(&program, "output/x.txt"), "1\n");
    program.args(["run", "p.yaml", "n=y"]).run().ok();
    assert_eq!(read(&program, "output/y.txt"), "2\n");
}

#[test]
fn who_allows_nothing_gets_no_files() {
    let server = ChatServer::new(|_| Reply::text("said"));
    let inner = "output_dir: out\nsteps: {a: {llm: x, products: {a: a.txt}}}\n";
    let outer = "steps:\n  first: {llm: y}\n  then: {dependencies: [first], pipeline: {path: inner.yaml}}\n";
    let program = Program::served_by(&server).file("inner.yaml", inner).file("outer.yaml", outer);
    for file in ["inner.yaml", "outer.yaml"] {
        let ran = program.args(["run", file, "--approve", "never"]).run().code(1);
        ran.says("step `a` writes files, which is not allowed");
    }
    assert!(server.asks().is_empty(), "nobody pays for what cannot be kept");
    assert!(!program.project().join("out/a.txt").exists());
}

#[test]
fn a_path_means_the_same_where_it_is_checked_and_where_it_is_written() {
    let text = "\
steps:
  a:
    set: {t: '\"x\"'}
    products:
      a.t: A.MD
      'a.t + \"y\"': ' b.txt '
      a: |
        ./deep/c.JSON
";
    let program = Program::offline().file("p.yaml", text);
    program.args(["run", "p.yaml"]).run().ok();
    assert_eq!(read(&program, "output/A.MD"), "x");
    assert_eq!(read(&program, "output/b.txt"), "xy");
    assert_eq!(read(&program, "output/deep/c.JSON"), "{\n  \"t\": \"x\"\n}\n");
}

#[test]
fn what_would_be_refused_in_any_case_is_told_before_anything_is_paid() {
    let text = |path: &str| {
        "inputs: {n: {}}\nsteps: {a: {llm: x, products: {a: PATH}}}\n".replace("PATH", &format!("'{path}'"))
    };
    for (path, what) in [
        ("../{{ inputs.n }}.md", "a product lies below output_dir, and `../{{inputs.n}}.md` does not"),
        (" ../{{ inputs.n }}", "a product lies below output_dir, and `../{{inputs.n}}` does not"),
        ("/tmp/{{ inputs.n }}.md", "a product lies below output_dir, and `/tmp/{{inputs.n}}.md` does not"),
        ("{{ inputs.n }}/../a.md", "a product lies below output_dir, and `{{inputs.n}}/../a.md` does not"),
        ("a.md/", "the product `a.md/` names no file"),
        ("{{ inputs.n }}/", "the product `{{inputs.n}}/` names no file"),
        ("{{ inputs.n }}.exe ", "a product ends in .json, .csv, .md, .txt, .bin, not in `.exe`"),
    ] {
        let program = Program::offline().file("p.yaml", text(path));
        program.args(["pipeline", "validate", "p.yaml"]).run().code(1).says(what);
    }
    let folder = format!("output_dir: 'out/{{{{ inputs.n }}}}'\n{}", text("a.md"));
    let ran = Program::offline().file("p.yaml", folder).args(["pipeline", "validate", "p.yaml"]).run().code(1);
    ran.says(
        "p.yaml:1:13: output_dir is the same in every run, and nothing is put into `out/{{ inputs.n }}`; put what",
    );
    for path in ["..{{ inputs.n }}.md", "{{ inputs.n }}", "{{ inputs.n }}{{ inputs.n }} ", "a.{{ inputs.n }}"] {
        accepted(&text(path));
    }
}

const EACH: &str = "steps: {all: {each: {in: [1, 2], steps: {c: {pipeline: child.yaml, inputs: {n: INPUT}}}}}}\n";
const TWICE: &str =
    "steps: {a: {pipeline: child.yaml, inputs: {n: 1}}, b: {pipeline: child.yaml, inputs: {n: INPUT}}}\n";
const PARENT: &str = "\
output_dir: output/deep
steps:
  w: {set: {n: 1}, products: {w: 1.json}}
  c: {pipeline: child.yaml, inputs: {n: 1}, dependencies: [w]}
";
const CHILD: &str = "inputs: {n: {type: integer}}\nsteps: {s: {set: {n: inputs.n}, products: {s: PATH}}}\n";

/// A pipeline `p.yaml` beside one that it calls, which writes its input to this path.
fn calling(parent: &str, path: &str) -> Program {
    Program::offline().file("child.yaml", CHILD.replace("PATH", path)).file("p.yaml", parent)
}

#[test]
fn pipelines_that_are_called_have_paths_of_their_own() {
    let before = "steps: {c: {pipeline: child.yaml, inputs: {n: 1}}, w: {set: {n: 1}, products: {w: 1.json}}}\n";
    for (parent, path, what) in [
        (
            EACH.replace("INPUT", "'{{ item }}'"),
            "1.json",
            "every item would write `output/1.json`, a product of `child.yaml`: put what tells them apart into it, as \
             `{{ inputs.NAME }}`",
        ),
        (
            EACH.replace("INPUT", "7"),
            "'{{ inputs.n }}.json'",
            "every item would write `output/{{inputs.n}}.json`, a product of `child.yaml`: ",
        ),
        (
            TWICE.replace("INPUT", "2"),
            "1.json",
            "step `a` writes `output/1.json` too, a product of `child.yaml`: give each its own path",
        ),
        (
            PARENT.to_owned(),
            "./deep/1.json",
            "step `w` writes `output/deep/1.json` too, a product of `child.yaml`: give each its own path",
        ),
        (before.to_owned(), "1.json", "step `c` writes `1.json` too: give each its own path"),
    ] {
        calling(&parent, path).args(["pipeline", "validate", "p.yaml"]).run().code(1).says(what);
    }
    for (parent, path, file) in [
        (EACH.replace("INPUT", "'{{ item }}'"), "'{{ inputs.n }}.json'", "output/2.json"),
        (TWICE.replace("INPUT", "2"), "'{{ inputs.n }}.json'", "output/2.json"),
        (PARENT.to_owned(), "1.json", "output/deep/1.json"),
    ] {
        let program = calling(&parent, path);
        program.args(["run", "p.yaml"]).run().ok();
        read(&program, file);
    }
}

#[test]
fn where_files_were_written_is_told() {
    let program = calling(&TWICE.replace("INPUT", "2"), "'{{ inputs.n }}.json'");
    let ran = program.args(["run", "p.yaml", "--json"]).run().ok().says("wrote output/1.json, output/2.json\n");
    let names = json!(["output/1.json", "output/2.json"]);
    assert_eq!(ran.json()["products"], names, "{ran:?}");
    program.args(["run", "p.yaml", "-q"]).run().ok().does_not_say("wrote");
    assert_eq!(program.args(["resume", "last", "--json"]).run().ok().json()["products"], names);
    let shown = program.args(["runs", "show", "last"]).run().ok().stdout;
    assert!(shown.contains("wrote   output/1.json\nwrote   output/2.json\n"), "{shown}");
    let calls: Vec<&str> = shown.lines().filter(|line| line.contains(" write_file · {")).collect();
    assert!(calls.len() == 2 && calls[0].contains("\"path\":\"output/"), "{shown}");
    assert_eq!(program.args(["eval", "1", "--json"]).run().ok().json()["products"], json!(null));
}

#[test]
fn what_one_pipeline_of_a_run_wrote_is_known_to_the_others() {
    for (parent, path) in [
        (EACH.replace("INPUT", "'{{ item / 3 }}'"), "'{{ inputs.n }}.json'"),
        (TWICE.replace("INPUT", "1"), "'{{ inputs.n }}.json'"),
        (PARENT.to_owned(), "'deep/{{ inputs.n }}.json'"),
    ] {
        let document = calling(&parent, path).args(["run", "p.yaml", "--json"]).run().code(1).json();
        assert_eq!(document["failure"]["kind"], "data", "{document:#}");
        let message = document["failure"]["message"].as_str().expect("a message");
        assert!(message.contains(".json` is written twice: at root/step:"), "{message}");
    }
}

#[test]
fn a_pipeline_that_is_called_again_writes_its_file_again() {
    let text = "\
steps:
  grow:
    while:
      condition: iteration <= 3
      max_iterations: 5
      steps: {c: {pipeline: child.yaml, inputs: {n: '{{ iteration }}'}}}
";
    let program = calling(text, "last.json");
    program.args(["run", "p.yaml"]).run().ok();
    assert_eq!(read(&program, "output/last.json"), "{\n  \"n\": 3\n}\n");
    let text = "steps: {c: {pipeline: child.yaml, inputs: {n: 1}, max_visits: 2, on_success: retry}}\n";
    let document = calling(text, "last.json").args(["run", "p.yaml", "--json"]).run().code(1).json();
    assert_eq!(document["failure"]["kind"], "loop_exhausted", "{document:#}");
    let fails = "\
steps:
  s: {set: {n: 1}, products: {s: last.json}}
  t: {tool: calculate, args: {expression: 1 / 0}, dependencies: [s]}
";
    let text = "\
steps:
  c: {pipeline: child.yaml, retry: 2, on_failure: continue}
  told: {set: {kind: errors.c?.kind}}
";
    let program = Program::offline().file("child.yaml", fails).file("p.yaml", text);
    let document = program.args(["run", "p.yaml", "--json"]).run().ok().json();
    assert_eq!(document["answer"], json!({"kind": "invalid"}));
}

#[test]
fn a_run_that_goes_on_writes_the_files_of_what_it_calls_again() {
    let text = "\
steps:
  c: {pipeline: child.yaml, inputs: {n: 1}}
  may: {ask: {prompt: Publish?, choices: ['yes', 'no']}, dependencies: [c]}
";
    let program = calling(text, "a.json");
    let document = program.args(["run", "p.yaml", "--json"]).run().code(6).json();
    let id = document["run"].as_str().expect("an id");
    program.args(["runs", "answer", id, "may", "yes"]).run().ok();
    program.args(["resume", id]).run().ok();
    assert_eq!(read(&program, "output/a.json"), "{\n  \"n\": 1\n}\n");
}

#[test]
fn a_tool_and_a_program_that_are_pipelines_share_the_paths_of_the_step() {
    let script = "\
//! +++
//! summary = \"Writes twice.\"
//! +++
PIPELINE(\"child\", #{n: 1});
PIPELINE(\"child\", #{n: 2})
";
    let text = CHILD.replace("PATH", "a.json");
    let program = Program::offline().file("pipelines/child.yaml", text).file("scripts/twice.rhai", script);
    for step in ["{tool: child, args: {n: 2}}", "{script: twice}"] {
        let alone = format!("steps: {{c: {step}}}\n");
        let many = format!("steps: {{all: {{each: {{in: [1, 2], max_parallel: 1, steps: {{c: {step}}}}}}}}}\n");
        for (name, text) in [("alone.yaml", &alone), ("many.yaml", &many)] {
            std::fs::write(program.project().join(name), text).expect("a file");
        }
        program.args(["run", "alone.yaml", "--approve", "auto"]).run().ok();
        assert_eq!(read(&program, "output/a.json"), "{\n  \"n\": 2\n}\n");
        let ran = program.args(["run", "many.yaml", "--approve", "auto"]).run().code(1);
        ran.says("`output/a.json` is written twice");
    }
    // Outside of a pipeline it is the script that knows what it does.
    program.args(["eval", &script.replace("//! ", "// "), "--approve", "auto"]).run().ok();
}

#[test]
fn items_that_a_script_works_on_at_once_write_no_file_of_each_other() {
    let program = Program::offline()
        .file("child.yaml", CHILD.replace("PATH", "a.json"))
        .file("other.yaml", "steps: {t: {set: {n: 3}, products: {t: a.json}}}\n");
    let answer = |code: &str| program.args(["eval", code, "--approve", "auto", "--json"]).run().ok().json();
    for concurrency in [1, 2] {
        let code = format!(
            "let all = par_map([1, 2], |n| PIPELINE(\"child.yaml\", #{{n: n}}), #{{concurrency: {concurrency}}}); \
             all.filter(|one| \"kind\" in one).map(|one| one.message)"
        );
        let told = answer(&code)["answer"].clone();
        let message = told[0].as_str().expect("a message");
        assert!(message.contains("`output/a.json` is written twice: at root/"), "{told}");
        assert_eq!(told.as_array().map(Vec::len), Some(1), "{told}");
    }
    // What comes one after another is free: pipelines of one item, and items of one call after those of another.
    let code = "\
let one = par_map([1, 2], |n| if n == 1 { PIPELINE(\"child.yaml\", #{n: n}); PIPELINE(\"other.yaml\") });
let two = par_map([1, 2], |n| if n == 2 { PIPELINE(\"child.yaml\", #{n: n}) });
[one[0].n, two[1].n]
";
    assert_eq!(answer(code)["answer"], json!([3, 2]));
    assert_eq!(read(&program, "output/a.json"), "{\n  \"n\": 2\n}\n");
}

/// Whether the root is asked whose task is `two`.
fn is_second(ask: &Ask) -> bool {
    ask.messages()[1].1.starts_with("# Task\ntwo\n")
}

/// What a root answers that looks into its context, writes its number by a pipeline, and ends with what came of it.
fn writes(ask: &Ask) -> Reply {
    let n = if is_second(ask) { 2 } else { 1 };
    Reply::code(&format!(
        "context.head(1);\nlet told = \"wrote\";\n\
         try {{ PIPELINE(\"child.yaml\", #{{n: {n}}}) }} catch (e) {{ told = e.message }}\nFINAL(told)"
    ))
}

/// A program with that pipeline, and with a context that a root looks into.
fn with_children(server: &ChatServer) -> Program {
    let long = "Nothing of interest to anybody.\n".repeat(4_000);
    Program::paying(server).file("child.yaml", CHILD.replace("PATH", "a.json")).file("long.txt", long)
}

/// The second child of a list says that the first one has its file.
#[track_caller]
fn second_is_refused(told: &Value) {
    assert_eq!(told[0], "wrote", "{told:#}");
    let what = "`output/a.json` is written twice: at root/e1/pipeline/step:s of child run ";
    assert!(told[1].as_str().is_some_and(|message| message.contains(what)), "{told:#}");
}

#[test]
fn child_runs_that_run_at_once_write_no_file_of_each_other() {
    let server = ChatServer::new(writes);
    let each = "\
steps:
  all: {each: {in: [one, two], max_parallel: 1, steps: {c: {run: '{{ item }}'}}}}
outputs: {all: all}
";
    let again = "\
steps:
  again: {while: {condition: iteration <= 2, max_iterations: 3, steps: {c: {run: one}}}}
outputs: {last: again}
";
    let program = with_children(&server).file("each.yaml", each).file("again.yaml", again);
    let run = |first: &str, second: &str| {
        let ran = program.args([first, second, "-c", "long.txt", "--approve", "auto", "--json"]).run().ok();
        ran.json()["answer"].clone()
    };
    let batch = "rlm_batch([[\"one\", context], [\"two\", context]], #{concurrency: 1})";
    second_is_refused(&run("eval", batch));
    assert_eq!(read(&program, "output/a.json"), "{\n  \"n\": 1\n}\n");
    second_is_refused(&run("run", "each.yaml")["all"]);
    // One after another they may, and so may a step that is repeated.
    let both = run("eval", "[rlm(\"one\", context), rlm(\"two\", context)]");
    assert_eq!(both, json!(["wrote", "wrote"]));
    assert_eq!(read(&program, "output/a.json"), "{\n  \"n\": 2\n}\n");
    assert_eq!(run("run", "again.yaml"), json!({"last": "wrote"}));
}

#[test]
fn what_a_child_run_wrote_stays_its_own_when_its_parent_goes_on() {
    let held = AtomicBool::new(false);
    let server = ChatServer::new(move |ask| {
        let holds = is_second(ask) && !held.swap(true, Ordering::SeqCst);
        if holds { Reply::acts(vec![Act::Hold]) } else { writes(ask) }
    });
    let code = "rlm_batch([[\"one\", context], [\"two\", context]], #{concurrency: 1})";
    let program = with_children(&server).file("both.rhai", code);
    let running = program.args(["run", "both.rhai", "-c", "long.txt", "--approve", "auto"]).start();
    server.wait_for(2);
    running.kill();
    running.end();
    let ran = program.args(["resume", "last", "--approve", "auto", "--json"]).run().ok();
    second_is_refused(&ran.json()["answer"]);
    assert_eq!(read(&program, "output/a.json"), "{\n  \"n\": 1\n}\n");
}

#[test]
fn a_child_that_runs_again_may_write_its_file_in_another_step() {
    let held = AtomicBool::new(false);
    let server = ChatServer::new(move |ask| match ask.turn() {
        1 => Reply::code("context.head(1);\nPIPELINE(\"child.yaml\", #{n: 1});\nlet told = 1; told"),
        _ if !held.swap(true, Ordering::SeqCst) => Reply::acts(vec![Act::Hold]),
        _ => Reply::code("FINAL(\"done\")"),
    });
    let program = with_children(&server).file("one.rhai", "rlm(\"one\", context)");
    let running = program.args(["run", "one.rhai", "-c", "long.txt", "--approve", "auto"]).start();
    server.wait_for(2);
    running.kill();
    running.end();
    let edited = CHILD.replace("PATH", "a.json").replace("{s: ", "{t: ");
    let program = program.file("child.yaml", edited);
    program.args(["resume", "last", "--approve", "auto"]).run().ok().prints("done\n");
    assert_eq!(read(&program, "output/a.json"), "{\n  \"n\": 1\n}\n");
}

#[test]
fn whose_file_it_is_does_not_depend_on_who_is_faster_when_the_run_goes_on() {
    // The first item is answered once the second one has written.
    let (meeting, held) = (Arc::new(Barrier::new(2)), AtomicBool::new(false));
    let server = ChatServer::new(move |ask| match ask.last().as_str() {
        "after" if !held.swap(true, Ordering::SeqCst) => Reply::acts(vec![Act::Hold]),
        "after" => Reply::text("said"),
        _ => Reply::text("said").meets(&meeting),
    });
    let code = |concurrency: usize| {
        format!(
            "let all = par_map([0, 1], |n| if n == 1 {{ PIPELINE(\"child.yaml\", #{{n: 1}}); llm(\"wrote\") }} else {{
    llm(\"slow\");
    PIPELINE(\"child.yaml\", #{{n: 0}})
}}, #{{concurrency: {concurrency}}});
llm(\"after\");
all.map(|one| if \"kind\" in one {{ one.kind }} else {{ \"wrote\" }})"
        )
    };
    let program = with_children(&server).file("items.rhai", code(2));
    let running = program.args(["run", "items.rhai", "--approve", "auto"]).start();
    server.wait_for(3);
    running.kill();
    running.end();
    // Now the first item is at work alone, before the second one.
    std::fs::write(program.project().join("items.rhai"), code(1)).expect("a program");
    let ran = program.args(["resume", "last", "--approve", "auto", "--json"]).run().ok();
    assert_eq!(ran.json()["answer"], json!(["data", "wrote"]));
    assert_eq!(read(&program, "output/a.json"), "{\n  \"n\": 1\n}\n");
}

#[test]
fn paths_that_no_file_can_have_are_told_before_anything_is_paid() {
    let server = ChatServer::new(|_| Reply::text("paid"));
    let long = "n".repeat(256);
    for (first, second, what) in [
        ("x.txt", "x.txt/y.txt", "`x.txt/y.txt` and `output/x.txt` of step `a` cannot both be files"),
        ("x.txt/y.txt", "./x.txt", "`x.txt` and `output/x.txt/y.txt` of step `a` cannot both be files"),
        ("x.txt", "x.txt/{{ a }}.txt", "cannot both be files: one lies in the other"),
        ("x.txt", "\\0.txt", "the product \"\\0.txt\" contains a NUL byte"),
        ("x.txt", "LONG/{{ a }}.txt", "has a name of 256 bytes, at most 255"),
        ("x.txt", "LONG{{ a }}.txt", "has a name of 260 bytes, at most 255"),
    ] {
        let second = second.replace("LONG", &long);
        let text = format!(
            "steps:\n  a: {{llm: one, products: {{a: '{first}'}}}}\n  b: {{llm: two, products: {{b: \"{second}\"}}}}\n"
        );
        let program = Program::served_by(&server).file("p.yaml", text);
        program.args(["pipeline", "validate", "p.yaml"]).run().code(1).says("p.yaml has a fault").says(what);
        program.args(["run", "p.yaml"]).run().code(1).says(what);
    }
    assert_eq!(server.asks().len(), 0);
    accepted(
        "steps:\n  a: {set: {n: '1'}, products: {a: x.json, a.n: x.json.txt}}\n  \
         b: {set: {n: '2'}, products: {b: x/x.json}}\n",
    );
}

#[test]
fn what_makes_a_path_impossible_at_last_is_data() {
    let text = "\
inputs: {name: {type: string}}
steps: {a: {set: {n: '1'}, products: {a: '{{ inputs.name }}.json'}}}
";
    let program = Program::offline().file("p.yaml", text);
    let name = format!("name={}", "n".repeat(251));
    let document = program.args(["run", "p.yaml", name.as_str(), "--json"]).run().code(1).json();
    assert_eq!(document["failure"]["kind"], "data");
}
