//! The lexer, the parser and the printer; the JSON form.

use acquaint_core::lang::{self, ast, json, parse, print};

/// Any text is read without a crash; what is in order is printed, and read back as the same tree; what is not says where.
pub fn text(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let parsed = parse(text);
    for found in &parsed.diagnostics {
        assert!(found.span.start <= found.span.end, "{text:?}: {found:?}");
        assert!(found.span.end as usize <= text.len(), "{text:?}: {found:?}");
        assert!(found.render(text).contains(&found.code));
    }
    if !parsed.has_errors() {
        comes_back(&parsed.tree);
    }
}

/// Any JSON is read as an expression or refused; an expression is printed, and read back as the same tree.
pub fn json_form(input: &[u8]) {
    let Ok(form) = serde_json::from_slice(input) else { return };
    match json::from_json(&form) {
        Ok(tree) => {
            let _ = print(&tree);
            let _ = lang::check(&tree, super::world::schema(), &super::world::Anything);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn comes_back(tree: &ast::Expr) {
    let printed = print(tree);
    let again = parse(&printed);
    // What was written more shortly may be longer than a text may be.
    if printed.len() > acquaint_core::limits::EXPRESSION_BYTES_MAX {
        return;
    }
    assert!(!again.has_errors(), "{printed}\n{:?}", again.diagnostics);
    assert_eq!(&again.tree, tree, "{printed}");
    assert_eq!(print(&again.tree), printed);
    let lines = lang::layout(tree);
    assert_eq!(&parse(&lines).tree, tree, "{lines}");
}

/// Forms of every kind of node.
pub fn json_seeds() -> Vec<Vec<u8>> {
    include_str!("../corpus/json_form.txt").lines().map(|line| line.as_bytes().to_vec()).collect()
}
