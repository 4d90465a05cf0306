//! Values as people and models see them: short, typed where the type is not plain, cut with a note.

use crate::core::text::one_line;
use crate::script::convert::friendly;
use crate::script::handle::Context;
use rhai::{Dynamic, FnPtr};

/// How deep a shown value goes before `...`.
const DEPTH: usize = 8;

/// The value as text: a string as it is, anything else in Rhai's notation, on several lines if it is long.
pub fn value(value: &Dynamic, limit: usize) -> String {
    if let Ok(text) = value.as_immutable_string_ref() {
        return text.to_string();
    }
    let mut shown = String::new();
    write(value, &mut shown, limit, 0);
    shown
}

/// One line about a value: its type and size or content.
pub fn brief(value: &Dynamic) -> String {
    if let Ok(text) = value.as_immutable_string_ref() {
        return format!("string of {} bytes: {:?}", text.len(), one_line(&text, 60));
    }
    if let Ok(items) = value.as_array_ref() {
        return format!("array of {}", items.len());
    }
    if let Ok(map) = value.as_map_ref() {
        let keys: Vec<&str> = map.keys().take(8).map(|k| k.as_str()).collect();
        let more = if map.len() > 8 { ", ..." } else { "" };
        return format!("map of {}: {}{more}", map.len(), keys.join(", "));
    }
    if let Ok(bytes) = value.as_blob_ref() {
        return format!("blob of {} bytes", bytes.len());
    }
    if let Some(context) = value.read_lock::<Context>() {
        return context.to_string();
    }
    if let Some(what) = opaque(value) {
        return what.to_owned();
    }
    let mut shown = String::new();
    write(value, &mut shown, 80, 0);
    if value.is_unit() { shown } else { format!("{} {shown}", kind(value)) }
}

/// What `see` sees of a member of maps in maps; `None` if it is not there.
pub fn within<T>(value: &Dynamic, members: &[&str], see: impl FnOnce(&Dynamic) -> T) -> Option<T> {
    let Some((name, further)) = members.split_first() else { return Some(see(value)) };
    let map = value.as_map_ref().ok()?;
    within(map.get(*name)?, further, see)
}

/// The name of a value's type.
pub fn kind(value: &Dynamic) -> &'static str {
    match value.type_name() {
        "i64" => "int",
        "f64" => "float",
        "()" => "()",
        "bool" => "bool",
        "char" => "char",
        "string" => "string",
        "array" => "array",
        "map" => "map",
        "blob" => "blob",
        "Fn" => "Fn",
        _ if value.is_fnptr() => "Fn",
        name if friendly(name) == "a range" => "range",
        _ if value.read_lock::<Context>().is_some() => "Context",
        _ => "value",
    }
}

/// Appends a value, as far as there is room for about `limit` bytes.
fn write(value: &Dynamic, out: &mut String, limit: usize, depth: usize) {
    if out.len() > limit || depth > DEPTH {
        out.push_str("...");
        return;
    }
    if let Ok(text) = value.as_immutable_string_ref() {
        let room = text.floor_char_boundary(limit.saturating_sub(out.len()).max(16));
        let more = if room < text.len() { "..." } else { "" };
        out.push_str(&format!("{:?}{more}", &text[..room]));
    } else if let Ok(items) = value.as_array_ref() {
        let items = items.iter().map(|v| (None, v));
        group(items, "[", "]", out, limit, depth);
    } else if let Ok(map) = value.as_map_ref() {
        group(map.iter().map(|(k, v)| (Some(k.as_str()), v)), "#{", "}", out, limit, depth);
    } else if let Ok(bytes) = value.as_blob_ref() {
        // Two digits per byte.
        let room = (limit.saturating_sub(out.len()) / 2).max(16);
        let head = Dynamic::from_blob(bytes.iter().take(room).copied().collect()).to_string();
        match room < bytes.len() {
            true => out.push_str(&format!("{}...]", head.trim_end_matches(']'))),
            false => out.push_str(&head),
        }
    } else if let Some(context) = value.read_lock::<Context>() {
        out.push_str(&format!("<{}>", *context));
    } else {
        out.push_str(&plain(value));
    }
}

/// A value without parts.
fn plain(value: &Dynamic) -> String {
    if value.is_unit() {
        // As text it is empty, which inside a value would look like nothing.
        return "()".to_owned();
    }
    match opaque(value) {
        Some(what) => format!("<{what}>"),
        None => value.to_string(),
    }
}

/// What a value is that cannot be written: as text Rhai gives it a name of its own, or one of Rust.
fn opaque(value: &Dynamic) -> Option<&'static str> {
    if value.read_lock::<FnPtr>().is_some_and(|function| function.is_anonymous()) {
        return Some("closure");
    }
    (friendly(value.type_name()) == "an iterator").then_some("iterator for a loop")
}

/// Appends the items of an array or map: on one line if they are short, else one per line.
fn group<'a>(
    items: impl Iterator<Item = (Option<&'a str>, &'a Dynamic)> + Clone,
    open: &str,
    close: &str,
    out: &mut String,
    limit: usize,
    depth: usize,
) {
    let mut flat = String::new();
    for (index, (name, value)) in items.clone().enumerate() {
        if flat.len() > 100 {
            break;
        }
        flat.push_str(if index > 0 { ", " } else { "" });
        label(name, &mut flat);
        write(value, &mut flat, 100, depth + 1);
    }
    if flat.len() <= 100 && !flat.contains('\n') {
        out.push_str(&format!("{open}{flat}{close}"));
        return;
    }
    out.push_str(open);
    let indent = "  ".repeat(depth + 1);
    let total = items.clone().count();
    for (index, (name, value)) in items.enumerate() {
        if out.len() > limit {
            out.push_str(&format!("\n{indent}... {} more", total - index));
            break;
        }
        out.push_str(&format!("\n{indent}"));
        label(name, out);
        write(value, out, limit, depth + 1);
        out.push(',');
    }
    out.push_str(&format!("\n{}{close}", "  ".repeat(depth)));
}

fn label(name: Option<&str>, out: &mut String) {
    if let Some(name) = name {
        let plain = rhai::is_valid_identifier(name);
        out.push_str(&if plain { format!("{name}: ") } else { format!("{name:?}: ") });
    }
}
