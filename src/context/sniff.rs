//! Whether the first bytes of a file are text, and if not, what they are. It decides nothing.

/// What a binary file is, and what can be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binary {
    /// In words, with its article.
    pub what: &'static str,
    /// How its text can be had.
    pub hint: &'static str,
}

/// How many bytes of a file are looked at.
pub const SNIFF: usize = 8192;

const MAGIC: &[(&[u8], &str, &str)] = &[
    (b"%PDF-", "a PDF", "convert it first: pdftotext FILE"),
    (b"\x1f\x8b", "gzip-compressed", "unpack it first: gunzip -k FILE"),
    (b"BZh", "bzip2-compressed", "unpack it first: bunzip2 -k FILE"),
    (b"\xfd7zXZ\0", "xz-compressed", "unpack it first: unxz -k FILE"),
    (b"\x28\xb5\x2f\xfd", "zstd-compressed", "unpack it first: unzstd FILE"),
    (b"PK\x03\x04", "a zip archive or an office document", "unpack it, or export it as text"),
    (b"\x89PNG", "a PNG picture", "give pictures to llm with #{images: [...]}"),
    (b"\xff\xd8\xff", "a JPEG picture", "give pictures to llm with #{images: [...]}"),
    (b"GIF8", "a GIF picture", "give pictures to llm with #{images: [...]}"),
    (b"\x7fELF", "a program", "give it text"),
    (b"SQLite format 3\0", "an SQLite database", "dump it first: sqlite3 FILE .dump"),
    (b"\xff\xfe", "UTF-16 text", "convert it first: iconv -f UTF-16 -t UTF-8 FILE"),
    (b"\xfe\xff", "UTF-16 text", "convert it first: iconv -f UTF-16 -t UTF-8 FILE"),
];

/// What the file is if it is not text: its first bytes are those of a known format, or there is a NUL among them.
pub fn binary(bytes: &[u8]) -> Option<Binary> {
    let head = &bytes[..bytes.len().min(SNIFF)];
    let known = MAGIC.iter().find(|(magic, _, _)| head.starts_with(magic));
    if let Some((magic, what, hint)) = known
        && (magic.len() > 3 || !head.iter().all(u8::is_ascii))
    {
        return Some(Binary { what, hint });
    }
    memchr::memchr(0, head).map(|_| Binary { what: "binary", hint: "give it text, or convert it to text first" })
}

#[cfg(test)]
mod tests {
    use super::binary;

    #[test]
    fn knows_text_from_the_rest() {
        let check = |bytes: &[u8], expect: Option<&str>| assert_eq!(binary(bytes).map(|b| b.what), expect);
        check(b"", None);
        check("plain, grün\n".as_bytes(), None);
        check(b"latin-1: \xe9\xff\n", None);
        check(b"BZhou is a name", None);
        check(b"GIF8 is four letters", Some("a GIF picture"));
        check(b"a\0b", Some("binary"));
        check(b"%PDF-1.7\n", Some("a PDF"));
        check(b"\xff\xfea\0b\0", Some("UTF-16 text"));
        check(&[&[b'x'; 9000][..], b"\0"].concat(), None);
    }
}
