//! `/staff/audit`: who did and saw what, newest first.

use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use jiff::ToSpan;
use serde::Deserialize;
use serde_json::Value;

use super::door::problems;
use super::guard::Staff;
use super::view::{moment, zone};
use super::{another_look, blank, show};
use crate::clock::Ts;
use crate::domain::role::Right;
use crate::services::ServiceError;
use crate::store::audit_search::{self, AuditFilter, AuditLine};
use crate::store::staff::{self, StaffMember};
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::forms::{self, Mistakes, field};
use crate::web::pages::{
    Cell, Choice, Column, DataTable, Empty, FieldKind, FormField, Pager, Section, StaffForm, TableSection,
};
use crate::web::router::{Policy, Route};

const HERE: &str = "/staff/audit";
const PAGE: i64 = 50;
/// Longest id or name of an act.
const WORD_AT_MOST: usize = 60;

/// The routes of the audit.
pub const ROUTES: &[Route] =
    &[Route { path: HERE, policy: Policy::Staff(Right::SeeAudit), methods: || get(lines) }];

/// The address of a page of lines.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    who: String,
    what: String,
    about: String,
    from: String,
    to: String,
    before: String,
    after: String,
}

impl Wanted {
    fn href(&self, name: &str, seq: i64) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let parts = [
            ("who", &self.who),
            ("what", &self.what),
            ("about", &self.about),
            ("from", &self.from),
            ("to", &self.to),
        ];
        for (name, value) in parts.iter().filter(|(_, v)| !v.is_empty()) {
            query.append_pair(name, value);
        }
        query.append_pair(name, &seq.to_string());
        format!("{HERE}?{}", query.finish())
    }

    fn filter(&self, state: &AppState, wrong: &mut Mistakes) -> AuditFilter {
        let mut word = |name: &'static str, typed: &str| {
            let text = forms::line(wrong, name, typed, WORD_AT_MOST, None);
            (!text.is_empty()).then_some(text)
        };
        let (actor, action, subject) =
            (word("who", &self.who), word("what", &self.what), word("about", &self.about));
        let midnight = |date: jiff::civil::Date| {
            let start = date.to_zoned(zone(state)).ok();
            start.map(|z| Ts::from_micros(z.timestamp().as_microsecond()))
        };
        let from = forms::day(wrong, "from", &self.from).and_then(midnight);
        let to =
            forms::day(wrong, "to", &self.to).and_then(|d| d.checked_add(1.day()).ok()).and_then(midnight);
        let seq = |text: &str| text.parse::<i64>().ok().filter(|n| *n > 0);
        AuditFilter {
            actor,
            action,
            subject,
            from,
            until: to,
            before: seq(&self.before),
            after: seq(&self.after),
        }
    }
}

/// Shows a page of lines.
///
/// # Errors
/// When the database refuses.
pub async fn lines(
    State(state): State<AppState>,
    staff: Staff,
    Query(wanted): Query<Wanted>,
) -> Result<Response, AppError> {
    let mut wrong = Mistakes::new();
    let filter = wanted.filter(&state, &mut wrong);
    let facts = async {
        let mut read = state.deps.store.read().await?;
        let everybody = staff::everybody(&mut read).await?;
        let length = audit_search::length(&mut read).await?;
        let lines = match wrong.is_empty() {
            true => audit_search::lines(&mut read, &filter, PAGE + 1).await?,
            false => Vec::new(),
        };
        Ok::<_, crate::store::StoreError>((everybody, length, lines))
    };
    let (everybody, length, mut found) = facts.await.map_err(ServiceError::from)?;
    let more = i64::try_from(found.len()).unwrap_or(0) > PAGE;
    found.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let upwards = filter.after.is_some();
    if upwards {
        found.reverse();
    }
    let mut shown = blank(&state, &staff, "Audit", HERE);
    shown.problems = problems(&wrong);
    shown.lead = format!(
        "{length} lines. Each one's hash covers all before it, the database refuses to alter them, and `almoner verify` \
         checks the chain."
    );
    shown.sections = vec![Section::Form(Box::new(form(&wanted, &everybody, &wrong))), table(&state, &found)];
    shown.pager = pager(&wanted, &filter, &found, more, upwards);
    if wrong.is_empty() { show(&shown) } else { another_look(&shown) }
}

