//! What a server, a gateway or a file of prices writes may be aimed at the person in front of the screen, or repeat what
//! nobody shall see.

use crate::repl::terminal::Terminal;
use crate::support::chat::{Ask, ChatServer, Reply};
use crate::support::program::Program;
use crate::support::server;
use serde_json::json;

/// Clears the screen, sets the title, and colours what follows; the last in one character.
const TRICKS: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m";
const SHOWN: &str = "\\u{1b}[2J\\u{1b}]0;owned\\u{7}\\u{9b}31m";

fn served(server: &ChatServer, more: &str) -> Program {
    let text = format!("model = \"far\"\n[models.far]\nbase_url = \"{}\"\n{more}", server.base_url());
    Program::new().file("rhizo.toml", text)
}

#[track_caller]
fn harmless(text: &str) {
    for trick in ["\u{1b}[2J", "\u{1b}]0;", "\u{9b}", "\u{7}"] {
        assert!(!text.contains(trick), "{trick:?} in {text:?}");
    }
}

#[test]
fn an_answer_has_no_power_over_a_terminal_and_is_whole_in_a_pipe() {
    let answer = format!("yes{TRICKS} é\tno\u{e0041}");
    let told = answer.clone();
    let server = ChatServer::new(move |_| Reply::text(told.clone()));
    let program = served(&server, "");
    program.args(["ask", "q"]).run().ok().prints(&format!("{answer}\n"));
    let document = program.args(["ask", "q", "--json"]).run().ok().json();
    assert_eq!(document["answer"], answer);
    for args in [&["ask", "q"][..], &["eval", "llm(\"q\")"]] {
        let seen = Terminal::written(&program, args, &[]);
        assert!(seen.contains(&format!("yes{SHOWN} é")) && seen.contains("no\\u{e0041}"), "{seen:?}");
        harmless(&seen);
    }
    let seen = Terminal::written(&program, &["ask", "q", "--json", "-q"], &[]);
    harmless(&seen);
    let value: serde_json::Value = serde_json::from_str(&seen).expect("JSON on a terminal is JSON");
    assert_eq!(value["answer"], document["answer"]);
}

#[test]
fn an_answer_has_no_power_over_the_repl() {
    let server = ChatServer::new(|_| Reply::text(format!("yes{TRICKS}")));
    let program = served(&server, "");
    let mut terminal = Terminal::with(&program, &["repl"], 120, &[]);
    terminal.line("llm(\"q\")", &format!("out(1) = yes{SHOWN}"));
    terminal.line("print(llm(\"q\"))", &format!("yes{SHOWN}"));
    let raw = terminal.raw();
    assert!(!raw.contains("\u{1b}]0;") && !raw.contains('\u{9b}'), "{raw:?}");
}

#[test]
fn errors_and_names_have_no_power_either() {
    let server = ChatServer::with_pages(
        |_| Reply::refusal(400, &format!("no{TRICKS}")),
        |_| server::json(200, &json!({"data": [{"id": format!("evil{TRICKS}")}]})),
    );
    let program = served(&server, "");
    harmless(&program.args(["ask", "q"]).run().code(4).says(SHOWN).stderr);
    harmless(&Terminal::written(&program, &["ask", "q"], &[]));
    let remote = ["models", "list", "--remote"];
    let seen = Terminal::written(&program, &remote, &[]);
    assert!(seen.contains("evil"), "{seen:?}");
    harmless(&seen);
    let list = json!({format!("evil{TRICKS}"): {"litellm_provider": "openai", "mode": "chat",
        "input_cost_per_token": 1e-6, "output_cost_per_token": 1e-6, "max_input_tokens": 1000}});
    let program = program.file("prices.json", list.to_string());
    for args in [&["models", "prices", "--update", "prices.json"][..], &["models", "prices"], &["models", "list"]] {
        harmless(&Terminal::written(&program, args, &[]));
    }
}

#[test]
fn what_a_program_throws_does_not_begin_another_message() {
    let thrown = "throw \"x\\nerror: fake\\n\\nhint: none\"";
    let ran = Program::offline().args(["eval", thrown, "-q"]).run().code(1);
    ran.says("error: x\n  error: fake\n\n  hint: none");
}

#[test]
fn a_terminal_without_a_size_is_taken_for_one_of_80_columns() {
    let line = "stty cols 0; \"$0\" eval 'throw \"a message of several words\"'; \"$0\"";
    let program = Program::new().file("rhizo.toml", "model = \"offline\"\n");
    Terminal::below_shell(&program, line).see("error: a message of several words");
}

/// Repeats the head of the request in its error, as some gateways do.
fn echo(ask: &Ask) -> Reply {
    let headers: Vec<String> = ask.headers.iter().map(|(name, value)| format!("{name}={value}")).collect();
    Reply::refusal(400, &headers.join(" "))
}

#[test]
fn secrets_that_a_server_repeats_are_shown_nowhere() {
    let server = ChatServer::new(echo);
    let address = server.base_url().replace("://", "://robot:p%40ss-word@");
    for more in ["", "stream = false\n"] {
        let text = format!(
            "model = \"far\"\n[models.far]\nbase_url = \"{address}\"\n\
             headers = [\"X-Proxy-Token: hush-1\", \"X-Team: blueberries\", \"Cookie: session=c00kie\"]\n{more}"
        );
        let program = Program::new().file("rhizo.toml", text);
        let secrets = ["hush-1", "blueberries", "c00kie", "p%40ss-word", "p@ss-word", "cm9ib3Q6cEBzcy13b3Jk"];
        let mut seen = Vec::new();
        for args in [
            &["ask", "q"][..],
            &["ask", "q", "--json"],
            &["eval", "try { llm(\"q\") } catch (e) { print(e) }"],
            &["eval", "print(llm_batch([\"q\"]))"],
            &["logs", "--json"],
            &["runs", "list", "--json"],
            &["models", "test", "far"],
            &["models", "test", "far", "--json"],
            &["models", "show", "far"],
            &["models", "show", "far", "--json"],
            &["models", "list", "--json"],
            &["models", "list", "--remote"],
            &["models", "explain"],
            &["config", "show", "--json"],
            &["config", "show"],
            &["doctor"],
            &["doctor", "--json"],
        ] {
            let ran = program.list(args).run();
            seen.push((args.join(" "), format!("{}{}", ran.stdout, ran.stderr)));
        }
        assert!(seen[0].1.contains("x-proxy-token=***"), "{}", seen[0].1);
        for file in Program::files_below(&program.state()) {
            let bytes = std::fs::read(&file).unwrap_or_default();
            seen.push((file, String::from_utf8_lossy(&bytes).into_owned()));
        }
        for (what, text) in &seen {
            for secret in secrets {
                let at = text.find(secret);
                let around =
                    at.map(|at| text[..at].chars().rev().take(60).collect::<Vec<_>>().iter().rev().collect::<String>());
                assert_eq!(around, None, "{secret} in {what}");
            }
        }
        assert!(server.asks().iter().any(|ask| ask.header("authorization") == Some("Basic cm9ib3Q6cEBzcy13b3Jk")));
    }
}
