//! Tests across crates: conformance, differential, crash, end to end.
