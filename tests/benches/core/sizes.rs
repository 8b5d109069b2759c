//! How large what travels and what is kept is.

use acquaint_core::state::State;
use acquaint_core::wire::{Bundle, seal};
use acquaint_portable::rules::{self, timed::Audiences};
use acquaint_tests::table::Table;

const AUDIENCES: usize = 500;
const PEOPLE: usize = 500;

/// Prints the table.
pub(crate) fn measure() {
    let program = rules::audiences(AUDIENCES).unwrap().edge();
    let bundle = Bundle {
        version: 1,
        published_ms: rules::NOW_MS,
        program,
        datastreams: Vec::new(),
        offers: Vec::new(),
    };
    let sealed = seal(&bundle).unwrap().len();
    let four = rules::rules(AUDIENCES).unwrap().edge();
    let four = seal(&Bundle { program: four, ..bundle }).unwrap().len();
    let team = Audiences::new(AUDIENCES, PEOPLE, 0);
    let mut states: Vec<usize> = team.states().map(bytes).collect();
    states.sort_unstable();
    let quantile = |percent: usize| states[(states.len() - 1) * percent / 100].to_string();
    let mut table = Table::new(&["bytes of", "p50", "p90", "p99", "max"]);
    let one = |what: &str, bytes: usize| {
        [what.to_string(), String::new(), String::new(), String::new(), bytes.to_string()]
    };
    table.row(one("the bundle of 500 audiences of a marketing team, sealed as the edge receives it", sealed));
    table.row(one("the bundle of 500 rules of four conditions, sealed as the edge receives it", four));
    table.row(
        [format!("the state of one of {PEOPLE} people with 100 events in 90 days, in 500 audiences")]
            .into_iter()
            .chain([50, 90, 99, 100].map(quantile)),
    );
    println!("Sizes.\n\n{}", table.markdown());
}

fn bytes(state: &State) -> usize {
    postcard::to_allocvec(state).unwrap().len()
}
