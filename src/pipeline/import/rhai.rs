//! Expressions of Jinja as Rhai.

use crate::pipeline::import::filters;
use crate::pipeline::import::form::Form;
use crate::pipeline::import::jinja::Expr;
use crate::pipeline::import::local::Local;
use crate::pipeline::import::{Importer, Kind, Known, STARTED, step};
use serde_json::Value;

/// Names of the moment at which a pipeline began.
const MOMENTS: &[&str] = &["execution.timestamp", "execution.start_time", "current_timestamp"];

impl Importer {
    /// An expression as Rhai; fails with what has no counterpart.
    pub(super) fn rhai(&self, expr: &Expr) -> Result<String, String> {
        Ok(match expr {
            Expr::Literal(text) => text.clone(),
            Expr::Path(path) => self.path(path)?,
            Expr::List(items) => format!("[{}]", self.all(items)?.join(", ")),
            Expr::Index(value, index) => format!("{}[{}]", self.rhai(value)?, self.rhai(index)?),
            Expr::Slice(value, from, to) => {
                let bound = |at: &Option<Box<Expr>>| at.as_ref().map_or(Ok("()".to_owned()), |at| self.rhai(at));
                format!("python_slice({}, {}, {})", self.rhai(value)?, bound(from)?, bound(to)?)
            }
            Expr::Prefix("!", value) => format!("!({})", self.truth(value)?),
            Expr::Prefix(sign, value) => format!("{sign}{}", self.rhai(value)?),
            Expr::Infix(left, operator, right) => self.infix(left, operator, right)?,
            Expr::Choice(yes, condition, no) => {
                format!("(if {} {{ {} }} else {{ {} }})", self.truth(condition)?, self.rhai(yes)?, self.rhai(no)?)
            }
            Expr::Defined(value, wanted) => {
                format!("({} {} ())", self.found(value)?, if *wanted { "!=" } else { "==" })
            }
            Expr::Filter(value, name, arguments) if name == "default" || name == "d" => {
                self.default(value, arguments)?
            }
            Expr::Filter(value, name, arguments) if filters::OF_TEXTS.contains(&name.as_str()) => {
                let texts = arguments.iter().map(|argument| self.in_text(argument)).collect::<Result<Vec<_>, _>>()?;
                filters::filter(&self.in_text(value)?, name, &texts).ok_or_else(|| format!("the filter `{name}`"))?
            }
            Expr::Filter(value, name, none) if name == "list" && none.is_empty() => self.listed(value)?,
            Expr::Filter(value, name, arguments) => filters::filter(&self.base(value)?, name, &self.all(arguments)?)
                .ok_or_else(|| format!("the filter `{name}`"))?,
            Expr::Method(value, name, arguments) => filters::method(&self.rhai(value)?, name, &self.all(arguments)?)
                .ok_or_else(|| format!("the function `{name}`"))?,
            Expr::Call(name, arguments) if name == "now" && arguments.is_empty() => self.moment(),
            Expr::Call(name, arguments) => {
                filters::function(name, &self.all(arguments)?).ok_or_else(|| format!("the function `{name}`"))?
            }
        })
    }

    /// What a filter is put behind.
    fn base(&self, expr: &Expr) -> Result<String, String> {
        let value = self.rhai(expr)?;
        Ok(if matches!(expr, Expr::Prefix(..)) { format!("({value})") } else { value })
    }

    fn all(&self, exprs: &[Expr]) -> Result<Vec<String>, String> {
        exprs.iter().map(|expr| self.rhai(expr)).collect()
    }

    fn infix(&self, left: &Expr, operator: &str, right: &Expr) -> Result<String, String> {
        Ok(match operator {
            "and" | "or" if self.form(left) == Form::Flag && self.form(right) == Form::Flag => {
                self.both(left, operator, right)?
            }
            // As a value, `a and b` is the first that says nothing, and `a or b` the first that says anything.
            "and" => format!("(if {} {{ {} }} else {{ {} }})", self.truth(left)?, self.rhai(right)?, self.rhai(left)?),
            "or" => format!("(if {} {{ {} }} else {{ {} }})", self.truth(left)?, self.rhai(left)?, self.rhai(right)?),
            "~" => format!("({} + {})", self.in_text(left)?, self.in_text(right)?),
            "/" => format!("({} * 1.0 / {})", self.rhai(left)?, self.rhai(right)?),
            // What is left over has the sign of the divisor there, and that of the dividend here.
            "%" => format!("({{ let _by = {}; ({} % _by + _by) % _by }})", self.rhai(right)?, self.rhai(left)?),
            "//" => format!(
                "({{ let _kept = {}; let _by = {}; (_kept - (_kept % _by + _by) % _by) / _by }})",
                self.rhai(left)?,
                self.rhai(right)?
            ),
            "==" | "!=" if self.are_unlike(left, right) || self.are_unlike(right, left) => {
                let same = filters::same(&self.rhai(left)?, &self.rhai(right)?);
                if operator == "==" { same } else { format!("!{same}") }
            }
            other => format!("({} {other} {})", self.rhai(left)?, self.rhai(right)?),
        })
    }

