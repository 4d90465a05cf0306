//! What does not grow: prompts of long runs, and the store under a long context.

use super::long;
use crate::support::chat::{Ask, ChatServer, Reply};
use crate::support::program::Program;
use serde_json::json;

/// A turn of a usual size: a variable of its own, some 600 bytes of code, and 500 of output.
fn usual(turn: usize) -> String {
    let why: Vec<String> = (0..140).map(|n| (n + turn).to_string()).collect();
    format!("let v{turn} = {turn}; // {}\nfor n in 0..130 {{ print(n + {turn}); }}", why.join(" "))
}

/// A program whose root model has a window of so many tokens.
fn windowed(server: &ChatServer, window: u32, more: &str) -> Program {
    let address = server.base_url();
    let text = format!("model = \"x\"\n[models.x]\nbase_url = \"{address}\"\ncontext_window = {window}\n{more}");
    Program::new().file("rhizo.toml", text)
}

/// Bytes of all that is said in a request.
fn bytes(ask: &Ask) -> usize {
    let calls = ask.body["messages"].as_array().into_iter().flatten().map(|message| message["tool_calls"].to_string());
    ask.messages().iter().map(|(_, text)| text.len()).chain(calls.map(|calls| calls.len())).sum()
}

/// The turn that is asked for, however little of those before it is sent.
fn turn(ask: &Ask) -> usize {
    let last = ask.last();
    let number = last.strip_prefix("# Turn ").and_then(|rest| rest.split(' ').next());
    number.and_then(|number| number.parse().ok()).unwrap_or(1)
}

/// Claims that a request has room for its answer, the opening and the latest turn, and that its speakers take turns.
fn fits(ask: &Ask, opening: &[(String, String)], window: u32) {
    let messages = ask.messages();
    assert!(bytes(ask) <= 7 * window as usize / 2, "request {} has {} bytes", ask.number, bytes(ask));
    assert!(messages[0] == opening[0] && messages[1].1.starts_with(&opening[1].1), "{}", messages[1].1);
    assert!(messages.windows(2).all(|pair| pair[0].0 != pair[1].0), "two messages of one speaker");
    let before = format!("let v{} = ", turn(ask) - 1);
    assert!(ask.number == 0 || messages[messages.len() - 2].1.contains(&before), "the latest turn is missing");
}

#[test]
fn a_run_in_a_small_window_goes_on_to_its_last_turn() {
    for window in [4_096, 8_192] {
        let server = ChatServer::new(|ask| match turn(ask) {
            40 => Reply::code("FINAL(v1 + v39)"),
            turn => Reply::code(&usual(turn)),
        });
        let program = windowed(&server, window, "");
        program.args(["ask", "q", "--recursive", "--max-turns", "40", "-q"]).run().ok().prints("40\n");
        let asks = server.asks();
        assert_eq!(asks.len(), 40);
        asks.iter().for_each(|ask| fits(ask, &asks[0].messages(), window));
        assert!(asks[39].last().contains("This is your last turn"), "{}", asks[39].last());
        let told = asks[39].messages()[1].1.clone();
        assert!(told.contains("\n# Left out\nturns 1 to ") && told.contains("; variables: v"), "{told}");
        let is_step = |pair: &&[Ask]| !pair[1].messages().starts_with(&pair[0].messages());
        let steps = asks.windows(2).filter(is_step).count();
        assert!(window == 4_096 || (5..20).contains(&steps), "{steps}: providers cache what they have read");
    }
}

#[test]
fn a_call_is_left_out_with_its_result() {
    let server = ChatServer::new(|ask| match turn(ask) {
        30 => Reply::call("rhai", &json!({"code": "FINAL(v1 + v29)"})),
        turn => Reply::call("rhai", &json!({"code": usual(turn)})),
    });
    let program = windowed(&server, 8_192, "functions = true\n");
    program.args(["ask", "q", "--recursive", "--max-turns", "30", "-q"]).run().ok().prints("30\n");
    assert_eq!(server.asks().len(), 30);
    for ask in server.asks() {
        let messages = ask.body["messages"].as_array().expect("messages").clone();
        let calls = messages.iter().filter(|message| message["tool_calls"].is_array()).count();
        let answered = |pair: &&[serde_json::Value]| pair[0]["tool_calls"].is_array() && pair[1]["role"] == "tool";
        assert_eq!(messages.windows(2).filter(answered).count(), calls, "{messages:#?}");
        assert_eq!(messages.iter().filter(|message| message["role"] == "tool").count(), calls, "{messages:#?}");
    }
}

#[test]
fn a_turn_that_its_server_finds_too_long_goes_out_again_with_less() {
    let server = ChatServer::new(|ask| match turn(ask) {
        _ if bytes(ask) > 20_000 => Reply::refusal(400, "This model's maximum context length is 8192 tokens"),
        25 => Reply::code("FINAL(v1 + v24)"),
        turn => Reply::code(&usual(turn)),
    });
    let program = windowed(&server, 16_384, "");
    program.args(["ask", "q", "--recursive", "--max-turns", "25", "-q"]).run().ok().prints("25\n");
    assert_eq!(server.asks().len(), 26, "it is refused once, and then known");
    program.args(["replay", "last"]).run().ok();
    assert_eq!(server.asks().len(), 26);
}

#[test]
fn a_history_that_cannot_be_sent_ends_a_run_as_its_turns_do() {
    let server = ChatServer::new(|ask| match turn(ask) {
        3 => Reply::refusal(400, "This model's maximum context length is 8192 tokens"),
        turn => Reply::code(&format!("\"clue {turn}\"")),
    });
    let ran = Program::served_by(&server).args(["ask", "q", "--recursive"]).run().code(5).prints("");
    ran.says("clue 2").says("turn 3 does not fit").says("maximum context length").says("a larger window");
    assert_eq!(server.asks().len(), 3, "the same is not sent twice");
}

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
