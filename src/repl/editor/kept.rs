//! What is written while somebody is asked something. It waits for the answer, so that nothing that another wrote can
//! stand for the question or between it and its answer. It prints nothing.

/// The most bytes that wait, more than any text of a program has. Of what comes beyond them only the lines are counted:
/// the log of the run has them.
const MOST: usize = 16 << 20;

/// Whether a question is open, and what waits for its answer.
#[derive(Debug, Default)]
pub struct Kept {
    asking: bool,
    /// Text in its order, and whether it goes to standard error.
    waiting: Vec<(String, bool)>,
    bytes: usize,
    /// Lines that found no room.
    more: usize,
}

impl Kept {
    /// Keeps what is written from now on.
    pub const fn begin(&mut self) {
        self.asking = true;
    }

    /// Whether a question is open.
    pub const fn is_asking(&self) -> bool {
        self.asking
    }

    /// Keeps a text, its line end included.
    pub fn add(&mut self, text: &str, to_err: bool) {
        // What comes behind a text that had no room would stand in its place.
        if self.more > 0 || self.bytes + text.len() > MOST {
            self.more += text.lines().count();
            return;
        }
        self.bytes += text.len();
        match self.waiting.last_mut() {
            Some((last, stream)) if *stream == to_err => last.push_str(text),
            _ => self.waiting.push((text.to_owned(), to_err)),
        }
    }

    /// The question is over: what is to be written now, and whether to standard error.
    pub fn end(&mut self) -> Vec<(String, bool)> {
        let Self { mut waiting, more, .. } = std::mem::take(self);
        if more > 0 {
            waiting.push((format!("{more} more lines came before the answer; hint: `rhizo logs` has them\n"), true));
        }
        waiting
    }
}

#[cfg(test)]
mod tests {
    use super::{Kept, MOST};

    #[test]
    fn what_waits_comes_in_its_order_and_once() {
        let mut kept = Kept::default();
        assert!(!kept.is_asking());
        kept.begin();
        assert!(kept.is_asking());
        for (text, to_err) in [("a\n", false), ("b", false), ("c\n", true), ("d\n", false)] {
            kept.add(text, to_err);
        }
        let told = kept.end();
        let told: Vec<(&str, bool)> = told.iter().map(|(text, to_err)| (text.as_str(), *to_err)).collect();
        assert_eq!(told, [("a\nb", false), ("c\n", true), ("d\n", false)]);
        assert!(!kept.is_asking() && kept.end().is_empty());
    }

    #[test]
    fn what_finds_no_room_is_counted() {
        let mut kept = Kept::default();
        kept.begin();
        kept.add("first\n", false);
        kept.add(&"x\n".repeat(MOST / 2), false);
        kept.add("last\n", false);
        let told = kept.end();
        assert_eq!(told[0].0, "first\n");
        assert!(told[1].1 && told[1].0.starts_with(&format!("{} more lines", MOST / 2 + 1)), "{}", told[1].0);
    }
}
