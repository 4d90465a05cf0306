//! The model calls of a run and its children, as its sums of spending see them.

/// `asked`, to be followed by a query over it; `?1` is the run.
///
/// A kept answer is no call, and one that was refused before it was sent is none either (`unsent`, `model::lane`); an answer
/// that was copied from another run was paid there. Large results lie in blobs and are never either. An attempt before the
/// last is in `earlier_nanos`.
pub(in crate::store) const ASKED: &str = "
WITH RECURSIVE tree (id) AS (VALUES (?1) UNION SELECT runs.id FROM runs JOIN tree ON runs.parent = tree.id),
asked AS (
    SELECT (SELECT depth FROM runs WHERE id = effects.run) AS depth, role, model, state, attempts,
        CASE WHEN json_valid(usage) THEN usage END AS usage, cost_nanos, worst_nanos, earlier_nanos, earlier_tokens,
        CASE WHEN json_valid(result) THEN result END AS said
    FROM effects JOIN tree ON effects.run = tree.id
    WHERE kind = 'model' AND origin IS NULL AND NOT coalesce(json_extract(said, '$.cached'), 0)
    AND NOT (state = 'failed' AND coalesce(json_extract(said, '$.details.unsent'), 0))
)";
