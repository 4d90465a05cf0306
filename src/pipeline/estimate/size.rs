//! How long texts are, and how many pictures there are, as far as that is known before a run.

use crate::pipeline::estimate::UNKNOWN;
use crate::pipeline::estimate::known::Known;
use crate::pipeline::plan::{Part, Template};
use crate::pipeline::values::as_text;
use serde_json::Value;
use std::iter::Sum;

/// A number of bytes or of pictures.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Size {
    pub(super) count: usize,
    /// Whether a part of it is only guessed.
    pub(super) guessed: bool,
}

impl Size {
    pub(super) const fn sure(count: usize) -> Self {
        Self { count, guessed: false }
    }

    const fn guess(count: usize) -> Self {
        Self { count, guessed: true }
    }
}

impl Sum for Size {
    fn sum<I: Iterator<Item = Self>>(sizes: I) -> Self {
        sizes.fold(Self::default(), |all, one| Self {
            count: all.count.saturating_add(one.count),
            guessed: all.guessed || one.guessed,
        })
    }
}

impl Known {
    /// The bytes of a text.
    pub(super) fn bytes(&self, template: &Template) -> Size {
        if let Some(value) = self.fixed(template) {
            return Size::sure(as_text(value).len());
        }
        let piece = |part: &Part| match part {
            Part::Literal(text) => Size::sure(text.len()),
            Part::Hole(hole) => self.bytes(&Template::Value(hole.clone())),
        };
        match template {
            Template::Text(parts) => parts.iter().map(piece).sum(),
            Template::List(items) => items.iter().map(|item| self.bytes(item)).sum(),
            Template::Map(entries) => entries.iter().map(|(_, value)| self.bytes(value)).sum(),
            Template::Value(_) | Template::Plain(_) => Size::guess(UNKNOWN),
        }
    }

    /// How many pictures these are: a list is all of its texts, and one that is not known is taken for one.
    pub(super) fn pictures(&self, images: &[Template]) -> Size {
        let one = |image: &Template| match (self.fixed(image), image) {
            (Some(Value::Array(all)), _) => Size::sure(all.len()),
            (Some(Value::Null), _) => Size::sure(0),
            (Some(_), _) | (None, Template::Text(_)) => Size::sure(1),
            (None, _) => Size::guess(1),
        };
        images.iter().map(one).sum()
    }
}
