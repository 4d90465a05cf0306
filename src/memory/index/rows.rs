//! Rows of the index as Arrow batches, and back.

use crate::core::episode::{Episode, Namespace};
use crate::core::failure::{Failure, FailureKind, Outcome};
use arrow_array::{Array, FixedSizeListArray, Float32Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use std::sync::Arc;

/// One episode in the index.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The episode's id.
    pub id: String,
    /// Its namespace.
    pub namespace: Namespace,
    /// Its kind of action.
    pub action: String,
    /// What was chosen.
    pub arm: String,
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// The unit vector of its situation.
    pub vector: Vec<f32>,
}

impl Row {
    /// The row of an episode.
    pub fn new(episode: &Episode, vector: Vec<f32>) -> Self {
        Self {
            id: episode.id.clone(),
            namespace: episode.namespace,
            action: episode.action.clone(),
            arm: episode.arm.clone(),
            at: episode.at,
            vector,
        }
    }
}

/// The columns of the table for vectors of this length.
pub(super) fn schema(dimensions: usize) -> Outcome<Arc<Schema>> {
    let text = |name| Field::new(name, DataType::Utf8, false);
    let vector = DataType::FixedSizeList(item(), width(dimensions)?);
    Ok(Arc::new(Schema::new(vec![
        text("id"),
        text("namespace"),
        text("action"),
        text("arm"),
        Field::new("at", DataType::Int64, false),
        Field::new("vector", vector, false),
    ])))
}

fn item() -> Arc<Field> {
    Arc::new(Field::new("item", DataType::Float32, true))
}

fn width(dimensions: usize) -> Outcome<i32> {
    i32::try_from(dimensions)
        .map_err(|_| Failure::new(FailureKind::Invalid, format!("vectors of {dimensions} numbers are too long")))
}

/// Rows as a batch; `Invalid` if a vector has another length.
pub(super) fn batch(rows: &[Row], dimensions: usize) -> Outcome<RecordBatch> {
    if let Some(odd) = rows.iter().find(|row| row.vector.len() != dimensions) {
        let message = format!("episode {} has {} numbers instead of {dimensions}", odd.id, odd.vector.len());
        return Err(Failure::new(FailureKind::Invalid, message));
    }
    let text = |of: fn(&Row) -> &str| Arc::new(StringArray::from_iter_values(rows.iter().map(of)));
    let floats = Float32Array::from_iter_values(rows.iter().flat_map(|row| row.vector.iter().copied()));
    let vectors = FixedSizeListArray::try_new(item(), width(dimensions)?, Arc::new(floats), None);
    let times = rows.iter().map(|row| i64::try_from(row.at).unwrap_or(i64::MAX));
    RecordBatch::try_new(
        schema(dimensions)?,
        vec![
            text(|row| &row.id),
            text(|row| row.namespace.name()),
            text(|row| &row.action),
            text(|row| &row.arm),
            Arc::new(Int64Array::from_iter_values(times)),
            Arc::new(vectors.map_err(|error| wrong(&error))?),
        ],
    )
    .map_err(|error| wrong(&error))
}

/// The ids in batches.
pub(super) fn ids(batches: &[RecordBatch]) -> Outcome<Vec<String>> {
    let mut all = Vec::new();
    for batch in batches {
        let ids: &StringArray = column(batch, "id")?;
        all.extend(ids.iter().flatten().map(str::to_owned));
    }
    Ok(all)
}

/// The ids and vectors in batches.
pub(super) fn vectors(batches: &[RecordBatch]) -> Outcome<Vec<(String, Vec<f32>)>> {
    let mut all = Vec::new();
    for batch in batches {
        let (ids, lists): (&StringArray, &FixedSizeListArray) = (column(batch, "id")?, column(batch, "vector")?);
        let width = usize::try_from(lists.value_length()).unwrap_or(0);
        let floats = lists.values().as_any().downcast_ref::<Float32Array>();
        let floats =
            floats.ok_or_else(|| Failure::new(FailureKind::Io, "the memory index has vectors of another type"))?;
        let numbers = floats.values();
        for (at, id) in ids.iter().enumerate() {
            let vector = numbers.get(at * width..(at + 1) * width);
            all.extend(id.zip(vector).map(|(id, vector)| (id.to_owned(), vector.to_vec())));
        }
    }
    Ok(all)
}

/// The ids and distances in the batches of a search.
pub(super) fn distances(batches: &[RecordBatch]) -> Outcome<Vec<(String, f32)>> {
    let mut all = Vec::new();
    for batch in batches {
        let (ids, distances): (&StringArray, &Float32Array) = (column(batch, "id")?, column(batch, "_distance")?);
        let pairs = ids.iter().zip(distances.iter());
        all.extend(pairs.filter_map(|(id, distance)| Some((id?.to_owned(), distance?))));
    }
    Ok(all)
}

fn column<'a, A: Array + 'static>(batch: &'a RecordBatch, name: &str) -> Outcome<&'a A> {
    batch
        .column_by_name(name)
        .and_then(|column| column.as_any().downcast_ref())
        .ok_or_else(|| Failure::new(FailureKind::Io, format!("the memory index answers without a column `{name}`")))
}

fn wrong(error: &ArrowError) -> Failure {
    Failure::new(FailureKind::Internal, format!("episodes cannot be put into columns: {error}"))
}