fn pager(
    wanted: &Wanted,
    filter: &AuditFilter,
    found: &[AuditLine],
    more: bool,
    upwards: bool,
) -> Option<Pager> {
    let (first, last) = (found.first()?, found.last()?);
    let newer = if upwards { more } else { filter.before.is_some() };
    let older = if upwards { true } else { more };
    Some(Pager {
        shown: format!("Lines {} to {}", first.seq, last.seq),
        newer: if newer { wanted.href("after", first.seq) } else { String::new() },
        older: if older { wanted.href("before", last.seq) } else { String::new() },
        ..Pager::default()
    })
}

fn form(wanted: &Wanted, everybody: &[StaffMember], wrong: &Mistakes) -> StaffForm {
    let choice = |value: &str, label: &str| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        selected: wanted.who == value,
    };
    let mut who = vec![choice("", "Anybody")];
    who.extend(everybody.iter().map(|m| choice(m.id.as_str(), &m.name)));
    who.extend(
        [("donor", "Donors"), ("stripe", "Stripe"), ("command", "The command line")]
            .map(|(v, l)| choice(v, l)),
    );
    let text = |name: &'static str, label: &str, typed: &str, hint: &str| {
        FormField::new(name, label, FieldKind::Text, field(wrong, name, typed)).hinted(hint).optional()
    };
    let day = |name: &'static str, label: &str, typed: &str| {
        FormField::new(name, label, FieldKind::Day, field(wrong, name, typed)).optional()
    };
    StaffForm {
        action: HERE.to_owned(),
        asks: true,
        fields: vec![
            FormField::new("who", "Who", FieldKind::Select(who), field(wrong, "who", &wanted.who)),
            text("what", "What", &wanted.what, "“donor.read”, or “refund.” for all that begins so"),
            text("about", "About", &wanted.about, "The id of a donor, gift or colleague"),
            day("from", "From", &wanted.from),
            day("to", "To", &wanted.to),
        ],
        button: "Show".to_owned(),
        look: "quiet",
        ..StaffForm::default()
    }
}

fn table(state: &AppState, found: &[AuditLine]) -> Section {
    let row = |line: &AuditLine| {
        let who = line.name.clone().unwrap_or_else(|| line.actor.clone());
        vec![
            Cell { note: moment(state, line.at), ..Cell::new(line.seq.to_string()) },
            Cell::link(who, format!("{HERE}?who={}", line.actor)),
            Cell::new(line.action.clone()),
            Cell::link(line.subject.clone(), about(&line.subject)),
            Cell {
                note: format!("Hash {}…", &line.hash[..line.hash.len().min(12)]),
                ..Cell::new(in_words(&line.detail))
            },
        ]
    };
    let columns = ["Line", "Who", "What", "About", "Details"];
    Section::Table(TableSection {
        table: DataTable {
            caption: "Audit lines".to_owned(),
            quiet_caption: true,
            columns: columns.iter().map(|l| Column { label: (*l).to_owned(), ..Column::default() }).collect(),
            rows: found.iter().map(row).collect(),
            totals: Vec::new(),
        },
        empty: Some(Empty {
            title: "No line fits".to_owned(),
            text: "Take something out of the filter.".to_owned(),
            action: None,
        }),
        ..TableSection::default()
    })
}

/// Where what a line is about can be seen; else all lines about it.
fn about(subject: &str) -> String {
    match subject.split_once('_').map(|(prefix, _)| prefix) {
        Some("dnr") => format!("/staff/donors/{subject}"),
        Some("gift") => format!("/staff/gifts/{subject}"),
        _ => {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.append_pair("about", subject);
            format!("{HERE}?{}", query.finish())
        }
    }
}

/// `before: …; after: …; why: …`: the JSON of a line, to be read.
pub fn in_words(detail: &str) -> String {
    let Ok(Value::Object(parts)) = serde_json::from_str::<Value>(detail) else { return detail.to_owned() };
    let plain = |v: &Value| match v {
        Value::String(text) => text.clone(),
        Value::Object(inner) => {
            let each = inner.iter().filter(|(_, v)| !v.is_null());
            each.map(|(k, v)| format!("{k} {}", v.to_string().trim_matches('"')))
                .collect::<Vec<_>>()
                .join(", ")
        }
        other => other.to_string(),
    };
    parts.iter().map(|(k, v)| format!("{k}: {}", plain(v))).collect::<Vec<_>>().join("; ")
}
