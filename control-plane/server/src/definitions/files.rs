//! Rules for connections to object storage, for sources that get their files from there, and destinations that write there.

use acquaint_activation::objects::Location;
use acquaint_store::catalog::{Catalog, Connection, ObjectSource, ObjectStorage};

use super::{Finding, Kind, Subject};

/// What does not fit. Whether a connection reaches anything shows when it is used: names in the environment may come later.
pub(super) fn check(catalog: &Catalog) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (id, connection) in &catalog.connections {
        findings.extend(credentials(&Subject::new(Kind::Connection, id), connection));
    }
    for (id, source) in &catalog.sources {
        if let Some(files) = &source.files {
            findings.extend(source_files(&Subject::new(Kind::Source, id), catalog, files));
        }
    }
    for (id, destination) in &catalog.destinations {
        if let Connection::ObjectStorage { connection, location } = &destination.connection {
            let subject = Subject::new(Kind::Destination, id);
            findings.extend(place(&subject, "/connection", catalog, (connection, location)));
        }
    }
    findings
}

/// A connection that is there, and a location that can be read.
fn place(
    subject: &Subject,
    pointer: &str,
    catalog: &Catalog,
    (connection, location): (&str, &str),
) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !catalog.connections.contains_key(connection) {
        let (pointer, message) =
            (format!("{pointer}/connection"), format!("there is no connection `{connection}`"));
        findings.push(Finding::about(subject, &pointer, "dangling-reference", message));
    }
    if let Err(message) = Location::parse(location) {
        findings.push(Finding::about(subject, &format!("{pointer}/location"), "bad-location", message));
    }
    findings
}

fn credentials(subject: &Subject, connection: &ObjectStorage) -> Option<Finding> {
    let missing = match (&connection.access_key_id, &connection.secret_access_key) {
        (Some(_), None) => "/secretAccessKey",
        (None, Some(_)) => "/accessKeyId",
        (Some(_), Some(_)) | (None, None) => return None,
    };
    let message = "`accessKeyId` and `secretAccessKey` belong together";
    Some(Finding::about(subject, missing, "missing-field", message))
}

fn source_files(subject: &Subject, catalog: &Catalog, files: &ObjectSource) -> Vec<Finding> {
    let mut findings = place(subject, "/files", catalog, (&files.connection, &files.location));
    if let Err(error) = acquaint_batch::schedule::check(&files.cron) {
        findings.push(Finding::about(subject, "/files/cron", "bad-cron", error.to_string()));
    }
    findings
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::decode::put_all;
    use super::super::diff::between;
    use super::super::secrets;
    use super::*;

    fn check(documents: &[Value], expected: &[(&str, &str)]) {
        let mut catalog = Catalog::default();
        put_all(&mut catalog, documents, 1).unwrap();
        let found = super::check(&catalog);
        let found: Vec<_> = found.iter().map(|f| (f.pointer.as_str(), f.code.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn half_of_the_credentials_is_told() {
        check(
            &[json!({"kind": "connection", "id": "c", "type": "s3", "accessKeyId": "a"})],
            &[("/secretAccessKey", "missing-field")],
        );
    }

    #[test]
    fn a_source_says_where_its_files_are_and_when_to_look() {
        let files = |location: &str, cron: &str| {
            json!({"kind": "source", "id": "s", "profileDataset": "d",
                "files": {"connection": "c", "location": location, "cron": cron}})
        };
        check(
            &[files("ftp://x", "now")],
            &[
                ("/files/connection", "dangling-reference"),
                ("/files/location", "bad-location"),
                ("/files/cron", "bad-cron"),
            ],
        );
        check(
            &[json!({"kind": "connection", "id": "c", "type": "s3"}), files("s3://lake/in/", "*/5 * * * *")],
            &[],
        );
    }

    #[test]
    fn a_destination_says_through_which_connection_and_where() {
        let connection = json!({"type": "objectStorage", "connection": "c", "location": "out"});
        check(
            &[json!({"kind": "destination", "id": "d", "connection": connection})],
            &[("/connection/connection", "dangling-reference"), ("/connection/location", "bad-location")],
        );
    }

    #[test]
    fn the_secrets_of_a_connection_are_masked_and_kept() {
        let document = |secret: &str| json!({"kind": "connection", "id": "c", "type": "s3", "accessKeyId": "a", "secretAccessKey": secret});
        let catalog = |secret: &str| {
            let mut catalog = Catalog::default();
            put_all(&mut catalog, &[document(secret)], 1).unwrap();
            catalog
        };
        let secret = |of: &Catalog| of.connections["c"].secret_access_key.clone().unwrap();
        let known = catalog("hush");
        assert_eq!(secret(&secrets::masked(&known)), secrets::MASK);
        assert_eq!(secret(&secrets::masked(&catalog("env:HUSH"))), "env:HUSH");
        let mut sent = catalog(secrets::MASK);
        assert_eq!((secrets::unmask(&known, &mut sent), secret(&sent)), (vec![], "hush".into()));
        let findings = secrets::unmask(&Catalog::default(), &mut catalog(secrets::MASK));
        assert_eq!(
            (findings[0].code.as_str(), findings[0].pointer.as_str()),
            ("unknown-secret", "/secretAccessKey")
        );
        let (changes, _) = between(&Catalog::default(), &known);
        assert!(!format!("{:?}", changes[0].lines).contains("hush"));
    }
}
