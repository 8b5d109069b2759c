//! How people of a locale write numbers and money (facts of Unicode's CLDR): the locales that shops most often ask for.

/// What a locale's numbers look like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Locale {
    /// Language and country: `en_GB`.
    pub(crate) name: &'static str,
    /// Signs and digits.
    pub(crate) marks: Marks,
    /// The sign of its money.
    pub(crate) symbol: &'static str,
    /// Where the sign stands: `¤` is the sign, `#` the number. Of an amount, and of a negative one (`-` is the minus).
    pub(crate) amount: (&'static str, &'static str),
    /// Decimals of an amount.
    pub(crate) decimals: usize,
}

/// Signs and digits of numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Marks {
    pub(crate) decimal: char,
    pub(crate) group: char,
    pub(crate) minus: &'static str,
    /// The digit 0; the others follow it.
    pub(crate) zero: char,
    /// Digits of every group but the last, which has three.
    pub(crate) group_length: usize,
}

const POINT: Marks = Marks { decimal: '.', group: ',', minus: "-", zero: '0', group_length: 3 };
const COMMA: Marks = Marks { decimal: ',', group: '.', ..POINT };
const SPACE: Marks = Marks { decimal: ',', group: '\u{a0}', ..POINT };
const NARROW: Marks = Marks { decimal: ',', group: '\u{202f}', ..POINT };
const NORDIC: Marks = Marks { minus: "\u{2212}", ..SPACE };
const SWISS: Marks = Marks { group: '\u{2019}', ..POINT };
const INDIAN: Marks = Marks { group_length: 2, ..POINT };
const ARABIC: Marks =
    Marks { decimal: '\u{66b}', group: '\u{66c}', minus: "\u{61c}-", zero: '\u{660}', group_length: 3 };

const BEFORE: (&str, &str) = ("¤#", "-¤#");
const BEFORE_SPACED: (&str, &str) = ("¤\u{a0}#", "-¤\u{a0}#");
const AFTER: (&str, &str) = ("#\u{a0}¤", "-#\u{a0}¤");

const fn locale(
    name: &'static str,
    marks: Marks,
    symbol: &'static str,
    amount: (&'static str, &'static str),
) -> Locale {
    Locale { name, marks, symbol, amount, decimals: 2 }
}

/// Of money that has no smaller coin.
const fn whole(locale: Locale) -> Locale {
    Locale { decimals: 0, ..locale }
}

/// The first of a language also stands for the language alone.
#[rustfmt::skip]
const LOCALES: &[Locale] = &[
    locale("en_US", POINT, "$", BEFORE),
    locale("en_GB", POINT, "£", BEFORE),
    locale("en_IE", POINT, "€", BEFORE),
    locale("en_CA", POINT, "$", BEFORE),
    locale("en_AU", POINT, "$", BEFORE),
    locale("en_NZ", POINT, "$", BEFORE),
    locale("en_SG", POINT, "$", BEFORE),
    locale("en_HK", POINT, "HK$", BEFORE),
    locale("en_IN", INDIAN, "₹", BEFORE),
    locale("fr_FR", NARROW, "€", AFTER),
    locale("fr_BE", NARROW, "€", AFTER),
    locale("fr_LU", COMMA, "€", AFTER),
    locale("fr_CA", SPACE, "$", AFTER),
    locale("de_DE", COMMA, "€", AFTER),
    locale("de_LU", COMMA, "€", AFTER),
    locale("de_CH", SWISS, "CHF", ("¤\u{a0}#", "¤-#")),
    locale("es_ES", COMMA, "€", AFTER),
    locale("es_MX", POINT, "$", BEFORE),
    locale("es_US", POINT, "$", BEFORE),
    locale("es_AR", COMMA, "$", BEFORE_SPACED),
    locale("es_CO", COMMA, "$", BEFORE_SPACED),
    whole(locale("es_CL", COMMA, "$", ("¤#", "¤-#"))),
    locale("it_IT", COMMA, "€", AFTER),
    locale("pt_BR", COMMA, "R$", BEFORE_SPACED),
    locale("pt_PT", SPACE, "€", AFTER),
    locale("nl_NL", COMMA, "€", ("¤\u{a0}#", "¤\u{a0}-#")),
    locale("nl_BE", COMMA, "€", ("¤\u{a0}#", "¤\u{a0}-#")),
    locale("sv_SE", NORDIC, "kr", AFTER),
    locale("nb_NO", NORDIC, "kr", AFTER),
    locale("no_NO", NORDIC, "kr", AFTER),
    locale("fi_FI", NORDIC, "€", AFTER),
    locale("da_DK", COMMA, "kr.", AFTER),
    locale("pl_PL", SPACE, "zł", AFTER),
    locale("cs_CZ", SPACE, "Kč", AFTER),
    locale("sk_SK", SPACE, "€", AFTER),
    locale("hu_HU", SPACE, "Ft", AFTER),
    locale("ro_RO", COMMA, "RON", AFTER),
    locale("el_GR", COMMA, "€", AFTER),
    locale("tr_TR", COMMA, "₺", BEFORE),
    locale("ru_RU", SPACE, "₽", AFTER),
    locale("uk_UA", SPACE, "₴", AFTER),
    locale("hi_IN", INDIAN, "₹", BEFORE),
    locale("id_ID", COMMA, "Rp", BEFORE_SPACED),
    locale("th_TH", POINT, "฿", BEFORE),
    whole(locale("vi_VN", COMMA, "₫", AFTER)),
    whole(locale("ja_JP", POINT, "￥", BEFORE)),
    whole(locale("ko_KR", POINT, "₩", BEFORE)),
    locale("zh_CN", POINT, "¥", BEFORE),
    locale("zh_TW", POINT, "$", BEFORE),
    locale("zh_HK", POINT, "HK$", BEFORE),
    locale("ar_EG", ARABIC, "ج.م.\u{200f}", ("\u{200f}#\u{a0}¤", "\u{200f}-#\u{a0}¤")),
];

impl Locale {
    /// Its language: `en`.
    pub(crate) fn language(&self) -> &'static str {
        self.name.split('_').next().unwrap_or_default()
    }
}

/// The locale of a name, `en_GB` or `en-GB`, in any case; a language alone is the first of its locales.
pub(crate) fn find(name: &str) -> Option<&'static Locale> {
    let same = |left: &str, right: &str| {
        left.len() == right.len()
            && left
                .bytes()
                .zip(right.bytes())
                .all(|(left, right)| left.eq_ignore_ascii_case(&right) || (left == b'_' && right == b'-'))
    };
    LOCALES.iter().find(|locale| same(locale.name, name) || same(locale.language(), name))
}

/// Their names, for advice.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    LOCALES.iter().map(|locale| locale.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locales_are_found_as_people_write_them() {
        for (name, expected) in [
            ("en_GB", Some("en_GB")),
            ("en-gb", Some("en_GB")),
            ("DE", Some("de_DE")),
            ("en_XX", None),
            ("", None),
        ] {
            assert_eq!(find(name).map(|locale| locale.name), expected, "{name}");
        }
        assert!(names().all(|name| find(name).is_some_and(|found| found.name == name)));
    }
}
