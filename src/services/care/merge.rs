//! Two records of one donor become one, and two again: never by themselves, always with a reason, and nothing that was
//! issued changes (giving.md §3.10). A record only counts for another one; so what was given through it in the meantime goes
//! with it when the merge is undone.

use serde_json::{Value, json};

use super::donor;
use crate::domain::donor::Address;
use crate::domain::ids::{DonorId, MergeId};
use crate::domain::names::words;
use crate::services::staff::{Act, Actor, record};
use crate::services::{Deps, Result, mailing, offline_gifts, statements};
use crate::store::merges::{self, Held, Merge, NewMerge, SameName};
use crate::store::office_donor::{self, DonorRecord};
use crate::store::offline_donors::{self, Described};
use crate::store::{WriteTx, sessions};

/// Names on one page of the list of namesakes.
pub const NAMES_ON_A_PAGE: i64 = 25;
/// Namesakes of one name that are compared.
const NAMESAKES_AT_MOST: i64 = 6;

/// Why two donors are not made one, or one not two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// One of them is not there, or counts for another already.
    NoSuchDonor,
    /// It is the same one.
    Same,
    /// One is a person, the other a body.
    Kinds,
    /// The one that would go signs in and the one that would stay does not.
    KeepTheAccount,
    /// It was undone already.
    Undone,
    /// Who stayed was merged into somebody else since, or somebody else into them: that is undone first.
    LaterFirst,
    /// One of them asked to be forgotten.
    Forgotten,
}

/// Two donors side by side.
#[derive(Clone, Debug)]
pub struct Pair {
    /// Who stays.
    pub kept: Side,
    /// Who would count for them.
    pub other: Side,
}

/// One of two donors.
#[derive(Clone, Debug)]
pub struct Side {
    /// The record.
    pub donor: DonorRecord,
    /// Their address, if one is known.
    pub address: Option<Address>,
    /// What counts for them.
    pub held: Held,
}

/// Somebody who may be the same person, and by what.
#[derive(Clone, Debug)]
pub struct Alike {
    /// Who.
    pub described: Described,
    /// What else is alike; empty: the name alone.
    pub signs: Vec<&'static str>,
}

/// What is alike of two people of one name.
fn signs(a: &Described, b: &Described) -> Vec<&'static str> {
    let mut signs = Vec::new();
    let place = |d: &Described| {
        d.details.address.as_ref().map(|a| {
            let packed =
                |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
            (packed(&a.postcode), packed(&a.line1), a.country.clone())
        })
    };
    if let (Some(a), Some(b)) = (place(a), place(b)) {
        if a == b && !a.1.is_empty() {
            signs.push("the same address");
        } else if a.0 == b.0 && a.2 == b.2 && !a.0.is_empty() {
            signs.push("the same postcode");
        }
    }
    let local = |d: &Described| d.details.email.split_once('@').map(|(local, _)| local.to_lowercase());
    if let (Some(a), Some(b)) = (local(a), local(b))
        && a == b
        && a.chars().count() > 3
    {
        signs.push("a mailbox of the same name");
    }
    signs
}

fn same_name(a: &Described, b: &Described) -> bool {
    let name = |d: &Described| {
        let mut all = words(&d.details.receipt_name());
        all.sort();
        all
    };
    a.details.kind == b.details.kind && name(a) == name(b)
}

/// Donors of the same name as one, those with more in common first; written down as read.
///
/// # Errors
/// When the database refuses.
pub async fn alike(deps: &Deps, actor: &Actor, one: &DonorRecord) -> Result<Vec<Alike>> {
    let found = offline_gifts::find_donors(deps, actor, &one.name()).await?;
    let ids: Vec<DonorId> = found.into_iter().map(|f| f.id).chain([one.id.clone()]).collect();
    let mut read = deps.store.read().await?;
    let all = offline_donors::described(&mut read, &ids).await?;
    drop(read);
    let Some(this) = all.iter().find(|d| d.id == one.id).cloned() else { return Ok(Vec::new()) };
    let mut alike: Vec<Alike> = all
        .into_iter()
        .filter(|d| d.id != one.id && same_name(d, &this))
        .map(|described| Alike { signs: signs(&described, &this), described })
        .collect();
    alike.sort_by_key(|a| (a.signs.is_empty(), a.described.id.clone()));
    Ok(alike)
}

