//! Where to look first in a context: the ways that served similar runs, by what they won and used, or, where no memory
//! knows better, what suits a context of that size and kind.

use crate::core::text::{counted, thousands};
use crate::policy::posterior::Posterior;
use crate::policy::template::follows;
use serde::{Deserialize, Serialize};

/// The effective number of episodes that a hint needs.
pub const LEAST: f64 = 3.0;
/// What fails more often than it works is no hint.
const HOPE: f64 = 0.5;

/// A way of looking that served similar runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Hint {
    /// The calls, with `_` for what depends on the input.
    pub template: String,
    /// The probability that it works here.
    pub chance: f64,
    /// How many of the similar runs worked.
    pub worked: u32,
    /// The similar runs that looked this way.
    pub similar: u32,
    /// What it used on average, in tokens.
    pub tokens: u64,
    /// The episodes that weigh most.
    pub ids: Vec<String>,
}

impl Hint {
    /// What speaks for it, in words.
    pub fn evidence(&self) -> String {
        let runs = if self.similar == 1 { "run" } else { "runs" };
        let tokens =
            if self.tokens == 0 { String::new() } else { format!(", about {} tokens", thousands(self.tokens)) };
        format!("worked in {} of {} similar {runs}{tokens}", self.worked, self.similar)
    }

    /// The line that a model or a person is shown.
    pub fn line(&self) -> String {
        format!("{}: {}", self.template, self.evidence())
    }
}

/// The hints that the evidence allows, the best first: by the probability of success less `lambda` times the tokens as a
/// share of the dearest template's.
pub fn rank(known: Vec<(String, Posterior)>, lambda: f64) -> Vec<Hint> {
    let mut known: Vec<(String, Posterior)> = known.into_iter().filter(|(_, posterior)| posterior.n >= LEAST).collect();
    let dearest = known.iter().map(|(_, posterior)| posterior.tokens).fold(1.0, f64::max);
    known.retain(|(_, posterior)| posterior.mean() >= HOPE);
    let worth = |posterior: &Posterior| posterior.mean() - lambda * posterior.tokens / dearest;
    known.sort_by(|a, b| worth(&b.1).total_cmp(&worth(&a.1)).then_with(|| a.0.cmp(&b.0)));
    known.into_iter().map(hint).collect()
}

fn hint((template, posterior): (String, Posterior)) -> Hint {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a mean of counts, never negative")]
    let tokens = posterior.tokens.round() as u64;
    Hint {
        template,
        chance: posterior.mean(),
        worked: posterior.worked,
        similar: posterior.similar,
        tokens,
        ids: posterior.ids,
    }
}

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

impl Shape {
    /// The line that situations have on a context: what is much the same for similar inputs, so the size has one digit.
    pub fn line(&self) -> String {
        if self.documents == 0 {
            return String::new();
        }
        let documents = counted(self.documents, "document");
        let kind = if self.kind.is_empty() { String::new() } else { format!(", mostly {}", self.kind) };
        format!("{documents}{kind}, {}", rounded(self.bytes))
    }
}

/// A number of bytes to one digit, in steps of a thousand.
fn rounded(bytes: u64) -> String {
    let (mut value, mut unit) = (bytes, 0);
    let units = ["bytes", "KB", "MB", "GB", "TB", "PB", "EB"];
    while value >= 1_000 && unit + 1 < units.len() {
        value /= 1_000;
        unit += 1;
    }
    let step = 10_u64.pow(value.checked_ilog10().unwrap_or(0));
    format!("{} {}", value / step * step, units.get(unit).unwrap_or(&"bytes"))
}

/// Ways of looking that suit a context of this shape, the most likely first, for a run whose own ways have failed.
pub fn ways(shape: &Shape) -> &'static [&'static str] {
    match (shape.bytes, shape.documents, shape.kind.as_str()) {
        (0, ..) => &[],
        (_, 2.., "csv" | "tsv") => &["context.docs()", "context.csv()", "context.doc(_).csv()", "context.grep(_)"],
        (_, _, "csv" | "tsv") => &["context.head(_)", "context.csv()", "context.grep(_)"],
        (_, _, "json" | "jsonl") => &["context.head(_)", "context.json()", "context.grep(_)"],
        (_, _, "log") => &["context.count(_)", "context.grep(_)", "context.search(_, 8)"],
        (0..=20_000, ..) => &["context.text()", "context.grep(_)", "context.search(_, 8)"],
        (_, 2.., _) => &["context.docs()", "context.search(_, 8)", "context.grep(_)"],
        _ => &["context.search(_, 8)", "context.grep(_)", "context.chunks(20000, 500) + llm_batch"],
    }
}

