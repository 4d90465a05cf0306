//! What random pipelines are made of: a tape of decisions, and what is known of a value.

/// A tape of decisions; at its end everything is the first choice.
pub(super) struct Tape<'t> {
    numbers: std::slice::Iter<'t, u16>,
}

impl<'t> Tape<'t> {
    pub(super) fn new(numbers: &'t [u16]) -> Self {
        Self { numbers: numbers.iter() }
    }

    /// One of so many.
    pub(super) fn pick(&mut self, many: usize) -> usize {
        usize::from(self.numbers.next().copied().unwrap_or(0)) % many.max(1)
    }

    /// Once in so many times.
    pub(super) fn wrong(&mut self, times: usize) -> bool {
        self.pick(times) == times - 1
    }

    /// In so many of ten times.
    pub(super) fn tenths(&mut self, many: usize) -> bool {
        self.pick(10) + many >= 10
    }

    /// One of these.
    pub(super) fn of<'v, T>(&mut self, values: &'v [T]) -> &'v T {
        &values[self.pick(values.len())]
    }
}

/// What is known of a value.
#[derive(Clone, Debug)]
pub(super) enum Form {
    Text,
    Number,
    Flag,
    List,
    Fields(Vec<(String, Form)>),
    /// Nothing, as of what stands in a list.
    Unknown,
    /// It need not be there at all.
    Absent,
    /// It took an input that is not given.
    Handed,
}

impl Form {
    pub(super) const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown | Self::Absent | Self::Handed)
    }
}

/// Something that can be read.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) name: String,
    pub(super) form: Form,
}

impl Known {
    pub(super) fn new(name: &str, form: Form) -> Self {
        Self { name: name.to_owned(), form }
    }
}
