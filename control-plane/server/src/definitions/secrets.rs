//! Secrets that were written into a definition stay there: whoever reads the catalogue sees a mask in their place, and
//! who sends the mask back keeps what it stands for. `env:NAME` is no secret, only where one is.

use acquaint_store::catalog::{Catalog, Connection, ObjectStorage};

use super::{Finding, Kind, Subject};

/// What is shown in place of a secret.
pub(crate) const MASK: &str = "(a secret)";

/// The secrets of a connection to object storage.
const SECRET_ACCESS_KEY: &str = "secretAccessKey";
const SESSION_TOKEN: &str = "sessionToken";

/// Whether this text of this field of a definition is not to be shown.
pub(crate) fn is_secret(path: &str, text: &str) -> bool {
    let guarded = ["connection.secret", SECRET_ACCESS_KEY, SESSION_TOKEN].contains(&path)
        || path.starts_with("connection.headers.");
    guarded && !text.starts_with("env:")
}

/// The catalogue as it may be shown.
pub(crate) fn masked(catalog: &Catalog) -> Catalog {
    let mut catalog = catalog.clone();
    let of_destinations = catalog.destinations.values_mut().flat_map(|of| guarded(&mut of.connection));
    for (path, text) in of_destinations.chain(catalog.connections.values_mut().flat_map(of_storage)) {
        if is_secret(&path, text) {
            *text = MASK.into();
        }
    }
    catalog
}

/// Puts back what a mask stands for; a mask that stands for nothing is a finding.
pub(crate) fn unmask(before: &Catalog, after: &mut Catalog) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (id, destination) in &mut after.destinations {
        let mut known = before.destinations.get(id).map(|known| known.connection.clone());
        let known = known.iter_mut().flat_map(guarded).collect();
        let subject = Subject::new(Kind::Destination, id);
        findings.extend(put_back(&subject, known, guarded(&mut destination.connection)));
    }
    for (id, connection) in &mut after.connections {
        let mut known = before.connections.get(id).cloned();
        let known = known.iter_mut().flat_map(of_storage).collect();
        findings.extend(put_back(&Subject::new(Kind::Connection, id), known, of_storage(connection)));
    }
    findings
}

/// Texts with their paths.
type Guarded<'a> = Vec<(String, &'a mut String)>;

fn put_back(subject: &Subject, known: Guarded<'_>, texts: Guarded<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in texts.into_iter().filter(|(_, text)| *text == MASK) {
        match known.iter().find(|(of, _)| *of == path) {
            Some((_, kept)) => text.clone_from(kept),
            None => {
                let pointer = format!("/{}", path.replace('.', "/"));
                let message = format!("`{MASK}` stands for no secret that is known");
                findings.push(Finding::about(subject, &pointer, "unknown-secret", message));
            }
        }
    }
    findings
}

fn of_storage(connection: &mut ObjectStorage) -> Guarded<'_> {
    let secrets = [
        (SECRET_ACCESS_KEY, &mut connection.secret_access_key),
        (SESSION_TOKEN, &mut connection.session_token),
    ];
    secrets.into_iter().filter_map(|(path, text)| Some((path.to_owned(), text.as_mut()?))).collect()
}

/// The texts of a connection that may be secret, with their paths.
fn guarded(connection: &mut Connection) -> Guarded<'_> {
    match connection {
        Connection::HttpApi { secret, headers, .. } => {
            let headers =
                headers.iter_mut().map(|(name, value)| (format!("connection.headers.{name}"), value));
            std::iter::once(("connection.secret".to_owned(), secret)).chain(headers).collect()
        }
        Connection::CsvFile { .. }
        | Connection::ObjectStorage { .. }
        | Connection::CustomPersonalization { .. }
        | Connection::Cookie { .. }
        | Connection::Url { .. } => Vec::new(),
    }
}
