//! A server of chat completions on loopback: a closure writes the answers, the server counts what it was asked and
//! what it billed. It has a runtime of its own, so that a test can wait for a program that talks to it.

use crate::support::server::{self, Act, Seen, Server};
use futures::FutureExt;
use serde_json::{Value, json};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::{Barrier, oneshot};

/// How long a test waits for what must come. It is only reached when the test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// One request for a completion.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    /// From 0, over all completions.
    pub(crate) number: usize,
    /// The request.
    pub(crate) body: Value,
    /// The key that came with it.
    pub(crate) key: Option<String>,
    /// Method and path.
    pub(crate) line: String,
    /// Its head; names in lower case.
    pub(crate) headers: Vec<(String, String)>,
}

impl Ask {
    /// The messages, as speaker and text.
    pub(crate) fn messages(&self) -> Vec<(String, String)> {
        let text = |message: &Value, field: &str| message[field].as_str().unwrap_or_default().to_owned();
        let messages = self.body["messages"].as_array();
        messages.into_iter().flatten().map(|m| (text(m, "role"), text(m, "content"))).collect()
    }

    /// The text of the last message.
    pub(crate) fn last(&self) -> String {
        self.messages().pop().map(|(_, text)| text).unwrap_or_default()
    }

    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// Whether a root model is asked: it alone is told how the REPL works.
    pub(crate) fn is_root(&self) -> bool {
        self.messages().first().is_some_and(|(speaker, text)| speaker == "system" && text.contains("rhizo, a REPL"))
    }

    /// Which turn of a root model is asked for.
    pub(crate) fn turn(&self) -> usize {
        1 + self.messages().iter().filter(|(speaker, _)| speaker == "assistant").count()
    }
}

/// What is answered.
pub(crate) struct Reply {
    form: Form,
    usage: Option<(u64, u64)>,
    /// Prompt tokens taken from the cache, and written into it.
    cache: Option<(u64, u64)>,
    meeting: Option<Arc<Barrier>>,
    turn: Option<oneshot::Receiver<()>>,
}

enum Form {
    Text(String, &'static str),
    Call(String, String),
    Acts(Vec<Act>),
}

impl Reply {
    /// A text.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::of(Form::Text(text.into(), "stop"))
    }

    /// A text that the provider's filter cut.
    pub(crate) fn filtered(text: impl Into<String>) -> Self {
        Self::of(Form::Text(text.into(), "content_filter"))
    }

    /// A text that its token limit cut.
    pub(crate) fn cut(text: impl Into<String>) -> Self {
        Self::of(Form::Text(text.into(), "length"))
    }

    /// Rhai in a fence.
    pub(crate) fn code(code: &str) -> Self {
        Self::text(format!("I run this.\n\n```rhai\n{code}\n```\n"))
    }

    /// A call of a function.
    pub(crate) fn call(name: &str, arguments: &Value) -> Self {
        Self::of(Form::Call(name.to_owned(), arguments.to_string()))
    }

    /// An error in OpenAI's form.
    pub(crate) fn refusal(status: u16, message: &str) -> Self {
        let error = json!({"error": {"message": message, "type": "invalid_request_error", "code": null}});
        Self::of(Form::Acts(server::json(status, &error)))
    }

    /// Anything else.
    pub(crate) fn acts(acts: Vec<Act>) -> Self {
        Self::of(Form::Acts(acts))
    }

    /// The same, billed with this many prompt and answer tokens.
    pub(crate) fn usage(mut self, input: u64, output: u64) -> Self {
        self.usage = Some((input, output));
        self
    }

    /// The same, with this many prompt tokens from the cache and this many written into it.
    pub(crate) fn cache(mut self, cached: u64, written: u64) -> Self {
        self.cache = Some((cached, written));
        self
    }

    /// The same, once as many requests as the meeting wants are waiting together.
    pub(crate) fn meets(mut self, meeting: &Arc<Barrier>) -> Self {
        self.meeting = Some(Arc::clone(meeting));
        self
    }

