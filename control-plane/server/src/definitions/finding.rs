//! What is wrong with a definition, and where: the document it came from, the field, and inside a rule the words.

use std::collections::BTreeMap;

use acquaint_core::lang::Diagnostic;
use serde::{Serialize, Serializer};

use super::Kind;

/// The definition a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Subject {
    #[serde(serialize_with = "kind_name")]
    pub kind: Kind,
    pub id: String,
}

/// A kind by its name.
pub(super) fn kind_name<S: Serializer>(kind: &Kind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.name())
}

impl Subject {
    pub(crate) fn new(kind: Kind, id: impl Into<String>) -> Self {
        Self { kind, id: id.into() }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Finding {
    /// Which of the documents sent; absent when the definition was there before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<usize>,
    /// The word in `kind:`; empty if it was not even that.
    pub kind: String,
    /// The definition's id; empty if it has none.
    pub id: String,
    /// The field, as a JSON pointer.
    pub pointer: String,
    /// Stable code.
    pub code: String,
    /// What.
    pub message: String,
    /// How to mend it, when that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Where inside the text of a rule.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub text: Option<TextPlace>,
}

/// A place inside the text of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TextPlace {
    /// The range of bytes.
    pub span: acquaint_core::lang::Span,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// How many characters of this line it covers.
    pub width: usize,
    /// The line itself.
    pub source_line: String,
}

impl Finding {
    pub(crate) fn about(subject: &Subject, pointer: &str, code: &str, message: impl Into<String>) -> Self {
        Self {
            document: None,
            kind: subject.kind.name().into(),
            id: subject.id.clone(),
            pointer: pointer.into(),
            code: code.into(),
            message: message.into(),
            help: None,
            text: None,
        }
    }

    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// A diagnostic of the language about the text in a field.
    pub(crate) fn of_diagnostic(
        subject: &Subject,
        pointer: &str,
        text: &str,
        diagnostic: &Diagnostic,
    ) -> Self {
        Self {
            help: diagnostic.help.clone(),
            text: Some(TextPlace::of(text, diagnostic.span)),
            ..Self::about(subject, pointer, &diagnostic.code, diagnostic.message.clone())
        }
    }
}

impl TextPlace {
    /// The line and column of a span. A span outside the text is shown at its end.
    pub(crate) fn of(text: &str, span: acquaint_core::lang::Span) -> Self {
        let offset = |at: u32| {
            let mut at = usize::try_from(at).unwrap_or(usize::MAX).min(text.len());
            while !text.is_char_boundary(at) {
                at = at.saturating_sub(1);
            }
            at
        };
        let (start, end) = (offset(span.start), offset(span.end.max(span.start)));
        let before = text.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at.saturating_add(1));
        let source_line = text.get(line_start..).unwrap_or_default().lines().next().unwrap_or_default();
        let characters = |from: usize, to: usize| text.get(from..to).map_or(0, |part| part.chars().count());
        let line_end = line_start.saturating_add(source_line.len());
        Self {
            span,
            line: before.matches('\n').count().saturating_add(1),
            column: characters(line_start, start).saturating_add(1),
            width: characters(start, end.min(line_end)).max(1),
            source_line: source_line.to_owned(),
        }
    }
}

/// Gives findings the number of the document their definition came from.
pub(crate) fn attribute(findings: &mut [Finding], documents: &BTreeMap<Subject, usize>) {
    for finding in findings {
        if finding.document.is_none()
            && let Some(kind) = Kind::parse(&finding.kind)
        {
            finding.document = documents.get(&Subject::new(kind, finding.id.clone())).copied();
        }
    }
}

#[cfg(test)]
mod tests {
    use acquaint_core::lang::Span;

    use super::*;

    fn check(text: &str, start: u32, end: u32, expected: (usize, usize, usize, &str)) {
        let place = TextPlace::of(text, Span { start, end });
        assert_eq!((place.line, place.column, place.width, place.source_line.as_str()), expected);
    }

    #[test]
    fn spans_become_lines_and_columns_of_characters() {
        check("a = 1", 4, 5, (1, 5, 1, "a = 1"));
        check("a\nbé = c", 6, 8, (2, 4, 2, "bé = c"));
        check("a\nb", 0, 3, (1, 1, 1, "a"));
    }

    #[test]
    fn spans_outside_the_text_are_shown_at_its_end() {
        check("ab", 9, 12, (1, 3, 1, "ab"));
        check("", 0, 0, (1, 1, 1, ""));
    }
}
