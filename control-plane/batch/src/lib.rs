//! Batch evaluation of all profiles.
