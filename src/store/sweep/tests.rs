//! A sweep spares a run at work with everything of it, also one that has gone on since it was chosen.

use crate::core::status::RunStatus;
use crate::store::open::tests::{new_run, with_run};
use crate::store::runs::{NewRun, RunEnd};
use tempfile::tempdir;

#[test]
fn a_run_at_work_keeps_the_children_that_have_ended() {
    let folder = tempdir().expect("a folder");
    let (store, run) = with_run(folder.path());
    let child = NewRun { parent: Some(run.clone()), kind: "child".to_owned(), depth: 1, ..new_run(20) };
    let child = store.begin_run(child).wait().expect("begun");
    let end = RunEnd {
        status: RunStatus::Completed,
        result: None,
        failure: None,
        raised: Vec::new(),
        unused: None,
        cost: None,
        calls: 0,
        refused: 0,
        input_tokens: 0,
        output_tokens: 0,
        ended_at: 30,
    };
    store.end_run(&child, end.clone()).wait().expect("ended");
    assert_eq!(store.remove_runs(vec![run.clone()]).wait().map(|swept| swept.runs), Ok(0));
    assert_eq!(store.run(child.as_str()).map(|row| row.id), Ok(child));
    store.end_run(&run, end).wait().expect("ended");
    assert_eq!(store.remove_runs(vec![run]).wait().map(|swept| swept.runs), Ok(2));
}
