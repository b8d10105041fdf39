//! Gift Aid claims: made as a draft, sent to HMRC, paid by HMRC. Their rows are in `claim_rows`.

use super::db::{Conn, Result, StoreError, WriteTx, all, exec, opt, scalar};
use super::types::Day;
use crate::clock::Ts;
use crate::domain::ids::{ClaimId, GiftId};
use crate::domain::money::{Currency, Money};

/// Where a claim stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimState {
    /// Its files can be downloaded; it can still be dropped.
    Draft,
    /// HMRC has it.
    Sent,
    /// HMRC has paid it.
    Paid,
    /// Given up before it was sent.
    Dropped,
}

impl ClaimState {
    /// The word in records: `draft`, `sent`, `paid`, `dropped`.
    pub fn as_str(self) -> &'static str {
        match self {
            ClaimState::Draft => "draft",
            ClaimState::Sent => "sent",
            ClaimState::Paid => "paid",
            ClaimState::Dropped => "dropped",
        }
    }

    fn from_word(word: &str) -> Result<ClaimState> {
        [ClaimState::Draft, ClaimState::Sent, ClaimState::Paid, ClaimState::Dropped]
            .into_iter()
            .find(|s| s.as_str() == word)
            .ok_or_else(|| StoreError::Corrupt { table: "gift_aid_claim", what: format!("state {word:?}") })
    }
}

/// A claim.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Its id.
    pub id: ClaimId,
    /// `GA-LFT-0001`.
    pub number: String,
    /// Of which entity.
    pub entity_id: String,
    /// Where it stands.
    pub state: ClaimState,
    /// With gifts received up to this day.
    pub up_to: Day,
    /// How many gifts.
    pub row_count: i64,
    /// What they come to.
    pub gifts: Money,
    /// The tax expected on them, rounded down on the sum (UK-32).
    pub tax: Money,
    /// Tax to give back with it (UK-42).
    pub adjustment: Money,
    /// What HMRC is told about that; empty without.
    pub adjustment_words: String,
    /// What was found when it was made, as JSON.
    pub report: String,
    /// Who made it: their name, or `command`.
    pub made_by: String,
    /// When.
    pub made_at: Ts,
    /// Who said that it was sent: their name.
    pub sent_by: Option<String>,
    /// When it was sent.
    pub sent_at: Option<Ts>,
    /// What HMRC called it.
    pub hmrc_reference: Option<String>,
    /// What HMRC paid.
    pub paid: Option<Money>,
    /// When HMRC paid.
    pub paid_on: Option<Day>,
    /// What was written down with that.
    pub paid_words: Option<String>,
}

impl Claim {
    /// What HMRC is expected to pay: the tax less what is given back.
    pub fn expected(&self) -> Money {
        Money::new(self.tax.minor().saturating_sub(self.adjustment.minor()), Currency::GBP)
    }
}

#[derive(sqlx::FromRow)]
struct ClaimRow {
    id: ClaimId,
    number: String,
    entity_id: String,
    state: String,
    up_to: Day,
    row_count: i64,
    gifts_minor: i64,
    tax_minor: i64,
    adjustment_minor: i64,
    adjustment_words: String,
    report: String,
    made_by: String,
    made_at: Ts,
    sent_by: Option<String>,
    sent_at: Option<Ts>,
    hmrc_reference: Option<String>,
    paid_minor: Option<i64>,
    paid_on: Option<Day>,
    paid_words: Option<String>,
}

impl TryFrom<ClaimRow> for Claim {
    type Error = StoreError;

    fn try_from(r: ClaimRow) -> Result<Claim> {
        Ok(Claim {
            state: ClaimState::from_word(&r.state)?,
            id: r.id,
            number: r.number,
            entity_id: r.entity_id,
            up_to: r.up_to,
            row_count: r.row_count,
            gifts: pounds(r.gifts_minor),
            tax: pounds(r.tax_minor),
            adjustment: pounds(r.adjustment_minor),
            adjustment_words: r.adjustment_words,
            report: r.report,
            made_by: r.made_by,
            made_at: r.made_at,
            sent_by: r.sent_by,
            sent_at: r.sent_at,
            hmrc_reference: r.hmrc_reference,
            paid: r.paid_minor.map(pounds),
            paid_on: r.paid_on,
            paid_words: r.paid_words,
        })
    }
}

fn pounds(minor: i64) -> Money {
    Money::new(minor, Currency::GBP)
}

