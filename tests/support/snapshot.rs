//! Snapshots of whole outputs, with what differs from run to run named instead of shown.

/// What is replaced by what. The order counts: ids before numbers.
pub(crate) const FILTERS: &[(&str, &str)] = &[
    (r"\b[0-9A-HJKMNP-TV-Z]{26}\b", "[id]"),
    (r"child [0-9A-HJKMNP-TV-Z]{6}\b", "child [id]"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "[time]"),
    (r"\b1[6-9]\d{11}\b", "[millis]"),
    (r"· \d+ ms", "· [n] ms"),
    (r"next in \d+ ms", "next in [n] ms"),
    (r#""millis": \d+"#, r#""millis": [n]"#),
    (r"millis=\d+", "millis=[n]"),
    (r"rhizo \d+\.\d+\.\d+", "rhizo [version]"),
    (r#""version": "\d+\.\d+\.\d+""#, r#""version": "[version]""#),
    (r"\b[0-9a-f]{64}\b", "[hash]"),
];

/// Compares a text with the snapshot of this name, all of which lie in one folder.
#[track_caller]
pub(crate) fn check(name: &str, text: &str) {
    insta::with_settings!({
        filters => FILTERS.to_vec(),
        snapshot_path => "../snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!(name, text);
    });
}
