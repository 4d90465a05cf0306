//! Where an answer that shall be JSON stands: among the elements of a list equal ones are data and no loop.
//!
//! Only what is short counts as an element. A list that begins others without an end, a number of endless digits and
//! white space instead of an element are loops there as elsewhere.

/// The longest element, name or space between them, in characters.
const LONGEST: u32 = 64;
/// How deep lists and objects nest at most.
const DEEPEST: u32 = 16;

/// What has been seen of the brackets of one answer.
#[derive(Debug, Default)]
pub(super) struct Elements {
    /// Lists and objects that are open.
    depth: u32,
    /// At which depth the outermost open list stands; 0 if there is none.
    list: u32,
    quoted: bool,
    escaped: bool,
    /// Characters since the last sign between elements.
    since: u32,
}

impl Elements {
    /// Takes the next letter. What no JSON has outside of its texts ends all lists: it was prose with a bracket.
    pub(super) fn take(&mut self, letter: char) {
        self.since = self.since.saturating_add(1);
        if self.quoted {
            self.quoted = self.escaped || letter != '"';
            self.escaped = !self.escaped && letter == '\\';
            return;
        }
        match letter {
            '[' | '{' => self.open(letter == '['),
            ']' | '}' => self.close(),
            ',' | ':' => self.since = 0,
            '"' => self.quoted = self.depth > 0,
            _ if is_plain(letter) => {}
            _ => *self = Self::default(),
        }
    }

    /// Whether what is written now is an element of a list, or part of one.
    pub(super) const fn are_written(&self) -> bool {
        self.list > 0 && self.depth <= DEEPEST && self.since <= LONGEST
    }

    const fn open(&mut self, list: bool) {
        self.depth = self.depth.saturating_add(1);
        if list && self.list == 0 {
            self.list = self.depth;
        }
        self.since = 0;
    }

    const fn close(&mut self) {
        if self.list == self.depth {
            self.list = 0;
        }
        self.depth = self.depth.saturating_sub(1);
        self.since = 0;
    }
}

/// White space, and what numbers and the words true, false and null are made of.
const fn is_plain(letter: char) -> bool {
    matches!(letter, ' ' | '\n' | '\r' | '\t' | '0'..='9' | '+' | '-' | '.' | 'E')
        || matches!(letter, 't' | 'r' | 'u' | 'e' | 'f' | 'a' | 'l' | 's' | 'n')
}
