//! Every documented example in text form is read, printed and read back.

use acquaint_core::lang::{parse, print};

use crate::cases::cases;

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
