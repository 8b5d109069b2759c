//! The names of months and days (facts of Unicode's CLDR), as they stand in a date.

/// The names of one language, each list in one text, separated by blanks; weeks begin on Monday.
#[derive(Debug)]
pub(super) struct Names {
    language: &'static str,
    pub(super) months: &'static str,
    pub(super) months_short: &'static str,
    pub(super) days: &'static str,
    pub(super) days_short: &'static str,
}

const NAMES: &[Names] = &[
    Names {
        language: "en",
        months: "January February March April May June July August September October November December",
        months_short: "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
        days: "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
        days_short: "Mon Tue Wed Thu Fri Sat Sun",
    },
    Names {
        language: "fr",
        months: "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        months_short: "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
        days: "lundi mardi mercredi jeudi vendredi samedi dimanche",
        days_short: "lun. mar. mer. jeu. ven. sam. dim.",
    },
    Names {
        language: "de",
        months: "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        months_short: "Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.",
        days: "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
        days_short: "Mo. Di. Mi. Do. Fr. Sa. So.",
    },
    Names {
        language: "es",
        months: "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        months_short: "ene feb mar abr may jun jul ago sept oct nov dic",
        days: "lunes martes miércoles jueves viernes sábado domingo",
        days_short: "lun mar mié jue vie sáb dom",
    },
    Names {
        language: "it",
        months: "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        months_short: "gen feb mar apr mag giu lug ago set ott nov dic",
        days: "lunedì martedì mercoledì giovedì venerdì sabato domenica",
        days_short: "lun mar mer gio ven sab dom",
    },
    Names {
        language: "pt",
        months: "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        months_short: "jan. fev. mar. abr. mai. jun. jul. ago. set. out. nov. dez.",
        days: "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
        days_short: "seg. ter. qua. qui. sex. sáb. dom.",
    },
    Names {
        language: "nl",
        months: "januari februari maart april mei juni juli augustus september oktober november december",
        months_short: "jan feb mrt apr mei jun jul aug sep okt nov dec",
        days: "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
        days_short: "ma di wo do vr za zo",
    },
];

/// The names of a language.
pub(super) fn of(language: &str) -> Option<&'static Names> {
    NAMES.iter().find(|names| names.language == language)
}

/// The name of a number from 1.
pub(super) fn nth(names: &'static str, number: i64) -> &'static str {
    let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    index.and_then(|index| names.split(' ').nth(index)).unwrap_or_default()
}

/// The number of the name that a text begins with, in any case, and its length: the longest of them.
pub(super) fn begins_with(names: &'static str, text: &str) -> Option<(i64, usize)> {
    let fitting = (1..)
        .zip(names.split(' '))
        .filter(|(_, name)| text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)));
    fitting.map(|(number, name)| (number, name.len())).max_by_key(|(_, length)| *length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_all_names() {
        for names in NAMES {
            for (list, count) in
                [(names.months, 12), (names.months_short, 12), (names.days, 7), (names.days_short, 7)]
            {
                assert_eq!(list.split(' ').count(), count, "{list}");
            }
        }
        assert_eq!(nth(NAMES[0].months, 12), "December");
        assert_eq!(nth(NAMES[0].months, 13), "");
        assert_eq!(begins_with(NAMES[0].months_short, "mAy 5"), Some((5, 3)));
    }
}
