//! Standard field groups: names and types of XDM, in our own words, so that schemas need not write them out. They are
//! compact JSON Schema, parsed when somebody asks.

use alloc::format;
use alloc::string::{String, ToString as _};

use serde_json::{Map, Value as Json};

use super::Class;
use super::json::{Error, Reason};
use crate::lang::nearest::nearest;

/// One group of fields.
#[derive(Clone, Copy, Debug)]
pub struct FieldGroup {
    /// Its name in `fieldGroups`.
    pub name: &'static str,
    /// What it describes.
    pub class: Class,
    text: &'static str,
}

macro_rules! groups {
    ($($class:ident { $($name:literal $file:literal;)* })*) => {
        /// Every group, the profile's first, by name.
        pub const FIELD_GROUPS: &[FieldGroup] = &[$($(FieldGroup {
            name: $name,
            class: Class::$class,
            text: include_str!(concat!("standard/", $file, ".json")),
        }),*),*];
    };
}

groups! {
    Profile {
        "address" "address";
        "consent" "consent";
        "contact" "contact";
        "identity" "identity";
        "loyalty" "loyalty";
        "person" "person";
        "subscriptions" "subscriptions";
        "work" "work";
    }
    Event {
        "advertising" "advertising";
        "application" "application";
        "channel" "channel";
        "commerce" "commerce";
        "decisioning" "decisioning";
        "device" "device";
        "directMarketing" "direct_marketing";
        "endUserIds" "end_user_ids";
        "environment" "environment";
        "marketing" "marketing";
        "placeContext" "place_context";
        "productListItems" "product_list_items";
        "search" "search";
        "web" "web";
    }
}

/// What several groups use.
const SHARED: &str = include_str!("standard/shared.json");

/// The group of that name for schemas of a class; the error is what to say, and what to do instead.
pub fn field_group(name: &str, class: Class) -> Result<&'static FieldGroup, (String, String)> {
    let of_class = || FIELD_GROUPS.iter().filter(|group| group.class == class);
    if let Some(group) = of_class().find(|group| group.name == name) {
        return Ok(group);
    }
    if FIELD_GROUPS.iter().any(|group| group.name == name) {
        let other = match class {
            Class::Profile => "an event",
            Class::Event => "a profile",
        };
        let message =
            format!("the field group `{name}` is not of this class: its fields are those of {other}");
        return Err((message, "name it in a schema of the other class".to_string()));
    }
    let help = match nearest(name, of_class().map(|group| group.name)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let names: alloc::vec::Vec<&str> = of_class().map(|group| group.name).collect();
            format!("there is `{}`", names.join("`, `"))
        }
    };
    Err((format!("there is no field group `{name}`"), help))
}

impl FieldGroup {
    /// What it is, for people.
    pub fn title(&self) -> String {
        let title = read(self.text).remove("title");
        title.as_ref().and_then(Json::as_str).unwrap_or_default().to_string()
    }

    /// Its fields: `properties` of a JSON Schema.
    pub fn properties(&self) -> Map<String, Json> {
        let shared = properties(SHARED);
        let mut fields = properties(self.text);
        fields.values_mut().for_each(|field| resolve(field, &shared));
        fields
    }
}

/// The fields of all groups that a schema names, behind each other; where two have one field, it has the parts of both.
pub fn fields_of(schema: &str, class: Class, groups: &[String]) -> Result<Map<String, Json>, Error> {
    let mut fields = Map::new();
    for name in groups {
        let group = field_group(name, class).map_err(|(message, help)| Error::Invalid {
            schema: schema.to_string(),
            path: "fieldGroups".to_string(),
            reason: Reason::FieldGroup(format!("{message}; {help}")),
        })?;
        // No two groups have a field in common; a test says so.
        fields.extend(group.properties());
    }
    Ok(fields)
}

fn read(text: &str) -> Map<String, Json> {
    // The files are part of the program, and a test reads every one.
    serde_json::from_str(text).unwrap_or_default()
}

fn properties(text: &str) -> Map<String, Json> {
    match read(text).remove("properties") {
        Some(Json::Object(properties)) => properties,
        Some(_) | None => Map::new(),
    }
}

/// Puts shared parts in the place of their names; they refer to one another at most a few levels deep.
fn resolve(schema: &mut Json, shared: &Map<String, Json>) {
    while let Some(part) = schema.get("$ref").and_then(Json::as_str).map(|name| shared.get(name).cloned()) {
        *schema = part.unwrap_or_default();
    }
    match schema {
        Json::Object(inner) => inner.values_mut().for_each(|inner| resolve(inner, shared)),
        Json::Array(inner) => inner.iter_mut().for_each(|inner| resolve(inner, shared)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;
    use alloc::vec::Vec;

    use super::super::{Source, Type, UnionSchema};
    use super::*;

    fn all() -> UnionSchema {
        let fields: Vec<(Class, Map<String, Json>)> =
            FIELD_GROUPS.iter().map(|group| (group.class, group.properties())).collect();
        let sources = fields.iter().map(|(class, properties)| Source { id: "s", class: *class, properties });
        UnionSchema::from_json_schemas(sources).unwrap()
    }

    fn check(path: &str, expected: &Type) {
        let schema = all();
        let mut steps = path.split('.');
        let root = match steps.next().unwrap() {
            "xEvent" => Type::Object(schema.event),
            first => schema.profile[first].clone(),
        };
        let found = steps.fold(root, |of, step| of.field(step).unwrap().into_owned());
        assert_eq!(&found, expected, "{path}");
    }

    #[test]
    fn every_group_is_read_and_no_two_have_a_field_in_common() {
        let mut names = BTreeSet::new();
        for group in FIELD_GROUPS {
            assert!(!group.title().is_empty(), "{}", group.name);
            let class = if group.class == Class::Event { "event" } else { "profile" };
            assert_eq!(read(group.text)["class"], class, "{}", group.name);
            let fields = group.properties();
            assert!(!fields.is_empty(), "{}", group.name);
            for field in fields.keys() {
                assert!(names.insert((group.class == Class::Event, field.clone())), "{field}");
            }
        }
    }

    #[test]
    fn names_and_types_are_those_of_xdm() {
        check("person.name.firstName", &Type::String);
        check("person.birthDate", &Type::Date);
        check("homeAddress.countryCode", &Type::String);
        check("billingAddress.dmaID", &Type::Integer);
        check("mobilePhone.number", &Type::String);
        check("consents.marketing.email.val", &Type::String);
        check("consents.collect.time", &Type::DateTime);
        check("loyalty.loyaltyID", &Type::list(Type::String));
        check("xEvent.commerce.order.priceTotal", &Type::Number);
        check("xEvent.commerce.purchases.value", &Type::Number);
        check("xEvent._experience.decisioning.propositions.scope", &Type::list(Type::String));
        check("xEvent.productListItems.SKU", &Type::list(Type::String));
        check("xEvent.web.webPageDetails.pageViews.value", &Type::Number);
        check("xEvent.placeContext.geo._schema.latitude", &Type::Number);
        check("xEvent.environment.browserDetails.userAgent", &Type::String);
    }

    #[test]
    fn an_unknown_group_is_named_with_the_nearest() {
        let found = |name: &str, class| field_group(name, class).unwrap_err();
        assert_eq!(
            found("persons", Class::Profile),
            ("there is no field group `persons`".to_string(), "did you mean `person`?".to_string())
        );
        assert!(found("web", Class::Profile).0.ends_with("its fields are those of an event"));
        assert!(found("zzz", Class::Event).1.starts_with("there is `advertising`, `application`"));
    }
}
