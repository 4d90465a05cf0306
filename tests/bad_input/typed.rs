//! Files, flags, names and configurations that are wrong, and scripts that are.

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;

fn project() -> Program {
    Program::offline().file("harbour.txt", "The harbour opened in 1884.\n")
}

#[test]
fn files_that_are_not_there() {
    let program = project().file("empty/.hidden", "");
    program.args(["ask", "q", "--context", "harbuor.txt"]).run().code(1).snapshot("bad_file_missing");
    program.args(["ask", "q", "--context", "nowhere/at/all.txt"]).run().code(1).snapshot("bad_file_folder");
    program.args(["ask", "q", "--context", "*.pdf"]).run().code(1).snapshot("bad_file_glob");
    program.args(["ask", "q", "--context", "empty"]).run().code(1).snapshot("bad_file_empty_folder");
}

#[test]
fn an_empty_path_is_not_the_whole_folder() {
    for args in [&["ask", "q", "--context", ""][..], &["eval", "1", "-c", "harbour.txt", "-c", ""], &["-c", ""]] {
        let ran = project().list(args).run().code(2).prints("");
        ran.says("an empty path names nothing").says("hint: a variable of the shell may be unset");
    }
}

#[test]
fn files_that_cannot_be_read() {
    let program = project().file("scan.pdf", "%PDF-1.7\n\0\0").file("data.bin", b"a\0b\0c");
    let _socket = UnixListener::bind(program.project().join("pipe.sock")).expect("a socket");
    program.args(["ask", "q", "--context", "pipe.sock"]).run().code(1).snapshot("bad_file_socket");
    program.args(["ask", "q", "--context", "scan.pdf"]).run().code(1).snapshot("bad_file_pdf");
    program.args(["ask", "q", "--context", "data.bin"]).run().code(1).snapshot("bad_file_binary");
}

#[test]
fn a_file_without_leave_to_read_says_so() {
    let program = project();
    let file = program.project().join("harbour.txt");
    std::fs::set_permissions(&file, Permissions::from_mode(0o000)).expect("a mode");
    let ran = program.args(["eval", "context.len", "--context", "harbour.txt"]).run();
    // To who may read everything, as root, such a file is one like any other.
    if std::fs::read(&file).is_ok() {
        ran.ok().prints("28\n");
    } else {
        ran.code(1).says("cannot open ").says("harbour.txt: Permission denied").says("hint: `ls -ld` shows");
    }
}

#[test]
fn a_folder_without_leave_to_read_is_not_called_empty() {
    let program = project().file("notes/open.txt", "one").file("notes/closed/two.txt", "two");
    let closed = program.project().join("notes/closed");
    std::fs::set_permissions(&closed, Permissions::from_mode(0o000)).expect("a mode");
    let over = |path: &str| program.args(["eval", "context.len", "--context", path]).run();
    let (alone, among) = (over("notes/closed"), over("notes"));
    let is_root = std::fs::read_dir(&closed).is_ok();
    std::fs::set_permissions(&closed, Permissions::from_mode(0o700)).expect("a mode");
    if is_root {
        alone.ok().prints("3\n");
        among.ok().prints("6\n");
    } else {
        alone.code(1).says("error: cannot read [project]/notes/closed: permission denied").says("hint: `ls -ld` shows");
        among.ok().prints("3\n").says("skipped notes/closed: Permission denied");
    }
}

#[test]
fn invalid_unicode_is_readable() {
    let program = Program::offline().file("latin.txt", b"caf\xe9 au lait\nsecond\n");
    program
        .args(["eval", "print(context.line(1)); context.len", "-c", "latin.txt"])
        .run()
        .ok()
        .prints("caf\u{fffd} au lait\n20\n");
}

