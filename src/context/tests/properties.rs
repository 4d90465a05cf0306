//! Properties that must hold for every text.

use super::{all, every, text, texts};
use crate::context::document::Document;
use crate::context::poll::Poll;
use crate::context::rank::tokens;
use crate::context::stem::query_tokens;
use crate::context::view::View;
use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use std::sync::Arc;

fn lines() -> impl Strategy<Value = String> {
    prop::collection::vec("[ab é\\.]{0,6}(\n|\r\n)?", 0..12).prop_map(|lines| lines.concat())
}

fn prose() -> impl Strategy<Value = String> {
    prop_oneof!["\\PC{0,80}", "[a-cé日😀 .\n]{0,200}", "([a-d]{1,7}[ \n.]{1,2}){0,60}"]
}

fn documents() -> impl Strategy<Value = View> {
    prop::collection::vec(prose(), 1..4).prop_map(|texts| {
        View::join(
            &texts
                .into_iter()
                .enumerate()
                .map(|(index, text)| View::of(Arc::new(Document::owned(index.to_string(), text.into_bytes()))))
                .collect::<Vec<_>>(),
        )
    })
}

/// Where a part of a view begins in it.
fn place(view: &View, part: &View) -> usize {
    let first = part.spans().remove(0);
    let before = view.docs(&Poll::never()).unwrap().into_iter().take_while(|doc| doc.name != first.document);
    before.map(|doc| doc.len).sum::<usize>() + usize::try_from(first.start).unwrap()
}

proptest! {
    // Failing inputs become rows of the tables, not files beside the sources.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn slices_are_text(content in prose(), a in -90_i64..300, b in -90_i64..300) {
        let view = text(&content);
        let slice = view.slice(a, b);
        prop_assert!(String::from_utf8(slice.bytes(1000).unwrap()).is_ok());
        prop_assert!(content.contains(&all(&slice)));
        let (head, tail) = (view.slice(0, a), view.slice(a, i64::MAX));
        prop_assert_eq!(format!("{}{}", all(&head), all(&tail)), content);
    }

    #[test]
    fn slices_of_any_bytes_part_them(content in prop::collection::vec(any::<u8>(), 0..60), a in 0_i64..70) {
        let view = text(&content);
        let (head, tail) = (view.slice(0, a), view.slice(a, 1000));
        prop_assert_eq!([head.bytes(100).unwrap(), tail.bytes(100).unwrap()].concat(), content);
    }

    #[test]
    fn chunks_cover_everything_in_order(view in documents(), size in 1_usize..60, half in 0_usize..30) {
        let overlap = half.min(size / 2);
        let chunks = view.chunks(size, overlap, &Poll::never()).unwrap();
        let whole = all(&view);
        let (mut covered, mut last) = (0, None);
        for chunk in &chunks {
            let start = place(&view, chunk);
            prop_assert!(last < Some(start) && start <= covered && covered - start <= overlap + 4);
            prop_assert_eq!(&all(chunk), &whole[start..start + chunk.len()]);
            prop_assert!(chunk.len() <= size.max(4) && start + chunk.len() > covered);
            last = Some(start);
            covered = start + chunk.len();
        }
        prop_assert_eq!(covered, whole.len());
        if overlap == 0 {
            prop_assert_eq!(every(&chunks).concat(), whole);
        }
    }

    #[test]
    fn lines_are_those_of_the_standard_library(content in lines()) {
        let view = text(&content);
        let expect: Vec<&str> = content.lines().collect();
        prop_assert_eq!(view.line_count(&Poll::never()).unwrap(), expect.len());
        for (index, line) in expect.iter().enumerate() {
            let number = i64::try_from(index).unwrap() + 1;
            prop_assert_eq!(&all(&view.line(number, &Poll::never()).unwrap()), line);
        }
    }

    #[test]
    fn several_lines_are_each_as_it_is_alone(
        contents in prop::collection::vec(lines(), 1..4), first in 1_i64..9, more in 0_i64..9
    ) {
        let view = texts(&contents.iter().map(String::as_str).collect::<Vec<_>>());
        let count = i64::try_from(view.line_count(&Poll::never()).unwrap()).unwrap();
        let found = view.lines(first, first + more, 100, 2000, &Poll::never());
        let alone = (first..=count.min(first + more)).map(|number| all(&view.line(number, &Poll::never()).unwrap()));
        prop_assert_eq!(found.ok().unwrap_or_default(), alone.collect::<Vec<String>>());
    }

    #[test]
    fn grep_is_the_naive_grep(content in lines(), pattern in prop_oneof![
        "[ab^$.][ab]?[*+?]?", "\\^[ab]*\\$", "\\\\b[ab]", "\\[\\^a\\][+*]?", "\\\\s[+*]?[ab]?", "[ab]\\|\\$", "", "é|b\\\\B"
    ].prop_filter("valid", |pattern| regex::bytes::Regex::new(pattern).is_ok())) {
        let view = text(&content);
        let naive = regex::bytes::Regex::new(&pattern).unwrap();
        let hits = view.grep(&pattern, 1000, &Poll::never()).unwrap();
        let found: Vec<(usize, String)> = hits.iter().map(|hit| (hit.line, hit.text.clone())).collect();
        let all_lines = content.lines().enumerate();
        let expect: Vec<(usize, String)> = all_lines
            .filter(|(_, line)| naive.is_match(line.as_bytes()))
            .map(|(index, line)| (index + 1, line.to_owned()))
            .collect();
        prop_assert_eq!(found, expect, "{:?}", pattern);
        for hit in &hits {
            prop_assert!(content.is_char_boundary(hit.start) && hit.start <= hit.end && hit.end <= content.len());
        }
        let count: usize = content.lines().map(|line| naive.find_iter(line.as_bytes()).count()).sum();
        prop_assert_eq!(view.count(&pattern, &Poll::never()).unwrap(), count, "{:?}", pattern);
    }

    #[test]
    fn search_finds_exactly_the_texts_with_a_word(content in "([a-d]{1,6}(s|ing|ed|y|ies)?[ ,._]){0,20}", word in "[a-d]{3,6}(s|ing|ed|y)?") {
        let found = !text(&content).search(&word, 3, &Poll::never()).unwrap().is_empty();
        let wanted = query_tokens(&word);
        prop_assert_eq!(found, tokens(&content).any(|token| wanted.contains(&token)));
    }
}
