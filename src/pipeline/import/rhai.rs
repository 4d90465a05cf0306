//! Expressions of Jinja as Rhai.

use crate::pipeline::import::jinja::Expr;
use crate::pipeline::import::{Importer, Kind, step};

impl Importer {
    /// An expression as Rhai; fails with what has no counterpart.
    pub(super) fn rhai(&self, expr: &Expr) -> Result<String, String> {
        Ok(match expr {
            Expr::Literal(text) => text.clone(),
            Expr::Path(path) => self.path(path)?,
            Expr::List(items) => {
                let items = items.iter().map(|item| self.rhai(item)).collect::<Result<Vec<_>, _>>()?;
                format!("[{}]", items.join(", "))
            }
            Expr::Index(value, index) => format!("{}[{}]", self.rhai(value)?, self.rhai(index)?),
            Expr::Prefix("!", value) => format!("!({})", self.truth(value)?),
            Expr::Prefix(sign, value) => format!("{sign}{}", self.rhai(value)?),
            Expr::Infix(left, operator, right) => match operator.as_str() {
                "and" => format!("({} && {})", self.truth(left)?, self.truth(right)?),
                "or" if self.is_truth(left) && self.is_truth(right) => {
                    format!("({} || {})", self.rhai(left)?, self.rhai(right)?)
                }
                // As a value, `a or b` is the first that says anything.
                "or" => {
                    format!("(if {} {{ {} }} else {{ {} }})", self.truth(left)?, self.rhai(left)?, self.rhai(right)?)
                }
                "~" => format!("({}.to_string() + {}.to_string())", self.rhai(left)?, self.rhai(right)?),
                "/" => format!("({} * 1.0 / {})", self.rhai(left)?, self.rhai(right)?),
                "//" => format!("({} / {})", self.rhai(left)?, self.rhai(right)?),
                other => format!("({} {other} {})", self.rhai(left)?, self.rhai(right)?),
            },
            Expr::Choice(yes, condition, no) => {
                format!("(if {} {{ {} }} else {{ {} }})", self.truth(condition)?, self.rhai(yes)?, self.rhai(no)?)
            }
            Expr::Defined(value, wanted) => {
                format!("({} {} ())", self.rhai(value)?, if *wanted { "!=" } else { "==" })
            }
            Expr::Filter(value, name, arguments) => self.filter(value, name, arguments)?,
        })
    }

    /// A condition: what Jinja takes for true.
    pub(super) fn truth(&self, expr: &Expr) -> Result<String, String> {
        let value = self.rhai(expr)?;
        if self.is_truth(expr) {
            return Ok(value);
        }
        Ok(format!(
            "(switch type_of({value}) {{ \"bool\" => {value}, \"()\" => false, \"i64\" => {value} != 0, \"f64\" => {value} != 0.0, \
             _ => {value}.len() > 0 }})"
        ))
    }

