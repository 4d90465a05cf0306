//! Torn writes: what a power cut leaves of the last writes of the store, at many places and in three forms, and a program
//! that dies in the middle of writing a file. What was on disk before stays; at most what was torn is made again.

use super::{asked, newest, newest_id};
use crate::support::chat::{ChatServer, Reply};
use crate::support::preload::Preload;
use crate::support::program::Program;
use crate::support::server::Act;
use serde_json::json;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Instant;

const WORDS: [&str; 4] = ["a", "b", "c", "d"];

/// The head of a write-ahead log and of each of its frames, and a page, in bytes (<https://sqlite.org/walformat.html>).
const LOG_HEAD: usize = 32;
const FRAME_HEAD: usize = 24;
const PAGE: usize = 4_096;

/// What became of the bytes behind the place where the write was torn.
const FORMS: [&str; 3] = ["cut off", "zeros", "garbage"];

/// How long the log was when each of the first questions arrived.
#[derive(Default)]
struct Lengths {
    log: OnceLock<PathBuf>,
    seen: Mutex<Vec<usize>>,
}

impl Lengths {
    /// A server that notes them, and never answers the last of the first questions.
    fn server(self: &Arc<Self>) -> ChatServer {
        let lengths = Arc::clone(self);
        ChatServer::new(move |ask| {
            if let Some(log) = lengths.log.get().filter(|_| ask.number < WORDS.len()) {
                let length = fs::metadata(log).expect("a log").len();
                lengths.seen.lock().expect("unpoisoned").push(usize::try_from(length).expect("a small file"));
            }
            if ask.number + 1 == WORDS.len() {
                return Reply::acts(vec![Act::Hold]);
            }
            Reply::text(ask.last().to_uppercase()).usage(20, 10)
        })
    }

    /// All of them, once the last has arrived.
    fn all(&self) -> Vec<usize> {
        let begun = Instant::now();
        loop {
            let seen = self.seen.lock().expect("unpoisoned").clone();
            if seen.len() == WORDS.len() {
                return seen;
            }
            assert!(begun.elapsed().as_secs() < 60, "{seen:?}");
            std::thread::yield_now();
        }
    }
}

/// The store of a run that was killed when all but one of its questions were answered.
struct Killed {
    id: String,
    /// The files of the store.
    files: Vec<(PathBuf, Vec<u8>)>,
    /// How long the log was when so many answers were on disk: a question is asked only when the answer before it is.
    held: Vec<usize>,
}

fn killed(program: &Program, lengths: &Lengths) -> Killed {
    // The third file is an index of the second in shared memory; no power cut leaves it.
    let files = ["rhizo.db", "rhizo.db-wal"].map(|name| program.state().join(name));
    lengths.log.set(files[1].clone()).expect("set once");
    let running = program.args(["run", "words.rhai"]).start();
    let held = lengths.all();
    running.kill();
    running.end();
    let files = files.into_iter().map(|path| (path.clone(), fs::read(path).expect("a file"))).collect();
    Killed { files, held, id: newest_id(program) }
}

impl Killed {
    /// Puts the store back as it was, with the log torn at a place.
    fn restore(&self, program: &Program, place: usize, form: &str) {
        let index = program.state().join("rhizo.db-shm");
        if index.exists() {
            fs::remove_file(index).expect("removed");
        }
        for (path, bytes) in &self.files {
            let mut bytes = bytes.clone();
            if path.ends_with("rhizo.db-wal") {
                match form {
                    "cut off" => bytes.truncate(place),
                    "zeros" => bytes[place..].fill(0),
                    _ => bytes[place..].iter_mut().zip((1..=251).cycle()).for_each(|(byte, mask)| *byte ^= mask),
                }
            }
            fs::write(path, bytes).expect("a file");
        }
    }

    /// Where the log is torn: within frames, at their borders, in their heads; every how manieth frame, from the first
    /// question on.
    fn places(&self, every: usize) -> Vec<usize> {
        let length = self.files[1].1.len();
        let frames = (LOG_HEAD..length).step_by(FRAME_HEAD + PAGE).filter(|begin| *begin >= self.held[0]);
        let within = [0, 5, FRAME_HEAD, FRAME_HEAD + 1, FRAME_HEAD + PAGE / 2, FRAME_HEAD + PAGE - 1];
        let places = frames.enumerate().filter(|(number, _)| number % every == 0);
        places.map(|(number, begin)| begin + within[number / every % within.len()]).filter(|at| *at < length).collect()
    }

    /// How many answers a log holds that is sound up to a place.
    fn answers_before(&self, place: usize) -> usize {
        self.held.iter().filter(|length| **length <= place).count() - 1
    }
}

