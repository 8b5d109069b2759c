//! Which terms decided the answer.

use super::Explanation;

/// Marks the whole, and of its terms the fewest that its value follows from whatever the others are.
pub(super) fn mark(term: &mut Explanation) {
    term.decided = true;
    // The value of an operand that decides by itself; where there is none, all operands are needed.
    let decisive = match (&*term.text, term.value) {
        ("and", Some(false)) => Some(false),
        ("or", Some(true)) => Some(true),
        (_, _) => None,
    };
    let value = term.value;
    for child in &mut term.children {
        let decides = match (decisive, value) {
            (Some(_), _) => child.value == decisive,
            // Unknown because of what is unknown.
            (None, None) => child.value.is_none(),
            (None, Some(_)) => true,
        };
        if decides {
            mark(child);
        }
    }
}
