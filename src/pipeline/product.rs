//! Files that steps write: what their suffix makes of a value, and that they stay below the output folder.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::request::{Content, Request};
use crate::pipeline::plan::{Act, Block, Product, Step};
use crate::pipeline::run::course::Course;
use crate::pipeline::values::{Values, as_text};
use serde_json::Value;
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

/// The suffixes that are known.
pub const SUFFIXES: &[&str] = &["json", "csv", "md", "txt", "bin"];

/// Stands for a hole in a path: a part of a name, and neither a blank nor a name of its own.
pub const HOLE: &str = "\u{fffc}";

/// The most bytes that a file system takes for the name of a file or folder.
const NAME: usize = 255;

/// Writes the files of a step that has the value `value`, whole or not at all.
///
/// # Errors
/// `denied` outside of the output folder, `data` for a value that the suffix cannot hold and for a file that another step
/// or another product of this one wrote, and as writing a file.
pub async fn write(course: &Course<'_>, step: &Step, values: &Values, value: &Value) -> Outcome<()> {
    if step.products.is_empty() {
        return Ok(());
    }
    let mut seen = values.clone();
    for var in &step.vars {
        seen.set(&var.name, value.get(&var.name).cloned().unwrap_or_default());
    }
    seen.set(&step.name, value.clone());
    let mut written: Vec<(String, &Product)> = Vec::new();
    for product in &step.products {
        let path = path(&course.pipeline.output_dir, &seen.fill_text(&product.path)?)?;
        if let Some((_, first)) = written.iter().find(|(known, _)| *known == path) {
            return Err(twice(&path, step, [first, product]));
        }
        written.push((path.clone(), product));
        let content = content(&path, seen.evaluate(&product.value)?)?;
        below(course, &path)?;
        course.ask(Request::Product { path, content, allowed: course.shared.allowed }).await?;
    }
    Ok(())
}

/// That two products of a step have one path; whoever else writes it is known to the host.
fn twice(path: &str, step: &Step, products: [&Product; 2]) -> Failure {
    let [first, second] = products.map(|product| product.value.source());
    let what = format!("`{path}` is written twice by step `{}`: for `{first}` and for `{second}`", step.name);
    Failure::new(FailureKind::Data, what).hint("give each product a path of its own")
}

/// Refuses steps that write files, where no tool may write: before anything is paid for what could not be kept.
///
/// # Errors
/// `denied` with the first such step.
pub fn none(block: &Block) -> Outcome<()> {
    for step in &block.steps {
        if !step.products.is_empty() {
            let what = format!("step `{}` writes files, which is not allowed", step.name);
            return Err(Failure::new(FailureKind::Denied, what)
                .hint("the approval policy is `never`; use --approve ask or --approve auto to allow it"));
        }
        step.act.blocks().into_iter().try_for_each(none)?;
        if let Act::Nested(nested) = &step.act {
            none(&nested.pipeline.block)?;
        }
    }
    Ok(())
}

/// The path of a product relative to the workspace.
///
/// # Errors
/// `denied` if it leads out of the output folder, `data` if it names no file or no file system has such a name.
pub fn path(folder: &Path, given: &str) -> Outcome<String> {
    let file = relative(given).ok_or_else(|| outside(given, folder))?;
    if file.as_os_str().is_empty() {
        return Err(Failure::new(FailureKind::Data, format!("the product `{given}` names no file")));
    }
    if let Some(why) = impossible(&file) {
        return Err(Failure::new(FailureKind::Data, format!("the product {given:?} {why}")));
    }
    Ok(plain(&folder.join(file)).display().to_string())
}

/// A path below an output folder as a text says it, blanks around it left out. `None` if it leads out of the folder;
/// empty if it names no file.
pub fn relative(given: &str) -> Option<PathBuf> {
    let given = given.trim();
    let path = Path::new(given);
    is_below(path).then(|| if given.ends_with('/') { PathBuf::new() } else { plain(path) })
}

