//! The files of a step, written as `write_file` does.

use crate::pipeline::plan::{Product, Step, Template};
use crate::pipeline::product;
use crate::pipeline::twin::Twin;
use crate::pipeline::twin::code::{Lines, text};
use std::path::Path;

impl Twin {
    /// Writes the files of a step, which see its vars.
    pub(super) fn products(&mut self, step: &Step, body: &mut Lines) {
        for product in &step.products {
            let suffix = suffix(&product.path);
            if suffix == "bin" {
                body.add(&format!(
                    "// Not carried over from `{}`: a file of bytes, because a tool writes text.",
                    step.name
                ));
                continue;
            }
            let own = own(step, product);
            if !own.is_empty() {
                body.add("{");
                body.deeper();
                body.extend(own.iter().map(|name| format!("let {name} = {}.{name};", step.name)));
            }
            let value = self.value(&Template::Value(product.value.clone()));
            let value = if suffix == "csv" { format!("{}({value})", self.call("table")) } else { value };
            let path = self.path(&product.path);
            body.add(&format!("{}({path}, {value});", self.call("product")));
            if !own.is_empty() {
                body.shallower();
                body.add("}");
            }
        }
    }

    fn path(&mut self, path: &Template) -> String {
        let plain = path.constant().and_then(|path| path.as_str());
        match plain.and_then(|plain| product::path(&self.folder, plain).ok()) {
            Some(whole) => text(&whole),
            None => {
                let folder = text(&product::plain(&self.folder).join("").display().to_string());
                let path = self.text(path);
                format!("{folder} + {}({path})", self.call("trimmed"))
            }
        }
    }
}

/// The vars that a product reads by their own names.
fn own<'s>(step: &'s Step, product: &Product) -> Vec<&'s str> {
    let read = product.path.expressions().into_iter().chain([&product.value]);
    let names: Vec<&str> = read
        .flat_map(|read| read.references())
        .filter_map(|reference| Some(reference.path.first()?.as_str()))
        .collect();
    let vars = step.vars.iter().map(|var| var.name.as_str());
    vars.filter(|name| names.contains(name) && *name != step.name).collect()
}

/// What the end of a path makes of a value, as far as it is written out.
pub(super) fn suffix(path: &Template) -> String {
    let text = path.text_with(|_| "x".to_owned()).unwrap_or_default();
    product::suffix(Path::new(text.trim()))
}