/// Every how manieth frame is torn in the usual tests; `RHIZO_TEST_EVERY=1` takes all.
fn every() -> usize {
    std::env::var("RHIZO_TEST_EVERY").ok().and_then(|every| every.parse().ok()).unwrap_or(3)
}

/// Resumes the run, and says how many answers it still had: it asks for the others, each once.
#[track_caller]
fn resumed(program: &Program, server: &ChatServer, id: &str, told: &str) -> usize {
    let before = server.asks().len();
    let document = program.args(["resume", id, "--json"]).run().ok().json();
    assert_eq!(document["answer"], json!(["A", "B", "C", "D"]), "{told}: {document:#}");
    let again = asked(server)[before..].to_vec();
    let kept = WORDS.len() - again.len();
    assert_eq!(again, WORDS[kept..], "{told}: the last ones, each once");
    assert_eq!(document["replayed_calls"], json!(kept), "{told}");
    kept
}

#[test]
fn what_was_on_disk_before_a_torn_write_is_not_asked_again() {
    let lengths = Arc::new(Lengths::default());
    let server = lengths.server();
    let code = format!("let said = []; for word in {WORDS:?} {{ said.push(llm(word)); }} said");
    let program = Program::paying(&server).file("words.rhai", code);
    let killed = killed(&program, &lengths);
    let places = killed.places(every());
    assert!(places.len() > 3, "{places:?}");
    let mut torn = 0;
    for form in FORMS {
        for place in &places {
            killed.restore(&program, *place, form);
            let told = format!("{form} at byte {place} of {}", killed.files[1].1.len());
            let checked = program.args(["doctor", "--no-call"]).run().ok();
            assert!(!checked.stdout.contains("FAULT"), "{told}: {}", checked.stdout);
            let row = newest(&program);
            assert_eq!((&row["id"], &row["status"]), (&json!(killed.id), &json!("interrupted")), "{told}");
            let kept = resumed(&program, &server, &killed.id, &told);
            assert!(kept >= killed.answers_before(*place), "{told}: only {kept} answers were kept");
            torn += usize::from(kept < WORDS.len() - 1);
        }
    }
    assert!(torn > 0, "some answers were torn");
}

/// Writes half of what it is told to, and dies; or dies before it syncs or renames. Counted are the acts on one folder.
const SHIM: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static long seen;

static int dies(int file) {
    char link[64], path[4096];
    const char *at = getenv("DIE_AT");
    if (!at) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    if (!strstr(path, "/project/out")) return 0;
    return __sync_add_and_fetch(&seen, 1) == atol(at);
}

static int end(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
ssize_t write(int f, const void *b, size_t n) {
    if (dies(f)) { REAL(write)(f, b, n / 2); end(); }
    return REAL(write)(f, b, n);
}
int fdatasync(int f) { return dies(f) ? end() : REAL(fdatasync)(f); }
int fsync(int f) { return dies(f) ? end() : REAL(fsync)(f); }
int renameat(int f, const char *a, int g, const char *b) { return dies(f) ? end() : REAL(renameat)(f, a, g, b); }
"#;

#[test]
fn a_file_is_the_old_one_or_the_new_one_wherever_its_writer_dies() {
    let library = Preload::new(SHIM);
    let (old, new) = ("old ".repeat(5_000), "new ".repeat(7_000));
    let flow = "inputs: {text: what is written}\noutput_dir: out\nsteps:\n  \
        - said: {llm: go}\n  \
        - made: {set: {text: inputs.text}, products: {made.text: made.txt}, dependencies: [said]}\n";
    let server = ChatServer::new(|_| Reply::text("gone").usage(1, 1));
    let mut deaths = Vec::new();
    for at in 1.. {
        let program = Program::paying(&server).file("flow.yaml", flow).file("out/made.txt", &old);
        let made = || fs::read_to_string(program.project().join("out/made.txt")).expect("a text");
        let call = program.args(["run", "flow.yaml", &format!("text={new}")]);
        let ran = call.env("LD_PRELOAD", &library.path()).env("DIE_AT", &at.to_string()).run();
        if ran.exit_code().is_some() {
            ran.ok();
            assert_eq!(made(), new);
            break;
        }
        deaths.push(made() == new);
        assert!(made() == new || made() == old, "died at act {at}: {} bytes", made().len());
        program.args(["resume", &newest_id(&program)]).run().ok();
        assert_eq!(made(), new, "after act {at}");
    }
    // Half a write, the sync and the renaming leave the old file; after that it is the new one.
    assert_eq!(deaths, [false, false, false, true]);
}
