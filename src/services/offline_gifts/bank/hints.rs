//! Who may have paid a line: by what they wrote, by who paid so before, by their name; each with its reason.

use std::collections::BTreeSet;

use crate::domain::ids::{DonorId, GiftId};
use crate::domain::offline::{same_name, telling_words, words};
use crate::domain::receipt;
use crate::domain::states::OfflineKind;
use crate::services::Deps;
use crate::store::bank::BankLine;
use crate::store::bank_hints::{self, Named, Namesake};
use crate::store::offline_donors::{self, Found};
use crate::store::{Conn, Result};

/// Why a donor is suggested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The reference names them.
    Reference(String),
    /// A line of this payer was theirs before.
    PaidBefore,
    /// They have the same name.
    SameName,
}

impl Why {
    /// Sure enough to be taken with others at one press.
    pub fn is_exact(&self) -> bool {
        matches!(self, Why::Reference(_) | Why::PaidBefore)
    }

    /// For people: "the reference holds LFT-2026-00000042".
    pub fn in_words(&self) -> String {
        match self {
            Why::Reference(text) => format!("the reference holds {text}"),
            Why::PaidBefore => "this payer gave before".to_owned(),
            Why::SameName => "the name is the same".to_owned(),
        }
    }
}

/// A donor who may have paid a line.
#[derive(Clone, Debug)]
pub struct Suggestion {
    /// Who.
    pub donor: Found,
    /// Why.
    pub why: Why,
    /// For which fund their last gift without Stripe was; none yet.
    pub fund_id: Option<String>,
    /// How that came.
    pub kind: OfflineKind,
}

/// A suggestion for each line that has one; lines are of one entity. Four queries, however many lines.
///
/// # Errors
/// When the database refuses.
pub async fn suggest(
    deps: &Deps,
    conn: &mut Conn,
    lines: &[BankLine],
    entity: &str,
) -> Result<Vec<Option<Suggestion>>> {
    let prefixes: Vec<&str> =
        deps.config.charity.entities.iter().map(|e| e.receipt_prefix.as_str()).collect();
    let references: Vec<Vec<String>> = lines.iter().map(|l| names_in(&l.reference, &prefixes)).collect();
    let payers: Vec<String> = unique(lines.iter().map(|l| l.payer_norm.clone()));
    let payer_words: Vec<Vec<String>> = lines.iter().map(|l| words(&l.payer)).collect();
    let named = bank_hints::named(conn, &unique(references.iter().flatten().cloned()), &payers).await?;
    let pairs: Vec<[String; 2]> = unique(payer_words.iter().filter_map(|w| telling_words(w)));
    let namesakes = bank_hints::by_names(conn, &pairs).await?;
    let chosen: Vec<Option<(DonorId, Why)>> = lines
        .iter()
        .zip(&references)
        .zip(&payer_words)
        .map(|((line, references), payer)| choose(line, references, payer, &named, &namesakes))
        .collect();
    let ids: Vec<DonorId> = unique(chosen.iter().flatten().map(|(id, _)| id.clone()));
    let donors = offline_donors::by_ids(conn, &ids).await?;
    let last = bank_hints::last_offline(conn, &ids, entity).await?;
    let whole = |(id, why): (DonorId, Why)| {
        let donor = donors.iter().find(|d| d.id == id)?.clone();
        let before = last.iter().find(|l| l.donor_id == id);
        let kind = match before.map(|b| b.kind) {
            Some(OfflineKind::StandingOrder) => OfflineKind::StandingOrder,
            _ => OfflineKind::BankTransfer,
        };
        Some(Suggestion { donor, why, fund_id: before.map(|b| b.fund_id.clone()), kind })
    };
    Ok(chosen.into_iter().map(|c| c.and_then(whole)).collect())
}

fn unique<T: Ord>(all: impl Iterator<Item = T>) -> Vec<T> {
    all.collect::<BTreeSet<T>>().into_iter().collect()
}

/// The one donor that a line's reference, payer or name stands for; where it could be two, nobody is suggested by it.
fn choose(
    line: &BankLine,
    references: &[String],
    payer: &[String],
    named: &[Named],
    namesakes: &[Namesake],
) -> Option<(DonorId, Why)> {
    let one = |texts: &[String]| {
        let ids: BTreeSet<&DonorId> =
            named.iter().filter(|n| texts.contains(&n.text)).map(|n| &n.donor_id).collect();
        (ids.len() == 1).then(|| ids.into_iter().next().cloned()).flatten()
    };
    if let Some(id) = one(references) {
        let text = named.iter().find(|n| n.donor_id == id && references.contains(&n.text));
        return Some((id, Why::Reference(text.map(|n| n.text.clone()).unwrap_or_default())));
    }
    if !line.payer_norm.is_empty()
        && let Some(id) = one(std::slice::from_ref(&line.payer_norm))
    {
        return Some((id, Why::PaidBefore));
    }
    let is_payer = |n: &&Namesake| {
        let person = words(&format!("{} {}", n.given_name, n.family_name));
        let body = words(n.organisation.as_deref().unwrap_or_default());
        same_name(payer, &person) || same_name(payer, &body)
    };
    let ids: BTreeSet<&DonorId> = namesakes.iter().filter(is_payer).map(|n| &n.donor_id).collect();
    match ids.len() {
        1 => ids.into_iter().next().map(|id| (id.clone(), Why::SameName)),
        _ => None,
    }
}

/// What of ours a text names, however the bank spaced and capitalised it: a donor's id, a gift's, a receipt's number.
fn names_in(text: &str, prefixes: &[&str]) -> Vec<String> {
    let compact: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    let (lower, upper) = (compact.to_ascii_lowercase(), compact.to_ascii_uppercase());
    let mut found = Vec::new();
    for (mark, prefix) in [("dnr", DonorId::PREFIX), ("gift", GiftId::PREFIX)] {
        for (at, _) in lower.match_indices(mark) {
            let body = lower.get(at + mark.len()..at + mark.len() + 26).unwrap_or_default();
            let id = format!("{prefix}{body}");
            if id.parse::<DonorId>().is_ok() || id.parse::<GiftId>().is_ok() {
                found.push(id);
            }
        }
    }
    for prefix in prefixes {
        for (at, _) in upper.match_indices(prefix) {
            let digits: String =
                upper.chars().skip(at + prefix.len()).take_while(char::is_ascii_digit).take(12).collect();
            let (year, serial) = digits.split_at_checked(4).unwrap_or_default();
            if let (Ok(year), Ok(serial)) = (year.parse::<i64>(), serial.parse::<i64>()) {
                found.push(receipt::number(prefix, year, serial));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::names_in;

    #[test]
    fn banks_space_and_capitalise_as_they_like() {
        let names = |text: &str| names_in(text, &["LFT", "LFUS"]);
        let number = crate::domain::receipt::number("LFT", 2026, 42);
        for text in [number.as_str(), "lft 2026 00000042 thanks", "GIFT LFT202600000042", "LFT/2026/42"] {
            assert_eq!(names(text), vec![number.clone()], "{text}");
        }
        let id = "dnr_01kb3v8q7d6s2f0000000000za";
        for text in
            [id.to_owned(), id.to_uppercase().replace('_', " "), format!("REF {}", id.replace('_', ""))]
        {
            assert_eq!(names(&text), vec![id.to_owned()], "{text}");
        }
        assert_eq!(names("DNR LFT 2026 hello £££ é"), Vec::<String>::new());
    }
}
