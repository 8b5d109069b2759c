//! Every target over its seeds, over the inputs that once failed, and over some thousand mutations of both. The
//! mutations are the same in every run.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::time::{Duration, Instant};

use acquaint_fuzz::{DICTIONARY, TARGETS};

const MUTATIONS: u64 = 20_000;
/// Unoptimised, and beside other tests: what takes so long is out of hand.
const INPUT_DURATION_MAX: Duration = Duration::from_secs(20);
const INPUT_BYTES_MAX: usize = 2_048;

/// `splitmix64`: enough to vary inputs.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % end.max(1) as u64).unwrap()
    }
}

fn words() -> Vec<Vec<u8>> {
    let word =
        |line: &str| Some(line.strip_prefix('"')?.strip_suffix('"')?.replace("\\\"", "\"").into_bytes());
    DICTIONARY.lines().filter_map(word).collect()
}

/// Some small changes: bytes overwritten, parts removed, repeated, or taken from another input, words put in.
fn mutated(pool: &[Vec<u8>], words: &[Vec<u8>], numbers: &mut Numbers) -> Vec<u8> {
    let mut input = pool[numbers.below(pool.len())].clone();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(input.len() + 1);
        let end = (at + numbers.below(24)).min(input.len());
        let patch = match numbers.below(5) {
            0 => vec![u8::try_from(numbers.below(256)).unwrap(); end - at],
            1 => Vec::new(),
            2 => [&input[at..end], &input[at..end]].concat(),
            3 => {
                let other = &pool[numbers.below(pool.len())];
                let from = numbers.below(other.len() + 1);
                other[from..(from + numbers.below(60)).min(other.len())].to_vec()
            }
            _ => [&input[at..end], &words[numbers.below(words.len())]].concat(),
        };
        input.splice(at..end, patch);
    }
    input.truncate(INPUT_BYTES_MAX);
    input
}

#[test]
fn no_reader_breaks_a_promise_on_its_seeds_and_their_mutations() {
    let words = words();
    assert!(words.len() > 50, "the dictionary was not read");
    for target in TARGETS {
        let pool = (target.seeds)();
        assert!(!pool.is_empty(), "{}", target.name);
        let mut numbers = Numbers(0);
        let mutations = (0..MUTATIONS).map(|_| mutated(&pool, &words, &mut numbers));
        for input in pool.iter().cloned().chain(mutations) {
            let start = Instant::now();
            if std::panic::catch_unwind(|| (target.run)(&input)).is_err() {
                panic!("{}: {:?}", target.name, String::from_utf8_lossy(&input));
            }
            let text = String::from_utf8_lossy(&input);
            assert!(start.elapsed() < INPUT_DURATION_MAX, "{}: too slow: {text:?}", target.name);
        }
    }
}
