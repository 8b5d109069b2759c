//! Nothing nests without bound. `cargo xtask test` runs the same in Wasm.

use acquaint_portable::depth;

#[test]
fn a_million_levels_are_a_diagnostic() {
    assert_eq!(depth::run(), Vec::<String>::new());
}
