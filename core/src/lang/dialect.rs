//! The dialects of the language: one grammar, one table of functions, and what only one of them has.

/// Where an expression stands, and so what it may say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// Audiences, computed attributes, offers.
    #[default]
    Pql,
    /// Calculated fields of destination mappings (`pql.md` section 6): PQL, the item of a list by its number (`A[0]`),
    /// `iif`, and the mapping functions of Data Prep, some of which mean something else than in PQL (`substr`, `date`).
    CalculatedField,
}
