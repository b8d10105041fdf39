//! Freezing a statement: the first version, and later ones that say what has changed.

use super::{bounds, changes, compose};
use crate::clock::Ts;
use crate::domain::ids::{DonorId, StatementId, StatementRunId};
use crate::domain::jurisdiction::OfficialDocuments;
use crate::domain::receipt;
use crate::domain::statement::{Replaced, StatementContent};
use crate::services::compose::{self as words, statement_letters};
use crate::services::mailing::{self, Envelope};
use crate::services::{Deps, Result};
use crate::store::statements::{self, NewStatement, Stored};
use crate::store::{WriteTx, donors, outbox, receipts};

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Issued {
    /// A statement was issued.
    New(StatementId),
    /// What was issued before is still true.
    Unchanged(StatementId),
    /// Nothing was given in that year.
    Nothing,
    /// Nothing may be issued, and why, for staff.
    Blocked(String),
}

/// Issues the statement of a donor's year if none was issued yet or its figures have changed, and queues its mail. Two at
/// once: one of them is refused by the database and tries again.
///
/// # Errors
/// When the database refuses.
pub async fn issue(
    deps: &Deps,
    tx: &mut WriteTx,
    owner: &DonorId,
    entity_id: &str,
    year: &str,
    run: Option<&StatementRunId>,
    now: Ts,
) -> Result<Issued> {
    let entity = words::entity(deps, entity_id)?;
    let Some((from, to, over)) = bounds(entity, year, now) else {
        return Ok(Issued::Blocked(format!("{year} is no tax year of this entity")));
    };
    if !over {
        return Ok(Issued::Blocked(format!("The tax year {year} has not ended")));
    }
    let mut content = compose::compose(deps, tx, owner, entity, year, now).await?;
    let old = statements::latest(tx, owner, entity_id, year).await?;
    match &old {
        None if content.is_empty() => return Ok(Issued::Nothing),
        Some(old) if old.content.same_figures(&content) => return Ok(Issued::Unchanged(old.id.clone())),
        None | Some(_) => {}
    }
    if content.wording.is_empty() {
        return Ok(Issued::Blocked("The charity file has no words for statements on this day".to_owned()));
    }
    let first_year = i64::from(from.year());
    // A number stays with the record it was given to, so that one donor made two again never has it twice.
    let own = old.as_ref().filter(|o| o.donor_id == *owner);
    number(tx, &entity.receipt_prefix, &mut content, own, first_year).await?;
    content.version = old.as_ref().map_or(1, |o| o.version + 1);
    if let Some(old) = &old {
        content.replaces = Some(Replaced {
            number: old.number.clone(),
            version: old.version,
            issued_on: old.content.issued_on.clone(),
            changes: changes::between(&old.content, &content),
        });
    }
    let today = now.date_in(&entity.time_zone);
    let is_official = entity.tax.documents == OfficialDocuments::Annual;
    if is_official && let Some(blocked) = compose::apply_terms(entity, &mut content, (from, to), today) {
        // Nothing wrong is issued, and no official number is spent on it: the office puts it right first.
        return Ok(Issued::Blocked(blocked.in_words()));
    }
    if is_official {
        official_number(tx, entity_id, &entity.receipt_prefix, &mut content, first_year).await?;
    }
    compose::apply_terms(entity, &mut content, (from, to), today);
    let id = StatementId::new(now, &deps.random);
    statements::insert(tx, &NewStatement { id: &id, owner, content: &content, run, at: now }).await?;
    send(deps, tx, owner, &id, &content, now).await?;
    Ok(Issued::New(id))
}

/// `LFT-S-2025-26-000042`; later versions keep it and say which they are.
async fn number(
    tx: &mut WriteTx,
    prefix: &str,
    content: &mut StatementContent,
    old: Option<&Stored>,
    first_year: i64,
) -> Result<()> {
    content.version = old.map_or(1, |o| o.version + 1);
    content.number = match old {
        Some(old) => {
            let first = old.number.split(" v").next().unwrap_or(&old.number);
            format!("{first} v{}", content.version)
        }
        None => {
            let serial =
                receipts::next_serial(tx, &format!("{}/statement", content.entity.id), first_year).await?;
            format!("{prefix}-S-{}-{serial:06}", content.tax_year)
        }
    };
    Ok(())
}

/// The official document of a year has a serial number of its own, never used again (CA-1, CA-7).
async fn official_number(
    tx: &mut WriteTx,
    entity: &str,
    prefix: &str,
    content: &mut StatementContent,
    year: i64,
) -> Result<()> {
    let serial = receipts::next_serial(tx, &format!("{entity}/annual"), year).await?;
    let version = content.version;
    content.number = format!("{}A", receipt::number(prefix, year, serial));
    if version > 1 {
        content.number = format!("{} v{version}", content.number);
    }
    Ok(())
}

async fn send(
    deps: &Deps,
    tx: &mut WriteTx,
    owner: &DonorId,
    id: &StatementId,
    content: &StatementContent,
    now: Ts,
) -> Result<()> {
    let mailbox = donors::mailbox_of(tx, owner).await?.unwrap_or_default();
    if mailbox.is_empty() {
        return Ok(());
    }
    let envelope = Envelope {
        dedupe_key: format!("statement:{id}"),
        recipient: &mailbox,
        donor_id: Some(owner),
        gift_id: None,
        proof_id: None,
    };
    let key = envelope.dedupe_key.clone();
    mailing::queue(deps, tx, envelope, statement_letters::ready(deps, content)?, now).await?;
    if deps.config.charity.statements.attach {
        outbox::attach_statement(tx, &key, id).await?;
    }
    Ok(())
}
