//! Finding the words of a query in a text, without taking the text apart into words.

use crate::context::pattern::Pattern;
use crate::context::read::decode;
use crate::context::stem::{common_prefix, stands_alone, stem};
use crate::context::view::Part;
use crate::core::failure::Outcome;

/// No word is longer, in bytes.
pub(crate) const WORD: usize = 64;

/// An expression for the beginnings of the words; whether a whole word fits is looked at afterwards.
pub(crate) fn pattern_of(terms: &[String]) -> Outcome<Pattern> {
    let beginnings: Vec<String> = terms.iter().map(|term| regex::escape(common_prefix(term))).collect();
    // ASCII letters without Unicode's other forms of them (K for k) are several times as fast to find.
    let flags = if beginnings.iter().all(|text| text.is_ascii()) { "i-u" } else { "i" };
    Pattern::new(&format!("(?{flags}:{})", beginnings.join("|")))
}

/// Which term the word is whose beginning was found, if it was the beginning and the word has a term's stem.
pub(crate) fn term_at(part: &Part, start: usize, end: usize, terms: &[String]) -> Option<usize> {
    let bytes = &part.document.bytes()[part.start..part.end];
    let (start, end) = (start - part.start, end - part.start);
    let joins = |c: &char| c.is_alphanumeric() && !stands_alone(*c);
    let before = bytes[..start].utf8_last();
    let first = bytes[start..bytes.len().min(start + 4)].utf8_first()?;
    let alone = stands_alone(first);
    if !alone && before.as_ref().is_some_and(joins) {
        return None;
    }
    let mut upto = if alone { start + first.len_utf8() } else { end };
    while !alone && upto - start < WORD {
        match bytes[upto..bytes.len().min(upto + 4)].utf8_first() {
            Some(c) if joins(&c) => upto += c.len_utf8(),
            _ => break,
        }
    }
    let word = stem(&decode(bytes[start..upto].to_vec()));
    terms.iter().position(|term| *term == word)
}

/// The characters at the ends of bytes that may be cut anywhere.
trait Ends {
    fn utf8_first(&self) -> Option<char>;
    fn utf8_last(&self) -> Option<char>;
}

impl Ends for [u8] {
    fn utf8_first(&self) -> Option<char> {
        match self.first() {
            Some(byte) if byte.is_ascii() => Some(char::from(*byte)),
            _ => self.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next()),
        }
    }

    fn utf8_last(&self) -> Option<char> {
        match self.last() {
            Some(byte) if byte.is_ascii() => Some(char::from(*byte)),
            _ => (1..=self.len().min(4)).find_map(|back| {
                std::str::from_utf8(&self[self.len() - back..]).ok().and_then(|text| text.chars().next_back())
            }),
        }
    }
}
