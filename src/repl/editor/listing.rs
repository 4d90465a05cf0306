//! How many completions are listed: as many as fit on the screen. The editor would page through more, and its pager takes keys
//! away from who goes on typing, Ctrl-C among them.

use rustyline::completion::Pair;
use unicode_width::UnicodeWidthStr;

/// Blanks between columns, as the editor sets them.
const GAP: usize = 2;
/// Rows for what is typed, above and below the list.
const TYPED: usize = 3;
/// The most that the editor can list, on any screen.
const MOST: usize = u16::MAX as usize;

/// Columns and rows of a screen that does not tell its own.
pub const USUAL: (u16, u16) = (80, 24);

/// The candidates that fit on a screen of so many columns and rows, and how many more there are. They come in order or against it.
pub fn fitting(mut pairs: Vec<Pair>, (columns, rows): (u16, u16)) -> Vec<Pair> {
    let (columns, rows) = (usize::from(columns), usize::from(rows).saturating_sub(TYPED).max(1));
    let room = |widest: usize| (rows * (columns / (widest + GAP)).max(1)).min(MOST);
    let widest = pairs.iter().map(|pair| pair.display.width()).max().unwrap_or(0);
    if pairs.len() <= room(widest) {
        return pairs;
    }
    let display = |more: usize| format!("… {more} more, type further");
    let kept = room(widest.max(display(pairs.len()).width())).saturating_sub(1);
    let common = common(&pairs).to_owned();
    let more = pairs.len() - kept;
    pairs.truncate(kept);
    // The editor takes over what all that is listed begins with.
    pairs.push(Pair { display: display(more), replacement: common });
    pairs
}

/// What all of them begin with, of which the first and the last in order are least alike.
fn common(pairs: &[Pair]) -> &str {
    let (Some(first), Some(last)) = (pairs.first(), pairs.last()) else { return "" };
    let alike = first.replacement.chars().zip(last.replacement.chars()).take_while(|(a, b)| a == b);
    &first.replacement[..alike.map(|(c, _)| c.len_utf8()).sum()]
}

#[cfg(test)]
mod tests {
    use super::fitting;
    use rustyline::completion::Pair;

    #[test]
    fn more_than_a_screen_is_counted() {
        let name = |number: usize| format!("näme{number:03}");
        let pair = |number| Pair { display: name(number), replacement: name(number) };
        let shown = |count: usize, size| -> Vec<Pair> { fitting((0..count).map(pair).collect(), size) };
        assert_eq!(shown(90, (80, 15)).len(), 90);
        assert_eq!(shown(70_000, (u16::MAX, u16::MAX)).len(), 65_535);
        for (count, size, kept) in [(97, (80, 15), 35), (50, (80, 8), 14), (9, (5, 2), 0), (3, (80, 24), 3)] {
            let pairs = shown(count, size);
            let told = pairs.last().filter(|pair| pair.display.contains("more"));
            let names = pairs.len() - usize::from(told.is_some());
            assert_eq!(names, kept, "{count} on {size:?}");
            let common = if count > 9 { "näme0" } else { "näme00" };
            let expect = (kept < count).then(|| (format!("… {} more, type further", count - kept), common));
            assert_eq!(told.map(|pair| (pair.display.clone(), pair.replacement.as_str())), expect);
        }
    }
}
