//! The function-calling form: one function `rhai(code)` for models that prefer it.

use crate::support::chat::{Ask, ChatServer, Reply};
use crate::support::program::Program;
use crate::support::server;
use serde_json::{Value, json};

fn program(server: &ChatServer) -> Program {
    let text = format!(
        "model = \"x\"\n[models.x]\nbase_url = \"{}\"\nname = \"small\"\nfunctions = true\n",
        server.base_url()
    );
    Program::new().file("rhizo.toml", text).file("a.txt", "It opened in 1884.\n")
}

fn last_two(ask: &Ask) -> Vec<Value> {
    let messages = ask.body["messages"].as_array().expect("messages");
    messages[messages.len().saturating_sub(3)..].to_vec()
}

#[test]
fn the_function_is_offered_called_and_answered() {
    let server = ChatServer::new(|ask| match ask.turn() {
        1 => Reply::call("rhai", &json!({"code": "context.head(9)"})),
        _ => Reply::call("rhai", &json!({"code": "FINAL(\"1884\")"})),
    });
    let ran = program(&server).args(["ask", "When?", "-c", "a.txt", "--recursive"]).run();
    ran.ok().prints("1884\n");
    let asks = server.asks();
    let tools = asks[0].body["tools"].as_array().expect("tools");
    assert_eq!((tools.len(), &tools[0]["function"]["name"]), (1, &json!("rhai")));
    assert_eq!(tools[0]["function"]["parameters"]["required"], json!(["code"]));
    let messages = last_two(&asks[1]);
    assert_eq!(messages[0]["role"], "assistant");
    assert_eq!(messages[0]["tool_calls"][0]["function"]["name"], "rhai");
    assert_eq!(
        (&messages[1]["role"], &messages[1]["tool_call_id"]),
        (&json!("tool"), &messages[0]["tool_calls"][0]["id"])
    );
    assert!(messages[1]["content"].as_str().is_some_and(|text| text.contains("It opened")), "{messages:#?}");
    assert!(messages[2]["content"].as_str().is_some_and(|text| text.starts_with("# Turn 2 of 20")), "{messages:#?}");
}

#[test]
fn calls_that_cannot_be_run_are_answered_with_the_reason() {
    for (name, arguments, part) in [
        ("rhia", json!({"code": "1"}), "there is no function `rhia`, only `rhai(code)`; did you mean `rhai`?"),
        ("rhai", json!({"source": "1"}), "the argument `code` is missing"),
        ("rhai", json!([1]), "the argument `code` is missing"),
        ("rhai", json!({"code": "let x = ;"}), "syntax error"),
    ] {
        let server = ChatServer::new(move |ask| match ask.turn() {
            1 => Reply::call(name, &arguments),
            _ => Reply::call("rhai", &json!({"code": "FINAL(1)"})),
        });
        program(&server).args(["ask", "q", "--recursive"]).run().ok().prints("1\n");
        let messages = last_two(&server.asks()[1]);
        let answer = messages.iter().find(|message| message["role"] == "tool").expect("an answer to the call");
        assert!(answer["content"].as_str().is_some_and(|text| text.contains(part)), "no {part:?} in {answer}");
    }
}

#[test]
fn code_in_a_fence_is_run_without_it() {
    for code in ["```rhai\ncontext.head(9)\n```", "\n~~~\ncontext.head(9)\n~~~\n", "```rhai context.head(9)```"] {
        let server = ChatServer::new(move |ask| match ask.turn() {
            1 => Reply::call("rhai", &json!({"code": code})),
            _ => Reply::call("rhai", &json!({"code": "```\nFINAL(out(1))\n```"})),
        });
        program(&server).args(["ask", "When?", "-c", "a.txt", "--recursive"]).run().ok().prints("It opened\n");
    }
}

#[test]
fn a_call_that_was_cut_is_told_and_goes_back_as_json() {
    let function = json!({"name": "rhai", "arguments": "{\"code\": \"print(1"});
    let message = json!({"role": "assistant", "content": null, "tool_calls": [{"id": "a", "type": "function", "function": function}]});
    let cut = json!({
        "choices": [{"index": 0, "message": message, "finish_reason": "length"}],
        "usage": {"prompt_tokens": 20, "completion_tokens": 10, "total_tokens": 30}
    });
    let server = ChatServer::new(move |ask| match ask.turn() {
        1 => Reply::acts(server::json(200, &cut)),
        _ => Reply::call("rhai", &json!({"code": "FINAL(1)"})),
    });
    let text =
        format!("model = \"x\"\n[models.x]\nbase_url = \"{}\"\nfunctions = true\nstream = false\n", server.base_url());
    Program::new().file("rhizo.toml", text).args(["ask", "q", "--recursive"]).run().ok().prints("1\n");
    let messages = last_two(&server.asks()[1]);
    let arguments = messages[0]["tool_calls"][0]["function"]["arguments"].as_str().expect("a text");
    let given: Value = serde_json::from_str(arguments).expect("some servers refuse anything else");
    assert_eq!(given, json!({"code": "{\"code\": \"print(1"}));
    assert_eq!(messages[1]["content"], "not run: the call was cut by the token limit; write less at once");
}

#[test]
fn what_a_run_saw_last_has_the_results_of_its_calls() {
    let server = ChatServer::new(|_| Reply::call("rhai", &json!({"code": "context.head(9)"})));
    let args = ["ask", "When?", "-c", "a.txt", "--recursive", "--max-turns", "2"];
    let ran = program(&server).args(args).run().code(5);
    ran.says("the last thing that the run saw").says("out(2) = It opened").says("# Turns are used up");
}

