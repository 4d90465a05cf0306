//! Pictures: what kind a file is, told from its bytes, and its content in the form that protocols send.
//!
//! Which files may be read is decided where they are read.

mod header;

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::message::Image;

/// The most bytes of one picture: Anthropic's limit, the lowest of the providers'
/// (<https://platform.claude.com/docs/en/build-with-claude/vision>).
pub const MOST_BYTES: usize = 5 * 1024 * 1024;
/// The most bytes of all pictures of a request together; in base64 they stay below Anthropic's 32 MB per request.
pub const MOST_TOGETHER: usize = 20 * 1024 * 1024;
/// The most pictures of a request, Anthropic's limit.
pub const MOST_PIECES: usize = 100;

/// The most pixels on a side where Anthropic is sent more than 20 pictures.
const MANY_SIDE: u32 = 2_000;

/// The most pixels on a side of a picture in a request with so many, where a provider documents that: Anthropic refuses
/// others (<https://platform.claude.com/docs/en/build-with-claude/vision#evaluate-image-size>). OpenAI and Google make large
/// ones smaller by themselves.
pub const fn most_side(anthropic: bool, pieces: usize) -> u32 {
    match (anthropic, pieces) {
        (false, _) => u32::MAX,
        (true, 0..=20) => 8_000,
        (true, _) => MANY_SIDE,
    }
}

/// The picture that a file holds; `name` is for messages.
///
/// # Errors
/// `invalid` if it is none of the kinds that providers read, not whole, or larger than `most_side` pixels on a side.
pub fn from_bytes(name: &str, bytes: &[u8], most_side: u32) -> Outcome<Image> {
    let Some(media_type) = media_type(bytes) else {
        return Err(Failure::new(FailureKind::Invalid, format!("`{name}` is no picture that models read"))
            .hint("PNG, JPEG, GIF and WebP are; convert it first"));
    };
    let (width, height) = header::size(media_type, bytes).map_err(|fault| {
        Failure::new(FailureKind::Invalid, format!("the picture `{name}` is broken: {fault}"))
            .hint("fetch or save it again")
    })?;
    if width.max(height) > most_side {
        let what = format!("the picture `{name}` has {width} x {height} pixels, more than {most_side} on a side");
        let fewer = if most_side == MANY_SIDE { ", or send at most 20 with a call" } else { "" };
        let hint = format!("its provider refuses it: make it smaller{fewer}");
        return Err(Failure::new(FailureKind::Invalid, what).hint(hint));
    }
    let hash = blake3::hash(bytes).to_hex().to_string();
    Ok(Image::Data { media_type: media_type.to_owned(), hash, base64: base64(bytes).into() })
}

/// The type of a picture, from the first bytes that its format prescribes.
fn media_type(bytes: &[u8]) -> Option<&'static str> {
    let is_webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    match bytes {
        _ if bytes.starts_with(b"\x89PNG\r\n\x1A\n") => Some("image/png"),
        _ if bytes.starts_with(b"\xFF\xD8\xFF") => Some("image/jpeg"),
        _ if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") => Some("image/gif"),
        _ if is_webp => Some("image/webp"),
        _ => None,
    }
}

/// Base64 with padding (RFC 4648, section 4).
pub fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let at = |place: usize| u32::from(three.get(place).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= three.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{base64, from_bytes, media_type};

    #[test]
    fn encodes_as_the_standard_does() {
        // RFC 4648, section 10.
        for (bytes, expect) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), expect);
        }
        assert_eq!(base64(&[0xFB, 0xFF, 0xBF]), "+/+/");
    }

    #[test]
    fn kinds_are_told_from_bytes() {
        assert_eq!(media_type(b"\x89PNG\r\n\x1A\nrest"), Some("image/png"));
        assert_eq!(media_type(b"\xFF\xD8\xFF\xE0"), Some("image/jpeg"));
        assert_eq!(media_type(b"GIF89a"), Some("image/gif"));
        assert_eq!(media_type(b"RIFF\0\0\0\0WEBPVP8 "), Some("image/webp"));
        for other in [&b""[..], b"\x89PN", b"%PDF-1.7", b"RIFF\0\0\0\0WAVE", b"<svg/>"] {
            assert!(from_bytes("a.png", other, 8_000).is_err());
        }
    }
}
