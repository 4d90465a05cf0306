//! What an effect was charged with, and the sums that have it, set right when somebody says what it did cost or use.

use crate::core::ids::RunId;
use crate::store::fault::Worked;
use crate::store::rows::int;
use rusqlite::Connection;

/// What an effect was charged with so far, in columns of it, and of which effects that can be said.
pub(super) struct Charged {
    /// The column of a run that it is in the sum of.
    sum: &'static str,
    so_far: &'static str,
    which: &'static str,
}

const IS_LAST: &str = "effects.state <> 'done' AND effects.kind = 'model'";
const IS_EARLIER: &str = "(effects.unknown_calls > 0 OR effects.unknown_nanos > 0)";

/// What the attempts before the last one cost whose end nobody knew.
pub(super) const EARLIER: Charged = Charged { sum: "cost_nanos", so_far: "effects.unknown_nanos", which: IS_EARLIER };
/// The tokens of their prompts.
pub(super) const EARLIER_INPUT: Charged =
    Charged { sum: "input_tokens", so_far: "effects.unknown_tokens - effects.unknown_output", which: IS_EARLIER };
/// The tokens of their answers.
pub(super) const EARLIER_OUTPUT: Charged =
    Charged { sum: "output_tokens", so_far: "effects.unknown_output", which: IS_EARLIER };
/// What the last attempt cost.
pub(super) const LAST: Charged = Charged {
    sum: "cost_nanos",
    so_far: "CASE effects.state WHEN 'intent' THEN effects.worst_nanos ELSE effects.cost_nanos END",
    which: IS_LAST,
};
/// The tokens of its prompt.
pub(super) const LAST_INPUT: Charged = Charged {
    sum: "input_tokens",
    so_far: "CASE effects.state WHEN 'intent' THEN effects.worst_tokens - effects.worst_output
        ELSE json_extract(CASE WHEN json_valid(effects.usage) THEN effects.usage END, '$.input_tokens') END",
    which: IS_LAST,
};
/// The tokens of its answer.
pub(super) const LAST_OUTPUT: Charged = Charged {
    sum: "output_tokens",
    so_far: "CASE effects.state WHEN 'intent' THEN effects.worst_output
        ELSE json_extract(CASE WHEN json_valid(effects.usage) THEN effects.usage END, '$.output_tokens') END",
    which: IS_LAST,
};

/// The row of a run that has ended has its whole sums, and so have those of the runs around it: all have the new amount of one
/// of its effects in place of what it was charged with.
pub(super) fn correct(
    connection: &Connection,
    (run, seq): (&RunId, u64),
    amount: u64,
    charged: &Charged,
) -> Worked<()> {
    let Charged { sum, so_far, which } = charged;
    let change = format!(
        "WITH RECURSIVE around (id) AS (
            VALUES (?1) UNION SELECT runs.parent FROM runs JOIN around ON runs.id = around.id
            WHERE runs.parent IS NOT NULL)
         UPDATE runs SET {sum} = CAST(max(0, runs.{sum} - coalesce({so_far}, 0) + ?3) AS INTEGER) FROM effects
         WHERE runs.id IN (SELECT id FROM around) AND effects.run = ?1 AND effects.seq = ?2 AND {which}"
    );
    connection.prepare_cached(&change)?.execute((run.as_str(), int(seq), int(amount)))?;
    Ok(())
}
