// The rules as an engineer writes them who wants them fast: see engines.mjs for what a rule is. Each takes the fields out
// of a profile once, into variables, and then runs all rules as straight code, in functions small enough for the
// optimising compiler of V8, the conditions of a rule that rarely hold first. Reading the fields is part of what is
// measured, unless it says "beforehand".

// Rules of one function: V8 does not optimise functions of any size.
const RULES_PER_FUNCTION = 100;

// What a person would put first: a text, one of several texts, and then numbers and flags.
const rank = ({ operator, constant }) => (typeof constant === "string" ? 0 : operator === "in" ? 1 : 2);
const rarestFirst = (rule) => [...rule].sort((left, right) => rank(left) - rank(right));

// The fields that rules ask for, in groups, each with a variable.
function fieldsOf(rules) {
  const groups = new Map();
  for (const { group, name } of rules.flat()) {
    if (!groups.has(group)) groups.set(group, new Map());
    const names = groups.get(group);
    if (!names.has(name)) names.set(name, `${group}_${name}`);
  }
  return groups;
}

const variable = ({ group, name }) => `${group}_${name}`;

// Source that declares a variable for each field; `kept` makes what is kept of a value.
function reading(groups, kept = (_, value) => value) {
  const lines = [];
  for (const [group, names] of groups) {
    lines.push(`const ${group} = p.${group};`);
    lines.push(`let ${[...names.values()].join(", ")};`);
    const assigned = [...names].map(([name, variable]) => `${variable} = ${kept(variable, `${group}.${name}`)};`);
    lines.push(`if (${group} !== undefined) { ${assigned.join(" ")} }`);
  }
  return lines.join("\n");
}

// Functions of some rules each, over the variables as parameters.
function chunks(rules, parameters, condition) {
  const found = [];
  for (let first = 0; first < rules.length; first += RULES_PER_FUNCTION) {
    const lines = rules
      .slice(first, first + RULES_PER_FUNCTION)
      .map((rule, place) => `if (${rarestFirst(rule).map(condition).join(" && ")}) found.push(${first + place});`);
    found.push(`function rules${first}(found, ${parameters}) {\n${lines.join("\n")}\n}`);
  }
  return found;
}

function program(rules, read, parameters, condition) {
  const functions = chunks(rules, parameters, condition);
  const calls = functions.map((_, number) => `rules${number * RULES_PER_FUNCTION}(found, ${parameters});`);
  return `${functions.join("\n")}
    return (p) => {
      ${read}
      const found = [];
      ${calls.join("\n")}
      return found;
    };`;
}

const parametersOf = (groups) => [...groups.values()].flatMap((names) => [...names.values()]).join(", ");

// Source of a condition; `equals` makes that of being one of some constants.
const conditions = (equals) => ({ group, name, operator, constant }) => {
  const value = variable({ group, name });
  return operator === "=" || operator === "in" ? equals(value, [constant].flat()) : `${value} ${operator} ${constant}`;
};

// Texts are compared as texts.
export function straight(rules) {
  const groups = fieldsOf(rules);
  const equals = (value, constants) => `(${constants.map((one) => `${value} === ${JSON.stringify(one)}`).join(" || ")})`;
  return new Function(program(rules, reading(groups), parametersOf(groups), conditions(equals)))();
}

// Texts are looked up once, in a Map of the constants of their field, and are small whole numbers from then on: a test
// is a bit of a mask.
export function numbered(rules) {
  const groups = fieldsOf(rules);
  const numbers = numbersOf(rules);
  const source = program(rules, reading(groups, numberOf(numbers)), parametersOf(groups), maskTests(numbers));
  return new Function("known", source)(numbers);
}

// As `numbered`, of profiles that were read and numbered beforehand: `read` makes one of a profile, `decide` is measured.
export function numberedBeforehand(rules) {
  const groups = fieldsOf(rules);
  const numbers = numbersOf(rules);
  const variables = parametersOf(groups);
  const reader = `return (p) => { ${reading(groups, numberOf(numbers))} return { ${variables} }; };`;
  const decide = program(rules, `const { ${variables} } = p;`, variables, maskTests(numbers));
  return { read: new Function("known", reader)(numbers), decide: new Function(decide)() };
}

// By variable: the number of each text that some rule names.
function numbersOf(rules) {
  const numbers = {};
  for (const condition of rules.flat()) {
    const texts = [condition.constant].flat().filter((constant) => typeof constant === "string");
    for (const text of texts) {
      const known = (numbers[variable(condition)] ??= new Map());
      if (!known.has(text)) known.set(text, known.size);
    }
  }
  return numbers;
}

// Source of what is kept of a value.
const numberOf = (numbers) => (variable, value) => (numbers[variable] ? `known.${variable}.get(${value}) ?? -1` : value);

function maskTests(numbers) {
  const equals = (value, constants) => {
    if (!numbers[value]) return `(${constants.map((one) => `${value} === ${one}`).join(" || ")})`;
    const places = constants.map((constant) => numbers[value].get(constant));
    // A missing field is undefined, of which no comparison is true.
    if (places.length === 1) return `${value} === ${places[0]}`;
    // The shift takes the lowest five bits only, so it says nothing of numbers from another word of the mask.
    const words = new Map();
    for (const place of places) words.set(place >> 5, (words.get(place >> 5) ?? 0) | (1 << (place & 31)));
    const inWord = ([word, mask]) => `(${value} >> 5 === ${word} && (${mask} >>> ${value} & 1) === 1)`;
    return `(${value} >= 0 && (${[...words].map(inWord).join(" || ")}))`;
  };
  return conditions(equals);
}
