//! Answers that come in an order of chance, killed at places of chance: whatever came before a kill is never asked again.
//!
//! Nothing is slept for: the server holds answers back until as many wait as can be under way, and then lets one of them
//! go, drawn by a seed. A kill falls when it lets no more go, and everything that came is on disk.

use super::newest_id;
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use serde_json::{Value, json};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How many seeds are tried; `RHIZO_TEST_KILLS=2000` makes more of them.
fn seeds() -> u64 {
    std::env::var("RHIZO_TEST_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(30).max(30)
}

/// Numbers of chance (<https://prng.di.unimi.it/splitmix64.c>).
#[derive(Clone)]
struct Dice(u64);

impl Dice {
    /// A number below `sides`.
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(sides).expect("small")).expect("small")
    }
}

/// Items that are worked on at once: so many in all, so many at the same time. The prompts of a phase begin with its name
/// and the item's; an item is over when a prompt with `last` in it was answered, with a refusal if `bad` is in it too.
#[derive(Clone, Default)]
struct Phase {
    name: &'static str,
    items: usize,
    width: usize,
    /// Whether items are numbers, and none begins before those have ended that stand `width` before it.
    in_order: bool,
    /// The items that are over.
    over: Vec<String>,
}

impl Phase {
    /// How many prompts wait when all that can be under way does.
    fn most(&self) -> usize {
        if !self.in_order {
            return self.width.min(self.items);
        }
        let leading = (0..).take_while(|item: &usize| self.over.contains(&item.to_string())).count();
        (self.items + self.over.len()).min(leading + self.width) - self.over.len()
    }

    fn ends(&mut self, prompt: &str) {
        self.items -= 1;
        self.over.extend(prompt.split(' ').nth(1).map(ToOwned::to_owned));
    }
}

/// Items that need not wait for each other.
fn phase(name: &'static str, items: usize, width: usize) -> Phase {
    Phase { name, items, width, ..Phase::default() }
}

struct Table {
    dice: Dice,
    /// Those that are not over.
    phases: Vec<Phase>,
    waiting: Vec<(String, oneshot::Sender<()>)>,
    /// How many answers may still go.
    left: usize,
    answered: Vec<String>,
    /// What was asked although it had been answered.
    again: Vec<String>,
}

impl Table {
    /// Whether all that can be under way waits.
    fn is_full(&self) -> bool {
        self.phases.first().is_none_or(|phase| self.waiting.len() == phase.most())
    }

    fn deal(&mut self) {
        while self.left > 0 && !self.waiting.is_empty() && self.is_full() {
            // The order in which they came is none of the seed's.
            self.waiting.sort_by(|a, b| a.0.cmp(&b.0));
            let drawn = self.dice.below(self.waiting.len());
            let (prompt, turn) = self.waiting.swap_remove(drawn);
            self.left -= 1;
            if prompt.contains(" last ") {
                self.phases[0].ends(&prompt);
            }
            self.phases.retain(|phase| phase.items > 0);
            self.answered.push(prompt);
            // Whoever waited may have been killed; then it waits for nothing more.
            let _ = turn.send(());
            // Near the end of a phase nothing follows an item, and nobody could say when its answer is on disk: another goes.
            if self.left == 0 && self.is_full() && !self.phases.is_empty() {
                self.left = 1;
            }
        }
    }
}

#[derive(Clone)]
struct Deck(Arc<(Mutex<Table>, Condvar)>);

impl Deck {
    fn new(dice: Dice, phases: &[Phase]) -> Self {
        let phases = phases.to_vec();
        let table = Table { dice, phases, waiting: Vec::new(), left: 0, answered: Vec::new(), again: Vec::new() };
        Self(Arc::new((Mutex::new(table), Condvar::new())))
    }

    fn change<T>(&self, change: impl FnOnce(&mut Table) -> T) -> T {
        let value = change(&mut self.0.0.lock().expect("unpoisoned"));
        self.0.1.notify_all();
        value
    }

