//! What a root model is sent: the whole of the first two requests, and which inputs are not explored at all.

use super::long;
use crate::support::chat::{Ask, ChatServer, Reply};
use crate::support::program::Program;
use crate::support::snapshot;
use serde_json::json;

/// A request as text, its instructions apart.
fn shown(ask: &Ask) -> String {
    let mut rest = ask.body.clone();
    rest.as_object_mut().expect("an object").remove("messages");
    let messages = ask.messages().into_iter().map(|(speaker, text)| format!("=== {speaker}\n{text}\n"));
    format!("{rest:#}\n{}", messages.collect::<String>())
}

#[test]
fn the_first_two_requests_in_full() {
    let server = ChatServer::new(|ask| match ask.turn() {
        1 => Reply::code("let hits = context.grep(\"opened\");\nprint(hits[0].text);\nhits.len").usage(2_000, 30),
        _ => Reply::code("FINAL(hits[0].text)").usage(2_100, 20),
    });
    let program = Program::served_by(&server)
        .file("harbour.txt", "The harbour opened in 1884.\nIts lighthouse is 31 metres tall.\n")
        .file("fares.csv", "route,price\nnorth,4\n");
    let call = ["ask", "When did it open?", "-c", "harbour.txt", "fares.csv", "--recursive", "--max-calls", "9"];
    let ran = program.args(call).run().ok().prints("The harbour opened in 1884.\n");
    let asks = server.asks();
    assert_eq!(asks.len(), 2);
    snapshot::check("turn_1_request", &shown(&asks[0]));
    let second = shown(&asks[1]).replace(&asks[0].messages()[0].1, "[instructions]");
    snapshot::check("turn_2_request", &second);
    ran.snapshot_with("turn_progress", &[(server.host().as_str(), "[server]")]);
}

#[test]
fn the_prompt_of_a_run_begins_with_that_of_the_turn_before() {
    let server = ChatServer::root(&["print(1)", "print(2)", "print(3)", "FINAL(4)"], "");
    Program::served_by(&server).args(["ask", "q", "--recursive"]).run().ok().prints("4\n");
    let asks = server.asks();
    for pair in asks.windows(2) {
        let (before, after) = (pair[0].messages(), pair[1].messages());
        assert_eq!(after[..before.len()], before[..], "a provider can cache what it has read");
    }
}

#[test]
fn a_small_input_is_one_message() {
    let server = ChatServer::new(|_| Reply::text("In 1884."));
    let program = Program::served_by(&server).file("a.txt", "It opened in 1884.\n");
    let document = program.args(["ask", "When?", "-c", "a.txt", "--json"]).run().ok().json();
    assert_eq!(
        (&document["answer"], &document["turns"], &document["calls"]),
        (&json!("In 1884."), &json!(0), &json!(1))
    );
    let messages = server.asks()[0].messages();
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[0].0, "system");
    assert!(!messages[0].1.contains("several documents"), "there is one");
    let asked = "Question: When?\n\nText from a.txt (1 line):\nIt opened in 1884.\n";
    assert_eq!(messages[1], ("user".to_owned(), asked.to_owned()));
}

#[test]
fn several_small_inputs_are_one_message_in_which_each_has_its_name() {
    let server = ChatServer::new(|_| Reply::text("b.txt"));
    let program = Program::served_by(&server).file("in/a.txt", "\u{feff}Invoice\nDue 3 May").file("in/b.txt", "");
    let program = program.file("in/c.txt", "\u{feff}Invoice\nPaid\n");
    program.args(["ask", "Which is due?", "-c", "in"]).run().ok();
    let (a, b) = ("=== in/a.txt (2 lines) ===\nInvoice\nDue 3 May\n", "=== in/b.txt (0 lines) ===\n");
    let c = "=== in/c.txt (2 lines) ===\nInvoice\nPaid\n";
    let asked = format!("Question: Which is due?\n\nText from 3 documents:\n\n{a}\n{b}\n{c}");
    assert_eq!(server.asks()[0].last(), asked);
    let rules = server.asks()[0].messages()[0].1.clone();
    assert!(rules.contains("the answer. Where there are several documents, name those"), "{rules}");
    // From the second line of the first to the first line of the last.
    program.args(["eval", "rlm(\"q\", context.part(11, 31))", "-c", "in"]).run().ok();
    let (a, c) = ("=== in/a.txt, from line 2 (1 line) ===\nDue 3 May\n", "=== in/c.txt (1 line) ===\nInvoice\n");
    assert_eq!(server.asks()[1].last(), format!("Question: q\n\nText from 2 documents:\n\n{a}\n{c}"));
}

#[test]
fn the_headings_of_many_documents_count_for_what_fits_one_message() {
    let server = ChatServer::root(&["print(docs().len)", "FINAL(\"done\")"], "");
    let with = |program: Program, at: u32| program.file(&format!("in/{at}.txt"), "a");
    let program = (0..1_000).fold(Program::served_by(&server), with);
    let document = program.args(["ask", "q", "-c", "in", "--json"]).run().ok().json();
    assert_eq!((&document["turns"], &document["answer"]), (&json!(2), &json!("done")));
}

