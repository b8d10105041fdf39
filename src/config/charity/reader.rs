//! Reads TOML tables field by field and notes every problem, so that none hides another.

use std::cell::RefCell;
use std::fmt::Display;
use std::str::FromStr;

use toml::{Table, Value};

use crate::domain::money::{AmountError, Currency, Money};

/// Longest single-line text, in characters.
const LINE_MAX: usize = 500;

/// Where problems are gathered while a file is read.
pub(super) type Problems = RefCell<Vec<String>>;

/// One table of the file: fields are taken out of it, and what is left over at the end is unknown.
pub(super) struct Reader<'a> {
    table: Table,
    place: String,
    problems: &'a Problems,
    known: Vec<&'static str>,
}

impl<'a> Reader<'a> {
    /// A reader over `table`, which error messages call `[place]`.
    pub(super) fn new(table: Table, place: impl Into<String>, problems: &'a Problems) -> Self {
        Reader { table, place: place.into(), problems, known: Vec::new() }
    }

    /// A reader named by the table's own `id`: `[entity.uk]`, or `[entity 2]` when it has none.
    pub(super) fn with_id(table: Table, kind: &str, index: usize, problems: &'a Problems) -> Self {
        let id = table.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
        let place = id.map_or_else(|| format!("{kind} {}", index + 1), |id| format!("{kind}.{id}"));
        Reader::new(table, place, problems)
    }

    /// The name error messages give this table.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// Gives the table another name in error messages.
    pub(super) fn rename(&mut self, place: String) {
        self.place = place;
    }

    /// Notes that `field` has a problem.
    pub(super) fn note(&self, field: &str, problem: impl Display) {
        let place = if self.place.is_empty() { String::new() } else { format!("[{}] ", self.place) };
        let line = format!("{place}{field}: {problem}").replace(char::is_control, " ");
        self.problems.borrow_mut().push(line);
    }

    /// Takes a field out, if it is there.
    pub(super) fn take(&mut self, field: &'static str) -> Option<Value> {
        self.known.push(field);
        self.table.remove(field)
    }

    /// A line of text that must be there; an empty one after a problem.
    pub(super) fn text(&mut self, field: &'static str) -> String {
        if !self.table.contains_key(field) {
            self.known.push(field);
            self.note(field, "is missing");
            return String::new();
        }
        self.text_opt(field).unwrap_or_default()
    }

    /// A line of text that may be left out, but not left empty.
    pub(super) fn text_opt(&mut self, field: &'static str) -> Option<String> {
        let value = self.take(field)?;
        self.line(field, &value)
    }

    /// A list of lines; empty when left out.
    pub(super) fn lines(&mut self, field: &'static str) -> Vec<String> {
        match self.take(field) {
            None => Vec::new(),
            Some(Value::Array(items)) => items.iter().filter_map(|v| self.line(field, v)).collect(),
            Some(_) => {
                self.note(field, "must be a list of texts, such as [\"first\", \"second\"]");
                Vec::new()
            }
        }
    }

    fn line(&self, field: &str, value: &Value) -> Option<String> {
        let Some(text) = value.as_str().map(str::trim) else {
            self.note(field, "must be text in double quotes");
            return None;
        };
        let problem = match text {
            "" => "must not be empty; leave the line out instead",
            _ if text.chars().any(char::is_control) => "must be a single line",
            _ if text.chars().count() > LINE_MAX => "is too long (500 characters at most)",
            _ => return Some(text.to_owned()),
        };
        self.note(field, problem);
        None
    }

