//! An import that is taken back: what keeps it in the books, and what leaves them.

use super::db::{Conn, Result, WriteTx, all, exec, opt};
use crate::domain::ids::{DeclarationId, DonorId, GiftId, ImportId};

/// What is built on a gift `g` of the donor's record `d` that the row `r` of the file `b` brought in: a movement, a correction, a
/// receipt, a claim, a statement that tells of its year, a month that was closed over it.
macro_rules! built_on {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "(g.corrections > 0 \
             OR EXISTS (SELECT 1 FROM ledger_entry e WHERE e.gift_id = g.id AND e.kind <> 'gift') \
             OR EXISTS (SELECT 1 FROM receipt x WHERE x.gift_id = g.id) \
             OR EXISTS (SELECT 1 FROM gift_aid_row w WHERE w.gift_id = g.id) \
             OR EXISTS (SELECT 1 FROM refund f WHERE f.gift_id = g.id) \
             OR EXISTS (SELECT 1 FROM refund_request q WHERE q.gift_id = g.id) \
             OR EXISTS (SELECT 1 FROM gift_benefit n WHERE n.gift_id = g.id) \
             OR EXISTS (SELECT 1 FROM gift_rate x WHERE x.gift_id = g.id) \
             OR EXISTS (SELECT 1 FROM donor_note n WHERE n.gift_id = g.id) \
             OR EXISTS (SELECT 1 FROM mail_outbox m WHERE m.gift_id = g.id) \
             OR EXISTS (SELECT 1 FROM declaration c WHERE c.gift_id = g.id) \
             OR EXISTS (SELECT 1 FROM donor o JOIN statement s ON s.donor_id = o.id WHERE o.owner_id = d.owner_id \
             AND s.entity_id = g.entity_id AND s.tax_year = g.tax_year AND s.issued_at >= g.created_at) \
             OR EXISTS (SELECT 1 FROM month_close m WHERE m.entity_id = g.entity_id AND m.state <> 'reopened' \
             AND g.received_at < m.ends_at))",
            $after
        )
    };
}

/// How many gifts or declarations of a file have something built on them, so that it cannot be taken back.
///
/// # Errors
/// When the database refuses.
pub async fn built_on(conn: &mut Conn, batch: &ImportId) -> Result<i64> {
    let row = opt!(
        conn,
        (i64,),
        built_on!(
            "SELECT COUNT(*) FROM import_row r JOIN import_batch b ON b.id = r.batch_id JOIN gift g ON g.id = r.gift_id \
             JOIN donor d ON d.id = g.donor_id WHERE r.batch_id = $1 AND r.state = 'done' AND ",
            ""
        ),
        batch
    )?;
    Ok(row.map_or(0, |(n,)| n) + claimed_on(conn, batch).await?)
}

/// Takes the next gifts of a file out of the books, but for those on which something was built since it was asked for; gives
/// how many.
///
/// # Errors
/// When the database refuses: the file is not being taken back.
pub async fn take_out(tx: &mut WriteTx, batch: &ImportId, most: i64) -> Result<usize> {
    let rows = all!(
        tx,
        (i64, GiftId),
        built_on!(
            "SELECT r.line, r.gift_id FROM import_row r JOIN import_batch b ON b.id = r.batch_id \
             JOIN gift g ON g.id = r.gift_id JOIN donor d ON d.id = g.donor_id \
             WHERE r.batch_id = $1 AND r.state = 'done' AND NOT ",
            " ORDER BY r.line LIMIT CAST($2 AS BIGINT)"
        ),
        batch,
        most
    )?;
    for (line, gift) in &rows {
        exec!(tx, "DELETE FROM ledger_entry WHERE gift_id = $1", gift)?;
        exec!(tx, "DELETE FROM offline_gift WHERE gift_id = $1", gift)?;
        exec!(
            tx,
            "UPDATE import_row SET state = 'gone', gift_id = NULL, taken_gift = $3 WHERE batch_id = $1 AND line = $2",
            batch,
            line,
            gift
        )?;
        exec!(tx, "DELETE FROM gift WHERE id = $1", gift)?;
    }
    Ok(rows.len())
}

/// How many declarations of a file a claim stands on.
///
/// # Errors
/// When the database refuses.
async fn claimed_on(conn: &mut Conn, batch: &ImportId) -> Result<i64> {
    let row = opt!(
        conn,
        (i64,),
        "SELECT COUNT(*) FROM import_row r WHERE r.batch_id = $1 AND r.state = 'done' AND EXISTS (SELECT 1 FROM gift_aid_row w \
         WHERE w.declaration_id = r.declaration_id)",
        batch
    )?;
    Ok(row.map_or(0, |(n,)| n))
}

