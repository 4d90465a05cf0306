//! Cutting text into words as it arrives, letter by letter: runs of letters or digits, single signs, single ideographs.
//!
//! Long runs are cut, so that a text without spaces has words too. A line end is a word; a single space is none.

/// The longest run, in characters. It is divisible by 2, 3, 4, 6 and 12: loops of these lengths give equal words.
const LONGEST: u32 = 12;

/// What a word is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Letters, perhaps with digits among them.
    Letters,
    /// Digits only.
    Number,
    /// A sign, a line end, or a space too many.
    Sign,
}

/// A word that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// Equal for equal words.
    pub(super) hash: u32,
    /// Bytes, the space before it included.
    pub(super) bytes: u32,
    /// Sixteenths of a token: four bytes are one, but white space goes sixteen bytes to the token.
    pub(super) sixteenths: u32,
    pub(super) kind: Kind,
    /// Letters with a space or the end of a sentence behind them: prose, and no item of a list or cell of a table.
    pub(super) is_prose: bool,
}

/// The run that has not ended, and whether a space stands before what comes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words {
    hash: u32,
    bytes: u32,
    letters: u32,
    kind: Kind,
    spaced: bool,
}

/// FNV-1a, <https://www.rfc-editor.org/rfc/rfc9923>.
const BASIS: u32 = 0x811C_9DC5;

fn mixed(hash: u32, letter: char) -> u32 {
    let mut bytes = [0; 4];
    letter.encode_utf8(&mut bytes).bytes().fold(hash, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

impl Default for Words {
    fn default() -> Self {
        Self { hash: BASIS, bytes: 0, letters: 0, kind: Kind::Number, spaced: true }
    }
}

impl Words {
    /// Takes one letter; gives the word that it ends, or that it is. A sign that ends a run is given in place of both.
    pub(super) fn take(&mut self, letter: char) -> Option<Word> {
        let size = u32::try_from(letter.len_utf8()).unwrap_or(4);
        let joins = letter.is_alphanumeric() || letter == '_' || is_mark(letter);
        if joins && !is_ideograph(letter) {
            let full = (self.letters >= LONGEST).then(|| self.end()).flatten();
            self.hash = mixed(self.hash, letter);
            self.bytes += size;
            self.letters += 1;
            if !letter.is_ascii_digit() {
                self.kind = Kind::Letters;
            }
            return full;
        }
        if letter == ' ' && !self.spaced {
            let ended = self.end();
            self.spaced = true;
            return ended;
        }
        // A run and the sign behind it are one word: it has to be given at once, and `end.` repeats as `end` does.
        let run = self.end();
        let kind = if is_ideograph(letter) { Kind::Letters } else { Kind::Sign };
        self.spaced = letter == ' ';
        let sixteenths = if letter.is_whitespace() { size } else { 4 * size };
        let is_prose = kind == Kind::Letters;
        let sign = Word { hash: mixed(BASIS, letter), bytes: size, sixteenths, kind, is_prose };
        Some(run.map_or(sign, |run| Word {
            hash: mixed(run.hash, letter),
            bytes: run.bytes + size,
            sixteenths: run.sixteenths + sixteenths,
            kind: run.kind,
            is_prose: run.is_prose && matches!(letter, ' ' | '.' | '!' | '?' | '…' | '。'),
        }))
    }

    fn end(&mut self) -> Option<Word> {
        if self.letters == 0 {
            return None;
        }
        let bytes = self.bytes + u32::from(self.spaced);
        let (kind, is_prose) = (self.kind, self.kind == Kind::Letters);
        let word = Word { hash: self.hash, bytes, sixteenths: 4 * bytes, kind, is_prose };
        *self = Self { spaced: false, ..Self::default() };
        Some(word)
    }
}

/// Accents and joiners that belong to the letter before them.
const fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{0300}'..='\u{036F}' | '\u{0900}'..='\u{0DFF}' | '\u{0E31}'..='\u{0E4E}' | '\u{200C}' | '\u{200D}')
}

/// Characters of scripts that write no spaces and have a sign for a word or a syllable.
const fn is_ideograph(letter: char) -> bool {
    matches!(letter, '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}')
}
