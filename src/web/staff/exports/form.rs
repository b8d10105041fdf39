//! The form that asks for an export.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::Deserialize;

use super::HERE;
use crate::domain::export::ExportFilter;
use crate::domain::money::Currency;
use crate::domain::states::{ExportFormat, ExportKind};
use crate::services::exports::Wish;
use crate::web::AppState;
use crate::web::forms::{self, Mistakes, field};
use crate::web::pages::{Choice, FieldKind, FormField, Hidden, StaffForm};

const WHY_AT_MOST: usize = 300;

/// What can be taken out, and how it is called.
const KINDS: [(ExportKind, &str); 9] = [
    (ExportKind::Gifts, "Gifts"),
    (ExportKind::Donors, "Donors"),
    (ExportKind::Plans, "Plans: monthly, quarterly and yearly gifts"),
    (ExportKind::Refunds, "Refunds and disputes"),
    (ExportKind::Receipts, "The register of receipts, with the replaced ones"),
    (ExportKind::Statements, "Annual statements, a row for each currency"),
    (ExportKind::Declarations, "Gift Aid declarations"),
    (ExportKind::Consents, "Choices about e-mail"),
    (ExportKind::Npsp, "Gifts for Salesforce: the NPSP Data Import object"),
];

const FORMATS: [(ExportFormat, &str); 4] = [
    (ExportFormat::Csv, "CSV, for programs and for any number of rows"),
    (ExportFormat::Xlsx, "XLSX, for Excel and its like"),
    (ExportFormat::Zip, "ZIP of PDFs, for annual statements alone"),
    (ExportFormat::Pdf, "One PDF to print, for annual statements alone"),
];

/// The states that rows can be narrowed to: of which kind, as held, in words.
const STATES: [(ExportKind, &str, &str); 21] = [
    (ExportKind::Plans, "pending", "Plans: begun, first charge not confirmed"),
    (ExportKind::Plans, "active", "Plans: active"),
    (ExportKind::Plans, "retrying", "Plans: a charge failed"),
    (ExportKind::Plans, "paused", "Plans: paused"),
    (ExportKind::Plans, "ending", "Plans: ending"),
    (ExportKind::Plans, "ended", "Plans: ended"),
    (ExportKind::Refunds, "pending", "Refunds: under way"),
    (ExportKind::Refunds, "succeeded", "Refunds: done"),
    (ExportKind::Refunds, "failed", "Refunds: failed"),
    (ExportKind::Refunds, "canceled", "Refunds: called off"),
    (ExportKind::Refunds, "open", "Disputes: open"),
    (ExportKind::Refunds, "won", "Disputes: won"),
    (ExportKind::Refunds, "lost", "Disputes: lost"),
    (ExportKind::Receipts, "current", "Receipts: those that count"),
    (ExportKind::Receipts, "replaced", "Receipts: replaced ones"),
    (ExportKind::Statements, "current", "Statements: those that count"),
    (ExportKind::Statements, "superseded", "Statements: superseded ones"),
    (ExportKind::Declarations, "in_force", "Declarations: in force"),
    (ExportKind::Declarations, "ended", "Declarations: ended"),
    (ExportKind::Consents, "holds", "Choices about e-mail: those that hold"),
    (ExportKind::Consents, "replaced", "Choices about e-mail: replaced ones"),
];

/// The form as sent, or as an address fills it in.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    kind: String,
    format: String,
    entity: String,
    fund: String,
    currency: String,
    state: String,
    tax_year: String,
    from: String,
    to: String,
    why: String,
    /// The form's mark.
    pub token: String,
}

impl Raw {
    /// The address that fills the form in like this.
    pub fn address(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("kind", &self.kind),
            ("format", &self.format),
            ("entity", &self.entity),
            ("fund", &self.fund),
            ("currency", &self.currency),
            ("state", &self.state),
            ("tax_year", &self.tax_year),
            ("from", &self.from),
            ("to", &self.to),
            ("why", &self.why),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        if query.is_empty() { HERE.to_owned() } else { format!("{HERE}?{query}") }
    }

    /// What is wished for, when nothing is wrong.
    pub fn wish(&self, state: &AppState, wrong: &mut Mistakes) -> Option<Wish> {
        let charity = &state.deps.config.charity;
        let kind = self.kind.parse::<ExportKind>().ok();
        if kind.is_none() {
            wrong.insert("kind", "Choose what to take out".to_owned());
        }
        let format = self.format.parse::<ExportFormat>().ok();
        if format.is_none() {
            wrong.insert("format", "Choose CSV or XLSX".to_owned());
        }
        let mut known = |field, typed: &str, is_known: bool, words: &str| {
            if !typed.is_empty() && !is_known {
                wrong.insert(field, words.to_owned());
            }
            (!typed.is_empty()).then(|| typed.to_owned())
        };
        let entity = known(
            "entity",
            &self.entity,
            charity.entity(&self.entity).is_some(),
            "Choose an entity of the list",
        );
        let fund = known("fund", &self.fund, charity.fund(&self.fund).is_some(), "Choose a fund of the list");
        let currency = self.currency.parse::<Currency>().ok();
        known("currency", &self.currency, currency.is_some(), "Choose a currency of the list");
        let from = day(wrong, "from", &self.from);
        let to = day(wrong, "to", &self.to);
        if let (Some(first), Some(last)) = (from, to)
            && last < first
        {
            wrong.insert("to", "The last day is before the first: choose a later one".to_owned());
        }
        let narrowed = self.state(kind, wrong);
        let tax_year = self.tax_year(kind, wrong);
        if let (Some(kind), Some(format)) = (kind, format)
            && !format.suits(kind)
        {
            wrong.insert("format", "Only annual statements are documents: choose CSV or XLSX".to_owned());
        }
        let why = forms::line(wrong, "why", &self.why, WHY_AT_MOST, Some("Say what the export is for"));
        let (Some(kind), Some(format), true) = (kind, format, wrong.is_empty()) else { return None };
        let filter =
            ExportFilter { entity, fund, currency, state: narrowed, tax_year, from, to, until: Vec::new() };
        Some(Wish { kind, format, filter, why })
    }

