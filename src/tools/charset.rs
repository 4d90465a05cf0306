//! The text of a page from its bytes. UTF-8, UTF-16 with its mark, and windows-1252 are read; what is in another
//! character set is for other programs.

/// Labels of UTF-8 and of windows-1252, for which the web takes Latin-1 and ASCII too (WHATWG Encoding, 4.2).
const UTF_8: &[&str] = &["", "utf-8", "utf8", "unicode-1-1-utf-8"];
const LATIN: &[&str] =
    &["windows-1252", "cp1252", "x-cp1252", "iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "us-ascii", "ascii"];

/// What windows-1252 has from 0x80 to 0x9F; its other bytes are the first characters of Unicode.
const SPECIAL: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";

/// Bytes at the beginning of a page in which it may name its character set (WHATWG HTML, 4.2.5.4).
const HEAD: usize = 1024;

/// A page as text: by its byte order mark, which is left out; as UTF-8 if it is that, whatever is named; else by the
/// content type that it was sent with, and if that names nothing by what an HTML page says of itself.
///
/// Fails with the name of a character set that is unknown.
pub fn decoded(body: &[u8], content_type: &str) -> Result<String, String> {
    match body {
        [0xEF, 0xBB, 0xBF, text @ ..] => return Ok(String::from_utf8_lossy(text).into_owned()),
        [0xFE, 0xFF, text @ ..] => return Ok(utf_16(text, u16::from_be_bytes)),
        [0xFF, 0xFE, text @ ..] => return Ok(utf_16(text, u16::from_le_bytes)),
        _ => {}
    }
    if let Ok(text) = std::str::from_utf8(body) {
        return Ok(text.to_owned());
    }
    let sent = content_type.to_lowercase();
    let is_html = sent.is_empty() || sent.contains("html");
    // In UTF-16 it could not be read what a page says of itself.
    let own = || declared(body).filter(|charset| is_html && !charset.starts_with("utf-16"));
    let charset = parameter(&sent).or_else(own).unwrap_or_default();
    match charset.as_str() {
        latin if LATIN.contains(&latin) => Ok(body.iter().copied().map(character).collect()),
        utf_8 if UTF_8.contains(&utf_8) => Ok(String::from_utf8_lossy(body).into_owned()),
        _ => Err(charset),
    }
}

/// The character of a byte in windows-1252.
fn character(byte: u8) -> char {
    let special = byte.checked_sub(0x80).and_then(|place| SPECIAL.chars().nth(usize::from(place)));
    special.unwrap_or(char::from(byte))
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    // What was cut in the middle of a unit loses that unit.
    let (pairs, _) = bytes.as_chunks::<2>();
    String::from_utf16_lossy(&pairs.iter().map(|pair| unit(*pair)).collect::<Vec<_>>())
}

/// The character set that a content type in lower case names, if it names one.
fn parameter(content_type: &str) -> Option<String> {
    let parameters = content_type.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let mut named = parameters.filter(|(name, _)| name.trim() == "charset").map(|(_, value)| value);
    named.next().map(|value| value.trim().trim_matches(['"', '\'']).to_owned()).filter(|value| !value.is_empty())
}

/// The character set that a page names in a `meta` at its beginning, outside of comments.
fn declared(body: &[u8]) -> Option<String> {
    let head: String = body.iter().take(HEAD).map(|byte| char::from(byte.to_ascii_lowercase())).collect();
    let mut pieces = head.split("<!--");
    let first = pieces.next().unwrap_or_default().to_owned();
    let after = pieces.filter_map(|piece| Some(piece.split_once("-->")?.1));
    let head = after.fold(first, |head, rest| head + rest);
    head.split("<meta").skip(1).filter(|tag| tag.starts_with(is_gap)).find_map(|tag| {
        let attributes = attributes(tag);
        let of = |wanted: &str| attributes.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.trim());
        let own = of("charset").filter(|value| !value.is_empty()).map(ToOwned::to_owned);
        let is_type = of("http-equiv") == Some("content-type");
        own.or_else(|| parameter(of("content")?).filter(|_| is_type))
    })
}

/// The names and values of attributes, up to the end of their tag.
fn attributes(mut tag: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    loop {
        tag = tag.trim_start_matches(is_gap);
        if tag.is_empty() || tag.starts_with('>') {
            return found;
        }
        let (name, rest) = before(tag, |c| is_gap(c) || matches!(c, '=' | '>'));
        let Some(rest) = rest.trim_start().strip_prefix('=') else {
            found.push((name, ""));
            tag = rest;
            continue;
        };
        let rest = rest.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
        let quoted = quote.and_then(|quote| rest.strip_prefix(quote)?.split_once(quote));
        let (value, rest) = quoted.unwrap_or_else(|| before(rest, |c| c.is_ascii_whitespace() || c == '>'));
        found.push((name, value));
        tag = rest;
    }
}

const fn is_gap(c: char) -> bool {
    c.is_ascii_whitespace() || c == '/'
}

/// A text in two: before and from the first character of a kind.
fn before(text: &str, is_end: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(is_end).unwrap_or(text.len()))
}
