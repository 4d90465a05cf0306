//! An index that is emptied, cut off or overwritten between two runs: noticed, said, rebuilt, and nothing is lost.

use super::{exported, line};
use crate::support::program::Program;
use serde_json::json;
use std::path::PathBuf;

/// What is left of a file.
type Harm = fn(&[u8]) -> Vec<u8>;

/// More episodes than are compared without an index.
const MANY: usize = 520;

fn program() -> Program {
    let lines: String =
        (0..MANY).map(|at| line(&format!("e{at}"), &format!("water tree {at} in the garden"), json!({}))).collect();
    let program = Program::offline().file("some.jsonl", lines);
    program.args(["memory", "import", "some.jsonl", "--own"]).run().ok();
    program.args(["memory", "reindex"]).run().ok().prints(&format!("{MANY} episodes indexed\n"));
    program
}

fn data(program: &Program) -> Vec<PathBuf> {
    let files = Program::files_below(&program.state().join("memory"));
    files
        .into_iter()
        .map(PathBuf::from)
        .filter(|path| path.is_file() && path.metadata().is_ok_and(|file| file.len() > 0))
        .collect()
}

#[test]
fn a_broken_index_is_noticed_said_and_rebuilt() {
    let breaks: [(&str, Harm); 3] = [
        ("cut off", |bytes| bytes[..bytes.len() / 2].to_vec()),
        ("garbage", |bytes| vec![0x5a; bytes.len()]),
        ("emptied", |_| Vec::new()),
    ];
    let program = program();
    let ask = ["memory", "recall", "water tree 77 in the garden", "-k", "3", "--json"];
    let expect = program.args(ask).run().ok().json();
    assert_eq!(expect.as_array().map(Vec::len), Some(3));
    let similar = |found: &serde_json::Value| {
        found.as_array().into_iter().flatten().map(|f| f["similarity"].clone()).collect::<Vec<_>>()
    };
    for (what, harm) in breaks {
        let files = data(&program);
        assert!(!files.is_empty(), "{what}: there is an index");
        for file in files {
            let bytes = std::fs::read(&file).expect("a file");
            std::fs::write(&file, harm(&bytes)).expect("a file");
        }
        let ran = program.args(ask).run().ok().says("note: ").says("is rebuilt");
        assert_eq!(similar(&ran.json()), similar(&expect), "{what}");
        let ran = program.args(ask).run().ok().does_not_say("rebuilt");
        assert_eq!(similar(&ran.json()), similar(&expect), "{what}, again");
        assert_eq!(exported(&program).len(), MANY, "{what}: nothing is lost");
    }
    // The whole folder gone: it is filled anew without a word, since nothing was broken.
    std::fs::remove_dir_all(program.state().join("memory")).expect("a folder");
    assert_eq!(similar(&program.args(ask).run().ok().json()), similar(&expect));
    assert_eq!(program.args(["memory", "--json"]).run().ok().json()["indexed"], json!(MANY));
}
