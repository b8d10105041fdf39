//! The copy of everything that is held about a donor: for a machine as JSON, for a reader as one page, and the statements
//! that were issued (PR-10).

use askama::Template;
use serde_json::{Map, Value, json};

use crate::documents::archive;
use crate::domain::dates;
use crate::domain::ids::{AuditId, DonorId};
use crate::services::{Deps, Result, ServiceError, papers, statements};
use crate::store::audit::Note;
use crate::store::personal::{self, Held};
use crate::store::statements::heads;

/// What is not in a copy that a donor takes for themselves: it may speak of others, so somebody reads it first.
const READ_FIRST: [&str; 1] = ["donor_note"];

/// The page for a reader.
#[derive(Template)]
#[template(path = "documents/personal_data.html")]
struct Page<'a> {
    charity: &'a str,
    locale: &'a str,
    made_on: String,
    parts: Vec<Part>,
}

/// One table of it.
struct Part {
    heading: &'static str,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// `received_on` as `received on`.
fn in_words(column: &str) -> String {
    column.replace('_', " ")
}

fn part(held: &Held) -> Part {
    // A column without a single value is noise to a reader; the machine's copy has it.
    let told: Vec<usize> = (0..held.columns.len())
        .filter(|at| held.rows.iter().any(|row| row[*at].as_deref().is_some_and(|v| !v.is_empty())))
        .collect();
    Part {
        heading: held.holding.what,
        columns: told.iter().map(|at| in_words(&held.columns[*at])).collect(),
        rows: held
            .rows
            .iter()
            .map(|row| told.iter().map(|at| row[*at].clone().unwrap_or_default()).collect())
            .collect(),
    }
}

/// For a machine: each table with its rows. What is itself JSON stands as such.
fn machine(all: &[Held]) -> Result<Vec<u8>> {
    let mut tables = Map::new();
    for held in all {
        let rows = held.rows.iter().map(|row| {
            let cells = held.columns.iter().zip(row).map(|(column, value)| {
                let value = match value {
                    None => Value::Null,
                    Some(text) if text.starts_with('{') => {
                        serde_json::from_str(text).unwrap_or_else(|_| Value::from(text.as_str()))
                    }
                    Some(text) => Value::from(text.as_str()),
                };
                (column.clone(), value)
            });
            Value::Object(cells.collect())
        });
        let what = json!({ "what": held.holding.what, "rows": rows.collect::<Vec<_>>() });
        tables.insert(held.holding.table.to_owned(), what);
    }
    serde_json::to_vec_pretty(&Value::Object(tables))
        .map_err(|e| ServiceError::Unexpected(format!("a donor's copy: {e}")))
}

/// Writes down that a copy was taken: by the donor, or by a member of staff for them.
///
/// # Errors
/// When the database refuses.
pub async fn note_taken(deps: &Deps, actor: &str, owner: &DonorId, bytes: usize) -> Result<()> {
    let at = deps.clock.now();
    let mut tx = deps.store.write().await?;
    tx.note(Note {
        id: AuditId::new(at, &deps.random),
        at,
        actor: actor.to_owned(),
        action: "donor.copy_taken",
        subject: owner.to_string(),
        detail: json!({ "bytes": bytes }).to_string(),
    });
    Ok(tx.commit().await?)
}

/// Everything that is held about a donor, in one archive. `by_staff`: with the notes of the office, which are read before
/// they are handed out. Blocking work is done on threads of its own.
///
/// # Errors
/// When the database refuses, or a document cannot be printed.
pub async fn of_donor(deps: &Deps, owner: &DonorId, by_staff: bool) -> Result<Vec<u8>> {
    let (mut all, issued) = {
        let mut read = deps.store.snapshot().await?;
        (personal::of_donor(&mut read, owner).await?, heads(&mut read, owner).await?)
    };
    if !by_staff {
        all.retain(|h| !READ_FIRST.contains(&h.holding.table));
    }
    let locale = &deps.config.charity.brand.locale;
    let zone = deps.config.charity.entities.first().map(|e| e.time_zone.clone());
    let today = deps.clock.now().date_in(&zone.unwrap_or(jiff::tz::TimeZone::UTC));
    let page = Page {
        charity: &deps.config.charity.brand.name,
        locale,
        made_on: dates::long(today, locale),
        parts: all.iter().map(part).collect(),
    };
    let mut files = vec![
        ("what-is-held-about-you.html".to_owned(), page.render()?.into_bytes()),
        ("what-is-held-about-you.json".to_owned(), machine(&all)?),
    ];
    for head in issued {
        let Some(stored) = statements::stored(deps, owner, &head.id).await? else { continue };
        let standing = statements::standing(&stored);
        let bytes = papers::statement_pdf(deps, &stored.content, &stored.sha256, standing).await?;
        files.push((format!("statements/{}.pdf", stored.number), bytes));
    }
    archive::zip(&files).map_err(|e| ServiceError::Unexpected(e.to_string()))
}
