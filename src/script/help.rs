//! Help on primitives and stdlib functions, rendered from the one text that each has.

use crate::core::text::nearest;
use crate::script::prims::primitive::Primitive;
use crate::script::prims::table;
use crate::script::stdlib::MODULES;

/// A function of the stdlib as its source documents it.
pub struct LibraryFunction {
    /// `module::name(parameters)`.
    pub signature: String,
    /// The comment above it, without markers.
    pub text: String,
}

/// The help of one name, or of the nearest known one as a hint.
pub fn about(name: &str) -> Option<String> {
    let name = name.trim().trim_end_matches("()");
    if let Some(primitive) = table::find(name) {
        // A method of a handle and a module may have the same name.
        return Some(module(name).map_or_else(|| full(primitive), |module| format!("{}\n{module}", full(primitive))));
    }
    let found: Vec<String> = library()
        .iter()
        .filter(|f| f.signature.starts_with(&format!("{name}(")) || f.signature.contains(&format!("::{name}(")))
        .map(|f| format!("{}\n  {}", f.signature, f.text.replace('\n', "\n  ")))
        .collect();
    if !found.is_empty() {
        return Some(found.join("\n"));
    }
    module(name)
}

/// The help of a module of the stdlib: what it is for, and its functions.
fn module(name: &str) -> Option<String> {
    let (module, source) = MODULES.iter().find(|(module, _)| *module == name)?;
    let head: Vec<&str> = source.lines().map_while(|l| l.strip_prefix("//!")).map(str::trim).collect();
    let own = library().into_iter().filter(|f| f.signature.starts_with(&format!("{module}::")));
    let list: Vec<String> = own.map(|f| format!("  {}", f.signature)).collect();
    Some(format!(
        "import \"{module}\" as {module}; // allowed, not needed\n  {}\n{}",
        head.join("\n  "),
        list.join("\n")
    ))
}

/// The known name nearest to one that does not exist.
pub fn near(name: &str) -> Option<String> {
    let names = table::ALL.iter().map(|p| p.name);
    nearest(name, names).map(ToOwned::to_owned)
}

/// The whole text of a primitive: forms, summary, parameters, example.
pub fn full(primitive: &Primitive) -> String {
    let mut text = primitive.usage.join("\n");
    text.push_str(&format!("\n  {}", primitive.summary));
    let width = primitive.params.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, meaning) in primitive.params {
        text.push_str(&format!("\n    {name:width$}  {meaning}"));
    }
    let code = primitive.example.replace('\n', "\n    ");
    let output = primitive.prints.trim_end().replace('\n', "\n    ");
    text.push_str(&format!("\n  example\n    {code}\n  prints\n    {output}"));
    text
}

/// One line per primitive, for the root prompt and `?`.
pub fn reference() -> String {
    let line = |p: &&Primitive| format!("{} — {}", forms(p), p.summary);
    table::ALL.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The forms of a primitive on one line; those behind the first without the name that they share.
fn forms(primitive: &Primitive) -> String {
    let name = primitive.usage.first().and_then(|form| form.split('(').next()).unwrap_or(primitive.name);
    let brief = |form: &&'static str| match form.strip_prefix(name) {
        Some(rest) if rest.starts_with('(') => rest,
        _ => *form,
    };
    let others = primitive.usage.iter().skip(1).map(brief);
    primitive.usage.iter().take(1).copied().chain(others).collect::<Vec<_>>().join(" or ")
}

/// The primitives as a Markdown table, for the README.
pub fn markdown() -> String {
    let row = |p: &&Primitive| {
        let usage = p.usage.first().copied().unwrap_or(p.name).replace('|', "\\|");
        format!("| `{usage}` | {} |", p.summary.replace('|', "\\|"))
    };
    let rows: Vec<String> = table::ALL.iter().map(row).collect();
    format!("| primitive | does |\n|---|---|\n{}\n", rows.join("\n"))
}

/// Every function of the stdlib that has a comment.
pub fn library() -> Vec<LibraryFunction> {
    let mut list = Vec::new();
    for (module, source) in MODULES {
        let mut comment = Vec::new();
        for line in source.lines() {
            if let Some(text) = line.strip_prefix("///") {
                comment.push(text.trim().to_owned());
            } else if let Some(rest) = line.strip_prefix("fn ")
                && let Some(signature) = rest.split('{').next()
                && !comment.is_empty()
            {
                list.push(LibraryFunction {
                    signature: format!("{module}::{}", signature.trim()),
                    text: std::mem::take(&mut comment).join("\n"),
                });
            } else {
                comment.clear();
            }
        }
    }
    list
}