    /// A line that must be there and must parse; `None` after a problem.
    pub(super) fn parsed<T: FromStr>(&mut self, field: &'static str) -> Option<T>
    where
        T::Err: Display,
    {
        let text = self.text(field);
        if text.is_empty() { None } else { self.parse(field, &text) }
    }

    /// A line that may be left out but must parse when it is there.
    pub(super) fn parsed_opt<T: FromStr>(&mut self, field: &'static str) -> Option<T>
    where
        T::Err: Display,
    {
        let text = self.text_opt(field)?;
        self.parse(field, &text)
    }

    fn parse<T: FromStr>(&self, field: &str, text: &str) -> Option<T>
    where
        T::Err: Display,
    {
        text.parse().map_err(|e| self.note(field, e)).ok()
    }

    /// A list of parsed words that must have at least one, and none twice.
    pub(super) fn parsed_list<T: FromStr + PartialEq>(&mut self, field: &'static str) -> Vec<T>
    where
        T::Err: Display,
    {
        let before = self.problems.borrow().len();
        let mut out = Vec::new();
        for word in self.lines(field) {
            match word.parse::<T>() {
                Ok(item) if out.contains(&item) => self.note(field, format!("has {word:?} twice")),
                Ok(item) => out.push(item),
                Err(e) => self.note(field, format!("{word:?}: {e}")),
            }
        }
        if out.is_empty() && self.problems.borrow().len() == before {
            self.note(field, "must have at least one");
        }
        out
    }

    /// `true` or `false`; `false` when left out.
    pub(super) fn flag(&mut self, field: &'static str) -> bool {
        match self.take(field) {
            None => false,
            Some(Value::Boolean(b)) => b,
            Some(_) => {
                self.note(field, "must be true or false, without quotes");
                false
            }
        }
    }

    /// A civil date, with or without quotes; `None` when left out or after a problem.
    pub(super) fn date_opt(&mut self, field: &'static str) -> Option<jiff::civil::Date> {
        let text = match self.take(field)? {
            Value::Datetime(d) => d.to_string(),
            Value::String(s) => s,
            _ => String::new(),
        };
        let date = text.parse().ok().filter(|_| text.len() == 10);
        if date.is_none() {
            self.note(field, "must be a date, such as 2026-04-06");
        }
        date
    }

    /// A table, such as `{ GBP = 2 }`; `None` when left out or after a problem.
    pub(super) fn table(&mut self, field: &'static str) -> Option<Table> {
        match self.take(field)? {
            Value::Table(t) => Some(t),
            _ => {
                self.note(field, "must be a table, such as { GBP = 2 }");
                None
            }
        }
    }

    /// The tables of a list, such as every `[[fund]]`; empty when left out.
    pub(super) fn tables(&mut self, field: &'static str) -> Vec<Table> {
        let problem = format!("must be a list of tables, each begun with [[{field}]]");
        let items = match self.take(field) {
            None => return Vec::new(),
            Some(Value::Array(items)) => items,
            Some(_) => {
                self.note(field, problem);
                return Vec::new();
            }
        };
        let count = items.len();
        let tables: Vec<Table> =
            items.into_iter().filter_map(|v| if let Value::Table(t) = v { Some(t) } else { None }).collect();
        if tables.len() < count {
            self.note(field, problem);
        }
        tables
    }

    /// An amount in whole units (`25`) or in quotes with decimals (`"2.50"`), more than zero.
    pub(super) fn money(&self, field: &str, value: &Value, currency: Currency) -> Option<Money> {
        let text = match value {
            Value::Integer(n) => n.to_string(),
            Value::String(s) => s.clone(),
            Value::Float(_) => {
                self.note(field, "must have quotes around an amount with decimals, such as \"2.50\"");
                return None;
            }
            _ => String::new(),
        };
        Money::parse_typed(&text, currency).map_err(|e| self.note(field, amount_problem(e, currency))).ok()
    }

    /// Notes every field that nobody asked for, with the name it may have been meant for.
    pub(super) fn finish(self) {
        for name in self.table.keys() {
            let near = self.known.iter().min_by_key(|k| distance(k, name));
            match near.filter(|k| distance(k, name) <= 2.max(name.len() / 3)) {
                Some(k) => self.note(name, format!("is not known here; is {k} meant?")),
                None => self.note(name, format!("is not known here; known are {}", self.known.join(", "))),
            }
        }
    }
}

fn amount_problem(error: AmountError, currency: Currency) -> String {
    match error {
        AmountError::NotPositive => "must be more than 0".to_owned(),
        AmountError::TooManyDecimals => {
            format!("has more decimals than {currency} has ({})", currency.exponent())
        }
        AmountError::TooLarge => "is too large".to_owned(),
        AmountError::Empty | AmountError::NotANumber | AmountError::DecimalComma => {
            "must be an amount, such as 25 or \"2.50\"".to_owned()
        }
    }
}

/// How many letters must change to make one word of the other (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let step = corner + usize::from(x != *y);
            corner = row[j + 1];
            row[j + 1] = step.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}
