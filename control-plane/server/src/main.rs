//! The `acquaint` binary.
fn main() {}
