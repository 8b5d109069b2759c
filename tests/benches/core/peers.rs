//! The same 500 rules of four conditions over the same profiles in engines of others and in ours, native and in Wasm.

use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use acquaint_portable::rules::{condition, timed::Rules};
use acquaint_tests::environment::repository;
use acquaint_tests::table::{Table, median_ns, time};
use serde_json::{Value, json};

use crate::audiences::{COMPARED, Costs, PEOPLE, STREAM};

pub(crate) const RULES: usize = 500;
const PROFILES: usize = 500;
/// Of an engine here.
const OBJECT: &str = "parsed object";

/// Prints the tables.
pub(crate) fn measure(module: &Path, native: Costs) {
    let ours = Rules::new(RULES, PROFILES);
    let expected = ours.answers();
    let found = node(module, &ours, &expected);
    let node = |name: &str| found[name].as_f64().unwrap();
    let here = median_ns(PROFILES, || {
        black_box(ours.pass());
    });
    let from_text = median_ns(PROFILES, || {
        black_box(ours.pass_from_text());
    });
    let mut rows = vec![
        ("ours, native", "parsed `Fields`", here),
        ("ours, in Wasm in Node", "parsed `Fields`", node("wasm")),
        ("JavaScript by hand, a closure for each rule", OBJECT, node("closures")),
        ("the same closures", "objects of one shape, copied beforehand", node("closuresOfOneShape")),
        ("JavaScript by hand, straight code over variables", OBJECT, node("straight")),
        ("the same, texts looked up once as numbers", OBJECT, node("numbered")),
        ("the same", "variables, read and numbered beforehand", node("numberedBeforehand")),
        ("json-logic-js", OBJECT, node("json-logic-js")),
        ("@growthbook/growthbook", OBJECT, node("growthbook")),
        ("json-rules-engine", OBJECT, node("json-rules-engine")),
    ];
    #[cfg(feature = "peers")]
    rows.push(("cel, native", "parsed `Context`", crate::cel::measure(&ours, &expected)));
    let best = |names: &[&str]| names.iter().map(|name| node(name)).fold(f64::INFINITY, f64::min);
    let by_hand = best(&["closures", "straight", "numbered"]);
    rows.sort_by(|left, right| left.2.total_cmp(&right.2));
    let mut table = Table::new(&[
        "engine",
        "given a profile as",
        "a profile",
        "against the best by hand of a parsed object",
    ]);
    let row = |(engine, form, ns): (&str, &str, f64), by_hand: f64| {
        [engine.to_string(), form.to_string(), time(ns), format!("{:.2}x", ns / by_hand)]
    };
    rows.into_iter().for_each(|found| table.row(row(found, by_hand)));
    let members: usize = expected.iter().map(Vec::len).sum();
    println!(
        "{RULES} rules of {} conditions over {PROFILES} profiles of up to 28 fields, some missing: {members} memberships, \
         the same from every engine. Medians.\n\n{}",
        condition::CONDITIONS_PER_RULE,
        table.markdown()
    );
    let by_hand = best(&["closuresFromText", "numberedFromText"]);
    let mut table = Table::new(&["with parsing of JSON", "", "a profile", "against the best by hand"]);
    table.row(row(("ours, native", "serde_json", from_text), by_hand));
    table.row(row(("ours, in Wasm in Node", "serde_json", node("wasmFromText")), by_hand));
    table.row(row(("JavaScript closures", "JSON.parse", node("closuresFromText")), by_hand));
    table.row(row(("JavaScript straight code", "JSON.parse", node("numberedFromText")), by_hand));
    println!("{}", table.markdown());
    let mut table = Table::new(&["in Wasm in Node", "native", "Wasm", "ratio"]);
    for (what, native, wasm) in [
        ("500 rules, a profile", here, node("wasm")),
        ("500 audiences, one event", native.event, node("event")),
        ("500 audiences, a folded profile", native.folded, node("folded")),
        ("500 audiences, a whole profile", native.whole, node("whole")),
    ] {
        table.row([what.into(), time(native), time(wasm), format!("{:.2}x", wasm / native)]);
    }
    println!("{}", table.markdown());
}

/// What Node measured.
fn node(module: &Path, ours: &Rules, expected: &[Vec<usize>]) -> Value {
    let rules: Vec<Vec<Value>> = (0..RULES)
        .map(|number| condition::rule(number).iter().map(condition::Condition::json).collect())
        .collect();
    let input = json!({
        "rules": rules,
        "texts": ours.texts(),
        "expected": expected,
        "audiences": COMPARED,
        "people": PEOPLE,
        "stream": STREAM,
    });
    let mut child = Command::new("node")
        .arg("tests/peers/run.mjs")
        .arg(module)
        .current_dir(repository())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "Node failed");
    serde_json::from_slice(&output.stdout).unwrap()
}
