//! Ranked search of views.

use super::{folder, open, text, texts};
use crate::context::grep::Hit;
use crate::context::poll::Poll;
use crate::context::view::View;

fn search(view: &View, query: &str, k: usize) -> Vec<Hit> {
    view.search(query, k, &Poll::never()).unwrap()
}

#[test]
fn the_best_document_comes_first() {
    let view = texts(&[
        "The cat sat on the mat.",
        "Dogs and cats can be friends.",
        "The dog barked at the mailman; the mailman ran.",
        "Nothing of interest.",
        "",
    ]);
    let check = |query: &str, expect: &[&str]| {
        let found: Vec<String> = search(&view, query, 10).into_iter().map(|hit| hit.doc).collect();
        assert_eq!(found, expect, "{query}");
    };
    check("mailman", &["2"]);
    check("What did the DOGS bark at?", &["2", "1"]);
    check("cat", &["0", "1"]);
    check("zebra", &[]);
    check("", &[]);
    check("?!", &[]);
    check("inter", &[]);
    check("other", &[]);
}

#[test]
fn passages_are_whole_and_found_in_large_texts() {
    let filler = "The committee met again and spoke about the weather, the roads and the price of bread.\n";
    let needle = "The password of the vault is swordfish, said the keeper.\n";
    let mut content = filler.repeat(40_000);
    content.insert_str(filler.len() * 31_337, needle);
    let home = folder(&[("big.txt", content.as_bytes()), ("small.txt", b"A vault is a strong room.\n")]);
    let view = open(home.path(), &["."]).unwrap().view();
    let hits = search(&view, "what is the vault's password?", 3);
    assert_eq!(hits.len(), 2);
    let best = &hits[0];
    assert!(best.text.contains(needle.trim_end()) && best.text.len() < 2000, "{best:?}");
    assert!(best.text.starts_with("The committee") && best.text.ends_with("bread."), "{best:?}");
    assert!(best.line <= 31_338 && best.line > 31_318);
    let again = view.slice(i64::try_from(best.start).unwrap(), i64::try_from(best.end).unwrap());
    assert_eq!(again.text(9999).unwrap(), best.text);
    assert!(best.score > hits[1].score);
}

#[test]
fn passages_keep_apart_and_slices_are_searched() {
    let filler = "The committee met again and spoke about the weather, the roads and the price of bread.\n";
    let content = format!("{}swordfish\n{}", filler.repeat(30_000), filler.repeat(9000));
    let home = folder(&[("big.txt", content.as_bytes())]);
    let view = open(home.path(), &["."]).unwrap().view();
    let inner = view.slice(2_500_000, -1);
    assert!(search(&inner, "swordfish", 1)[0].text.contains("swordfish"));
    let many = search(&view, "weather", 50);
    assert_eq!(many.len(), 50);
    for (index, hit) in many.iter().enumerate() {
        assert!(many[..index].iter().all(|other| other.start.abs_diff(hit.start) >= 512), "{hit:?}");
    }
}

#[test]
fn other_scripts_are_found() {
    let view = texts(&["今日は東京タワーに行った。", "大阪は雨だった。", "Die Grüße kamen spät.", "Привет, мир"]);
    let check = |query: &str, expect: &str| {
        assert_eq!(search(&view, query, 1).first().map(|hit| hit.doc.as_str()), Some(expect), "{query}");
    };
    check("東京", "0");
    check("大阪の雨", "1");
    check("GRÜSSE grüße", "2");
    check("мир", "3");
    assert!(search(&text(b"\xff\xfe caf\xc3\xa9 \xff".as_slice()), "café", 1).len() == 1);
}

#[test]
fn a_whole_text_is_a_query_too() {
    let view = text("The cat sat on the mat.");
    let words: String = (0..100_000).map(|number| format!("w{number} ")).collect();
    assert_eq!(search(&view, &format!("mat {words}"), 10).len(), 1);
    assert!(search(&view, &"x".repeat(2_000_000), 10).is_empty());
}
