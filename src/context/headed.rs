//! A small view as one text for a prompt that has all of it: every document stands under a heading with its name.

use crate::context::poll::Poll;
use crate::context::read::decode;
use crate::context::view::{Part, View};
use crate::core::failure::Outcome;
use crate::core::text::{counted, visible};

/// More bytes than a heading has beside a plain name; as many again are counted for what stands before them all.
const HEADING: usize = 24;

/// More bytes than a heading has to say in which line a piece begins.
const FROM: usize = 24;

impl View {
    /// The text under `Text from NAME (2 lines):`, or under `Text:` if it has no name. Of several pieces each stands under `=== NAME (2 lines) ===`, and one
    /// from within a document says in which line it begins. No piece runs into the next: each ends in a newline and has
    /// no byte order mark.
    pub fn headed(&self, poll: &Poll) -> Outcome<String> {
        let text = if let [part] = self.parts() {
            let (title, text) = part.titled(poll)?;
            if part.document.is_named() { format!("Text from {title}:\n{text}") } else { format!("Text:\n{text}") }
        } else {
            let count = self.documents().len();
            let mut whole = format!("Text from {}:\n", counted(count, "document"));
            for part in self.parts() {
                let (title, text) = part.titled(poll)?;
                whole.push_str(&format!("\n=== {title} ===\n{text}"));
            }
            whole
        };
        self.check()?;
        Ok(text)
    }

    /// About how many bytes that text has, and hardly ever fewer: known without reading anything.
    pub fn headed_len(&self) -> usize {
        let from = |part: &Part| if part.start == 0 { 0 } else { FROM };
        let headings = self.parts().iter().map(|part| part.document.name().len() + HEADING + from(part));
        self.len() + HEADING + headings.sum::<usize>()
    }
}

impl Part {
    /// What it is a piece of, and its text.
    fn titled(&self, poll: &Poll) -> Outcome<(String, String)> {
        let mut text = decode(self.text().to_vec());
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        let name = visible(self.document.name()).replace(['\n', '\t'], " ");
        let from = match self.start {
            0 => String::new(),
            start => format!(", from line {}", self.document.newlines().before(&self.document, start, poll)? + 1),
        };
        Ok((format!("{name}{from} ({})", counted(text.lines().count(), "line")), text))
    }
}
