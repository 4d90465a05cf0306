//! A chat server on loopback that answers at once, or after a fixed time: raw HTTP with keep-alive, answers streamed.
//!
//! Each connection has a thread: the timers of a runtime tick in milliseconds, so that answers came late and in bunches.
//!
//! What it answers follows from the request alone: to a model of the field what that one makes of the task, text to a
//! prompt with the word `leaf`, else the next block of a root model, of which the last one calls FINAL.

use crate::field;
use crate::ways;
use memchr::memmem;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

#[derive(Default)]
struct Shared {
    /// Turns of a root until FINAL.
    turns: AtomicU64,
    /// Microseconds from request to answer.
    latency: AtomicU64,
    answered: AtomicU64,
    nanos: AtomicU64,
    ended: AtomicBool,
}

/// The server; dropping it ends it.
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// What the server did since it was told how to answer.
pub(crate) struct Served {
    /// Requests answered.
    pub(crate) count: u64,
    /// Mean time from the last byte of a request to the last byte of its answer, in seconds.
    pub(crate) mean: f64,
}

impl Server {
    /// A server on a free port.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let address = listener.local_addr().expect("bound");
        let shared = Arc::new(Shared::default());
        let seen = Arc::clone(&shared);
        thread::spawn(move || accept(&listener, &seen));
        Self { address, shared }
    }

    /// The address up to and including `/v1`.
    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Sets after how many turns a root ends and how long an answer takes, and forgets what was counted.
    pub(crate) fn set(&self, turns: u64, latency: Duration) {
        self.shared.turns.store(turns, Ordering::Relaxed);
        self.shared.latency.store(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.shared.answered.store(0, Ordering::Relaxed);
        self.shared.nanos.store(0, Ordering::Relaxed);
    }

    /// What was counted since `set`.
    pub(crate) fn served(&self) -> Served {
        let count = self.shared.answered.load(Ordering::Relaxed);
        let nanos = Duration::from_nanos(self.shared.nanos.load(Ordering::Relaxed));
        let divisor = u32::try_from(count.max(1)).unwrap_or(u32::MAX);
        Served { count, mean: nanos.as_secs_f64() / f64::from(divisor) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        // Wakes the thread that accepts; if it is gone already, all the better.
        drop(TcpStream::connect(self.address));
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept() {
        if shared.ended.load(Ordering::Relaxed) {
            return;
        }
        let shared = Arc::clone(shared);
        thread::spawn(move || serve(stream, &shared));
    }
}

#[allow(clippy::disallowed_methods, reason = "nobody cancels the server of a bench")]
fn serve(mut stream: TcpStream, shared: &Shared) {
    stream.set_nodelay(true).expect("a TCP option");
    let mut bytes = Vec::with_capacity(64 << 10);
    while let Some((head, end)) = read_request(&mut stream, &mut bytes) {
        let begun = Instant::now();
        let body = bytes.get(head..end).unwrap_or_default();
        let answer = http(&text(body, shared.turns.load(Ordering::Relaxed)));
        let latency = Duration::from_micros(shared.latency.load(Ordering::Relaxed));
        if !latency.is_zero() {
            thread::sleep(latency.saturating_sub(begun.elapsed()));
        }
        // Counted before the client can know of it, so that a client that has ended has been counted.
        shared.answered.fetch_add(1, Ordering::Relaxed);
        if stream.write_all(&answer).is_err() {
            return;
        }
        shared.nanos.fetch_add(u64::try_from(begun.elapsed().as_nanos()).unwrap_or(0), Ordering::Relaxed);
        bytes.drain(..end);
    }
}

/// Reads until `bytes` begins with a whole request; answers where its body begins and ends.
fn read_request(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<(usize, usize)> {
    let mut buffer = [0; 16 << 10];
    loop {
        if let Some(head) = memmem::find(bytes, b"\r\n\r\n").map(|at| at + 4) {
            let end = head + length(bytes.get(..head)?);
            if bytes.len() >= end {
                return Some((head, end));
            }
        }
        match stream.read(&mut buffer).ok()? {
            0 => return None,
            count => bytes.extend_from_slice(buffer.get(..count)?),
        }
    }
}

fn length(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head);
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    let found = fields.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    found.and_then(|(_, value)| value.trim().parse().ok()).unwrap_or(0)
}

fn text(body: &[u8], turns: u64) -> String {
    if let Some(answer) = of_field(body) {
        return answer.to_owned();
    }
    if let Some(answer) = of_ways(body) {
        return answer;
    }
    if memmem::find(body, b"leaf").is_some() {
        return "The harbour opened in 1884.".to_owned();
    }
    let made = memmem::find_iter(body, br#""role":"assistant""#).count() as u64;
    if made + 1 < turns {
        format!("I look further.\n```rhai\nlet found{made} = context.grep(\"opened\", 5);\nprint(found{made}.len)\n```")
    } else {
        "Done.\n```rhai\nlet first = context.head(100);\nFINAL(\"read \" + first.len)\n```".to_owned()
    }
}

/// What a model of the field answers; nothing if it is another one that is asked.
fn of_field(body: &[u8]) -> Option<&'static str> {
    let named = |name: &&str| memmem::find(body, format!(r#""model":"{name}""#).as_bytes()).is_some();
    let model = field::MODELS.iter().find(|name| named(name))?;
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    let prompt = body["messages"].as_array()?.last()?["content"].as_str()?;
    Some(field::answer(model, prompt))
}

/// What the root of the ways says; nothing if it is another model that is asked.
fn of_ways(body: &[u8]) -> Option<String> {
    memmem::find(body, format!(r#""model":"{}""#, ways::MODEL).as_bytes())?;
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    let messages = body["messages"].as_array()?;
    let turn = 1 + messages.iter().filter(|message| message["role"] == "assistant").count();
    Some(ways::reply(turn, messages.get(1)?["content"].as_str()?))
}

/// A streamed answer with usage, as OpenAI's own servers send it.
fn http(text: &str) -> Vec<u8> {
    let mut bytes =
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let mut send = |data: &str| {
        let event = format!("data: {data}\n\n");
        bytes.extend_from_slice(format!("{:x}\r\n{event}\r\n", event.len()).as_bytes());
    };
    let chunk = |delta: &str, finish: &str| {
        format!(
            r#"{{"id":"c","object":"chat.completion.chunk","created":1,"model":"bench","choices":[{{"index":0,"delta":{delta},"finish_reason":{finish}}}]}}"#
        )
    };
    let half = text.len() / 2;
    let (first, second) = (text.get(..half).unwrap_or(text), text.get(half..).unwrap_or_default());
    send(&chunk(r#"{"role":"assistant","content":""}"#, "null"));
    for piece in [first, second] {
        send(&chunk(&format!(r#"{{"content":{}}}"#, serde_json::Value::from(piece)), "null"));
    }
    send(&chunk("{}", r#""stop""#));
    let (input, output) = field::USAGE;
    send(&format!(
        r#"{{"id":"c","object":"chat.completion.chunk","choices":[],"usage":{{"prompt_tokens":{input},"completion_tokens":{output},"total_tokens":{}}}}}"#,
        input + output
    ));
    send("[DONE]");
    bytes.extend_from_slice(b"0\r\n\r\n");
    bytes
}
