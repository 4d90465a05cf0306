//! Which items may begin where a failure stops the rest: one begins once all have ended that stand `most` before it, if none
//! of them failed. What is asked then never depends on which item was faster.

use std::collections::BTreeSet;

/// What is known of items that begin in their order, several at a time.
#[derive(Debug)]
pub struct Window {
    most: usize,
    /// Whether a failure stops the rest.
    stops: bool,
    /// How many items have ended of which all before have ended too.
    leading: usize,
    /// Those that have ended behind one that has not.
    ahead: BTreeSet<usize>,
    /// The first item that failed.
    failed: Option<usize>,
    /// Whether something that nobody deals with stopped all.
    over: bool,
}

impl Window {
    /// Nothing has ended yet. `most` is how many run at a time, `stops` whether a failure stops the rest.
    pub const fn new(most: usize, stops: bool) -> Self {
        Self { most, stops, leading: 0, ahead: BTreeSet::new(), failed: None, over: false }
    }

    /// Whether an item may begin, as far as others stop it; `None` if that is known only when more have ended.
    pub fn admits(&self, index: usize) -> Option<bool> {
        let Some(last) = index.checked_sub(self.most).filter(|_| self.stops) else { return Some(!self.over) };
        if self.over || self.failed.is_some_and(|failed| failed <= last) {
            return Some(false);
        }
        (self.leading > last).then_some(true)
    }

    /// Notes that an item has ended.
    pub fn note(&mut self, index: usize, failed: bool) {
        self.ahead.insert(index);
        while self.ahead.remove(&self.leading) {
            self.leading += 1;
        }
        if failed {
            self.failed = Some(self.failed.map_or(index, |first| first.min(index)));
        }
    }

    /// From now on nothing begins.
    pub const fn stop(&mut self) {
        self.over = true;
    }
}

#[cfg(test)]
mod tests {
    use super::Window;

    const YES: Option<bool> = Some(true);
    const NO: Option<bool> = Some(false);

    /// What has ended, and whether it failed; which of five items may begin then.
    type Case = (&'static [(usize, bool)], [Option<bool>; 5]);

    #[test]
    fn items_begin_behind_those_that_have_ended_well() {
        let cases: [Case; 8] = [
            (&[], [YES, YES, None, None, None]),
            (&[(0, false)], [YES, YES, YES, None, None]),
            // The second was faster, which lets nobody begin.
            (&[(1, false)], [YES, YES, None, None, None]),
            (&[(1, false), (0, false)], [YES, YES, YES, YES, None]),
            (&[(0, true)], [YES, YES, NO, NO, NO]),
            (&[(1, true)], [YES, YES, None, NO, NO]),
            (&[(1, true), (0, false)], [YES, YES, YES, NO, NO]),
            (&[(0, false), (2, true), (1, true)], [YES, YES, YES, NO, NO]),
        ];
        for (ended, begins) in cases {
            let (mut stopping, mut other) = (Window::new(2, true), Window::new(2, false));
            for (index, failed) in ended {
                stopping.note(*index, *failed);
                other.note(*index, *failed);
            }
            assert_eq!([0, 1, 2, 3, 4].map(|index| stopping.admits(index)), begins, "{ended:?}");
            assert_eq!([0, 1, 2, 3, 4].map(|index| other.admits(index)), [YES; 5], "{ended:?}");
            stopping.stop();
            other.stop();
            assert_eq!([0, 1, 2, 3, 4].map(|index| stopping.admits(index)), [NO; 5], "{ended:?}");
            assert_eq!([0, 1, 2, 3, 4].map(|index| other.admits(index)), [NO; 5], "{ended:?}");
        }
    }
}
