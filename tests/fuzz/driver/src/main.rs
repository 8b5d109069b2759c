//! One fuzzed target, chosen by `ACQUAINT_FUZZ_TARGET`, under libFuzzer. Before the first input its seeds are written to
//! the folder `ACQUAINT_FUZZ_CORPUS`.
#![no_main]

use std::path::Path;
use std::sync::OnceLock;

static RUN: OnceLock<fn(&[u8])> = OnceLock::new();

libfuzzer_sys::fuzz_target!(
    init: begin(),
    |input: &[u8]| {
        if let Some(run) = RUN.get() {
            run(input);
        }
    }
);

fn begin() {
    let name = std::env::var("ACQUAINT_FUZZ_TARGET").expect("ACQUAINT_FUZZ_TARGET names a target");
    let target = acquaint_fuzz::target(&name).expect("there is such a target");
    RUN.get_or_init(|| target.run);
    let Ok(corpus) = std::env::var("ACQUAINT_FUZZ_CORPUS") else { return };
    for (number, seed) in (target.seeds)().into_iter().enumerate() {
        std::fs::write(Path::new(&corpus).join(format!("seed-{number:03}")), seed).expect("the seed is written");
    }
}
