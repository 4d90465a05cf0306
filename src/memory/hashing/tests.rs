//! The lexical embedder: lengths, nearness, and the values that must never change.

use super::{COMMON, DIMENSIONS, Hashing, WIDTH, hash};
use crate::memory::embed::{Embedder, cosine};

fn similarity(a: &str, b: &str) -> f64 {
    let vectors = Hashing::new().embed(&[a, b]).expect("hashing cannot fail");
    cosine(&vectors[0], &vectors[1])
}

#[test]
fn vectors_have_length_one_even_without_words() {
    for text in ["", "  \n", "!?", "a", "the the the", "größer als 3", "日本語の文章", &"word ".repeat(5_000)] {
        let vector = Hashing::new().embed(&[text]).expect("hashing cannot fail").remove(0);
        assert_eq!(vector.len(), DIMENSIONS);
        let length: f32 = vector.iter().map(|x| x * x).sum();
        assert!((length - 1.0).abs() < 1e-5, "{text:?} has length {length}");
    }
}

#[test]
fn shared_words_and_parts_of_words_bring_texts_together() {
    let text = "count the invoices of March in the ledger";
    for (near, far) in [
        ("count invoices in the ledger", "summarise the novel by chapter"),
        ("counting an invoice for the ledgers", "who wrote this poem"),
        ("COUNT THE INVOICES of march", "translate the menu to French"),
        ("march ledger invoices", "the of in the"),
    ] {
        let (near_by, far_off) = (similarity(text, near), similarity(text, far));
        assert!(near_by > far_off + 0.2, "{near}: {near_by}, {far}: {far_off}");
    }
    assert!((similarity(text, text) - 1.0).abs() < 1e-6);
    assert!(similarity("alpha beta gamma", "delta epsilon zeta").abs() < 0.25);
}

#[test]
fn word_order_counts_a_little() {
    let text = "merge sort before quick search";
    assert!(similarity(text, "quick search before merge sort") < 1.0);
    assert!(similarity(text, "quick search before merge sort") > 0.8);
}

#[test]
fn hashes_and_vectors_are_the_same_everywhere() {
    // Written down once: a change of these breaks every index in the field, so it needs a new embedder name.
    assert_eq!(hash(&["w", "ledger"]), LEDGER);
    let vector = Hashing::new().embed(&["count the words"]).expect("hashing cannot fail").remove(0);
    let strongest = (0..DIMENSIONS).max_by(|a, b| vector[*a].abs().total_cmp(&vector[*b].abs()));
    assert_eq!(strongest, STRONGEST);
    assert_eq!(Hashing::new().id().as_str(), "hashing-v1/384");
}

const LEDGER: u64 = 3_890_714_155_913_026_427;
const STRONGEST: Option<usize> = Some(217);

#[test]
fn tables_hold_together() {
    assert!(COMMON.is_sorted(), "they are searched by halves");
    assert_eq!(u64::try_from(DIMENSIONS), Ok(WIDTH));
}
