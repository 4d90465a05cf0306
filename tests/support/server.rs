//! An HTTP server on loopback that records requests and plays back bytes as told, faults included.
//!
//! It works on raw TCP, so that it can send what no HTTP library would.

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// One step of an answer.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Sends bytes.
    Send(Vec<u8>),
    /// Sends the same bytes until the client goes away.
    Repeat(Vec<u8>),
    /// Sends nothing until the client goes away.
    Hold,
    /// Ends the connection in order.
    Close,
    /// Ends the connection with a TCP reset.
    Reset,
}

/// One request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// Method and path.
    pub(crate) line: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// The body; null if it was no JSON.
    pub(crate) body: Value,
    /// Which connection it came on, from 0.
    pub(crate) connection: usize,
}

impl Seen {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }
}

/// What to answer to a request, which has a number from 0.
type Script = Box<dyn Fn(Seen, usize) -> BoxFuture<'static, Vec<Act>> + Send + Sync>;

struct Shared {
    script: Script,
    seen: Mutex<Vec<Seen>>,
    /// Clients that went away while they were kept waiting.
    left: watch::Sender<usize>,
}

/// A running server; dropping it ends it.
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Server {
    /// Answers the first request with the first script, and so on; the last script serves all further requests.
    pub(crate) async fn play(scripts: Vec<Vec<Act>>) -> Self {
        Self::answer_by(move |_, number| {
            let acts = scripts[number.min(scripts.len() - 1)].clone();
            async move { acts }.boxed()
        })
        .await
    }

    /// Answers each request as `script` says, which may make it wait.
    pub(crate) async fn answer_by(
        script: impl Fn(Seen, usize) -> BoxFuture<'static, Vec<Act>> + Send + Sync + 'static,
    ) -> Self {
        Self::answer_at(0, script).await
    }

    /// The same at a certain port, which nobody else may have.
    pub(crate) async fn answer_at(
        port: u16,
        script: impl Fn(Seen, usize) -> BoxFuture<'static, Vec<Act>> + Send + Sync + 'static,
    ) -> Self {
        let bound = TcpListener::bind(("127.0.0.1", port)).await;
        let listener = bound.unwrap_or_else(|error| panic!("this test needs port {port} of loopback: {error}"));
        let address = listener.local_addr().expect("bound");
        let shared = Arc::new(Shared { script: Box::new(script), seen: Mutex::default(), left: watch::Sender::new(0) });
        let task = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { address, shared, task }
    }

    /// The address up to and including `/v1`.
    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Host and port.
    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }

    /// The requests so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().expect("unpoisoned").clone()
    }

    /// Waits until that many clients have gone away from a `Hold` or `Repeat`.
    pub(crate) async fn left(&self, count: usize) {
        let mut left = self.shared.left.subscribe();
        left.wait_for(|now| *now >= count).await.expect("the server lives");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = tokio::task::JoinSet::new();
    for connection in 0.. {
        let Ok((stream, _)) = listener.accept().await else { return };
        connections.spawn(serve(stream, connection, Arc::clone(&shared)));
    }
}

async fn serve(mut stream: TcpStream, connection: usize, shared: Arc<Shared>) {
    stream.set_nodelay(true).expect("a TCP option");
    while let Some(seen) = read_request(&mut stream, connection).await {
        let number = {
            let mut all = shared.seen.lock().expect("unpoisoned");
            all.push(seen.clone());
            all.len() - 1
        };
        for act in (shared.script)(seen, number).await {
            if !perform(&mut stream, act, &shared).await {
                return;
            }
        }
    }
}

/// False if the connection is at its end.
async fn perform(stream: &mut TcpStream, act: Act, shared: &Shared) -> bool {
    match act {
        Act::Send(bytes) => {
            let sent = stream.write_all(&bytes).await.is_ok();
            tokio::task::yield_now().await;
            return sent;
        }
        Act::Repeat(bytes) => while stream.write_all(&bytes).await.is_ok() {},
        Act::Hold => while matches!(stream.read(&mut [0; 64]).await, Ok(1..)) {},
        Act::Close => return false,
        Act::Reset => {
            stream.set_zero_linger().expect("a TCP option");
            return false;
        }
    }
    shared.left.send_modify(|left| *left += 1);
    false
}

async fn read_request(stream: &mut TcpStream, connection: usize) -> Option<Seen> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let mut lines = head.lines();
    let line = lines.next()?.trim_end_matches(" HTTP/1.1").to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").map_or("0", |(_, value)| value);
    let end = head_end + length.parse::<usize>().ok()?;
    while bytes.len() < end {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = serde_json::from_slice(&bytes[head_end..end]).unwrap_or_default();
    Some(Seen { line, headers, body, connection })
}

/// An answer with a length.
pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Vec<Act> {
    let mut text = format!("HTTP/1.1 {status} Status\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    vec![Act::Send(format!("{text}\r\n{body}").into_bytes())]
}

/// A JSON answer.
pub(crate) fn json(status: u16, body: &Value) -> Vec<Act> {
    answer(status, &[("content-type", "application/json")], &body.to_string())
}

/// The head of a chunked answer.
pub(crate) fn head(content_type: &str) -> Act {
    Act::Send(
        format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ntransfer-encoding: chunked\r\n\r\n").into_bytes(),
    )
}

/// One HTTP chunk.
pub(crate) fn chunk(data: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", data.len()).as_bytes(), data, b"\r\n"].concat()
}

/// A whole stream of events, each piece in an HTTP chunk of its own.
pub(crate) fn stream(pieces: &[&str]) -> Vec<Act> {
    let mut acts = open_stream(pieces);
    acts.push(Act::Send(b"0\r\n\r\n".to_vec()));
    acts
}

/// The beginning of a stream of events, to be followed by something else.
pub(crate) fn open_stream(pieces: &[&str]) -> Vec<Act> {
    // An empty chunk would be the end.
    let sent = pieces.iter().filter(|piece| !piece.is_empty()).map(|piece| Act::Send(chunk(piece.as_bytes())));
    std::iter::once(head("text/event-stream")).chain(sent).collect()
}

/// The same answer in pieces of one byte.
pub(crate) fn bytewise(acts: Vec<Act>) -> Vec<Act> {
    let split = |act| match act {
        Act::Send(bytes) => bytes.into_iter().map(|byte| Act::Send(vec![byte])).collect(),
        other => vec![other],
    };
    acts.into_iter().flat_map(split).collect()
}
