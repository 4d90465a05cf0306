//! Providers as a configuration names them, from the command line to the wire and back.

use crate::support::chat::{Ask, ChatServer, Reply};
use crate::support::program::Program;
use crate::support::server::{self, Act};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

fn event(kind: &str, mut fields: Value) -> String {
    fields["type"] = kind.into();
    format!("event: {kind}\ndata: {fields}\n\n")
}

/// `Paris` in messages: 20 prompt tokens, of which 15 come from the cache, and 5 answer tokens.
fn in_messages() -> Vec<Act> {
    let usage =
        json!({"input_tokens": 3, "cache_read_input_tokens": 15, "cache_creation_input_tokens": 2, "output_tokens": 1});
    server::stream(&[
        &event("message_start", json!({"message": {"usage": usage}})),
        &event("content_block_delta", json!({"index": 0, "delta": {"type": "text_delta", "text": "Paris"}})),
        &event("message_delta", json!({"delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}})),
        &event("message_stop", json!({})),
    ])
}

/// The same in responses.
fn in_responses() -> Vec<Act> {
    let usage = json!({"input_tokens": 20, "input_tokens_details": {"cached_tokens": 15}, "output_tokens": 5});
    server::stream(&[
        &event("response.output_text.delta", json!({"output_index": 0, "delta": "Paris"})),
        &event("response.completed", json!({"response": {"status": "completed", "output": [], "usage": usage}})),
    ])
}

fn answers(ask: &Ask) -> Reply {
    match ask.line.as_str() {
        "POST /v1/messages" => Reply::acts(in_messages()),
        "POST /v1/responses" => Reply::acts(in_responses()),
        "POST /v1/chat/completions" => Reply::text("Paris").usage(20, 5),
        other => Reply::refusal(404, other),
    }
}

fn config(provider: &str, server: &ChatServer) -> String {
    format!(
        "model = \"m\"\n[models.m]\nprovider = \"{provider}\"\nname = \"big\"\nkey_env = \"MY_KEY\"\nbase_url = \"{}\"\n\
         headers = [\"X-Team: blue\"]\ninput_price = 1\ncached_input_price = 0.1\noutput_price = 10\n",
        server.base_url()
    )
}

#[test]
fn each_protocol_from_the_configuration() {
    let server = ChatServer::new(answers);
    for (provider, path, key) in [
        ("openai", "/v1/chat/completions", ("authorization", "Bearer k-1")),
        ("responses", "/v1/responses", ("authorization", "Bearer k-1")),
        ("anthropic", "/v1/messages", ("x-api-key", "k-1")),
    ] {
        let program = Program::new().file("rhizo.toml", config(provider, &server)).env("MY_KEY", "k-1");
        let code = "let a = llm(\"capital?\"); let s = spent(); `${a} ${s.input_tokens} ${s.output_tokens}`";
        program.args(["eval", code]).run().ok().prints("Paris 20 5\n");
        let ask = server.asks().pop().expect("a request");
        assert_eq!(ask.line, format!("POST {path}"));
        assert_eq!(
            (ask.header(key.0), ask.header("x-team"), &ask.body["model"]),
            (Some(key.1), Some("blue"), &json!("big"))
        );
    }
}

#[test]
fn a_service_is_named_by_its_address_variable() {
    let server = ChatServer::new(answers);
    let address = format!("http://{}", server.host());
    let program = Program::new().env("ANTHROPIC_BASE_URL", &address).env("ANTHROPIC_API_KEY", "k-2");
    let code = "llm(\"capital?\", #{model: \"anthropic/claude-haiku\", max_tokens: 9})";
    program.args(["eval", code]).run().ok().prints("Paris\n");
    let ask = server.asks().pop().expect("a request");
    assert_eq!((ask.line.as_str(), ask.header("x-api-key")), ("POST /v1/messages", Some("k-2")));
    assert_eq!(
        ask.body,
        json!({
            "model": "claude-haiku",
            "max_tokens": 9,
            "messages": [{"role": "user", "content": [{"type": "text", "text": "capital?"}]}],
            "stream": true
        })
    );
}

#[test]
fn a_missing_key_names_its_variable() {
    for (model, variable) in [
        ("anthropic/claude-haiku", "ANTHROPIC_API_KEY"),
        ("google/gemini-2.5-flash", "GEMINI_API_KEY"),
        ("mistral/mistral-small-latest", "MISTRAL_API_KEY"),
        ("deepseek/deepseek-chat", "DEEPSEEK_API_KEY"),
        ("xai/grok-4", "XAI_API_KEY"),
        ("groq/llama-3.3-70b", "GROQ_API_KEY"),
        ("together/qwen", "TOGETHER_API_KEY"),
    ] {
        let code = format!("llm(\"a\", #{{model: \"{model}\"}})");
        Program::offline().args(["eval", &code]).run().code(4).says(&format!("export {variable}=..."));
    }
}

#[test]
fn what_a_provider_does_not_take_is_told_once() {
    let server = ChatServer::new(|ask| match ask.body.get("temperature") {
        Some(_) => Reply::refusal(400, "Unsupported value: 'temperature' does not support 0.2 with this model."),
        None => Reply::text("ok"),
    });
    let code = "for n in 0..2 { llm(`a ${n}`, #{temperature: 0.2}) }";
    let ran = Program::served_by(&server).args(["eval", code]).run().ok();
    let told = ran.stderr.matches("does not take `temperature`; it is left out").count();
    assert_eq!((told, server.asks().len()), (1, 3), "{}", ran.stderr);
}

#[test]
fn what_anthropic_takes_no_thoughts_or_warmth_for_is_told_or_refused() {
    let server = ChatServer::new(answers);
    let config = config("anthropic", &server).replace("\"big\"", "\"claude-haiku-4-5\"");
    let role = "[roles.worker]\nthinking = \"low\"\nmax_tokens = 6000\ntemperature = 0.2\n";
    let program = Program::new().file("rhizo.toml", format!("{config}{role}")).env("MY_KEY", "k-1");
    let left_out = |what: &str| format!("does not take {what}; it is left out");
    let cold = String::new();
    let (warm, room) =
        (left_out("`temperature` while it thinks"), left_out("`thinking` where `max_tokens` is below 1280"));
    for (options, budget, temperature, told) in [
        ("#{}", json!(1_500), Value::Null, &warm),
        ("#{temperature: 1.0, max_tokens: 2000}", json!(1_024), Value::Null, &cold),
        ("#{max_tokens: 500}", Value::Null, json!(0.2), &room),
    ] {
        let ran = program.args(["eval", &format!("llm(\"capital?\", {options})"), "--json"]).run().ok().says(told);
        let body = server.asks().pop().expect("a request").body;
        assert_eq!(body["thinking"]["budget_tokens"], budget, "{options}");
        assert_eq!(body["temperature"], temperature, "{options}");
        // 3 + 2 tokens of the prompt at $1, 15 of the cache at $0.1 and 5 of the answer at $10 per million.
        assert_eq!(ran.json()["cost_usd"], json!(0.000_056_5), "{options}");
        assert_eq!(ran.stderr.matches("it is left out").count(), usize::from(!told.is_empty()), "{}", ran.stderr);
    }
    let asked = server.asks().len();
    let ran = program.args(["eval", "llm(\"capital?\", #{temperature: 1.5})"]).run().code(1);
    ran.says("takes a temperature from 0 to 1, not 1.5").says("lower the `temperature` of the call or of its role");
    assert_eq!(server.asks().len(), asked);
}

#[test]
fn a_server_of_ones_own_says_how_much_it_takes() {
    let props = json!({"default_generation_settings": {"n_ctx": 64}, "total_slots": 1});
    let listing = |model: Value| json!({"object": "list", "data": [model]});
    for (properties, model) in [
        (server::json(200, &props), json!({"id": "small"})),
        (server::answer(404, &[], ""), json!({"id": "small", "max_model_len": 64})),
    ] {
        let listing = server::json(200, &listing(model));
        let server = ChatServer::with_pages(
            |_| Reply::text("ok"),
            move |line| match line {
                "GET /props" => properties.clone(),
                _ => listing.clone(),
            },
        );
        let program = Program::served_by(&server);
        program.args(["eval", "llm(\"short\")"]).run().ok().prints("ok\n");
        let code = "let long = \"\"; for n in 0..100 { long += \"many words \" } llm(long)";
        program.args(["eval", code]).run().code(4).says("takes 64");
    }
}

#[test]
fn a_model_that_is_not_the_default_one_is_asked_about_once_and_only_for_a_call() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let pages = move |line: &str| {
        count.fetch_add(usize::from(line == "GET /props"), Ordering::Relaxed);
        match line {
            "GET /props" => server::json(200, &json!({"default_generation_settings": {"n_ctx": 64}})),
            _ => server::json(200, &json!({"object": "list", "data": []})),
        }
    };
    let server = ChatServer::with_pages(|_| Reply::text("ok"), pages);
    let text = format!(
        "model = \"offline\"\n[models.near]\nbase_url = \"{}\"\n[roles.worker]\nmodels = [\"near\"]\n\
         [escalation]\nenabled = false\n",
        server.base_url()
    );
    let program = Program::new().file("rhizo.toml", text);
    program.args(["eval", "1 + 1"]).run().ok();
    program.args(["models", "explain", "--role", "worker"]).run().ok();
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    program.args(["eval", "llm(\"short\") + llm(\"small\")"]).run().ok().prints("okok\n");
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    let long = "let long = \"\"; for n in 0..100 { long += \"many words \" } ";
    for (call, more) in [
        ("llm(long)", &["--model", "near"][..]),
        ("llm(long)", &[]),
        ("llm(long, #{model: \"near\", role: \"expert\"})", &[]),
    ] {
        let code = format!("{long}{call}");
        program.list(&[&["eval", code.as_str()], more].concat()).run().code(4).says("takes 64");
    }
}

/// A proxy at litellm's usual port, which wants the key `k-1` once it is locked.
fn proxy(locked: &Arc<AtomicBool>) -> ChatServer {
    let (called, listed) = (Arc::clone(locked), Arc::clone(locked));
    let listing = json!({"object": "list", "data": [{"id": "small", "object": "model"}]});
    ChatServer::at(
        4000,
        move |ask| {
            let passes = fits(&called, ask.header("authorization"));
            if passes { Reply::text("Paris") } else { Reply::refusal(401, "no key") }
        },
        move |seen| {
            let passes = fits(&listed, seen.header("authorization"));
            if passes {
                server::json(200, &listing)
            } else {
                server::json(401, &json!({"error": {"message": "no key"}}))
            }
        },
    )
}

fn fits(locked: &AtomicBool, key: Option<&str>) -> bool {
    !locked.load(Ordering::Relaxed) || key == Some("Bearer k-1")
}

/// What the one call of a program came to at the model that was found. The probe has 150 ms, which a busy machine may
/// need more than once for.
fn found(program: &Program) -> Value {
    let document = || program.args(["eval", "llm(\"capital?\")", "--json"]).run().ok().json();
    let mut tries = std::iter::repeat_with(document).take(20);
    let is_found = |document: &Value| document["models"][0]["model"] == "litellm/small";
    tries.find(is_found).expect("a server on a usual port is found, if none at 8080, 11434, 1234 or 8000 goes first")
}

/// Held by who serves a usual port, and by who wants nobody there.
static USUAL_PORTS: Mutex<()> = Mutex::new(());

#[test]
fn who_is_nobodys_choice_is_told_of_all_the_same() {
    let _alone = USUAL_PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let program = Program::new();
    let explained = program.args(["models", "explain", "--json"]).run().ok().json();
    // Where this machine has a server of its own, that one is used.
    if explained[0]["model"] != "offline/extract" {
        return;
    }
    let call = |more: &[&str]| {
        program.list(&[&["eval", "llm(\"What is blue?\\n\\nThe sky is blue.\")", "-q"], more].concat()).run().ok()
    };
    let note = "note: offline engine: it quotes, counts and lists, it does not reason";
    let ran = call(&[]).prints("The sky is blue.\n").says(note);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    let document = call(&["--json"]).says(note).json();
    assert_eq!(document["models"][0]["model"], "offline/extract");
    drop(call(&["--model", "offline"]).does_not_say(note));
    drop(program.args(["eval", "1", "-q"]).run().ok().does_not_say(note));
}

#[test]
fn a_server_on_a_usual_port_is_found_with_its_key_and_without() {
    let _alone = USUAL_PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let locked = Arc::new(AtomicBool::new(false));
    let server = proxy(&locked);
    let open = Program::new();
    assert_eq!(found(&open)["answer"], "Paris");
    assert_eq!(server.asks().pop().expect("a call").key, None);
    open.args(["eval", "llm(\"capital?\", #{model: \"litellm/small\"})"]).run().ok().prints("Paris\n");
    locked.store(true, Ordering::Relaxed);
    let keyed = Program::new().env("LITELLM_API_KEY", "k-1");
    assert_eq!(found(&keyed)["answer"], "Paris");
    assert_eq!(server.asks().pop().expect("a call").key.as_deref(), Some("k-1"));
    let explained = open.args(["models", "explain", "--json"]).run().ok().json();
    assert_ne!(explained[0]["model"], "litellm/small");
    open.args(["eval", "llm(\"capital?\", #{model: \"litellm/small\"})"]).run().code(4).says("LITELLM_API_KEY");
}
