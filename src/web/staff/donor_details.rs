//! `/staff/donors/{id}/details` and `/history`: who they are, what they declared and chose, who did what about them.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use serde_json::Value;

use super::declarations;
use super::donor::{Done, frame, load};
use super::guard::Staff;
use super::look::{Look, column, standing_words};
use super::show;
use crate::domain::audit::ACTOR_DONOR;
use crate::domain::donor::Address;
use crate::domain::gift_aid::declaration::Declaration;
use crate::domain::role::Right;
use crate::domain::states::DonorKind;
use crate::services::ServiceError;
use crate::store::StoreError;
use crate::store::declarations::of_owner;
use crate::store::office_donor::{self, AuditRow, ConsentRow, DonorRecord};
use crate::store::profile::{self, HeldAddress};
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::pages::{Cell, DataTable, Empty, Fact, Facts, Pager, Section, TableSection};
use crate::web::router::{Policy, Route};

const LOOKING: Policy = Policy::Staff(Right::FindDonors);

/// The routes of a donor's details and history.
pub const ROUTES: &[Route] = &[
    Route { path: "/staff/donors/{id}/details", policy: LOOKING, methods: || get(details) },
    Route { path: "/staff/donors/{id}/history", policy: LOOKING, methods: || get(history) },
];

/// Lines of the chain on a page.
const LINES: i64 = 50;

/// Shown instead of what a reader may not see.
const HIDDEN: &str = "Only seen by staff who care for donors";

/// What the page is made of.
struct Parts {
    addresses: Vec<HeldAddress>,
    declarations: Vec<Declaration>,
    consents: Vec<ConsentRow>,
}

async fn parts(state: &AppState, donor: &DonorRecord) -> Result<Parts, StoreError> {
    let mut read = state.deps.store.read().await?;
    Ok(Parts {
        addresses: profile::addresses(&mut read, &donor.id).await?,
        declarations: of_owner(&mut read, &donor.id).await?,
        consents: office_donor::consents(&mut read, &donor.id).await?,
    })
}

