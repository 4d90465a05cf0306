//! Data in which the structure repeats and the content does not: tables, lists, JSON, logs, numbers.

use super::writing::LANGUAGES;
use super::{Stream, parts};

const NAMES: &[&str] = &["Ann", "Bede", "Clare", "Denis", "Edith", "Felix", "Giles", "Hilda", "Ivar", "Jorunn"];
const TOWNS: &[&str] = &["Lund", "Visby", "Falun", "Ystad", "Kiruna", "Malung", "Borås"];

/// Good records.
pub(super) fn streams() -> Vec<Stream> {
    [tables(), json(), lists(), logs(), numbers()].into_iter().flatten().collect()
}

fn tables() -> Vec<Stream> {
    [lists_of_cells(), grids()].into_iter().flatten().collect()
}

fn lists_of_cells() -> Vec<Stream> {
    vec![
        Stream::new(
            "table of numbers",
            parts(80, |n, d| format!("| {n} | {} | {} | {}.{} |\n", d.roll(1_000), d.roll(50), d.roll(90), d.roll(10))),
        ),
        Stream::new(
            "table of words",
            parts(80, |n, d| {
                format!(
                    "| {}-{n} | {} | {} | open |\n",
                    d.pick(NAMES),
                    d.pick(TOWNS),
                    d.pick(&["boat", "ferry", "tug"])
                )
            }),
        ),
        Stream::new(
            "table of yes and no",
            parts(60, |n, d| {
                let mark = |d: &mut super::Dice| d.pick(&["yes", "no"]);
                format!("| {} {n} | {} | {} | {} | {} |\n", d.pick(NAMES), mark(d), mark(d), mark(d), mark(d))
            }),
        ),
        Stream::new(
            "table with padding",
            parts(60, |n, d| {
                format!(
                    "| {:<40} | {:>20} | {:<30} |\n",
                    format!("{} {n}", d.pick(NAMES)),
                    d.roll(99_999),
                    d.pick(TOWNS)
                )
            }),
        ),
        Stream::new("table with a column of zeros", parts(90, |n, d| format!("{n},{},0,0,0,0\n", d.roll(5_000)))),
    ]
}

fn grids() -> Vec<Stream> {
    vec![
        Stream::new(
            "csv by the hour, mostly zero",
            parts(168, |n, _| format!("2024-01-{:02} {:02}:00:00,0.0,0.0,0.0,0.0\n", 1 + n / 24, n % 24)),
        ),
        Stream::new(
            "truth table",
            parts(64, |n, _| {
                let bit = |place: usize| if n >> place & 1 == 1 { "T" } else { "F" };
                format!(
                    "| {} | {} | {} | {} | {} | {} | {} |\n",
                    bit(5),
                    bit(4),
                    bit(3),
                    bit(2),
                    bit(1),
                    bit(0),
                    bit(n % 6)
                )
            }),
        ),
        Stream::new(
            "multiplication table",
            parts(144, |n, _| {
                let (a, b) = (1 + n / 12, 1 + n % 12);
                format!("{a} x {b} = {}\n", a * b)
            }),
        ),
        Stream::new(
            "empty table to fill in",
            format!("| day | morning | evening |\n|---|---|---|\n{}", parts(31, |n, _| format!("| {} | | |\n", n + 1))),
        ),
    ]
}

