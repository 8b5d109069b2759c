//! Secrets that were written into a definition stay there: whoever reads the catalogue sees a mask in their place, and
//! who sends the mask back keeps what it stands for. `env:NAME` is no secret, only where one is.

use acquaint_store::catalog::{Catalog, Connection};

use super::{Finding, Kind, Subject};

/// What is shown in place of a secret.
pub(crate) const MASK: &str = "(a secret)";

/// Whether this text of this field of a definition is not to be shown.
pub(crate) fn is_secret(path: &str, text: &str) -> bool {
    let guarded = path == "connection.secret" || path.starts_with("connection.headers.");
    guarded && !text.starts_with("env:")
}

/// The catalogue as it may be shown.
pub(crate) fn masked(catalog: &Catalog) -> Catalog {
    let mut catalog = catalog.clone();
    for destination in catalog.destinations.values_mut() {
        for (path, text) in guarded(&mut destination.connection) {
            if is_secret(&path, text) {
                *text = MASK.into();
            }
        }
    }
    catalog
}

/// Puts back what a mask stands for; a mask that stands for nothing is a finding.
pub(crate) fn unmask(before: &Catalog, after: &mut Catalog) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (id, destination) in &mut after.destinations {
        let mut known = before.destinations.get(id).map(|known| known.connection.clone());
        let known: Vec<_> = known.iter_mut().flat_map(guarded).collect();
        for (path, text) in guarded(&mut destination.connection) {
            if text != MASK {
                continue;
            }
            match known.iter().find(|(of, _)| *of == path) {
                Some((_, kept)) => text.clone_from(kept),
                None => {
                    let pointer = format!("/{}", path.replace('.', "/"));
                    let message = format!("`{MASK}` stands for no secret that is known");
                    let subject = Subject::new(Kind::Destination, id);
                    findings.push(Finding::about(&subject, &pointer, "unknown-secret", message));
                }
            }
        }
    }
    findings
}

/// The texts of a connection that may be secret, with their paths.
fn guarded(connection: &mut Connection) -> Vec<(String, &mut String)> {
    match connection {
        Connection::HttpApi { secret, headers, .. } => {
            let headers =
                headers.iter_mut().map(|(name, value)| (format!("connection.headers.{name}"), value));
            std::iter::once(("connection.secret".to_owned(), secret)).chain(headers).collect()
        }
        Connection::CsvFile { .. }
        | Connection::CustomPersonalization { .. }
        | Connection::Cookie { .. }
        | Connection::Url { .. } => Vec::new(),
    }
}