/// The next declarations of a file on which no claim stands: line, declaration, donor's record.
///
/// # Errors
/// When the database refuses.
pub async fn declared(
    conn: &mut Conn,
    batch: &ImportId,
    most: i64,
) -> Result<Vec<(i64, DeclarationId, DonorId)>> {
    all!(
        conn,
        (i64, DeclarationId, DonorId),
        "SELECT r.line, r.declaration_id, r.donor_id FROM import_row r WHERE r.batch_id = $1 AND r.state = 'done' \
         AND r.declaration_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM gift_aid_row w \
         WHERE w.declaration_id = r.declaration_id) ORDER BY r.line LIMIT CAST($2 AS BIGINT)",
        batch,
        most
    )
}

/// Says that a declaration of a file was taken back.
///
/// # Errors
/// When the database refuses.
pub async fn undeclared(tx: &mut WriteTx, batch: &ImportId, line: i64) -> Result<()> {
    exec!(tx, "UPDATE import_row SET state = 'gone' WHERE batch_id = $1 AND line = $2", batch, line)?;
    Ok(())
}

/// The records that a file made and that nothing else is about.
const FREE: &str = "SELECT DISTINCT r.donor_id FROM import_row r WHERE r.batch_id = $1 AND r.donor_new AND r.donor_id IS NOT NULL \
     AND NOT EXISTS (SELECT 1 FROM gift x WHERE x.donor_id = r.donor_id) \
     AND NOT EXISTS (SELECT 1 FROM payment x WHERE x.donor_id = r.donor_id) \
     AND NOT EXISTS (SELECT 1 FROM declaration x WHERE x.donor_id = r.donor_id) \
     AND NOT EXISTS (SELECT 1 FROM consent_entry x WHERE x.donor_id = r.donor_id) \
     AND NOT EXISTS (SELECT 1 FROM account x WHERE x.donor_id = r.donor_id) \
     AND NOT EXISTS (SELECT 1 FROM donor_note x WHERE x.donor_id = r.donor_id) \
     AND NOT EXISTS (SELECT 1 FROM donor_mail_pause x WHERE x.donor_id = r.donor_id) \
     AND NOT EXISTS (SELECT 1 FROM mail_outbox x WHERE x.donor_id = r.donor_id) \
     AND NOT EXISTS (SELECT 1 FROM statement x WHERE x.donor_id = r.donor_id) \
     AND NOT EXISTS (SELECT 1 FROM statement_item x WHERE x.donor_id = r.donor_id) \
     AND NOT EXISTS (SELECT 1 FROM offline_line x WHERE x.donor_id = r.donor_id) \
     AND NOT EXISTS (SELECT 1 FROM erasure x WHERE x.donor_id = r.donor_id) \
     AND NOT EXISTS (SELECT 1 FROM donor_merge x WHERE x.donor_id = r.donor_id OR x.merged_id = r.donor_id) \
     AND NOT EXISTS (SELECT 1 FROM donor_merge_record x WHERE x.record_id = r.donor_id) \
     AND NOT EXISTS (SELECT 1 FROM mailbox_proof x WHERE x.donor_id = r.donor_id) \
     AND NOT EXISTS (SELECT 1 FROM gift_correction x WHERE x.donor_id = r.donor_id) \
     AND NOT EXISTS (SELECT 1 FROM donor x WHERE x.owner_id = r.donor_id AND x.id <> r.donor_id) \
     AND NOT EXISTS (SELECT 1 FROM donor x WHERE x.id = r.donor_id AND x.owner_id <> x.id) \
     AND NOT EXISTS (SELECT 1 FROM import_row x WHERE x.donor_id = r.donor_id AND x.batch_id <> r.batch_id) \
     ORDER BY r.donor_id LIMIT CAST($2 AS BIGINT)";

/// Takes out the next donors that a file made and that nothing else is about; gives how many.
///
/// # Errors
/// When the database refuses.
pub async fn take_out_donors(tx: &mut WriteTx, batch: &ImportId, most: i64) -> Result<usize> {
    let rows = all!(tx, (DonorId,), FREE, batch, most)?;
    for (donor,) in &rows {
        exec!(
            tx,
            "UPDATE import_row SET donor_id = NULL WHERE batch_id = $1 AND donor_id = $2",
            batch,
            donor
        )?;
        exec!(tx, "DELETE FROM donor_term WHERE donor_id = $1", donor)?;
        exec!(tx, "DELETE FROM donor_address WHERE donor_id = $1", donor)?;
        exec!(tx, "DELETE FROM donor WHERE id = $1", donor)?;
    }
    Ok(rows.len())
}
