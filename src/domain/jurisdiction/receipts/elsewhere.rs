//! Australia and the Netherlands: receipts without a prescribed form.

use super::super::of;
use super::{Blocked, Facts, Terms, advantage, home_currency, in_return, line, thanks};
use crate::domain::receipt::{LawLine, ReceiptForm};

/// The lines of those registrations whose label or number names one of `marks`.
fn registrations(f: &Facts<'_>, marks: &[&str]) -> Vec<LawLine> {
    let named = |text: &str| text.split(|c: char| !c.is_alphanumeric()).any(|word| marks.contains(&word));
    let found = f.registrations.iter().filter(|(label, number)| {
        !number.trim().is_empty() && (named(&label.to_uppercase()) || named(&number.to_uppercase()))
    });
    found.map(|(label, number)| line(label, number.clone())).collect()
}

/// AU-1: name, ABN, and that it is for a gift; AU-2: below the smallest deductible gift, or with something in return, it is
/// a receipt that makes no claim (case 84).
pub(super) fn australian_gift(f: &Facts<'_>) -> Terms {
    let law = registrations(f, &["ABN"]);
    if law.is_empty() {
        let none = "This document is not a receipt for tax purposes.";
        return thanks(vec![none.to_owned()], Some(Blocked::Missing(vec!["the ABN"])));
    }
    let least = of("AU").and_then(|law| law.deductible_from(f.received_on)).unwrap_or(0);
    let too_small = home_currency(f) && f.amount.minor() < least;
    if advantage(f).is_some() {
        let mut statements = in_return(f);
        statements
            .push("Because of that, this receipt makes no claim that your payment is deductible.".to_owned());
        return Terms { statements, law, ..Terms::default() };
    }
    if too_small {
        return Terms { law, ..Terms::default() };
    }
    let statements = vec![format!("This receipt is for a gift to {}.", f.legal_name)];
    Terms { form: ReceiptForm::DgrReceipt, statements, law, ..Terms::default() }
}

/// The summary of a year, beside the receipts of each gift (AU-1, AU-3).
pub(super) fn australian_year(f: &Facts<'_>) -> Terms {
    let law = registrations(f, &["ABN"]);
    if law.is_empty() {
        let none = "This document is not a receipt for tax purposes.";
        return thanks(vec![none.to_owned()], Some(Blocked::Missing(vec!["the ABN"])));
    }
    let least = of("AU").and_then(|law| law.deductible_from(f.received_on)).unwrap_or(0);
    let least = crate::domain::money::Money::new(least, f.amount.currency()).display(f.locale);
    let statements = vec![
        format!("This summary is for gifts to {}.", f.legal_name),
        format!("A gift below {least}, or one for which you received something, is not deductible."),
    ];
    Terms { statements, law, ..Terms::default() }
}

/// NL-1: there is no prescribed receipt; the donor proves a gift with their bank's record. RSIN and ANBI are told where the
/// charity file has them, on the receipt of a gift and on the overview of a year.
pub(super) fn dutch(f: &Facts<'_>) -> Terms {
    let dutch = f.locale.starts_with("nl");
    let law = registrations(f, &["RSIN", "ANBI", "FISCAALNUMMER"]);
    let mut statements = Vec::new();
    if !registrations(f, &["ANBI"]).is_empty() {
        statements.push(if dutch {
            format!("{} is een algemeen nut beogende instelling (ANBI).", f.legal_name)
        } else {
            format!("{} is an ANBI, a public benefit organisation under Dutch tax law.", f.legal_name)
        });
    }
    match advantage(f) {
        Some(a) if dutch => {
            statements.push(format!("Voor uw gift ontving u: {}.", super::described(a, f.locale)));
        }
        Some(_) => statements.extend(in_return(f)),
        None => {}
    }
    let proof = if dutch {
        "Bewaar uw bankafschrift: daarmee toont u uw gift aan bij de Belastingdienst."
    } else {
        "Keep your bank statement: with it you show your gift to the Dutch tax office."
    };
    statements.push(proof.to_owned());
    Terms { statements, law, ..Terms::default() }
}
