//! The core: what one event, one folded profile and one whole profile cost, for more and more audiences; the same rules
//! in engines of others; in Wasm; and how large bundles and states are. `cargo xtask bench core` builds what is run here.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "benchmarks"
)]

mod audiences;
#[cfg(feature = "peers")]
mod cel;
mod peers;
mod sizes;

use acquaint_tests::table::machine;

fn main() {
    println!("core, on {}\n", machine());
    let native = audiences::measure();
    sizes::measure();
    match std::env::var_os("ACQUAINT_PORTABLE") {
        Some(module) => peers::measure(module.as_ref(), native),
        None => println!(
            "Without ACQUAINT_PORTABLE, which `cargo xtask bench core` sets, there are no peers and no Wasm."
        ),
    }
}
