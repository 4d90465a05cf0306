//! `rhizo run`: programs in files, with parameters, imports and a context.

use super::project;
use crate::support::program::Program;

#[test]
fn parameters_are_json_or_text() {
    let program =
        Program::offline().file("show.rhai", "print(type_of(args.n)); print(args.text); print(args.list); args.n + 1");
    let ran = program.args(["run", "show.rhai", "n=41", "text=plain words", "list=[1, \"b\"]", "--quiet"]).run().ok();
    ran.prints("i64\nplain words\n[1, \"b\"]\n42\n");
}

#[test]
fn a_missing_parameter_is_told_how_it_is_read() {
    for code in ["args.day ?? 1", "let d = args . day;", "args?.day", "args[\"day\"]", "fn f() { args.day }\nf()"] {
        let program = Program::offline().file("show.rhai", code);
        let ran = program.args(["run", "show.rhai", "year=2026"]).run().code(1);
        ran.says("the map has no field `day`")
            .says("hint: a parameter that may be missing is read by `args.get(\"day\")");
    }
    let others = Program::offline().file("show.rhai", "let my_args = #{}; my_args.day");
    others.args(["run", "show.rhai"]).run().code(1).says("hint: ask first: `\"day\" in map`");
    let program = Program::offline().file("show.rhai", "args.get(\"day\") ?? \"x\"");
    program.args(["run", "show.rhai", "year=2026"]).run().ok().prints("x\n");
}

#[test]
fn a_stored_program_runs_by_its_name_where_no_file_has_it() {
    let twice = "//! +++\n//! summary = \"Doubles.\"\n//! [params]\n//! n = \"a number\"\n//! +++\nimport \"by\" as by;\nargs.n * by::two()\n";
    let program = Program::offline().file("scripts/twice.rhai", twice).file("scripts/by.rhai", "fn two() { 2 }");
    program.args(["run", "twice", "n=21"]).run().ok().prints("42\n");
    program.args(["run", "twice"]).run().code(2).says("twice needs `n`: a number");
    program.args(["run", "nobody"]).run().code(1).says("or the name of a stored program; `rhizo scripts list`");
    let program = program.file("twice", "// Its own.\nargs.n * 3\n").file("notes.md", "# One\n\n## Two\n");
    program.args(["run", "twice", "n=21"]).run().ok().prints("63\n");
    // One that comes with rhizo has no file, and goes on without.
    let code = ["run", "outline", "max=1", "--context", "notes.md"];
    assert_eq!(program.args(code).run().ok().json()["total"], 1);
    program.args(["resume", "last"]).run().ok().says("had completed");
}

#[test]
fn a_parameter_may_hold_an_equals_sign() {
    let program = Program::offline().file("show.rhai", "args.rule");
    program.args(["run", "show.rhai", "rule=a=b"]).run().ok().prints("a=b\n");
}

#[test]
fn imports_come_from_the_programs_folder_and_the_stdlib() {
    let program = Program::offline()
        .file(
            "tools/main.rhai",
            "import \"double\" as d;\nimport \"text\" as text;\nprint(d::twice(21)); text::trimmed(\" a \")",
        )
        .file("tools/double.rhai", "fn twice(n) { n * 2 }")
        .file("double.rhai", "fn twice(n) { 0 }")
        .file("secret.rhai", "fn open() { 1 }");
    program.args(["run", "tools/main.rhai"]).run().ok().prints("42\na\n");
    let elsewhere = Program::offline()
        .file("tools/main.rhai", "import \"../secret\" as s;\ns::open()")
        .file("secret.rhai", "fn open() { 1 }");
    elsewhere.args(["run", "tools/main.rhai"]).run().code(1).says("there is no module `../secret`");
}

#[test]
fn a_program_sees_context_and_functions_see_it_too() {
    let program = project().file("count.rhai", "fn times(word) { context.count(word) }\ntimes(args.word)");
    program.args(["run", "count.rhai", "word=harbour", "--context", "harbour.txt"]).run().ok().prints("2\n");
}

#[test]
fn parameters_may_stand_behind_the_context() {
    let program = project()
        .file("count.rhai", "context.count(args.word) + args.more")
        .file("p.yaml", "inputs: {n: {type: integer}}\nsteps: {a: {set: {v: inputs.n}}}\n")
        .file("odd=name.txt", "harbour\n");
    let args = ["run", "count.rhai", "--context", "harbour.txt", "word=harbour", "odd=name.txt", "more=1"];
    program.list(&args).run().ok().prints("4\n");
    let args = ["run", "p.yaml", "--context", "harbour.txt", "n=5", "--json"];
    assert_eq!(program.args(args).run().ok().json()["answer"]["v"], 5);
    let ran = program.args(["run", "count.rhai", "--context", "no/such=path.txt"]).run().code(1);
    ran.says("there is no file or folder \"no/such=path.txt\"");
}

#[test]
fn what_may_be_a_missing_file_behind_the_context_is_no_parameter() {
    let program = project().file("echo.rhai", "print(args.data)").file("data=1.txt", "one\n");
    for (word, hint) in [
        ("data=2.txt", "hint: a parameter stands before --context; as a file: did you mean \"data=1.txt\"?"),
        ("data=in/x", "hint: a parameter stands before --context"),
        ("data=*", "hint: a parameter stands before --context"),
    ] {
        let ran = program.args(["run", "echo.rhai", "--context", "harbour.txt", word]).run().code(2).says(hint);
        ran.says(&format!("`{word}` after --context may be a file, which is not there, or the parameter `data`"));
        let value = word.trim_start_matches("data=");
        program.args(["run", "echo.rhai", word, "--context", "harbour.txt"]).run().ok().prints(&format!("{value}\n"));
    }
    program.args(["run", "echo.rhai", "--context", "data=2"]).run().code(2).says("or the parameter `data`");
    for value in ["2", "0.5", "https://example.com/a.txt", "see a.txt", "[\"a/b\"]"] {
        let word = format!("data={value}");
        let ran = program.args(["run", "echo.rhai", "--context", "harbour.txt", &word]).run().ok();
        ran.prints(&format!("{value}\n"));
    }
}

