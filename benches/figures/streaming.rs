//! How soon a streamed token is seen: from the server's write to the terminal's screen.

use crate::plan::Plan;
use crate::project::{Price, Project};
use crate::sheet::{Figure, Sheet, Unit};
use criterion::Criterion;
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::{Duration, Instant};

const SHOWN: Figure = Figure { name: "first streamed token on the screen", unit: Unit::Micros, aim: "< 5000" };
/// Long enough that a token that never comes is a fault of the bench.
const PATIENCE: Duration = Duration::from_secs(20);

/// Measures.
pub(crate) fn measure(criterion: &mut Criterion, plan: &Plan, sheet: &Sheet) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let base_url = format!("http://{}/v1", listener.local_addr().expect("bound"));
    let (written, when) = mpsc::channel();
    let (go_on, seen) = mpsc::channel();
    std::thread::spawn(move || serve(&listener, &written, &seen));
    let project = Project::new(plan, &base_url, Price::Free);
    let mut group = criterion.benchmark_group("stream");
    sheet.bench(&mut group, "first-token", SHOWN, || {
        let pair =
            native_pty_system().openpty(PtySize { rows: 24, cols: 80, ..PtySize::default() }).expect("a terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_rhizo"));
        command.env_clear();
        command.env("TERM", "xterm");
        command.env("HOME", project.folder());
        command.env("RHIZO_HOME", project.folder().join("home"));
        command.cwd(project.folder());
        command.args(["eval", "llm(\"say\").len"]);
        let mut child = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave);
        let mut screen = pair.master.try_clone_reader().expect("a reader");
        let (mut text, mut bytes) = (Vec::new(), [0; 4096]);
        while !String::from_utf8_lossy(&text).contains("lighthouse") {
            let read = screen.read(&mut bytes).expect("the terminal is read");
            assert!(read > 0, "the program ended: {}", String::from_utf8_lossy(&text));
            text.extend_from_slice(bytes.get(..read).unwrap_or_default());
        }
        let shown = Instant::now();
        let sent: Instant = when.recv_timeout(PATIENCE).expect("the server wrote");
        go_on.send(()).expect("the server waits");
        while screen.read(&mut bytes).is_ok_and(|read| read > 0) {}
        child.wait().expect("it is our child");
        shown.saturating_duration_since(sent)
    });
    sheet.note(SHOWN, "from the server's write to the pseudo-terminal");
    group.finish();
}

/// Answers each request with one token, says when, and ends the answer when it has been seen.
fn serve(listener: &TcpListener, written: &mpsc::Sender<Instant>, seen: &mpsc::Receiver<()>) {
    for stream in listener.incoming() {
        let mut stream = stream.expect("a connection");
        read_request(&mut stream);
        stream.set_nodelay(true).expect("a TCP option");
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
        let token = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"lighthouse\"}}]}\n\n";
        stream.write_all(head.as_bytes()).expect("written");
        stream.write_all(token.as_bytes()).expect("written");
        written.send(Instant::now()).expect("the bench waits");
        seen.recv_timeout(PATIENCE).expect("the token is seen");
        let end = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
        stream.write_all(end.as_bytes()).expect("written");
    }
}

fn read_request(stream: &mut TcpStream) {
    let (mut text, mut bytes) = (String::new(), [0; 4096]);
    while !text.contains("\"stream\":true") {
        let read = stream.read(&mut bytes).expect("a request");
        text.push_str(&String::from_utf8_lossy(bytes.get(..read).unwrap_or_default()));
    }
}
