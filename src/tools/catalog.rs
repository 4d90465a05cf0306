//! Which tools there are, by name and by what they are for. Calling one is the business of `executor`.

use crate::context::rank::Bm25;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text;
use crate::core::tool::ToolSpec;
use crate::tools::schema::ArgumentSchema;
use crate::tools::tool::Tool;
use indexmap::IndexMap;
use indexmap::map::Entry;
use serde_json::Value;
use std::sync::Arc;

/// A tool with its compiled schema.
#[derive(Clone)]
pub struct Registered {
    /// The tool.
    pub tool: Arc<dyn Tool>,
    /// Checks its arguments.
    pub schema: Arc<ArgumentSchema>,
}

impl Registered {
    /// The arguments of a call as the tool takes them.
    pub fn given(&self, mut args: Value) -> Value {
        if let Some(map) = args.as_object_mut() {
            map.retain(|name, value| !value.is_null() || !self.leaves_out(name));
        }
        args
    }

    /// Whether `()` for an argument is none: to a pipeline it is for an input that need not be given.
    pub fn leaves_out(&self, name: &str) -> bool {
        let parameters = &self.tool.spec().parameters;
        let required = parameters.get("required").and_then(Value::as_array);
        let is_needed = required.is_some_and(|all| all.iter().any(|known| known == name));
        let is_declared = parameters.get("properties").is_some_and(|all| all.get(name).is_some());
        self.tool.pipeline().is_some() && is_declared && !is_needed
    }
}

/// The tools of a run, in the order in which they were registered.
#[derive(Clone, Default)]
pub struct Catalog {
    tools: IndexMap<String, Registered>,
    /// Those that are there and cannot be used, with the reason.
    broken: IndexMap<String, Failure>,
}

impl Catalog {
    /// Adds a tool; fails with `Invalid` if its name is taken or its schema is broken.
    pub fn register(&mut self, tool: Arc<dyn Tool>) -> Outcome<()> {
        let spec = tool.spec();
        let schema = Arc::new(ArgumentSchema::new(&spec.name, &spec.parameters)?);
        match self.tools.entry(spec.name.clone()) {
            Entry::Occupied(taken) => {
                Err(Failure::new(FailureKind::Invalid, format!("two tools are named `{}`", taken.key())))
            }
            Entry::Vacant(free) => {
                free.insert(Registered { tool, schema });
                Ok(())
            }
        }
    }

    /// Notes a tool that cannot be used: whoever asks for it is told why, and nobody else is troubled.
    pub fn note_broken(&mut self, name: &str, why: Failure) {
        self.broken.insert(name.to_owned(), why);
    }

    /// What is there and cannot be used, with why.
    pub fn broken(&self) -> impl Iterator<Item = (&str, &Failure)> {
        self.broken.iter().map(|(name, why)| (name.as_str(), why))
    }

    /// The tool of that name; fails with `NotFound`, or with the reason why it cannot be used.
    pub fn get(&self, name: &str) -> Outcome<&Registered> {
        self.tools.get(name).ok_or_else(|| {
            if let Some(why) = self.broken.get(name) {
                return why.clone();
            }
            let meant = text::meant(name, self.tools.keys().map(String::as_str));
            let shown = text::one_line(name, 80);
            Failure::new(FailureKind::NotFound, format!("there is no tool `{shown}`"))
                .hint(meant.unwrap_or_else(|| format!("tools(\"\") lists them: {}", self.names().join(", "))))
        })
    }

    /// The tools that fit a query, best first; all of them, in their order, for an empty one.
    pub fn find(&self, query: &str) -> Vec<&ToolSpec> {
        let specs = self.specs();
        if query.trim().is_empty() {
            return specs;
        }
        let texts: Vec<String> = specs.iter().map(|spec| description(spec)).collect();
        let ranked = Bm25::new(texts.iter().map(String::as_str)).search(query, specs.len());
        ranked.into_iter().filter_map(|(position, _)| specs.get(position).copied()).collect()
    }

    /// Every tool, in the order of registration.
    pub fn specs(&self) -> Vec<&ToolSpec> {
        self.tools.values().map(|registered| registered.tool.spec()).collect()
    }

    fn names(&self) -> Vec<&str> {
        self.tools.keys().map(String::as_str).collect()
    }
}

/// What a tool is ranked by: words of its name count thrice and its tags twice against those of its sentences.
fn description(spec: &ToolSpec) -> String {
    let name = spec.name.replace('_', " ");
    let tags = spec.tags.join(" ");
    let arguments = spec.parameters.get("properties").and_then(Value::as_object).into_iter().flatten();
    let arguments: Vec<&str> = arguments.filter_map(|(_, form)| form.get("description")?.as_str()).collect();
    format!("{name} {name} {name} {tags} {tags} {} {} {}", spec.summary, spec.returns, arguments.join(" "))
}

#[cfg(test)]
mod tests {
    use super::Catalog;
    use crate::core::failure::FailureKind;
    use crate::tools::builtin;

    fn catalog() -> Catalog {
        let mut catalog = Catalog::default();
        for tool in builtin::all() {
            catalog.register(tool).unwrap();
        }
        catalog
    }

    #[test]
    fn names_are_found_or_corrected() {
        let mut catalog = catalog();
        assert!(catalog.get("read_file").is_ok());
        let failure = catalog.get("raed_file").err().unwrap();
        assert_eq!((failure.kind, failure.hint.as_deref()), (FailureKind::NotFound, Some("did you mean `read_file`?")));
        assert!(catalog.get("zzz").err().unwrap().hint.unwrap().contains("list_dir"));
        assert!(catalog.register(builtin::all().remove(0)).unwrap_err().message.contains("two tools"));
    }

    #[test]
    fn queries_find_the_right_tool_first() {
        let catalog = catalog();
        for (query, first) in [
            ("read a file", "read_file"),
            ("save text", "write_file"),
            ("search for a pattern in files", "find_text"),
            ("run shell commands", "run_command"),
            ("download web page", "http_get"),
            ("what is in this folder", "list_dir"),
            ("jsonpath", "json_query"),
            ("table rows", "csv_read"),
            ("time zone", "date"),
            ("arithmetic", "calculate"),
            ("ask the person", "ask_user"),
            ("strip html", "html_to_text"),
        ] {
            assert_eq!(catalog.find(query).first().map(|spec| spec.name.as_str()), Some(first), "{query}");
        }
        assert!(catalog.find("quaternion").is_empty());
        assert_eq!(catalog.find("").len(), catalog.specs().len());
    }
}
