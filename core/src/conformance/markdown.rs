//! Pages of the suite: prose, worlds in fenced blocks, and tables whose rows are cases.

use alloc::borrow::ToOwned as _;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use serde_json::{Map, Value as Json};

use super::case::{Body, Case, Expected, Form, Outcome, RuleSet, Setting};
use super::table;
use crate::plan::Mode;

const DIALECT: &str = "pql/text";

pub(super) fn read(file: &str, text: &str) -> Vec<Case> {
    let mut reader = Reader {
        file,
        category: category(file),
        page: Map::new(),
        section: None,
        has_sections: false,
        header: None,
        fence: None,
        cases: Vec::new(),
    };
    for (line, number) in text.lines().zip(1_usize..) {
        reader.line(line, number);
    }
    if let Some(fence) = reader.fence.take() {
        reader.broken(fence.line, "", "a fenced block has no end".to_owned());
    }
    reader.cases
}

/// The folder of a page.
fn category(file: &str) -> String {
    let mut parts = file.rsplit('/');
    parts.next();
    parts.next().unwrap_or("suite").to_owned()
}

struct Reader<'a> {
    file: &'a str,
    category: String,
    /// The world of the page.
    page: Map<String, Json>,
    /// The world of the section, if it has its own.
    section: Option<Map<String, Json>>,
    has_sections: bool,
    /// The columns of the table that is being read; `None` outside of one, empty in a table without cases.
    header: Option<Vec<String>>,
    fence: Option<Fence>,
    cases: Vec<Case>,
}

/// A fenced block that is being read.
struct Fence {
    line: usize,
    mark: String,
    is_world: bool,
    text: String,
}

impl Reader<'_> {
    fn line(&mut self, line: &str, number: usize) {
        if self.fence.is_some() {
            return self.fenced(line);
        }
        let ticks: String = line.trim_start().chars().take_while(|one| *one == '`').collect();
        if ticks.len() >= 3 {
            let info = line.trim_start().trim_start_matches('`').trim();
            self.header = None;
            self.fence =
                Some(Fence { line: number, mark: ticks, is_world: info == "json", text: String::new() });
            return;
        }
        if line.starts_with("## ") {
            self.has_sections = true;
            self.section = None;
        }
        match table::cells(line) {
            None => self.header = None,
            Some(cells) => self.row(cells, number),
        }
    }

    fn fenced(&mut self, line: &str) {
        let Some(mut fence) = self.fence.take() else { return };
        if line.trim() != fence.mark {
            fence.text.push_str(line);
            fence.text.push('\n');
            self.fence = Some(fence);
        } else if fence.is_world {
            match serde_json::from_str(&fence.text) {
                Ok(Json::Object(world)) => self.lay_over(world),
                Ok(_) => self.broken(fence.line, "", "a world is an object".to_owned()),
                Err(error) => self.broken(fence.line, "", format!("a world is JSON: {error}")),
            }
        }
    }

    fn lay_over(&mut self, world: Map<String, Json>) {
        if self.has_sections {
            let page = &self.page;
            self.section.get_or_insert_with(|| page.clone()).extend(world);
        } else {
            self.page.extend(world);
        }
    }

    fn row(&mut self, cells: Vec<String>, number: usize) {
        let Some(header) = self.header.take() else {
            let is_cases = cells.first().is_some_and(|name| name == "expression");
            self.header = Some(if is_cases { cells } else { Vec::new() });
            return;
        };
        if !header.is_empty() && !table::is_rule(&cells) {
            let world = self.section.as_ref().unwrap_or(&self.page).clone();
            let written = cells.first().map_or("", String::as_str);
            match table::code(written) {
                Some(expression) => {
                    let expression = expression.to_owned();
                    let dialect = world.get("dialect").and_then(Json::as_str).unwrap_or(DIALECT).to_owned();
                    let body = body(&header, &cells, world, &dialect);
                    self.case(number, &expression, &dialect, body);
                }
                None => self.broken(number, written, "the expression is not in backticks".to_owned()),
            }
        }
        self.header = Some(header);
    }

    fn broken(&mut self, line: usize, expression: &str, reason: String) {
        self.case(line, expression, DIALECT, Err(reason));
    }

    fn case(&mut self, line: usize, expression: &str, dialect: &str, body: Result<Body, String>) {
        self.cases.push(Case {
            file: self.file.to_owned(),
            name: line.to_string(),
            category: self.category.clone(),
            dialect: dialect.to_owned(),
            expression: expression.to_owned(),
            body,
        });
    }
}

fn body(
    header: &[String],
    cells: &[String],
    mut world: Map<String, Json>,
    dialect: &str,
) -> Result<Body, String> {
    if header.len() != cells.len() {
        return Err(format!("{} cells under {} columns", cells.len(), header.len()));
    }
    let form = Form::of(dialect).ok_or_else(|| format!("unknown dialect `{dialect}`"))?;
    let mut expected = Expected::default();
    for (column, cell) in header.iter().zip(cells).skip(1).filter(|(_, cell)| !cell.is_empty()) {
        let text = table::plain(cell);
        let mut verdict = |rules, mode| expected.verdicts.push((rules, mode, text.to_owned()));
        match &**column {
            "value" => expected.value = Some(outcome(text)?),
            "type" => expected.result = Some(text.to_owned()),
            "warns" => expected.warnings = Some(codes(cell)),
            "prints" => expected.prints = Some(text.to_owned()),
            "json" => expected.json = Some(json(column, text)?),
            "edge" => verdict(RuleSet::Native, Mode::Edge),
            "streaming" => verdict(RuleSet::Native, Mode::Streaming),
            "adobe edge" => verdict(RuleSet::Adobe, Mode::Edge),
            "adobe streaming" => verdict(RuleSet::Adobe, Mode::Streaming),
            "because" => {}
            // What the world is for this row alone.
            "now" => {
                world.insert("now".into(), text.into());
            }
            "timestamp" => {
                world.insert("events".into(), serde_json::json!([{ "timestamp": text }]));
            }
            "profile" | "events" => {
                world.insert(column.clone(), json(column, text)?);
            }
            other => return Err(format!("unknown column `{other}`")),
        }
    }
    Ok(Body { form, setting: Setting::World(world), expected })
}

fn outcome(text: &str) -> Result<Outcome, String> {
    let codes = codes(text);
    if !codes.is_empty() && codes.iter().all(|code| is_code(code)) {
        return Ok(Outcome::Errors(codes));
    }
    json("value", text).map(Outcome::Value)
}

fn json(column: &str, text: &str) -> Result<Json, String> {
    serde_json::from_str(text).map_err(|error| format!("the {column} is not JSON: {error}"))
}

/// `PQL0301, PQL0302`; none of `none`.
fn codes(cell: &str) -> Vec<String> {
    let words = cell.split(|one: char| one == ',' || one == '`' || one.is_whitespace());
    words.filter(|word| !word.is_empty() && *word != "none").map(str::to_owned).collect()
}

fn is_code(word: &str) -> bool {
    word.strip_prefix("PQL")
        .is_some_and(|digits| digits.len() == 4 && digits.bytes().all(|one| one.is_ascii_digit()))
}
