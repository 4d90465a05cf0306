//! A raw HTTP server on loopback, for tests of what clients make of its answers.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// The server. Its threads end with the test process.
pub(super) struct Server {
    at: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers each request with the bytes that `answer` makes of its path.
    pub(super) fn start(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer) = (Arc::clone(&requests), Arc::new(answer));
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                std::thread::spawn(move || serve(connection, &seen, &*answer));
            }
        });
        Self { at, requests }
    }

    pub(super) fn address(&self, path: &str) -> String {
        format!("http://{}{path}", self.at)
    }

    pub(super) fn port(&self) -> u16 {
        self.at.port()
    }

    /// The requests so far, head only.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn serve(mut connection: TcpStream, seen: &Mutex<Vec<String>>, answer: &dyn Fn(&str) -> Vec<u8>) {
    let mut head = String::new();
    for line in BufReader::new(connection.try_clone().unwrap()).lines() {
        match line {
            Ok(line) if !line.is_empty() => head.push_str(&(line + "\n")),
            _ => break,
        }
    }
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    seen.lock().unwrap().push(head);
    // A client that has read enough closes the connection, which is no error of the server's.
    // A client that has gone away is one of the cases under test.
    drop(connection.write_all(&answer(&path)));
}

/// A complete answer.
pub(super) fn answer(status: &str, content_type: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// A redirect.
pub(super) fn redirect(to: &str) -> Vec<u8> {
    format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").into_bytes()
}
