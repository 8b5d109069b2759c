//! The name that was probably meant: for "did you mean" in messages.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::schema::Type;

/// Names longer than this are not compared.
const NAME_CHARACTERS_MAX: usize = 64;

/// The candidate nearest to a name, if one is near enough: at most a third of the name's length away, counting
/// insertions, deletions, substitutions and swaps of neighbours. Differences of case are free. Of several, the first.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = folded(name)?;
    let distance_max = (wanted.len() / 3).max(1);
    candidates
        .into_iter()
        .filter_map(|candidate| Some((distance(&wanted, &folded(candidate)?), candidate)))
        .filter(|(distance, candidate)| *distance <= distance_max && *distance < candidate.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The path of the nearest field within a type, if one is near enough; the shallowest of several. Not the fields of
/// the type itself, but those of the objects in it.
pub(crate) fn nearest_path(name: &str, within: &Type) -> Option<String> {
    const LEVELS_MAX: usize = 5;
    let mut level = children(within, "");
    for _ in 0..LEVELS_MAX {
        let mut next = Vec::new();
        for (path, ty) in &level {
            if let Some(found) = nearest(name, ty.field_names()) {
                return Some(format!("{path}.{found}"));
            }
            next.extend(children(ty, path));
        }
        level = next;
    }
    None
}

/// The objects, and the items of arrays that are objects, by their path.
fn children<'t>(ty: &'t Type, path: &str) -> Vec<(String, &'t Type)> {
    match ty {
        Type::Object(fields) => fields
            .iter()
            .filter(|(_, of)| matches!(of, Type::Object(_) | Type::List(_)))
            .map(|(name, of)| (if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, of))
            .collect(),
        Type::List(item) => children(item, path),
        Type::Any
        | Type::Boolean
        | Type::Integer
        | Type::Number
        | Type::String
        | Type::Date
        | Type::DateTime
        | Type::Map(_) => Vec::new(),
    }
}

fn folded(name: &str) -> Option<Vec<char>> {
    let characters: Vec<char> = name.chars().take(NAME_CHARACTERS_MAX + 1).collect();
    (characters.len() <= NAME_CHARACTERS_MAX)
        .then(|| characters.iter().map(char::to_ascii_lowercase).collect())
}

/// Optimal string alignment distance, three rows at a time.
fn distance(left: &[char], right: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    for (row, found) in left.iter().enumerate() {
        let mut current = Vec::with_capacity(above.len());
        current.push(row + 1);
        for (column, wanted) in right.iter().enumerate() {
            let at = |cells: &[usize], index: usize| cells.get(index).copied().unwrap_or(usize::MAX / 2);
            let mut best = (at(&above, column) + usize::from(found != wanted))
                .min(at(&above, column + 1) + 1)
                .min(at(&current, column) + 1);
            let swapped = row > 0
                && column > 0
                && left.get(row - 1) == Some(wanted)
                && right.get(column - 1) == Some(found);
            if swapped {
                best = best.min(at(&before, column - 1) + 1);
            }
            current.push(best);
        }
        before = core::mem::replace(&mut above, current);
    }
    above.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 5] = ["firstName", "lastName", "email", "homeAddress", "id"];

    fn check(name: &str, expected: Option<&str>) {
        assert_eq!(nearest(name, NAMES), expected, "{name}");
    }

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        check("fristName", Some("firstName"));
        check("firstname", Some("firstName"));
        check("emial", Some("email"));
        check("e-mail", Some("email"));
        check("homeAdress", Some("homeAddress"));
        check("zebra", None);
        check("", None);
        check("xy", None);
        check(&"a".repeat(100_000), None);
    }

    #[test]
    fn a_swap_of_neighbours_is_one_step() {
        let letters = |text: &str| text.chars().collect::<Vec<_>>();
        assert_eq!(distance(&letters("ab"), &letters("ba")), 1);
        assert_eq!(distance(&letters("kitten"), &letters("sitting")), 3);
        assert_eq!(distance(&letters(""), &letters("abc")), 3);
    }
}
