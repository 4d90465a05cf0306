//! The learned part of the policy: the value of each allowed move from the posterior of its arm, and when it may overrule
//! the rule table.

use crate::core::ids::RoleName;
use crate::policy::escalate::{Bounds, Chain, Decider, Decision, Move, VERSION, allowed, rule};
use crate::policy::posterior::Posterior;
use crate::policy::value::{Value, better};

/// Giving up teaches nothing, so a wrong one is never found out: what the rule would try must have been seen so many times
/// as often as for other choices.
const HOPELESS: f64 = 3.0;
/// Chance may try what costs at most so many times what is done otherwise: what a dearer arm is worth is learned where a rule
/// or evidence takes it, and one draw must not spend what hundreds of plain attempts cost.
const DEAREST: f64 = 10.0;

/// What is known of an arm: its chance to work, and what an attempt costs.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer<T> {
    /// The arm.
    pub choice: T,
    /// How probable it is that it works.
    pub posterior: Posterior,
    /// The cost of an attempt as a share of the dearest role's.
    pub cost: f64,
}

/// Which role starts. `offers` has one entry per rung, the cheapest first; `standard` is the rule's choice, and `after` has
/// for each rung what is known of it where the one below has failed.
///
/// A start is worth what the whole chain is worth that goes on from it: a weak start may still end strong. Nothing if
/// `standard` is not offered.
pub fn start(
    offers: &[Offer<RoleName>],
    standard: &RoleName,
    after: &[Posterior],
    bounds: &Bounds,
    draw: f64,
) -> Option<Decision<RoleName>> {
    let mut values = vec![Value::default(); offers.len()];
    let mut rest = 0.0;
    let mut offers = offers.to_vec();
    for (at, offer) in offers.iter_mut().enumerate().rev() {
        let cost = bounds.lambda * offer.cost;
        let known = after.get(at).filter(|known| known.n >= bounds.least);
        // Who mends what another one has failed can do it from the start: those were the harder cases.
        if let Some(known) = known.filter(|_| offer.posterior.n < bounds.least) {
            offer.posterior = known.clone();
        }
        values[at] = Value::of(value(&offer.posterior), cost, rest);
        // What this rung adds to a chain that comes to it from below; not taking it is worth nothing.
        let met = known.unwrap_or(&offer.posterior);
        if bounds.escalations > 0 {
            rest = Value::of(value(met), cost, rest).mean.max(0.0);
        }
    }
    let ruled = offers.iter().position(|offer| offer.choice == *standard)?;
    Some(choose(&offers, &values, ruled, bounds, draw))
}

/// What to do after a failure. `offers` has an entry for each allowed move that something could be known of; a rule's move
/// without one is done as it is.
pub fn decide(chain: &Chain, offers: &[Offer<Move>], bounds: &Bounds, draw: f64) -> Decision<Move> {
    let (ruled, allowed) = (rule(chain, bounds), allowed(chain, bounds));
    let mut offers: Vec<Offer<Move>> = offers.iter().filter(|offer| allowed.contains(&offer.choice)).cloned().collect();
    let sure = Posterior { beta: f64::INFINITY, n: f64::INFINITY, ..Posterior::default() };
    offers.push(Offer { choice: Move::GiveUp, posterior: sure, cost: 0.0 });
    let Some(at) = offers.iter().position(|offer| offer.choice == ruled) else {
        return by_rule(ruled, format!("the rule for {} failures", chain.class().name()));
    };
    let later = escalation(&offers, |_| true, bounds);
    let worth = |offer: &Offer<Move>| match offer.choice {
        Move::GiveUp => Value::default(),
        // A repetition that fails leaves the way up open.
        Move::Retry | Move::Think | Move::Explore => {
            Value::of(value(&offer.posterior), bounds.lambda * offer.cost, later)
        }
        // So does a higher role that fails, if there is a still higher one and the chain may go there.
        Move::Escalate(_) => {
            let dearer = |other: &Offer<Move>| other.cost > offer.cost;
            let rest =
                if chain.escalations + 1 < bounds.escalations { escalation(&offers, dearer, bounds) } else { 0.0 };
            Value::of(value(&offer.posterior), bounds.lambda * offer.cost, rest)
        }
        Move::Delegate => Value::of(value(&offer.posterior), bounds.lambda * offer.cost, 0.0),
    };
    let values: Vec<Value> = offers.iter().map(worth).collect();
    choose(&offers, &values, at, bounds, draw)
}

/// What the best escalation among some is worth, at least nothing.
fn escalation(offers: &[Offer<Move>], among: impl Fn(&Offer<Move>) -> bool, bounds: &Bounds) -> f64 {
    let up = offers.iter().filter(|offer| matches!(offer.choice, Move::Escalate(_)) && among(offer));
    up.map(|offer| bounds.lambda.mul_add(-offer.cost, offer.posterior.mean())).fold(0.0, f64::max)
}

fn value(posterior: &Posterior) -> Value {
    Value { mean: posterior.mean(), variance: posterior.variance() }
}

/// That episodes are too few: what was told again, is old or hardly believed counts less than once each.
fn too_few(known: &Posterior) -> String {
    let counted = format!("{:.0}", known.n);
    if known.similar > 1 && f64::from(known.similar) > known.n + 0.5 {
        let counted = if counted == "0" { "one at most" } else { counted.as_str() };
        return format!("{} similar episodes, which count as {counted}, are too few", known.similar);
    }
    match counted.as_str() {
        "0" => "nothing similar is remembered by which".to_owned(),
        "1" => "one similar episode is too few".to_owned(),
        more => format!("{more} similar episodes are too few"),
    }
}