macro_rules! claims {
    ($rest:literal) => {
        concat!(
            "SELECT c.id, c.number, c.entity_id, c.state, c.up_to, c.row_count, c.gifts_minor, c.tax_minor, \
             c.adjustment_minor, c.adjustment_words, c.report, COALESCE(m.name, c.made_by) AS made_by, c.made_at, \
             COALESCE(s.name, c.sent_by) AS sent_by, c.sent_at, c.hmrc_reference, c.paid_minor, c.paid_on, c.paid_words \
             FROM gift_aid_claim c LEFT JOIN staff m ON m.id = c.made_by LEFT JOIN staff s ON s.id = c.sent_by ",
            $rest
        )
    };
}

/// By id.
///
/// # Errors
/// When the database refuses.
pub async fn by_id(conn: &mut Conn, id: &ClaimId) -> Result<Option<Claim>> {
    opt!(conn, ClaimRow, claims!("WHERE c.id = $1"), id)?.map(Claim::try_from).transpose()
}

/// The claim that a form made, if it was sent before.
///
/// # Errors
/// When the database refuses.
pub async fn by_nonce(conn: &mut Conn, nonce: &str) -> Result<Option<Claim>> {
    opt!(conn, ClaimRow, claims!("WHERE c.nonce = $1"), nonce)?.map(Claim::try_from).transpose()
}

/// The one draft of an entity.
///
/// # Errors
/// When the database refuses.
pub async fn draft_of(conn: &mut Conn, entity: &str) -> Result<Option<Claim>> {
    let row = opt!(conn, ClaimRow, claims!("WHERE c.entity_id = $1 AND c.state = 'draft'"), entity)?;
    row.map(Claim::try_from).transpose()
}

/// The latest claims of an entity, those made before an instant.
///
/// # Errors
/// When the database refuses.
pub async fn latest(conn: &mut Conn, entity: &str, before: Ts, size: i64) -> Result<Vec<Claim>> {
    let rows = all!(
        conn,
        ClaimRow,
        claims!(
            "WHERE c.entity_id = $1 AND c.made_at < $2 ORDER BY c.made_at DESC, c.id DESC LIMIT CAST($3 AS BIGINT)"
        ),
        entity,
        before,
        size
    )?;
    rows.into_iter().map(Claim::try_from).collect()
}

/// The claims of an entity that were sent and not paid yet, the oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn unpaid(conn: &mut Conn, entity: &str) -> Result<Vec<Claim>> {
    let rows = all!(
        conn,
        ClaimRow,
        claims!("WHERE c.entity_id = $1 AND c.state = 'sent' ORDER BY c.sent_at, c.id LIMIT 200"),
        entity
    )?;
    rows.into_iter().map(Claim::try_from).collect()
}

/// How often claims of an entity were sent so far: what is claimed already has not changed while this has not.
///
/// # Errors
/// When the database refuses.
pub async fn times_sent(conn: &mut Conn, entity: &str) -> Result<i64> {
    scalar!(
        conn,
        i64,
        "SELECT COUNT(*) FROM gift_aid_claim WHERE entity_id = $1 AND state IN ('sent', 'paid')",
        entity
    )
}

/// The next number of an entity, 1 for the first. Whoever takes it holds it until the transaction ends: two people who make
/// a claim of one entity do so one after the other.
///
/// # Errors
/// When the database refuses.
pub async fn next_number(tx: &mut WriteTx, entity: &str) -> Result<i64> {
    scalar!(
        tx,
        i64,
        "INSERT INTO gift_aid_counter (entity_id, last) VALUES ($1, 1) \
         ON CONFLICT (entity_id) DO UPDATE SET last = gift_aid_counter.last + 1 RETURNING last",
        entity
    )
}

/// A claim to write down.
#[derive(Clone, Debug)]
pub struct NewClaim<'a> {
    /// Its id.
    pub id: &'a ClaimId,
    /// Its number.
    pub number: &'a str,
    /// Of which entity.
    pub entity: &'a str,
    /// The mark of the form.
    pub nonce: &'a str,
    /// With gifts received up to this day.
    pub up_to: Day,
    /// How many gifts.
    pub row_count: i64,
    /// What they come to.
    pub gifts: Money,
    /// The tax expected on them.
    pub tax: Money,
    /// Tax to give back.
    pub adjustment: Money,
    /// What HMRC is told about that.
    pub adjustment_words: &'a str,
    /// What was found, as JSON.
    pub report: &'a str,
    /// Who makes it: the id of a member of staff, or `command`.
    pub by: &'a str,
    /// When.
    pub at: Ts,
}

