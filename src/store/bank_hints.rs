//! Who may have paid a line of a bank's file: what donors wrote, who paid before, whose name it is.

use sqlx::QueryBuilder;

use super::db::{Conn, Result, on};
use crate::domain::ids::DonorId;
use crate::domain::states::OfflineKind;

/// A text that names a donor: what was looked for, and whom it names.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Named {
    /// A donor's id, a gift's id, the number of a receipt, or a payer as compared.
    pub text: String,
    /// Whom it names; who a record counts for.
    pub donor_id: DonorId,
}

/// `IN` takes no empty list, and nothing is called nothing.
macro_rules! listed {
    ($q:expr, $texts:expr) => {{
        let mut list = $q.separated(", ");
        list.push_bind("");
        for text in $texts {
            list.push_bind(text.as_str());
        }
        list.push_unseparated(")");
    }};
}

/// Donors by their id, by the id of a gift or by the number of a receipt; and for each payer whose lines were matched with
/// one donor only, that donor.
///
/// # Errors
/// When the database refuses.
pub async fn named(conn: &mut Conn, references: &[String], payers: &[String]) -> Result<Vec<Named>> {
    macro_rules! run {
        ($t:expr) => {{
            let mut q = QueryBuilder::new("SELECT d.id AS text, d.owner_id AS donor_id FROM donor d WHERE d.id IN (");
            listed!(q, references);
            q.push(" UNION SELECT g.id, d.owner_id FROM gift g JOIN donor d ON d.id = g.donor_id WHERE g.id IN (");
            listed!(q, references);
            q.push(
                " UNION SELECT r.number, d.owner_id FROM receipt r JOIN gift g ON g.id = r.gift_id \
                 JOIN donor d ON d.id = g.donor_id WHERE r.number IN (",
            );
            listed!(q, references);
            q.push(
                " UNION SELECT l.payer_norm, MIN(d.owner_id) FROM bank_line l JOIN gift g ON g.id = l.gift_id \
                 JOIN donor d ON d.id = g.donor_id WHERE l.state = 'matched' AND l.payer_norm <> '' \
                 AND l.payer_norm IN (",
            );
            listed!(q, payers);
            q.push(" GROUP BY l.payer_norm HAVING COUNT(DISTINCT d.owner_id) = 1");
            q.build_query_as::<Named>().fetch_all(&mut **$t).await
        }};
    }
    on!(&mut *conn, t => run!(t))
}

/// The name of a donor who may be a payer.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Namesake {
    /// Who; who the record counts for.
    pub donor_id: DonorId,
    /// First name.
    pub given_name: String,
    /// Last name.
    pub family_name: String,
    /// The body they give for.
    pub organisation: Option<String>,
}

/// Donors whose names have both words of a pair; at most 500.
///
/// # Errors
/// When the database refuses.
pub async fn by_names(conn: &mut Conn, pairs: &[[String; 2]]) -> Result<Vec<Namesake>> {
    if pairs.is_empty() {
        return Ok(Vec::new());
    }
    macro_rules! run {
        ($t:expr) => {{
            let mut q = QueryBuilder::new(
                "SELECT d.owner_id AS donor_id, d.given_name, d.family_name, d.organisation FROM donor d WHERE d.id IN (",
            );
            for (n, [first, second]) in pairs.iter().enumerate() {
                q.push(if n > 0 { " UNION " } else { "" });
                q.push("SELECT a.donor_id FROM donor_term a JOIN donor_term b ON b.donor_id = a.donor_id AND b.term = ");
                q.push_bind(second.as_str()).push(" WHERE a.term = ").push_bind(first.as_str());
            }
            q.push(" UNION SELECT m.id FROM donor m WHERE m.terms_at IS NULL AND (");
            for (n, [first, second]) in pairs.iter().enumerate() {
                q.push(if n > 0 { " OR " } else { "" });
                for (word, and) in [(first, " AND "), (second, "")] {
                    q.push(
                        "LOWER(m.given_name || ' ' || m.family_name || ' ' || COALESCE(m.organisation, '')) LIKE ",
                    );
                    q.push_bind(format!("%{word}%")).push(and);
                }
            }
            q.push(")) LIMIT 500");
            q.build_query_as::<Namesake>().fetch_all(&mut **$t).await
        }};
    }
    on!(&mut *conn, t => run!(t))
}

/// What a donor's last gift without Stripe was for, and how it came.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct LastOffline {
    /// Whose.
    pub donor_id: DonorId,
    /// For which fund.
    pub fund_id: String,
    /// How it came.
    pub kind: OfflineKind,
}

/// The last gift without Stripe of each of these donors to an entity.
///
/// # Errors
/// When the database refuses.
pub async fn last_offline(conn: &mut Conn, donors: &[DonorId], entity: &str) -> Result<Vec<LastOffline>> {
    if donors.is_empty() {
        return Ok(Vec::new());
    }
    macro_rules! run {
        ($t:expr) => {{
            let mut q = QueryBuilder::new(
                "SELECT d.id AS donor_id, g.fund_id, o.kind FROM donor d JOIN gift g ON g.id = (SELECT p.id \
                 FROM gift p JOIN donor r ON r.id = p.donor_id WHERE r.owner_id = d.id \
                 AND p.stripe_payment_intent IS NULL AND p.entity_id = ",
            );
            q.push_bind(entity);
            q.push(
                " ORDER BY p.received_at DESC, p.id DESC LIMIT 1) JOIN offline_gift o ON o.gift_id = g.id \
                 WHERE d.id IN (",
            );
            let mut list = q.separated(", ");
            for id in donors {
                list.push_bind(id);
            }
            q.push(")");
            q.build_query_as::<LastOffline>().fetch_all(&mut **$t).await
        }};
    }
    on!(&mut *conn, t => run!(t))
}
