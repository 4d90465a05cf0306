//! The files that a step writes.

use crate::pipeline::plan::{Product, Template};
use crate::pipeline::read::Reader;
use crate::pipeline::read::header::is_below;
use crate::pipeline::read::template::Reading;
use crate::pipeline::tree::{Data, Node, Spot};
use std::path::Path;

/// The kinds of files that can be written.
pub(in crate::pipeline) const SUFFIXES: &[&str] = &["json", "csv", "md", "txt", "bin"];

impl Reader<'_, '_> {
    /// Reads `var or expression: path`.
    pub(crate) fn products(&mut self, node: Option<&Node>, reading: &Reading<'_>) -> Vec<Product> {
        let Some(node) = node else { return Vec::new() };
        let mut products = Vec::new();
        for entry in self.entries(node, "products") {
            // The key is an expression, and stands where a scalar of the same text would.
            let end = (entry.at, entry.key.clone());
            let key = Node { at: end.0, range: self.key_range(end.0, &end.1), data: Data::Text(end.1) };
            let value = self.expression(&key, "what a product holds", reading);
            if !matches!(entry.value.data, Data::Text(_)) {
                self.mistaken(&entry.value, "a product", "a path");
                continue;
            }
            let path = self.template(&entry.value, reading);
            self.product_path(entry.value.at, &path);
            products.extend(value.map(|value| Product { value, path, place: self.place(entry.value.at) }));
        }
        products
    }

    fn key_range(&self, at: Spot, key: &str) -> (usize, usize) {
        let start: usize = self.text.split_inclusive('\n').take(at.line.saturating_sub(1)).map(str::len).sum();
        let line = self.text.get(start..).unwrap_or_default();
        let column = line.char_indices().nth(at.column.saturating_sub(1)).map_or(0, |(byte, _)| byte);
        (start + column, (start + column + key.len() + 2).min(self.text.len()))
    }

    fn product_path(&mut self, at: Spot, path: &Template) {
        let written = match path {
            Template::Plain(value) => value.as_str().unwrap_or_default().to_owned(),
            // The end of a path is mostly written out, and decides what is written.
            Template::Text(parts) => match parts.last() {
                Some(crate::pipeline::plan::Part::Literal(text)) => format!("x{text}"),
                _ => return,
            },
            _ => return,
        };
        let written = Path::new(written.trim());
        if !is_below(written) || written.file_name().is_none() {
            self.fault(at, format!("a product lies below output_dir, and `{}` does not", written.display()));
            return;
        }
        let suffix = written.extension().and_then(|suffix| suffix.to_str()).unwrap_or_default().to_lowercase();
        if !SUFFIXES.contains(&suffix.as_str()) {
            self.fault(at, format!("a product ends in .{}, not in `.{suffix}`", SUFFIXES.join(", .")));
        }
    }
}
