//! The user's price file: prices that `rhizo models prices --update` read from a public list, over the built-in table
//! and under the configuration.
//!
//! It is written by this program alone; the public lists' own forms are the registry's business. It is JSON with one
//! model per line, in the order of their ids: a start reads and hashes it, and parses only the lines that it needs. A
//! line whose id is a service alone has the rules by which the list knows further names of that service's models.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::price::Price;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

/// The most bytes of a price list, public or stored: litellm's has 2 MB.
pub const LARGEST: u64 = 64 * 1024 * 1024;

/// The prices of a public list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceFile {
    /// The list: `genai-prices` or `litellm`.
    pub source: String,
    /// The day on which it was read, `YYYY-MM-DD`.
    pub read: String,
    /// How many models it has.
    pub count: usize,
    /// A line `"service/name":{..}` for each model, in the order of their ids, and `"service":[..]` for rules.
    lines: Arc<str>,
}

/// A model's name at its service, and the rule by which a list knows it, in the list's own form.
pub type NameRule = (String, Value);

/// What a list says about a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedModel {
    /// Tokens that fit into a prompt and its answer, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<u64>,
    /// Tokens of an answer at most, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_output: Option<u64>,
    /// Its price.
    pub price: Price,
}

/// The first line of the file, closed.
#[derive(Deserialize)]
struct Head {
    source: String,
    read: String,
    count: usize,
    hash: String,
}

/// Ids need no escapes in JSON, so that a line is compared as it stands.
pub fn is_plain(id: &str) -> bool {
    !id.is_empty() && !id.contains(|sign: char| sign == '"' || sign == '\\' || sign.is_control())
}

impl PriceFile {
    /// A file of these models, and of each service's rules in the order of the list; ids that are not plain are left out.
    ///
    /// Fails with `Internal` if a price cannot be written as JSON.
    pub fn of(
        source: &str,
        read: &str,
        models: &BTreeMap<String, ListedModel>,
        rules: &BTreeMap<String, Vec<NameRule>>,
    ) -> Outcome<Self> {
        let plain: Vec<_> = models.iter().filter(|(id, _)| is_plain(id)).collect();
        let models = plain.iter().map(|(id, model)| serde_json::to_string(model).map(|line| (*id, line)));
        let rules = rules.iter().map(|(service, rules)| serde_json::to_string(rules).map(|line| (service, line)));
        let lines = models.chain(rules).collect::<serde_json::Result<BTreeMap<&String, String>>>();
        let lines =
            lines.map_err(|error| Failure::new(FailureKind::Internal, format!("a price is no JSON: {error}")))?;
        let lines: Vec<String> = lines.iter().map(|(id, line)| format!("\"{id}\":{line}")).collect();
        Ok(Self {
            source: source.to_owned(),
            read: read.to_owned(),
            count: plain.len(),
            lines: lines.join(",\n").into(),
        })
    }

    /// What the list says about a model.
    pub fn get(&self, id: &str) -> Option<ListedModel> {
        serde_json::from_str(self.line(id)?).ok()
    }

    /// The rules by which the list knows further names of this service's models, the first first.
    pub fn rules(&self, service: &str) -> Vec<NameRule> {
        // An id without a service is in no list, and what was written as rules is read as such.
        self.line(service).and_then(|line| serde_json::from_str(line).ok()).unwrap_or_default()
    }

    fn line(&self, id: &str) -> Option<&str> {
        let (mut low, mut high) = (0, self.lines.len());
        while low < high {
            let middle = self.lines.floor_char_boundary(low.midpoint(high));
            let start = self.lines[..middle].rfind('\n').map_or(0, |at| at + 1).max(low);
            let end = self.lines[middle..].find('\n').map_or(self.lines.len(), |at| middle + at);
            let (known, model) = parts(&self.lines[start..end])?;
            match known.cmp(id) {
                std::cmp::Ordering::Equal => return Some(model),
                std::cmp::Ordering::Less => low = end + 1,
                std::cmp::Ordering::Greater => high = start,
            }
        }
        None
    }