/// Shows who a donor is.
///
/// # Errors
/// 404 when there is no such donor.
pub async fn details(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, AppError> {
    let donor = match load(&state, &staff, &id, "/details").await? {
        Ok(donor) => donor,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let look = Look { state: &state, staff: &staff };
    let parts = parts(&state, &donor).await.map_err(ServiceError::from)?;
    let mut page = frame(look, &donor, "/details", &done);
    page.sections = vec![
        Section::Facts(who(look, &donor)),
        Section::Table(addresses(look, &parts.addresses)),
        Section::Table(declarations::table(look, &donor, &parts.declarations, true)),
        Section::Table(consents(look, &parts.consents)),
    ];
    show(&page)
}

fn who(look: Look<'_>, donor: &DonorRecord) -> Facts {
    let or_none = |text: String| if text.is_empty() { "None".to_owned() } else { text };
    let mut rows = vec![
        Fact::new("First name", or_none(donor.given_name.clone())),
        Fact::new("Last name", or_none(donor.family_name.clone())),
    ];
    if donor.kind == DonorKind::Organisation {
        rows.insert(0, Fact::new("Organisation", or_none(donor.organisation.clone().unwrap_or_default())));
    }
    let telephone = donor.telephone.clone().unwrap_or_default();
    let telephone =
        if look.sees_contact() || telephone.is_empty() { or_none(telephone) } else { HIDDEN.to_owned() };
    let standing = Fact::new("Standing", standing_words(donor.standing));
    rows.extend([
        Fact::new("E-mail", or_none(look.email(&donor.email))),
        Fact::new("Telephone", telephone),
        Fact::new("Language", donor.locale.as_str()),
        match donor.account_since {
            Some(at) => standing.noted(format!("Since {}", look.day_of(at))),
            None => standing,
        },
        Fact::new("Id", donor.id.as_str()),
    ]);
    if let (Some(at), why) = (donor.paused_at, donor.pause_why.as_deref()) {
        rows.push(Fact::new("Mail rests since", look.moment(at)).noted(why.unwrap_or_default()));
    }
    Facts { heading: "Who they are".to_owned(), rows, ..Facts::default() }
}

/// An address as this reader may see it.
fn place(look: Look<'_>, address: &Address) -> String {
    if look.sees_contact() { address.lines().join(", ") } else { HIDDEN.to_owned() }
}

fn empty(title: &str, text: &str) -> Option<Empty> {
    Some(Empty { title: title.to_owned(), text: text.to_owned(), action: None })
}

fn table(heading: &str, columns: &[&str], rows: Vec<Vec<Cell>>, empty: Option<Empty>) -> TableSection {
    TableSection {
        heading: heading.to_owned(),
        table: DataTable {
            caption: heading.to_owned(),
            quiet_caption: true,
            columns: columns.iter().map(|c| column(c)).collect(),
            rows,
            ..DataTable::default()
        },
        empty,
        ..TableSection::default()
    }
}

fn addresses(look: Look<'_>, held: &[HeldAddress]) -> TableSection {
    let rows = held.iter().map(|a| {
        vec![
            Cell::new(place(look, &a.address)),
            Cell::new(look.day_of(a.valid_from)),
            Cell::new(a.valid_to.map_or_else(|| "Now".to_owned(), |at| look.day_of(at))),
        ]
    });
    let none = empty("No address is kept", "What was typed with a gift stands on its receipt.");
    table("Addresses", &["Address", "From", "Until"], rows.collect(), none)
}

fn consents(look: Look<'_>, said: &[ConsentRow]) -> TableSection {
    let rows = said.iter().map(|c| {
        let what = match c.purpose.as_str() {
            "stories" => "Stories",
            "events" => "Events",
            "help" => "Other ways to help",
            other => other,
        };
        let word = if c.basis == "consent" { "Yes" } else { "No longer" };
        vec![
            Cell::new(what),
            Cell::new(word),
            Cell { note: format!("Words {}", c.wording_version), ..Cell::new(c.source.as_str()) },
            Cell::new(look.entity(&c.entity_id)),
            Cell::new(look.moment(c.made_at)),
        ]
    });
    let none = empty("Nothing was said about e-mail", "Then nothing is sent but what a gift needs.");
    table("What we may write about", &["About", "Answer", "Where", "To", "When"], rows.collect(), none)
}

/// From which line of the chain on.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Before {
    before: Option<i64>,
}

/// Shows who did what about a donor, their gifts and their monthly gifts.
///
/// # Errors
/// 404 when there is no such donor.
pub async fn history(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
    Query(done): Query<Done>,
    Query(before): Query<Before>,
) -> Result<Response, AppError> {
    let donor = match load(&state, &staff, &id, "/history").await? {
        Ok(donor) => donor,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let look = Look { state: &state, staff: &staff };
    let before = before.before.unwrap_or(i64::MAX);
    let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
    let mut lines =
        office_donor::history(&mut read, &donor.id, before, LINES + 1).await.map_err(ServiceError::from)?;
    drop(read);
    let more = i64::try_from(lines.len()).is_ok_and(|n| n > LINES);
    lines.truncate(usize::try_from(LINES).unwrap_or(usize::MAX));
    let mut page = frame(look, &donor, "/history", &done);
    let here = format!("/staff/donors/{}/history", donor.id);
    page.pager = lines.last().filter(|_| more || before < i64::MAX).map(|last| Pager {
        shown: format!("{} lines", lines.len()),
        older: if more { format!("{here}?before={}", last.seq) } else { String::new() },
        newest: if before < i64::MAX { here.clone() } else { String::new() },
        ..Pager::default()
    });
    let rows = lines.iter().map(|l| line(look, l)).collect();
    let none = empty("Nothing was written down", "Every act and every look stands here.");
    let mut section = table("", &["When", "Who", "What", "About", "More"], rows, none);
    section.table.caption = "What was done".to_owned();
    page.sections = vec![Section::Table(section)];
    show(&page)
}

fn line(look: Look<'_>, l: &AuditRow) -> Vec<Cell> {
    let who = match (&l.staff_name, l.actor.as_str()) {
        (Some(name), _) => name.as_str(),
        (None, ACTOR_DONOR) => "The donor",
        (None, other) => other,
    };
    let about = match l.subject.as_str() {
        id if id.starts_with("gift_") => Cell::link("A gift", format!("/staff/gifts/{id}")),
        id if id.starts_with("plg_") => Cell::new("A monthly gift"),
        _ => Cell::new("The donor"),
    };
    let detail: Value = serde_json::from_str(&l.detail).unwrap_or(Value::Null);
    vec![
        Cell::new(look.moment(l.at)),
        Cell::new(who),
        Cell::new(action_words(&l.action)),
        about,
        Cell { note: l.seq.to_string(), ..Cell::new(in_words(&detail)) },
    ]
}

/// `donor.mail_paused` as `Donor: mail paused`.
fn action_words(action: &str) -> String {
    let (of, what) = action.split_once('.').unwrap_or(("", action));
    let what = what.replace('_', " ");
    let mut chars = of.chars();
    match chars.next() {
        Some(first) => format!("{}{}: {what}", first.to_uppercase(), chars.as_str()),
        None => what,
    }
}

/// `why: …; page: details`: the facts of a line, without what only an auditor needs.
fn in_words(detail: &Value) -> String {
    let Some(object) = detail.as_object() else { return String::new() };
    let mut parts = Vec::new();
    for (name, value) in object.iter().filter(|(name, _)| *name != "from") {
        match value {
            Value::Object(inner) => {
                let inner: Vec<String> = inner.iter().map(|(k, v)| format!("{k} {}", plain(v))).collect();
                parts.push(format!("{name}: {}", inner.join(", ")));
            }
            other => parts.push(format!("{name}: {}", plain(other))),
        }
    }
    parts.join("; ")
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