    /// The same, once its turn has come; never, if whoever would say so is gone.
    pub(crate) fn in_turn(mut self, turn: oneshot::Receiver<()>) -> Self {
        self.turn = Some(turn);
        self
    }

    fn of(form: Form) -> Self {
        Self { form, usage: None, cache: None, meeting: None, turn: None }
    }
}

/// What the server has seen.
#[derive(Default)]
struct Traffic {
    asks: Vec<Ask>,
    billed: (u64, u64),
    under_way: usize,
    most_under_way: usize,
}

#[derive(Default)]
struct Book {
    traffic: Mutex<Traffic>,
    changed: Condvar,
}

impl Book {
    fn change<T>(&self, change: impl FnOnce(&mut Traffic) -> T) -> T {
        let result = change(&mut self.traffic.lock().expect("unpoisoned"));
        self.changed.notify_all();
        result
    }
}

/// A running server; dropping it ends it.
pub(crate) struct ChatServer {
    book: Arc<Book>,
    server: Server,
    /// After the server, whose task lives here.
    runtime: Runtime,
}

impl ChatServer {
    /// A server that answers as `script` says.
    pub(crate) fn new(script: impl Fn(&Ask) -> Reply + Send + Sync + 'static) -> Self {
        let listing = json!({"object": "list", "data": [{"id": "small", "object": "model"}]});
        Self::with_pages(script, move |_| server::json(200, &listing))
    }

    /// The same with what it answers to `GET`, by method and path.
    pub(crate) fn with_pages(
        script: impl Fn(&Ask) -> Reply + Send + Sync + 'static,
        pages: impl Fn(&str) -> Vec<Act> + Send + Sync + 'static,
    ) -> Self {
        Self::at(0, script, move |seen| pages(&seen.line))
    }

    /// The same at a certain port, with what it answers to a whole `GET`.
    pub(crate) fn at(
        port: u16,
        script: impl Fn(&Ask) -> Reply + Send + Sync + 'static,
        pages: impl Fn(&Seen) -> Vec<Act> + Send + Sync + 'static,
    ) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let book = Arc::new(Book::default());
        let (script, pages) = (Arc::new(script), Arc::new(pages));
        let kept = Arc::clone(&book);
        let serve = move |seen: Seen, _| {
            let (script, pages, book) = (Arc::clone(&script), Arc::clone(&pages), Arc::clone(&kept));
            async move {
                if seen.line.starts_with("GET") {
                    return pages(&seen);
                }
                answer(&seen, script.as_ref(), &book).await
            }
            .boxed()
        };
        let server = runtime.block_on(Server::answer_at(port, serve));
        Self { book, server, runtime }
    }

    /// A server that answers root models turn by turn with this code, and everything else with `leaf`.
    pub(crate) fn root(turns: &'static [&'static str], leaf: &'static str) -> Self {
        Self::new(move |ask| match turns.get(ask.turn() - 1).filter(|_| ask.is_root()) {
            Some(code) => Reply::code(code),
            None => Reply::text(leaf),
        })
    }

    /// The address up to and including `/v1`.
    pub(crate) fn base_url(&self) -> String {
        self.server.base_url()
    }

    /// Host and port.
    pub(crate) fn host(&self) -> String {
        self.server.host()
    }

    /// The requests for completions so far.
    pub(crate) fn asks(&self) -> Vec<Ask> {
        self.book.change(|traffic| traffic.asks.clone())
    }

    /// Prompt and answer tokens billed so far.
    pub(crate) fn billed(&self) -> (u64, u64) {
        self.book.change(|traffic| traffic.billed)
    }

    /// Waits until that many clients have gone away from an answer that would never have ended.
    pub(crate) fn wait_for_left(&self, count: usize) {
        let left = async { tokio::time::timeout(PATIENCE, self.server.left(count)).await };
        self.runtime.block_on(left).expect("the client went away");
    }

    /// How many requests were under way at once, at most.
    pub(crate) fn most_under_way(&self) -> usize {
        self.book.change(|traffic| traffic.most_under_way)
    }

    /// Waits until this many requests have arrived.
    pub(crate) fn wait_for(&self, count: usize) {
        let traffic = self.book.traffic.lock().expect("unpoisoned");
        let enough = self.book.changed.wait_timeout_while(traffic, PATIENCE, |traffic| traffic.asks.len() < count);
        let (traffic, late) = enough.expect("unpoisoned");
        assert!(!late.timed_out(), "{} of {count} requests arrived", traffic.asks.len());
    }
}

