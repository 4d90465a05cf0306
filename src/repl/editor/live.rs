//! Text below the last line that is drawn over and over: what a model is writing. It makes escape sequences and
//! prints nothing.

use unicode_width::UnicodeWidthChar;

/// The most rows.
const ROWS: usize = 4;
/// Columns of a terminal that does not tell.
const COLUMNS: u16 = 80;

/// What is drawn.
#[derive(Debug, Default)]
pub struct Live {
    /// What stands on the screen, as it was written; empty if nothing does.
    drawn: String,
    /// How many columns each of its rows takes.
    rows: Vec<usize>,
    /// Taken away to write a line, and to be drawn again below it.
    erased: Option<(String, Vec<usize>)>,
}

impl Live {
    /// The sequence that replaces what is drawn by the end of `text`.
    pub fn draw(&mut self, text: &str, width: Option<u16>, colour: bool) -> String {
        let columns = usize::from(width.unwrap_or(COLUMNS)).saturating_sub(1).max(10);
        let rows = wrapped(text.trim_end(), columns);
        let last = &rows[rows.len().saturating_sub(ROWS)..];
        let shown = last.join("\n");
        let erased = self.clear(width);
        if shown.trim().is_empty() {
            return erased;
        }
        self.rows = last.iter().map(|row| row.chars().map(|c| c.width().unwrap_or(0)).sum()).collect();
        self.drawn = if colour { format!("\u{1b}[2m{shown}\u{1b}[0m") } else { shown };
        format!("{erased}{}", self.drawn)
    }

    /// The sequence that takes away what is drawn; empty if nothing is. In a window that has become narrower rows have been
    /// broken since they were drawn.
    pub fn erase(&mut self, width: Option<u16>) -> String {
        if self.drawn.is_empty() {
            return String::new();
        }
        let columns = usize::from(width.unwrap_or(COLUMNS)).max(1);
        let rows: usize = self.rows.iter().map(|used| used.div_ceil(columns).max(1)).sum();
        let up = if rows > 1 { format!("\u{1b}[{}A", rows - 1) } else { String::new() };
        self.erased = Some((std::mem::take(&mut self.drawn), std::mem::take(&mut self.rows)));
        format!("\r{up}\u{1b}[J")
    }

    /// The same, and it is not drawn again.
    pub fn clear(&mut self, width: Option<u16>) -> String {
        let erased = self.erase(width);
        self.erased = None;
        erased
    }

    /// The sequence that draws again what `erase` took away.
    pub fn redraw(&mut self) -> String {
        let Some((drawn, rows)) = self.erased.take() else {
            return String::new();
        };
        (self.drawn, self.rows) = (drawn, rows);
        self.drawn.clone()
    }
}

/// The rows of `text`, each at most `columns` wide.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut rows = Vec::new();
    for line in text.replace('\t', "    ").lines() {
        let (mut row, mut used) = (String::new(), 0);
        for c in line.chars() {
            let wide = c.width().unwrap_or(0);
            if used + wide > columns {
                rows.push(std::mem::take(&mut row));
                used = 0;
            }
            row.push(c);
            used += wide;
        }
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::{Live, wrapped};

    #[test]
    fn rows_fit_the_terminal() {
        assert_eq!(wrapped("abcde\nf\n\ng", 2), ["ab", "cd", "e", "f", "", "g"]);
        assert_eq!(wrapped("日本語", 4), ["日本", "語"]);
        assert_eq!(wrapped("", 4), [""; 0]);
    }

    #[test]
    fn each_drawing_replaces_the_one_before() {
        let mut live = Live::default();
        assert_eq!(live.draw("one", Some(40), false), "one");
        assert_eq!(live.draw("one\ntwo", Some(40), false), "\r\u{1b}[Jone\ntwo");
        assert_eq!(live.erase(Some(40)), "\r\u{1b}[1A\u{1b}[J");
        assert_eq!(live.erase(Some(40)), "");
        assert_eq!(live.redraw(), "one\ntwo");
        assert_eq!(live.draw("1\n2\n3\n4\n5", Some(40), true), "\r\u{1b}[1A\u{1b}[J\u{1b}[2m2\n3\n4\n5\u{1b}[0m");
        assert_eq!(live.draw("", Some(40), true), "\r\u{1b}[3A\u{1b}[J");
        assert_eq!(live.redraw(), "");
    }

    #[test]
    fn what_is_cleared_is_not_drawn_again() {
        let mut live = Live::default();
        assert_eq!(live.draw("over", Some(40), false), "over");
        assert_eq!(live.clear(Some(40)), "\r\u{1b}[J");
        assert_eq!((live.erase(Some(40)), live.redraw()), (String::new(), String::new()));
    }

    #[test]
    fn rows_that_a_narrower_window_broke_are_taken_away() {
        let mut live = Live::default();
        live.draw(&format!("{}\nb", "a".repeat(39)), Some(40), true);
        assert_eq!(live.erase(Some(20)), "\r\u{1b}[2A\u{1b}[J");
        live.redraw();
        assert_eq!(live.draw("c", Some(10), false), "\r\u{1b}[4A\u{1b}[Jc");
    }
}
