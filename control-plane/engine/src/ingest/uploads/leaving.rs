//! Who leaves an external audience because a full upload did not name them.

use acquaint_core::id::DatasetId;
use acquaint_core::profile::Identity;
use acquaint_core::value::{Fields, Value, fields};
use acquaint_store::ProfileDocument;
use acquaint_store::catalog::external::{EXTERNAL_AUDIENCES, UPLOAD, place};
use acquaint_store::record::Body;

/// The records by which identities of a profile leave an audience whom an upload did not name. A record has an id, so that
/// what is found again after a crash counts once.
pub fn leaving(profile: &ProfileDocument, audience: &str, import: &str) -> Vec<Body> {
    let dataset = DatasetId::new(place(audience));
    let of_audience = profile.fragments.iter().filter(|fragment| fragment.dataset == dataset);
    let others = of_audience.filter(|fragment| {
        let member = fields::get(&fragment.attributes, [EXTERNAL_AUDIENCES, audience]);
        let named = fields::get(&fragment.attributes, [EXTERNAL_AUDIENCES, audience, UPLOAD]);
        member.is_some() && named.and_then(Value::as_str) != Some(import)
    });
    others.map(|fragment| record(dataset.clone(), audience, import, &fragment.identity)).collect()
}

fn record(dataset: DatasetId, audience: &str, import: &str, identity: &Identity) -> Body {
    let who = format!("{}\0{}", identity.namespace, identity.id);
    Body::Upsert {
        message: Some(format!("{import}:left:{:032x}", xxhash_rust::xxh3::xxh3_128(who.as_bytes()))),
        dataset,
        identities: vec![identity.clone()],
        attributes: none_of(audience),
    }
}

/// The attributes that take somebody out.
pub(super) fn none_of(audience: &str) -> Fields {
    let of_audience = Fields::from([(audience.to_owned(), Value::Null)]);
    Fields::from([(EXTERNAL_AUDIENCES.to_owned(), Value::Object(of_audience))])
}

#[cfg(test)]
mod tests {
    use acquaint_core::id::ProfileId;
    use acquaint_core::profile::Fragment;
    use serde_json::json;

    use super::*;
    use crate::testing::{fields_of, identity};

    fn fragment(dataset: &str, who: &str, attributes: &serde_json::Value) -> Fragment {
        let identity = identity("crm", who);
        Fragment { dataset: dataset.into(), identity, updated_ms: 0, attributes: fields_of(attributes) }
    }

    #[test]
    fn whom_the_upload_did_not_name_leaves_and_nobody_else() {
        let member =
            |upload: &str| json!({"externalAudiences": {"a": {"since": "2018-01-01", "upload": upload}}});
        let mut profile = ProfileDocument::new(ProfileId(1), 0);
        profile.fragments = vec![
            fragment("external-audience/a", "old", &member("import-1")),
            fragment("external-audience/a", "new", &member("import-2")),
            fragment("external-audience/a", "gone", &json!({"externalAudiences": {}})),
            fragment("external-audience/b", "old", &member("import-1")),
            fragment("people", "old", &member("import-1")),
        ];
        let left = leaving(&profile, "a", "import-2");
        let [Body::Upsert { message: Some(id), identities, attributes, .. }] = left.as_slice() else {
            panic!("{left:?}")
        };
        assert_eq!((identities.as_slice(), attributes), (&[identity("crm", "old")][..], &none_of("a")));
        assert!(id.starts_with("import-2:left:") && id.len() < 100, "{id}");
        assert_eq!(leaving(&profile, "a", "import-2"), left, "found again, it is the same message");
    }
}
