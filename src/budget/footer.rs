//! What was spent in words for people; where it stands is for who shows it.

use crate::budget::report::Totals;
use crate::core::money::Money;

/// One line: calls, tokens, money.
pub fn footer(totals: &Totals) -> String {
    let calls = if totals.calls == 1 { "1 call" } else { &format!("{} calls", totals.calls) };
    let failed = if totals.failed > 0 { format!(" ({} failed)", totals.failed) } else { String::new() };
    let unpriced =
        if totals.unpriced_calls > 0 { format!(" + {} unpriced", totals.unpriced_calls) } else { String::new() };
    let about = if totals.usage.estimated { "~" } else { "" };
    let unheard = unheard(totals.usage.unheard_tokens);
    let unknown = at_worst(totals.unknown, totals.unknown_cost).map_or_else(String::new, |told| format!(" · {told}"));
    let unusable = unusable(totals.unusable, totals.unusable_cost);
    format!(
        "{calls}{failed} · {about}{} in + {about}{} out tokens · {}{unpriced}{unknown}{unusable}{unheard}",
        totals.usage.input_tokens, totals.usage.output_tokens, totals.cost
    )
}

/// How many answer tokens nobody heard, behind a separator; nothing if there are none.
pub fn unheard(tokens: u64) -> String {
    match tokens {
        0 => String::new(),
        _ => format!(" · {tokens} of the out tokens nobody heard: charged at the worst case"),
    }
}

/// How many answers could not be used and what of a cost was paid for them, behind a separator; nothing if there are none.
pub fn unusable(answers: u64, cost: Money) -> String {
    let which = if answers == 1 { "1 answer".to_owned() } else { format!("{answers} answers") };
    match (answers, cost) {
        (0, _) => String::new(),
        (_, Money::ZERO) => format!(" · {which} could not be used"),
        _ => format!(" · of it {cost} for {which} that could not be used"),
    }
}

/// How much of a cost is the worst case of calls that were under way when their process died; nothing if there are none.
pub fn at_worst(calls: u64, cost: Money) -> Option<String> {
    let whose = if calls == 1 { "1 call".to_owned() } else { format!("{calls} calls") };
    (calls > 0).then(|| format!("of it {cost} at worst for {whose} whose end is unknown"))
}
