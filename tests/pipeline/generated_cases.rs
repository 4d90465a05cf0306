//! Small pipelines for `generated`: each way of going on after a failure, a success, or a condition that does not hold.

/// One pipeline, and what it comes to.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) text: &'static str,
    pub(super) args: &'static [&'static str],
    pub(super) files: &'static [(&'static str, &'static str)],
    /// The exit code.
    pub(super) code: i32,
    /// How many requests there are.
    pub(super) asked: usize,
    /// The answer as JSON; empty if the two runs need only agree.
    pub(super) answer: &'static str,
}

/// One without arguments and further files.
pub(super) const fn case(
    name: &'static str,
    text: &'static str,
    code: i32,
    asked: usize,
    answer: &'static str,
) -> Case {
    Case { name, text, args: &[], files: &[], code, asked, answer }
}

/// Ways.
pub(super) const WAYS: &[Case] = &[
    case(
        "a failure leads to its step, though success leads elsewhere",
        "\
steps:
  first: {llm: bad, on_failure: mend, on_success: done}
  between: {llm: never asked}
  mend: {llm: mended}
  done: {llm: 'the end {{ mend ?? \"unmended\" }}', always: true}
",
        0,
        3,
        r#""(the end (mended))""#,
    ),
    case(
        "success leads elsewhere, though a failure would lead to a step",
        "\
steps:
  first: {llm: good, on_failure: mend, on_success: done}
  between: {llm: never asked}
  mend: {llm: never mended}
  done: {llm: 'the end {{ mend ?? \"unmended\" }}', always: true}
",
        0,
        2,
        r#""(the end unmended)""#,
    ),
    case(
        "on_failure continue: who needs it is skipped",
        "\
steps:
  a: {llm: bad, on_failure: continue}
  b: {llm: 'needs {{ a }}'}
  c: {llm: 'needs {{ b }} too'}
  d: {llm: alone}
  e: {llm: 'told of {{ outcomes.a }} and {{ errors.a?.kind }}'}
",
        0,
        3,
        r#""(told of failed and rejected)""#,
    ),
    case(
        "on_failure skip: a last step that is skipped with the failed one has no value, nor has the whole",
        "\
steps:
  d: {llm: alone}
  a: {llm: bad, on_failure: skip}
  b: {llm: 'needs {{ a }}'}
",
        0,
        2,
        "null",
    ),
    case(
        "on_failure fail: nothing more, but for what always runs",
        "\
steps:
  a: {llm: bad, on_failure: fail}
  b: {llm: 'needs {{ a }}'}
  c: {llm: cleaned up, always: true, dependencies: [b]}
",
        4,
        2,
        "",
    ),
    case(
        "nothing is said: a failure skips what needs it and nothing else",
        "\
steps:
  a: {llm: bad}
  b: {llm: alone}
  c: {llm: 'needs {{ a }}'}
  d: {llm: 'goes on with {{ b }}'}
",
        4,
        3,
        "",
    ),
    case(
        "attempts with pauses",
        "\
steps:
  a: {llm: bad, retry: {times: 2, wait: 1ms, factor: 2}, on_failure: continue}
  b: {set: {told: outcomes.a}}
",
        0,
        3,
        r#"{"told": "failed"}"#,
    ),
    case(
        "on_failure retry, as often as it may be visited",
        "steps: {a: {llm: bad, on_failure: retry, max_visits: 3}}\n",
        1,
        3,
        "",
    ),
    case(
        "visits that a step within a loop bounds",
        "\
outputs: {v: outcomes.dear}
steps:
  draft: {llm: draft, max_visits: 5}
  dear: {llm: 'dear {{ draft }}', max_visits: 2, on_failure: continue}
  again: {set: {v: dear}, on_success: draft}
",
        0,
        5,
        r#"{"v": "failed"}"#,
    ),
    case(
        "visits of a step that may repeat itself, within a loop",
        "\
steps:
  draft: {set: {v: '1'}, max_visits: 3}
  dear: {llm: dear, on_failure: retry, max_visits: 1}
  again: {llm: again, on_success: draft}
",
        1,
        2,
        "",
    ),
    case(
        "a way back to what is skipped each time",
        "\
steps:
  bad: {tool: calculate, args: {expression: 1 / 0}, on_failure: continue}
  target: {set: {v: bad}, max_visits: 3}
  from: {llm: asked, always: true, on_success: target}
",
        1,
        4,
        "",
    ),
    case(
        "on_false to a step, skip, and what is jumped over",
        "\
inputs: {n: {type: integer, default: 1}}
steps:
  a: {llm: never, condition: inputs.n > 1, on_false: c}
  b: {llm: never either}
  c: {llm: 'here {{ b ?? \"nothing\" }}'}
  d: {llm: no, condition: inputs.n > 1, on_false: skip}
  e: {llm: 'needs {{ d }}'}
  f: {llm: no, condition: inputs.n > 1}
  g: {llm: 'needs {{ f ?? \"less\" }}'}
",
        0,
        2,
        r#""(needs less)""#,
    ),
    case(
        "on_false fail",
        "steps: {a: {llm: first}, b: {llm: 'no {{ a }}', condition: 'a == \"\"', on_false: fail}}\n",
        1,
        1,
        "",
    ),
    Case {
        args: &["kind=hard"],
        ..case(
            "a switch leads to a step",
            "\
inputs: {kind: a word}
steps:
  way: {switch: {on: inputs.kind, cases: {simple: short, hard: long}, default: fail}}
  short: {llm: in short, on_success: end}
  long: {llm: at length, on_success: end}
  never: {llm: never}
",
            0,
            1,
            r#""(at length)""#,
        )
    },
    Case {
        args: &["kind=odd"],
        ..case(
            "a switch that fails is a failure of its step",
            "\
inputs: {kind: a word}
steps:
  way: {switch: {on: inputs.kind, cases: {simple: short, odd: fail}}, on_failure: other}
  short: {llm: in short}
  other: {llm: another way}
",
            0,
            1,
            r#""(another way)""#,
        )
    },
    case(
        "a comment ends with its expression",
        "\
inputs: {n: {type: integer, default: 2}}
steps:
  a: {set: {n: 'inputs.n + 1 // one more', text: '\"http://x\" // a place'}, condition: 'inputs.n > 1 // enough'}
  b: {llm: {prompt: 'say {{ a?.n // so many }} times', check: 'answer != \"\" // anything'}}
  c: {each: {in: '[1, 2] // both', as: word, key: 'word // itself', steps: {s: {llm: 'n {{ word }}'}}}}
  d: {while: {condition: 'prev == () // once', max_iterations: 3, steps: {t: {llm: turn}}}}
  e: {switch: {on: 'a?.n // how many', cases: {3: last}}}
  never: {llm: never}
  last: {set: {n: 'd ?? \"\" // the turn'}, products: {'last.n // what': last.txt}}
outputs: {c: 'c // all', n: 'last.n // it', text: 'a?.text'}
",
        0,
        4,
        r#"{"c": {"1": "(n 1)", "2": "(n 2)"}, "n": "(turn)", "text": "http://x"}"#,
    ),
    case(
        "conditions of several statements",
        "\
inputs: {n: {type: integer, default: 2}}
steps:
  a: {llm: first, condition: 'let n = inputs.n; n > 1'}
  b: {while: {condition: 'let n = iteration; n < 3', max_iterations: 5, steps: {t: {llm: 'turn {{ iteration }}'}}}}
  c: {set: {v: b, w: 'a ?? \"\"'}}
",
        0,
        3,
        r#"{"v": "(turn 2)", "w": "(first)"}"#,
    ),
    case(
        "a step is named like the notes that a script keeps",
        "\
steps:
  a: {tool: calculate, args: {expression: 1 / 0}, on_failure: continue}
  lost: {set: {v: '1'}}
  b: {llm: 'needs {{ a }}'}
outputs: {v: lost.v, b: b}
",
        0,
        0,
        r#"{"v": 1, "b": null}"#,
    ),
    case(
        "a jump that is one too many is a failure that others see",
        "\
steps:
  a: {switch: {on: '1', cases: {'1': retry}}, max_visits: 1}
  b: {llm: asked, condition: outcomes.a == \"failed\"}
  c: {llm: never asked}
",
        1,
        1,
        "",
    ),
    case(
        "what always runs does so after a jump that was one too many, which its step's own way does not deal with",
        "\
steps:
  a: {llm: first, on_success: retry, on_failure: continue, max_visits: 2}
  b: {llm: never asked}
  c: {llm: 'cleaned up after {{ a ?? \"nothing\" }}', always: true}
",
        1,
        3,
        "",
    ),
    case(
        "a failure leads back once too often, and another step mends it",
        "\
steps:
  a: {llm: bad, on_failure: retry, max_visits: 2}
  b: {llm: '{{ outcomes.a }} with {{ errors.a?.kind }}'}
",
        1,
        3,
        "",
    ),
    case(
        "an end skips only what stands behind it",
        "\
steps:
  a: {llm: asked, dependencies: [b]}
  n: {llm: 'never asked {{ c }}'}
  b: {end: 1}
  c: {llm: never}
",
        0,
        1,
        "1",
    ),
    case(
        "a failure that ends all ends nothing that stands before it",
        "\
steps:
  a: {llm: asked}
  b: {llm: 'needs {{ a }}'}
  c: {tool: calculate, args: {expression: 1 / 0}, on_failure: fail}
  d: {llm: never asked}
",
        1,
        2,
        "",
    ),
    case(
        "a failure that ends all, and who stands before it and waits for it",
        "\
steps:
  told: {llm: 'told of {{ outcomes.c }}'}
  needs: {llm: 'never asked {{ c }}'}
  c: {tool: calculate, args: {expression: 1 / 0}, on_failure: fail}
  d: {llm: never asked}
",
        1,
        1,
        "",
    ),
    case(
        "an end that may also fail spares what stands before it",
        "\
steps:
  a: {llm: asked, dependencies: [b]}
  b: {llm: first, on_success: end, on_failure: fail}
  c: {llm: never}
",
        0,
        2,
        r#""(first)""#,
    ),
    case(
        "a condition that does not hold fails what stands behind it alone",
        "\
steps:
  a: {llm: asked, dependencies: [outcomes.b]}
  b: {llm: never, condition: 1 > 2, on_false: fail}
  c: {llm: never either}
  d: {llm: cleaned up, always: true}
",
        1,
        2,
        "",
    ),
    case(
        "what always runs behind a failure leads back to nothing before it, but may repeat itself",
        "\
steps:
  a: {tool: calculate, args: {expression: 1 / 0}, on_failure: fail, max_visits: 3}
  b: {llm: cleaned up, always: true, on_success: a}
  c: {llm: twice, always: true, on_success: retry, max_visits: 2}
",
        1,
        3,
        "",
    ),
    case(
        "what always runs behind an end leads back to nothing before it",
        "\
steps:
  a: {llm: first, on_success: end, max_visits: 3}
  b: {llm: cleaned up, always: true, on_success: a}
",
        0,
        2,
        r#""(first)""#,
    ),
    case(
        "a jump passes over nothing that stands before it",
        "\
steps:
  a: {llm: asked, dependencies: [b]}
  b: {set: {n: '1'}, on_success: d}
  c: {llm: never}
  d: {llm: 'the last sees {{ c ?? \"nothing\" }}'}
",
        0,
        2,
        r#""(the last sees nothing)""#,
    ),
    case(
        "a jump to the next step passes over nothing, whoever comes between",
        "\
steps:
  a: {llm: first, dependencies: [b]}
  b: {llm: second, on_success: c}
  c: {llm: 'third after {{ outcomes.a }}', on_success: end}
",
        0,
        3,
        r#""(third after ok)""#,
    ),
    case(
        "success would fail all, and a failure is dealt with",
        "\
steps:
  a: {llm: bad, on_success: fail, on_failure: continue}
  b: {llm: asked, always: true}
",
        0,
        2,
        r#""(asked)""#,
    ),
    case(
        "success fails all, and a failure would be dealt with",
        "\
steps:
  a: {llm: good, on_success: fail, on_failure: continue}
  b: {llm: never}
  c: {llm: asked, always: true}
",
        1,
        2,
        "",
    ),
    case(
        "a switch that fails has no value",
        "\
steps:
  a: {switch: {on: '\"x\"', cases: {x: fail}}, on_failure: continue}
  b: {llm: never asked, condition: a != (), dependencies: [outcomes.a]}
outputs: {a: a}
",
        0,
        0,
        r#"{"a": null}"#,
    ),
    case(
        "a step whose file cannot be written has no value",
        "\
steps:
  a: {set: {n: 'parse_json(\"1\")'}, products: {a.n: a.csv}, on_failure: continue}
  b: {llm: never asked, condition: a != (), dependencies: [outcomes.a]}
outputs: {a: a}
",
        0,
        0,
        "",
    ),
    case(
        "a step whose success fails has no value for what always runs",
        "\
steps:
  a: {llm: first, on_success: fail}
  b: {llm: 'sees {{ a ?? \"nothing\" }}', always: true}
",
        1,
        2,
        "",
    ),
    case(
        "a switch skips what needs it",
        "\
steps:
  a: {switch: {on: '\"1\"', cases: {'1': skip, '2': b}}, max_visits: 2}
  b: {llm: 'never asked {{ a }}'}
  c: {switch: {on: '\"3\"', cases: {'1': continue}, default: skip}}
  d: {llm: 'never asked {{ c }}'}
  e: {llm: 'told of {{ outcomes.b }} and {{ outcomes.d }}'}
",
        0,
        1,
        r#""(told of skipped and skipped)""#,
    ),
    case(
        "a condition of a pause may fail, and what does not need it goes on",
        "\
inputs: {n: {type: object, default: {a: 1}}}
steps:
  a: {wait: 1ms, condition: inputs.n.a == \"x\"}
  b: {set: {n: '[1, 2][5]'}}
  c: {llm: alone, dependencies: [outcomes.a]}
",
        1,
        1,
        "",
    ),
    case(
        "of two failures the first of the file is told, though the second ends the script",
        "\
steps:
  a: {llm: bad}
  b: {llm: alone}
  c: {tool: calculate, args: {expression: 1 / 0}}
",
        4,
        2,
        "",
    ),
    case(
        "a failure is told before a success that fails all",
        "\
steps:
  a: {llm: bad}
  b: {llm: good, on_success: fail}
",
        4,
        2,
        "",
    ),
    case(
        "a failure is told before a jump that is one too many",
        "\
steps:
  a: {llm: bad}
  b: {tool: calculate, args: {expression: 1 / 0}, on_failure: retry, max_visits: 1}
  c: {llm: never asked}
",
        4,
        1,
        "",
    ),
    case(
        "the first failure of a turn is that of its loop",
        "\
steps:
  a:
    while:
      condition: prev == ()
      max_iterations: 2
      steps:
        b: {llm: bad}
        c: {tool: calculate, args: {expression: 1 / 0}, on_failure: retry, max_visits: 1}
    on_failure: continue
  d: {llm: 'told of {{ errors.a?.kind }}'}
",
        0,
        2,
        r#""(told of rejected)""#,
    ),
    case(
        "a success and a condition that fail all are told to what always runs",
        "\
steps:
  a: {set: {v: '1'}, on_success: fail}
  b: {llm: 'told {{ errors.a?.message }}', always: true}
  c:
    parallel: {d: [{e: {set: {v: '1'}, condition: 1 > 2, on_false: fail}}]}
    on_failure: continue
    always: true
  f: {llm: 'told {{ errors.c?.message }}', always: true}
",
        1,
        2,
        "",
    ),
    case(
        "a second end opens nothing that the first one closed",
        "\
steps:
  a: {llm: first, on_success: end}
  b: {llm: never asked, dependencies: [c]}
  c: {llm: cleaned up, always: true, on_success: end}
",
        0,
        2,
        r#""(cleaned up)""#,
    ),
    case(
        "a step that a later round goes past gives the block no value",
        "\
steps:
  first: {llm: first, max_visits: 3}
  route: {set: {v: '2'}, max_visits: 1, on_failure: done}
  again: {set: {v: '3'}, on_success: first}
  done: {set: {v: '4'}, condition: 1 > 2}
",
        0,
        2,
        "null",
    ),
];
