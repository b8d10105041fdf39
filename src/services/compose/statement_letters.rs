//! The letters about annual statements: one is ready, or another takes its place (RC-12).

use super::{entity, frame};
use crate::domain::money::Money;
use crate::domain::statement::StatementContent;
use crate::mail::views::{MailLink, MailRow};
use crate::mail::views_letter::Letter;
use crate::services::mailing::Rendered;
use crate::services::{Deps, Result};

/// "Your statement for 2025-26 is ready", or "has changed": a link, no figures of tax in the subject.
///
/// # Errors
/// When the charity file no longer has the entity, or the template fails.
pub fn ready(deps: &Deps, content: &StatementContent) -> Result<Rendered> {
    let entity = entity(deps, &content.entity.id)?;
    let (year, locale) = (&content.tax_year, content.entity.locale.as_str());
    let mut letter = Letter {
        frame: frame(
            deps,
            entity,
            format!("You got this because you gave to {} in the tax year.", entity.legal_name),
        ),
        subject: format!("Your giving statement for {year} is ready"),
        preheader: "Read it or save it in the donor portal.".to_owned(),
        heading: format!("Your statement for {year} is ready"),
        lead: format!("Dear {}, thank you for what you gave.", content.donor.receipt_name()),
        link: Some(MailLink::new(
            "See your statement",
            deps.config.base_url.join(&format!("/portal/statements/year/{}/{year}", content.entity.id)),
        )),
        rows: vec![MailRow::new("Statement", content.number.as_str())],
        closing: vec![
            "Keep it with your tax papers. You can get it again at any time in the donor portal.".to_owned(),
        ],
        ..Letter::default()
    };
    for block in &content.blocks {
        letter
            .rows
            .push(MailRow::new("You gave", Money::new(block.totals.counts, block.currency).display(locale)));
    }
    if let Some(old) = &content.replaces {
        letter.subject = format!("Your giving statement for {year} has changed");
        letter.preheader = "A new version takes the place of the old one.".to_owned();
        letter.heading = format!("Your statement for {year} has changed");
        letter.lead = format!(
            "Dear {}, please use the new version from now on. It takes the place of {}.",
            content.donor.receipt_name(),
            old.number
        );
        letter.paragraphs.clone_from(&old.changes);
        letter.closing = vec![
            "If you have used the old one for your tax return, tell your tax office or adviser.".to_owned(),
        ];
    }
    let kind = if content.replaces.is_some() { "statement_changed" } else { "statement_ready" };
    Ok(Rendered { kind, subject: letter.subject(), text: letter.text()?, html: letter.html()? })
}
