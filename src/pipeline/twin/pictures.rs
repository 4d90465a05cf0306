//! The pictures of a call: a list stands for its texts, and `()` for none.

use crate::pipeline::plan::Template;
use crate::pipeline::twin::Twin;

/// The function that a script has for them, by its name.
pub(super) const FUNCTION: (&str, &str) = (
    "pictures",
    "\
fn pictures(given) {
    let all = [];
    for one in given {
        if one == () { continue; }
        let several = [\"array\", \"blob\", \"range\", \"range=\"].contains(type_of(one));
        let own = if several { one } else { [one] };
        for name in own {
            if ![\"string\", \"char\"].contains(type_of(name)) {
                throw #{kind: \"data\", message: \"`images` must be a text or a list of texts, it has \" + json_text(name)};
            }
            all.push(name.to_string());
        }
    }
    all
}
",
);

impl Twin {
    /// The option of a call.
    pub(super) fn pictures(&mut self, images: &[Template]) -> String {
        let all = images.iter().map(|image| self.value(image)).collect::<Vec<String>>().join(", ");
        if images.iter().any(|image| matches!(image, Template::Value(_))) {
            return format!("{}([{all}])", self.call(FUNCTION.0));
        }
        format!("[{all}]")
    }
}
