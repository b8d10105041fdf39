//! Gift Aid declarations and what happened to them. Both are append-only: what became of one is an event (UK-21, UK-22).

use super::db::{Conn, Result, StoreError, WriteTx, all, exec, opt};
use super::payments::to_json;
use super::types::Day;
use crate::clock::Ts;
use crate::domain::donor::Address;
use crate::domain::gift_aid::declaration::{Channel, Declaration, Ended, Scope};
use crate::domain::ids::{DeclarationEventId, DeclarationId, DonorId, GiftId, PaymentId, StaffId};

/// A declaration as it was made, never changed after (UK-19, UK-22).
#[derive(Clone, Debug)]
pub struct NewDeclaration {
    /// Its id.
    pub id: DeclarationId,
    /// Who made it.
    pub donor_id: DonorId,
    /// On which giving form, when it was one.
    pub payment_id: Option<PaymentId>,
    /// The one gift it is about, when it was made otherwise and is for one.
    pub gift_id: Option<GiftId>,
    /// To which entity.
    pub entity_id: String,
    /// Which gifts (UK-15).
    pub scope: Scope,
    /// First day covered.
    pub covers_from: Day,
    /// Name as given.
    pub full_name: String,
    /// Home address as given (UK-13b).
    pub home_address: Address,
    /// The donor lives outside the United Kingdom (UK-25).
    pub non_uk_resident: bool,
    /// Version of the words shown.
    pub wording_version: String,
    /// SHA-256 of `words_shown`.
    pub wording_sha256: String,
    /// Every word that belongs to it, the scope included.
    pub words_shown: String,
    /// How it was made.
    pub channel: Channel,
    /// Where the evidence is.
    pub evidence_ref: Option<String>,
    /// The member of staff who wrote it down.
    pub entered_by: Option<StaffId>,
    /// The mark of the form it was sent with; none on the giving form, where the payment is the mark.
    pub nonce: Option<String>,
    /// When it was made.
    pub made_at: Ts,
}

/// Writes a declaration unless its form has written one; `true` when it is new.
///
/// # Errors
/// When the database refuses.
pub async fn insert_if_new(tx: &mut WriteTx, d: &NewDeclaration) -> Result<bool> {
    let home_address = to_json(&d.home_address, "declaration")?;
    let changed = exec!(
        tx,
        "INSERT INTO declaration (id, donor_id, payment_id, gift_id, entity_id, scope, covers_from, full_name, \
         home_address, non_uk_resident, wording_version, wording_sha256, words_shown, channel, evidence_ref, \
         entered_by, nonce, made_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) \
         ON CONFLICT DO NOTHING",
        &d.id,
        &d.donor_id,
        d.payment_id.as_ref(),
        d.gift_id.as_ref(),
        d.entity_id.as_str(),
        d.scope.as_str(),
        d.covers_from,
        d.full_name.as_str(),
        home_address.as_str(),
        d.non_uk_resident,
        d.wording_version.as_str(),
        d.wording_sha256.as_str(),
        d.words_shown.as_str(),
        d.channel.as_str(),
        d.evidence_ref.as_deref(),
        d.entered_by.as_ref(),
        d.nonce.as_deref(),
        d.made_at
    )?;
    Ok(changed == 1)
}

/// The declaration that a form has written for this donor.
///
/// # Errors
/// When the database refuses.
pub async fn by_nonce(conn: &mut Conn, owner: &DonorId, nonce: &str) -> Result<Option<DeclarationId>> {
    let row = opt!(
        conn,
        (DeclarationId,),
        "SELECT c.id FROM declaration c JOIN donor d ON d.id = c.donor_id WHERE d.owner_id = $1 AND c.nonce = $2",
        owner,
        nonce
    )?;
    Ok(row.map(|(id,)| id))
}

#[derive(sqlx::FromRow)]
struct Row {
    id: DeclarationId,
    entity_id: String,
    scope: String,
    covers_from: Day,
    payment_id: Option<PaymentId>,
    gift_id: Option<GiftId>,
    full_name: String,
    home_address: String,
    non_uk_resident: bool,
    wording_version: String,
    channel: String,
    evidence_ref: Option<String>,
    made_at: Ts,
    record_sent_on: Option<Day>,
    ended_on: Option<Day>,
    ended_void: Option<bool>,
}

