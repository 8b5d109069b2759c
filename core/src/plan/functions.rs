//! What the plan knows of the function table: which rows are aggregates, and which tests of equality they stand for.

use super::leaf::Aggregate;
use crate::lang::functions::{Clock, Function};

/// `value in list`
pub(crate) const IN: Function = Function(0x0301);

/// `value not in list`, false of a missing value
pub(crate) const NOT_IN: Function = Function(0x0302);

/// The aggregate that a function is.
pub(crate) fn aggregate(function: Function) -> Option<Aggregate> {
    match function {
        Function(0x0501) => Some(Aggregate::Count),
        Function(0x0502) => Some(Aggregate::Sum),
        Function(0x0503) => Some(Aggregate::Average),
        Function(0x0504) => Some(Aggregate::Minimum),
        Function(0x0505) => Some(Aggregate::Maximum),
        Function(_) => None,
    }
}

/// What of the instant of evaluation the value depends on; of an unknown function, all.
pub(crate) fn clock(function: Function) -> Clock {
    function.row().map_or(Clock::Instant, |row| row.clock)
}

/// Whether the value depends on the instant of evaluation.
pub(crate) fn reads_clock(function: Function) -> bool {
    clock(function) != Clock::Never
}

/// Whether the value says where in its year a time lies, and not in which.
pub(crate) fn ignores_year(function: Function) -> bool {
    function.row().is_some_and(|row| row.ignores_year)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::functions::find;

    #[test]
    fn codes_are_those_of_the_table() {
        let named = |name| find(name).unwrap().function();
        assert_eq!(aggregate(named("count")), Some(Aggregate::Count));
        assert_eq!(aggregate(named("sum")), Some(Aggregate::Sum));
        assert_eq!(aggregate(named("average")), Some(Aggregate::Average));
        assert_eq!(aggregate(named("min")), Some(Aggregate::Minimum));
        assert_eq!(aggregate(named("max")), Some(Aggregate::Maximum));
        assert_eq!(named("in"), IN);
        assert_eq!(named("notIn"), NOT_IN);
        assert!(reads_clock(named("currentYear")) && !reads_clock(named("in")));
        assert_eq!(clock(named("random")), Clock::Instant);
        assert!(ignores_year(named("getMonth")) && !ignores_year(named("getYear")));
    }
}