#[test]
fn a_program_without_parameters_has_empty_args() {
    let program = Program::offline().file("empty.rhai", "print(args.len()); args.get(\"x\") ?? \"absent\"");
    program.args(["run", "empty.rhai"]).run().ok().prints("0\nabsent\n");
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_program() {
    let program = Program::offline().file("a.rhai", "\u{feff}import \"b\" as b; b::one() + 1");
    let program = program.file("b.rhai", "\u{feff}fn one() { 1 }").file("c.rhai", "\u{feff}#!/usr/bin/env rhizo\n3");
    program.args(["run", "a.rhai"]).run().ok().prints("2\n");
    program.args(["run", "c.rhai"]).run().ok().prints("3\n");
    program.args(["run", "-"]).stdin("\u{feff}4").run().ok().prints("4\n");
    program.args(["run", "-"]).stdin(b"\"\xe4\"").run().code(1).says("hint: a program is text in UTF-8");
}

#[test]
fn faults_of_the_command_line_are_told() {
    let program =
        Program::offline().file("a.rhai", "1").file("flow.yaml", "steps: []").file("binary.rhai", b"let x = \"\xff\";");
    program.args(["run", "b.rhai"]).run().code(1).snapshot("run_missing_file");
    program.args(["run", "a.rhai", "word"]).run().code(2).snapshot("run_bad_parameter");
    program.args(["run", "a.rhai", "=5"]).run().code(2).prints("").says("`=5` is no parameter");
    let twice = program.args(["run", "a.rhai", "n=1", "n=2"]).run().code(2).prints("");
    twice.says("the parameter `n` is given more than once").says("hint: a parameter has one value");
    program.args(["run", "flow.yaml"]).run().code(1).snapshot("run_yaml");
    program.args(["run", "binary.rhai"]).run().code(1).snapshot("run_not_unicode");
    program.args(["run"]).run().code(2);
}

#[test]
fn the_front_matter_of_a_file_says_what_it_takes() {
    let front = "//! +++\n//! summary = \"Doubles.\"\n//! [params]\n//! x = \"int\"\n//! \"by?\" = \"int\"\n//! +++\n";
    let source = format!("{front}args.x * (args.get(\"by\") ?? 2)\n");
    let program = Program::offline().file("dbl.rhai", &source).file("bad.rhai", "//! +++\n//! +++\n1");
    for (args, told) in [
        (&["run", "dbl.rhai"][..], "dbl needs `x`: int"),
        (&["run", "dbl.rhai", "x=1", "bi=2"], "dbl has no parameter `bi`"),
    ] {
        program.list(args).run().code(2).prints("").says(told);
    }
    program.args(["run", "-", "by=1"]).stdin(&source).run().code(2).says("the program needs `x`: int");
    program.args(["run", "dbl.rhai", "x=21"]).run().ok().prints("42\n");
    program.args(["run", "dbl.rhai", "x=21", "by=3"]).run().ok().prints("63\n");
    program.args(["run", "dbl.rhai", "x=a"]).run().code(1);
    program.args(["resume", "last", "bi=2"]).run().code(2).says("dbl has no parameter `bi`");
    program.args(["run", "bad.rhai"]).run().code(3).says("the front matter of program `bad` is wrong");
}

#[test]
fn a_text_is_no_program_unless_it_begins_as_one() {
    let program = Program::offline()
        .file("a.txt", "hello there")
        .file("plain", "1 + 1")
        .file("tool", "#!/usr/bin/env rhizo run\n1 + 1")
        .file("sum.txt", "//! +++\n//! summary = \"One.\"\n//! +++\n1 + 1");
    for name in ["a.txt", "plain"] {
        let ran = program.args(["run", name]).run().code(1).prints("");
        ran.says(&format!("{name} is no program by its name")).says("hint: a program ends in .rhai");
    }
    for name in ["tool", "sum.txt"] {
        program.args(["run", name]).run().ok().prints("2\n");
    }
    program.args(["run", "-"]).stdin("1 + 1").run().ok().prints("2\n");
}

#[test]
fn what_is_missing_at_the_end_of_a_file_is_told_with_its_place() {
    for (code, row, line) in [
        ("let x = 5;\nif x > 3 {\n", 2, "if x > 3 {"),
        ("let x = 5;\nprint((1)\n\n  \n", 2, "print((1)"),
        ("let x =\n", 1, "let x ="),
    ] {
        let place = format!("   {row} | {line}\n     | {}^", " ".repeat(line.len()));
        let program = Program::offline().file("end.rhai", code);
        program.args(["run", "end.rhai"]).run().code(1).says(&place);
        let end = program.args(["run", "end.rhai", "--json"]).run().code(1).json();
        assert_eq!(end["failure"]["details"]["line"], row, "{code}");
    }
}

#[test]
fn errors_in_modules_name_the_module() {
    let program = Program::offline()
        .file("main.rhai", "import \"broken\" as b;\nb::f()")
        .file("broken.rhai", "fn f() { let x = ; }")
        .file("late.rhai", "import \"throws\" as t;\nt::f()")
        .file("throws.rhai", "fn f() {\n    throw \"no luck\";\n}");
    program.args(["run", "main.rhai", "--quiet"]).run().code(1).snapshot("run_module_syntax");
    program.args(["run", "late.rhai", "--quiet"]).run().code(1).snapshot("run_module_throws");
}
