//! Whether a picture's file is whole: its size in pixels and its end, as its format prescribes. No pixel is decoded.
//!
//! A file that a download or a full disk cut short has a right beginning; a provider would bill it or refuse it late.

/// Width and height of a file of this type, in pixels, or why it cannot be a whole picture.
pub(super) fn size(media_type: &str, bytes: &[u8]) -> Result<(u32, u32), &'static str> {
    let read = match media_type {
        "image/png" => png(bytes),
        "image/jpeg" => jpeg(bytes),
        "image/gif" => gif(bytes),
        _ => webp(bytes),
    };
    match read {
        None => Err("it ends in the middle"),
        Some((width, height)) if width == 0 || height == 0 => Err("it has no pixels"),
        Some(size) => Ok(size),
    }
}

fn big(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

fn little(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

fn length(number: u32) -> Option<usize> {
    usize::try_from(number).ok()
}

/// Chunks of length, name, content and checksum from IHDR to IEND (<https://www.w3.org/TR/png-3/#5DataRep>).
fn png(bytes: &[u8]) -> Option<(u32, u32)> {
    let (mut at, mut size, mut has_data) = (8, None, false);
    loop {
        let long = length(big(bytes.get(at..at + 4)?))?;
        let content = bytes.get(at + 8..at.checked_add(long)?.checked_add(8)?)?;
        match bytes.get(at + 4..at + 8)? {
            b"IHDR" => size = Some((big(content.get(..4)?), big(content.get(4..8)?))),
            b"IDAT" => has_data = true,
            b"IEND" => return size.filter(|_| has_data),
            _ => {}
        }
        at += long + 12;
    }
}

/// Segments up to the scan, and behind it the end marker (ITU-T T.81, annex B).
fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let (mut at, mut size) = (2, None);
    loop {
        while bytes.get(at..at + 2)? == [0xFF, 0xFF] {
            at += 1;
        }
        let [0xFF, marker] = *bytes.get(at..at + 2)? else { return None };
        let long = length(big(bytes.get(at + 2..at + 4)?))?;
        match marker {
            0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => {
                let (height, width) = (big(bytes.get(at + 5..at + 7)?), big(bytes.get(at + 7..at + 9)?));
                // A height of 0 is told behind the first scan.
                size = Some((width, height.max(1)));
            }
            0xDA => {
                let scan = bytes.get(at + 2 + long..)?;
                return size.filter(|_| scan.windows(2).any(|two| two == [0xFF, 0xD9]));
            }
            _ => {}
        }
        at += 2 + long.max(2);
    }
}

/// Blocks up to the trailer (<https://www.w3.org/Graphics/GIF/spec-gif89a.txt>).
fn gif(bytes: &[u8]) -> Option<(u32, u32)> {
    let table = |flags: u8| if flags & 0x80 == 0 { 0 } else { 3 << (usize::from(flags & 7) + 1) };
    let size = (little(bytes.get(6..8)?), little(bytes.get(8..10)?));
    let mut at = 13 + table(*bytes.get(10)?);
    loop {
        at += match *bytes.get(at)? {
            0x3B => return Some(size),
            0x21 => 2,
            0x2C => 11 + table(*bytes.get(at + 9)?),
            _ => return None,
        };
        loop {
            let long = usize::from(*bytes.get(at)?);
            at += 1 + long;
            if long == 0 {
                break;
            }
        }
    }
}

/// One RIFF of the length that it says, which begins with a frame or with the size of the canvas
/// (<https://developers.google.com/speed/webp/docs/riff_container>).
fn webp(bytes: &[u8]) -> Option<(u32, u32)> {
    let long = length(little(bytes.get(4..8)?))?;
    bytes.get(8..long.checked_add(8)?)?;
    let content = bytes.get(20..)?;
    match bytes.get(12..16)? {
        b"VP8X" => Some((little(content.get(4..7)?) + 1, little(content.get(7..10)?) + 1)),
        b"VP8L" => {
            let bits = little(content.get(1..5)?);
            Some(((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1))
        }
        b"VP8 " => Some((little(content.get(6..8)?) & 0x3FFF, little(content.get(8..10)?) & 0x3FFF)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    const PNG: &[u8] =
        b"\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR\0\0\0\x02\0\0\0\x01\x08\x02\0\0\0crc1\0\0\0\x01IDATxcrc2\0\0\0\0IENDcrc3";
    const JPEG: &[u8] =
        b"\xFF\xD8\xFF\xE0\0\x04ab\xFF\xFF\xC0\0\x0B\x08\0\x01\0\x02\x01\x01\x11\0\xFF\xDA\0\x03\0data\xFF\xD9";
    const GIF: &[u8] =
        b"GIF89a\x02\0\x01\0\x80\0\0rgbRGB\x21\xF9\x04\0\0\0\0\0\x2C\0\0\0\0\x02\0\x01\0\0\x02\x02ab\0\x3B";
    const WEBP: &[u8] = b"RIFF\x16\0\0\0WEBPVP8L\x0A\0\0\0\x2F\x01\0\0\0data!";

    #[test]
    fn a_whole_file_passes_and_no_beginning_of_it_does() {
        for (media_type, bytes) in [("image/png", PNG), ("image/jpeg", JPEG), ("image/gif", GIF), ("image/webp", WEBP)]
        {
            assert_eq!(size(media_type, bytes), Ok((2, 1)), "{media_type}");
            assert_eq!(size(media_type, &[bytes, b"trailing"].concat()), Ok((2, 1)), "{media_type}");
            // The last checksum of a PNG is not looked for.
            let needed = bytes.len() - if media_type == "image/png" { 4 } else { 0 };
            for cut in 0..needed {
                assert_eq!(size(media_type, &bytes[..cut]), Err("it ends in the middle"), "{media_type} {cut}");
            }
        }
    }

    #[test]
    fn a_picture_has_pixels() {
        let mut none = PNG.to_vec();
        none[19] = 0;
        assert_eq!(size("image/png", &none), Err("it has no pixels"));
        // A length that reaches beyond any file.
        let mut long = PNG.to_vec();
        long[8..12].fill(0xFF);
        assert_eq!(size("image/png", &long), Err("it ends in the middle"));
    }
}
