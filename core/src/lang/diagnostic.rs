//! What is wrong with a text, where, and how to mend it. Codes are stable: tools and people may rely on them.

use alloc::format;
use alloc::string::{String, ToString as _};
use core::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// A range of bytes of the source text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// First byte after it.
    pub end: u32,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The text means something, but perhaps not what was wanted.
    Warning,
    /// The text cannot be used.
    Error,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Stable code, for example `PQL0203`. 01xx lexer, 02xx parser, 03xx names, 04xx types, 05xx limits, 06xx verdicts.
    pub code: String,
    /// Error or warning.
    pub severity: Severity,
    /// Where.
    pub span: Span,
    /// What: lower case, no final period, user input in backticks.
    pub message: String,
    /// How to mend it, when that is known.
    pub help: Option<String>,
}

macro_rules! codes {
    ($($name:ident = $code:literal $title:literal;)*) => {
        /// The codes of this room, by name.
        pub mod code {
            $(#[doc = $title] pub const $name: &str = $code;)*
        }
        /// Every code with its short title, in order: of the lexer, the parser, the checker, of audiences together, and
        /// of verdicts.
        pub const CODES: &[(&str, &str)] = &[$(($code, $title)),*];
    };
}

codes! {
    UNKNOWN_CHARACTER = "PQL0101" "character without a meaning";
    UNTERMINATED_STRING = "PQL0102" "string without an end";
    UNKNOWN_ESCAPE = "PQL0103" "unknown escape in a string";
    BAD_NUMBER = "PQL0104" "number out of range";
    UNTERMINATED_REFERENCE = "PQL0105" "context reference without an end";
    EXPECTED_EXPRESSION = "PQL0201" "expression missing";
    UNEXPECTED = "PQL0202" "unexpected text";
    UNCLOSED = "PQL0203" "bracket without its partner";
    CHAINED_COMPARISON = "PQL0204" "comparison of a comparison";
    BAD_VARIABLE = "PQL0205" "malformed variable declaration";
    BAD_OCCURS = "PQL0206" "malformed time constraint";
    BAD_STEP = "PQL0207" "malformed step of a chain";
    BAD_OBJECT = "PQL0208" "malformed object";
    BAD_JSON = "PQL0209" "malformed JSON form";
    BAD_TEMPLATE = "PQL0210" "malformed template";
    UNKNOWN_FIELD = "PQL0301" "unknown field";
    UNKNOWN_FUNCTION = "PQL0302" "unknown function";
    UNKNOWN_AUDIENCE = "PQL0303" "unknown audience";
    NO_OUTER_SCOPE = "PQL0304" "no scope further out";
    UNKNOWN_PARAMETER = "PQL0305" "unknown parameter";
    IMPLIED_VARIABLE = "PQL0306" "field without its variable";
    DUPLICATE_LABEL = "PQL0307" "label given twice";
    UNKNOWN_LABEL = "PQL0308" "gap after no earlier step";
    AUDIENCE_CYCLE = "PQL0310" "audiences that refer to each other in a circle";
    AUDIENCE_TWICE = "PQL0311" "audience defined twice";
    SCHEMA_CONFLICT = "PQL0312" "schemas that make no union";
    SEVERAL_MODES = "PQL0313" "more than one mode";
    NOT_SUPPORTED = "PQL0390" "not supported yet";
    INCOMPARABLE = "PQL0401" "types cannot be compared";
    NO_ORDER = "PQL0402" "type without an order";
    NOT_A_NUMBER = "PQL0403" "number required";
    NOT_A_TIME = "PQL0404" "timestamp required";
    ALWAYS_FALSE = "PQL0405" "comparison that is never true";
    NOT_A_LIST = "PQL0406" "array required";
    ARGUMENT_COUNT = "PQL0407" "wrong number of arguments";
    ARGUMENT_TYPE = "PQL0408" "wrong type of argument";
    NO_SUCH_FIELDS = "PQL0409" "value without fields";
    BAD_PATTERN = "PQL0410" "invalid regular expression";
    INDEX = "PQL0411" "number where a condition was expected";
    BAD_FORMAT = "PQL0412" "unknown date pattern or locale";
    NOT_COMPUTED = "PQL0413" "no computed attribute";
    TEXT_TOO_LONG = "PQL0501" "text too long";
    TOO_DEEP = "PQL0502" "nested too deeply";
    WINDOW_TOO_LONG = "PQL0503" "window too long";
    TOO_LARGE = "PQL0504" "value too large";
    TOO_MANY_STEPS = "PQL0505" "chain too long";
    EVENTS_IN_EVENTS = "PQL0506" "events for each of the others too often";
    TOO_MANY_AUDIENCES = "PQL0510" "too many audiences";
    REFERENCES_TOO_LONG = "PQL0511" "too long a chain of references";
    LONG_SEQUENCE = "PQL0520" "many events in a row";
    MANY_AGGREGATIONS = "PQL0521" "many aggregations";
    DEEP_COLLECTIONS = "PQL0522" "arrays deep inside one another";
    LONG_LOOK_BACK = "PQL0523" "events long ago";
    LONG_LIST = "PQL0524" "long list";
    MANY_ALTERNATIVES = "PQL0525" "many alternatives";
    NEEDS_EVENTS = "PQL0601" "needs the stored events";
    REFERS_TO_EVENTS = "PQL0602" "refers to an audience that can only run as batch";
    NEEDS_DECISION = "PQL0603" "reads what only a decision knows";
    NEEDS_INSTANT = "PQL0604" "may change at any instant";
    NOT_AT_EDGE = "PQL0605" "asks for what the edge does not compute";
    RELATED_EVENTS = "PQL0611" "aggregates and relations between events";
    LONG_WINDOW = "PQL0612" "window longer than a day";
    NEGATED_RULE = "PQL0613" "rule negated as a whole";
    EVENT_AND_AUDIENCE = "PQL0614" "event combined with an audience of events";
    IGNORES_YEAR = "PQL0615" "time of any year";
    SEVERAL_EVENTS = "PQL0617" "more than one event at the edge";
}

/// A place as people count it: from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Line.
    pub line: u32,
    /// Column, in characters.
    pub column: u32,
}

