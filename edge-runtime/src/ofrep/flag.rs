//! One flag for one person.

use acquaint_core::id::AudienceId;
use acquaint_core::profile::Identity;
use acquaint_core::value::Value;
use acquaint_core::wire::{Flag, Share};
use serde_json::json;

use crate::split::{NUMBERS, number};

/// Who asks for a flag, as far as they say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Person<'a> {
    /// Absent: nobody in particular.
    pub(super) identity: Option<&'a Identity>,
    /// The audiences they are in.
    pub(super) audiences: &'a [AudienceId],
}

/// Why a flag has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failure {
    /// It depends on who asks.
    #[error("this flag depends on who asks: the context needs a `targetingKey`")]
    TargetingKeyMissing,
    /// The bundle contradicts itself.
    #[error("the flag names a variant that it does not have")]
    General,
}

impl Failure {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::TargetingKeyMissing => "TARGETING_KEY_MISSING",
            Self::General => "GENERAL",
        }
    }
}

/// Whether its value depends on who asks.
fn is_personal(flag: &Flag) -> bool {
    flag.enabled && (!flag.rules.is_empty() || flag.otherwise.len() > 1)
}

/// The flag as the protocol has it: key, value, variant and reason.
pub(super) fn evaluate(flag: &Flag, person: Person<'_>) -> Result<serde_json::Value, Failure> {
    if is_personal(flag) && person.identity.is_none() {
        return Err(Failure::TargetingKeyMissing);
    }
    let rule = flag.rules.iter().find(|rule| person.audiences.contains(&rule.audience));
    let (shares, reason) = match rule {
        _ if !flag.enabled => (&flag.otherwise, "DISABLED"),
        Some(rule) if rule.serve.len() == 1 => (&rule.serve, "TARGETING_MATCH"),
        Some(rule) => (&rule.serve, "SPLIT"),
        None if flag.otherwise.len() > 1 => (&flag.otherwise, "SPLIT"),
        None if flag.rules.is_empty() => (&flag.otherwise, "STATIC"),
        None => (&flag.otherwise, "DEFAULT"),
    };
    // Of a flag that is off, and of nobody in particular, the first share stands for all.
    let at = person.identity.filter(|_| flag.enabled).map_or(0, |person| number(&flag.key, person));
    let share = share(shares, at).ok_or(Failure::General)?;
    let value = flag.variants.iter().find(|(name, _)| *name == share.variant);
    let value = value.map(|(_, value)| Value::to_json(value)).ok_or(Failure::General)?;
    Ok(json!({ "key": flag.key, "value": value, "variant": share.variant, "reason": reason }))
}

fn share(shares: &[Share], at: u16) -> Option<&Share> {
    shares.iter().find(|share| at < share.to.min(NUMBERS))
}

#[cfg(test)]
mod tests {
    use acquaint_core::wire::FlagRule;

    use super::*;

    fn shares(of: &[(&str, u16)]) -> Vec<Share> {
        of.iter().map(|(variant, to)| Share { variant: (*variant).into(), to: *to }).collect()
    }

    fn flag(rules: &[(&str, &[(&str, u16)])], otherwise: &[(&str, u16)]) -> Flag {
        let rules = rules.iter().map(|(audience, serve)| FlagRule {
            audience: AudienceId::from(*audience),
            serve: shares(serve),
        });
        Flag {
            key: "button".into(),
            enabled: true,
            variants: vec![("red".into(), Value::from("#f00")), ("blue".into(), Value::from("#00f"))],
            rules: rules.collect(),
            otherwise: shares(otherwise),
        }
    }

    fn person(id: u32) -> Identity {
        Identity { namespace: "ECID".into(), id: id.to_string() }
    }

    fn check(flag: &Flag, identity: Option<&Identity>, audiences: &[&str], expected: (&str, &str)) {
        let audiences: Vec<AudienceId> = audiences.iter().map(|id| AudienceId::from(*id)).collect();
        let found = evaluate(flag, Person { identity, audiences: &audiences }).unwrap();
        let value = if expected.0 == "red" { "#f00" } else { "#00f" };
        let (variant, reason) = expected;
        assert_eq!(found, json!({ "key": "button", "value": value, "variant": variant, "reason": reason }));
    }

    const RED: &[(&str, u16)] = &[("red", 10_000)];
    const BLUE: &[(&str, u16)] = &[("blue", 10_000)];
    const HALVES: &[(&str, u16)] = &[("red", 5_000), ("blue", 10_000)];

    #[test]
    fn the_first_rule_that_fits_decides() {
        let flag = flag(&[("vip", RED), ("everyone", BLUE)], RED);
        check(&flag, Some(&person(1)), &["everyone", "vip"], ("red", "TARGETING_MATCH"));
        check(&flag, Some(&person(1)), &["everyone"], ("blue", "TARGETING_MATCH"));
        check(&flag, Some(&person(1)), &[], ("red", "DEFAULT"));
    }

    #[test]
    fn what_is_the_same_for_all_needs_nobody() {
        check(&flag(&[], BLUE), None, &[], ("blue", "STATIC"));
        let off = Flag { enabled: false, ..flag(&[("vip", RED)], BLUE) };
        check(&off, None, &["vip"], ("blue", "DISABLED"));
    }

    #[test]
    fn what_depends_on_who_asks_says_that_it_must_know() {
        for flag in [flag(&[("vip", RED)], BLUE), flag(&[], HALVES)] {
            let nobody = Person { identity: None, audiences: &[] };
            assert_eq!(evaluate(&flag, nobody), Err(Failure::TargetingKeyMissing));
        }
    }

    #[test]
    fn a_split_gives_everybody_the_part_of_their_number() {
        let flag = flag(&[("vip", HALVES)], HALVES);
        let mut reds = 0;
        for id in 0..1_000 {
            let variant = if number("button", &person(id)) < 5_000 { "red" } else { "blue" };
            reds += usize::from(variant == "red");
            check(&flag, Some(&person(id)), &[], (variant, "SPLIT"));
            check(&flag, Some(&person(id)), &["vip"], (variant, "SPLIT"));
        }
        assert!(reds.abs_diff(500) < 60, "{reds}");
    }

    #[test]
    fn a_variant_that_is_not_there_is_a_failure_and_no_panic() {
        let flag = Flag { variants: Vec::new(), ..flag(&[], BLUE) };
        assert_eq!(evaluate(&flag, Person { identity: None, audiences: &[] }), Err(Failure::General));
        let empty = Flag { otherwise: Vec::new(), ..flag };
        assert_eq!(evaluate(&empty, Person { identity: None, audiences: &[] }), Err(Failure::General));
    }
}
