//! Text that looks like a log and like tasks, the same on every machine and in every run.

const VERBS: &[&str] =
    &["count", "summarise", "list", "compare", "find", "extract", "check", "explain", "sort", "merge"];
const NOUNS: &[&str] = &[
    "invoice",
    "contract",
    "server",
    "harbour",
    "ledger",
    "parser",
    "customer",
    "route",
    "sensor",
    "report",
    "module",
    "payment",
    "archive",
    "letter",
    "schedule",
    "queue",
    "fare",
    "index",
    "session",
    "budget",
    "warehouse",
    "engine",
    "licence",
    "patient",
    "turbine",
    "survey",
    "recipe",
    "chapter",
    "player",
    "address",
];
const SERVICES: &[&str] = &["auth", "billing", "catalog", "mailer", "search", "ingest", "gateway", "scheduler"];

/// A deterministic sequence (xorshift64, Marsaglia 2003).
pub(crate) struct Words(u64);

impl Words {
    /// The sequence of a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        let index = usize::try_from(self.below(from.len() as u64)).unwrap_or(0);
        from.get(index).copied().unwrap_or_default()
    }

    /// A task as people word it.
    pub(crate) fn task(&mut self) -> String {
        let (verb, a, b, c) = (self.pick(VERBS), self.pick(NOUNS), self.pick(NOUNS), self.pick(NOUNS));
        format!(
            "{verb} every {a} that names a {b} in {} files of the {c} of {}",
            self.below(500),
            1900 + self.below(130)
        )
    }

    /// Appends one line of a log, about 100 bytes; `number` is its number.
    pub(crate) fn log_line(&mut self, number: u64, text: &mut Vec<u8>) {
        let (service, instance) = (self.pick(SERVICES), self.below(40));
        let (a, b, c) = (self.pick(NOUNS), self.pick(NOUNS), self.pick(NOUNS));
        let millis = if self.below(50_000) == 0 { 5_000 + self.below(5_000) } else { self.below(5_000) };
        let end = match number % 250_007 {
            1 => " by harbour-light-7",
            100_001 => " timeout by gateway-3",
            _ => "",
        };
        let line = format!("{number:09} {service}-{instance:02} took {millis} ms: {a} of {b} for the {c}{end}\n");
        text.extend_from_slice(line.as_bytes());
    }
}
