//! The files that a step writes.

use crate::pipeline::plan::{Product, Template};
use crate::pipeline::product::{self, HOLE, SUFFIXES};
use crate::pipeline::read::Reader;
use crate::pipeline::read::template::Reading;
use crate::pipeline::tree::{Data, Node, Spot};
use std::path::Path;

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
        let (start, line) = self.source.line(at.line);
        let column = line.char_indices().nth(at.column.saturating_sub(1)).map_or(0, |(byte, _)| byte);
        (start + column, (start + column + key.len() + 2).min(self.text.len()))
    }

    /// Refuses what would be refused whatever the holes stand for.
    fn product_path(&mut self, at: Spot, path: &Template) {
        let (Some(text), Some(written)) = (path.text_with(|_| HOLE.to_owned()), path.written()) else { return };
        let written = written.trim();
        let Some(file) = product::relative(&text) else {
            self.fault(at, format!("a product lies below output_dir, and `{written}` does not"));
            return;
        };
        if file.as_os_str().is_empty() {
            self.fault(at, format!("the product `{written}` names no file"));
            return;
        }
        // A hole may stand for nothing.
        if let Some(why) = product::impossible(Path::new(&text.replace(HOLE, ""))) {
            self.fault(at, format!("the product {written:?} {why}"));
        }
        let suffix = product::suffix(&file);
        let open = suffix.contains(HOLE) || text.trim().ends_with(HOLE);
        if !open && !SUFFIXES.contains(&suffix.as_str()) {
            self.fault(at, format!("a product ends in .{}, not in `.{suffix}`", SUFFIXES.join(", .")));
        }
    }
}
