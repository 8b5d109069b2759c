//! Names close to one that does not exist.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Longer names are not compared: the cost is the product of the lengths.
const NAME_CHARACTERS_MAX: usize = 64;
const SUGGESTIONS_MAX: usize = 3;

/// Advice with the nearest of the known names; empty if none is near.
pub(super) fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> String {
    let limit = (name.chars().count() / 3).clamp(1, 4);
    let mut near: Vec<(usize, &str)> = known
        .filter_map(|other| Some((distance(name, other)?, other)))
        .filter(|(distance, _)| *distance <= limit)
        .collect();
    near.sort_unstable();
    near.dedup();
    let names: Vec<String> = near.iter().take(SUGGESTIONS_MAX).map(|(_, name)| format!("`{name}`")).collect();
    if names.is_empty() { String::new() } else { format!("did you mean {}?", names.join(" or ")) }
}

/// Edit distance without regard to case; a difference in case only is 1. `None` for long names.
fn distance(left: &str, right: &str) -> Option<usize> {
    let lower =
        |text: &str| text.chars().flat_map(char::to_lowercase).take(NAME_CHARACTERS_MAX + 1).collect();
    let (from, to): (Vec<char>, Vec<char>) = (lower(left), lower(right));
    if from.len() > NAME_CHARACTERS_MAX || to.len() > NAME_CHARACTERS_MAX {
        return None;
    }
    if from == to {
        return Some(usize::from(left != right));
    }
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, character) in from.iter().enumerate() {
        let mut diagonal = index;
        let mut before = index + 1;
        let mut next = Vec::with_capacity(row.len());
        next.push(before);
        for (other, above) in to.iter().zip(row.iter().skip(1)) {
            let replaced = diagonal + usize::from(character != other);
            before = replaced.min(before + 1).min(above + 1);
            diagonal = *above;
            next.push(before);
        }
        row = next;
    }
    row.last().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, known: &[&str], expected: &str) {
        assert_eq!(nearest(name, known.iter().copied()), expected);
    }

    #[test]
    fn near_names_come_nearest_first() {
        check("brithYear", &["birthYear", "birthDay", "name"], "did you mean `birthYear`?");
        check("Name", &["nome", "name", "named"], "did you mean `name` or `named` or `nome`?");
        check("x", &["abc"], "");
        check(&"a".repeat(100), &["a"], "");
        assert_eq!(distance("kitten", "sitting"), Some(3));
        assert_eq!(distance("", "abc"), Some(3));
    }
}