async fn answer(seen: &Seen, script: &(dyn Fn(&Ask) -> Reply + Send + Sync), book: &Book) -> Vec<Act> {
    let ask = book.change(|traffic| {
        let key = seen.header("authorization").map(|value| value.trim_start_matches("Bearer ").to_owned());
        let ask = Ask {
            number: traffic.asks.len(),
            body: seen.body.clone(),
            key,
            line: seen.line.clone(),
            headers: seen.headers.clone(),
        };
        traffic.asks.push(ask.clone());
        traffic.under_way += 1;
        traffic.most_under_way = traffic.most_under_way.max(traffic.under_way);
        ask
    });
    let reply = script(&ask);
    if let Some(meeting) = &reply.meeting
        && tokio::time::timeout(PATIENCE, meeting.wait()).await.is_err()
    {
        return server::answer(400, &[], "the others did not come");
    }
    if let Some(turn) = reply.turn
        && turn.await.is_err()
    {
        return vec![Act::Close];
    }
    let usage = reply.usage.unwrap_or_else(|| usual(&ask, &reply.form));
    book.change(|traffic| {
        traffic.under_way -= 1;
        if !matches!(reply.form, Form::Acts(_)) {
            traffic.billed = (traffic.billed.0 + usage.0, traffic.billed.1 + usage.1);
        }
    });
    let mut counts = counts(usage);
    if let Some((cached, written)) = reply.cache {
        counts["prompt_tokens_details"] = json!({"cached_tokens": cached, "cache_write_tokens": written});
    }
    acts(reply.form, &counts, ask.body["stream"] == true)
}

/// Four bytes per token.
fn usual(ask: &Ask, form: &Form) -> (u64, u64) {
    let asked: usize = ask.messages().iter().map(|(_, text)| text.len()).sum();
    let said = match form {
        Form::Text(text, _) => text.len(),
        Form::Call(_, arguments) => arguments.len(),
        Form::Acts(_) => 0,
    };
    let tokens = |bytes: usize| u64::try_from(bytes / 4 + 1).expect("a small number");
    (tokens(asked), tokens(said))
}

fn counts((input, output): (u64, u64)) -> Value {
    json!({"prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output})
}

fn acts(form: Form, usage: &Value, streamed: bool) -> Vec<Act> {
    let (message, reason) = match form {
        Form::Acts(acts) => return acts,
        Form::Text(text, reason) => (json!({"role": "assistant", "content": text}), reason),
        Form::Call(name, arguments) => {
            let function = json!({"name": name, "arguments": arguments});
            let call = json!({"index": 0, "id": "call_1", "type": "function", "function": function});
            (json!({"role": "assistant", "content": null, "tool_calls": [call]}), "tool_calls")
        }
    };
    if !streamed {
        let choice = json!({"index": 0, "message": message, "finish_reason": reason});
        return server::json(200, &json!({"model": "small", "choices": [choice], "usage": usage}));
    }
    let event = |value: &Value| format!("data: {value}\n\n");
    let delta = |delta: &Value, reason: Option<&str>| {
        event(&json!({"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}))
    };
    let used = event(&json!({"choices": [], "usage": usage}));
    let mut pieces: Vec<String> = match message["content"].as_str() {
        Some(text) => halves(text).into_iter().map(|half| delta(&json!({"content": half}), None)).collect(),
        None => vec![delta(&message, None)],
    };
    pieces.extend([delta(&json!({}), Some(reason)), used, "data: [DONE]\n\n".to_owned()]);
    server::stream(&pieces.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The text in two pieces, so that putting an answer together is always exercised.
fn halves(text: &str) -> [&str; 2] {
    let middle = (0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    [&text[..middle], &text[middle..]]
}