#[test]
fn names_that_nobody_knows() {
    let program = project();
    program.args(["ask", "q", "--model", "nowhere/big"]).run().code(2).snapshot("bad_model");
    program.args(["ask", "q", "--role", "archtect"]).run().code(2).snapshot("bad_role");
    program.args(["eval", "llm(\"q\", #{role: \"boss\"})"]).run().code(1).snapshot("bad_role_in_script");
    program.args(["eval", "TOOL(\"raed_file\", #{path: \"a\"})"]).run().code(1).snapshot("bad_tool");
    program.args(["eval", "SCRIPT(\"grep_reprot\")"]).run().code(1).snapshot("bad_script");
    program.args(["eval", "context.doc(\"harbuor.txt\")", "-c", "harbour.txt"]).run().code(1).snapshot("bad_document");
    program.args(["ask", "q", "--modle", "x"]).run().code(2).snapshot("bad_flag");
}

#[test]
fn a_configuration_is_read_to_its_end() {
    let text = "model = 3\nmodle = \"x\"\n\n[limits]\nmax_cost = \"cheap\"\nmax_turns = -2\n\n[models.big]\nprovider = \"opneai\"\n\
        base_ulr = \"http://127.0.0.1:1/v1\"\n\n[tools]\napprove = \"sometimes\"\n\n[colours]\nred = true\n";
    project().file("rhizo.toml", text).args(["eval", "1"]).run().code(3).snapshot("bad_config");
}

#[test]
fn a_configuration_that_is_no_toml_has_positions_too() {
    let text = "model = \"x\nrole = \"worker\"\n[limits\nmax_calls = 1\n[tools]\napprove = \"no\"\n";
    project().file("rhizo.toml", text).args(["eval", "1"]).run().code(3).snapshot("bad_config_syntax");
}

#[test]
fn faults_of_all_sources_come_together() {
    let program = project().file("rhizo.toml", "[limits]\nmax_cals = 1\n");
    std::fs::create_dir_all(program.state()).expect("a folder");
    std::fs::write(program.state().join("config.toml"), "[memory]\nembedder = \"large\"\n").expect("a file");
    program.args(["eval", "1"]).env("RHIZO_APPROVE", "auto").run().code(3).snapshot("bad_config_sources");
}

#[test]
fn half_a_price_is_no_price() {
    let text = "model = \"a\"\n[models.a]\nbase_url = \"http://127.0.0.1:1/v1\"\ninput_price = 1.0\n";
    Program::new().file("rhizo.toml", text).args(["eval", "llm(\"x\")"]).run().code(3).snapshot("bad_price");
}

#[test]
fn scripts_that_do_not_work() {
    let program = project();
    let soon = |code: &str| program.args(["eval", code, "-q"]).env("RHIZO_COMPUTE_SECONDS", "0.3").run();
    soon("let x = [1, 2;\nprint(x)").code(1).snapshot("bad_script_syntax");
    soon("let n = 0;\nwhile true {\n    n += 1;\n}").code(124).snapshot("bad_script_endless");
    soon("let s = \"\";\ns.pad(2000000000, \"x\");").code(5).snapshot("bad_script_bomb");
    soon("fn down(n) {\n    down(n + 1)\n}\ndown(0)").code(5).snapshot("bad_script_recursion");
    soon("context.grep(\"(\")").code(1).snapshot("bad_script_pattern");
    soon("parse_json(\"{\")").code(1).snapshot("bad_script_json");
}

#[test]
fn a_file_is_only_taken_for_another_one_where_their_names_are_near() {
    let program = project().file("home/a.txt", "1");
    let ran = program.args(["eval", "1", "--context", "nope"]).run().code(1).does_not_say("did you mean");
    ran.says("there is no file or folder \"nope\"").says("has no entry of a similar name");
    program.args(["eval", "1", "--context", "hone"]).run().code(1).says("did you mean \"home\"?");
}

#[test]
fn nobody_is_there_to_answer() {
    let program = project();
    program
        .args(["eval", "let kept = 1; ask_user(\"Which one?\", [\"a\", \"b\"])"])
        .run()
        .code(6)
        .snapshot("bad_nobody");
    program.args(["eval", "TOOL(\"run_command\", #{command: \"ls\"})"]).run().code(6).snapshot("bad_nobody_tool");
    assert_eq!(program.args(["runs", "list", "--json"]).run().ok().json()[0]["status"], "waiting");
}

