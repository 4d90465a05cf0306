//! Episodes of many processes that are killed while they write: what was acknowledged is there, once.

use super::exported;
use crate::support::program::Program;
use serde_json::Value;
use std::collections::HashMap;

/// Processes at once.
const AT_ONCE: usize = 8;

/// A whole number from a variable.
fn set(name: &str, standard: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(standard)
}

/// The sums without the order of their rounding.
fn sums(program: &Program) -> Vec<String> {
    let told = program.args(["memory", "policy", "--json"]).run().ok().json();
    let part = |value: &Value| value.as_f64().map_or_else(|| value.to_string(), |number| format!("{number:.6}"));
    let row = |cell: &Value| {
        ["namespace", "action", "arm", "role", "failure", "alpha", "beta", "n", "last_use"]
            .map(|name| part(&cell[name]))
            .join(" ")
    };
    told["cells"].as_array().into_iter().flatten().map(row).collect()
}

/// Writes until killed after `lines` acknowledgements; answers the ids that it was told of.
fn killed_after(program: &Program, who: usize, lines: usize) -> Vec<String> {
    let code = format!(
        "let at = 0; loop {{ at += 1; print(remember(#{{situation: `task ${{[\"oak\", \"elm\", \"fir\"][at % 3]}} of {who}`, \
         action: \"route\", arm: \"arm\" + at % 5, outcome: if at % 4 == 0 {{ \"fail\" }} else {{ \"success\" }}, trust: 0.7}})) }}"
    );
    let (running, told) = program.args(["eval", &code]).start_telling();
    let mut ids: Vec<String> = told.iter().take(lines).collect();
    // The next write has several commits; each process dies at another place of them.
    for _ in 0..who * 7_919 % 97 * 40_000 {
        std::hint::spin_loop();
    }
    running.kill();
    running.end();
    // What it wrote before it died was told all the same.
    ids.extend(told.try_iter());
    ids.retain(|id| id.len() == 26);
    ids
}

#[test]
fn every_acknowledged_episode_of_killed_processes_is_there_once() {
    let kills = set("RHIZO_TEST_KILLS", 24);
    let rows = set("RHIZO_TEST_ROWS", 480);
    let program = Program::offline().env("RHIZO_MEMORY_MOST", "0");
    program.args(["eval", "1"]).run().ok();
    let mut told = Vec::new();
    for round in 0..kills.div_ceil(AT_ONCE) {
        let some = AT_ONCE.min(kills - round * AT_ONCE);
        let ids = std::thread::scope(|scope| {
            let work: Vec<_> = (0..some)
                .map(|who| {
                    scope.spawn({
                        let program = &program;
                        move || killed_after(program, round * AT_ONCE + who, rows / kills)
                    })
                })
                .collect();
            work.into_iter().flat_map(|work| work.join().expect("no panic")).collect::<Vec<_>>()
        });
        told.extend(ids);
    }
    assert!(told.len() >= rows / kills * kills, "{} of {rows}", told.len());
    let mut times: HashMap<String, usize> = HashMap::new();
    let stored = exported(&program);
    for episode in &stored {
        *times.entry(episode["id"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
    }
    let lost: Vec<&String> = told.iter().filter(|id| times.get(*id) != Some(&1)).collect();
    assert!(lost.is_empty(), "acknowledged and not there once: {lost:?}");
    let unacknowledged = stored.len() - told.len();
    assert!(unacknowledged <= kills, "{unacknowledged} rows that nobody was told of, by {kills} kills");
    println!("{} rows, {} acknowledged, {unacknowledged} not, {kills} kills", stored.len(), told.len());
    let before = sums(&program);
    assert!(!before.is_empty());
    program.args(["memory", "reindex"]).run().ok();
    assert_eq!(sums(&program), before, "the sums that were kept are those that the rows give");
}