#[test]
fn without_a_context_the_question_is_all_that_is_sent() {
    let server = ChatServer::new(|_| Reply::text("Yes."));
    Program::served_by(&server).args(["ask", "Is it?"]).run().ok().prints("Yes.\n");
    assert_eq!(server.asks()[0].messages(), [("user".to_owned(), "Is it?".to_owned())]);
}

#[test]
fn a_long_input_is_explored_without_being_asked_to() {
    let server = ChatServer::root(&["print(context.count(\"log\"))", "FINAL(\"done\")"], "");
    let program = Program::served_by(&server).file("log.txt", long(1_000));
    let document = program.args(["ask", "q", "-c", "log.txt", "--json"]).run().ok().json();
    assert_eq!((&document["turns"], &document["answer"]), (&json!(2), &json!("done")));
}

#[test]
fn llm_sends_exactly_one_user_message() {
    let server = ChatServer::new(|ask| Reply::text(ask.last().to_uppercase()));
    let program = Program::served_by(&server);
    let code = "print(llm(\"plain\")); print(llm(\"with system\", #{system: \"Be brief.\", max_tokens: 7, temperature: 0.5, stop: [\"x\"]}))";
    program.args(["eval", code]).run().ok().prints("PLAIN\nWITH SYSTEM\n");
    let asks = server.asks();
    let pair = |speaker: &str, text: &str| (speaker.to_owned(), text.to_owned());
    assert_eq!(asks[0].messages(), [pair("user", "plain")]);
    assert_eq!(asks[1].messages(), [pair("system", "Be brief."), pair("user", "with system")]);
    assert_eq!(
        (&asks[1].body["max_tokens"], &asks[1].body["temperature"], &asks[1].body["stop"]),
        (&json!(7), &json!(0.5), &json!(["x"]))
    );
    assert_eq!((&asks[0].body["model"], &asks[0].body["stream"]), (&json!("small"), &json!(true)));
}

#[test]
fn a_typed_answer_is_checked_and_asked_for_again() {
    let server = ChatServer::new(|ask| match ask.number {
        0 => Reply::text("I would say nine."),
        1 => Reply::text("{\"score\": 9}"),
        _ => Reply::text("Here:\n```json\n{\"score\": 0.9}\n```"),
    });
    let code = "llm(\"How good?\", #{schema: #{score: \"float 0..1\"}}).score";
    Program::served_by(&server).args(["eval", code]).run().ok().prints("0.9\n");
    let asks = server.asks();
    assert_eq!(asks.len(), 3);
    assert!(asks[0].last().contains("JSON Schema"), "{}", asks[0].last());
    assert!(asks[1].last().contains("there is no JSON"), "{}", asks[1].last());
    assert!(asks[2].last().contains("9 is greater than"), "{}", asks[2].last());
    let server = ChatServer::new(|_| Reply::text("no"));
    let ran = Program::served_by(&server).args(["eval", code]).run();
    ran.code(1).says("does not match the schema").says("hint:");
    assert_eq!(server.asks().len(), 3);
}

#[test]
fn keys_and_roles_go_where_they_belong() {
    let server = ChatServer::new(|ask| Reply::text(ask.body["model"].as_str().unwrap_or_default()));
    let text = format!(
        "model = \"near\"\n[models.near]\nbase_url = \"{0}\"\nname = \"n\"\n[models.far]\nbase_url = \"{0}\"\nname = \"f\"\n\
         key_env = \"FAR_KEY\"\n[roles.expert]\nmodels = [\"far\"]\nsystem = \"You know it all.\"\nmax_tokens = 11\n",
        server.base_url()
    );
    let program = Program::new().file("rhizo.toml", text).env("FAR_KEY", "secret-of-far");
    program
        .args(["eval", "llm(\"a\") + llm(\"b\", #{role: \"expert\"}) + llm(\"c\", #{model: \"far\"})"])
        .run()
        .ok()
        .prints("nff\n");
    let asks = server.asks();
    let key = |number: usize| asks[number].key.clone();
    assert_eq!((key(0), key(1).as_deref(), key(2).as_deref()), (None, Some("secret-of-far"), Some("secret-of-far")));
    assert_eq!((&asks[1].body["max_tokens"], asks[1].messages()[0].1.as_str()), (&json!(11), "You know it all."));
    let run = program.args(["runs", "list", "--json"]).run().ok().json()[0]["id"].as_str().expect("an id").to_owned();
    assert!(!program.args(["runs", "export", &run]).run().ok().stdout.contains("secret-of-far"));
}

#[test]
fn similar_runs_give_hints() {
    let server = ChatServer::root(&["context.head(10)", "FINAL(\"ok\")"], "");
    // By itself one run in ten is kept without hints.
    let program = Program::served_by(&server).file("log.txt", long(2_000)).env("RHIZO_MEMORY_OFF_SHARE", "0");
    let lesson = "remember(#{situation: \"which line of the log says something of interest\", lesson: \"grep for Line 7\", outcome: \"success\"})";
    program.args(["eval", lesson]).run().ok();
    program.args(["ask", "which line of the log says something of interest?", "-c", "log.txt"]).run().ok();
    let first = server.asks()[0].messages()[1].1.clone();
    assert!(first.contains("# Memory") && first.contains("worked: grep for Line 7"), "{first}");
}
