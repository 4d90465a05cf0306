//! Texts in which much repeats and nothing is wrong: prose, verse, code, and the files of this project.

use super::writing::LANGUAGES;
use super::{Dice, Stream, parts};
use std::path::Path;

/// Good prose, verse and code.
pub(super) fn streams() -> Vec<Stream> {
    let mut all: Vec<Stream> = LANGUAGES
        .iter()
        .map(|language| {
            let text = parts(90, |n, dice| {
                let end = if n % 6 == 5 { "\n\n" } else { "" };
                format!("{}{end}", language.sentence(dice))
            });
            Stream::new(format!("prose, {}", language.name), text)
        })
        .collect();
    all.extend(prose());
    all.extend(code());
    all.extend(with_evidence());
    all
}

fn english(count: usize, seed: u64) -> String {
    let mut dice = Dice(seed);
    (0..count).map(|_| LANGUAGES[0].sentence(&mut dice)).collect()
}

fn prose() -> Vec<Stream> {
    let draft = english(60, 3);
    let chorus = "Oh row, my brothers, row the boat,\nthe tide is turning home,\nand she who waits has lit the lamp\nabove the breaking foam.\n\n";
    vec![
        Stream::new("an answer written twice, draft and final", format!("{draft}\n\nHere is the answer.\n\n{draft}")),
        Stream::new("the same text quoted three times", format!("{0}\n---\n{0}\n---\n{0}", english(12, 9))),
        Stream::new(
            "song with a chorus",
            parts(7, |n, dice| {
                let verse: Vec<String> = (0..4).map(|_| LANGUAGES[0].sentence(dice)).collect();
                format!("{}. {}\n\n{chorus}", n + 1, verse.join("\n"))
            }),
        ),
        Stream::new(
            "litany",
            parts(60, |n, dice| {
                let name = ["Ann", "Bede", "Clare", "Denis", "Edith", "Felix", "Giles", "Hilda"][n % 8];
                format!("Saint {name} of {}{n}, pray for us.\n", dice.pick(&["Lyn", "Mar", "Tor", "Wick"]))
            }),
        ),
        Stream::new("villanelle", VILLANELLE),
        Stream::new(
            "glossary",
            parts(50, |n, dice| format!("**term-{n}-{}**: {}\n\n", dice.roll(9_999), LANGUAGES[0].sentence(dice))),
        ),
        Stream::new(
            "dialogue",
            parts(60, |n, dice| {
                let who = if n % 2 == 0 { "User" } else { "Assistant" };
                format!("{who}: {}\n", LANGUAGES[0].sentence(dice))
            }),
        ),
        Stream::new(
            "letters to many people",
            parts(14, |n, dice| {
                let name = format!(
                    "{}{}",
                    dice.pick(&["Ander", "Berg", "Carl", "Dahl"]),
                    dice.pick(&["son", "sen", "man", "qvist"])
                );
                format!(
                    "Dear {name},\n\nthank you for your order {}. The parcel with {} left our house on {} May and should \
                     reach {} by the end of the week. Please write to us if anything is missing.\n\nYours, the shop\n\n",
                    4_000 + n * 37,
                    dice.pick(&["two lamps", "a kettle", "the blue chairs", "six glasses"]),
                    n + 1,
                    dice.pick(&["Lund", "Visby", "Falun", "Ystad", "Kiruna", "Malung"])
                )
            }),
        ),
        Stream::new(
            "laughter and shouts",
            format!("\"Ha ha ha ha ha!\" he cried. \"No, no, no, no, no!\" {}", english(40, 5)),
        ),
    ]
}

const VILLANELLE: &str = "The boats come in beneath the failing light.\nWe count the lanterns swaying, one by one,\n\
and call their names until the end of night.\n\nMy father kept the harbour books aright,\nhe wrote what every crew had lost or won.\n\
The boats come in beneath the failing light.\n\nI learned to read by ledgers, left and right,\nthe weight of herring, cordage by the ton,\n\
and call their names until the end of night.\n\nThere was a year when storms would not take flight,\nand mothers asked the sea for every son.\n\
The boats come in beneath the failing light.\n\nNow steel has come, and engines, and a bright\nmachine that knows the course that they will run,\n\
and call their names until the end of night.\n\nYet still we stand, the old ones, on the height,\nand wave our lamps as we have always done.\n\
The boats come in beneath the failing light,\nand call their names until the end of night.\n";

