//! The context card: what a model is told of a context that it does not see. It shows, and decides nothing.

use crate::context::poll::Poll;
use crate::context::view::{DocInfo, View};
use crate::core::failure::Outcome;
use crate::core::text::{counted, thousands};

/// How much a card shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardOptions {
    /// Documents named one by one.
    pub documents: usize,
    /// Bytes of the preview of the beginning.
    pub head: usize,
    /// Bytes of the preview of the end.
    pub tail: usize,
}

impl Default for CardOptions {
    fn default() -> Self {
        Self { documents: 30, head: 1200, tail: 600 }
    }
}

impl CardOptions {
    /// Whether a card shows all of a context of so many bytes.
    pub const fn shows_all(&self, bytes: usize) -> bool {
        bytes <= self.head + self.tail
    }
}

impl View {
    /// The card in plain text: documents, sizes, line counts (up to 64 MB in all), beginning and end.
    pub fn card(&self, options: &CardOptions) -> Outcome<String> {
        let docs = self.docs(&Poll::never())?;
        if docs.is_empty() {
            return Ok("context: empty\n".to_owned());
        }
        let total = DocInfo {
            name: String::new(),
            len: self.len(),
            lines: docs.iter().map(|doc| doc.lines).sum::<Option<usize>>(),
        };
        let mut card = format!("context: {}, {}\n", plural(docs.len(), "document"), size(&total));
        for (index, doc) in docs.iter().take(options.documents).enumerate() {
            line(&mut card, format_args!("  {}. {:?}: {}", index + 1, doc.name, size(doc)));
        }
        if let Some(more) = docs.len().checked_sub(options.documents).filter(|more| *more > 0) {
            line(&mut card, format_args!("  ... and {more} more; docs() lists them all"));
        }
        if options.shows_all(self.len()) {
            preview(&mut card, "all of it", self)?;
        } else {
            preview(&mut card, &format!("its first {} bytes", options.head), &self.head(options.head))?;
            if options.tail > 0 {
                preview(&mut card, &format!("its last {} bytes", options.tail), &self.tail(options.tail))?;
            }
        }
        Ok(card)
    }
}

fn preview(card: &mut String, what: &str, view: &View) -> Outcome<()> {
    let text = view.text(view.len())?;
    line(card, format_args!("--- {what} ---\n{}", text.trim_end_matches('\n')));
    card.push_str("---\n");
    Ok(())
}

fn line(card: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    card.push_str(&format!("{text}\n"));
}

fn size(doc: &DocInfo) -> String {
    let bytes = format!("{} bytes", thousands(doc.len));
    match doc.lines {
        Some(lines) => format!("{bytes}, {}", plural(lines, "line")),
        None => bytes,
    }
}

fn plural(count: usize, noun: &str) -> String {
    counted(thousands(count), noun)
}
