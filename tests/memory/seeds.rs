//! The shipped episodes: written by programs, loaded once, of little weight.

use super::{exported, number};
use crate::support::program::Program;
use rhizo::memory::seeds::SEEDS;
use rhizo::memory::situation::{canonical, fingerprint};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

fn rows() -> Vec<Value> {
    SEEDS.iter().flat_map(|(_, text)| text.lines()).map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn the_programs_write_the_shipped_files_byte_for_byte() {
    let program = Program::offline();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (name, lines) in SEEDS {
        let file = root.join(format!("scripts/seed_{name}.rhai"));
        let written = program.args(["run", &file.display().to_string(), "--quiet"]).run().ok().stdout;
        // The message is short, because the files are long.
        assert!(written == *lines, "rhizo run scripts/seed_{name}.rhai > memory/seeds/{name}.jsonl");
    }
    let kept = std::fs::read_dir(root.join("memory/seeds")).expect("a folder").count();
    assert_eq!(kept, SEEDS.len(), "each file has its program");
}

#[test]
fn there_are_five_thousand_of_which_two_thirds_worked_and_all_are_different() {
    let rows = rows();
    let won = rows.iter().filter(|row| row["outcome"] == "success").count();
    assert!((4_900..5_100).contains(&rows.len()), "{}", rows.len());
    assert!((62..71).contains(&(won * 100 / rows.len())), "{won} of {}", rows.len());
    let lines: BTreeSet<&str> = SEEDS.iter().flat_map(|(_, text)| text.lines()).collect();
    assert_eq!(lines.len(), rows.len(), "equal lines would be one episode");
    let tasks: BTreeSet<String> = rows.iter().filter_map(|row| row["situation"].as_str()).map(fingerprint).collect();
    assert!(tasks.len() > 900, "{} tasks", tasks.len());
    assert!(SEEDS.iter().map(|(_, text)| text.len()).sum::<usize>() < 2_500_000);
}

#[test]
fn they_speak_the_words_of_the_program() {
    use rhizo::core::failure::FailureKind;
    let arms = |action: &str| -> &[&str] {
        match action {
            "route" | "strategy" => &["worker", "expert", "architect", "coder", "toolrunner"],
            "escalate" => &["retry", "think", "escalate:expert", "escalate:architect", "explore", "delegate"],
            "explore" => &[
                "context.search(_, 8)",
                "context.grep(_)",
                "context.count(_)",
                "context.csv()",
                "context.json()",
                "context.docs()",
                "context.head(_)",
                "context.chunks(20000, 500) + llm_batch",
            ],
            other => panic!("no action {other}"),
        }
    };
    let kinds: Vec<&str> = FailureKind::ALL.iter().map(|kind| kind.name()).collect();
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    for row in rows() {
        let (action, arm, situation) = (text(&row, "action"), text(&row, "arm"), text(&row, "situation"));
        assert!(arms(&action).contains(&arm.as_str()), "{row}");
        assert_eq!(situation, canonical(&situation), "{row}");
        for name in ["role", "failure"] {
            let value = text(&row, name);
            assert!(value.is_empty() || situation.contains(&format!("\n{name}: {value}")), "{row}");
        }
        let failure = text(&row, "failure");
        assert!(failure.is_empty() || kinds.contains(&failure.as_str()), "{row}");
        let at = row["failures"].as_u64().unwrap_or_default();
        assert!(at == 0 || situation.ends_with(&format!("\nfailures in a row: {at}")), "{row}");
    }
}

#[test]
fn the_patterns_to_avoid_fail_and_their_remedies_work() {
    let rows = rows();
    let share = |fits: &dyn Fn(&str, &Value) -> bool| {
        let some: Vec<&Value> =
            rows.iter().filter(|row| fits(row["situation"].as_str().unwrap_or_default(), row)).collect();
        assert!(some.len() >= 20, "{} rows", some.len());
        some.iter().filter(|row| row["outcome"] == "success").count() * 100 / some.len()
    };
    let arm = |row: &Value, name: &str| row["arm"] == name;
    // Architecture work: a worker, then an architect.
    assert!(
        share(&|s, row| s.starts_with("design the architecture of") && arm(row, "worker")
            || s.starts_with("plan the migration") && arm(row, "worker"))
            < 20
    );
    assert!(
        share(&|s, row| s.starts_with("design the architecture of") && arm(row, "architect")
            || s.starts_with("plan the migration") && arm(row, "architect"))
            > 75
    );
    // Complex code by a role that only calls tools, then by a coder.
    let code = |s: &str| s.starts_with("write the concurrent writer") || s.starts_with("port the parser");
    assert!(share(&|s, row| code(s) && arm(row, "toolrunner")) < 20);
    assert!(share(&|s, row| code(s) && arm(row, "coder")) > 65);
    // No escalation after repeated failures.
    let repeated = |row: &Value| row["failures"].as_u64() >= Some(3);
    assert!(share(&|_, row| repeated(row) && arm(row, "retry")) < 20);
    assert!(share(&|_, row| repeated(row) && arm(row, "escalate:architect")) > 75);
    // Unsafe execution, and estimates without a range.
    assert!(
        share(&|s, row| (s.starts_with("execute the script from the mail") || s.starts_with("delete whatever"))
            && arm(row, "worker"))
            < 20
    );
    assert!(
        share(&|s, row| (s.starts_with("promise how many") || s.starts_with("give one number")) && arm(row, "worker"))
            < 30
    );
}

#[test]
fn they_are_loaded_once_and_can_be_forgotten_and_brought_back() {
    let program = Program::offline();
    let seed = |more: &[&str]| program.list(&[&["memory", "seed", "--json"], more].concat()).run().ok().json();
    let first = seed(&[]);
    let all = number(&first, "added");
    assert_eq!(all, u64::try_from(rows().len()).expect("a number"));
    let again = seed(&[]);
    assert_eq!((number(&again, "added"), number(&again, "known")), (0, all));
    let episodes = exported(&program);
    assert_eq!(episodes.len(), rows().len());
    assert!(episodes.iter().all(|e| e["namespace"] == "seed" && e["trust"] == 0.2 && e["verifier"] == "none"));
    let gone = program.args(["memory", "forget", "--namespace", "seed"]).run().ok();
    gone.prints(&format!("{all} episodes forgotten, 0 kept\n"));
    program.args(["memory", "seed"]).run().ok().prints(&format!(
        "0 episodes added, 0 known already\n{all} were forgotten before and stay so; --again brings them back\n"
    ));
    assert_eq!(number(&seed(&["--again"]), "added"), all);
}

#[test]
fn recorded_outcomes_are_trusted_evidence() {
    let row = |id: u32, weak: u8| {
        format!(
            "{{\"id\":\"{id}\",\"set\":\"s\",\"domain\":\"d\",\"prompt\":\"the prompt number {id}\",\"weak\":{weak},\"strong\":1}}\n"
        )
    };
    let program = Program::offline()
        .file("data.jsonl", [row(1, 0), row(2, 1)].concat())
        .file("bad.jsonl", row(1, 0) + "{\"id\":\"1\",\"weak\":1}\n");
    let seed = ["memory", "seed", "--from", "data.jsonl", "--strong", "architect"];
    program.args(seed).run().ok().prints("4 episodes added, 0 known already\n");
    program.args(seed).run().ok().prints("0 episodes added, 4 known already\n");
    let told: Vec<String> = exported(&program)
        .iter()
        .map(|e| {
            format!("{} {} {} {} {}", e["namespace"], e["arm"], e["outcome"], e["verifier"], e["trust"])
                .replace('"', "")
        })
        .collect();
    let expect = [
        "prod worker fail test 1.0",
        "prod architect success test 1.0",
        "prod worker success test 1.0",
        "prod architect success test 1.0",
    ];
    assert_eq!(told, expect);
    let bad = program.args(["memory", "seed", "--from", "bad.jsonl"]).run().code(1);
    bad.says("bad.jsonl:2: missing field `set`").says("hint: nothing was taken");
    program
        .args(["memory", "seed", "--from", "data.jsonl", "--weak", "workr"])
        .run()
        .code(1)
        .says("did you mean `worker`?");
    program.args(["memory", "seed", "--weak", "worker"]).run().code(2).says("--from");
}