    fn server(&self) -> ChatServer {
        let deck = self.clone();
        ChatServer::new(move |ask| {
            let (tell, turn) = oneshot::channel();
            let prompt = ask.last();
            let refused = is_bad(&prompt);
            // A failure that its run had not gone past is tried again.
            if refused && deck.change(|table| table.answered.contains(&prompt)) {
                return Reply::refusal(400, "no");
            }
            let reply = if refused { Reply::refusal(400, "no") } else { Reply::text(prompt.to_uppercase()) };
            let reply = reply.usage(20, 10).in_turn(turn);
            deck.change(|table| {
                if table.answered.contains(&prompt) || !prompt.starts_with(table.phases.first().map_or("", |p| p.name))
                {
                    table.again.push(prompt.clone());
                }
                table.waiting.push((prompt, tell));
                table.deal();
            });
            reply
        })
    }

    /// Lets so many more answers go.
    fn pass(&self, answers: usize) {
        self.change(|table| {
            table.left = answers;
            table.deal();
        });
    }

    /// Waits until all that may go has gone, and all that then can be under way waits.
    fn wait_until_quiet(&self) {
        let table = self.0.0.lock().expect("unpoisoned");
        let noisy = |table: &mut Table| table.left > 0 || !table.is_full();
        let waited = self.0.1.wait_timeout_while(table, Duration::from_secs(60), noisy);
        let (table, late) = waited.expect("unpoisoned");
        assert!(!late.timed_out(), "{} wait, {} may go: {:?}", table.waiting.len(), table.left, table.answered);
    }
}

/// Whether a prompt is refused.
fn is_bad(prompt: &str) -> bool {
    prompt.contains(" bad ")
}

/// Waits until so many answers are on disk: in a batch others are asked for while one is written.
fn wait_until_on_disk(program: &Program, answers: usize) {
    let store = rusqlite::Connection::open(program.state().join("rhizo.db")).expect("the store");
    let sql = "SELECT count(*) FROM effects WHERE kind = 'model' AND state = 'done'";
    let begun = Instant::now();
    loop {
        let done: i64 = store.query_row(sql, (), |row| row.get(0)).expect("a count");
        if usize::try_from(done) == Ok(answers) {
            return;
        }
        assert!(begun.elapsed().as_secs() < 60, "{done} of {answers} answers are on disk");
        std::thread::yield_now();
    }
}

/// Runs a program with answers in an order of chance, killed once to three times after at most so many of them, and gives
/// the answer of its last resume.
fn disturbed(seed: u64, file: (&str, &str), phases: &[Phase], counts: (usize, usize)) -> Value {
    let document = ended(seed, file, phases, counts, 0);
    document["answer"].clone()
}

/// The same, that ends with a code; refusals are not counted.
fn ended(seed: u64, file: (&str, &str), phases: &[Phase], (most, answers): (usize, usize), code: i32) -> Value {
    let mut dice = Dice(seed);
    let deck = Deck::new(dice.clone(), phases);
    let server = deck.server();
    let program = Program::paying(&server).file(file.0, file.1);
    let mut kills: Vec<usize> = (0..=dice.below(3)).map(|_| dice.below(most + 1)).collect();
    kills.sort_unstable();
    let mut id: Option<String> = None;
    let mut before = 0;
    for kill in &kills {
        deck.pass(kill.saturating_sub(before));
        let running = match &id {
            None => program.args(["run", file.0]).start(),
            Some(id) => program.args(["resume", id]).start(),
        };
        deck.wait_until_quiet();
        let came = |table: &mut Table| table.answered.iter().filter(|prompt| !is_bad(prompt)).count();
        wait_until_on_disk(&program, deck.change(came));
        running.kill();
        running.end();
        before = deck.change(|table| {
            table.waiting.clear();
            table.answered.len()
        });
        id.get_or_insert_with(|| newest_id(&program));
    }
    deck.pass(usize::MAX);
    let id = id.expect("killed once");
    let document = program.args(["resume", &id, "--json"]).run().code(code).json();
    let (again, answered) = deck.change(|table| (table.again.clone(), table.answered.clone()));
    assert!(again.is_empty(), "seed {seed}, killed after {kills:?}: {again:?} had been answered");
    let (bad, good): (Vec<_>, Vec<_>) = answered.iter().partition(|prompt| is_bad(prompt));
    assert_eq!(good.len(), answers, "seed {seed}, killed after {kills:?}");
    if bad.is_empty() {
        assert_eq!(document["replayed_calls"], json!(before), "seed {seed}, killed after {kills:?}");
    }
    program.args(["replay", &id]).run().code(code);
    document
}

