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
    /// The reference holds a receipt's number without all of its digits, which may as well be something else.
    Shortened(String),
    /// Every line of this payer that became a gift was theirs.
    PaidBefore {
        /// And the payer has their name: who else pays from that account is not taken for them.
        same_name: bool,
    },
    /// They have the same name.
    SameName,
}

impl Why {
    /// Sure enough to be taken with others at one press.
    pub fn is_exact(&self) -> bool {
        matches!(self, Why::Reference(_) | Why::PaidBefore { same_name: true })
    }

    /// For people: "the reference holds LFT-2026-00000042".
    pub fn in_words(&self) -> String {
        match self {
            Why::Reference(text) => format!("the reference holds {text}"),
            Why::Shortened(text) => format!("the reference may mean {text}"),
            Why::PaidBefore { .. } => "this payer gave before".to_owned(),
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
    let references: Vec<Names> = lines.iter().map(|l| names_in(&l.reference, &prefixes)).collect();
    let texts = unique(references.iter().flat_map(|r| r.whole.iter().chain(&r.shortened)).cloned());
    let payers: Vec<String> = unique(lines.iter().map(|l| l.payer_norm.clone()));
    let payer_words: Vec<Vec<String>> = lines.iter().map(|l| words(&l.payer)).collect();
    let named = bank_hints::named(conn, &texts, &payers).await?;
    let pairs: Vec<[String; 2]> = unique(payer_words.iter().filter_map(|w| telling_words(w)));
    let namesakes = bank_hints::by_names(conn, &pairs).await?;
    let chosen: Vec<Option<(DonorId, Why)>> = lines
        .iter()
        .zip(&references)
        .zip(&payer_words)
        .map(|((line, references), payer)| choose(&line.payer_norm, references, payer, &named, &namesakes))
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

/// What of ours a reference names.
#[derive(Debug, Default, PartialEq, Eq)]
struct Names {
    /// A donor's id, a gift's, a receipt's number with all of its digits.
    whole: Vec<String>,
    /// Numbers of receipts, filled up to all of their digits.
    shortened: Vec<String>,
}

/// The one donor that a line's reference, payer or name stands for; where it could be two, nobody is suggested by it.
fn choose(
    payer_norm: &str,
    references: &Names,
    payer: &[String],
    named: &[Named],
    namesakes: &[Namesake],
) -> Option<(DonorId, Why)> {
    let one = |texts: &[String]| {
        let ids: BTreeSet<&DonorId> =
            named.iter().filter(|n| texts.contains(&n.text)).map(|n| &n.donor_id).collect();
        (ids.len() == 1).then(|| ids.into_iter().next().cloned()).flatten()
    };
    let text_of = |id: &DonorId, texts: &[String]| {
        let text = named.iter().find(|n| n.donor_id == *id && texts.contains(&n.text));
        text.map(|n| n.text.clone()).unwrap_or_default()
    };
    if let Some(id) = one(&references.whole) {
        let text = text_of(&id, &references.whole);
        return Some((id, Why::Reference(text)));
    }
    let is_payer = |n: &&Namesake| {
        let person = words(&format!("{} {}", n.given_name, n.family_name));
        let body = words(n.organisation.as_deref().unwrap_or_default());
        same_name(payer, &person) || same_name(payer, &body)
    };
    let ids: BTreeSet<&DonorId> = namesakes.iter().filter(is_payer).map(|n| &n.donor_id).collect();
    let before = one(&[payer_norm.to_owned()]).filter(|_| !payer_norm.is_empty());
    let shortened = one(&references.shortened);
    let same_name = before.as_ref().is_some_and(|id| ids.contains(id));
    match (shortened, before) {
        (other, Some(id)) if same_name && other.as_ref().is_none_or(|o| *o == id) => {
            Some((id, Why::PaidBefore { same_name }))
        }
        (Some(id), _) => {
            let text = text_of(&id, &references.shortened);
            Some((id, Why::Shortened(text)))
        }
        (None, Some(id)) => Some((id, Why::PaidBefore { same_name: false })),
        (None, None) if ids.len() == 1 => ids.into_iter().next().map(|id| (id.clone(), Why::SameName)),
        (None, None) => None,
    }
}

/// Digits of a receipt's serial.
const SERIAL: usize = 8;

/// What of ours a text names, however the bank spaced and capitalised it: a donor's id, a gift's, a receipt's number.
fn names_in(text: &str, prefixes: &[&str]) -> Names {
    let compact: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    let (lower, upper) = (compact.to_ascii_lowercase(), compact.to_ascii_uppercase());
    let mut found = Names::default();
    for (mark, prefix) in [("dnr", DonorId::PREFIX), ("gift", GiftId::PREFIX)] {
        for (at, _) in lower.match_indices(mark) {
            let body = lower.get(at + mark.len()..at + mark.len() + 26).unwrap_or_default();
            let id = format!("{prefix}{body}");
            if id.parse::<DonorId>().is_ok() || id.parse::<GiftId>().is_ok() {
                found.whole.push(id);
            }
        }
    }
    for prefix in prefixes {
        for (at, _) in upper.match_indices(prefix) {
            let digits: String = upper
                .chars()
                .skip(at + prefix.len())
                .take_while(char::is_ascii_digit)
                .take(4 + SERIAL)
                .collect();
            let (year, serial) = digits.split_at_checked(4).unwrap_or_default();
            let places = serial.len();
            if let (Ok(year), Ok(serial)) = (year.parse::<i64>(), serial.parse::<i64>()) {
                let list = if places == SERIAL { &mut found.whole } else { &mut found.shortened };
                list.push(receipt::number(prefix, year, serial));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn donor(n: u8) -> DonorId {
        format!("dnr_0000000000000000000000000{n}").parse().unwrap()
    }

    fn named(text: &str, n: u8) -> Named {
        Named { text: text.to_owned(), donor_id: donor(n) }
    }

    fn namesake(n: u8, given: &str, family: &str) -> Namesake {
        let (given_name, family_name) = (given.to_owned(), family.to_owned());
        Namesake { donor_id: donor(n), given_name, family_name, organisation: None }
    }

    fn chosen(
        payer: &str,
        reference: &str,
        named: &[Named],
        namesakes: &[Namesake],
    ) -> Option<(DonorId, Why)> {
        let payer = words(payer);
        choose(&payer.join(" "), &names_in(reference, &["LFT"]), &payer, named, namesakes)
    }

    #[test]
    fn a_payer_is_sure_only_with_the_name_of_the_one_who_paid_so_before() {
        let why = |payer: &str, named: &[Named], namesakes: &[Namesake]| {
            chosen(payer, "", named, namesakes).map(|(id, why)| (id, why.is_exact()))
        };
        let ada = [namesake(1, "Ada", "Marsh")];
        assert_eq!(why("MARSH ADA MRS", &[named("marsh ada mrs", 1)], &ada), Some((donor(1), true)));
        assert_eq!(why("FERN BANK", &[named("fern bank", 1)], &ada), Some((donor(1), false)));
        assert_eq!(why("A MARSH", &[named("a marsh", 1)], &ada), Some((donor(1), false)));
        let other = [namesake(2, "Ada", "Marsh")];
        assert_eq!(why("ADA MARSH", &[named("ada marsh", 1)], &other), Some((donor(1), false)));
        let two = [named("a marsh", 1), named("a marsh", 2)];
        assert_eq!(why("A MARSH", &two, &[]), None, "two donors paid so");
        assert_eq!(why("", &[named("", 1)], &[]), None, "nobody is called nothing");
        assert_eq!(why("Strauß Jørn", &[], &[namesake(3, "Jorn", "Strauss")]), Some((donor(3), false)));
    }

    #[test]
    fn a_shortened_number_is_a_guess() {
        let (number, ada) = (receipt::number("LFT", 2026, 42), [namesake(1, "Ada", "Marsh")]);
        let why = |reference: &str, named: &[Named]| chosen("ADA MARSH", reference, named, &ada);
        let receipt = named(&number, 2);
        let whole = why("lft 2026 00000042", std::slice::from_ref(&receipt));
        assert_eq!(whole, Some((donor(2), Why::Reference(number.clone()))));
        let short = why("LFT 2026 42", std::slice::from_ref(&receipt)).unwrap();
        assert_eq!(short, (donor(2), Why::Shortened(number.clone())));
        assert!(!short.1.is_exact());
        let torn = why("LFT 2026 42", &[receipt, named("ada marsh", 1)]).unwrap();
        assert_eq!(torn, (donor(2), Why::Shortened(number.clone())), "payer and reference name two");
        let agreed = why("LFT 2026 42", &[named(&number, 1), named("ada marsh", 1)]).unwrap();
        assert_eq!(agreed, (donor(1), Why::PaidBefore { same_name: true }));
    }

    #[test]
    fn banks_space_and_capitalise_as_they_like() {
        let names = |text: &str| names_in(text, &["LFT", "LFUS"]);
        let number = receipt::number("LFT", 2026, 42);
        for text in [number.as_str(), "lft 2026 00000042 thanks", "GIFT LFT202600000042"] {
            assert_eq!(names(text), Names { whole: vec![number.clone()], shortened: Vec::new() }, "{text}");
        }
        for text in ["LFT/2026/42", "LFT 2026 0000042"] {
            assert_eq!(names(text), Names { whole: Vec::new(), shortened: vec![number.clone()] }, "{text}");
        }
        let id = "dnr_01kb3v8q7d6s2f0000000000za";
        for text in
            [id.to_owned(), id.to_uppercase().replace('_', " "), format!("REF {}", id.replace('_', ""))]
        {
            assert_eq!(names(&text).whole, vec![id.to_owned()], "{text}");
        }
        assert_eq!(names("DNR LFT 2026 hello £££ é"), Names::default());
    }
}
