//! Tasks with a hidden structure: each is of a kind, and the kind decides which models can do it. The program sees the
//! words of a task and nothing else; the server answers by the kind.
//!
//! The bench of learning and the test of it share this file. It measures and serves nothing.

use rhizo::core::episode::Episode;
use rhizo::store::open::Store;
use std::collections::HashSet;
use std::path::Path;

/// The models of the three roles, the cheapest first.
pub(crate) const MODELS: [&str; 3] = ["small", "middle", "large"];
/// What a call of each costs, in USD per million tokens: two failed attempts of the small one are one of the large one.
pub(crate) const PRICES: [u32; 3] = [50, 60, 100];
/// Tokens of every prompt and every answer, as the server bills them.
pub(crate) const USAGE: (u64, u64) = (20, 8);
/// An able model fails once in so many prompts, and one that is not able succeeds once in so many.
const SLIPS: u64 = 20;

/// A kind of task.
struct Kind {
    /// The position of the lowest model that can do it; beyond the last one nobody can.
    least: usize,
    /// How such tasks are put; each phrase is of this kind alone.
    phrases: [&'static str; 3],
    /// What they are about.
    things: [&'static str; 6],
}

static KINDS: [Kind; 10] = [
    Kind {
        least: 0,
        phrases: ["translate the greeting of", "render into French the greeting of", "put into Dutch the greeting of"],
        things: ["a postcard", "a menu", "a signboard", "a poem", "a slogan", "a leaflet"],
    },
    Kind {
        least: 0,
        phrases: [
            "spell-check the minutes of",
            "mend the spelling in the minutes of",
            "correct typing errors in the minutes of",
        ],
        things: ["a council", "a meeting", "a panel", "a board", "an assembly", "a committee"],
    },
    Kind {
        least: 0,
        phrases: [
            "sort by date the invoices of",
            "order by date the unpaid invoices of",
            "arrange the dated invoices of",
        ],
        things: ["a supplier", "a bakery", "a garage", "a printer", "a florist", "a caterer"],
    },
    Kind {
        least: 1,
        phrases: [
            "write a parser for the log lines of",
            "write a regular expression parser for",
            "build a small parser of the output of",
        ],
        things: ["a router", "a compiler", "a turbine", "a scheduler", "a modem", "a gateway"],
    },
    Kind {
        least: 1,
        phrases: [
            "explain the contract clause about",
            "explain which contract clause governs",
            "say what the contract clause means for",
        ],
        things: ["a tenancy", "a warranty", "a penalty", "a deposit", "a licence", "a royalty"],
    },
    Kind {
        least: 1,
        phrases: [
            "find the patients whose dosage conflicts with",
            "check the dosage of patients on",
            "list the dosage that patients get beside",
        ],
        things: ["an antibiotic", "a painkiller", "a sedative", "an inhaler", "an infusion", "an ointment"],
    },
    Kind {
        least: 2,
        phrases: [
            "prove the lemma on graphs by way of",
            "prove that the graph lemma holds for",
            "give a proof of the graph lemma for",
        ],
        things: ["a matching", "a colouring", "a spanning tree", "a planar drawing", "a minor", "a clique"],
    },
    Kind {
        least: 2,
        phrases: [
            "design the sharded database behind",
            "design replication of the database for",
            "plan the database shards of",
        ],
        things: ["a marketplace", "a messenger", "an exchange", "a timetable", "a game server", "a wallet"],
    },
    Kind {
        least: 2,
        phrases: [
            "find the race condition between threads of",
            "explain the deadlock of threads in",
            "mend the data race of threads in",
        ],
        things: ["an allocator", "a mutex", "a channel", "a runtime", "a semaphore", "an event loop"],
    },
    Kind {
        least: 3,
        phrases: [
            "forecast tomorrow's lottery numbers of",
            "predict the winning lottery ticket of",
            "foretell the lottery jackpot of",
        ],
        things: ["a raffle", "a sweepstake", "a tombola", "a draw", "a scratch card", "a bingo hall"],
    },
];
pub(crate) const PLACES: [&str; 12] =
    ["Lisbon", "Bergen", "Turin", "Leeds", "Gdansk", "Ghent", "Porto", "Graz", "Malmo", "Cork", "Bruges", "Sopron"];
pub(crate) const PEOPLE: [&str; 12] =
    ["Ines", "Olav", "Carla", "Tom", "Zofia", "Pieter", "Rui", "Heidi", "Astrid", "Niamh", "Jan", "Eszter"];

/// The first `count` tasks: kinds, words and order are the same on every machine, and no two are equal.
pub(crate) fn tasks(count: usize) -> Vec<String> {
    let mut below = numbers(0x9E37_79B9_7F4A_7C15);
    let mut seen = HashSet::new();
    let mut tasks = Vec::new();
    while tasks.len() < count {
        let kind = &KINDS[below(KINDS.len())];
        let (phrase, thing) = (kind.phrases[below(3)], kind.things[below(6)]);
        let task = format!("{phrase} {thing} in {}, for {}", PLACES[below(12)], PEOPLE[below(12)]);
        if seen.insert(task.clone()) {
            tasks.push(task);
        }
    }
    tasks
}

/// Numbers below an end, the same for the same seed: xorshift64 (Marsaglia 2003).
pub(crate) fn numbers(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed | 1;
    move |end| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from((state >> 16) % end.max(1) as u64).unwrap_or(0)
    }
}

/// Puts a state folder with the same episodes in the place of one, with their outcomes permuted among all of them.
pub(crate) fn permute(state: &Path) {
    let file = state.join("rhizo.db");
    let mut episodes: Vec<Episode> = {
        let store = Store::open(&file).expect("the store opens");
        store.episodes().expect("its episodes are read")
    };
    let mut below = numbers(episodes.len() as u64 + 1);
    for at in (1..episodes.len()).rev() {
        let other = below(at + 1);
        let outcome = episodes[at].outcome;
        episodes[at].outcome = episodes[other].outcome;
        episodes[other].outcome = outcome;
    }
    std::fs::remove_dir_all(state).expect("the folder goes");
    std::fs::create_dir(state).expect("the folder is made");
    let store = Store::open(&file).expect("a store is made");
    let added = store.add_episodes(episodes).wait();
    assert!(added.expect("they are stored") > 0, "there were episodes");
}

/// Whether any model can do a task.
pub(crate) fn possible(task: &str) -> bool {
    kind(task).is_some_and(|kind| kind.least < MODELS.len())
}

fn kind(prompt: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.phrases.iter().any(|phrase| prompt.starts_with(phrase)))
}