/// The best way that has not been tried: of the hints, else of those that suit the shape.
pub fn untried(hints: &[Hint], shape: &Shape, looks: &[String]) -> Option<Hint> {
    let tried = |template: &str| looks.iter().any(|look| follows(look, template));
    let plain = |template: &&str| Hint { template: (*template).to_owned(), ..Hint::default() };
    let hinted = hints.iter().find(|hint| !tried(&hint.template)).cloned();
    hinted.or_else(|| ways(shape).iter().find(|template| !tried(template)).map(plain))
}

/// The advice, as one sentence for a model or a person.
pub fn advice(shape: &Shape) -> &'static str {
    match (shape.bytes, shape.documents, shape.kind.as_str()) {
        (0, ..) => "there is no context; answer from the task itself",
        (_, 2.., "csv" | "tsv") => {
            "look at the columns of each document, then compute with context.csv() if all have the same, else with \
             context.doc(name).csv(), instead of asking a model"
        }
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
    use super::{Hint, Shape, advice, rank, untried, ways};
    use crate::policy::posterior::Posterior;
    use crate::policy::template::follows;

    fn known(template: &str, mean: f64, n: f64, tokens: f64) -> (String, Posterior) {
        let (alpha, beta) = (mean * (n + 5.0), (1.0 - mean) * (n + 5.0));
        (template.to_owned(), Posterior { alpha, beta, n, tokens, similar: 9, worked: 7, ..Posterior::default() })
    }

    #[test]
    fn success_less_tokens_decides_and_little_evidence_does_not_count() {
        let rows = || vec![known("a", 0.8, 5.0, 1000.0), known("b", 0.75, 5.0, 100.0), known("c", 0.9, 2.9, 10.0)];
        for (lambda, expect) in [(0.0, ["a", "b"]), (0.1, ["b", "a"])] {
            let ranked: Vec<String> = rank(rows(), lambda).into_iter().map(|hint| hint.template).collect();
            assert_eq!(ranked, expect, "{lambda}");
        }
        assert!(rank(vec![known("a", 0.49, 50.0, 10.0)], 0.0).is_empty(), "what fails more often is no hint");
        assert!(rank(Vec::new(), 0.1).is_empty());
    }

    #[test]
    fn evidence_is_told_in_words() {
        let hint = rank(vec![known("context.grep(_)", 0.8, 5.0, 3_200.4)], 0.1).remove(0);
        assert_eq!(hint.line(), "context.grep(_): worked in 7 of 9 similar runs, about 3,200 tokens");
    }

    #[test]
    fn contexts_of_a_kind_have_one_line() {
        let line = |bytes, documents, kind: &str| Shape { bytes, documents, kind: kind.to_owned() }.line();
        assert_eq!(line(0, 0, ""), "");
        assert_eq!(line(21_700, 1, "csv"), "1 document, mostly csv, 20 KB");
        assert_eq!(line(123_456_789, 3, ""), "3 documents, 100 MB");
        assert_eq!(line(7, 1, "txt"), "1 document, mostly txt, 7 bytes");
    }

    #[test]
    fn what_was_tried_is_not_proposed_again() {
        let shape = Shape { bytes: 100, documents: 1, kind: "txt".to_owned() };
        let hints = [Hint { template: "context.grep(_)".to_owned(), ..Hint::default() }];
        let next = |looks: &[&str]| {
            let looks: Vec<String> = looks.iter().map(|look| (*look).to_owned()).collect();
            untried(&hints, &shape, &looks).map(|hint| hint.template)
        };
        assert_eq!(next(&[]).as_deref(), Some("context.grep(_)"));
        assert_eq!(next(&["context.grep(_) + llm"]).as_deref(), Some("context.text()"));
        assert_eq!(next(&["context.grep(_)", "context.text()"]).as_deref(), Some("context.search(_, 8)"));
        assert_eq!(next(&["context.grep(_)", "context.text()", "context.search(_, 8)"]), None);
        assert!(ways(&Shape::default()).is_empty());
        for kind in ["csv", "json", "log", "md"] {
            let ways = ways(&Shape { kind: kind.to_owned(), ..shape.clone() });
            assert!(ways.iter().all(|way| !ways.iter().any(|other| other != way && follows(way, other))), "{ways:?}");
        }
    }

    #[test]
    fn kind_comes_before_size() {
        let shape = |bytes, documents, kind: &str| Shape { bytes, documents, kind: kind.to_owned() };
        for (shape, word) in [
            (shape(0, 0, ""), "no context"),
            (shape(100, 1, "csv"), "context.csv()"),
            (shape(100, 2, "csv"), "context.doc(name).csv()"),
            (shape(100, 1, "txt"), "context.text()"),
            (shape(100_000, 1, "txt"), "context.search"),
            (shape(100_000, 40, "rs"), "context.docs()"),
            (shape(1 << 30, 1, "txt"), "grep and count"),
        ] {
            assert!(advice(&shape).contains(word), "{shape:?}: {}", advice(&shape));
        }
    }
}