impl TryFrom<Row> for Declaration {
    type Error = StoreError;

    fn try_from(r: Row) -> Result<Declaration> {
        let corrupt =
            |what: &str| StoreError::Corrupt { table: "declaration", what: format!("{}: {what}", r.id) };
        let home_address: Option<Address> =
            serde_json::from_str(&r.home_address).map_err(|e| corrupt(&e.to_string()))?;
        Ok(Declaration {
            scope: Scope::from_word(&r.scope).ok_or_else(|| corrupt(&r.scope))?,
            channel: Channel::from_word(&r.channel).ok_or_else(|| corrupt(&r.channel))?,
            home_address: home_address.unwrap_or_default(),
            entity_id: r.entity_id,
            covers_from: r.covers_from.0,
            payment_id: r.payment_id,
            gift_id: r.gift_id,
            full_name: r.full_name,
            non_uk_resident: r.non_uk_resident,
            wording_version: r.wording_version,
            evidence_ref: r.evidence_ref,
            made_at: r.made_at,
            record_sent_on: r.record_sent_on.map(|day| day.0),
            ended: r.ended_on.map(|day| Ended { from: day.0, void: r.ended_void.unwrap_or_default() }),
            id: r.id,
        })
    }
}

/// Every declaration of a donor with what became of it, over all records that count for them, the first one made first.
/// `donor`: any of the records.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn of_owner(conn: &mut Conn, donor: &DonorId) -> Result<Vec<Declaration>> {
    let rows = all!(
        conn,
        Row,
        "SELECT c.id, c.entity_id, c.scope, c.covers_from, c.payment_id, c.gift_id, c.full_name, c.home_address, \
         c.non_uk_resident, c.wording_version, c.channel, c.evidence_ref, c.made_at, r.effective_on AS record_sent_on, \
         COALESCE(e.effective_on, t.effective_on) AS ended_on, \
         CASE WHEN t.id IS NULL THEN e.void ELSE t.void END AS ended_void FROM donor d JOIN declaration c ON c.donor_id = d.id \
         LEFT JOIN declaration_event r ON r.declaration_id = c.id AND r.kind = 'record_sent' \
         LEFT JOIN declaration_event e ON e.declaration_id = c.id AND e.kind = 'ended' \
         LEFT JOIN declaration_event t ON t.declaration_id = c.id AND t.kind = 'taken_back' \
         WHERE d.owner_id = (SELECT o.owner_id FROM donor o WHERE o.id = $1) ORDER BY c.made_at, c.id",
        donor
    )?;
    rows.into_iter().map(Declaration::try_from).collect()
}

#[derive(sqlx::FromRow)]
struct OwnedRow {
    owner_id: DonorId,
    #[sqlx(flatten)]
    row: Row,
}

/// The declarations to an entity of every donor after `after` up to `last`, in the order of the records they count for, each
/// donor's first one first: a claim weighs many donors at once.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn of_owners(
    conn: &mut Conn,
    entity: &str,
    after: &str,
    last: &str,
) -> Result<Vec<(DonorId, Declaration)>> {
    let rows = all!(
        conn,
        OwnedRow,
        "SELECT d.owner_id, c.id, c.entity_id, c.scope, c.covers_from, c.payment_id, c.gift_id, c.full_name, \
         c.home_address, c.non_uk_resident, c.wording_version, c.channel, c.evidence_ref, c.made_at, \
         r.effective_on AS record_sent_on, COALESCE(e.effective_on, t.effective_on) AS ended_on, \
         CASE WHEN t.id IS NULL THEN e.void ELSE t.void END AS ended_void \
         FROM donor d JOIN declaration c ON c.donor_id = d.id \
         LEFT JOIN declaration_event r ON r.declaration_id = c.id AND r.kind = 'record_sent' \
         LEFT JOIN declaration_event e ON e.declaration_id = c.id AND e.kind = 'ended' \
         LEFT JOIN declaration_event t ON t.declaration_id = c.id AND t.kind = 'taken_back' \
         WHERE d.owner_id > $2 AND d.owner_id <= $3 AND c.entity_id = $1 ORDER BY d.owner_id, c.made_at, c.id",
        entity,
        after,
        last
    )?;
    rows.into_iter().map(|r| Ok((r.owner_id, Declaration::try_from(r.row)?))).collect()
}

