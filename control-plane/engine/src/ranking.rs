//! The formulas by which offers are ranked. The API asks here before it saves an offer.

use std::collections::BTreeMap;

use acquaint_core::lang::schema::UnionSchema;
use acquaint_core::lang::{Checked, Diagnostic};
use acquaint_core::plan::Score;
use acquaint_store::catalog::Catalog;
use acquaint_store::catalog::computed::compile_inlined;

/// Compiles a formula: a number, of what is at hand at the edge.
///
/// # Errors
///
/// What is wrong with the text, at least one of it an error.
pub fn check(catalog: &Catalog, schema: &UnionSchema, text: &str) -> Result<Checked, Vec<Diagnostic>> {
    let checked = compile_inlined(catalog, schema, text)?;
    match Score::check(&checked) {
        Ok(()) => Ok(checked),
        Err(refused) => Err(vec![refused]),
    }
}

/// The formulas of a catalogue, each once, and by offer which of them is its. A catalogue with one that does not compile
/// is refused by the API; the offer is then not ranked.
pub(crate) fn of_catalog(catalog: &Catalog, schema: &UnionSchema) -> (BTreeMap<String, u32>, Vec<Checked>) {
    let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
    let mut rankings = BTreeMap::new();
    let mut formulas = Vec::new();
    for (id, offer) in &catalog.offers {
        let Some(text) = offer.ranking.as_deref() else { continue };
        let known = numbers.get(text).copied();
        let number = known.or_else(|| {
            let number = u32::try_from(formulas.len()).ok()?;
            formulas.push(check(catalog, schema, text).ok()?);
            numbers.insert(text, number);
            Some(number)
        });
        rankings.extend(number.map(|number| (id.clone(), number)));
    }
    (rankings, formulas)
}

#[cfg(test)]
mod tests {
    use acquaint_core::lang::schema::Type;
    use acquaint_core::plan::Program;

    use super::*;

    fn schema() -> UnionSchema {
        let mut schema = UnionSchema::default();
        schema.profile.insert("visits".into(), Type::Integer);
        schema.profile.insert("city".into(), Type::String);
        schema.event.insert("total".into(), Type::Number);
        schema
    }

    /// The code of what is wrong and the words it is about; none: a score of so many parts.
    fn check(text: &str, expected: Result<usize, (&str, &str)>) {
        let found = match super::check(&Catalog::default(), &schema(), text) {
            Ok(checked) => {
                let program = Program::build_scored(&[], &[&checked]).unwrap();
                Ok(program.scores[0].parts.len())
            }
            Err(found) => {
                let span = found[0].span;
                Err((
                    found[0].code.clone(),
                    text.get(span.start as usize..span.end as usize).unwrap().to_owned(),
                ))
            }
        };
        assert_eq!(found, expected.map_err(|(code, words)| (code.into(), words.into())), "{text}");
    }

    #[test]
    fn a_formula_may_read_attributes_and_what_is_folded_of_events() {
        check("visits * 2 + 1", Ok(0));
        check(r#"if (city = "Berlin", visits, 0)"#, Ok(0));
        check(r#"xEvent[eventType = "a"].count() * 2 + visits"#, Ok(1));
        check(r#"xEvent[eventType = "a"].total.sum() / xEvent[eventType = "a"].count()"#, Ok(2));
        check(
            r#"if (xEvent[total > 5 and timestamp occurs <= 2 days before now].count() > 1, 10, visits)"#,
            Ok(1),
        );
        check("let n = xEvent.count() in n * n", Ok(1));
    }

    #[test]
    fn what_cannot_be_a_score_is_found_where_it_stands() {
        check("visits +", Err(("PQL0201", "")));
        check("visits + unknown", Err(("PQL0301", "unknown")));
        check("city", Err(("PQL0403", "city")));
        let hashed = r#"if (city.md5() = "a", 1, 0)"#;
        check(hashed, Err(("PQL0605", hashed)));
        check("1 + xEvent[total > visits].count()", Err(("PQL0601", "xEvent[total > visits].count()")));
    }
}