impl Span {
    /// From the start of this to the end of `other`.
    pub(crate) fn to(self, other: Self) -> Self {
        Self { start: self.start, end: other.end.max(self.start) }
    }

    /// Line and column of its first byte. An offset past the text, or inside a character, counts as the nearest before.
    pub fn place(self, text: &str) -> Place {
        let before = head(text, self.start);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before.get(line_start..).unwrap_or_default().chars().count();
        let line = before.bytes().filter(|byte| *byte == b'\n').count();
        Place { line: number(line + 1), column: number(column + 1) }
    }
}

impl Diagnostic {
    /// An error.
    pub(crate) fn error(code: &str, span: Span, message: impl Into<String>) -> Self {
        Self { code: code.into(), severity: Severity::Error, span, message: message.into(), help: None }
    }

    /// A warning.
    pub(crate) fn warning(code: &str, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, span, message) }
    }

    /// With advice.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// For people: the message, the line it is about with carets under the part that is meant, and the advice.
    pub fn render(&self, source: &str) -> String {
        let place = self.span.place(source);
        let before = head(source, self.span.start);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = source.get(line_start..).unwrap_or_default().lines().next().unwrap_or_default();
        let meant = head(source, self.span.end).get(before.len()..).unwrap_or_default();
        let width = meant.lines().next().unwrap_or_default().chars().count();
        let room = line.chars().count().saturating_sub(place.column as usize - 1);
        let carets = "^".repeat(width.min(room).max(1));
        let pad = " ".repeat(place.column as usize - 1);
        let gutter = place.line.to_string();
        let blank = " ".repeat(gutter.len());
        let severity = match self.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        // Tabs and control characters would move the carets or the reader's terminal.
        let shown: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let mut out = format!("{severity}[{}]: {}\n", self.code, self.message);
        let _ = writeln!(out, "{blank}--> {}:{}", place.line, place.column);
        let _ = writeln!(out, "{blank} |\n{gutter} | {shown}\n{blank} | {pad}{carets}");
        if let Some(help) = &self.help {
            let _ = writeln!(out, "{blank} = help: {help}");
        }
        out
    }
}

/// The text before an offset, shortened to a character boundary.
fn head(text: &str, offset: u32) -> &str {
    let mut end = (offset as usize).min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rendering_points_at_the_text_that_is_meant() {
        let text = "a = 1 and\n  ünknown = 2";
        let found = Diagnostic::error(
            code::UNKNOWN_FIELD,
            Span { start: 12, end: 20 },
            "there is no field `ünknown`",
        )
        .help("did you mean `known`?");
        assert_eq!(
            found.render(text),
            "error[PQL0301]: there is no field `ünknown`\n --> 2:3\n  |\n2 |   ünknown = 2\n  |   ^^^^^^^\n  = help: did you mean `known`?\n"
        );
    }

    #[test]
    fn spans_outside_the_text_or_inside_a_character_render() {
        for (start, end) in [(0, 0), (1, 1), (1, 99), (99, 1), (u32::MAX, u32::MAX)] {
            let found = Diagnostic::warning(code::UNEXPECTED, Span { start, end }, "odd");
            assert!(found.render("ü").contains('^'));
            assert!(found.render("").contains('^'));
        }
    }

    #[test]
    fn codes_are_unique_and_in_order() {
        assert!(CODES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
