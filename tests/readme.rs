//! The README says what the program says: its table of primitives is the one rendered from their own text.

use rhizo::script::help;

#[test]
fn the_table_of_primitives_is_the_rendered_one() {
    let readme = include_str!("../README.md");
    let after = readme.split("<!-- primitives -->\n").nth(1).expect("the README has the opening mark");
    let table = after.split("<!-- /primitives -->").next().expect("the README has the closing mark");
    assert_eq!(table, help::markdown(), "mend: rhizo doctor --primitives prints the table");
}