/// What a model answers to a prompt: `right` if it can do this kind of task, else `wrong`, save for slips, which follow
/// from the words of the prompt.
pub(crate) fn answer(model: &str, prompt: &str) -> &'static str {
    let position = MODELS.iter().position(|known| *known == model);
    let able = matches!((position, kind(prompt)), (Some(position), Some(kind)) if position >= kind.least);
    let slips = hash(&[model, prompt]).is_multiple_of(SLIPS);
    if able == slips { "wrong" } else { "right" }
}

/// Settings of three roles on the server of this address.
pub(crate) fn settings(base_url: &str) -> String {
    let model = |(name, price): (&str, u32)| {
        format!(
            "[models.{name}]\nbase_url = \"{base_url}\"\nname = \"{name}\"\ninput_price = {price}\noutput_price = {price}\n"
        )
    };
    let role = |(role, model): (&str, &str)| format!("[roles.{role}]\nmodels = [\"{model}\"]\n");
    let models: String = MODELS.into_iter().zip(PRICES).map(model).collect();
    let roles: String = ["worker", "expert", "architect"].into_iter().zip(MODELS).map(role).collect();
    // Without chance the table is the same in every run.
    format!("[escalation]\nprice = 0.3\naudit = 0\n{models}{roles}")
}

/// A program that does these tasks in order and answers `[task, attempts, micro-USD, solved]` for each.
pub(crate) fn program(tasks: &[String]) -> String {
    let list: Vec<String> = tasks.iter().map(|task| format!("{task:?}")).collect();
    format!(
        "let rows = [];\nfor task in [{}] {{\n    let tries = 0;\n    let before = spent().cost_usd;\n    let solved = true;\n    \
         try {{ llm(task, #{{check: |a| {{ tries += 1; a == \"right\" }}, gate: \"is right\"}}); }} \
         catch (e) {{ if e.kind != \"invalid\" {{ throw e; }} solved = false; }}\n    \
         rows.push([task, tries, (spent().cost_usd - before) * 1000000.0, solved]);\n}}\nrows\n",
        list.join(",\n")
    )
}

/// FNV-1a of some texts.
pub(crate) fn hash(texts: &[&str]) -> u64 {
    let bytes = texts.iter().flat_map(|text| text.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// What some tasks came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sum {
    /// Tasks.
    pub(crate) tasks: u32,
    /// Tasks solved by the first attempt.
    pub(crate) first: u32,
    /// Tasks solved at all.
    pub(crate) solved: u32,
    /// Tasks unsolved that a model could do.
    pub(crate) missed: u32,
    /// Attempts.
    pub(crate) calls: u32,
    /// Their cost, in micro-USD.
    pub(crate) cost: f64,
}

impl Sum {
    /// Of the rows that the program answers.
    pub(crate) fn of(rows: &[serde_json::Value]) -> Self {
        rows.iter().fold(Self::default(), |sum, row| {
            let calls = row[1].as_u64().and_then(|calls| u32::try_from(calls).ok()).unwrap_or(0);
            let solved = row[3] == true;
            Self {
                tasks: sum.tasks + 1,
                first: sum.first + u32::from(solved && calls == 1),
                solved: sum.solved + u32::from(solved),
                missed: sum.missed + u32::from(!solved && row[0].as_str().is_some_and(possible)),
                calls: sum.calls + calls,
                cost: sum.cost + row[2].as_f64().unwrap_or(0.0),
            }
        })
    }
    /// A count of it per task.
    pub(crate) fn share(&self, count: u32) -> f64 {
        f64::from(count) / f64::from(self.tasks.max(1))
    }
}