#[test]
fn a_limit_of_no_tokens_is_refused_before_anything_is_sent() {
    let server = ChatServer::new(|_| Reply::text("yes"));
    let program = Program::served_by(&server);
    for (call, name) in [
        ("llm(\"q\", #{max_tokens: 0})", "llm"),
        ("llm_batch([\"q\", \"r\"], #{max_tokens: 0})", "llm_batch"),
        ("rlm(\"q\", \"context\", #{max_tokens: 0})", "rlm"),
        ("rlm(\"q\", #{max_tokens: 0})", "rlm"),
        ("rlm_batch([\"q\"], #{max_tokens: 0})", "rlm_batch"),
        ("delegate(\"q\", #{max_tokens: 0})", "delegate"),
    ] {
        let ran = program.args(["eval", call]).run().code(1);
        ran.says(&format!("{name}: max_tokens must be more than 0")).says("hint: leave max_tokens out");
        let caught = format!("try {{ {call} }} catch (e) {{ print(e.kind) }}");
        program.args(["eval", &caught]).run().ok().prints("invalid\n");
    }
    program
        .args(["ask", "q", "--max-tokens", "0"])
        .run()
        .code(2)
        .says("--max-tokens: limits.max_tokens must be more than 0");
    let variable = program.args(["ask", "q"]).env("RHIZO_MAX_TOKENS", "0").run().code(3);
    variable.says("RHIZO_MAX_TOKENS: limits.max_tokens must be more than 0");
    for seconds in ["0", "0.0"] {
        let ran = program.args(["ask", "q", "--timeout", seconds]).run().code(2);
        ran.says("--timeout: limits.timeout must be more than 0, or left out");
    }
    let variable = program.args(["ask", "q"]).env("RHIZO_TIMEOUT", "0").run().code(3);
    variable.says("RHIZO_TIMEOUT: limits.timeout must be more than 0");
    for text in [
        "[limits]\nmax_tokens = 0\n",
        "[roles.worker]\nmax_tokens = 0\n",
        "[roles.worker.generation_defaults]\nmax_tokens = 0\n",
    ] {
        let program = Program::served_by(&server).file("rhizo.toml", text);
        program.args(["ask", "q"]).run().code(3).says("rhizo.toml:2:1: ").says("max_tokens must be more than 0");
    }
    assert_eq!(server.asks().len(), 0);
}

#[test]
fn options_of_a_call_that_cannot_be_meant_are_refused_before_anything_is_sent() {
    let server = ChatServer::new(|_| Reply::text("yes"));
    let program = Program::paying(&server);
    for (call, what) in [
        ("llm(\"q\", #{timeout: 0})", "timeout must be a positive number of seconds"),
        ("llm(\"q\", #{timeout: 0.0})", "timeout must be a positive number of seconds"),
        ("llm(\"q\", #{timeout: -1})", "timeout must be a positive number of seconds"),
        ("llm(\"q\", #{temperature: 9})", "llm: temperature must be from 0 to 2, not 9"),
        ("llm(\"q\", #{temperature: -0.5})", "llm: temperature must be from 0 to 2, not -0.5"),
        ("llm_batch([\"q\"], #{temperature: 2.1})", "llm_batch: temperature must be from 0 to 2, not 2.1"),
    ] {
        program.args(["eval", call]).run().code(1).says(what);
        let spends = format!("try {{ {call} }} catch (e) {{ print(e.kind) }} print(spent().calls)");
        program.args(["eval", &spends]).run().ok().prints("invalid\n0\n");
    }
    for given in [0, 1, 2] {
        program
            .args(["eval", &format!("llm(\"q\", #{{temperature: {given}, timeout: 60}})")])
            .run()
            .ok()
            .prints("yes\n");
    }
    assert_eq!(server.asks().len(), 3);
}
