//! The same person is always in the same part of an experiment, at every edge and without anything stored: a part is a
//! range of the numbers 0 to 9,999, and the hash of the experiment and the person says which number is theirs.

use acquaint_core::profile::Identity;
use acquaint_core::wire::Split;
use xxhash_rust::xxh3::xxh3_64;

/// How many numbers there are: hundredths of a percent.
pub const NUMBERS: u16 = 10_000;

/// The number of a person in an experiment, below [`NUMBERS`]: xxh3 of `experiment NUL namespace NUL id`, as UTF-8,
/// modulo 10,000. Different experiments number the same people independently.
pub fn number(experiment: &str, person: &Identity) -> u16 {
    let text = format!("{experiment}\0{}\0{}", person.namespace, person.id);
    u16::try_from(xxh3_64(text.as_bytes()) % u64::from(NUMBERS)).unwrap_or(0)
}

/// Whether a person is in this part.
pub fn is_in(split: &Split, person: &Identity) -> bool {
    (split.from..split.to).contains(&number(&split.experiment, person))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(id: u32) -> Identity {
        Identity { namespace: "ECID".into(), id: id.to_string() }
    }

    fn part(from: u16, to: u16) -> Split {
        Split { experiment: "hero".into(), from, to }
    }

    #[test]
    fn a_number_is_fixed_by_the_words_alone() {
        assert_eq!(number("hero", &person(1)), 1_267);
        assert_eq!(number("hero", &person(1)), number("hero", &person(1)));
        assert_ne!(number("hero", &person(1)), number("footer", &person(1)));
    }

    #[test]
    fn the_parts_of_an_experiment_exclude_each_other_and_leave_nobody_out() {
        let parts = [part(0, 1_000), part(1_000, 4_000), part(4_000, 10_000)];
        let mut counts = [0_u32; 3];
        for id in 0..20_000 {
            let found: Vec<usize> = (0..3).filter(|index| is_in(&parts[*index], &person(id))).collect();
            assert_eq!(found.len(), 1);
            counts[found[0]] += 1;
        }
        let near = |count: u32, expected: u32| count.abs_diff(expected) < expected / 20;
        assert!(near(counts[0], 2_000) && near(counts[1], 6_000) && near(counts[2], 12_000), "{counts:?}");
    }

    #[test]
    fn two_experiments_are_independent() {
        let both = (0..20_000)
            .filter(|id| number("hero", &person(*id)) < 5_000 && number("footer", &person(*id)) < 5_000)
            .count();
        assert!(both.abs_diff(5_000) < 250, "{both}");
    }
}