const WORDS: &[&str] = &["read", "write", "open", "close", "seek", "flush", "stat", "link", "mount", "sync"];
fn unit(n: usize, dice: &mut Dice) -> String {
    format!(
        "    def test_{}_{n}(self):\n        self.assertEqual(self.client.{}({}, {}), {})\n\n",
        dice.pick(WORDS),
        dice.pick(WORDS),
        dice.roll(100),
        dice.roll(100),
        dice.roll(1_000)
    )
}

fn route(n: usize, dice: &mut Dice) -> String {
    format!(
        "  /{0}s/{{id}}:\n    get:\n      summary: Returns one {0}\n      operationId: get{0}{n}\n      parameters:\n        - name: id\n          \
             in: path\n          required: true\n          schema:\n            type: integer\n      responses:\n        \
             '200':\n          description: the {0}\n          content:\n            application/json:\n              schema:\n                \
             $ref: '#/components/schemas/{0}'\n        '404':\n          description: not found\n",
        format!("{}{}", dice.pick(WORDS), dice.pick(&["er", "able", "ing", "ment"]))
    )
}

fn service(n: usize, dice: &mut Dice) -> String {
    let name = format!("{}-{}{n}", dice.pick(WORDS), dice.pick(&["api", "web", "job", "db"]));
    format!(
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\n  namespace: production\n  labels:\n    app: {name}\n\
             spec:\n  replicas: 2\n  selector:\n    matchLabels:\n      app: {name}\n  template:\n    metadata:\n      labels:\n        app: {name}\n    \
             spec:\n      containers:\n        - name: {name}\n          image: registry.example.com/{name}:1.{}\n          ports:\n            - containerPort: 8080\n          \
             resources:\n            limits:\n              memory: 256Mi\n              cpu: 500m\n",
        dice.roll(30)
    )
}

fn code() -> Vec<Stream> {
    [documents(), programs(), traces(), drawings()].into_iter().flatten().collect()
}

fn documents() -> Vec<Stream> {
    vec![
        Stream::new("python tests", parts(60, unit)),
        Stream::new("openapi document", parts(24, route)),
        Stream::new("kubernetes manifests", parts(16, service)),
        Stream::new(
            "sql inserts",
            parts(80, |n, dice| {
                format!(
                    "INSERT INTO customers (id, first_name, last_name, city, active, created_at) VALUES ({n}, '{}{n}', '{}', '{}', true, '2024-0{}-1{}');\n",
                    dice.pick(&["Ann", "Bo", "Cai"]),
                    dice.pick(&["Berg", "Lund", "Holm"]),
                    dice.pick(&["Oslo", "Bergen"]),
                    1 + n % 9,
                    n % 10
                )
            }),
        ),
    ]
}

fn programs() -> Vec<Stream> {
    vec![
        Stream::new(
            "html rows with long classes",
            parts(60, |n, dice| {
                let cell = |text: &str| {
                    format!("    <td class=\"px-6 py-4 whitespace-nowrap text-sm text-gray-500\">{text}</td>\n")
                };
                format!(
                    "  <tr class=\"border-b\">\n{}{}{}  </tr>\n",
                    cell(&format!("{}{n}", dice.pick(WORDS))),
                    cell(&dice.roll(9_999).to_string()),
                    cell(dice.pick(WORDS))
                )
            }),
        ),
        Stream::new(
            "css rules",
            parts(70, |n, dice| {
                format!(
                    ".{}-{n} {{\n  margin: {}px;\n  padding: {}px;\n  color: #{:06x};\n}}\n\n",
                    dice.pick(WORDS),
                    dice.roll(40),
                    dice.roll(40),
                    dice.roll(0xFF_FFFF)
                )
            }),
        ),
        Stream::new(
            "match arms",
            parts(90, |n, dice| {
                format!("        {n} => Some(Kind::{}{}),\n", dice.pick(&["Small", "Large", "Round"]), n * 7)
            }),
        ),
        Stream::new(
            "getters",
            parts(50, |n, dice| {
                let name = format!("{}_{n}", dice.pick(WORDS));
                format!(
                    "    /// Returns the {name}.\n    pub fn {name}(&self) -> &str {{\n        &self.{name}\n    }}\n\n"
                )
            }),
        ),
        Stream::new(
            "assembler",
            parts(200, |_, dice| {
                format!(
                    "    {} x{}, x{}, x{}\n",
                    dice.pick(&["add", "sub", "mul", "and", "orr"]),
                    dice.roll(31),
                    dice.roll(31),
                    dice.roll(31)
                )
            }),
        ),
    ]
}