    /// Two conditions.
    fn both(&self, left: &Expr, operator: &str, right: &Expr) -> Result<String, String> {
        let sign = if operator == "and" { "&&" } else { "||" };
        Ok(format!("({} {sign} {})", self.truth(left)?, self.truth(right)?))
    }

    /// What stands for a value that is absent; with `true` behind it, also for one that says nothing.
    fn default(&self, value: &Expr, arguments: &[Expr]) -> Result<String, String> {
        let other = arguments.first().map_or(Ok("\"\"".to_owned()), |other| self.found(other))?;
        if arguments.get(1) == Some(&Expr::Literal("true".to_owned())) {
            let inner = self.found(value)?;
            let truth = if self.form(value) == Form::Flag { inner.clone() } else { format!("python_truth({inner})") };
            return Ok(format!("(if {truth} {{ {inner} }} else {{ {other} }})"));
        }
        if let Some(item) = self.item(value, &other)? {
            return Ok(item);
        }
        if let Expr::Path(path) = value
            && let Some(guarded) = self.guarded(path, &other)?
        {
            return Ok(guarded);
        }
        Ok(format!("({} ?? {other})", self.rhai(value)?))
    }

    /// A value, or nothing where it is an item or a field that is missing.
    fn found(&self, expr: &Expr) -> Result<String, String> {
        self.item(expr, "()")?.map_or_else(|| self.rhai(expr), Ok)
    }

    /// An item or a field with what stands for it if it is missing; nothing if the expression is something else.
    fn item(&self, expr: &Expr, other: &str) -> Result<Option<String>, String> {
        let end = |name: &str| if name == "first" { "0" } else { "-1" };
        let part = match expr {
            Expr::Path(path) => self.field(path),
            Expr::Index(value, key) => Some((self.rhai(value)?, self.rhai(key)?)),
            Expr::Filter(list, name, none) if none.is_empty() && (name == "first" || name == "last") => {
                Some((self.rhai(list)?, end(name).to_owned()))
            }
            _ => None,
        };
        Ok(part.map(|(value, key)| filters::item(&value, &key, other)))
    }

    /// What a path reads its last field from, and that field as a text; nothing if it is a name alone, or a step's.
    fn field(&self, path: &[String]) -> Option<(String, String)> {
        let ((first, fields), (last, around)) = (path.split_first()?, path.split_last()?);
        let is_local = self.local(first.trim_start_matches('$')).is_some();
        if !is_local && self.step_of(first, fields).is_some() {
            return None;
        }
        // Names such as `loop.index` are whole: there is no `loop` to read from.
        Some((self.path(around).ok()?, Value::from(last.as_str()).to_string()))
    }

    /// The value of a step with what stands for it if the step was skipped or failed; nothing if the path is no step's.
    fn guarded(&self, path: &[String], other: &str) -> Result<Option<String>, String> {
        let [first, fields @ ..] = path else { return Ok(None) };
        if self.local(first).is_some() {
            return Ok(None);
        }
        let Some((known, fields)) = self.step_of(first, fields) else { return Ok(None) };
        if self.reached(known)?.0 != known.name {
            return Ok(None);
        }
        let known = Known { fallback: Some(other.to_owned()), ..known.clone() };
        self.step_path(&known, fields).map(Some)
    }

    /// A condition: what Jinja takes for true.
    pub(super) fn truth(&self, expr: &Expr) -> Result<String, String> {
        if let Expr::Infix(left, operator, right) = expr
            && ["and", "or"].contains(&operator.as_str())
        {
            return self.both(left, operator, right);
        }
        let value = self.rhai(expr)?;
        Ok(if self.form(expr) == Form::Flag { value } else { format!("python_truth({value})") })
    }

    /// A name of a loop around.
    pub(super) fn local(&self, theirs: &str) -> Option<&Local> {
        self.locals.iter().rev().find(|local| local.theirs == theirs)
    }

    fn moment(&self) -> String {
        self.started.set(true);
        format!("{STARTED}.text")
    }

