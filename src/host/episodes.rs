//! What a run leaves behind for people and for memory: the footer line and the episode of a finished run.

use crate::budget::report::SpendReport;
use crate::core::episode::{Episode, Namespace, Verdict};
use crate::core::event::RunStatus;
use crate::host::run_host::RunHost;
use crate::memory::situation::{self, Situation};

/// One line: calls, tokens, money.
pub fn footer(report: &SpendReport) -> String {
    let t = &report.totals;
    let calls = if t.calls == 1 { "1 call" } else { &format!("{} calls", t.calls) };
    let failed = if t.failed > 0 { format!(" ({} failed)", t.failed) } else { String::new() };
    let unpriced = if t.unpriced_calls > 0 { format!(" + {} unpriced", t.unpriced_calls) } else { String::new() };
    let about = if t.usage.estimated { "~" } else { "" };
    let unheard = match t.usage.unheard_tokens {
        0 => String::new(),
        tokens => format!(" · {tokens} of the out tokens nobody heard: charged at the worst case"),
    };
    format!(
        "{calls}{failed} · {about}{} in + {about}{} out tokens · {}{unpriced}{unheard}",
        t.usage.input_tokens, t.usage.output_tokens, t.cost
    )
}

/// How a finished run is remembered: what it was like, with which role, and whether it worked.
pub fn of_run(host: &RunHost, task: &str, context: &str, role: &str, status: RunStatus, lesson: String) -> Episode {
    let report = host.scope.report();
    let situation = Situation { context: context.to_owned(), role: role.to_owned(), ..Situation::of_task(task) };
    Episode {
        at: host.now(),
        namespace: Namespace::Prod,
        situation: situation::text(&situation),
        action: "strategy".to_owned(),
        arm: role.to_owned(),
        outcome: match status {
            RunStatus::Completed => Verdict::Success,
            RunStatus::Failed | RunStatus::Limited => Verdict::Fail,
            RunStatus::Running | RunStatus::Cancelled | RunStatus::Waiting => Verdict::Unknown,
        },
        lesson,
        run: host.run.to_string(),
        cost_nanos: report.totals.cost.nanos(),
        tokens: report.totals.usage.total(),
        // Nobody has checked the answer: that a run ended is weak evidence that it was right.
        trust: 0.5,
        ..Episode::default()
    }
}
