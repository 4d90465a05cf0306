//! Runs that are stopped and go on: what was answered is not asked again, and what was spent counts.

mod approvals;
mod before;
mod beside;
mod carried;
mod charges;
mod children;
mod clock;
mod damage;
mod delays;
mod disk;
mod edited;
mod forks;
mod hints;
mod kept;
mod keyless;
mod kills;
mod overdue;
mod past;
mod people;
mod pipelines;
mod providers;
mod refused;
mod replay;
mod report;
mod reviewed;
mod schemas;
mod scripts;
mod sessions;
mod settled;
mod tools;
mod torn;

use crate::support::chat::{Ask, ChatServer, Reply};
use crate::support::program::Program;
use crate::support::server::Act;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// A server that answers each prompt with its capitals, and holds back the answer number `held`, from 0.
pub(crate) fn holding(held: usize) -> ChatServer {
    ChatServer::new(move |ask| match ask.number {
        number if number == held => Reply::acts(vec![Act::Hold]),
        _ => Reply::text(ask.last().to_uppercase()).usage(20, 10),
    })
}

/// What a server may still answer before it holds everything back, and what it has answered.
#[derive(Clone, Default)]
pub(crate) struct Gate {
    left: Arc<AtomicUsize>,
    held: Arc<AtomicUsize>,
    answered: Arc<Mutex<Vec<String>>>,
}

impl Gate {
    /// Lets so many more answers through.
    pub(crate) fn pass(&self, answers: usize) {
        self.left.store(answers, Ordering::SeqCst);
    }

    /// Holds nothing back.
    pub(crate) fn open(&self) {
        self.pass(usize::MAX);
    }

    /// Waits until so many answers are held back: a request that has only arrived could still take a later pass.
    pub(crate) fn wait_for_held(&self, answers: usize) {
        let begun = std::time::Instant::now();
        while self.held.load(Ordering::SeqCst) < answers {
            assert!(begun.elapsed().as_secs() < 60, "{answers} answers are held back");
            std::thread::yield_now();
        }
    }

    /// The prompts that were answered, in order.
    pub(crate) fn answered(&self) -> Vec<String> {
        self.answered.lock().expect("unpoisoned").clone()
    }

    /// A server behind this gate that answers each prompt with its capitals.
    pub(crate) fn server(&self) -> ChatServer {
        self.server_of(|ask| Reply::text(ask.last().to_uppercase()).usage(20, 10))
    }

    /// A server behind this gate.
    pub(crate) fn server_of(&self, script: impl Fn(&Ask) -> Reply + Send + Sync + 'static) -> ChatServer {
        let gate = self.clone();
        ChatServer::new(move |ask| {
            let take = |left: usize| if left == usize::MAX { Some(left) } else { left.checked_sub(1) };
            if gate.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).is_err() {
                gate.held.fetch_add(1, Ordering::SeqCst);
                return Reply::acts(vec![Act::Hold]);
            }
            gate.answered.lock().expect("unpoisoned").push(ask.last());
            script(ask)
        })
    }
}

/// The newest run of a program, as `runs list` has it.
pub(crate) fn newest(program: &Program) -> serde_json::Value {
    program.args(["runs", "list", "--json"]).run().ok().json()[0].clone()
}

/// The id of the newest run.
pub(crate) fn newest_id(program: &Program) -> String {
    newest(program)["id"].as_str().expect("an id").to_owned()
}

/// Waits until a tool of the run has written this into the file `written`: its being there is not enough, for a shell makes
/// a file before it writes to it.
#[track_caller]
pub(crate) fn wait_until_written(program: &Program, text: &str) {
    let (file, begun) = (program.project().join("written"), std::time::Instant::now());
    // A file that is not there yet has nothing in it.
    while std::fs::read_to_string(&file).unwrap_or_default() != text {
        assert!(begun.elapsed().as_secs() < 60, "a tool has written {text:?}");
        std::thread::yield_now();
    }
}

/// A program that was killed while a tool of it was at work which writes once, and then sleeps.
#[track_caller]
pub(crate) fn killed_in_a_tool(code: &str) -> Program {
    let program = Program::offline().file("write.rhai", code);
    let running = program.args(["run", "write.rhai", "--approve", "auto"]).start();
    wait_until_written(&program, "once\n");
    running.kill();
    running.end();
    program
}

/// What a server was asked, by its last messages, in order.
pub(crate) fn asked(server: &ChatServer) -> Vec<String> {
    server.asks().iter().map(|ask| ask.last()).collect()
}

/// A server that plays a child, whose second turn is held back once.
pub(crate) fn nursery() -> ChatServer {
    let held = Arc::new(AtomicBool::new(true));
    ChatServer::new(move |ask: &Ask| match ask.turn() {
        2 if held.swap(false, Ordering::SeqCst) => Reply::acts(vec![Act::Hold]),
        turn => Reply::code(&format!("let n = {turn}; n")).usage(100, 10),
    })
}
