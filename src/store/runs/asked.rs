//! The model calls of a run and its children, as its sums of spending see them.
//!
//! A kept answer is no call, and an attempt that never went out is none either (`unsent`, `model::lane`); an answer that was
//! copied from another run was paid there. Failures are short. A large kept answer lies in a blob: it cost nothing, and has no
//! usage; earlier versions gave it one, and named nobody. What an attempt before the last cost and used is in `earlier_nanos`
//! and `earlier_tokens`: that stays, also where the last attempt counts for nothing.

/// `asked`, to be followed by a query over it: all calls of the run `?1` and its children.
pub(in crate::store) fn in_tree() -> String {
    asked("VALUES (?1) UNION SELECT runs.id FROM runs JOIN tree ON runs.parent = tree.id", "")
}

/// The same with one call of the run `?1`: that in the frame `?2` with the hash `?3` and the occurrence `?4`.
pub(in crate::store) fn at_key() -> String {
    asked("VALUES (?1)", "AND frame = ?2 AND hash = ?3 AND occurrence = ?4")
}

/// The same with the calls of the run `?1` that were made in parts of it.
pub(in crate::store) fn in_parts() -> String {
    asked("VALUES (?1)", "AND part IS NOT NULL")
}

fn asked(tree: &str, which: &str) -> String {
    format!(
        "
WITH RECURSIVE tree (id) AS ({tree}),
calls AS (
    SELECT (SELECT depth FROM runs WHERE id = effects.run) AS depth, role, model, part, state, attempts,
        CASE WHEN json_valid(usage) THEN usage END AS usage, cost_nanos, worst_nanos, worst_tokens, worst_output,
        earlier_nanos, earlier_tokens, earlier_output, earlier_unheard, earlier_estimated, unknown_calls, unknown_nanos,
        unusable, unusable_nanos,
        state = 'done' AND CASE WHEN result_blob IS NOT NULL THEN cost_nanos IS 0 AND (role = '' OR usage IS NULL)
            WHEN json_valid(result) THEN coalesce(json_extract(result, '$.cached'), 0) ELSE 0 END AS kept,
        CASE WHEN json_valid(result) THEN result END AS said
    FROM effects JOIN tree ON effects.run = tree.id
    WHERE kind = 'model' AND origin IS NULL {which}
),
asked AS (
    SELECT depth, role, model, part, CASE WHEN kept THEN 'failed' ELSE state END AS state,
        CASE WHEN NOT kept THEN usage END AS usage, cost_nanos, worst_nanos, worst_tokens, worst_output,
        earlier_nanos, earlier_tokens, earlier_output, earlier_unheard, earlier_estimated, unknown_calls, unknown_nanos,
        unusable, unusable_nanos,
        attempts - kept - (state = 'failed' AND coalesce(json_extract(said, '$.details.unsent'), 0)) AS tries
    FROM calls WHERE tries > 0
)"
    )
}