/// People of one name: the first, and the others with what they have in common with it.
#[derive(Clone, Debug)]
pub struct Namesakes {
    /// The name as it is written, and how many bear it.
    pub name: SameName,
    /// Who became known first.
    pub first: Described,
    /// The others.
    pub others: Vec<Alike>,
}

/// Names that several people bear, from after one, by name: at most [`NAMES_ON_A_PAGE`]; written down as read.
///
/// # Errors
/// When the database refuses.
pub async fn namesakes(deps: &Deps, actor: &Actor, after: (&str, &str)) -> Result<Vec<Namesakes>> {
    let mut read = deps.store.read().await?;
    let names = merges::same_names(&mut read, after, NAMES_ON_A_PAGE).await?;
    let members = merges::of_names(&mut read, &names, NAMESAKES_AT_MOST).await?;
    let all = offline_donors::described(&mut read, &members).await?;
    drop(read);
    offline_gifts::record_seen(deps, actor, "namesakes", &members).await?;
    let mut groups = Vec::new();
    for name in names {
        let mut bearers: Vec<&Described> = members
            .iter()
            .filter_map(|id| all.iter().find(|d| d.id == *id))
            .filter(|d| d.details.family_name == name.family_name && d.details.given_name == name.given_name)
            .collect();
        if bearers.len() < 2 {
            continue;
        }
        let first = bearers.remove(0).clone();
        let others =
            bearers.into_iter().map(|d| Alike { signs: signs(d, &first), described: d.clone() }).collect();
        groups.push(Namesakes { name, first, others });
    }
    Ok(groups)
}

async fn side(deps: &Deps, donor: DonorRecord) -> Result<Side> {
    let mut read = deps.store.read().await?;
    let held = merges::held(&mut read, &donor.id).await?;
    let described = offline_donors::described(&mut read, std::slice::from_ref(&donor.id)).await?;
    let address = described.into_iter().next().and_then(|d| d.details.address);
    Ok(Side { donor, address, held })
}

fn refusal(kept: &DonorRecord, other: &DonorRecord) -> Option<Refusal> {
    if kept.id == other.id {
        return Some(Refusal::Same);
    }
    if kept.erasure.is_some() || other.erasure.is_some() {
        return Some(Refusal::Forgotten);
    }
    if kept.kind != other.kind {
        return Some(Refusal::Kinds);
    }
    (other.account_since.is_some() && kept.account_since.is_none()).then_some(Refusal::KeepTheAccount)
}

/// Two donors as they would become one, or why they do not. `None` for who stays when there is no such donor.
///
/// # Errors
/// When the database refuses.
pub async fn preview(
    deps: &Deps,
    kept: &DonorId,
    other: &DonorId,
) -> Result<std::result::Result<Pair, Refusal>> {
    let (Some(kept), Some(other)) = (donor(deps, kept).await?, donor(deps, other).await?) else {
        return Ok(Err(Refusal::NoSuchDonor));
    };
    if let Some(refusal) = refusal(&kept, &other) {
        return Ok(Err(refusal));
    }
    Ok(Ok(Pair { kept: side(deps, kept).await?, other: side(deps, other).await? }))
}

/// A wish to make two donors one.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// Who stays.
    pub kept: &'a DonorId,
    /// Who counts for them from now on.
    pub other: &'a DonorId,
    /// Why.
    pub why: &'a str,
    /// Of the form.
    pub nonce: &'a str,
}