    /// Whether an expression is true or false already.
    fn is_truth(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Literal(text) => text == "true" || text == "false",
            Expr::Prefix(sign, _) => *sign == "!",
            Expr::Infix(left, operator, right) => match operator.as_str() {
                "and" => true,
                "or" => self.is_truth(left) && self.is_truth(right),
                "==" | "!=" | "<" | ">" | "<=" | ">=" | "in" => true,
                _ => false,
            },
            Expr::Defined(..) => true,
            Expr::Path(path) => {
                path.len() == 2
                    && path.last().is_some_and(|field| field == "success")
                    && self.steps.contains_key(&path[0])
            }
            _ => false,
        }
    }

    fn path(&self, path: &[String]) -> Result<String, String> {
        let [first, fields @ ..] = path else { return Err("an empty path".to_owned()) };
        let plain = first.trim_start_matches('$');
        let rest = |fields: &[String]| fields.iter().map(|field| format!(".{field}")).collect::<String>();
        if plain == "loop" && self.locals.contains(&"item") {
            return match fields.first().map(String::as_str) {
                Some("index") => Ok("(index + 1)".to_owned()),
                Some("index0") => Ok("index".to_owned()),
                Some("first") => Ok("(index == 0)".to_owned()),
                _ => Err(format!("`{}`", path.join("."))),
            };
        }
        if self.locals.contains(&plain) {
            return Ok(format!("{plain}{}", rest(fields)));
        }
        if ["inputs", "parameters"].contains(&plain)
            && let [name, fields @ ..] = fields
            && self.inputs.contains(name)
        {
            return Ok(format!("inputs.{}{}", step::name(name), rest(fields)));
        }
        if let Some(known) = self.steps.get(first) {
            return self.step_path(&known.name, known.kind, known.conditional, fields);
        }
        if self.inputs.contains(first) {
            return Ok(format!("inputs.{}{}", step::name(first), rest(fields)));
        }
        Err(format!("the name `{}`", path.join(".")))
    }

    /// The field of a step by the name that it has here.
    fn step_path(&self, name: &str, kind: Kind, conditional: bool, fields: &[String]) -> Result<String, String> {
        let Some(field) = fields.first().map(String::as_str) else {
            return Ok(name.to_owned());
        };
        if ["success", "status"].contains(&field) && kind != Kind::Command || field == "success" {
            return Ok(format!("(outcomes.{name} == \"ok\")"));
        }
        let dot = if conditional { "?." } else { "." };
        match (kind, field) {
            (Kind::Text, "content" | "result" | "text" | "output" | "response") => Ok(name.to_owned()),
            (Kind::Written, "path" | "filepath" | "file_path") => Ok(format!("{name}{dot}path")),
            (Kind::Written, "size" | "bytes") => Ok(format!("{name}{dot}bytes")),
            (Kind::Command, "stdout" | "output" | "result") => Ok(format!("{name}{dot}stdout")),
            (Kind::Command, "stderr") => Ok(format!("{name}{dot}stderr")),
            (Kind::Command, "return_code" | "exit_code" | "returncode" | "status") => Ok(format!("{name}{dot}status")),
            (Kind::Other, "result" | "output") => Ok(name.to_owned()),
            (Kind::Other, _) => Ok(format!("{name}{dot}{}", fields.join("."))),
            (_, other) => Err(format!("the field `{other}` of `{name}`")),
        }
    }

    fn filter(&self, value: &Expr, name: &str, arguments: &[Expr]) -> Result<String, String> {
        let inner = self.rhai(value)?;
        let arguments = arguments.iter().map(|argument| self.rhai(argument)).collect::<Result<Vec<_>, _>>()?;
        let argument = |at: usize, standard: &str| arguments.get(at).cloned().unwrap_or_else(|| standard.to_owned());
        Ok(match name {
            "default" | "d" => format!("({inner} ?? {})", argument(0, "\"\"")),
            "length" | "count" => format!("{inner}.len()"),
            "upper" => format!("{inner}.to_upper()"),
            "lower" => format!("{inner}.to_lower()"),
            "trim" | "strip" => format!("{{ let kept = {inner}; kept.trim(); kept }}"),
            "join" => format!(
                "{inner}.map(|one| one.to_string()).reduce(|all, one| if all == () {{ one }} else {{ all + {} + one }}) ?? \"\"",
                argument(0, "\"\"")
            ),
            "to_json" | "tojson" | "json" => format!("json_text({inner})"),
            "from_json" | "fromjson" => format!("parse_json({inner})"),
            "first" => format!("{inner}[0]"),
            "last" => format!("{inner}[-1]"),
            "replace" => format!(
                "{{ let kept = {inner}; kept.replace({}, {}); kept }}",
                argument(0, "\"\""),
                argument(1, "\"\"")
            ),
            "truncate" => {
                let most = argument(0, "255");
                format!(
                    "{{ let kept = {inner}; if kept.len() > {most} {{ kept.sub_string(0, {most}) + \"...\" }} else {{ kept }} }}"
                )
            }
            "int" => format!("parse_int({inner}.to_string())"),
            "float" => format!("parse_float({inner}.to_string())"),
            "string" => format!("{inner}.to_string()"),
            "abs" => format!("{inner}.abs()"),
            "round" => format!("{inner}.round()"),
            "list" | "safe" => inner,
            other => return Err(format!("the filter `{other}`")),
        })
    }
}
