//! The monitor over replayed streams: what it stops, what it must not stop, and how soon; then over HTTP.

mod bad;
mod good;
mod records;
mod stopping;
mod writing;

use rhizo::core::failure::Failure;
use rhizo::core::thresholds::Thresholds;
use rhizo::policy::monitor::{Monitor, TokenEvidence};

/// A stream to be replayed.
struct Stream {
    name: String,
    text: String,
    /// The entropy of each token, four bytes long, in bits; empty if the server tells none.
    bits: Vec<f64>,
    expected: Option<u64>,
}

impl Stream {
    fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into(), bits: Vec::new(), expected: Some(4_096) }
    }

    fn with_bits(mut self, bits: impl FnMut(usize) -> f64) -> Self {
        self.bits = (0..self.text.len() / 4).map(bits).collect();
        self
    }

    fn expecting(mut self, tokens: u64) -> Self {
        self.expected = Some(tokens);
        self
    }

    /// Shows it to a monitor piece by piece, as a server would send it.
    fn replay(&self) -> Option<Failure> {
        let thresholds = Thresholds::default().for_limit(self.expected);
        let mut monitor = Monitor::new(thresholds);
        let letters: Vec<char> = self.text.chars().collect();
        letters.chunks(4).enumerate().find_map(|(index, piece)| {
            let bits = self.bits.get(index).copied();
            let known = bits.map(|bits| TokenEvidence { logprob: -bits * std::f64::consts::LN_2, entropy: Some(bits) });
            monitor.see(&piece.iter().collect::<String>(), known.as_slice())
        })
    }
}

/// Numbers that look random and are the same in every run, after xorshift64*,
/// <https://doi.org/10.18637/jss.v008.i14>.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let sides = u64::try_from(sides).expect("a small number");
        usize::try_from((self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % sides).expect("below the sides")
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.roll(words.len())]
    }

    fn bits(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * f64::from(u32::try_from(self.roll(1_000)).expect("small")) / 1_000.0
    }
}

/// Writes `count` parts, each with its number and the same dice.
fn parts(count: usize, mut part: impl FnMut(usize, &mut Dice) -> String) -> String {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    (0..count).map(|number| part(number, &mut dice)).collect()
}

struct Row<'a> {
    stream: &'a Stream,
    stopped: Option<Failure>,
}

fn replayed(streams: &[Stream]) -> Vec<Row<'_>> {
    streams.iter().map(|stream| Row { stream, stopped: stream.replay() }).collect()
}

fn number(failure: &Failure, name: &str) -> u64 {
    failure.details[name].as_u64().expect("a count")
}

/// A share of a number, in percent.
fn percent(part: usize, whole: usize) -> String {
    let tenths = part * 1_000 / whole;
    format!("{}.{} %", tenths / 10, tenths % 10)
}

fn print(title: &str, rows: &[Row<'_>]) {
    println!("\n{title}");
    println!("{:<44} {:>7} {:>9}  signal", "stream", "tokens", "stopped");
    for row in rows {
        let whole = row.stream.text.len() / 4;
        let (at, signal) = match &row.stopped {
            Some(failure) => (number(failure, "tokens").to_string(), failure.details["signal"].to_string()),
            None => ("-".to_owned(), String::new()),
        };
        println!("{:<44} {whole:>7} {at:>9}  {signal}", row.stream.name);
    }
}

#[test]
fn good_streams_are_never_stopped() {
    let streams: Vec<Stream> = good::streams().into_iter().chain(records::streams()).collect();
    assert!(streams.len() >= 60, "{} good streams", streams.len());
    let rows = replayed(&streams);
    print("good streams", &rows);
    let alarms: Vec<&str> =
        rows.iter().filter(|row| row.stopped.is_some()).map(|row| row.stream.name.as_str()).collect();
    println!("false alarms: {} of {} ({})", alarms.len(), rows.len(), percent(alarms.len(), rows.len()));
    assert!(alarms.is_empty(), "{alarms:?}");
}

#[test]
fn no_text_of_the_project_is_stopped() {
    let streams = good::files();
    let bytes: usize = streams.iter().map(|stream| stream.text.len()).sum();
    assert!(streams.len() > 300, "{} files", streams.len());
    let alarms: Vec<&str> =
        streams.iter().filter(|stream| stream.replay().is_some()).map(|stream| stream.name.as_str()).collect();
    let rate = percent(alarms.len(), streams.len());
    println!("false alarms: {} of {} files ({rate}), {} tokens", alarms.len(), streams.len(), bytes / 4);
    assert!(alarms.is_empty(), "{alarms:?}");
}

#[test]
fn degenerate_streams_are_stopped_soon() {
    let streams = bad::streams();
    assert!(streams.len() >= 50, "{} degenerate streams", streams.len());
    let rows = replayed(&streams);
    print("degenerate streams", &rows);
    let mut stopped: Vec<u64> =
        rows.iter().filter_map(|row| row.stopped.as_ref().map(|failure| number(failure, "tokens"))).collect();
    stopped.sort_unstable();
    let missed: Vec<&str> =
        rows.iter().filter(|row| row.stopped.is_none()).map(|row| row.stream.name.as_str()).collect();
    let median = stopped[stopped.len() / 2];
    let rate = percent(stopped.len(), rows.len());
    println!("stopped: {} of {} ({rate}), median after {median} tokens; missed: {missed:?}", stopped.len(), rows.len());
    assert!(stopped.len() * 100 >= rows.len() * 95, "missed {missed:?}");
    assert!(stopped[0] >= 50 && median < 400, "first after {}, median {median}", stopped[0]);
}
