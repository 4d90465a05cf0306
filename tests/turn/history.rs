//! What does not grow: prompts of long runs, and the store under a long context.

use super::long;
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use serde_json::json;

#[test]
fn a_long_history_is_compacted_before_it_fills_the_window() {
    let server = ChatServer::new(|ask| match ask.turn() {
        12 => Reply::code("FINAL(\"done\")"),
        turn => Reply::code(&format!("for i in 0..200 {{ print(`turn {turn} row ${{i}} of a long output`) }}")),
    });
    let text = format!("model = \"x\"\n[models.x]\nbase_url = \"{}\"\ncontext_window = 16000\n", server.base_url());
    let program = Program::new().file("rhizo.toml", text);
    program.args(["ask", "q", "--recursive"]).run().ok().prints("done\n");
    let asks = server.asks();
    assert_eq!(asks.len(), 12);
    let size = |number: usize| asks[number].messages().iter().map(|(_, text)| text.len()).sum::<usize>();
    for number in 0..12 {
        assert!(size(number) <= 2 * 16_000, "request {number} has {} bytes", size(number));
    }
    let last = asks[11].messages();
    assert!(
        last.iter().any(|(_, text)| text.starts_with("[shortened: earlier output; variables still hold it]")),
        "{last:#?}"
    );
    assert_eq!(last[..2], asks[0].messages()[..2], "instructions and task stay whole");
    assert!(last[last.len() - 1].1.contains("turn 11 row 199"), "the newest output stays whole");
}

#[test]
fn a_long_context_enters_neither_a_request_nor_the_store() {
    let marked = format!("{}The needle lies under the third stone.\n{}", long(45_000), long(45_000));
    assert!(marked.len() > 5_000_000);
    let server = ChatServer::new(|ask| match (ask.is_root(), ask.turn()) {
        (true, 1) => Reply::code("let hits = context.search(\"needle stone\", 3);\nprint(hits[0].text.len() < 5000);"),
        (true, 2) => Reply::code(
            "let said = llm_batch(hits.map(|h| \"Quote: \" + h.text));\nlet r = rlm(\"sub\", context.part(2400000, 2800000));",
        ),
        (true, _) => Reply::code("FINAL(said[0])"),
        (false, _) => Reply::text("under the third stone"),
    });
    let program = Program::served_by(&server).file("big.log", &marked);
    let document = program.args(["ask", "Where is the needle?", "-c", "big.log", "--json"]).run().ok().json();
    assert_eq!((&document["answer"], &document["status"]), (&json!("under the third stone"), &json!("completed")));
    for ask in server.asks() {
        let size = ask.body.to_string().len();
        assert!(size < 60_000, "request {} has {size} bytes", ask.number);
    }
    let stored: u64 = Program::files_below(&program.state())
        .iter()
        .filter(|name| name.contains("rhizo.db"))
        .map(|name| std::fs::metadata(name).expect("a file").len())
        .sum();
    assert!(stored < 1_500_000, "the store has {stored} bytes");
    let temporary: u64 =
        Program::files_below(&program.state().with_file_name("temporary")).len().try_into().expect("a number");
    assert_eq!(temporary, 0, "nothing is left in the folder of temporary files");
}

#[test]
fn a_prompt_that_cannot_fit_is_not_sent() {
    let server = ChatServer::new(|_| Reply::text("never"));
    let text = format!("model = \"x\"\n[models.x]\nbase_url = \"{}\"\ncontext_window = 1000\n", server.base_url());
    let program = Program::new().file("rhizo.toml", text);
    let ran = program.args(["eval", "let s = \"\"; s.pad(100000, \"x\"); llm(s)"]).run();
    ran.code(4).says("the prompt has about").says("hint: send pieces");
    let ran = program.args(["ask", &"why? ".repeat(2_000), "--recursive"]).run().code(4);
    ran.says("the prompt has about").says("hint: choose a root model with a larger window").does_not_say("send pieces");
    assert_eq!(server.asks().len(), 0);
}

#[test]
fn no_answer_is_asked_for_that_is_longer_than_its_model_gives() {
    let code = "FINAL(llm(\"q\", #{max_tokens: 20000}))";
    let server = ChatServer::new(move |ask| if ask.is_root() { Reply::code(code) } else { Reply::text("yes") });
    let prices = "input_price = 0.001\noutput_price = 1\n";
    let text = format!(
        "model = \"small\"\n[models.small]\nbase_url = \"{0}\"\ncontext_window = 8192\n{prices}\
         [models.brief]\nbase_url = \"{0}\"\nname = \"gpt-4o-2024-05-13\"\n{prices}\
         [models.vague]\nbase_url = \"{0}\"\n",
        server.base_url()
    );
    let program = Program::new().file("rhizo.toml", text);
    let most = |number: usize| server.asks()[number].body["max_tokens"].as_u64().expect("a limit");
    let ran = program.args(["ask", "q", "--recursive"]).run().ok().prints("yes\n");
    let prompt = server.asks()[0].messages().iter().map(|(_, text)| text.len() as u64).sum::<u64>();
    let room = most(0);
    assert!(room > 1_000 && room + prompt / 4 <= 8_192, "{room} after a prompt of {prompt} bytes");
    assert!((8_000..8_192).contains(&most(1)), "{}", most(1));
    ran.says(&format!("note: small has room for an answer of {room} tokens instead of 16384"));
    // No more is held back of the budget than can be used: 4,096 tokens and 320 behind them, at a thousand nano-USD each.
    let code = "llm(\"q\", #{model: \"brief\", max_tokens: 100000})";
    let ran = program.args(["eval", code, "--max-cost", "0.0045"]).run().ok();
    ran.says("note: brief has room for an answer of 4096 tokens instead of 100000").does_not_say("the budget left");
    assert_eq!(most(2), 4_096);
    // A window that nobody has told is assumed, and shortens nothing.
    program.args(["eval", "llm(\"q\", #{model: \"vague\", max_tokens: 100000})"]).run().ok().does_not_say("room for");
    assert_eq!(most(3), 100_000);
}