/// What proves a declaration (UK-14, UK-19).
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Evidence {
    /// Every word that belongs to it.
    pub words_shown: String,
    /// SHA-256 of them.
    pub wording_sha256: String,
    /// The name of the member of staff who wrote it down.
    pub entered_by: Option<String>,
}

/// The evidence of a declaration, when it is this donor's.
///
/// # Errors
/// When the database refuses.
pub async fn evidence(conn: &mut Conn, owner: &DonorId, id: &DeclarationId) -> Result<Option<Evidence>> {
    opt!(
        conn,
        Evidence,
        "SELECT c.words_shown, c.wording_sha256, s.name AS entered_by FROM declaration c \
         JOIN donor d ON d.id = c.donor_id LEFT JOIN staff s ON s.id = c.entered_by \
         WHERE d.owner_id = $1 AND c.id = $2",
        owner,
        id
    )
}

/// What can happen to a declaration, each once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// The written record of an oral one was sent (UK-20).
    RecordSent,
    /// It ended (UK-21).
    Ended,
    /// The file it was brought in with was taken back: it counts as never made, whether it had ended or not.
    TakenBack,
}

impl EventKind {
    /// The word in records: `record_sent`, `ended`, `taken_back`.
    pub fn as_str(self) -> &'static str {
        match self {
            EventKind::RecordSent => "record_sent",
            EventKind::Ended => "ended",
            EventKind::TakenBack => "taken_back",
        }
    }
}

/// Something that happened to a declaration.
#[derive(Clone, Debug)]
pub struct NewEvent<'a> {
    /// Its id.
    pub id: DeclarationEventId,
    /// To which declaration.
    pub declaration_id: &'a DeclarationId,
    /// What.
    pub kind: EventKind,
    /// The day from which it counts, in the entity's zone.
    pub effective_on: Day,
    /// The declaration counts as never made.
    pub void: bool,
    /// How it reached us, or left us.
    pub via: Channel,
    /// What was said, or sent.
    pub words: &'a str,
    /// `donor`, or the id of a member of staff.
    pub recorded_by: &'a str,
    /// When it was written down.
    pub recorded_at: Ts,
}

/// Writes an event, once for a declaration and kind; `true` when it is new.
///
/// # Errors
/// When the database refuses.
pub async fn insert_event(tx: &mut WriteTx, e: &NewEvent<'_>) -> Result<bool> {
    let changed = exec!(
        tx,
        "INSERT INTO declaration_event (id, declaration_id, kind, effective_on, void, via, words, recorded_by, \
         recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (declaration_id, kind) DO NOTHING",
        e.id.as_str(),
        e.declaration_id,
        e.kind.as_str(),
        e.effective_on,
        e.void,
        e.via.as_str(),
        e.words,
        e.recorded_by,
        e.recorded_at
    )?;
    Ok(changed == 1)
}

/// An event as it is shown.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct EventRow {
    /// `record_sent` or `ended`.
    pub kind: String,
    /// The day from which it counts.
    pub effective_on: Day,
    /// The declaration counts as never made.
    pub void: bool,
    /// How it reached us, or left us.
    pub via: String,
    /// What was said, or sent.
    pub words: String,
    /// The name of the member of staff who wrote it down; none for the donor.
    pub staff_name: Option<String>,
    /// When it was written down.
    pub recorded_at: Ts,
}

/// What happened to a declaration, in order.
///
/// # Errors
/// When the database refuses.
pub async fn events(conn: &mut Conn, declaration: &DeclarationId) -> Result<Vec<EventRow>> {
    all!(
        conn,
        EventRow,
        "SELECT e.kind, e.effective_on, e.void, e.via, e.words, s.name AS staff_name, e.recorded_at \
         FROM declaration_event e LEFT JOIN staff s ON s.id = e.recorded_by WHERE e.declaration_id = $1 \
         ORDER BY e.recorded_at, e.id",
        declaration
    )
}
