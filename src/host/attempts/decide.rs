//! Decisions of the policy as effects: the memory is asked, the policy decides, the event says why.

use crate::core::attempts::{Attempts, Open};
use crate::core::effect::{EffectKey, EffectKind};
use crate::core::episode::{Namespace, action};
use crate::core::event::Event;
use crate::core::failure::Outcome;
use crate::core::ids::{Frame, RoleName};
use crate::host::ask::share;
use crate::host::attempts::ladder::Ladder;
use crate::host::door::{self, Asked};
use crate::host::run_host::RunHost;
use crate::memory::learn::Question;
use crate::memory::situation::{self, Situation};
use crate::policy::escalate::{self, Bounds, Chain, Decider, Decision, Move, Offer, UNTOLD, VERSION};
use crate::policy::posterior::Posterior;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

/// Calls that a child run usually makes.
const HANDED: f64 = 4.0;

/// A failure that was met, with the chain that met it.
pub struct Met<'a> {
    /// The chain as the policy sees it.
    pub chain: &'a Chain,
    /// The gate that was not passed; empty if none.
    pub gate: &'a str,
    /// The attempts so far.
    pub attempts: &'a Attempts,
}

/// What somebody is to begin with.
pub struct Beginning<'a> {
    /// The kind of choice.
    pub action: &'a str,
    /// The task.
    pub task: &'a str,
    /// One line on its context; empty if it has none.
    pub context: String,
    /// Whether somebody will judge how it ends: otherwise nothing is learned from it, and chance would only cost.
    pub judged: bool,
}

/// Who begins. Where there is nothing to choose the rule's role begins, unlogged, and where a log that is all there is has no
/// such choice.
pub async fn start(host: &RunHost, frame: &Frame, ladder: &Ladder, beginning: Beginning<'_>) -> Outcome<Open> {
    let Beginning { action, task, context, judged } = beginning;
    let situation = situation::text(&Situation { context, ..Situation::of_task(task) });
    let by_rule = Decision {
        choice: ladder.first(),
        decider: Decider::Rule,
        reason: "the rule: too few similar episodes".to_owned(),
        propensity: 1.0,
        predicted: None,
        n: 0.0,
        ids: Vec::new(),
        version: VERSION.to_owned(),
    };
    let rungs = ladder.rungs();
    let arms: Vec<(String, String)> =
        rungs.iter().map(|rung| (rung.role.to_string(), ladder.model(rung.role.as_str()))).collect();
    let open = |decision: &Decision<RoleName>| Open {
        action: action.to_owned(),
        arm: decision.choice.to_string(),
        situation: situation.clone(),
        offered: arms.iter().map(|(arm, _)| arm.clone()).collect(),
        ..opened(decision)
    };
    if !ladder.may_start_anywhere() || !host.kit.settings.memory {
        return Ok(open(&by_rule));
    }
    let intent = json!({action: situation});
    // The call that follows would miss too, and its words say what is asked otherwise now.
    if host.is_sealed() && !host.knows(frame, &Asked::new(EffectKind::Decision, &intent)) {
        return Ok(open(&by_rule));
    }
    let bounds = bounds(host, judged).await?;
    let first = ladder.first();
    let (decision, _): (Decision<RoleName>, EffectKey) = logged(host, frame, intent, async {
        let question = question(host, action, &situation, arms.clone(), "", "");
        let Some(known) = evidence(host, &question, bounds.least).await? else {
            return repeated(host, action, &situation, by_rule);
        };
        let after = after(host, task, &rungs, bounds.least).await?;
        let offers: Vec<Offer<RoleName>> = rungs
            .iter()
            .zip(known)
            .map(|(rung, posterior)| Offer { choice: rung.role.clone(), posterior, cost: rung.cost })
            .collect();
        Ok(escalate::start(&offers, &first, &after, &bounds, share()).unwrap_or(by_rule))
    })
    .await?;
    tell(host, frame, action, &decision.choice.to_string(), &decision, &first, "");
    Ok(open(&decision))
}

