//! The table of faults: what servers, proxies and networks do to an answer, and what must come of it, in every protocol,
//! whether it was asked for as a stream or in one piece.
//!
//! Each row is one attempt, so that its bill is that of the fault alone; how often it is repeated is in `retries`.

use super::{DONE, ask, ends, event, settings, used};
use crate::support::dialects::{CHAT, DIALECTS, Dialect};
use crate::support::server::{Act, Server, answer, bytewise, chunk, head, json, open_stream, stream};
use rhizo::core::failure::FailureKind;
use rhizo::core::message::Finish;
use rhizo::model::exchange::Timeouts;
use rhizo::model::remote::RemoteSettings;
use serde_json::{Value, json};
use std::time::Duration;

/// Tokens of the prompt and of the answer, as they are billed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Bill {
    /// The server was not at work.
    Nothing,
    /// As the server counted.
    Counted(u64, u64),
    /// As it had to be counted here: four bytes are a token.
    Estimated(u64, u64),
}

/// What must come of it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    /// A failure of this kind.
    Fails(FailureKind),
    /// A whole answer with this text.
    Says(&'static str),
    /// An answer that its limit cut, and says so.
    Cut(&'static str),
    /// A call of the function `f` with these arguments.
    Calls(&'static str),
}

struct Fault {
    name: String,
    acts: Vec<Act>,
    end: End,
    bill: Bill,
}

fn fault(name: impl Into<String>, acts: Vec<Act>, end: End, bill: Bill) -> Fault {
    Fault { name: name.into(), acts, end, bill }
}

/// Nobody heard an answer: the prompt at its worst, which is its five bytes and what a chat's form adds, and the longest answer,
/// on which these requests set no limit.
const UNHEARD: Bill = Estimated(37, 0);

use Bill::{Counted, Estimated, Nothing};
use End::{Calls, Cut, Fails, Says};
use FailureKind::{
    Auth, ContextOverflow, Protocol, RateLimit, Refusal, Rejected, Server as Broken, Stalled, Transport, UnknownModel,
};

fn raw(text: &str) -> Act {
    Act::Send(text.as_bytes().to_vec())
}

fn then(mut acts: Vec<Act>, last: Act) -> Vec<Act> {
    acts.push(last);
    acts
}

fn statuses() -> Vec<Fault> {
    let kinds = [
        (300, Rejected),
        (301, Rejected),
        (304, Rejected),
        (400, Rejected),
        (401, Auth),
        (402, Rejected),
        (403, Auth),
        (404, UnknownModel),
        (405, Rejected),
        (406, Rejected),
        (408, Broken),
        (409, Broken),
        (410, Rejected),
        (413, ContextOverflow),
        (415, Rejected),
        (418, Rejected),
        (422, Rejected),
        (425, Broken),
        (429, RateLimit),
        (451, Rejected),
        (500, Broken),
        (501, Broken),
        (502, Broken),
        (503, Broken),
        (504, Broken),
        (520, Broken),
        (524, Broken),
        (529, Broken),
    ];
    let error = json!({"error": {"message": "no"}});
    // A gateway has handed the request on. If it waited in vain, the model behind it may be at work; if it got nothing of
    // use, the model can have thought until then.
    let bill = |status: u16| match status {
        504 | 524 => UNHEARD,
        502 | 520 => Estimated(2, 0),
        _ => Nothing,
    };
    let row = |(status, kind): (u16, FailureKind)| {
        fault(format!("status {status}"), json(status, &error), Fails(kind), bill(status))
    };
    kinds.map(row).into()
}

fn refusals() -> Vec<Fault> {
    let says = |status: u16, error: Value| json(status, &json!({"error": error}));
    // What lies in the request is no fault of the server, also where its answer had begun.
    let coded = [
        ("content_filter", Refusal),
        ("content_policy_violation", Refusal),
        ("invalid_prompt", Rejected),
        ("invalid_image_format", Rejected),
        ("request_too_large", ContextOverflow),
    ];
    let streamed = coded.map(|(code, kind)| {
        let error = event(&json!({"type": "error", "error": {"code": code, "message": "m"}}));
        fault(format!("{code} in the stream"), stream(&[&error]), Fails(kind), Estimated(2, 0))
    });
    let mut all = Vec::from(streamed);
    all.extend([
        fault("429 without credit", says(429, json!({"code": "insufficient_quota"})), Fails(Rejected), Nothing),
        fault("400 too long", says(400, json!({"code": "context_length_exceeded"})), Fails(ContextOverflow), Nothing),
        fault("400 too long for Gemini", says(400, too_long("", GEMINI)), Fails(ContextOverflow), Nothing),
        fault("400 too long for xAI", says(400, too_long("", XAI)), Fails(ContextOverflow), Nothing),
        fault("400 too long, said late", says(400, too_long(&"·".repeat(400), XAI)), Fails(ContextOverflow), Nothing),
        fault("429 too large", says(429, json!({"message": TOO_LARGE})), Fails(ContextOverflow), Nothing),
        fault("400 filtered", says(400, json!({"code": "content_filter"})), Fails(Refusal), Nothing),
        fault("400 too long, marked", answer(400, &[], MARKED), Fails(ContextOverflow), Nothing),
        fault("HTML 502", answer(502, &[("content-type", "text/html")], HTML), Fails(Broken), Estimated(2, 0)),
        fault("redirect to a private address", redirect("http://169.254.169.254/latest"), Fails(Rejected), Nothing),
        fault("redirect to a file", redirect("file:///etc/passwd"), Fails(Rejected), Nothing),
        fault("overloaded in the stream", stream(&[&says_overloaded()]), Fails(Broken), Estimated(2, 0)),
        fault("error with status 200", json(200, &json!({"error": {"message": "m"}})), Fails(Broken), Estimated(2, 0)),
    ]);
    all
}

const HTML: &str = "<html></html>";
const TOO_LARGE: &str = "Request too large for small in organization org-1 on tokens per min (TPM): Limit 30000, Requested \
    39346. The input or output tokens must be reduced in order to run successfully.";
const MARKED: &str = "\u{FEFF}{\"error\": {\"code\": \"context_length_exceeded\"}}";
const GEMINI: &str = "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).";
const XAI: &str = "This model's maximum prompt length is 131072 but the request contains 140000 tokens.";

fn too_long(before: &str, words: &str) -> Value {
    json!({"message": format!("{before}{words}"), "code": 400, "status": "INVALID_ARGUMENT"})
}

fn says_overloaded() -> String {
    event(&json!({"error": {"type": "overloaded_error", "message": "Overloaded"}}))
}

fn redirect(location: &str) -> Vec<Act> {
    answer(302, &[("location", location)], "")
}

fn breaks(dialect: &Dialect) -> Vec<Fault> {
    let Dialect { says, ends, counts, document, .. } = dialect;
    let half = || open_stream(&[&says("half")]);
    let mut all = Vec::new();
    for (how, last) in [("closed", Act::Close), ("reset", Act::Reset)] {
        let mut add = |stage: &str, acts: Vec<Act>, bill: Bill| {
            all.push(fault(format!("{how} {stage}"), then(acts, last.clone()), Fails(Transport), bill));
        };
        // The request was read: nobody knows what the server makes of it.
        add("before the head", vec![], UNHEARD);
        add("in the head", vec![raw("HTTP/1.1 200 OK\r\ncontent-ty")], UNHEARD);
        add("before the first byte", vec![head("text/event-stream")], UNHEARD);
        add("in an event", open_stream(&["data: {\"choi"]), UNHEARD);
        add("between events", half(), Estimated(2, 1));
        add("in JSON", vec![raw("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"choices\":")], UNHEARD);
    }
    let whole = || open_stream(&[&says("whole"), &ends(Some(counts((9, 4))))]);
    all.push(fault("closed after the end", then(whole(), Act::Close), Says("whole"), Counted(9, 4)));
    all.push(fault("reset after the end", then(whole(), Act::Reset), Says("whole"), Counted(9, 4)));
    all.push(fault("no end", stream(&[&says("half")]), Fails(Transport), Estimated(2, 1)));
    all.push(fault("[DONE] without an end", stream(&[&says("half"), DONE]), Fails(Transport), Estimated(2, 1)));
    all.push(fault("an empty body", stream(&[]), Fails(Transport), Estimated(2, 0)));
    let end = ends(None);
    all.push(fault("the end is cut", stream(&[&says("half"), &end[..40]]), Fails(Transport), Estimated(2, 1)));
    let json = document("whole", counts((9, 4))).to_string();
    all.push(fault("cut JSON in order", stream(&[&json[..30]]), Fails(Transport), UNHEARD));
    all
}

/// A document as some servers of Windows write it.
fn marked(document: &Value) -> Vec<Act> {
    answer(200, &[], &format!("\u{FEFF}{document}"))
}

fn forms(dialect: &Dialect) -> Vec<Fault> {
    let Dialect { begins, says, ends, counts, document, .. } = dialect;
    let whole = [begins(None), says("é"), says("✓"), ends(Some(counts((9, 4))))].concat();
    let at = |index: usize| (0..=index).rev().find(|at| whole.is_char_boundary(*at)).expect("a boundary");
    let fine = |name: &str, acts: Vec<Act>| fault(name, acts, Says("é✓"), Counted(9, 4));
    let typed = |kind: &str| {
        let text = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n{whole}", whole.len());
        vec![raw(&text)]
    };
    vec![
        fine("in one piece", json(200, &document("é✓", counts((9, 4))))),
        fine("in one piece after blanks", answer(200, &[], &format!("\n\n  {}", document("é✓", counts((9, 4)))))),
        fine("in one piece after a byte order mark", marked(&document("é✓", counts((9, 4))))),
        fine("byte order mark in pieces", bytewise(marked(&document("é✓", counts((9, 4)))))),
        fine("UTF-8 split between bytes", bytewise(stream(&[&whole]))),
        fine("glued frames", stream(&[&whole])),
        fine("half frames", stream(&[&whole[..20], &whole[20..at(150)], &whole[at(150)..]])),
        fine("CRLF", stream(&[&whole.replace('\n', "\r\n")])),
        fine("CR", stream(&[&whole.replace('\n', "\r")])),
        fine("comments", stream(&[&format!(": hello\n\n{}", whole.replace("\n\n", "\n: ping\n\n"))])),
        fine("byte order mark", stream(&["\u{FEFF}", &whole])),
        fine("events typed as JSON", typed("application/json")),
        fine("events typed as HTML", typed("text/html")),
        fine("no space after data:", stream(&[&whole.replace("data: ", "data:")])),
        fine("empty events", stream(&["data:\n\n", &whole, "data:\n\n"])),
    ]
}

fn foreign() -> Vec<Fault> {
    let kind = |kind: &str, body: &str| answer(200, &[("content-type", kind)], body);
    // The request was read, and what was refused may have been any answer.
    let wrong = |name: &str, acts: Vec<Act>| fault(name, acts, Fails(Protocol), UNHEARD);
    let large_head = format!("HTTP/1.1 200 OK\r\nx-large: {}\r\n\r\n", "x".repeat(1024 * 1024));
    let many_heads = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x-many: 1\r\n".repeat(5_000));
    let long = chunk(&vec![b'a'; 256 * 1024]);
    let long_line = vec![head("text/event-stream"), Act::Send(chunk(b"data: ")), Act::Repeat(long.clone())];
    let data_line = chunk(&[b"data: ".as_slice(), &vec![b'a'; 256 * 1024], b"\n"].concat());
    let zipped = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\n\r\n";
    vec![
        wrong("HTML", kind("text/html", "<!doctype html><html></html>")),
        wrong("a picture", kind("image/png", "\u{89}PNG")),
        wrong("prose", kind("text/plain", "error: out of coffee\n")),
        wrong("other JSON", json(200, &json!({"answer": 42}))),
        wrong("broken JSON", kind("application/json", "{\"choices\": nothing}")),
        wrong("broken JSON in the stream", stream(&["data: {\"choices\": nothing}\n\n", DONE])),
        wrong("too deep JSON in the stream", stream(&[&too_deep()])),
        wrong("an endless line", long_line),
        wrong("an endless event", vec![head("text/event-stream"), Act::Repeat(data_line)]),
        wrong("an endless document", vec![head("application/json"), Act::Send(chunk(b"{")), Act::Repeat(long)]),
        wrong("a gzip bomb", vec![raw(zipped), Act::Send(super::faults::bomb()), Act::Close]),
        wrong("no HTTP", vec![raw("220 mail.example ESMTP\r\n\r\n"), Act::Close]),
        wrong("an endless header", vec![raw(&large_head)]),
        wrong("too many headers", vec![raw(&many_heads)]),
        wrong("a length that is no number", vec![raw("HTTP/1.1 200 OK\r\ncontent-length: abc\r\n\r\n"), Act::Close]),
    ]
}

/// An event that no parser follows to its bottom.
fn too_deep() -> String {
    format!("data: {{\"choices\": {}{}}}\n\n", "[".repeat(200), "]".repeat(200))
}

fn contents(dialect: &Dialect) -> Vec<Fault> {
    let Dialect { says, cut, counts, .. } = dialect;
    // The counts of prompt and answer, under the names of the protocol.
    let usage = |input: Value, output: Value| {
        let mut usage = counts((0, 0));
        usage
            .as_object_mut()
            .expect("counts")
            .values_mut()
            .zip([input, output])
            .for_each(|(slot, count)| *slot = count);
        usage
    };
    let answers = |name: &str, usage, bill| fault(name, dialect.streams("whole", usage), Says("whole"), bill);
    let counted_here = |name: &str, usage| answers(name, Some(usage), Estimated(2, 2));
    // Messages count the prompt by itself.
    let absurd = if dialect.provider == "anthropic" { Estimated(9, 2) } else { Estimated(2, 2) };
    vec![
        answers("usage missing", None, Estimated(2, 2)),
        counted_here("usage null", json!(null)),
        counted_here("usage negative", usage(json!(-9), json!(4))),
        counted_here("usage as text", usage(json!("9"), json!(4))),
        answers("usage absurd", Some(usage(json!(9), json!(u64::MAX))), absurd),
        counted_here("usage all zero", counts((0, 0))),
        // What is held back for the prompt is 37 tokens.
        answers("usage as if 10 times as much was sent", Some(counts((370, 2))), Estimated(37, 2)),
        answers("usage as if 1000 times as much was sent", Some(counts((37_000, 2))), Estimated(37, 2)),
        // These requests set no limit, and no answer has a million tokens.
        answers("usage of 10 longest answers", Some(counts((9, 10_000_000))), Estimated(9, 2)),
        answers("usage of 1000 longest answers", Some(counts((9, 1_000_000_000))), Estimated(9, 2)),
        answers("usage too low", Some(counts((9, 0))), Estimated(9, 2)),
        answers("usage without a prompt", Some(counts((0, 4))), Estimated(2, 4)),
        fault("cut by its limit", stream(&[&says("half"), &cut(Some(counts((9, 4))))]), Cut("half"), Counted(9, 4)),
    ]
}

fn nothing() -> Value {
    let usage = json!({"prompt_tokens": 9, "completion_tokens": 4});
    json!({"choices": [{"index": 0, "message": null, "finish_reason": "stop"}], "usage": usage})
}

/// What only chat completions can say so.
fn only_chat() -> Vec<Fault> {
    let says = CHAT.says;
    let call = |arguments: &str| {
        let function = json!({"name": "f", "arguments": arguments});
        event(&json!({"choices": [{"delta": {"tool_calls": [{"index": 0, "id": "c", "function": function}]}}]}))
    };
    let whole = || open_stream(&[&says("whole"), &ends("stop"), &used(9, 4)]);
    let goes_on = || open_stream(&[&says("half"), &ends("stop"), &says("more")]);
    let declines = event(&json!({"choices": [{"delta": {"refusal": "I can't."}}]}));
    let old = json!({"choices": [{"text": "legacy", "index": 0, "finish_reason": "stop"}]});
    vec![
        fault("an answer of the old completions", json(200, &old), Fails(Protocol), UNHEARD),
        fault("events of the old completions", stream(&[&event(&old), DONE]), Fails(Protocol), UNHEARD),
        fault("a choice without a message", json(200, &nothing()), Fails(Protocol), Counted(9, 4)),
        fault(
            "error after text and usage",
            stream(&[&used(9, 4), &says("ab"), &event(&json!({"error": {"message": "m", "code": 429}}))]),
            Fails(RateLimit),
            Counted(9, 4),
        ),
        fault(
            "closed after usage",
            then(open_stream(&[&says("half"), &used(9, 4)]), Act::Close),
            Fails(Transport),
            Counted(9, 4),
        ),
        fault("missing [DONE]", stream(&[&says("whole"), &ends("stop"), &used(9, 4)]), Says("whole"), Counted(9, 4)),
        fault("reset before [DONE]", then(whole(), Act::Reset), Says("whole"), Counted(9, 4)),
        fault("silence before [DONE]", then(whole(), Act::Hold), Says("whole"), Counted(9, 4)),
        fault("text after the end", then(goes_on(), Act::Reset), Fails(Transport), Estimated(2, 2)),
        fault("an unknown reason", stream(&[&says("a"), &ends("bored"), &used(9, 4)]), Fails(Protocol), Counted(9, 4)),
        fault("too deep JSON after text", stream(&[&says("half"), &too_deep()]), Fails(Protocol), Estimated(37, 1)),
        fault(
            "too deep JSON after usage",
            stream(&[&used(9, 4), &says("half"), &too_deep()]),
            Fails(Protocol),
            Counted(9, 4),
        ),
        fault("aborted by the server", stream(&[&says("a"), &ends("error")]), Fails(Broken), Estimated(2, 1)),
        fault("declined", stream(&[&declines, &ends("stop"), &used(9, 4)]), Fails(Refusal), Counted(9, 4)),
        fault("tool arguments cut off", stream(&[&call("{\"x\":")]), Fails(Transport), Estimated(2, 2)),
        // The server says that this is all; whoever parses it tells the model.
        fault("tool arguments not whole", stream(&[&call("{"), &ends("tool_calls")]), Calls("{"), Estimated(2, 1)),
        fault(
            "tool arguments in pieces",
            stream(&[&call("{"), &call("}"), &ends("stop")]),
            Calls("{}"),
            Estimated(2, 1),
        ),
    ]
}

fn silences(dialect: &Dialect) -> Vec<Fault> {
    let Dialect { says, ends, counts, .. } = dialect;
    let stalls = |name: &str, acts, bill| fault(name, acts, Fails(Stalled), bill);
    let ping = || Act::Repeat(chunk(b": still here\n\n"));
    vec![
        stalls("silent before the head", vec![Act::Hold], UNHEARD),
        stalls("silent after the head", vec![head("text/event-stream"), Act::Hold], UNHEARD),
        stalls("one byte, then nothing for long", then(open_stream(&["d"]), Act::Hold), UNHEARD),
        stalls("half an event, then nothing", then(open_stream(&["data: {\"ch"]), Act::Hold), UNHEARD),
        stalls("text, then nothing", then(open_stream(&[&says("half")]), Act::Hold), Estimated(2, 1)),
        stalls("text, then only comments", then(open_stream(&[&says("half")]), ping()), Estimated(2, 1)),
        stalls("only comments", then(open_stream(&[]), ping()), UNHEARD),
        fault(
            "the end, then nothing",
            then(open_stream(&[&says("whole"), &ends(Some(counts((9, 4))))]), Act::Hold),
            Says("whole"),
            Counted(9, 4),
        ),
    ]
}

/// What came of one fault, or why that is wrong.
async fn judge(fault: &Fault, dialect: &Dialect, streamed: bool) -> Result<(), String> {
    let server = Server::play(vec![fault.acts.clone()]).await;
    let mut settings = RemoteSettings { stream: streamed, ..settings(server.base_url()) };
    settings.retry.attempts = 1;
    // Short only where silence is the fault: elsewhere a slow machine must not look like one.
    if fault.acts.iter().any(|act| matches!(act, Act::Hold)) || fault.name.contains("only comments") {
        let short = Duration::from_millis(100);
        settings.timeouts =
            Timeouts { first_token: short, between_tokens: short, total: 3 * short, ..settings.timeouts };
    }
    let model = dialect.model(settings);
    let Ok((result, _)) = tokio::time::timeout(Duration::from_secs(60), ask(model.as_ref())).await else {
        return Err("it hangs".to_owned());
    };
    let (end, usage, told) = match &result {
        Err(failed) => (Fails(failed.failure.kind), failed.usage, failed.failure.message.clone()),
        Ok(reply) => {
            let expected = match (fault.end, reply.finish) {
                (Says(text), Finish::Stop) | (Cut(text), Finish::Length) => reply.text == text,
                (Calls(arguments), Finish::ToolCalls) => {
                    reply.tool_requests.iter().map(|call| call.arguments.as_str()).eq([arguments])
                }
                _ => false,
            };
            if !expected {
                return Err(format!("{reply:?} instead of {:?}", fault.end));
            }
            (fault.end, reply.usage, String::new())
        }
    };
    let bill = match (usage.input_tokens, usage.output_tokens, usage.estimated) {
        (0, 0, false) => Nothing,
        (input, output, false) => Counted(input, output),
        (input, output, true) => Estimated(input, output),
    };
    if (end, bill) == (fault.end, fault.bill) {
        return Ok(());
    }
    Err(format!("{end:?} {bill:?} instead of {:?} {:?} {told}", fault.end, fault.bill))
}

#[tokio::test]
async fn every_fault_has_the_right_end_and_the_right_bill() {
    let (mut wrong, mut kinds) = (Vec::new(), Vec::new());
    for dialect in DIALECTS {
        let mut table: Vec<Fault> = [statuses(), refusals(), breaks(&dialect), forms(&dialect), foreign()]
            .into_iter()
            .chain([contents(&dialect), silences(&dialect)])
            .flatten()
            .collect();
        if dialect.provider == CHAT.provider {
            table.extend(only_chat());
        }
        let mut names: Vec<&str> = table.iter().map(|fault| fault.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), table.len(), "each name is there once");
        kinds.push(table.len());
        for (fault, streamed) in table.iter().flat_map(|fault| [(fault, true), (fault, false)]) {
            let judged = judge(fault, &dialect, streamed).await;
            let asked = if streamed { "streamed" } else { "whole" };
            println!("{:<10} {:<34} {asked:<9} {:?} {:?}", dialect.provider, fault.name, fault.end, fault.bill);
            let place = format!("{} {} ({asked})", dialect.provider, fault.name);
            wrong.extend(judged.err().map(|why| format!("{place}: {why}")));
        }
    }
    println!("{kinds:?} kinds of faults in three protocols, each twice");
    assert!(kinds.iter().all(|count| *count >= 80) && wrong.is_empty(), "{}", wrong.join("\n"));
}
