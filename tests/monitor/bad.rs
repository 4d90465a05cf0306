//! Streams that have gone wrong, as models do it: loops of every length, with small changes, and chance.

use super::writing::LANGUAGES;
use super::{Dice, Stream, parts};

/// About as much as an answer of 16,000 tokens would still have.
const LONG: usize = 60_000;

fn looped(unit: &str) -> String {
    unit.repeat(LONG / unit.len() + 1)
}

fn english(count: usize, seed: u64) -> String {
    let mut dice = Dice(seed);
    (0..count).map(|_| LANGUAGES[0].sentence(&mut dice)).collect()
}

/// Degenerate streams.
pub(super) fn streams() -> Vec<Stream> {
    [words(), sentences(), varied(), signs(), chance()].into_iter().flatten().collect()
}

fn words() -> Vec<Stream> {
    let units = [
        "the ",
        "and so on ",
        "ha",
        "no, ",
        "very very ",
        "I am I am ",
        "of the of the ",
        "abcabc ",
        "ok\n",
        "да ",
        "哈",
        "你好，",
        "ですから、",
        "ค่ะ",
        "और ",
        "🙂",
        "🙂🙃",
        "la la\nla ",
        "Yes. No. ",
    ];
    units.iter().map(|unit| Stream::new(format!("word loop {unit:?}"), looped(unit))).collect()
}

fn sentences() -> Vec<Stream> {
    let sentence = "I am sorry, but I cannot find the answer in the text. ";
    let intro = english(60, 21);
    let mut all = vec![
        Stream::new("sentence loop", looped(sentence)),
        Stream::new("sentence loop after good prose", format!("{intro}{}", looped(sentence))),
        Stream::new("two sentences in turn", looped("Let me check that again. Wait, that is not right. ")),
        Stream::new("list of one item", looped("- The harbour opened in 1884.\n")),
        Stream::new("table of one row", looped("| Ann | Lund | 1884 | open |\n")),
        Stream::new("object again and again", looped("{\"name\": \"Ann\", \"town\": \"Lund\", \"score\": 0.5},\n")),
        Stream::new("line of code again and again", looped("    result.append(value)\n")),
        Stream::new("question again and again", looped("User: And then?\nAssistant: Then it was opened.\n")),
        Stream::new("fence again and again", looped("```\n\n```json\n{}\n")),
        Stream::new("address again and again", looped("https://example.com/a/b/c.html ")),
        Stream::new(
            "thought again and again",
            format!("<think>{}", looped("Hmm, let me think about this step by step.\n\n")),
        ),
    ];
    for (count, seed) in [(4, 31), (12, 32), (28, 33)] {
        let paragraph = format!("{}\n\n", english(count, seed));
        all.push(Stream::new(format!("paragraph loop of {} bytes", paragraph.len()), looped(&paragraph)));
        all.push(Stream::new(
            format!("paragraph loop of {} bytes after good prose", paragraph.len()),
            format!("{intro}{}", looped(&paragraph)),
        ));
    }
    for language in LANGUAGES.iter().skip(1) {
        let mut dice = Dice(40);
        let paragraph: String = (0..4).map(|_| language.sentence(&mut dice)).collect();
        all.push(Stream::new(format!("paragraph loop, {}", language.name), looped(&paragraph)));
    }
    all
}

/// Loops that change a little each time.
fn varied() -> Vec<Stream> {
    let paragraph = english(8, 51);
    let one_word = parts(100, |_, dice| {
        let ship = dice.pick(&["clerk", "scribe", "writer"]);
        format!("{}\n\n", paragraph.replace("clerk", ship).replace("opened", dice.pick(&["opened", "began"])))
    });
    vec![
        Stream::new("paragraph with a word changed", one_word),
        Stream::new("paragraph with a number", parts(120, |n, _| format!("Attempt {n}. {paragraph}\n"))),
        Stream::new(
            "step with a number",
            parts(900, |n, _| format!("Step {n}: check the oil of the engine and report to the master.\n")),
        ),
        Stream::new(
            "apology with a number",
            parts(900, |n, _| {
                format!("{n}. I apologize for the confusion, let me try to answer the question again.\n")
            }),
        ),
        Stream::new(
            "sentences of a paragraph in any order",
            parts(900, |_, dice| {
                dice.pick(&[
                    "The report was written by the council before the storm of that long winter. ",
                    "It says that the eastern lighthouse was measured with the greatest care by an engineer. ",
                    "Nobody in the town had asked for a bridge of stone across the narrow river at that time. ",
                ])
                .to_owned()
            }),
        ),
        Stream::new(
            "two phrases in any order",
            parts(900, |_, dice| dice.pick(&["I am sorry ", "let me check "]).to_owned()),
        ),
        Stream::new(
            "every fifth sentence differs",
            parts(700, |n, _| {
                if n % 5 == 4 {
                    "Then it was closed again for the winter. "
                } else {
                    "The harbour was opened by the master for the boats. "
                }
                .to_owned()
            }),
        ),
        Stream::new(
            "loop with a typo now and then",
            parts(900, |n, _| {
                if n % 11 == 10 {
                    "The answer to the qestion is in the text above. "
                } else {
                    "The answer to the question is in the text above. "
                }
                .to_owned()
            }),
        ),
    ]
}

fn signs() -> Vec<Stream> {
    let units = [
        " ", "\n", "\t", "\r\n", " \n", "-", "=", ".", "\\", "0", "3", "12", "0, ", "1.0, ", "[", "{\"a\":", "<br>\n",
        "&nbsp;", "\\n", "\\u0000", "A", "AAAA/", "| ", "|---", "()", "\u{fffd}", "*",
    ];
    let mut all: Vec<Stream> =
        units.iter().map(|unit| Stream::new(format!("sign loop {unit:?}"), looped(unit))).collect();
    all.push(Stream::new("a third", format!("The result is 0.{}", looped("3"))));
    all.push(Stream::new("a seventh", format!("The result is 0.{}", looped("142857"))));
    all
}

/// What only the server's evidence or the expected length can tell.
fn chance() -> Vec<Stream> {
    let soup = |seed: u64| {
        let mut dice = Dice(seed);
        (0..4_000).map(|_| char::from(b'a' + u8::try_from(dice.roll(26)).expect("a letter"))).collect::<String>()
    };
    let (mut high, mut over, mut broad) = (Dice(61), Dice(62), Dice(63));
    vec![
        Stream::new("chance from the first word", soup(71)).with_bits(move |_| high.bits(4.0, 9.0)),
        Stream::new("prose that goes over into chance", format!("{}{}", english(30, 72), soup(73)))
            .with_bits(move |n| if n < 500 { over.bits(0.0, 2.5) } else { over.bits(3.5, 8.0) }),
        Stream::new("words of all languages", soup(74)).with_bits(move |_| broad.bits(3.5, 6.0)),
        Stream::new("three times as long as it may be", english(120, 75)).expecting(700),
        Stream::new("a server that keeps no limit", soup(76)).expecting(100),
    ]
}
