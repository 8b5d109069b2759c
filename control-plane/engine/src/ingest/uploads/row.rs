//! One row of an upload: whom it adds or removes.

use acquaint_core::profile::Identity;
use acquaint_core::time::format_instant;
use acquaint_core::value::{Fields, Value, fields};
use acquaint_store::catalog::external::{EXTERNAL_AUDIENCES, OPERATION, SINCE, UPLOAD, place};
use acquaint_store::catalog::{External, SchemaClass};
use acquaint_store::record::Body;
use serde_json::Value as Json;

use super::super::imports::Import;
use super::super::{Refusal, Rules, mapping, rows, validate};
use super::leaving::none_of;
use super::{Upload, UploadMode};

/// What a row says.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Of whom.
    pub identity: Identity,
    /// Whether they come in; they go out otherwise.
    pub adds: bool,
    /// The record of it.
    pub body: Body,
}

/// Reads a row. Members are in since the upload began, so that those of one file leave at one instant.
pub fn row(
    rules: &Rules,
    external: &External,
    import: &Import,
    upload: &Upload,
    row: &Json,
) -> Result<Row, Refusal> {
    let Json::Object(row) = row else {
        return Err(Refusal::new("not_an_object", "", "a row should be an object"));
    };
    let row = fields::without_nulls(validate::patch(row)?);
    let identity = identity(rules, external, &row)?;
    let adds = adds(upload.mode, &row)?;
    let attributes = match adds {
        true => member(rules, external, import, &upload.audience, row)?,
        false => none_of(&upload.audience),
    };
    let dataset = place(&upload.audience).as_str().into();
    let body = Body::Upsert { message: None, dataset, identities: vec![identity.clone()], attributes };
    Ok(Row { identity, adds, body })
}

fn identity(rules: &Rules, external: &External, row: &Fields) -> Result<Identity, Refusal> {
    let (column, namespace) = external.identity().unwrap_or_default();
    let id = validate::id_text(column, mapping::read(row, column).as_deref())?;
    let found = id.map(|id| (column.to_owned(), Identity { namespace: namespace.to_owned(), id }));
    let found: Vec<_> = found.into_iter().collect();
    let missing =
        || Refusal::new("no_identity", column, format!("column `{column}` is empty: nobody is named"));
    if found.is_empty() {
        return Err(missing());
    }
    validate::identities(rules, &found)?.pop().ok_or_else(missing)
}

fn adds(mode: UploadMode, row: &Fields) -> Result<bool, Refusal> {
    let said = row.get(OPERATION).and_then(Value::as_str).map(str::trim);
    match (mode, said) {
        // In a file that names every member there is nothing else to do, and an audience may have such a column.
        (UploadMode::Full, _) | (UploadMode::Differential, Some("add")) => Ok(true),
        (UploadMode::Differential, Some("remove")) => Ok(false),
        (UploadMode::Differential, other) => {
            let found = other.map_or_else(|| "nothing".to_owned(), |other| format!("`{other}`"));
            let reason = format!("column `{OPERATION}` should say `add` or `remove`, found {found}");
            Err(Refusal::new("bad_operation", OPERATION, reason))
        }
    }
}

/// The attributes of a member: all columns, so that what this file does not say is gone.
fn member(
    rules: &Rules,
    external: &External,
    import: &Import,
    audience: &str,
    mut row: Fields,
) -> Result<Fields, Refusal> {
    let mut said = Fields::from([
        (SINCE.to_owned(), Value::String(format_instant(import.created_ms))),
        (UPLOAD.to_owned(), Value::String(import.id.clone())),
    ]);
    for column in external.attributes() {
        said.insert(column.to_owned(), row.remove(column).unwrap_or_default());
    }
    let of_audience = Fields::from([(audience.to_owned(), Value::Object(said))]);
    let all = Fields::from([(EXTERNAL_AUDIENCES.to_owned(), Value::Object(of_audience))]);
    let place = place(audience);
    let named = format!("audience `{audience}`");
    let (_, dataset) = rules.dataset(&named, Some(&place), SchemaClass::Profile)?;
    validate::attributes(dataset, rows::fitted(&dataset.schema.profile, all))
}

#[cfg(test)]
mod tests {
    use acquaint_store::catalog::{Audience, external};
    use serde_json::json;

    use super::*;
    use crate::ingest::imports::{Counts, Status};
    use crate::testing::{catalog, fields_of, identity};

    fn check(mode: UploadMode, sent: &Json, expected: Result<(&str, Json), (&str, &str)>) {
        let external: External = serde_json::from_value(json!({"fields": [
            {"name": "who", "identityNs": "crm"}, {"name": "score", "type": "integer"}, {"name": "tier"}]}))
        .unwrap();
        let audience: Audience = serde_json::from_value(json!({"id": "a", "name": "a",
            "expression": external::rule("a", 30), "external": external}))
        .unwrap();
        let mut catalog = catalog();
        catalog.audiences.insert("a".into(), audience);
        let upload = Upload { audience: "a".into(), mode, rows_end: None, left: 0 };
        let import = Import {
            id: "import-7".into(),
            source: place("a"),
            file: "f".into(),
            digest: "d".into(),
            status: Status::Open,
            created_ms: 0,
            updated_ms: 5,
            counts: Counts::default(),
            upload: Some(upload.clone()),
            object: None,
        };
        let read = row(&Rules::new(&catalog), &external, &import, &upload, sent);
        let told = read.as_ref().map_err(|refusal| (refusal.code.as_str(), refusal.path.as_str()));
        let expected = expected.map(|(who, of_audience)| Row {
            identity: identity("crm", who),
            adds: !of_audience.is_null(),
            body: Body::Upsert {
                message: None,
                dataset: "external-audience/a".into(),
                identities: vec![identity("crm", who)],
                attributes: fields_of(&json!({"externalAudiences": {"a": of_audience}})),
            },
        });
        assert_eq!(told, expected.as_ref().map_err(|refused| *refused), "{sent}");
    }

    fn member(score: &Json, tier: &Json) -> Json {
        json!({"since": "1970-01-01T00:00:00.000Z", "upload": "import-7", "score": score, "tier": tier})
    }

    #[test]
    fn a_row_of_a_full_upload_adds_and_forgets_what_it_does_not_say() {
        let full = UploadMode::Full;
        check(full, &json!({"who": "ada"}), Ok(("ada", member(&Json::Null, &Json::Null))));
        let row = json!({"who": 5, "score": "7", "tier": 3, "other": "x"});
        check(full, &row, Ok(("5", member(&json!(7), &json!("3")))));
        check(full, &json!({"who": "ada", "score": "many"}), Err(("schema", "externalAudiences.a.score")));
        check(full, &json!({"score": 1}), Err(("no_identity", "who")));
        check(full, &json!([1]), Err(("not_an_object", "")));
    }

    #[test]
    fn a_row_of_a_differential_upload_says_which_way() {
        let differential = UploadMode::Differential;
        let row = |operation: &str| json!({"who": "ada", "operation": operation, "score": 1});
        check(differential, &row("add"), Ok(("ada", member(&json!(1), &Json::Null))));
        check(differential, &row("remove"), Ok(("ada", Json::Null)));
        check(differential, &row("delete"), Err(("bad_operation", "operation")));
        check(differential, &json!({"who": "ada"}), Err(("bad_operation", "operation")));
    }
}
