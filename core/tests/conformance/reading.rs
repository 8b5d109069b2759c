//! Every documented example in text form is read, printed and read back.

use acquaint_core::lang::{check, compile, json, parse, print};

use crate::cases::{EveryAudience, cases};
use crate::checking::schema;

/// Examples that are no sentences of the language: two expressions side by side with placeholders in them, and a URI as
/// a name.
const UNREADABLE: [&str; 2] = ["pql-0315", "pql-0396"];

const PLAIN_DIALECTS: [&str; 2] = ["pql/text", "pql-text-xdm-prefixed"];

#[test]
fn every_example_is_read_and_printed_and_read_back() {
    let mut read = 0;
    for case in cases().iter().filter(|case| PLAIN_DIALECTS.contains(&&*case.dialect)) {
        let (id, text) = (&case.id, &case.pql);
        let parsed = parse(text);
        if UNREADABLE.contains(&&**id) {
            assert!(parsed.has_errors(), "{id} {text}");
            continue;
        }
        let shown: String = parsed.diagnostics.iter().map(|found| found.render(text)).collect();
        assert!(parsed.diagnostics.is_empty(), "{id}\n{shown}");
        let printed = print(&parsed.tree);
        let again = parse(&printed);
        assert_eq!(again.tree, parsed.tree, "{id}\n{text}\n{printed}");
        assert_eq!(print(&again.tree), printed, "{id}");
        read += 1;
    }
    assert_eq!(read, 254);
}

/// What the examples in JSON form say, in text.
const IN_TEXT: [(&str, &str); 7] = [
    ("pql-0299", "workAddress.country = \"US\""),
    ("pql-0300", "select x from xEvent where x.eventType.equals(\"commerce.checkouts\", true)"),
    ("pql-0301", "person.gender in [\"female\"]"),
    ("pql-0302", "\"Andres\" = person.firstName and \"Monroy\" = person.lastName and 6 = person.birthDay"),
    ("pql-0303", "\"Andres\" = person.firstName and (\"Monroy\" = person.lastName or 6 = person.birthDay)"),
    ("pql-0304", "city = \"DDN\""),
    (
        "pql-0306",
        "homeAddress.stateOrProvince = \"CA\" and (some x from xEvent where (some id from x.endUserIDs where id in identities) \
         and x.commerce.order.priceTotal > 1000 and x.commerce.order.currencyCode = \"USD\")",
    ),
];

#[test]
fn the_json_form_means_what_the_text_means() {
    let schema = schema();
    let examples: Vec<_> = cases().into_iter().filter(|case| case.dialect == "pql/json").collect();
    assert_eq!(examples.len(), IN_TEXT.len());
    for (case, (id, text)) in examples.iter().zip(IN_TEXT) {
        assert_eq!(case.id, id);
        let tree = json::from_json(&serde_json::from_str(&case.pql).unwrap()).unwrap();
        let found = check(&tree, &schema, &EveryAudience).unwrap();
        let expected = compile(text, &schema, &EveryAudience).unwrap();
        assert_eq!(found.expr, expected.expr, "{id}");
        // Printed, it is text that means the same again.
        assert_eq!(compile(&print(&tree), &schema, &EveryAudience).unwrap().expr, expected.expr, "{id}");
    }
}