    /// The ids of all models.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.lines.lines().filter_map(|line| Some(parts(line)?.0)).filter(|id| id.contains('/'))
    }

    /// Reads the file; `None` if there is none. A broken one is an error: prices that are not read would be missing from
    /// every bill.
    pub fn load(path: &Path) -> Outcome<Option<Self>> {
        match std::fs::metadata(path) {
            Ok(found) if found.len() > LARGEST => {
                return Err(broken(path, &format!("it has more than {} MiB", LARGEST / (1024 * 1024))));
            }
            Ok(_) => {}
            // A folder that is a file is told by the configuration, which is read from the same place.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => return Err(failed("cannot read", path, &error)),
        }
        let bytes = std::fs::read(path).map_err(|error| failed("cannot read", path, &error))?;
        let text = String::from_utf8(bytes).map_err(|_| broken(path, "it is no text in UTF-8"))?;
        Self::parse(&text).map(Some).map_err(|why| broken(path, &why))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let (head, rest) = text.split_once('\n').unwrap_or((text, ""));
        let head: Head = serde_json::from_str(&format!("{head}}}}}")).map_err(|error| error.to_string())?;
        let lines = rest.strip_suffix("\n}}\n").ok_or("its end is missing")?;
        if blake3::hash(lines.as_bytes()).to_hex().as_str() != head.hash {
            return Err("it is not as it was written".to_owned());
        }
        Ok(Self { source: head.source, read: head.read, count: head.count, lines: lines.into() })
    }

    /// Writes the file in one step, and on disk.
    pub fn save(&self, path: &Path) -> Outcome<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let quoted = |text: &str| Value::from(text).to_string();
        let hash = blake3::hash(self.lines.as_bytes()).to_hex();
        let text = format!(
            "{{\"source\":{},\"read\":{},\"count\":{},\"hash\":\"{hash}\",\"models\":{{\n{}\n}}}}\n",
            quoted(&self.source),
            quoted(&self.read),
            self.count,
            self.lines
        );
        let write = || {
            std::fs::create_dir_all(folder)?;
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(path).map_err(|error| error.error)
        };
        write().map(drop).map_err(|error| failed("cannot write", path, &error))
    }
}

/// The id and the model of a line.
fn parts(line: &str) -> Option<(&str, &str)> {
    let (id, model) = line.strip_prefix('"')?.split_once("\":")?;
    Some((id, model.strip_suffix(',').unwrap_or(model)))
}

fn broken(path: &Path, why: &str) -> Failure {
    Failure::new(FailureKind::Config, format!("the price file {} is broken: {why}", path.display()))
        .hint("delete it, and write it anew with `rhizo models prices --update FILE`")
}

fn failed(doing: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::new(FailureKind::Io, format!("{doing} {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::{ListedModel, PriceFile};
    use crate::core::price::Price;
    use serde_json::json;
    use std::collections::BTreeMap;

    #[test]
    fn every_model_is_found_and_no_other() {
        for count in [0, 1, 2, 3, 100] {
            let id = |n: usize| format!("é/{n:03}{}", "x".repeat(n % 7));
            let model = |n: usize| ListedModel {
                window: None,
                max_output: None,
                price: Price::flat(u64::try_from(n).expect("small"), 1),
            };
            let models: BTreeMap<String, ListedModel> = (0..count).map(|n| (id(n), model(n))).collect();
            let rules = vec![("000".to_owned(), json!({"starts_with": "\n\"0"}))];
            let of_services = BTreeMap::from([("é".to_owned(), rules.clone())]);
            let file = PriceFile::of("litellm", "2026-11-20", &models, &of_services).expect("a file");
            assert_eq!(file.ids().collect::<Vec<_>>(), models.keys().collect::<Vec<_>>());
            assert_eq!((file.count, file.rules("é"), file.rules("f")), (count, rules, Vec::new()));
            for (id, model) in &models {
                assert_eq!(file.get(id).as_ref(), Some(model), "{id} of {count}");
                assert_eq!(file.get(&format!("{id}y")), None);
            }
            assert_eq!((file.get(""), file.get("é"), file.get("~")), (None, None, None));
            is_kept(&file);
        }
    }

    /// What is written is read again, and what was changed behind its back is refused.
    fn is_kept(file: &PriceFile) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("prices.json");
        file.save(&path).expect("a write");
        let text = std::fs::read_to_string(&path).expect("a text");
        assert!(serde_json::from_str::<serde_json::Value>(&text).expect("JSON")["models"].is_object());
        assert_eq!(PriceFile::load(&path).expect("a file"), Some(file.clone()));
        std::fs::write(&path, text.replace("\"output\":1", "\"output\":0").replace("\"hash\":\"", "\"hash\":\"0"))
            .expect("a write");
        assert!(PriceFile::load(&path).is_err());
    }
}
