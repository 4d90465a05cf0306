//! Clocks that are wrong by ten years, in either direction: nothing is paid twice, who lives is told by the process and
//! not by the time, the newest run is the last one begun, and kept answers are as old as they are.
//!
//! The clock is moved by a small library that the program is made to load first; what it measures spans of time by goes
//! right, as it does on a machine whose clock was set.

use super::{asked, holding, newest, newest_id};
use crate::support::chat::{ChatServer, Reply};
use crate::support::preload::Preload;
use crate::support::program::{Call, Program};
use serde_json::json;

const SHIM: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static long moved(void) {
    const char *by = getenv("CLOCK_MOVED");
    return by ? atol(by) : 0;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
int clock_gettime(clockid_t clock, struct timespec *now) {
    static __typeof__(&clock_gettime) real;
    if (!real) real = REAL(clock_gettime);
    int done = real(clock, now);
    if (!done && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += moved();
    return done;
}
time_t time(time_t *into) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (into) *into = now.tv_sec;
    return now.tv_sec;
}
int gettimeofday(struct timeval *restrict into, void *restrict zone) {
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    into->tv_sec = now.tv_sec;
    into->tv_usec = now.tv_nsec / 1000;
    return 0;
}
"#;

const TEN_YEARS: i64 = 10 * 365 * 86_400;

/// A day in milliseconds: more than any test takes, less than any clock here is moved by.
const DAY: i64 = 86_400_000;

trait Moved {
    /// The same with a clock that is wrong by so many seconds.
    fn moved(self, library: &Preload, seconds: i64) -> Self;
}

impl Moved for Call<'_> {
    fn moved(self, library: &Preload, seconds: i64) -> Self {
        self.env("LD_PRELOAD", &library.path()).env("CLOCK_MOVED", &seconds.to_string())
    }
}