#[test]
fn long_code_of_earlier_calls_is_shortened_before_it_fills_the_window() {
    let long = format!("{}1 + 1", "// a comment of some length\n".repeat(200));
    let server = ChatServer::new(move |ask| match ask.turn() {
        12 => Reply::call("rhai", &json!({"code": "FINAL(\"done\")"})),
        _ => Reply::call("rhai", &json!({"code": long})),
    });
    let text = format!(
        "model = \"x\"\n[models.x]\nbase_url = \"{}\"\nfunctions = true\nstream = false\ncontext_window = 16000\n",
        server.base_url()
    );
    Program::new().file("rhizo.toml", text).args(["ask", "q", "--recursive"]).run().ok().prints("done\n");
    let asks = server.asks();
    let code = |ask: &Ask| -> Vec<String> {
        let messages = ask.body["messages"].as_array().expect("messages");
        let calls = messages.iter().filter_map(|message| message["tool_calls"][0]["function"]["arguments"].as_str());
        calls.map(ToOwned::to_owned).collect()
    };
    for ask in &asks {
        let texts: usize = ask.messages().iter().map(|(_, text)| text.len()).sum();
        let size = texts + code(ask).iter().map(String::len).sum::<usize>();
        assert!(size <= 2 * 16_000, "request {} has {size} bytes", ask.number);
    }
    let last = code(&asks[11]);
    assert_eq!(last.len(), 11);
    assert_eq!(last[0], "{\"code\":\"// shortened: earlier code\"}");
    assert!(last[10].contains("1 + 1"), "the newest call stays whole");
}

#[test]
fn such_a_model_may_still_write_blocks() {
    let server = ChatServer::root(&["FINAL(\"in a block\")"], "");
    program(&server).args(["ask", "q", "--recursive"]).run().ok().prints("in a block\n");
}

#[test]
fn a_block_that_repeats_what_is_called_is_not_run_again() {
    let code = json!({"code": "print(\"ran once\")"}).to_string();
    let call = json!({"id": "call_1", "type": "function", "function": {"name": "rhai", "arguments": code}});
    let text = "I run this:\n```rhai\nprint(\"ran once\")\n\n```\nand this:\n```rhai\nprint(\"ran too\")\n```";
    let message = json!({"role": "assistant", "content": text, "tool_calls": [call]});
    let both = json!({
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}],
        "usage": {"prompt_tokens": 20, "completion_tokens": 10, "total_tokens": 30}
    });
    let server = ChatServer::new(move |ask| match ask.turn() {
        1 => Reply::acts(server::json(200, &both)),
        _ => Reply::call("rhai", &json!({"code": "FINAL(\"done\")"})),
    });
    let text = format!(
        "model = \"x\"\n[models.x]\nbase_url = \"{}\"\nname = \"small\"\nfunctions = true\nstream = false\n",
        server.base_url()
    );
    Program::new().file("rhizo.toml", text).args(["ask", "q", "--recursive"]).run().ok().prints("done\n");
    let told: Vec<String> = server.asks()[1].messages().into_iter().rev().map(|(_, text)| text).take(2).collect();
    let count = |part: &str| told.iter().map(|text| text.matches(part).count()).sum::<usize>();
    assert_eq!((count("ran once"), count("ran too")), (1, 1), "{told:#?}");
}

#[test]
fn thoughts_of_a_model_that_signs_them_go_back_with_their_calls() {
    let answers = |code: &str, thought: &str| {
        let content = json!([
            {"type": "thinking", "thinking": thought, "signature": format!("signed {thought}")},
            {"type": "tool_use", "id": format!("toolu_{thought}"), "name": "rhai", "input": {"code": code}}
        ]);
        let usage = json!({"input_tokens": 900, "output_tokens": 50});
        server::json(200, &json!({"type": "message", "content": content, "stop_reason": "tool_use", "usage": usage}))
    };
    let server = ChatServer::new(move |ask| match ask.turn() {
        1 => Reply::acts(answers("context.head(9)", "first")),
        2 => Reply::acts(answers("context.len()", "second")),
        _ => Reply::acts(answers("FINAL(\"1884\")", "third")),
    });
    let text = format!(
        "model = \"x\"\n[models.x]\nbase_url = \"{}\"\nname = \"claude-haiku-4-5\"\nprovider = \"anthropic\"\n\
         functions = true\nstream = false\n[roles.architect]\nthinking = \"low\"\n",
        server.base_url()
    );
    let program = Program::new().file("rhizo.toml", text).file("a.txt", "It opened in 1884.\n");
    program.args(["ask", "When?", "-c", "a.txt", "--recursive"]).run().ok().prints("1884\n");
    let asks = server.asks();
    assert_eq!(asks.len(), 3);
    for ask in &asks {
        assert_eq!(ask.body["thinking"]["type"], "enabled", "{:#}", ask.body);
    }
    let said = asks[2].body["messages"].as_array().expect("turns").iter().filter(|turn| turn["role"] == "assistant");
    let blocks: Vec<&Value> = said.flat_map(|turn| turn["content"].as_array().expect("blocks")).collect();
    let kinds: Vec<&str> = blocks.iter().filter_map(|block| block["type"].as_str()).collect();
    assert_eq!(kinds, ["thinking", "tool_use", "thinking", "tool_use"]);
    assert_eq!(blocks[2], &json!({"type": "thinking", "thinking": "second", "signature": "signed second"}));
}
