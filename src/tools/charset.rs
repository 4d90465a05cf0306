//! The text of a page from its bytes, in whatever character set of the web it is.

use encoding_rs::{Encoding, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE};

/// Bytes at the beginning of a page in which it may name its character set (WHATWG HTML, 4.2.5.4).
const HEAD: usize = 1024;

/// A page as text: by its byte order mark, which is left out; as UTF-8 if it is that, whatever is named, unless the
/// content type names a set whose bytes may all be those of ASCII and the page looks like it; else by the content type
/// that it was sent with, and if that names nothing by what an HTML page says of itself.
///
/// Fails with the name of a character set that is unknown.
pub fn decoded(body: &[u8], content_type: &str) -> Result<String, String> {
    if let Some((marked, _)) = Encoding::for_bom(body) {
        return Ok(marked.decode_with_bom_removal(body).0.into_owned());
    }
    let sent = content_type.to_lowercase();
    let is_html = sent.is_empty() || sent.contains("html");
    let named = parameter(&sent);
    let charset = named.as_deref().map(|label| (label, Encoding::for_label(label.as_bytes())));
    let is_own = charset.is_some_and(|(_, set)| set.is_some_and(|set| is_own(set, body)));
    if let Some(text) = std::str::from_utf8(body).ok().filter(|_| !is_own) {
        return Ok(text.to_owned());
    }
    let own = declared(body).filter(|_| is_html);
    let said = own.as_deref().map(|label| (label, Encoding::for_label(label.as_bytes()).map(of_page)));
    match charset.or(said) {
        None => Ok(String::from_utf8_lossy(body).into_owned()),
        Some((_, Some(encoding))) if encoding != REPLACEMENT => {
            Ok(encoding.decode_without_bom_handling(body).0.into_owned())
        }
        Some((label, _)) => Err(label.to_owned()),
    }
}

/// Whether a page that may be UTF-8 looks like one of a set whose bytes are those of ASCII and mean something else. Plain
/// text has none of their signs: zeros in UTF-16, in the others what changes the set (`ESC`, and `~` in HZ).
fn is_own(set: &'static Encoding, body: &[u8]) -> bool {
    let signs: &[u8] = if [UTF_16LE, UTF_16BE].contains(&set) { &[0] } else { &[0x1b, b'~'] };
    !set.is_ascii_compatible() && body.iter().any(|byte| signs.contains(byte))
}

/// What a page says of itself, in bytes that are those of ASCII: so it is not in UTF-16, whatever it says.
fn of_page(named: &'static Encoding) -> &'static Encoding {
    if [UTF_16LE, UTF_16BE].contains(&named) { UTF_8 } else { named }
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
