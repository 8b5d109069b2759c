//! Making a case smaller that breaks a law: parts of the list of choices are taken out or set to the simplest, as long
//! as a law is still broken.

use crate::case;
use crate::choices::Choices;

/// How many smaller lists are tried.
const TRIES_MAX: usize = 1_000;

/// A short list of choices that still breaks a law.
pub fn shrink(drawn: &[u32]) -> Vec<u32> {
    let mut best = drawn.to_vec();
    let mut tries = 0;
    loop {
        let before = best.clone();
        let mut width = best.len().max(2) / 2;
        while width > 0 {
            let mut at = 0;
            while at < best.len() {
                let end = (at + width).min(best.len());
                let without = [&best[..at], &best[end..]].concat();
                let mut simpler = best.clone();
                simpler[at..end].fill(0);
                let smaller = [without, simpler].into_iter().find(|list| *list != best && breaks(list));
                tries += 2;
                match smaller {
                    Some(smaller) => best = smaller,
                    None => at += width,
                }
                if tries > TRIES_MAX {
                    return best;
                }
            }
            width /= 2;
        }
        if best == before {
            return best;
        }
    }
}

fn breaks(list: &[u32]) -> bool {
    case::decide(&mut Choices::of_list(list)).broken.is_some()
}
