//! Values as Python has them as tables.

use crate::script::engine::plain;

#[test]
fn the_text_is_that_of_python() {
    for (value, expected) in [
        ("\"it's\"", "it's"),
        ("3", "3"),
        ("true", "True"),
        ("()", "None"),
        ("[\"ann\", \"bo\"]", "['ann', 'bo']"),
        ("#{a: 1, b: [true, (), 1.0]}", "{'a': 1, 'b': [True, None, 1.0]}"),
        ("[\"it's\", \"it's \\\"q\\\" \\u00e9\", \"a\\n\\\\\", 'c']", "[\"it's\", 'it\\'s \"q\" é', 'a\\n\\\\', 'c']"),
        ("[\"\\u00a0\\u200b\\u0001\"]", "['\\xa0\\u200b\\x01']"),
        ("[1.0, 1e15, 1e16, 2.5e-7, 0.0001, -1e100]", "[1.0, 1000000000000000.0, 1e+16, 2.5e-07, 0.0001, -1e+100]"),
        ("[]", "[]"),
    ] {
        let text = plain().eval::<String>(&format!("python_text({value})"));
        assert_eq!(text.expect(value), expected, "{value}");
    }
}

#[test]
fn the_json_is_that_of_jinja() {
    for (value, expected) in [
        ("#{b: [1, 2.0, ()], a: true}", r#"{"a": true, "b": [1, 2.0, null]}"#),
        ("\"caf\\u00e9 \\U0001F600\"", r#""caf\u00e9 \ud83d\ude00""#),
        ("\"<b> & it's\"", r#""\u003cb\u003e \u0026 it\u0027s""#),
        ("\"a\\n\\t\\\"\\\\\\u007f\\u0001\"", r#""a\n\t\"\\\u007f\u0001""#),
        ("1e16", "1e+16"),
        ("[]", "[]"),
        ("#{}", "{}"),
    ] {
        let text = plain().eval::<String>(&format!("python_json({value})"));
        assert_eq!(text.expect(value), expected, "{value}");
    }
}

#[test]
fn what_is_zero_or_empty_is_not_true() {
    for (value, expected) in [
        ("()", false),
        ("false", false),
        ("true", true),
        ("0", false),
        ("-1", true),
        ("0.0", false),
        ("0.1", true),
        ("\"\"", false),
        ("\" \"", true),
        ("'a'", true),
        ("[]", false),
        ("[()]", true),
        ("#{}", false),
        ("#{a: ()}", true),
    ] {
        let truth = plain().eval::<bool>(&format!("python_truth({value})"));
        assert_eq!(truth.expect(value), expected, "{value}");
    }
}

#[test]
fn numbers_are_rounded_as_python_does() {
    for (arguments, expected) in [
        ("2.5, 0", "2.0"),
        ("3.5, 0", "4.0"),
        ("-2.5, 0", "-2.0"),
        ("2.675, 2", "2.67"),
        ("0.15, 1", "0.1"),
        ("2.45, 1", "2.5"),
        ("-7, 1", "-7"),
        ("7, 0", "7"),
        ("125, -1", "120"),
        ("-127, -1", "-130"),
        ("12.5, -1", "10.0"),
    ] {
        let text = plain().eval::<String>(&format!("python_text(python_round({arguments}))"));
        assert_eq!(text.expect(arguments), expected, "{arguments}");
    }
    for arguments in ["\"x\", 0", "1.5, 19", "9223372036854775807, -1"] {
        assert!(plain().run(&format!("python_round({arguments})")).is_err(), "{arguments}");
    }
}

#[test]
fn an_item_that_is_missing_is_what_stands_for_it() {
    for (arguments, expected) in [
        ("#{a: 1}, \"a\", 7", "1"),
        ("#{a: 1}, \"b\", 7", "7"),
        ("#{a: ()}, \"a\", 7", "None"),
        ("#{a: 1}, 0, 7", "7"),
        ("[3, 1, 2], 0, 7", "3"),
        ("[3, 1, 2], -1, 7", "2"),
        ("[3, 1, 2], 3, 7", "7"),
        ("[3, 1, 2], -4, 7", "7"),
        ("[3, 1, 2], \"a\", 7", "7"),
        ("\"h\\u00e9y\", 1, 7", "é"),
        ("\"hey\", -4, 7", "7"),
        ("(), \"a\", 7", "7"),
        ("5, 0, 7", "7"),
    ] {
        let text = plain().eval::<String>(&format!("python_text(python_item({arguments}))"));
        assert_eq!(text.expect(arguments), expected, "{arguments}");
    }
}

#[test]
fn a_slice_may_count_from_the_end() {
    for (arguments, expected) in [
        ("\"abcdef\", -3, 5", "de"),
        ("\"abcdef\", (), 2", "ab"),
        ("\"abcdef\", 4, ()", "ef"),
        ("\"abcdef\", 1, -1", "bcde"),
        ("\"abcdef\", -20, 2", "ab"),
        ("\"abcdef\", 4, 2", ""),
        ("\"abcdef\", (), -20", ""),
        ("\"caf\\u00e9s\", 3, 9", "és"),
        ("[3, 1, 2], -2, 2", "[1]"),
        ("[3, 1, 2], 2, 1", "[]"),
        ("[3, 1, 2], 5, 9", "[]"),
        ("[3, 1, 2], (), ()", "[3, 1, 2]"),
    ] {
        let text = plain().eval::<String>(&format!("python_text(python_slice({arguments}))"));
        assert_eq!(text.expect(arguments), expected, "{arguments}");
    }
    for arguments in ["5, 0, 1", "\"abc\", 1.5, ()"] {
        assert!(plain().run(&format!("python_slice({arguments})")).is_err(), "{arguments}");
    }
}

#[test]
fn numbers_are_made_of_what_is_one_as_jinja_does() {
    for (call, expected) in [
        ("python_int(\"3.7\", 0)", "3"),
        ("python_int(\"-3.7\", 0)", "-3"),
        ("python_int(\"12abc\", 0)", "0"),
        ("python_int(\"x\", 7)", "7"),
        ("python_int(\" +12 \\n\", 0)", "12"),
        ("python_int(\"1_000\", 0)", "1000"),
        ("python_int(\"_1\", 0)", "0"),
        ("python_int(\"1e3\", 0)", "1000"),
        ("python_int(\"inf\", 5)", "5"),
        ("python_int(\"nan\", 5)", "5"),
        ("python_int(\"1e400\", 5)", "5"),
        ("python_int(\"0x1f\", 5)", "5"),
        ("python_int(\"1__0\", 5)", "5"),
        ("python_int(\"1_000.5\", 5)", "1000"),
        ("python_int(\"--1\", 5)", "5"),
        ("python_int(\"-9223372036854775808\", 5)", "-9223372036854775808"),
        ("python_int(\"9007199254740993\", 5)", "9007199254740993"),
        ("python_int(-3.9, 0)", "-3"),
        ("python_int(-0.5, 1)", "0"),
        ("python_int('5', 0)", "5"),
        ("python_int(true, 0)", "1"),
        ("python_int((), 0)", "0"),
        ("python_int([1], \"none\")", "none"),
        ("python_float(\"3.7\", 0.0)", "3.7"),
        ("python_float(\"1_000.5\", 0.0)", "1000.5"),
        ("python_float(\"x\", 0.0)", "0.0"),
        ("python_float(\"\", 1.5)", "1.5"),
        ("python_float(3, 0.0)", "3.0"),
        ("python_float(true, 0.0)", "1.0"),
        ("python_float((), 2)", "2"),
    ] {
        let text = plain().eval::<String>(&format!("python_text({call})"));
        assert_eq!(text.expect(call), expected, "{call}");
    }
    let long = "9".repeat(400);
    let quoted = format!("\"{long}\"");
    for (number, named) in [
        ("\"1e30\"", "1e30"),
        ("1e30", "1e30"),
        ("python_float(\"1e30\", 0.0)", "1e30"),
        ("python_float(\"1e400\", 0.0)", "inf"),
        ("\"99999999999999999999\"", "99999999999999999999"),
        // The nearest number with a fraction would be one that 64 bits hold.
        ("\"-9223372036854775809\"", "-9223372036854775809"),
        (quoted.as_str(), &long[..50]),
    ] {
        let error = plain().run(&format!("python_int({number}, 0)")).expect_err(number).to_string();
        assert!(error.contains(&format!("`int`: {named}")) && error.contains("64 bits"), "{number}: {error}");
    }
}
