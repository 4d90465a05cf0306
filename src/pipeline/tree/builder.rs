//! From the events of the YAML parser to the tree.

use crate::pipeline::tree::{ALIASED, DEEPEST, Data, Entry, Flaw, LARGEST, Node, Spot, scalar};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span};
use std::collections::HashMap;

/// Reads a text.
pub(super) fn build(text: &str) -> (Option<Node>, Vec<Flaw>) {
    let start = Spot { line: 1, column: 1 };
    if text.len() > LARGEST {
        let message = format!("the file has {} KiB, at most {} are read", text.len() / 1024, LARGEST / 1024);
        return (None, vec![Flaw { at: start, message }]);
    }
    let mut builder = Builder::new(text);
    for event in Parser::new_from_str(text) {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => {
                builder.flaw(spot(error.marker()), format!("this is no YAML: {}", error.info()));
                // What was open is lost, and so is what would be said of it.
                return (None, builder.flaws);
            }
        };
        if builder.take(event, span).is_none() {
            return (None, builder.flaws);
        }
    }
    if builder.root.is_none() {
        builder.flaw(start, "the file is empty".to_owned());
    }
    (builder.root, builder.flaws)
}

/// A list or map that is not closed yet.
struct Open {
    node: Node,
    anchor: usize,
    /// The key whose value comes next, and what it is unless it is a text.
    key: Option<(String, Spot, Option<Data>)>,
    /// The line of every key so far.
    lines: HashMap<String, usize>,
}

struct Builder {
    root: Option<Node>,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    aliased: usize,
    flaws: Vec<Flaw>,
    /// The byte of each character, unless characters are bytes.
    bytes: Option<Vec<usize>>,
    length: usize,
}

impl Builder {
    fn new(text: &str) -> Self {
        let bytes = (!text.is_ascii()).then(|| text.char_indices().map(|(at, _)| at).collect());
        Self {
            root: None,
            open: Vec::new(),
            anchors: HashMap::new(),
            aliased: 0,
            flaws: Vec::new(),
            bytes,
            length: text.len(),
        }
    }

    fn flaw(&mut self, at: Spot, message: String) {
        self.flaws.push(Flaw { at, message });
    }

    fn byte(&self, marker: &Marker) -> usize {
        match &self.bytes {
            None => marker.index().min(self.length),
            Some(bytes) => bytes.get(marker.index()).copied().unwrap_or(self.length),
        }
    }

    /// Takes one event; `None` if it makes no sense to go on.
    fn take(&mut self, event: Event<'_>, span: Span) -> Option<()> {
        let at = spot(&span.start);
        let node = |data| Node { at, range: (0, 0), data };
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let data =
                    if style == ScalarStyle::Plain { scalar::plain(&text) } else { Data::Text(text.to_string()) };
                let range = (self.byte(&span.start), self.byte(&span.end));
                self.put(Node { at, range, data }, anchor, Some(text.to_string()))
            }
            Event::SequenceStart(anchor, _) => self.begin(node(Data::List(Vec::new())), anchor),
            Event::MappingStart(anchor, _) => self.begin(node(Data::Map(Vec::new())), anchor),
            Event::SequenceEnd | Event::MappingEnd => {
                let closed = self.open.pop()?;
                self.put(closed.node, closed.anchor, None)
            }
            Event::Alias(anchor) => self.alias(anchor, at),
            _ => Some(()),
        }
    }

    fn begin(&mut self, node: Node, anchor: usize) -> Option<()> {
        if self.open.len() >= DEEPEST {
            self.flaw(node.at, format!("lists and maps nest deeper than {DEEPEST}"));
            return None;
        }
        self.open.push(Open { node, anchor, key: None, lines: HashMap::new() });
        Some(())
    }

    fn alias(&mut self, anchor: usize, at: Spot) -> Option<()> {
        let Some(known) = self.anchors.get(&anchor) else {
            self.flaw(at, "the alias names what is not complete yet".to_owned());
            return None;
        };
        self.aliased += known.size();
        if self.aliased > ALIASED {
            self.flaw(at, format!("aliases add more than {ALIASED} values: write out what is meant"));
            return None;
        }
        let node = known.clone();
        let key = node.text().map(ToOwned::to_owned);
        self.put(node, 0, key)
    }

    /// Puts a whole node into what is open; `written` is the text of a scalar, for keys.
    fn put(&mut self, node: Node, anchor: usize, written: Option<String>) -> Option<()> {
        if anchor > 0 {
            self.aliased += node.size();
            if self.aliased > ALIASED {
                self.flaw(node.at, format!("anchors hold more than {ALIASED} values: write out what is meant"));
                return None;
            }
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.open.last_mut() else {
            if self.root.is_some() {
                self.flaw(node.at, "a file holds one document, and here begins another".to_owned());
                return None;
            }
            self.root = Some(node);
            return Some(());
        };
        let key = open.key.take();
        match (&mut open.node.data, key, written) {
            (Data::List(items), ..) => items.push(node),
            (Data::Map(entries), Some((key, at, scalar)), _) => match open.lines.get(&key).copied() {
                Some(line) => {
                    let message = format!("the key `{key}` stands here again; it is on line {line} already");
                    self.flaws.push(Flaw { at, message });
                }
                None => {
                    open.lines.insert(key.clone(), at.line);
                    entries.push(Entry { key, scalar, at, value: node });
                }
            },
            (_, None, Some(written)) => {
                let scalar = Some(node.data).filter(|data| !matches!(data, Data::Text(_)));
                open.key = Some((written, node.at, scalar));
            }
            (_, None, None) => {
                self.flaw(
                    node.at,
                    "a key is a text, not a list or a map; braces in a text need quotes around it".to_owned(),
                );
                // The value that belongs to it has no place either.
                return None;
            }
            _ => {}
        }
        Some(())
    }
}

fn spot(marker: &Marker) -> Spot {
    Spot { line: marker.line().max(1), column: marker.col() + 1 }
}
