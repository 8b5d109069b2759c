//! The conformance cases of a file.

/// Runs them; the answer is an [`acquaint_core::conformance::Report`] as one line of JSON.
pub fn run(file: &str, text: &str) -> String {
    serde_json::to_string(&acquaint_core::conformance::run_file(file, text)).unwrap()
}
