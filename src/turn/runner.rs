//! The only loop: turns until FINAL, a failure or the last turn.

use crate::core::event::Event;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::Frame;
use crate::core::message::Message;
use crate::host::models::choose::Wish;
use crate::host::run_host::RunHost;
use crate::script::session::{Session, SessionSetup};
use crate::turn::execute::ask;
use crate::turn::finish::{Status, finish};
use crate::turn::history::History;
use crate::turn::relief::{Fault, Relief};
use crate::turn::repetition::Repetition;
use crate::turn::root::{Root, RootEnd};
use crate::turn::stages::{Kept, ToolRound, TurnInput, TurnOutput};
use crate::turn::start::Start;
use crate::turn::tools::{Workbench, run_tools};
use crate::turn::{direct, opening, prompt};
use std::mem;
use std::sync::Arc;
use std::time::Duration;

/// Makes a root run. A failure is an end like any other, with what was computed before it.
pub async fn run(root: &Root) -> RootEnd {
    let start = match Start::of(root).await {
        Ok(start) => start,
        Err(failure) => return RootEnd::failed(failure, 0),
    };
    let role = start.role.clone();
    let end = play(root, &role).await;
    start.credit(root, &end).await;
    RootEnd { role: Some(role), ..end }
}

/// The run as this role begins it.
async fn play(root: &Root, role: &str) -> RootEnd {
    let host = &root.host;
    let wish = Wish {
        role: Some(role.to_owned()),
        model: root.model.clone(),
        requires: root.requires.clone(),
        strategy: root.strategy,
    };
    let chosen = match host.choose(&wish).await {
        Ok(chosen) => root.explained(chosen),
        Err(failure) => return RootEnd::failed(failure, 0),
    };
    if direct::is_direct(host, &chosen.served, root.recursive) {
        return match direct::answer(root, &chosen.role, wish).await {
            Ok(answer) => RootEnd::completed(answer, 0),
            Err(failure) => RootEnd::failed(failure, 0),
        };
    }
    let history = match opening::messages(root, &chosen.role).await {
        Ok(history) => history,
        Err(failure) => return RootEnd::failed(failure, 0),
    };
    match Relief::begin(root, chosen).await {
        Ok(mut relief) => {
            let ended = turns(root, &mut relief, history).await;
            let end = ended.unwrap_or_else(|failure| RootEnd::failed(failure, 0));
            RootEnd { relieved: relief.has_relieved(), ..end }
        }
        Err(failure) => RootEnd::failed(failure, 0),
    }
}

/// Fails only if the store does.
async fn turns(root: &Root, relief: &mut Relief<'_>, opening: Vec<Message>) -> Outcome<RootEnd> {
    let (host, frame) = (&root.host, Frame::root());
    let (mut session, mut history) = (session(host), History::new(opening));
    let of = host.max_turns.max(1);
    let (mut sent, mut repetition): (Arc<[Message]>, _) = (Arc::default(), Repetition::default());
    for turn in 1..=of {
        host.emit(&frame, &Event::TurnStarted { turn, of });
        let before = host.scope.report().totals;
        let (asked, answered) = ask(root, &relief.chosen, &mut history, TurnInput { sent, turn, of }).await;
        sent = asked;
        let reply = match answered {
            Ok(reply) => reply,
            // The turn is lost, not the run: what the model had begun to say led nowhere.
            Err(failure) if failure.kind == FailureKind::EarlyAbort && turn < of => {
                history.add(Vec::new(), Kept::default());
                history.tell(&prompt::stopped(&failure.message));
                repetition = Repetition::default();
                relief.after(Some(Fault::stopped(&failure)), &mut history).await?;
                continue;
            }
            Err(failure) => return Ok(RootEnd::stopped(failure, &history.messages, turn)),
        };
        let bench = Workbench { host, frame: &frame, session: &mut session, turn, cancel: &root.cancel };
        let mut round = run_tools(&reply, bench).await;
        host.trail.add(mem::take(&mut round.looks), &before, &host.scope.report().totals);
        if let Some(end) = broken_off(root, &mut round, &history.messages, turn) {
            return Ok(end);
        }
        let fault = Fault::of(&round);
        repetition.note(turn, &relief.chosen.role.name, fault.as_ref().is_some_and(Fault::is_own), &mut round);
        let status = Status { turn, of, budget: opening::budget_line(host, turn)? };
        let kept = mem::take(&mut round.kept);
        match finish(reply, round, &status) {
            TurnOutput::Done(answer) => {
                relief.after(None, &mut history).await?;
                return Ok(RootEnd::completed(answer, turn));
            }
            TurnOutput::Next(messages) => history.add(messages, kept),
        }
        relief.after(fault, &mut history).await?;
        if let Some(failure) = repetition.end(&relief.chosen.role.name) {
            return Ok(RootEnd::stopped(failure, &history.messages, turn));
        }
    }
    let failure = Failure::new(FailureKind::Turns, format!("{of} turns passed without FINAL"))
        .hint("raise --max-turns, ask a narrower question, or choose a stronger --model");
    Ok(RootEnd::stopped(failure, &history.messages, of))
}

/// The end of a run that was cancelled while code ran, or that waits for a person.
fn broken_off(root: &Root, round: &mut ToolRound, history: &[Message], turn: u32) -> Option<RootEnd> {
    if root.cancel.is_cancelled() && round.final_.is_none() {
        let failure = Failure::cancelled();
        return Some(RootEnd::stopped(failure, history, turn));
    }
    round.waits.take().map(|failure| RootEnd::failed(failure, turn))
}

fn session(host: &Arc<RunHost>) -> Session {
    Session::new(SessionSetup {
        host: Arc::clone(host) as Arc<dyn crate::script::host::Host>,
        runtime: tokio::runtime::Handle::current(),
        frame: Frame::root(),
        view: host.view.clone(),
        folder: None,
        compute: Duration::from_millis(host.scope.limits().compute_millis),
        args: None,
    })
}
