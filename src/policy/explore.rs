//! Where to look first in a context of a certain size and kind, when no memory knows better.

/// A context as far as the advice depends on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Bytes.
    pub bytes: u64,
    /// Documents.
    pub documents: usize,
    /// The most frequent file ending among the documents, without the dot; empty if there is none.
    pub kind: String,
}

/// The advice, as one sentence for a model or a person.
pub fn advice(shape: &Shape) -> &'static str {
    match (shape.bytes, shape.documents, shape.kind.as_str()) {
        (0, ..) => "there is no context; answer from the task itself",
        (_, _, "csv" | "tsv") => {
            "look at context.head(1000) for the columns, then compute with context.csv() instead of asking a model"
        }
        (_, _, "json" | "jsonl") => {
            "look at context.head(1000) for the fields, then compute with context.json() instead of asking a model"
        }
        (_, _, "log") => {
            "count first: context.count(pattern) by level or hour, then context.grep(pattern) around what stands out"
        }
        (0..=20_000, ..) => "it is small: read it whole with context.text()",
        (_, 2.., _) => {
            "list context.docs(), pick documents by name and context.search(words, 8), then llm_batch over the best pieces"
        }
        (0..=2_000_000, ..) => {
            "context.search(words, 8) for the passages that matter, read around them with context.slice, then llm_batch over them"
        }
        _ => "grep and count narrow it down first; only then llm_batch over context.chunks of what is left",
    }
}

#[cfg(test)]
mod tests {
    use super::{Shape, advice};

    #[test]
    fn kind_comes_before_size() {
        let shape = |bytes, documents, kind: &str| Shape { bytes, documents, kind: kind.to_owned() };
        for (shape, word) in [
            (shape(0, 0, ""), "no context"),
            (shape(100, 1, "csv"), "context.csv()"),
            (shape(100, 1, "txt"), "context.text()"),
            (shape(100_000, 1, "txt"), "context.search"),
            (shape(100_000, 40, "rs"), "context.docs()"),
            (shape(1 << 30, 1, "txt"), "grep and count"),
        ] {
            assert!(advice(&shape).contains(word), "{shape:?}: {}", advice(&shape));
        }
    }
}
