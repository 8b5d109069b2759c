//! Pictures of an identity graph: Graphviz and Mermaid.

use std::fmt::Write;

use acquaint_core::profile::identity::identities;
use acquaint_core::profile::{Identity, Link};
use acquaint_core::time::format_instant;
use acquaint_store::ProfileDocument;

/// For Graphviz.
pub(crate) fn dot(document: &ProfileDocument) -> String {
    let all: Vec<Identity> = identities(&document.identities).collect();
    let mut out = String::from("graph identities {\n  node [shape=box];\n");
    for (number, identity) in all.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "  n{number} [label=\"{}\"];", escaped(&label(identity), "\\\"", "\\\\"));
    }
    for (left, right, link) in edges(document, &all) {
        let _ = writeln!(out, "  n{left} -- n{right} [label=\"{}\"];", since(link));
    }
    out.push_str("}\n");
    out
}

/// For Mermaid.
pub(crate) fn mermaid(document: &ProfileDocument) -> String {
    let all: Vec<Identity> = identities(&document.identities).collect();
    let mut out = String::from("graph LR\n");
    for (number, identity) in all.iter().enumerate() {
        let _ = writeln!(out, "  n{number}[\"{}\"]", escaped(&label(identity), "#quot;", "#92;"));
    }
    for (left, right, link) in edges(document, &all) {
        let _ = writeln!(out, "  n{left} ---|\"{}\"| n{right}", since(link));
    }
    out
}

fn label(identity: &Identity) -> String {
    format!("{}: {}", identity.namespace, identity.id)
}

/// Nothing of an identity ends the label it stands in.
fn escaped(label: &str, quote: &str, backslash: &str) -> String {
    let mut out = String::new();
    for character in label.chars() {
        match character {
            '"' => out.push_str(quote),
            '\\' => out.push_str(backslash),
            control if control.is_control() => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

fn since(link: &Link) -> String {
    format!("since {} (record {})", format_instant(link.first.at_ms), link.first.position)
}

fn edges<'a>(document: &'a ProfileDocument, all: &[Identity]) -> Vec<(usize, usize, &'a Link)> {
    let place = |identity: &Identity| all.iter().position(|one| one == identity);
    let links = document.graph.links().iter();
    links.filter_map(|link| Some((place(&link.left)?, place(&link.right)?, link))).collect()
}

#[cfg(test)]
mod tests {
    use acquaint_core::id::ProfileId;
    use acquaint_core::profile::{LinkKind, Seen, identity};

    use super::*;

    #[test]
    fn a_graph_is_drawn_and_nothing_of_an_identity_gets_out_of_its_label() {
        let one = Identity { namespace: "crm".into(), id: "a\"]\\\n".into() };
        let other = Identity { namespace: "device".into(), id: "d".into() };
        let mut document = ProfileDocument::new(ProfileId(1), 0);
        identity::insert(&mut document.identities, &one);
        identity::insert(&mut document.identities, &other);
        document.graph.see(&one, &other, LinkKind::Event, Seen { position: 7, at_ms: 0 });
        let since = "since 1970-01-01T00:00:00.000Z (record 7)";
        assert_eq!(
            dot(&document),
            format!(
                "graph identities {{\n  node [shape=box];\n  n0 [label=\"crm: a\\\"]\\\\\u{fffd}\"];\n  \
                 n1 [label=\"device: d\"];\n  n0 -- n1 [label=\"{since}\"];\n}}\n"
            )
        );
        assert_eq!(
            mermaid(&document),
            format!(
                "graph LR\n  n0[\"crm: a#quot;]#92;\u{fffd}\"]\n  n1[\"device: d\"]\n  n0 ---|\"{since}\"| n1\n"
            )
        );
    }
}