fn by_rule<T>(choice: T, reason: String) -> Decision<T> {
    let (decider, ids, version) = (Decider::Rule, Vec::new(), VERSION.to_owned());
    Decision { choice, decider, reason, propensity: 1.0, predicted: None, n: 0.0, ids, version }
}

/// The rule's choice, unless another one is known well enough to beat it, or chance picks one to learn from.
fn choose<T: Choice>(offers: &[Offer<T>], values: &[Value], ruled: usize, bounds: &Bounds, draw: f64) -> Decision<T> {
    let enough = |at: &usize| offers[*at].posterior.n >= bounds.least;
    let best = (0..offers.len())
        .filter(enough)
        .max_by(|a, b| values[*a].mean.total_cmp(&values[*b].mean))
        .filter(|best| *best != ruled && enough(&ruled) && bounds.trusted)
        .filter(|best| better(values[*best], values[ruled]) >= bounds.sure)
        .filter(|best| offers[*best].choice.teaches() || offers[ruled].posterior.n >= HOPELESS * bounds.least);
    let (chosen, decider) = best.map_or((ruled, Decider::Rule), |best| (best, Decider::Learned));
    let others = drawable(offers, chosen);
    let share = if others.is_empty() { 0.0 } else { bounds.audit.clamp(0.0, 0.5) };
    let picked = others.iter().enumerate().find(|(i, _)| draw * real(others.len()) < share * real(i + 1));
    let (at, decider, propensity) = match picked {
        Some((_, at)) => (*at, Decider::Audit, share / real(others.len())),
        None => (chosen, decider, 1.0 - share),
    };
    let told = |at: usize| told(&offers[at], values[at]);
    let reason = match decider {
        Decider::Rule if !bounds.trusted => "the rule: the learner's predictions have been too bad".to_owned(),
        Decider::Rule if enough(&ruled) => {
            format!("the rule: nothing is known to beat {}: {}", told(ruled), unbeaten(offers, values, ruled, bounds))
        }
        Decider::Rule => format!("the rule: {} to choose otherwise", too_few(&offers[ruled].posterior)),
        Decider::Learned => format!("{} instead of {}", told(at), told(ruled)),
        Decider::Audit => format!("by chance, to learn: {} instead of {}", told(at), told(chosen)),
    };
    let posterior = &offers[at].posterior;
    let known = posterior.n.is_finite() && posterior.n > 0.0;
    Decision {
        choice: offers[at].choice.clone(),
        decider,
        reason: format!("{reason} [policy {VERSION}]"),
        propensity,
        predicted: known.then(|| posterior.mean()),
        n: if known { posterior.n } else { 0.0 },
        ids: posterior.ids.clone(),
        version: VERSION.to_owned(),
    }
}

/// An arm with what is known of it.
fn told<T: Choice>(offer: &Offer<T>, value: Value) -> String {
    let (label, known) = (offer.choice.label(), &offer.posterior);
    match known.n {
        n if n.is_infinite() => label,
        n if n < 0.5 => format!("{label} (nothing is known of it yet)"),
        n => format!("{label} (works {:.0}% of {n:.0}, worth {:.2})", known.mean() * 100.0, value.mean),
    }
}

/// Why the rule's choice stands of which enough is known: the next best, and how sure it is that this is better.
fn unbeaten<T: Choice>(offers: &[Offer<T>], values: &[Value], ruled: usize, bounds: &Bounds) -> String {
    let known = (0..offers.len()).filter(|at| *at != ruled && offers[*at].posterior.n >= bounds.least);
    // To stop is worth a word only where it is the better one.
    let known = known.filter(|at| offers[*at].choice.teaches() || values[*at].mean > values[ruled].mean);
    let Some(next) = known.max_by(|a, b| values[*a].mean.total_cmp(&values[*b].mean)) else {
        return format!("of nothing else there are {:.0} similar episodes", bounds.least);
    };
    let (name, odds) = (told(&offers[next], values[next]), better(values[next], values[ruled]));
    let percent = (odds * 100.0).floor();
    if odds < bounds.sure {
        format!("{name} is only {percent}% sure to be better, {:.0}% are needed", bounds.sure * 100.0)
    } else {
        format!("{name} is {percent}% sure to be better, which takes {:.0} similar episodes", HOPELESS * bounds.least)
    }
}

/// What chance may pick instead of the chosen one; where that costs nothing because it tries nothing, the cheapest attempt is
/// the measure.
fn drawable<T: Choice>(offers: &[Offer<T>], chosen: usize) -> Vec<usize> {
    let others = (0..offers.len()).filter(|at| *at != chosen && offers[*at].choice.is_drawn());
    let cheapest = others.clone().map(|at| offers[at].cost).fold(f64::INFINITY, f64::min);
    let usual = if offers[chosen].choice.teaches() { offers[chosen].cost } else { cheapest };
    others.filter(|at| offers[*at].cost <= DEAREST * usual).collect()
}

#[allow(clippy::cast_precision_loss, reason = "a handful of moves")]
const fn real(count: usize) -> f64 {
    count as f64
}

/// What is chosen among.
trait Choice: Clone {
    /// How it is told.
    fn label(&self) -> String;

    /// Whether its outcome teaches anything.
    fn teaches(&self) -> bool;

    /// Whether chance may pick it.
    fn is_drawn(&self) -> bool {
        self.teaches()
    }
}

impl Choice for Move {
    fn label(&self) -> String {
        self.arm()
    }

    fn teaches(&self) -> bool {
        *self != Self::GiveUp
    }

    /// What a child run costs is known only when it has ended.
    fn is_drawn(&self) -> bool {
        !matches!(self, Self::GiveUp | Self::Delegate)
    }
}

impl Choice for RoleName {
    fn label(&self) -> String {
        self.to_string()
    }

    fn teaches(&self) -> bool {
        true
    }
}
