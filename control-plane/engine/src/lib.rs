//! Records to identity, profile, streaming evaluation and membership changes; publishing to the edge.
