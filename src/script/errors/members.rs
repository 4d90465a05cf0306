//! Functions of modules that are not there, with those that are.

use crate::core::text::{did_you_mean, nearest};
use crate::script::{help, stdlib};

/// What can be done about `path`, `module::name`, that a program uses: as a function, or without a call.
pub(super) fn hint(path: &str, source: &str, is_called: bool) -> Option<String> {
    let (alias, member) = path.rsplit_once("::")?;
    let module = imported(alias, source).unwrap_or(alias);
    if !stdlib::names().contains(&module) {
        return Some(format!("look at what the module `{alias}` defines"));
    }
    let own = format!("{module}::");
    let library = help::library();
    let signatures: Vec<&str> = library.iter().filter_map(|f| f.signature.strip_prefix(own.as_str())).collect();
    let names = || signatures.iter().filter_map(|signature| signature.split('(').next());
    if let Some(known) = signatures.iter().find(|signature| signature.split('(').next() == Some(member)) {
        let told = if is_called { "it takes other arguments" } else { "it is a function" };
        return Some(format!("{told}: `{alias}::{known}`"));
    }
    if let Some(near) = nearest(member, names()) {
        return Some(did_you_mean(format_args!("{alias}::{near}")));
    }
    let mut list: Vec<&str> = names().collect();
    list.dedup();
    Some(format!("`{module}` has: {}", list.join(", ")))
}

/// The module that a program imports under a name; one of the stdlib without its folder.
pub fn imported<'s>(alias: &str, source: &'s str) -> Option<&'s str> {
    source.split("import \"").skip(1).find_map(|rest| {
        let (module, rest) = rest.split_once('"')?;
        let after = rest.trim_start().strip_prefix("as ")?.trim_start().strip_prefix(alias)?;
        let is_longer = after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        (!is_longer).then_some(module.strip_prefix("stdlib/").unwrap_or(module))
    })
}