/// Writes a draft unless its form was sent before or another draft of the entity is open; `true` when it is new.
///
/// # Errors
/// When the database refuses.
pub async fn insert_if_new(tx: &mut WriteTx, c: &NewClaim<'_>) -> Result<bool> {
    let changed = exec!(
        tx,
        "INSERT INTO gift_aid_claim (id, number, entity_id, nonce, state, up_to, row_count, gifts_minor, tax_minor, \
         adjustment_minor, adjustment_words, report, made_by, made_at) \
         VALUES ($1, $2, $3, $4, 'draft', $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING",
        c.id,
        c.number,
        c.entity,
        c.nonce,
        c.up_to,
        c.row_count,
        c.gifts.minor(),
        c.tax.minor(),
        c.adjustment.minor(),
        c.adjustment_words,
        c.report,
        c.by,
        c.at
    )?;
    Ok(changed == 1)
}

/// Gives a draft up: its rows go, so that the gifts are free for another. `false` when it is no draft.
///
/// # Errors
/// When the database refuses.
pub async fn drop_draft(tx: &mut WriteTx, claim: &ClaimId, at: Ts) -> Result<bool> {
    // The rows of anything but a draft cannot be deleted: the claim is held as a draft first.
    let held =
        exec!(tx, "UPDATE gift_aid_claim SET closed_at = $2 WHERE id = $1 AND state = 'draft'", claim, at)?;
    if held == 0 {
        return Ok(false);
    }
    exec!(tx, "DELETE FROM gift_aid_row WHERE claim_id = $1", claim)?;
    exec!(tx, "DELETE FROM gift_aid_adjustment WHERE claim_id = $1", claim)?;
    exec!(tx, "UPDATE gift_aid_claim SET state = 'dropped' WHERE id = $1", claim)?;
    Ok(true)
}

/// Says that HMRC has a draft; `false` when it is no draft.
///
/// # Errors
/// When the database refuses.
pub async fn mark_sent(tx: &mut WriteTx, claim: &ClaimId, reference: &str, by: &str, at: Ts) -> Result<bool> {
    let changed = exec!(
        tx,
        "UPDATE gift_aid_claim SET state = 'sent', hmrc_reference = $2, sent_by = $3, sent_at = $4 \
         WHERE id = $1 AND state = 'draft'",
        claim,
        reference,
        by,
        at
    )?;
    Ok(changed == 1)
}

/// Says what HMRC paid for a claim that was sent; `false` when it was not, or is paid already.
///
/// # Errors
/// When the database refuses.
pub async fn mark_paid(
    tx: &mut WriteTx,
    claim: &ClaimId,
    paid: Money,
    on: Day,
    words: &str,
    at: Ts,
) -> Result<bool> {
    let changed = exec!(
        tx,
        "UPDATE gift_aid_claim SET state = 'paid', paid_minor = $2, paid_on = $3, paid_words = $4, closed_at = $5 \
         WHERE id = $1 AND state = 'sent'",
        claim,
        paid.minor(),
        on,
        words,
        at
    )?;
    Ok(changed == 1)
}

/// The claim that a gift is or was in last.
#[derive(Clone, Debug)]
pub struct ClaimOfGift {
    /// Which claim.
    pub claim_id: ClaimId,
    /// Its number.
    pub number: String,
    /// Where it stands.
    pub state: ClaimState,
    /// When it was made.
    pub made_at: Ts,
    /// When it was sent.
    pub sent_at: Option<Ts>,
    /// Which file.
    pub part: i64,
    /// Which row of it.
    pub item: i64,
    /// On how much of the gift.
    pub amount: Money,
}

#[derive(sqlx::FromRow)]
struct OfGiftRow {
    claim_id: ClaimId,
    number: String,
    state: String,
    made_at: Ts,
    sent_at: Option<Ts>,
    part: i64,
    item: i64,
    amount_minor: i64,
}

/// The claim that a gift is in: the latest, when it was claimed more than once.
///
/// # Errors
/// When the database refuses.
pub async fn of_gift(conn: &mut Conn, gift: &GiftId) -> Result<Option<ClaimOfGift>> {
    let row = opt!(
        conn,
        OfGiftRow,
        "SELECT w.claim_id, c.number, c.state, c.made_at, c.sent_at, w.part, w.item, w.amount_minor \
         FROM gift_aid_row w JOIN gift_aid_claim c ON c.id = w.claim_id WHERE w.gift_id = $1 \
         ORDER BY c.made_at DESC, c.id DESC LIMIT 1",
        gift
    )?;
    row.map(|r| {
        Ok(ClaimOfGift {
            state: ClaimState::from_word(&r.state)?,
            claim_id: r.claim_id,
            number: r.number,
            made_at: r.made_at,
            sent_at: r.sent_at,
            part: r.part,
            item: r.item,
            amount: pounds(r.amount_minor),
        })
    })
    .transpose()
}
