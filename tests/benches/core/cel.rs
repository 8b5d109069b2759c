//! The rules in the Common Expression Language.

use std::hint::black_box;

use crate::peers::RULES;
use acquaint_portable::rules::{condition, timed::Rules};
use acquaint_tests::table::median_ns;
use cel::{Context, Program, Value};

/// Profiles measured: it is slow enough.
const PROFILES: usize = 50;

/// Nanoseconds of one profile; checks the answers.
pub(crate) fn measure(ours: &Rules, expected: &[Vec<usize>]) -> f64 {
    let programs: Vec<Program> = (0..RULES)
        .map(|number| {
            let text: Vec<String> = condition::rule(number).iter().map(condition::Condition::cel).collect();
            Program::compile(&text.join(" && ")).unwrap()
        })
        .collect();
    let contexts: Vec<Context<'_, '_>> =
        ours.texts().iter().take(PROFILES).map(|text| context(text)).collect();
    let holds = |program: &Program, context: &Context<'_, '_>| {
        matches!(program.execute(context), Ok(Value::Bool(true)))
    };
    for (context, expected) in contexts.iter().zip(expected) {
        let found: Vec<usize> =
            (0..programs.len()).filter(|number| holds(&programs[*number], context)).collect();
        assert_eq!(found, *expected);
    }
    median_ns(PROFILES, || {
        for context in &contexts {
            black_box(programs.iter().filter(|program| holds(program, context)).count());
        }
    })
}

fn context(text: &str) -> Context<'static, 'static> {
    let profile: serde_json::Value = serde_json::from_str(text).unwrap();
    let mut context = Context::default();
    context.add_variable("profile", profile).unwrap();
    context
}