/// Whether a relative path stays below where it begins.
pub fn is_below(path: &Path) -> bool {
    path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

/// Why no file system has such a path, if there is a reason.
pub fn impossible(path: &Path) -> Option<String> {
    if path.as_os_str().as_encoded_bytes().contains(&0) {
        return Some("contains a NUL byte".to_owned());
    }
    let bytes = path.components().map(|part| part.as_os_str().len()).find(|bytes| *bytes > NAME)?;
    Some(format!("has a name of {bytes} bytes, at most {NAME}"))
}

/// A path without parts that mean nothing.
pub fn plain(path: &Path) -> PathBuf {
    path.components().filter(|part| !matches!(part, Component::CurDir)).collect()
}

/// What a path ends in, in small letters.
pub fn suffix(path: &Path) -> String {
    path.extension().and_then(OsStr::to_str).unwrap_or_default().to_lowercase()
}

fn outside(given: &str, folder: &Path) -> Failure {
    Failure::new(FailureKind::Denied, format!("the product `{given}` is outside of the output folder"))
        .hint(format!("products are written below `{}`, see `output_dir`", folder.display()))
}

/// A link in the output folder must not lead out of it either.
fn below(course: &Course<'_>, path: &str) -> Outcome<()> {
    let workspace = &course.host.kit.tool_context.workspace;
    let folder = &course.pipeline.output_dir;
    let real = workspace.resolve_write(path)?;
    // A folder that is not there yet has no links in it.
    match workspace.root().join(folder).canonicalize() {
        Ok(folder_) if !real.starts_with(&folder_) => Err(outside(path, folder)),
        _ => Ok(()),
    }
}

/// What a file of this name holds of a value.
///
/// # Errors
/// `data` for a suffix that is not known, and for a value that it cannot hold.
pub fn content(path: &str, value: Value) -> Outcome<Content> {
    match suffix(Path::new(path)).as_str() {
        "json" => Ok(Content::Text(format!("{value:#}\n"))),
        "csv" => table(&value).map(Content::Text),
        "md" | "txt" => Ok(Content::Text(match value {
            Value::String(text) => text,
            other => format!("{other:#}\n"),
        })),
        "bin" => bytes(value).map(Content::Bytes),
        other => Err(Failure::new(FailureKind::Data, format!("`{path}` has the suffix `{other}`"))
            .hint(format!("a product is one of: {}", SUFFIXES.join(", ")))),
    }
}

fn bytes(value: Value) -> Outcome<Vec<u8>> {
    match value {
        Value::String(text) => Ok(text.into_bytes()),
        other => serde_json::from_value(other).map_err(|error| {
            Failure::new(FailureKind::Data, format!("a `bin` product must be a list of bytes or a text: {error}"))
        }),
    }
}

/// A list of maps with a line of their keys above, a list of lists as it is; a text is CSV already.
fn table(value: &Value) -> Outcome<String> {
    let wrong = |what: String| Failure::new(FailureKind::Data, what).hint("a list of maps, a list of lists, or text");
    let rows = match value {
        Value::String(text) => return Ok(text.clone()),
        Value::Array(rows) => rows,
        other => return Err(wrong(format!("a `csv` product cannot be made of {}", as_text(other.clone())))),
    };
    let mut names: Vec<&str> = Vec::new();
    for name in rows.iter().filter_map(Value::as_object).flat_map(|row| row.keys()) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    let failed = |error: csv::Error| wrong(format!("the table cannot be written: {error}"));
    if !names.is_empty() {
        writer.write_record(&names).map_err(failed)?;
    }
    for row in rows {
        let cells: Vec<String> = match row {
            Value::Object(map) => names.iter().map(|name| map.get(*name).map_or_else(String::new, cell)).collect(),
            Value::Array(items) => items.iter().map(cell).collect(),
            other => return Err(wrong(format!("a row of a `csv` product cannot be {other}"))),
        };
        writer.write_record(&cells).map_err(failed)?;
    }
    let text = writer.into_inner().map_err(|error| wrong(format!("the table cannot be written: {error}")))?;
    String::from_utf8(text).map_err(|error| wrong(format!("the table is no text: {error}")))
}

fn cell(value: &Value) -> String {
    if value.is_null() { String::new() } else { as_text(value.clone()) }
}

#[cfg(test)]
mod tests {
    use super::{content, path};
    use crate::core::request::Content;
    use serde_json::json;
    use std::path::Path;

    #[test]
    fn a_suffix_makes_a_file_of_a_value() {
        for (name, value, expected) in [
            ("a.json", json!({"a": 1}), "{\n  \"a\": 1\n}\n"),
            ("a.JSON", json!("text"), "\"text\"\n"),
            ("a.md", json!("# text"), "# text"),
            ("a.txt", json!([1]), "[\n  1\n]\n"),
            ("a.csv", json!([{"a": 1, "b": "x,y"}, {"c": null, "a": [2]}]), "a,b,c\n1,\"x,y\",\n[2],,\n"),
            ("a.csv", json!([["a", 1], ["b"]]), "a,1\nb\n"),
            ("a.csv", json!("a,b\n"), "a,b\n"),
        ] {
            assert_eq!(content(name, value.clone()), Ok(Content::Text(expected.to_owned())), "{name} {value}");
        }
        assert_eq!(content("a.bin", json!([0, 255])), Ok(Content::Bytes(vec![0, 255])));
        for (name, value) in [("a.bin", json!([256])), ("a.csv", json!(1)), ("a.exe", json!("x")), ("a", json!("x"))] {
            assert!(content(name, value.clone()).is_err(), "{name} {value}");
        }
    }

    #[test]
    fn a_path_stays_below_the_folder() {
        for (given, expected) in [
            ("a.md", Ok("out/a.md")),
            ("./b/a.md", Ok("out/b/a.md")),
            (" b/./A.MD\n", Ok("out/b/A.MD")),
            ("../a.md", Err("denied")),
            ("b/../../a.md", Err("denied")),
            ("/etc/a.md", Err("denied")),
            ("", Err("data")),
            (".", Err("data")),
            ("a.md/", Err("data")),
        ] {
            let found = path(Path::new("./out"), given);
            let found = found.as_deref().map_err(|failure| failure.kind.name());
            assert_eq!(found, expected, "{given}");
        }
    }
}