/// The choice of the rule where too little is known, with how often this very task was met: that counts once.
fn repeated(host: &RunHost, action: &str, situation: &str, by_rule: Decision<RoleName>) -> Outcome<Decision<RoleName>> {
    let reason = match host.kit.store.tellings(action, &situation::fingerprint(situation))? {
        0 | 1 => by_rule.reason,
        many => format!("{}: {many} are of this one task and count as one", by_rule.reason),
    };
    Ok(Decision { reason, ..by_rule })
}

/// What is known of each rung where the one below it has failed.
async fn after(host: &RunHost, task: &str, rungs: &[escalate::Rung], least: f64) -> Outcome<Vec<Posterior>> {
    let mut known = vec![Posterior::default()];
    for pair in rungs.windows(2) {
        let [below, above] = pair else { continue };
        let role = below.role.to_string();
        let situation = situation::text(&Situation { role: role.clone(), ..Situation::of_task(task) });
        let arm = (Move::Escalate(above.role.clone()).arm(), String::new());
        let question = question(host, action::ESCALATE, &situation, vec![arm], &role, "");
        let found = evidence(host, &question, least).await?.and_then(|mut found| found.pop());
        known.push(found.unwrap_or_default());
    }
    Ok(known)
}

/// What comes after a failure, and the place of that choice in the log.
pub async fn next(
    host: &RunHost,
    frame: &Frame,
    ladder: &Ladder,
    task: &str,
    met: &Met<'_>,
) -> Outcome<(Move, Open, EffectKey)> {
    let Met { chain, gate, attempts } = met;
    let (role, failure) = (attempts.role.clone(), chain.failure.name().to_owned());
    let situation = situation::text(&Situation {
        role: role.clone(),
        failure: failure.clone(),
        gate: (*gate).to_owned(),
        failures: attempts.failures,
        ..Situation::of_task(task)
    });
    let bounds = bounds(host, true).await?;
    let moves: Vec<Move> = escalate::allowed(chain, &bounds).into_iter().filter(|m| *m != Move::GiveUp).collect();
    let actor = |m: &Move| match m {
        Move::Escalate(role) => role.to_string(),
        Move::Delegate => ladder.strongest().to_string(),
        _ => role.clone(),
    };
    let calls = |m: &Move| if *m == Move::Delegate { HANDED } else { 1.0 };
    let arms: Vec<(String, String)> = moves.iter().map(|m| (m.arm(), ladder.model(&actor(m)))).collect();
    let (decision, key): (Decision<Move>, EffectKey) =
        logged(host, frame, json!({"escalate": situation, "from": role}), async {
            let question = question(host, action::ESCALATE, &situation, arms.clone(), &role, &failure);
            let known = if host.kit.settings.memory { evidence(host, &question, bounds.least).await? } else { None };
            let known = known.map_or_else(|| unknown(host, &situation, moves.len()), Ok)?;
            let offer = |(m, posterior): (&Move, Posterior)| {
                let cost = ladder.cost(&actor(m)) * calls(m);
                Offer { choice: m.clone(), posterior, cost }
            };
            let offers: Vec<Offer<Move>> = moves.iter().zip(known).map(offer).collect();
            // Without a memory nothing is learned from chance either.
            let bounds = if host.kit.settings.memory { bounds } else { Bounds { audit: 0.0, ..bounds } };
            Ok(escalate::decide(chain, &offers, &bounds, share()))
        })
        .await?;
    let after = if gate.is_empty() { failure.clone() } else { format!("{gate} of {role}") };
    tell(host, frame, action::ESCALATE, &decision.choice.arm(), &decision, &RoleName::new(&role), &after);
    let open = Open {
        action: action::ESCALATE.to_owned(),
        arm: decision.choice.arm(),
        offered: arms.into_iter().map(|(arm, _)| arm).collect(),
        situation,
        role,
        failure,
        gate: (*gate).to_owned(),
        failures: attempts.failures,
        ..opened(&decision)
    };
    Ok((decision.choice, open, key))
}