    fn path(&self, path: &[String]) -> Result<String, String> {
        let [first, fields @ ..] = path else { return Err("an empty path".to_owned()) };
        let whole = path.join(".");
        let rest = |fields: &[String]| fields.iter().map(|field| format!(".{field}")).collect::<String>();
        if is_moment(&whole) {
            return Ok(self.moment());
        }
        let plain = first.trim_start_matches('$');
        let second = fields.first().map(|field| format!("{plain}.{field}")).unwrap_or_default();
        if let Some(local) = self.local(&second) {
            return Ok(format!("{}{}", local.ours, rest(fields.get(1..).unwrap_or_default())));
        }
        if let Some(local) = self.local(plain) {
            return Ok(format!("{}{}", local.ours, rest(fields)));
        }
        if ["inputs", "parameters"].contains(&plain)
            && let [name, fields @ ..] = fields
            && self.inputs.contains(name)
        {
            return Ok(format!("inputs.{}{}", step::name(name), rest(fields)));
        }
        if let Some((known, fields)) = self.step_of(first, fields) {
            return self.step_path(known, fields);
        }
        if self.inputs.contains(first) {
            return Ok(format!("inputs.{}{}", step::name(first), rest(fields)));
        }
        Err(format!("the name `{whole}`"))
    }

    /// The step that a path begins with; `results.NAME` is the same as `NAME`.
    pub(super) fn step_of<'p>(&self, first: &str, fields: &'p [String]) -> Option<(&Known, &'p [String])> {
        let direct = self.steps.get(first).map(|known| (known, fields));
        direct.or_else(|| match (first, fields) {
            ("results" | "steps", [name, fields @ ..]) => self.steps.get(name).map(|known| (known, fields)),
            _ => None,
        })
    }

    /// The field of a step by the name that it has here.
    fn step_path(&self, known: &Known, fields: &[String]) -> Result<String, String> {
        let (name, absent) = self.reached(known)?;
        // `a.result.content` is what `a.content` is.
        let fields = match fields {
            [first, rest @ ..] if ["result", "results"].contains(&first.as_str()) && !rest.is_empty() => rest,
            fields => fields,
        };
        let field = fields.first().map(String::as_str);
        if field == Some("success") && name == known.name {
            self.uses.borrow_mut().watches.insert(name.clone());
            return Ok(format!("(outcomes.{name} == \"ok\")"));
        }
        // Who asks what became of a step runs after it also if it failed.
        let guarded = known.fallback.as_ref().filter(|_| name == known.name);
        let value = field_of(known, &name, if absent && guarded.is_none() { "?." } else { "." }, field)?;
        Ok(match guarded {
            Some(fallback) => {
                let guarded = format!("(if outcomes.{name} == \"ok\" {{ {value} }} else {{ {fallback} }})");
                self.uses.borrow_mut().watches.insert(name);
                guarded
            }
            None => {
                let whole = name.split(['.', '?']).next().unwrap_or_default();
                self.uses.borrow_mut().reads.insert(whole.to_owned());
                value
            }
        })
    }

    /// Where the value of a step is found from here, and whether it may be absent.
    fn reached(&self, known: &Known) -> Result<(String, bool), String> {
        let Some(home) = &known.home else { return Ok((known.name.clone(), known.absent)) };
        match self.loops.iter().find(|around| around.id == *home) {
            Some(around) if around.done.contains(&known.name) => Ok((known.name.clone(), known.absent)),
            // What has not run yet in this round has run in the one before.
            Some(around) if around.repeats => Ok((format!("prev?.{}", known.name), true)),
            Some(_) => Err(format!("`{}` before it has run", known.name)),
            None if self.repeating.contains(home) => Ok((format!("{}?.{}", step::name(home), known.name), true)),
            None => Err(format!("the step `{}` of the loop `{home}`, of which there is one for each item", known.name)),
        }
    }
}

/// Whether a path is the moment at which the pipeline began.
pub(super) fn is_moment(path: &str) -> bool {
    MOMENTS.contains(&path)
}

fn field_of(known: &Known, name: &str, dot: &str, field: Option<&str>) -> Result<String, String> {
    Ok(match (known.kind, field) {
        (Kind::Said, None | Some("result" | "message" | "output")) => format!("{name}{dot}result"),
        (_, None) => name.to_owned(),
        (Kind::Text, Some("content" | "result" | "text" | "output" | "response")) => name.to_owned(),
        (Kind::File, Some("content" | "result")) => name.to_owned(),
        (Kind::File, Some("size")) => format!("{name}.len()"),
        // There it is the path as it was given.
        (Kind::Written, Some("path" | "filepath" | "file_path")) => match &known.written {
            Some(path) => format!("(if {name} == () {{ () }} else {{ {path} }})"),
            None => format!("{name}{dot}path"),
        },
        (Kind::Written, Some("size" | "bytes")) => format!("{name}{dot}bytes"),
        (Kind::Listed, Some("count")) => format!("{name}{dot}entries.len()"),
        (Kind::Command, Some("stdout" | "output" | "result")) => format!("{name}{dot}stdout"),
        (Kind::Command, Some("stderr")) => format!("{name}{dot}stderr"),
        (Kind::Command, Some("return_code" | "exit_code" | "returncode")) => format!("{name}{dot}status"),
        (_, Some(other)) => return Err(format!("the field `{other}` of `{}`", known.name)),
    })
}