fn json() -> Vec<Stream> {
    vec![
        Stream::new(
            "json objects",
            parts(70, |n, d| {
                format!(
                    "{{\"id\": {n}, \"name\": \"{}\", \"town\": \"{}\", \"score\": 0.{}, \"active\": true}},\n",
                    d.pick(NAMES),
                    d.pick(TOWNS),
                    d.roll(1_000)
                )
            }),
        ),
        Stream::new(
            "json objects, indented",
            parts(50, |n, d| {
                format!(
                    "  {{\n    \"id\": {n},\n    \"type\": \"vessel\",\n    \"attributes\": {{\n      \"name\": \"{}\",\n      \"length\": {},\n      \"flags\": [],\n      \"owner\": null\n    }},\n    \"links\": {{\n      \"self\": \"/vessels/{n}\"\n    }}\n  }},\n",
                    d.pick(NAMES),
                    d.roll(200)
                )
            }),
        ),
        Stream::new(
            "json of flags",
            parts(120, |n, d| {
                format!(
                    "\"option_{n}\": {{\"enabled\": {}, \"visible\": {}}},\n",
                    d.pick(&["true", "false"]),
                    d.pick(&["true", "false"])
                )
            }),
        ),
        Stream::new(
            "json array of labels",
            format!("[{}]", parts(300, |_, d| format!("\"{}\", ", d.pick(&["good", "bad", "unclear", "neutral"])))),
        ),
        Stream::new(
            "json coordinates",
            parts(150, |_, d| format!("[{}.{}, {}.{}], ", d.roll(180), d.roll(9_999), d.roll(90), d.roll(9_999))),
        ),
        Stream::new("array of 250 zeros", format!("[{}0]", "0, ".repeat(249))),
        Stream::new(
            "matrix of zeros and ones",
            parts(24, |_, d| {
                let row: Vec<String> = (0..24).map(|_| d.roll(2).to_string()).collect();
                format!("[{}],\n", row.join(", "))
            }),
        ),
        Stream::new(
            "identity matrix",
            parts(14, |n, _| {
                let row: Vec<&str> = (0..14).map(|column| if column == n { "1" } else { "0" }).collect();
                format!("[{}],\n", row.join(", "))
            }),
        ),
        Stream::new("default objects", parts(18, |_, _| "{\"x\": 0, \"y\": 0, \"visible\": true},\n".to_owned())),
    ]
}

fn lists() -> Vec<Stream> {
    let verbs = ["Open", "Close", "Check", "Clean", "Replace", "Measure", "Paint", "Oil"];
    let things = ["the valve", "the gate", "the lamp", "the rope", "the engine", "the mast", "the pump"];
    vec![
        Stream::new(
            "numbered steps",
            parts(70, |n, d| format!("{}. {} {} of berth {}.\n", n + 1, d.pick(&verbs), d.pick(&things), d.roll(40))),
        ),
        Stream::new("tasks by number", parts(120, |n, _| format!("- [ ] Task {n}\n"))),
        Stream::new(
            "days to plan",
            parts(90, |n, d| format!("Day {}: {} {}.\n", n + 1, d.pick(&verbs), d.pick(&things))),
        ),
        Stream::new("names", parts(200, |n, d| format!("- {} {}{}\n", d.pick(NAMES), d.pick(TOWNS), n))),
        Stream::new(
            "addresses of pages",
            parts(90, |n, d| format!("https://example.com/{}/{}/page-{n}.html\n", d.pick(TOWNS), d.pick(NAMES))),
        ),
        Stream::new(
            "questions and answers",
            parts(40, |n, d| format!("**Q{n}: What happened then?**\n\nA: {}\n\n", LANGUAGES[0].sentence(d))),
        ),
        Stream::new(
            "classified reviews",
            parts(90, |n, d| {
                format!("Review {n}: {}\nReason: {}\n", d.pick(&["positive", "negative"]), LANGUAGES[0].sentence(d))
            }),
        ),
        Stream::new(
            "chess moves",
            parts(80, |n, d| {
                let field =
                    |d: &mut super::Dice| format!("{}{}", d.pick(&["a", "b", "c", "d", "e", "f"]), 1 + d.roll(8));
                format!("{}. N{} {}{} ", n + 1, field(d), d.pick(&["B", "R", "Q", ""]), field(d))
            }),
        ),
    ]
}

fn logs() -> Vec<Stream> {
    [servers(), tools()].into_iter().flatten().collect()
}

