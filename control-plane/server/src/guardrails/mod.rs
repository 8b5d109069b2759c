//! The documented guardrails: what each limits, how it is measured here, and what becomes of whoever exceeds it. One
//! [`table`] for the API, the command line and the metrics; [`catalog`] refuses definitions beyond the hard ones.

pub(crate) mod catalog;
mod facts;
mod table;

use serde::Serialize;

use crate::app::App;
use crate::metrics::Sheet;
use crate::problem::Problem;

pub(crate) use facts::Facts;
pub(crate) use table::{Guardrail, Kind, table};

/// From this share of a limit on, somebody should know (`pql.md` section 4 alerts at 80 %).
const NEAR: f64 = 0.8;

/// How a figure stands to its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Standing {
    /// Below four fifths.
    Within,
    /// From four fifths on.
    Near,
    /// Above.
    Over,
    /// There is nothing to measure, or nothing was measured yet.
    NotMeasured,
    /// What is limited does not exist here; the note says what that is.
    NotApplicable,
}

/// One row with its figure.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Row {
    /// Stable name, as in the metrics.
    pub name: &'static str,
    /// Which table of which document it is from.
    pub source: &'static str,
    /// What is limited, in the words of the source.
    pub documented: &'static str,
    /// What becomes of whoever exceeds it.
    pub kind: Kind,
    /// The limit, where it is a number.
    pub limit: Option<f64>,
    /// Of limit and measured value.
    pub unit: &'static str,
    /// What it is now.
    pub measured: Option<f64>,
    /// How the two stand to each other.
    pub standing: Standing,
    /// How it is measured, and what differs here.
    pub note: &'static str,
}

/// All rows, measured.
pub(crate) fn rows(app: &App) -> Result<Vec<Row>, Problem> {
    let facts = Facts::now(app)?;
    Ok(table().map(|guardrail| row(guardrail, &facts)).collect())
}

/// The same rows for the metrics; what is not a number is not there.
pub(crate) fn add_to(sheet: &mut Sheet, facts: &Facts) {
    let rows: Vec<Row> = table().map(|guardrail| row(guardrail, facts)).collect();
    let label = |name: &'static str| ("guardrail", name.to_owned());
    sheet.many(
        "guardrail_limit",
        "Documented limits; NaN where the limit is no number",
        rows.iter().map(|row| {
            let labels = vec![label(row.name), ("kind", row.kind.name().to_owned())];
            (labels, row.limit.unwrap_or(f64::NAN))
        }),
    );
    sheet.many(
        "guardrail_measured",
        "What the limit of that name is held against; NaN where nothing is measured",
        rows.iter().map(|row| (vec![label(row.name)], row.measured.unwrap_or(f64::NAN))),
    );
}

fn row(guardrail: &Guardrail, facts: &Facts) -> Row {
    let measured = (guardrail.measure)(facts).filter(|measured| measured.is_finite());
    Row {
        name: guardrail.name,
        source: guardrail.source,
        documented: guardrail.documented,
        kind: guardrail.kind,
        limit: guardrail.limit,
        unit: guardrail.unit,
        measured,
        standing: standing(guardrail.kind, guardrail.limit, measured),
        note: guardrail.note,
    }
}

fn standing(kind: Kind, limit: Option<f64>, measured: Option<f64>) -> Standing {
    match (limit, measured) {
        _ if kind == Kind::Absent => Standing::NotApplicable,
        (Some(limit), Some(measured)) if measured > limit => Standing::Over,
        (Some(limit), Some(measured)) if measured >= limit * NEAR => Standing::Near,
        (Some(_) | None, Some(_)) => Standing::Within,
        (_, None) => Standing::NotMeasured,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_near_its_limit_from_four_fifths_on() {
        let check = |limit: Option<f64>, measured: Option<f64>, expected: Standing| {
            assert_eq!(standing(Kind::Warned, limit, measured), expected, "{limit:?} {measured:?}");
        };
        check(Some(10.0), Some(7.9), Standing::Within);
        check(Some(10.0), Some(8.0), Standing::Near);
        check(Some(10.0), Some(10.0), Standing::Near);
        check(Some(10.0), Some(10.1), Standing::Over);
        check(None, Some(1.0), Standing::Within);
        check(Some(10.0), None, Standing::NotMeasured);
        assert_eq!(standing(Kind::Absent, Some(10.0), None), Standing::NotApplicable);
    }

    #[test]
    fn names_are_unique_and_fit_a_label() {
        let mut names: Vec<_> = table().map(|guardrail| guardrail.name).collect();
        assert!(
            names
                .iter()
                .all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'))
        );
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), table().count());
    }

    #[test]
    fn what_is_not_here_says_what_that_is_and_is_not_measured() {
        let folder = tempfile::tempdir().unwrap();
        let facts = Facts::now(&App::for_tests(folder.path())).unwrap();
        for guardrail in table().filter(|guardrail| guardrail.kind == Kind::Absent) {
            assert!(guardrail.note.starts_with("there "), "{}", guardrail.name);
            assert_eq!((guardrail.measure)(&facts), None, "{}", guardrail.name);
        }
        // Of everything else that has a limit there is a figure or a note why not.
        for guardrail in table().filter(|guardrail| guardrail.limit.is_some()) {
            assert!(
                (guardrail.measure)(&facts).is_some() || !guardrail.note.is_empty(),
                "{}",
                guardrail.name
            );
        }
    }
}
