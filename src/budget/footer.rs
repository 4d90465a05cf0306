//! What was spent in words for people; where it stands is for who shows it.

use crate::budget::report::Totals;
use crate::core::money::Money;
use crate::core::text::counted;

/// One line: calls, tokens, money.
pub fn footer(totals: &Totals) -> String {
    let (calls, cost, remarks) = (calls(totals), cost(totals), remarks(totals));
    let (input, output) = tokens(totals);
    format!("{calls} · {input} in + {output} out tokens · {cost}{remarks}")
}

/// One line on what came after `earlier`, which is a part of the whole, and on the whole where that is more. What is to be
/// remarked is told where it is new.
pub fn since(totals: &Totals, earlier: &Totals) -> String {
    if earlier.calls == 0 {
        return footer(totals);
    }
    let this = totals.since(earlier);
    let (input, output) = tokens(&this);
    let part = format!("{} · {input} + {output} tokens · {}{}", calls(&this), cost(&this), remarks(&this));
    format!("this: {part}; session: {} · {}", calls(totals), cost(totals))
}

fn calls(totals: &Totals) -> String {
    let calls = counted(totals.calls, "call");
    let failed = if totals.failed > 0 { format!(" ({} failed)", totals.failed) } else { String::new() };
    format!("{calls}{failed}")
}

/// Prompt and answer tokens.
fn tokens(totals: &Totals) -> (String, String) {
    let about = if totals.usage.estimated { "~" } else { "" };
    (format!("{about}{}", totals.usage.input_tokens), format!("{about}{}", totals.usage.output_tokens))
}

fn cost(totals: &Totals) -> String {
    match totals.unpriced_calls {
        0 => totals.cost.to_string(),
        unpriced => format!("{} + {unpriced} unpriced", totals.cost),
    }
}

/// What is to be known of the cost, behind separators.
fn remarks(totals: &Totals) -> String {
    let unknown = at_worst(totals.unknown, totals.unknown_cost).map_or_else(String::new, |told| format!(" · {told}"));
    let unusable = unusable(totals.unusable, totals.unusable_cost);
    format!("{unknown}{unusable}{}", unheard(totals.usage.unheard_tokens))
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
    let which = counted(answers, "answer");
    match (answers, cost) {
        (0, _) => String::new(),
        (_, Money::ZERO) => format!(" · {which} could not be used"),
        _ => format!(" · of it {cost} for {which} that could not be used"),
    }
}

/// How much of a cost is the worst case of calls that were under way when their process died; nothing if there are none.
pub fn at_worst(calls: u64, cost: Money) -> Option<String> {
    let whose = counted(calls, "call");
    (calls > 0).then(|| format!("of it {cost} at worst for {whose} whose end is unknown"))
}

#[cfg(test)]
mod tests {
    use super::since;
    use crate::budget::report::Totals;
    use crate::core::money::Money;
    use crate::core::usage::Usage;

    #[test]
    fn a_part_is_told_beside_the_whole() {
        let spent = |calls, failed, (input_tokens, output_tokens, unheard_tokens), dollars| {
            let usage = Usage { input_tokens, output_tokens, unheard_tokens, ..Usage::default() };
            Totals { calls, failed, usage, cost: Money::from_usd(dollars).unwrap(), ..Totals::default() }
        };
        let first = spent(1, 1, (20, 300, 300), 0.25);
        let heard = "300 of the out tokens nobody heard: charged at the worst case";
        assert_eq!(
            since(&first, &Totals::default()),
            format!("1 call (1 failed) · 20 in + 300 out tokens · {} · {heard}", first.cost)
        );
        let second = spent(2, 1, (23, 330, 300), 0.5);
        assert_eq!(
            since(&second, &first),
            format!("this: 1 call · 3 + 30 tokens · {}; session: 2 calls (1 failed) · {}", first.cost, second.cost)
        );
        let third = spent(3, 2, (43, 930, 600), 0.75);
        assert!(since(&third, &second).contains(heard), "{}", since(&third, &second));
    }
}