    fn tax_year(&self, kind: Option<ExportKind>, wrong: &mut Mistakes) -> Option<String> {
        let typed = self.tax_year.trim();
        if typed.is_empty() {
            return None;
        }
        if kind.is_some_and(|k| k != ExportKind::Statements) {
            wrong.insert("tax_year", "Only annual statements have a tax year: leave it empty".to_owned());
        }
        let year = |digits: &str| digits.len() >= 2 && digits.bytes().all(|b| b.is_ascii_digit());
        let fits = match typed.split_once('-') {
            None => typed.len() == 4 && year(typed),
            Some((from, to)) => from.len() == 4 && year(from) && to.len() == 2 && year(to),
        };
        if !fits {
            wrong.insert(
                "tax_year",
                "Enter the year like 2025-26, or 2025 where years are the calendar’s".to_owned(),
            );
        }
        fits.then(|| typed.to_owned())
    }

    fn state(&self, kind: Option<ExportKind>, wrong: &mut Mistakes) -> Option<String> {
        if self.state.is_empty() {
            return None;
        }
        let chosen = STATES.iter().find(|(of, state, _)| value(*of, state) == self.state);
        match chosen {
            Some((of, state, _)) if kind.is_none_or(|k| k == *of) => Some((*state).to_owned()),
            Some(_) => {
                wrong.insert("state", "This state belongs to something else: choose any state".to_owned());
                None
            }
            None => {
                wrong.insert("state", "Choose a state of the list".to_owned());
                None
            }
        }
    }
}

fn value(kind: ExportKind, state: &str) -> String {
    format!("{}:{state}", kind.as_str())
}

fn day(wrong: &mut Mistakes, name: &'static str, typed: &str) -> Option<Date> {
    let typed = typed.trim();
    if typed.is_empty() {
        return None;
    }
    let day = typed.parse::<Date>().ok().filter(|d| (1900..=9998).contains(&d.year()));
    if day.is_none() {
        wrong.insert(name, "Enter the day as year, month and day, like 2026-04-05".to_owned());
    }
    day
}

fn choices<'a>(any: &str, all: impl Iterator<Item = (String, &'a str)>, chosen: &str) -> Vec<Choice> {
    let mut list = vec![Choice { value: String::new(), label: any.to_owned(), selected: chosen.is_empty() }];
    list.extend(all.map(|(value, label)| Choice {
        selected: value == chosen,
        label: label.to_owned(),
        value,
    }));
    list
}

/// The form, with what was typed and what is wrong with it.
pub fn form(state: &AppState, raw: &Raw, wrong: &Mistakes) -> StaffForm {
    let charity = &state.deps.config.charity;
    let radio = |value: &str, label: &str, chosen: &str| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        selected: value == chosen,
    };
    let kinds = KINDS.iter().map(|(k, label)| radio(k.as_str(), label, &raw.kind)).collect();
    let formats = FORMATS.iter().map(|(f, label)| radio(f.as_str(), label, &raw.format)).collect();
    let entities = charity.entities.iter().map(|e| (e.id.clone(), e.legal_name.as_str()));
    let funds = charity.funds.iter().map(|f| (f.id.clone(), f.name.as_str()));
    let codes: BTreeSet<&str> =
        charity.entities.iter().flat_map(|e| &e.currencies).map(|c| c.code()).collect();
    let codes = codes.into_iter().map(|code| (code.to_owned(), code));
    let states = STATES.iter().map(|(kind, state, label)| (value(*kind, state), *label));
    let select = |name: &'static str, label: &str, list: Vec<Choice>, typed: &str| {
        FormField::new(name, label, FieldKind::Select(list), field(wrong, name, typed))
    };
    let fields = vec![
        FormField::new("kind", "What", FieldKind::Radios(kinds), field(wrong, "kind", &raw.kind)),
        FormField::new("format", "As", FieldKind::Radios(formats), field(wrong, "format", &raw.format)),
        select("entity", "Given to", choices("Every entity", entities, &raw.entity), &raw.entity),
        select("fund", "Given for", choices("Every fund", funds, &raw.fund), &raw.fund),
        select("currency", "In", choices("Every currency", codes, &raw.currency), &raw.currency),
        select("state", "State", choices("Any state", states, &raw.state), &raw.state),
        FormField::new("tax_year", "Tax year", FieldKind::Text, field(wrong, "tax_year", &raw.tax_year))
            .hinted("Of annual statements: 2025-26, or 2025 where years are the calendar’s")
            .optional(),
        FormField::new("from", "From", FieldKind::Day, field(wrong, "from", &raw.from))
            .hinted("The day a gift was received, a plan began, a refund was made, a receipt or statement was issued, something was declared or chosen")
            .optional(),
        FormField::new("to", "To", FieldKind::Day, field(wrong, "to", &raw.to))
            .hinted("This day is included")
            .optional(),
        FormField::new("why", "What is it for?", FieldKind::Text, field(wrong, "why", &raw.why))
            .hinted("Kept for good beside the export"),
    ];
    let now = state.deps.clock.now();
    StaffForm {
        heading: "Take data out".to_owned(),
        lead: "A filter on donors means those who gave so.".to_owned(),
        action: HERE.to_owned(),
        fields,
        hidden: vec![Hidden::new("token", state.form_key.issue(now, &state.deps.random))],
        button: "Export".to_owned(),
        ..StaffForm::default()
    }
}