fn traces() -> Vec<Stream> {
    vec![
        Stream::new(
            "stack trace of a recursion",
            parts(40, |_, dice| {
                let what = dice.pick(&["walk", "visit", "reduce", "follow"]);
                format!("  File \"{what}.py\", line {}, in {what}\n    return {what}(node)\n", dice.roll(90))
            }),
        ),
        Stream::new(
            "stack trace cut after 12 calls",
            "  File \"walk.py\", line 12, in walk\n    return walk(node.left)\n".repeat(12),
        ),
        Stream::new(
            "diff",
            parts(60, |n, dice| {
                format!(
                    "@@ -{n},3 +{n},3 @@\n-    let {0} = {1};\n+    let {0} = {2};\n     done();\n",
                    dice.pick(WORDS),
                    dice.roll(100),
                    dice.roll(100)
                )
            }),
        ),
    ]
}

fn drawings() -> Vec<Stream> {
    vec![
        Stream::new(
            "svg path",
            parts(300, |_, dice| {
                format!("L{}.{} {}.{} ", dice.roll(900), dice.roll(10), dice.roll(900), dice.roll(10))
            }),
        ),
        Stream::new(
            "wide rules and dashes",
            parts(12, |n, dice| {
                format!("{}\n# Part {n}\n{}\n{}\n", "=".repeat(100), "-".repeat(100), LANGUAGES[0].sentence(dice))
            }),
        ),
    ]
}

/// Streams of servers that tell how open each choice was.
fn with_evidence() -> Vec<Stream> {
    let prose = || english(60, 17);
    let mut dice = Dice(5);
    let mut even = Dice(6);
    let mut names = Dice(7);
    let mut json = Dice(8);
    vec![
        Stream::new("entropy of plain prose", prose()).with_bits(move |_| dice.bits(0.0, 3.2)),
        Stream::new("entropy of free verse", prose()).with_bits(move |_| even.bits(0.5, 5.0)),
        Stream::new("entropy of prose with names", prose())
            .with_bits(move |n| if n % 60 < 7 { names.bits(3.5, 6.5) } else { names.bits(0.0, 2.5) }),
        Stream::new("entropy of JSON", prose())
            .with_bits(move |n| if n % 9 < 3 { json.bits(1.0, 4.5) } else { json.bits(0.0, 0.2) }),
    ]
}

/// The project's own files.
pub(super) fn files() -> Vec<Stream> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for name in ["README.md", "ARCHITECTURE.md", "Cargo.toml", "Cargo.lock"] {
        found.push(root.join(name));
    }
    for folder in ["src", "tests", "stdlib", "examples", "scripts", "benches"] {
        collect(&root.join(folder), &mut found);
    }
    let read = |path: std::path::PathBuf| {
        let text = std::fs::read_to_string(&path).ok()?;
        // The words of the loops below would be loops in themselves.
        let own = path.ends_with("tests/monitor/bad.rs");
        let name = path.strip_prefix(root).ok()?.display().to_string();
        (!own).then(|| Stream { expected: None, ..Stream::new(name, text) })
    };
    found.into_iter().filter_map(read).collect()
}

fn collect(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { collect(&path, found) } else { found.push(path) }
    }
}
