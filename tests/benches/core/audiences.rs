//! Costs against the number of audiences.

use std::hint::black_box;

use acquaint_portable::rules::timed::Audiences;
use acquaint_tests::table::{Table, median_ns, time};

const AUDIENCES: [usize; 5] = [10, 100, 500, 1_000, 4_000];
/// People with 100 events each in 90 days.
pub(crate) const PEOPLE: usize = 200;
/// Events of one pass.
pub(crate) const STREAM: u64 = 500;
/// So many audiences are also run in Wasm.
pub(crate) const COMPARED: usize = 500;

/// Nanoseconds of one event, of one folded profile and of one whole profile.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Costs {
    pub(crate) event: f64,
    pub(crate) folded: f64,
    pub(crate) whole: f64,
}

/// Prints the table; the costs with [`COMPARED`] audiences.
pub(crate) fn measure() -> Costs {
    let mut table =
        Table::new(&["audiences", "leaves", "one event", "", "folded profile", "", "whole profile", ""]);
    let mut known: Vec<(usize, Costs)> = Vec::new();
    for count in AUDIENCES {
        let (leaves, costs) = costs(count);
        // Against a tenth, or the nearest there is to it.
        let earlier = known.iter().rev().find(|(earlier, _)| earlier * 5 <= count).copied();
        let cells = |cost: fn(&Costs) -> f64| {
            let ratio = earlier
                .map(|(of, earlier)| format!("{:.1}x for {}x", cost(&costs) / cost(&earlier), count / of));
            [time(cost(&costs)), ratio.unwrap_or_default()]
        };
        let row = [cells(|costs| costs.event), cells(|costs| costs.folded), cells(|costs| costs.whole)];
        table.row([count.to_string(), leaves.to_string()].into_iter().chain(row.into_iter().flatten()));
        known.push((count, costs));
    }
    println!(
        "Audiences of a marketing team (70 % attributes, 25 % windows, 5 % sequences; shared terms), {PEOPLE} people with \
         28 fields and 100 events in 90 days; medians. One event: folded in, and the audiences answered that it may change. \
         Ratios: to fewer audiences.\n\n{}",
        table.markdown()
    );
    known.iter().find(|(count, _)| *count == COMPARED).unwrap().1
}

fn costs(audiences: usize) -> (usize, Costs) {
    let mut team = Audiences::new(audiences, PEOPLE, STREAM);
    let folded = median_ns(PEOPLE, || {
        black_box(team.folded_pass());
    });
    let whole = median_ns(PEOPLE, || {
        black_box(team.whole_pass());
    });
    let event = median_ns(usize::try_from(STREAM).unwrap(), || {
        black_box(team.events_pass());
    });
    (team.leaves(), Costs { event, folded, whole })
}