/// What is known of moves where there is too little of all: nothing but how often this very task has failed so.
fn unknown(host: &RunHost, situation: &str, moves: usize) -> Outcome<Vec<Posterior>> {
    let tellings = || host.kit.store.tellings(action::ESCALATE, &situation::fingerprint(situation));
    let similar = if host.kit.settings.memory { tellings()? } else { 0 };
    Ok(vec![Posterior { similar, ..Posterior::unknown() }; moves])
}

/// The parts of a record that every decision fills in alike.
fn opened<T>(decision: &Decision<T>) -> Open {
    Open {
        propensity: decision.propensity,
        policy: format!("{}/{}", decision.decider.name(), decision.version),
        predicted: decision.predicted,
        shown: decision.ids.clone(),
        ..Open::default()
    }
}

/// Whether chance made this choice.
pub fn is_by_chance(open: &Open) -> bool {
    open.policy.split('/').next() == Some(Decider::Audit.name())
}

/// Whether this choice is one of a log whose chains went on from wherever they had last failed.
pub fn is_of_old(open: &Open) -> bool {
    open.policy.split('/').nth(1) == Some(UNTOLD)
}

/// The bounds that are set, with what the learner has earned. Chance has no part where nothing is `judged`.
async fn bounds(host: &RunHost, judged: bool) -> Outcome<Bounds> {
    let set = &host.kit.settings.escalation;
    let calibration = host.kit.memory.calibration(host.kit.settings.namespace).await?;
    let eval = host.kit.settings.namespace == Namespace::Eval;
    Ok(Bounds {
        lambda: set.price,
        retries: set.retries,
        escalations: set.most,
        audit: if eval || !judged { 0.0 } else { set.audit },
        trusted: calibration.is_trusted(),
        ..Bounds::default()
    })
}

fn question(
    host: &RunHost,
    action: &str,
    situation: &str,
    arms: Vec<(String, String)>,
    role: &str,
    failure: &str,
) -> Question {
    Question {
        situation: situation.to_owned(),
        action: action.to_owned(),
        arms,
        role: role.to_owned(),
        failure: failure.to_owned(),
        namespaces: host.kit.settings.namespaces(),
        now: host.now(),
    }
}

/// The posteriors, or nothing where the sums say that no arm has enough episodes: most calls are decided by that alone.
async fn evidence(host: &RunHost, question: &Question, least: f64) -> Outcome<Option<Vec<Posterior>>> {
    let cells = host.kit.store.utilities(&question.action)?;
    let of = |arm: &str| -> f64 { cells.iter().filter(|cell| cell.arm == arm).map(|cell| cell.n).sum() };
    if !question.arms.iter().any(|(arm, _)| of(arm) >= least) {
        return Ok(None);
    }
    match host.kit.memory.posteriors(question).await {
        Ok(known) => Ok(Some(known)),
        // Memory is an aid: without it the rules decide, and a note says why.
        Err(failure) => {
            host.emit(&Frame::root(), &Event::Note { text: format!("memory is not used: {failure}") });
            Ok(None)
        }
    }
}

/// Makes a decision an effect, so that a repeated run decides the same.
async fn logged<T: Serialize + DeserializeOwned>(
    host: &RunHost,
    frame: &Frame,
    intent: serde_json::Value,
    work: impl Future<Output = Outcome<Decision<T>>>,
) -> Outcome<(Decision<T>, EffectKey)> {
    let asked = Asked::new(EffectKind::Decision, &intent);
    let key = host.next_key(frame, asked.hash());
    let work = async { work.await.into() };
    Ok((door::observe(host, frame, asked, work).await?, key))
}

fn tell<T>(
    host: &RunHost,
    frame: &Frame,
    action: &str,
    arm: &str,
    decision: &Decision<T>,
    role: &RoleName,
    after: &str,
) {
    host.emit(
        frame,
        &Event::Decided {
            action: action.to_owned(),
            arm: arm.to_owned(),
            decider: decision.decider.name().to_owned(),
            reason: decision.reason.clone(),
            role: role.clone(),
            after: after.to_owned(),
            n: decision.n,
            predicted: decision.predicted,
            ids: decision.ids.clone(),
        },
    );
}