#[test]
fn a_run_goes_on_ten_years_later_and_ten_years_before() {
    let library = Preload::new(SHIM);
    let code = "let began = now(); let said = [];
        for word in [\"a\", \"b\", \"c\", \"d\", \"e\"] { said.push(llm(word)); }
        #{began: began, said: said, ended: now()}";
    for seconds in [TEN_YEARS, -TEN_YEARS] {
        let server = holding(2);
        let program = Program::paying(&server).file("five.rhai", code);
        let running = program.args(["run", "five.rhai"]).start();
        server.wait_for(3);
        running.kill();
        running.end();
        let id = newest_id(&program);
        let document = program.args(["resume", &id, "--json"]).moved(&library, seconds).run().ok().json();
        assert_eq!(asked(&server), ["a", "b", "c", "c", "d", "e"]);
        assert_eq!((&document["run"], &document["replayed_calls"]), (&json!(id), &json!(2)));
        let answer = &document["answer"];
        assert_eq!(answer["said"], json!(["A", "B", "C", "D", "E"]));
        let time = |name: &str| answer[name].as_i64().expect("milliseconds");
        let off = time("ended") - time("began") - seconds * 1_000;
        assert!((-DAY..DAY).contains(&off), "the clock was moved, and what was read before is read again: {answer}");
        assert_eq!((&newest(&program)["status"], &newest(&program)["under_way"]), (&json!("completed"), &json!(0)));
        program.args(["replay", &id]).moved(&library, -seconds).run().ok();
        program.args(["doctor", "--no-call"]).moved(&library, -seconds).run().ok();
        assert_eq!(server.asks().len(), 6);
    }
}

/// Waits until the one pause of a program has begun so often.
fn wait_until_asleep(program: &Program, times: i64) {
    let path = program.state().join("rhizo.db");
    let asleep = || {
        // The program makes the store, which may not be there yet.
        let store = rusqlite::Connection::open_with_flags(&path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
        let sql = "SELECT attempts FROM effects WHERE kind = 'sleep' AND state = 'intent'";
        store.query_row(sql, (), |row| row.get::<_, i64>(0)).ok()
    };
    let begun = std::time::Instant::now();
    while asleep() != Some(times) {
        assert!(begun.elapsed().as_secs() < 60, "it sleeps for the {times}. time");
        std::thread::yield_now();
    }
}

const NAPS: [(&str, &str); 3] = [
    ("nap.rhai", "sleep(SPAN); 7"),
    ("nap.yaml", "steps: {a: {wait: SPAN}, b: {set: {n: 7}, dependencies: [a]}}\noutputs: {n: b.n}\n"),
    (
        "again.yaml",
        "steps: {a: {tool: read_file, args: {path: nowhere.txt}, retry: {times: 1, wait: SPAN}, on_failure: continue}}\n",
    ),
];

#[test]
fn a_pause_goes_on_with_what_is_left_of_it() {
    let library = Preload::new(SHIM);
    for (name, text) in NAPS {
        let program = Program::offline().file(name, text.replace("SPAN", "3600"));
        let running = program.args(["run", name]).start();
        wait_until_asleep(&program, 1);
        running.kill();
        running.end();
        let id = newest_id(&program);
        // Stopped once more on its way, by Ctrl-C, it counts from its first beginning.
        let running = program.args(["resume", &id]).moved(&library, 2_000).start();
        wait_until_asleep(&program, 2);
        let shown = program.args(["runs", "show", &id]).run().ok().stdout;
        assert!(shown.contains("what is left of it is waited for by resume"), "{shown}");
        running.wait_until_it_hears_interrupts();
        running.interrupt();
        running.end().code(130);
        program.args(["resume", &id]).moved(&library, 3_700).run().ok();
        program.args(["replay", &id]).run().ok();
    }
}

#[test]
fn a_pause_that_has_yet_to_begin_by_the_clock_takes_no_longer_than_it_would_have() {
    let library = Preload::new(SHIM);
    let program = Program::offline().file("nap.rhai", "sleep(3); 7");
    let running = program.args(["run", "nap.rhai"]).start();
    wait_until_asleep(&program, 1);
    running.kill();
    running.end();
    program.args(["resume", "last"]).moved(&library, -TEN_YEARS).run().ok().prints("7\n");
}

#[test]
fn who_works_on_a_run_is_told_by_no_clock() {
    let library = Preload::new(SHIM);
    // Whoever works has the wrong clock, or whoever wants to take over.
    for (worker, taker) in [(TEN_YEARS, 0), (-TEN_YEARS, 0), (0, TEN_YEARS), (0, -TEN_YEARS)] {
        let server = holding(1);
        let program = Program::paying(&server).file("two.rhai", "llm(\"a\") + llm(\"b\")");
        let running = program.args(["run", "two.rhai"]).moved(&library, worker).start();
        server.wait_for(2);
        let id = newest_id(&program);
        program.args(["resume", &id]).moved(&library, taker).run().code(1).says("is working on run");
        let listed = program.args(["runs", "list", "--json"]).moved(&library, taker).run().ok().json();
        assert_eq!((&listed[0]["id"], &listed[0]["status"]), (&json!(id), &json!("running")));
        program.args(["runs", "gc", "--keep", "0", "--unfinished"]).moved(&library, taker).run().ok();
        assert_eq!(newest(&program)["id"], json!(id), "nobody removes a run at work");
        running.kill();
        running.end();
        let row = &program.args(["runs", "list", "--json"]).moved(&library, taker).run().ok().json()[0];
        assert_eq!(row["status"], "interrupted");
        program.args(["resume", &id]).moved(&library, taker).run().ok().prints("AB\n");
        assert_eq!(asked(&server), ["a", "b", "b"]);
    }
}

#[test]
fn the_newest_run_is_the_last_one_begun() {
    let library = Preload::new(SHIM);
    let program = Program::offline();
    let mut begun = Vec::new();
    for (code, seconds) in [("1", 0), ("2", TEN_YEARS), ("3", 0), ("4", -TEN_YEARS)] {
        program.args(["eval", code]).moved(&library, seconds).run().ok();
        begun.insert(0, code);
        let rows = program.args(["runs", "list", "--json"]).run().ok().json();
        let listed: Vec<&str> =
            rows.as_array().expect("a list").iter().filter_map(|row| row["task"].as_str()).collect();
        assert_eq!(listed, begun);
    }
}

#[test]
fn a_kept_answer_is_as_old_as_it_is() {
    let library = Preload::new(SHIM);
    let server = ChatServer::new(|ask| Reply::text(format!("answer {}", ask.number)).usage(1, 1));
    let program = Program::paying(&server).file("one.rhai", "llm(\"a\", #{cache: \"1h\"})");
    let run = |seconds| program.args(["run", "one.rhai"]).moved(&library, seconds).run().ok();
    run(0).prints("answer 0\n");
    run(0).prints("answer 0\n");
    // Ten years on it is too old; ten years back it is from the future, and nobody can say how old it is.
    run(TEN_YEARS).prints("answer 1\n");
    run(TEN_YEARS).prints("answer 1\n");
    run(0).prints("answer 2\n");
    run(-TEN_YEARS).prints("answer 3\n");
    run(0).prints("answer 4\n");
    run(0).prints("answer 4\n");
    assert_eq!(server.asks().len(), 5);
}

#[test]
fn a_date_at_which_to_try_again_makes_nobody_wait_for_years() {
    let library = Preload::new(SHIM);
    for seconds in [TEN_YEARS, -TEN_YEARS] {
        let server = ChatServer::new(|ask| match ask.number {
            0 => {
                let head =
                    [("date", "Sun, 06 Nov 2033 08:49:30 GMT"), ("retry-after", "Sun, 06 Nov 2033 08:49:31 GMT")];
                Reply::acts(crate::support::server::answer(429, &head, "{\"error\": {\"message\": \"slow down\"}}"))
            }
            _ => Reply::text("done"),
        });
        let program = Program::paying(&server).file("one.rhai", "llm(\"a\")");
        program.args(["run", "one.rhai"]).moved(&library, seconds).run().ok().prints("done\n");
        assert_eq!(server.asks().len(), 2);
    }
}
