//! The example of every primitive runs and prints what its help promises.

use crate::support::program::Program;
use rhizo::script::prims::primitive::EXAMPLE_DOCUMENTS;
use rhizo::script::prims::table;

fn project() -> Program {
    EXAMPLE_DOCUMENTS.iter().fold(Program::offline(), |program, (name, text)| program.file(name, text))
}

#[test]
fn every_primitives_example_prints_what_it_says() {
    let mut wrong = Vec::new();
    for primitive in table::ALL {
        let program = project();
        let mut args = vec!["eval", primitive.example, "--quiet", "--approve", "auto"];
        args.extend(EXAMPLE_DOCUMENTS.iter().flat_map(|(name, _)| ["--context", *name]));
        let ran = program.list(&args).run();
        // FINAL ends the run with an answer, which stands behind what was printed.
        let answer = match primitive.name {
            "FINAL" => "done\n",
            "FINAL_VAR" => "Its lighthouse is 31 metres tall.\n",
            _ => "",
        };
        let expect = format!("{}{answer}", primitive.prints);
        if ran.stdout != expect || !ran.stderr.is_empty() {
            wrong.push(format!("{}: {ran:?}\nexpected {expect:?}", primitive.name));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), table::ALL.len(), wrong.join("\n"));
}

#[test]
fn every_primitive_is_named_once_and_explained() {
    let mut names: Vec<&str> = table::ALL.iter().map(|p| p.name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    for primitive in table::ALL {
        assert!(primitive.summary.ends_with('.') && !primitive.usage.is_empty(), "{}", primitive.name);
        assert!(table::find(primitive.name).is_some_and(|found| found.name == primitive.name));
    }
}

#[test]
fn names_that_models_know_are_accepted() {
    let program = project();
    let code = "let asked = \"When did it open?\\n\\nIt opened in 1884.\";\n\
        print(llm_query(asked));\nprint(llm_query_batched([asked, asked]));\n\
        print(rlm_query(\"When did it open?\", context).contains(\"1884\"));\nlet x = 7;\nFINAL_VAR(x)";
    let ran = program.args(["eval", code, "--context", "harbour.txt", "-q"]).run().ok();
    ran.prints("It opened in 1884.\n[\"It opened in 1884.\", \"It opened in 1884.\"]\ntrue\n7\n");
}
