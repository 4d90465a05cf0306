//! What the command line takes and refuses around pipelines.

use crate::support::program::Program;

#[test]
fn files_that_are_none_are_told() {
    let program = Program::offline().file("folder/x.txt", "").file("big.yaml", "#".repeat(1024 * 1024 + 1));
    let program = program.file("one.yaml", "steps: []\n");
    let near = program.args(["run", "on.yaml"]).run().code(1);
    near.says("cannot read on.yaml").says("did you mean \"one.yaml\"?");
    let called = program.args(["eval", "PIPELINE(\"on.yaml\")"]).run().code(1);
    called.says("there is no `on.yaml`").says("did you mean \"one.yaml\"?");
    program.args(["pipeline", "validate", "none.yaml"]).run().code(1).says("cannot read none.yaml");
    program.args(["pipeline", "explain", "folder"]).run().code(1).says("folder is no file");
    program.args(["pipeline", "validate", "big.yaml"]).run().code(1).says("a pipeline at most 1024");
    program.args(["pipeline", "validate"]).run().code(2);
    program.args(["pipeline"]).run().code(2);
}
