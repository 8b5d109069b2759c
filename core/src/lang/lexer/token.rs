//! What a text is made of: words, numbers, strings and punctuation.

use alloc::string::String;

use crate::lang::diagnostic::Span;

/// One token.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) kind: TokenKind,
    /// Where.
    pub(crate) span: Span,
}

/// The kinds of token. Keywords are words: only the parser knows where a word is one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TokenKind {
    /// A name or keyword; an `xdm:` prefix is already gone.
    Word(String),
    /// A name in backticks, or in `${...}`: anything may be in it, and it is never a keyword.
    QuotedName(String),
    /// A whole number; the sign is an operator.
    Integer(u64),
    /// A number with a point or an exponent.
    Double(f64),
    /// A string, unescaped.
    String(String),
    /// `$1`
    Parameter(u32),
    /// `@{...}`: what is between the braces; `@index`.
    Context(String),
    /// Punctuation and operators.
    Punctuation(Punctuation),
    /// The end of the text; always the last token, and only there.
    End,
}

macro_rules! punctuation {
    ($($name:ident $text:literal)*) => {
        /// Punctuation and operators.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Punctuation { $($name),* }

        impl Punctuation {
            /// Longest first.
            pub(super) const ALL: &[(&str, Self)] = &[$(($text, Self::$name)),*];

            /// As it is written.
            pub(crate) fn text(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }
    };
}

punctuation! {
    Arrow "=>" ThinArrow "->" Otherwise "?:" Question "?" NotEqual "!=" LessOrEqual "<=" GreaterOrEqual ">="
    Equal "=" Less "<" Greater ">" Bang "!" Plus "+" Minus "-" Star "*" Slash "/" Percent "%"
    ParenOpen "(" ParenClose ")" BracketOpen "[" BracketClose "]" BraceOpen "{" BraceClose "}"
    Comma "," Colon ":" Dot "." Caret "^"
}