const SCRIPT: &str = "
let items = []; for n in 0..10 { items.push(n); }
let mapped = par_map(items, |n| llm(`map ${n} last after ` + llm(`map ${n} first`)), #{concurrency: 4});
let words = []; for n in 0..20 { words.push(`batch ${n} last of ${mapped.len}`); }
[mapped, llm_batch(words, #{concurrency: 8})]
";

#[test]
fn branches_of_a_script_are_never_asked_again() {
    let phases = [phase("map", 10, 4), phase("batch", 20, 8)];
    let mapped: Vec<String> = (0..10).map(|n| format!("MAP {n} LAST AFTER MAP {n} FIRST")).collect();
    let batch: Vec<String> = (0..20).map(|n| format!("BATCH {n} LAST OF 10")).collect();
    for seed in 0..seeds() {
        assert_eq!(disturbed(seed, ("many.rhai", SCRIPT), &phases, (32, 40)), json!([mapped, batch]), "seed {seed}");
    }
}

const PIPELINE: &str = "
steps:
  - many:
      each:
        in: '{{ (0..12).to_array() }}'
        max_parallel: 8
        on_item_failure: continue
        steps:
          - one: {llm: 'many {{ item }} first'}
          - two: {llm: 'many {{ item }} last after {{ one }}'}
  - both:
      parallel:
        left:
          - l1: {llm: 'side left first of {{ many.len() }}'}
          - l2: {llm: 'side left last after {{ l1 }}'}
        middle:
          - m1: {llm: 'side middle last of {{ many.len() }}'}
        right:
          - r1: {llm: 'side right first of {{ many.len() }}'}
          - r2: {llm: 'side right last after {{ r1 }}'}
outputs: {many: many, both: both}
";

#[test]
fn branches_of_a_pipeline_are_never_asked_again() {
    let phases = [phase("many", 12, 8), phase("side", 3, 3)];
    let many: Vec<String> = (0..12).map(|n| format!("MANY {n} LAST AFTER MANY {n} FIRST")).collect();
    let both = json!({
        "left": "SIDE LEFT LAST AFTER SIDE LEFT FIRST OF 12",
        "middle": "SIDE MIDDLE LAST OF 12",
        "right": "SIDE RIGHT LAST AFTER SIDE RIGHT FIRST OF 12",
    });
    for seed in 0..seeds() {
        let answer = disturbed(seed, ("many.yaml", PIPELINE), &phases, (24, 29));
        assert_eq!(answer, json!({"many": many, "both": both}), "seed {seed}");
    }
}

/// The sixth item fails: the ninth is the last that begins.
const STOPPING: &str = "
steps:
  - some:
      each:
        in: '{{ (0..12).to_array() }}'
        max_parallel: 4
        steps:
          - one: {llm: 'some {{ item }} {{ if item == 5 { \"bad last \" } else { \"\" } }}first'}
          - two: {llm: 'some {{ item }} last after {{ one }}'}
      on_failure: continue
  - told: {llm: 'told 0 last of {{ outcomes.some }} and {{ errors.some?.item }}'}
outputs: {told: told}
";

#[test]
fn a_failed_item_stops_the_same_items_in_whatever_order_answers_come() {
    let stopping = Phase { in_order: true, ..phase("some", 9, 4) };
    let phases = [stopping, phase("told", 1, 1)];
    for seed in 0..seeds() / 3 {
        let answer = disturbed(seed, ("some.yaml", STOPPING), &phases, (14, 17));
        assert_eq!(answer, json!({"told": "TOLD 0 LAST OF FAILED AND 5"}), "seed {seed}");
    }
}

const FAILING: &str = "
steps:
  - l1: {llm: 'side left first'}
  - l2: {llm: 'side left last after {{ l1 }}'}
  - m: {llm: 'side middle last one'}
  - f: {llm: 'side failing bad last one', on_failure: fail}
  - r: {llm: never}
";

#[test]
fn a_failure_that_ends_all_ends_the_same_steps_in_whatever_order_answers_come() {
    let phases = [phase("side", 3, 3)];
    for seed in 0..seeds() / 3 {
        let document = ended(seed, ("failing.yaml", FAILING), &phases, (3, 3), 4);
        let steps = json!({"l1": "ok", "l2": "ok", "m": "ok", "f": "failed", "r": "skipped"});
        assert_eq!(document["steps"], steps, "seed {seed}");
    }
}
