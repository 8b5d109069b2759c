//! Tests of decisions over a real program.