/// Makes two donors one. Every gift, plan, receipt, statement and declaration stays where it is and counts for who stays;
/// their statements are looked at again. Who signed in to the other one's account is out, and its mailbox leads to the
/// account of who stays. Pressed twice, it is done once.
///
/// # Errors
/// When the database refuses.
pub async fn merge(deps: &Deps, actor: &Actor, wish: Wish<'_>) -> Result<std::result::Result<(), Refusal>> {
    let now = deps.clock.now();
    let id = MergeId::new(now, &deps.random);
    let mut tx = deps.store.write().await?;
    let new = NewMerge {
        id: &id,
        nonce: wish.nonce,
        kept: wish.kept,
        merged: wish.other,
        why: wish.why,
        by: &actor.id,
        at: now,
    };
    if merges::was_made(&mut tx, wish.nonce).await? {
        return Ok(Ok(()));
    }
    if wish.kept == wish.other {
        return Ok(Err(Refusal::Same));
    }
    if !merges::hold_both(&mut tx, wish.kept, wish.other, now).await? {
        return Ok(Err(Refusal::NoSuchDonor));
    }
    let kept = office_donor::record(&mut tx, wish.kept).await?;
    let other = office_donor::record(&mut tx, wish.other).await?;
    let (Some(kept), Some(other)) = (kept, other) else { return Ok(Err(Refusal::NoSuchDonor)) };
    if let Some(refusal) = refusal(&kept, &other) {
        return Ok(Err(refusal));
    }
    if !merges::merge_if_new(&mut tx, &new).await? {
        return Ok(Ok(()));
    }
    merges::take_mailboxes(&mut tx, &new).await?;
    sessions::delete_others(&mut tx, wish.other, "").await?;
    statements::touch_all(deps, &mut tx, wish.kept, now).await?;
    let after = json!({ "merge": id.as_str(), "kept": wish.kept.as_str(), "merged": wish.other.as_str() });
    for subject in [wish.kept, wish.other] {
        note(deps, &mut tx, actor, "donor.merged", subject, after.clone(), wish.why);
    }
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(Ok(()))
}

/// The merges into a donor that hold, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn into(deps: &Deps, donor: &DonorId) -> Result<Vec<Merge>> {
    let mut read = deps.store.read().await?;
    Ok(merges::into(&mut read, donor).await?)
}

/// Makes one donor two again: each record counts for whom it counted before, with all that was given through it since.
/// Sessions of both end, and the statements of both are looked at again.
///
/// # Errors
/// When the database refuses.
pub async fn undo(
    deps: &Deps,
    actor: &Actor,
    kept: &DonorId,
    id: &MergeId,
    why: &str,
) -> Result<std::result::Result<DonorId, Refusal>> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    let Some(merge) = merges::by_id(&mut tx, id).await?.filter(|m| m.donor_id == *kept) else {
        return Ok(Err(Refusal::NoSuchDonor));
    };
    if !merges::hold_one(&mut tx, kept, now).await? {
        return Ok(Err(Refusal::LaterFirst));
    }
    if office_donor::record(&mut tx, kept).await?.is_some_and(|d| d.erasure.is_some()) {
        return Ok(Err(Refusal::Forgotten));
    }
    // What was signed in to since belongs to the last of them: they part in the other order.
    let latest = merges::into(&mut tx, kept).await?.into_iter().next();
    if merge.undone_at.is_none() && latest.is_some_and(|latest| latest.id != merge.id) {
        return Ok(Err(Refusal::LaterFirst));
    }
    if !merges::undo(&mut tx, &merge, &actor.id, now).await? {
        return Ok(Err(Refusal::Undone));
    }
    merges::forget_keys_since(&mut tx, &merge, now).await?;
    merges::give_mailboxes_back(&mut tx, &merge, now).await?;
    for donor in [kept, &merge.merged_id] {
        sessions::delete_others(&mut tx, donor, "").await?;
        statements::touch_all(deps, &mut tx, donor, now).await?;
    }
    // Mail that rested for a pause of the other record.
    mailing::release(deps, &mut tx, now).await?;
    let after = json!({ "merge": id.as_str(), "kept": kept.as_str(), "merged": merge.merged_id.as_str() });
    for subject in [kept, &merge.merged_id] {
        note(deps, &mut tx, actor, "donor.merge_undone", subject, after.clone(), why);
    }
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(Ok(merge.merged_id))
}

fn note(
    deps: &Deps,
    tx: &mut WriteTx,
    actor: &Actor,
    action: &'static str,
    subject: &DonorId,
    after: Value,
    why: &str,
) {
    let act = Act { action, subject: subject.as_str(), before: Value::Null, after, why };
    record::record(deps, tx, actor, act);
}
