//! Small pipelines for `generated`: each kind of body, of file and of limit.

use super::generated_cases::{Case, case};

/// Bodies, files and the rest.
pub(super) const BODIES: &[Case] = &[
    case(
        "items that fail, and go on",
        "\
steps:
  all:
    each: {in: [one, bad, two], as: word, key: word, on_item_failure: continue, steps: {s: {llm: 'say {{ word }} {{ index }}'}}}
  told: {set: {all: all, failed: '(errors.all ?? #{}).keys()'}}
",
        0,
        3,
        r#"{"all": {"one": "(say one 0)", "bad": null, "two": "(say two 2)"}, "failed": ["bad"]}"#,
    ),
    case(
        "the first item that fails stops the rest",
        "\
steps:
  all:
    each: {in: [one, bad, two], max_parallel: 1, steps: {s: {llm: 'say {{ item }}'}}}
    on_failure: continue
  told: {set: {kind: errors.all?.kind, of: outcomes.all}}
",
        0,
        2,
        r#"{"kind": "rejected", "of": "failed"}"#,
    ),
    case(
        "the first item that fails stops those that stand far enough behind it",
        "\
steps:
  all:
    each: {in: [one, two, bad, three, four, five, six], max_parallel: 3, steps: {s: {llm: 'say {{ item }}'}}}
    on_failure: continue
  told: {set: {kind: errors.all?.kind, of: outcomes.all}}
",
        0,
        5,
        r#"{"kind": "rejected", "of": "failed"}"#,
    ),
    case(
        "items that fail one after the other",
        "\
steps:
  all:
    each:
      in: [[one, two], [bad, three, four], [five]]
      max_parallel: 1
      steps: {s: {each: {in: '{{ item }}', as: word, max_parallel: 2, steps: {t: {llm: 'say {{ word }}'}}}}}
",
        4,
        4,
        "",
    ),
    case(
        "items of a map come in the order of their keys, however it is written",
        "steps: {all: {each: {in: {b: 1, a: 2, c: 3}, steps: {s: {llm: '{{ key }} is {{ index }} with {{ item }}'}}}}}\n",
        0,
        3,
        r#"{"a": "(a is 0 with 2)", "b": "(b is 1 with 1)", "c": "(c is 2 with 3)"}"#,
    ),
    Case {
        files: &[("text.txt", "a text of many letters\n")],
        ..case(
            "a text and a number have no items, a range has",
            "\
inputs: {n: {type: object, default: {a: 1}}}
steps:
  text: {tool: read_file, args: {path: text.txt}}
  a: {each: {in: '[text, 1][0]', steps: {s: {llm: 'never {{ item }}'}}}, on_failure: continue}
  b: {each: {in: inputs.n.a, steps: {t: {llm: 'never {{ item }}'}}}, on_failure: continue}
  c: {each: {in: 0..3, steps: {u: {llm: 'item {{ item }}'}}}, on_failure: continue}
  told: {llm: '{{ [errors.a?.kind, errors.a?.message, errors.b?.message, errors.c?.message] }}'}
",
            0,
            4,
            "",
        )
    },
    Case {
        files: &[
            ("text.txt", "a text of many letters\n"),
            ("sub.yaml", "inputs: {t: {}, n: {type: integer, default: 1}}\nsteps: {z: {set: {v: inputs.n}}}\n"),
        ],
        ..case(
            "failures are told with their kinds and words",
            "\
inputs: {n: {type: object, default: {a: 1}}, q: {default: x}, opt: {required: false}}
steps:
  text: {tool: read_file, args: {path: text.txt}}
  a: {set: {v: '1'}, condition: inputs.n.a == inputs.q, on_failure: continue}
  b: {pipeline: sub.yaml, inputs: {t: y, n: '{{ inputs.opt }}'}, on_failure: continue}
  d: {llm: {prompt: asked, check: inputs.n.a}, on_failure: continue}
  e: {each: {in: '[1, 2]', key: '1', steps: {s: {set: {v: item}}}}, on_failure: continue}
  f: {set: {v: '1'}, condition: '[text, 1][0]', on_failure: continue}
  g: {while: {condition: '[text, 1][0]', max_iterations: 2, steps: {t: {set: {v: '1'}}}}, on_failure: continue}
  h: {while: {condition: 'true', max_iterations: 2, steps: {u: {set: {v: '1'}}}}, on_failure: continue}
  i: {switch: {on: text.len(), cases: {1: skip}, default: fail}, on_failure: continue}
  j: {each: {in: '[1, inputs.q]', steps: {w: {set: {v: item * 2}}}}, on_failure: continue}
  k: {parallel: {one: [{y: {set: {v: '[text, 1][0].nothing'}}}]}, on_failure: continue}
  kinds: {set: {v: '[errors.a?.kind, errors.b?.kind, errors.d?.kind, errors.e?.kind, errors.f?.kind]'}}
  more: {set: {v: '[errors.g?.kind, errors.h?.kind, errors.i?.kind, errors.j?.kind, errors.k?.kind]'}}
  told: {set: {v: '[errors.a?.message, errors.b?.message, errors.d?.message, errors.e?.message]'}}
  also: {set: {v: '[errors.f?.message, errors.g?.message, errors.h?.message, errors.i?.message, errors.j?.message]'}}
  last: {set: {v: errors.k?.message}}
  all: {llm: '{{ kinds.v }} {{ more.v }} {{ told.v }} {{ also.v }} {{ last.v }}'}
",
            0,
            2,
            "",
        )
    },
    Case {
        files: &[("notes.txt", "a note\n")],
        ..case(
            "arguments that turn out not to fit are no call",
            "\
steps:
  n: {set: {v: '{{ -1 }}'}}
  a: {tool: read_file, args: {path: notes.txt, from_line: '{{ n.v }}'}, on_failure: continue}
  told: {llm: '{{ errors.a?.kind }} {{ errors.a?.message }}'}
",
            0,
            1,
            "",
        )
    },
    case(
        "items of a map within items of a list",
        "\
steps:
  head: {llm: head}
  all:
    each:
      in: [{a: 1, b: 2}, {c: 3}]
      as: row
      steps:
        inner:
          each: {in: '{{ row }}', as: n, steps: {s: {llm: '{{ head }} {{ key }} is {{ n }} of {{ row.len() }}'}}}
        out: {set: {inner: inner, first: head}}
",
        0,
        4,
        "",
    ),
    case(
        "a loop sees what its last turn gave, and its steps may fail",
        "\
steps:
  grow:
    while:
      condition: prev == () || prev.text.len() < 30
      max_iterations: 6
      steps:
        odd: {llm: bad, condition: iteration == 2, on_failure: continue}
        more: {llm: 'more {{ prev?.text ?? \"\" }}'}
        round: {set: {text: more, odd: outcomes.odd, kind: errors.odd?.kind}}
",
        0,
        6,
        "",
    ),
    case(
        "a last step that failed has no value, nor has the whole",
        "steps: {a: {llm: alone}, b: {llm: bad, on_failure: continue}}\n",
        0,
        2,
        "null",
    ),
    case(
        "a last step that a condition or a jump leaves out gives way to the one before it",
        "\
steps:
  way: {llm: first, on_success: done}
  between: {llm: never asked}
  done: {llm: never asked either, condition: 1 > 2}
",
        0,
        1,
        r#""(first)""#,
    ),
    case(
        "the last step of a body may be left out, fail, or be skipped with one that it needs",
        "\
steps:
  all:
    each:
      in: [one, bad, two]
      steps:
        s: {llm: 'say {{ item }}', on_failure: continue}
        t: {llm: 'more {{ s }}', condition: 'item == \"two\"'}
  rounds:
    while:
      condition: iteration < 3
      max_iterations: 5
      steps: {u: {llm: 'turn after {{ prev ?? \"nothing\" }}'}, v: {llm: bad, on_failure: continue}}
outputs: {all: all, rounds: rounds}
",
        0,
        8,
        r#"{"all": ["(say one)", null, "(more (say two))"], "rounds": null}"#,
    ),
    case(
        "a loop without an end",
        "steps: {a: {while: {condition: 'true', max_iterations: 2, steps: {s: {llm: 'turn {{ iteration }}'}}}}}\n",
        1,
        2,
        "",
    ),
    case(
        "branches at the same time, one of which fails",
        "\
steps:
  head: {llm: head}
  both:
    parallel:
      left: [{a: {llm: 'left {{ head }}'}}, {b: {llm: 'then {{ a }}'}}]
      right: [{c: {llm: 'bad {{ head }}'}}]
    on_failure: continue
  again: {parallel: [{d: {llm: 'd {{ head }}'}}, {e: {llm: e}}]}
outputs: {of: outcomes.both, again: again}
",
        0,
        6,
        r#"{"of": "failed", "again": {"d": "(d (head))", "e": "(e)"}}"#,
    ),
    Case {
        files: &[(
            "parts/inner.yaml",
            "inputs: {word: {}}\nsteps: {s: {llm: 'inner {{ inputs.word }}'}}\noutputs: {said: s}\n",
        )],
        ..case(
            "another pipeline, which may fail",
            "\
steps:
  one: {pipeline: parts/inner.yaml, inputs: {word: good}}
  two: {pipeline: parts/inner.yaml, inputs: {word: bad}, on_failure: continue}
outputs: {one: one.said, two: outcomes.two}
",
            0,
            2,
            r#"{"one": "(inner good)", "two": "failed"}"#,
        )
    },
    case(
        "a model plays the person",
        "steps: {a: {ask: {prompt: yes or no?, choices: ['yes', 'no'], of: worker}}, b: {set: {said: a}}}\n",
        0,
        1,
        r#"{"said": "yes"}"#,
    ),
    case(
        "choices become texts, and no choices are none",
        "\
inputs: {n: {type: integer, default: 2}}
steps:
  a: {ask: {prompt: yes or no?, choices: ['{{ inputs.n }}', 'yes'], of: worker}}
  b: {ask: {prompt: 'yes or no, {{ a }}?', choices: '[\"yes\", inputs.n]', of: worker}}
  c: {ask: {prompt: 'Said {{ b }}', choices: '[]', of: worker}}
",
        0,
        3,
        r#""(Said yes)""#,
    ),
    case(
        "a named model plays the person, and who has a personality of one word",
        "\
personalities: {critic: Sceptical}
steps:
  a: {llm: first, personality: critic}
  b: {ask: {prompt: yes or no?, choices: ['yes', 'no'], of: worker}, model: small}
",
        0,
        2,
        "",
    ),
    case("nobody is there to be asked", "steps: {a: {llm: first}, b: {ask: 'Is {{ a }} right?'}}\n", 6, 1, ""),
    case(
        "files of every kind that a tool writes",
        "\
inputs: {name: {default: x}}
steps:
  rows: {set: {table: '[#{a: 1, b: \"x,y\"}, #{a: (), b: \"q\\\"q\"}]', text: '\"plain\"'}}
  verdict: {llm: a verdict +, vars: {good: {type: boolean}, n: {type: integer}}, products: {good: ./good.json, 'n + 1': '{{ n }}/{{ inputs.name }}.txt'}}
  files:
    set: {a: rows.table}
    products: {files: whole.json, files.a: rows.csv, rows.text: text.md, 'rows.text.to_upper()': 'deep/{{ inputs.name }}.md', 'rows.text.len()': ' {{ inputs.name }}.TXT ', 'rows.text.to_lower()': LOUD.JSON}
",
        0,
        1,
        "",
    ),
    case(
        "back to a step until the critic is content",
        "\
steps:
  draft: {llm: 'draft {{ inputs.start ?? \"\" }}', max_visits: 4}
  counted: {set: {n: '1'}, condition: 'draft != \"\"'}
  check: {llm: 'verdict {{ draft }}', vars: {good: {type: boolean}, n: {type: integer}}}
  way: {switch: {on: check.good, cases: {'true': done, 'false': draft}}}
  done: {set: {n: counted?.n}}
inputs: {start: {required: false}}
",
        1,
        8,
        "",
    ),
    case(
        "a body that ends early, and the end of the whole",
        "\
steps:
  all:
    each:
      in: [a, b]
      steps:
        first: {llm: 'first {{ item }}', condition: 'item == \"a\"', on_success: end}
        second: {llm: 'second {{ item }}'}
  stop: {end: all, condition: all.len() == 2}
  never: {llm: never}
  last: {llm: cleaned up, always: true}
",
        0,
        3,
        r#"["(first a)", "(second b)"]"#,
    ),
    case(
        "a closure reads the value on which it is called",
        "\
steps:
  map: {set: {a: '\"x\"', b: '\"y\"'}}
  text: {set: {joined: 'map.keys().map(|k| k + map[k]).join(\" \") + map.len()'}}
  said: {llm: 'say {{ text.joined }} {{ map.keys().filter(|k| map[k] != \"x\") }}'}
",
        0,
        1,
        r#""(say ax by2 [\"b\"])""#,
    ),
    case(
        "steps within their limits",
        "\
budget: {max_calls: 9}
steps:
  a: {llm: timed, timeout: 60s}
  b: {parallel: [{c: {llm: 'inner {{ a }}'}}], timeout: 60s, budget: {max_calls: 3}}
",
        0,
        2,
        r#"{"c": "(inner (timed))"}"#,
    ),
    case(
        "steps beyond their limits, and where that leads",
        "\
steps:
  draft: {llm: draft, max_visits: 2, timeout: 1h}
  rounds:
    while: {condition: 'true', max_iterations: 9, steps: {turn: {llm: 'turn {{ iteration }} of {{ draft }}'}}}
    budget: {max_calls: 2}
    on_failure: draft
  never: {llm: 'never {{ rounds }}'}
",
        1,
        6,
        "",
    ),
    case(
        "a pause that is too long fails, and what does not need it goes on",
        "\
steps:
  pause: {wait: 1h, timeout: 500ms}
  after: {llm: never, dependencies: [pause]}
  beside: {llm: beside}
",
        5,
        1,
        "",
    ),
    Case {
        files: &[
            (
                "scripts/given.rhai",
                "//! +++\n//! summary = \"Gives back.\"\n//! [params]\n//! value = \"anything\"\n//! +++\nargs.value\n",
            ),
            ("pair.yaml", "steps: {two: {set: {n: 1, t: '\"x\"'}}}\noutputs: {n: two.n, t: two.t}\n"),
        ],
        ..case(
            "fields of what is no model's answer",
            "\
steps:
  a: {script: given, args: {value: {n: 3, more: x}}, vars: {n: {type: number}}, products: {n: a.json}}
  b: {script: given, args: {value: '{\"n\": 4}'}, vars: {n: {type: integer}}, timeout: 1h, products: {n + 1: b.txt}}
  c: {pipeline: pair.yaml, vars: {t: a text, n: {type: number}}}
  d: {tool: date, args: {action: difference, value: '2026-01-01', to: '2026-03-01'}, vars: {days: {type: integer}}}
  e: {llm: '{{ a }} {{ b }} {{ c }} {{ d }}'}
",
            0,
            1,
            r#""({\"n\":3.0} {\"n\":4} {\"n\":1.0,\"t\":\"x\"} {\"days\":59})""#,
        )
    },
    case(
        "steps that stand before what they need",
        "\
steps:
  last: {llm: 'last {{ middle }}'}
  middle: {llm: 'middle {{ first }}'}
  first: {llm: first}
",
        0,
        3,
        "",
    ),
    case(
        "items read steps that are named like what a script makes of items",
        "\
steps:
  one: {llm: first}
  results: {llm: second}
  all: {each: {in: [p, q], max_parallel: 1, steps: {s: {llm: '{{ item }} {{ one }} {{ results }}'}}}}
",
        0,
        4,
        r#"["(p (first) (second))", "(q (first) (second))"]"#,
    ),
    case(
        "a character is a text",
        "\
steps:
  a: {llm: \"say {{ 'c' }}\"}
  b: {set: {c: \"'x'\"}, products: {b.c: b.txt, 'b.c + \"\"': c.txt}}
  c: {switch: {on: b.c, cases: {x: last}}}
  never: {llm: never}
  last: {set: {said: a}}
",
        0,
        1,
        r#"{"said": "(say c)"}"#,
    ),
    case(
        "a question about what is absent",
        "\
steps:
  a: {llm: say, on_failure: continue}
  may: {ask: {prompt: 'OK? [{{ errors.a?.kind }}]', of: worker}}
",
        0,
        2,
        r#""(OK? [])""#,
    ),
    Case {
        files: &[(
            "sub.yaml",
            "inputs: {n: {type: integer}}\nsteps: {s: {set: {v: inputs.n}, products: {s: '{{ inputs.n }}.json'}}}\n",
        )],
        ..case(
            "items write no file of each other by a pipeline that they call",
            "\
steps:
  all:
    each:
      in: [1, 2, 1]
      max_parallel: 1
      on_item_failure: continue
      steps: {c: {pipeline: sub.yaml, inputs: {n: '{{ item }}'}}}
  told: {llm: '{{ errors.all?.get(\"2\")?.kind }}'}
",
            0,
            1,
            r#""(data)""#,
        )
    },
];
