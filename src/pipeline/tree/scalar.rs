//! Plain scalars by the core schema of YAML 1.2 (<https://yaml.org/spec/1.2.2/#103-core-schema>).

use crate::pipeline::tree::Data;

/// What a scalar without quotes is.
pub(super) fn plain(text: &str) -> Data {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Data::Null,
        "true" | "True" | "TRUE" => return Data::Bool(true),
        "false" | "False" | "FALSE" => return Data::Bool(false),
        _ => {}
    }
    whole(text)
        .map(Data::Int)
        .or_else(|| fraction(text).map(Data::Float))
        .unwrap_or_else(|| Data::Text(text.to_owned()))
}

fn whole(text: &str) -> Option<i64> {
    let digits = |rest: &str, base: u32| {
        let plain = !rest.is_empty() && rest.chars().all(|c| c.is_digit(base));
        plain.then(|| i64::from_str_radix(rest, base).ok()).flatten()
    };
    match text.strip_prefix("0x").map(|rest| (rest, 16)).or_else(|| text.strip_prefix("0o").map(|rest| (rest, 8))) {
        Some((rest, base)) => digits(rest, base),
        None => text.parse().ok(),
    }
}

fn fraction(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    match unsigned {
        ".inf" | ".Inf" | ".INF" => return Some(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY }),
        ".nan" | ".NaN" | ".NAN" if unsigned == text => return Some(f64::NAN),
        _ => {}
    }
    let numeric = unsigned.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-'));
    let begins = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    (numeric && begins).then(|| text.parse().ok()).flatten()
}
