// The same rules in the form of each engine. A rule is a list of conditions {group, name, operator, constant}, of which
// all must hold; a missing field passes none. Every engine here takes a profile as a plain parsed object, its own
// natural form, and answers with the numbers of the rules that hold.
import { GrowthBook } from "@growthbook/growthbook";
import jsonLogic from "json-logic-js";
import { Engine } from "json-rules-engine";

// What an engineer would write by hand: one closure for each rule, which stops at the first condition that fails.
export function closures(rules) {
  const condition = ({ group, name, operator, constant }) => {
    const field = `p.${group}?.${name}`;
    const equals = (value) => `${field} === ${JSON.stringify(value)}`;
    if (operator === "=") return equals(constant);
    if (operator === "in") return `(${constant.map(equals).join(" || ")})`;
    return `${field} ${operator} ${constant}`;
  };
  const source = rules.map((rule) => `(p) => ${rule.map(condition).join(" && ")}`);
  const compiled = new Function(`return [${source.join(",\n")}];`)();
  return (profile) => {
    const found = [];
    for (let number = 0; number < compiled.length; number++) {
      if (compiled[number](profile)) found.push(number);
    }
    return found;
  };
}

export function logic(rules) {
  const condition = ({ group, name, operator, constant }) => {
    const field = { var: `${group}.${name}` };
    if (operator === "=") return { "===": [field, constant] };
    // Null, which is what a missing field is here, would be less than a number.
    if (operator === "<") return { and: [{ "!==": [field, null] }, { "<": [field, constant] }] };
    return { [operator]: [field, constant] };
  };
  const trees = rules.map((rule) => ({ and: rule.map(condition) }));
  return (profile) => numbers(trees, (tree) => jsonLogic.apply(tree, profile));
}

export function growthbook(rules) {
  const operators = { in: "$in", ">=": "$gte", "<": "$lt" };
  const condition = ({ group, name, operator, constant }) => {
    // A missing field would be less than a number here too.
    const asked = operator === "=" ? constant : { $exists: true, [operators[operator]]: constant };
    return { [`${group}.${name}`]: asked };
  };
  const feature = (rule) => ({
    defaultValue: false,
    rules: [{ condition: { $and: rule.map(condition) }, force: true }],
  });
  const names = rules.map((_, number) => `rule${number}`);
  const features = Object.fromEntries(rules.map((rule, number) => [names[number], feature(rule)]));
  return (profile) => {
    const client = new GrowthBook({ features, attributes: profile });
    const found = numbers(names, (name) => client.isOn(name));
    client.destroy();
    return found;
  };
}

export function rulesEngine(rules) {
  const operators = { "=": "equal", in: "in", ">=": "greaterThanInclusive", "<": "lessThan" };
  const engine = new Engine([], { allowUndefinedFacts: true });
  rules.forEach((rule, number) => {
    const condition = ({ group, name, operator, constant }) => ({
      fact: group,
      path: `$.${name}`,
      operator: operators[operator],
      value: constant,
    });
    engine.addRule({ conditions: { all: rule.map(condition) }, event: { type: "holds", params: { number } } });
  });
  return async (profile) => {
    const { events } = await engine.run(profile);
    return events.map((event) => event.params.number).sort((left, right) => left - right);
  };
}

function numbers(rules, holds) {
  const found = [];
  rules.forEach((rule, number) => {
    if (holds(rule)) found.push(number);
  });
  return found;
}