fn servers() -> Vec<Stream> {
    vec![
        Stream::new(
            "web server log",
            parts(80, |n, d| {
                format!(
                    "10.0.{}.{} - - [01/Jan/2024:10:{:02}:{:02} +0000] \"GET /{}/{} HTTP/1.1\" 200 {}\n",
                    d.roll(9),
                    d.roll(255),
                    n / 60,
                    n % 60,
                    d.pick(TOWNS),
                    d.roll(500),
                    d.roll(90_000)
                )
            }),
        ),
        Stream::new(
            "application log",
            parts(80, |n, d| {
                let what = d.pick(&[
                    "request finished",
                    "cache miss for key",
                    "user logged in",
                    "retrying connection",
                    "job queued",
                ]);
                format!(
                    "2024-01-01T10:{:02}:{:02}.{:03}Z INFO  [worker-{}] {what} id={:08x}\n",
                    n / 60,
                    n % 60,
                    d.roll(1_000),
                    d.roll(8),
                    d.roll(0xFFF_FFFF)
                )
            }),
        ),
        Stream::new(
            "ping",
            parts(100, |n, d| format!("64 bytes from 10.0.0.1: icmp_seq={n} ttl=64 time=0.{} ms\n", d.roll(1_000))),
        ),
    ]
}

fn tools() -> Vec<Stream> {
    vec![
        Stream::new("heartbeat", parts(80, |n, _| format!("[00:{:02}:{:02}] ping ok\n", n / 60, n % 60))),
        Stream::new("progress", parts(100, |n, _| format!("Downloading {}%\n", n + 1))),
        Stream::new(
            "test run",
            parts(120, |n, d| {
                format!(
                    "test {}_{}_{n} ... ok\n",
                    d.pick(&["reads", "writes", "keeps"]),
                    d.pick(&["lines", "files", "order"])
                )
            }),
        ),
        Stream::new(
            "compiler output",
            parts(60, |n, d| {
                format!(
                    "   Compiling {}-{n} v{}.{}.{}\n",
                    d.pick(&["serde", "tokio", "regex", "clap"]),
                    d.roll(3),
                    d.roll(30),
                    d.roll(9)
                )
            }),
        ),
    ]
}

fn numbers() -> Vec<Stream> {
    let encoded = |count: usize| {
        parts(count, |n, d| {
            let line: String = (0..64)
                .map(|_| char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[d.roll(64)]))
                .collect();
            format!("{line}{}", if n % 2 == 0 { "\n" } else { "\r\n" })
        })
    };
    vec![
        Stream::new("base64", encoded(50)),
        Stream::new("base64 without line ends", encoded(50).replace(['\n', '\r'], "")),
        Stream::new(
            "hex dump",
            parts(60, |n, d| {
                let bytes: Vec<String> = (0..16).map(|_| format!("{:02x}", d.roll(256))).collect();
                format!("{:08x}  {}\n", n * 16, bytes.join(" "))
            }),
        ),
        Stream::new(
            "hex dump, mostly zero",
            parts(24, |n, d| {
                let bytes: Vec<String> = (0..16)
                    .map(|_| if d.roll(9) == 0 { format!("{:02x}", d.roll(256)) } else { "00".to_owned() })
                    .collect();
                format!("{:08x}  {}\n", n * 16, bytes.join(" "))
            }),
        ),
        Stream::new(
            "uuids",
            parts(80, |_, d| {
                format!(
                    "{:08x}-{:04x}-4{:03x}-{:04x}\n",
                    d.roll(0xFFF_FFFF),
                    d.roll(0xFFFF),
                    d.roll(0xFFF),
                    d.roll(0xFFFF)
                )
            }),
        ),
        Stream::new("dna", parts(2_400, |_, d| d.pick(&["A", "C", "G", "T"]).to_owned())),
        Stream::new("digits of a number", parts(3_000, |_, d| d.roll(10).to_string())),
        Stream::new("squares", parts(200, |n, _| format!("{}, ", n * n))),
        Stream::new("counting", parts(700, |n, _| format!("{} ", n + 1))),
        Stream::new("dates", parts(200, |n, _| format!("2024-{:02}-{:02}\n", 1 + n / 28 % 12, 1 + n % 28))),
        Stream::new(
            "board of a game",
            parts(20, |_, d| {
                let row: String = (0..20).map(|_| if d.roll(5) == 0 { '#' } else { '.' }).collect();
                format!("{row}\n")
            }),
        ),
        Stream::new(
            "far beyond four bytes a token",
            "Donaudampfschifffahrtsgesellschaft "
                .chars()
                .chain(parts(900, |n, d| format!("{}{n}{} ", d.pick(TOWNS), d.pick(NAMES))).chars())
                .collect::<String>(),
        )
        .expecting(1_600),
    ]
}
