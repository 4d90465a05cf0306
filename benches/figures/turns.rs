//! The whole program from start to end: an evaluation, one turn and 21 turns of a root model.

use crate::plan::Plan;
use crate::program::{Ran, run};
use crate::project::{Price, Project};
use crate::server::Server;
use crate::sheet::{Figure, Sheet, Unit};
use criterion::Criterion;
use std::cell::OnceCell;
use std::time::Duration;

/// Runs remembered in the home of the figure that says so.
const REMEMBERED: usize = 8;

const fn millis(name: &'static str, aim: &'static str) -> Figure {
    Figure { name, unit: Unit::Millis, aim }
}

const START: Figure = millis("cold start: `rhizo eval 1`", "< 30");
const FIRST: Figure = millis("first start in an empty home", "");
const ONE: Figure = millis("one turn of `rhizo ask`", "25");
const ONE_PAID: Figure = millis("one turn, paid model", "25");
const ONE_MEMORY: Figure = millis("one turn, earlier runs in memory", "");
const MANY: Figure = millis("21 turns of `rhizo ask`", "60");
const MANY_PAID: Figure = millis("21 turns, paid model", "60");

/// Measures.
pub(crate) fn measure(criterion: &mut Criterion, plan: &Plan, sheet: &Sheet) {
    let server = Server::start();
    let mut group = criterion.benchmark_group("process");
    let project = OnceCell::new();
    let started = || project.get_or_init(|| Project::new(plan, &server.base_url(), Price::Free));
    sheet.bench(&mut group, "eval", START, || {
        let ran = run(&mut started().rhizo(&["eval", "1"]));
        assert_eq!(ran.out, "1\n");
        ran.wall
    });
    sheet.note(START, "whole process, store exists, pages in memory");
    sheet.bench(&mut group, "first", FIRST, || {
        let home = plan.scratch();
        run(started().rhizo(&["eval", "1"]).env("RHIZO_HOME", home.path().join("new"))).wall
    });
    sheet.note(FIRST, "makes the store: folders, schema, syncs");
    let asked = [(1, Price::Free, "turn", ONE), (1, Price::Paid, "turn-paid", ONE_PAID)];
    let more = [(21, Price::Free, "turns", MANY), (21, Price::Paid, "turns-paid", MANY_PAID)];
    for (turns, price, id, figure) in asked.into_iter().chain(more) {
        sheet.bench(&mut group, id, figure, || {
            let project = harbour(plan, &server, price);
            server.set(turns, Duration::ZERO);
            let ran = ask(&project);
            let served = server.served();
            assert_eq!(served.count, turns, "each turn is one call");
            sheet.note(figure, format!("no earlier runs; {:.0} µs per call in the server", served.mean * 1e6));
            ran.wall
        });
    }
    sheet.note(ONE, "no earlier runs; the Python library needs 640 ms");
    let remembering = OnceCell::new();
    sheet.bench(&mut group, "turn-memory", ONE_MEMORY, || {
        server.set(1, Duration::ZERO);
        let project = remembering.get_or_init(|| {
            let project = harbour(plan, &server, Price::Free);
            (0..REMEMBERED).for_each(|_| drop(ask(&project)));
            project
        });
        ask(project).wall
    });
    sheet.note(ONE_MEMORY, format!("recalls from LanceDB, {REMEMBERED} earlier runs and more with each sample"));
    group.finish();
}

/// A project with a small context.
fn harbour(plan: &Plan, server: &Server, price: Price) -> Project {
    let project = Project::new(plan, &server.base_url(), price);
    project.write("harbour.txt", &"The harbour opened in 1884.\nIts lighthouse is 31 metres tall.\n".repeat(20));
    project
}

fn ask(project: &Project) -> Ran {
    let question = "When did the harbour open?";
    let arguments = ["ask", question, "--recursive", "--context", "harbour.txt", "--max-turns", "21"];
    let ran = run(&mut project.rhizo(&arguments));
    assert_eq!(ran.out, "read 100\n");
    ran
}
