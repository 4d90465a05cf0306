//! Reads the safetensors format: a JSON header that names tensors, then their bytes.
//!
//! Only 32-bit floats are given out; other types are left alone. Format: huggingface.co/docs/safetensors.

use crate::core::failure::{Failure, FailureKind, Outcome};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The tensors of one file.
pub struct Weights {
    bytes: Vec<u8>,
    start: usize,
    entries: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: (usize, usize),
}

/// One tensor: its shape and its little-endian 32-bit floats, row by row.
pub struct Tensor<'a> {
    /// Its lengths by axis.
    pub shape: Vec<usize>,
    /// Its floats, four bytes each.
    pub bytes: &'a [u8],
}

impl Weights {
    /// Reads the header; `Invalid` if it is not one.
    pub fn parse(bytes: Vec<u8>) -> Outcome<Self> {
        let wrong = |what: &str| Failure::new(FailureKind::Invalid, format!("the safetensors file is wrong: {what}"));
        let length = bytes.first_chunk::<8>().ok_or_else(|| wrong("it is shorter than its header"))?;
        let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| wrong("its header is too long"))?;
        let start = length.checked_add(8).ok_or_else(|| wrong("its header is too long"))?;
        let header = bytes.get(8..start).ok_or_else(|| wrong("its header is cut"))?;
        let header: Map<String, Value> = serde_json::from_slice(header).map_err(|error| wrong(&error.to_string()))?;
        let mut entries = BTreeMap::new();
        for (name, value) in header {
            if name != "__metadata__" {
                let entry: Entry = serde_json::from_value(value).map_err(|error| wrong(&format!("{name}: {error}")))?;
                entries.insert(name, entry);
            }
        }
        Ok(Self { bytes, start, entries })
    }

    /// A tensor of 32-bit floats; `Invalid` if it is missing, of another type, or not as long as its shape says.
    pub fn tensor(&self, name: &str) -> Outcome<Tensor<'_>> {
        let wrong = |what: String| Failure::new(FailureKind::Invalid, format!("tensor `{name}` {what}"));
        let entry = self.entries.get(name).ok_or_else(|| wrong("is not in the safetensors file".to_owned()))?;
        if entry.dtype != "F32" {
            return Err(wrong(format!("has type {}, not F32", entry.dtype)));
        }
        let (from, to) = entry.data_offsets;
        let range = self.start.checked_add(from).zip(self.start.checked_add(to));
        let bytes = range
            .and_then(|(from, to)| self.bytes.get(from..to))
            .ok_or_else(|| wrong("lies outside of the safetensors file".to_owned()))?;
        let count = entry.shape.iter().try_fold(4_usize, |all, length| all.checked_mul(*length));
        if count != Some(bytes.len()) {
            return Err(wrong(format!("has {} bytes for the shape {:?}", bytes.len(), entry.shape)));
        }
        Ok(Tensor { shape: entry.shape.clone(), bytes })
    }
}

impl Tensor<'_> {
    /// The bytes of the matrix with rows and columns exchanged; `Invalid` if it has not two axes.
    pub fn transposed(&self) -> Outcome<Vec<u8>> {
        let &[rows, columns] = self.shape.as_slice() else {
            return Err(Failure::new(FailureKind::Invalid, format!("a matrix has the shape {:?}", self.shape)));
        };
        let mut turned = Vec::with_capacity(self.bytes.len());
        for column in 0..columns {
            for row in 0..rows {
                let at = (row * columns + column) * 4;
                turned.extend_from_slice(&self.bytes[at..at + 4]);
            }
        }
        Ok(turned)
    }
}

#[cfg(test)]
mod tests {
    use super::Weights;

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        let mut bytes = u64::try_from(header.len()).expect("it is short").to_le_bytes().to_vec();
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(data);
        bytes
    }

    #[test]
    fn a_matrix_is_read_and_turned() {
        let data: Vec<u8> = [1.0_f32, 2.0, 3.0, 4.0, 5.0, 6.0].iter().flat_map(|x| x.to_le_bytes()).collect();
        let header = r#"{"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}"#;
        let weights = Weights::parse(file(header, &data)).expect("it is right");
        let turned = weights.tensor("w").and_then(|w| w.transposed()).expect("it is a matrix");
        let floats: Vec<f32> = turned.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
        assert_eq!(floats, [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    }

    #[test]
    fn wrong_files_are_refused() {
        let check = |header: &str, expect: &str| {
            let outcome = Weights::parse(file(header, &[0; 8])).and_then(|w| w.tensor("w").map(|_| ()));
            let message = outcome.expect_err(expect).message;
            assert!(message.contains(expect), "{message}");
        };
        check("{", "safetensors file is wrong");
        check("{}", "not in the safetensors file");
        check(r#"{"w":{"dtype":"F16","shape":[4],"data_offsets":[0,8]}}"#, "has type F16");
        check(r#"{"w":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, "has 8 bytes");
        check(r#"{"w":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}"#, "lies outside");
        check(r#"{"w":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, "lies outside");
        assert!(Weights::parse(vec![0xff; 20]).is_err());
        assert!(Weights::parse(vec![1, 2]).is_err());
    }
}
