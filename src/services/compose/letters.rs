//! The words of the letters about an account, and of the one about a cheque that came back.

use super::frame;
use crate::clock::Ts;
use crate::config::Entity;
use crate::domain::dates;
use crate::domain::donor::mask_email;
use crate::domain::states::ProofPurpose;
use crate::mail::views::{MailFrame, MailLink, MailRow};
use crate::mail::views_letter::Letter;
use crate::services::accounts::secrets::{CODE_MARK, LINK_MARK};
use crate::services::mailing::Rendered;
use crate::services::{Deps, Result, ServiceError};
use crate::store::accounts::Account;
use crate::store::gifts::Gift;

/// The entity that answers for accounts: the first of the charity file.
fn home(deps: &Deps) -> Result<&Entity> {
    let first = deps.config.charity.entities.first();
    first.ok_or_else(|| ServiceError::Unexpected("the charity file has no entity".to_owned()))
}

fn account_frame(deps: &Deps) -> Result<MailFrame> {
    let brand = &deps.config.charity.brand.name;
    Ok(frame(deps, home(deps)?, format!("You got this because you have an account with {brand}.")))
}

fn rendered(kind: &'static str, letter: &Letter) -> Result<Rendered> {
    Ok(Rendered { kind, subject: letter.subject(), text: letter.text()?, html: letter.html()? })
}

/// `22 November 2026, 10:04`, in the first entity's zone, with the zone's name.
fn moment(deps: &Deps, at: Ts, locale: &str) -> Result<String> {
    let zone = &home(deps)?.time_zone;
    Ok(format!("{}, {}", dates::long(at.date_in(zone), locale), at.clock_time_in(zone)))
}

/// The mail that asks a mailbox. Link and code are filled in when it is sent.
///
/// # Errors
/// When the template fails.
pub fn question(deps: &Deps, purpose: ProofPurpose) -> Result<Rendered> {
    let brand = &deps.config.charity.brand.name;
    let reason = format!("You got this because someone typed this address at {brand}.");
    let (subject, heading, lead, button) = match purpose {
        ProofPurpose::SignIn => (
            format!("Your sign-in link for {brand}"),
            "Sign in",
            "Open this link in the browser where you asked for it. It works once, for 10 minutes.",
            "Sign in",
        ),
        ProofPurpose::SignUp => (
            format!("Confirm your address for {brand}"),
            "Confirm your address",
            "Open this link in the browser where you created your account. It works once, for 10 minutes.",
            "Confirm my address",
        ),
        ProofPurpose::Reset => (
            format!("Choose a new password for {brand}"),
            "Choose a new password",
            "Open this link in the browser where you asked for it. It works once, for 10 minutes. Until you have chosen a new password, the old one stays.",
            "Choose a new password",
        ),
        ProofPurpose::ChangeEmail => (
            format!("Confirm your new address for {brand}"),
            "Confirm your new address",
            "Open this link in the browser where you are signed in. It works once, for 10 minutes. Until then, nothing changes.",
            "Confirm this address",
        ),
    };
    let letter = Letter {
        frame: frame(deps, home(deps)?, reason),
        subject,
        preheader: "It works once, for 10 minutes.".to_owned(),
        heading: heading.to_owned(),
        lead: lead.to_owned(),
        link: Some(MailLink::new(button, deps.config.base_url.join(&format!("/sign-in/link/{LINK_MARK}")))),
        code_line: "In another browser, or on another device? Type this code there:".to_owned(),
        code: CODE_MARK.to_owned(),
        closing: vec![
            "Did you not ask for this? Then you can leave it: without the link or the code nobody gets in."
                .to_owned(),
            format!("Nobody from {brand} will ever ask you for the code."),
        ],
        ..Letter::default()
    };
    rendered("question", &letter)
}

/// "Your password was changed", to the account's mailbox.
///
/// # Errors
/// When the template fails.
pub fn password_changed(deps: &Deps, account: &Account, at: Ts) -> Result<Rendered> {
    let letter = Letter {
        frame: account_frame(deps)?,
        subject: "Your password was changed".to_owned(),
        preheader: "If it was you, there is nothing to do.".to_owned(),
        heading: "Your password was changed".to_owned(),
        lead: "You are signed out in every other browser. If it was you, there is nothing to do.".to_owned(),
        rows: vec![MailRow::new("When", moment(deps, at, &account.locale)?)],
        link: Some(MailLink::new("It was not me", deps.config.base_url.join("/password/forgot"))),
        closing: vec!["If it was not you, choose a new password with the button and write to us.".to_owned()],
        ..Letter::default()
    };
    rendered("password_changed", &letter)
}

/// "New sign-in to your account".
///
/// # Errors
/// When the template fails.
pub fn new_sign_in(deps: &Deps, account: &Account, agent: &str, at: Ts) -> Result<Rendered> {
    let letter = Letter {
        frame: account_frame(deps)?,
        subject: "A new browser signed in to your account".to_owned(),
        preheader: "If it was you, there is nothing to do.".to_owned(),
        heading: "A new browser signed in".to_owned(),
        lead: "Somebody signed in to your account with your password, in a browser we have not seen before. If it was you, there is nothing to do.".to_owned(),
        rows: vec![
            MailRow::new("Browser", agent),
            MailRow::new("When", moment(deps, at, &account.locale)?),
        ],
        link: Some(MailLink::new("It was not me", deps.config.base_url.join("/password/forgot"))),
        closing: vec![
            "If it was not you, choose a new password with the button: that signs the other browser out.".to_owned(),
        ],
        ..Letter::default()
    };
    rendered("new_sign_in", &letter)
}

/// "Your e-mail address was changed", to the old mailbox; the new one is shown in part.
///
/// # Errors
/// When the template fails.
pub fn mailbox_changed(deps: &Deps, before: &Account, new_email: &str, at: Ts) -> Result<Rendered> {
    let letter = Letter {
        frame: account_frame(deps)?,
        subject: "Your e-mail address was changed".to_owned(),
        preheader: "If it was you, there is nothing to do.".to_owned(),
        heading: "Your e-mail address was changed".to_owned(),
        lead: "From now on you sign in with the new address. If it was you, there is nothing to do."
            .to_owned(),
        rows: vec![
            MailRow::new("Old address", before.email.as_str()),
            MailRow::new("New address", mask_email(new_email)),
            MailRow::new("When", moment(deps, at, &before.locale)?),
        ],
        closing: vec!["If it was not you, answer this e-mail at once: we put it right.".to_owned()],
        ..Letter::default()
    };
    rendered("mailbox_changed", &letter)
}

/// "The address we write to has changed", to the mailbox that staff moved a donor away from. It may be a stranger's: it says
/// neither whose it was nor where mail goes now.
///
/// # Errors
/// When the template fails.
pub fn address_changed(deps: &Deps) -> Result<Rendered> {
    let brand = &deps.config.charity.brand.name;
    let reason = format!("You got this because {brand} wrote to this address about gifts until now.");
    let letter = Letter {
        frame: frame(deps, home(deps)?, reason),
        subject: "The address we write to has changed".to_owned(),
        preheader: "If you asked us for it, there is nothing to do.".to_owned(),
        heading: "The address we write to has changed".to_owned(),
        lead: format!(
            "A member of our staff has changed the address to which {brand} writes about gifts. From now on receipts go to another address than this one."
        ),
        paragraphs: vec!["If you asked us for it, or never gave to us, there is nothing to do.".to_owned()],
        closing: vec![
            "If you gave and did not ask for it, answer this e-mail at once: we put it right.".to_owned(),
        ],
        ..Letter::default()
    };
    rendered("address_changed", &letter)
}

/// What is wrong with the house, or that it is well again, to whoever runs it.
///
/// # Errors
/// When the template fails.
pub fn alarm(deps: &Deps, label: &str, words: &str, wrong: bool) -> Result<Rendered> {
    let brand = &deps.config.charity.brand.name;
    let reason =
        format!("You got this because alarms of {brand}'s donor portal go to this address (ALARM_EMAIL).");
    let heading =
        if wrong { format!("{label}: somebody has to act") } else { format!("{label}: well again") };
    let letter = Letter {
        frame: frame(deps, home(deps)?, reason),
        subject: format!("[{brand}] {heading}"),
        preheader: words.to_owned(),
        heading,
        lead: words.to_owned(),
        link: Some(MailLink::new("See how the house stands", deps.config.base_url.join("/staff/health"))),
        closing: vec![
            "You get one letter when something begins to be wrong, and one when it is over.".to_owned(),
        ],
        ..Letter::default()
    };
    rendered("alarm", &letter)
}

/// "Your access was reset", to a member of staff who was invited anew. `by`: who did it; none: at the server.
///
/// # Errors
/// When the template fails.
pub fn access_reset(deps: &Deps, by: Option<&str>, at: Ts) -> Result<Rendered> {
    let entity = home(deps)?;
    let brand = &deps.config.charity.brand.name;
    let (who, ask) = match by {
        Some(name) => (name.to_owned(), format!("ask {name}")),
        None => ("Somebody at the server".to_owned(), "ask whoever runs the server".to_owned()),
    };
    let letter = Letter {
        frame: frame(deps, entity, format!("You got this because you work in the office of {brand}.")),
        subject: format!("Your access to the office of {brand} was reset"),
        preheader: "What you signed in with works no longer.".to_owned(),
        heading: "Your access was reset".to_owned(),
        lead: "What you signed in with works no longer, and you are signed out everywhere. With a new invitation you set yourself up again.".to_owned(),
        rows: vec![MailRow::new("By", who), MailRow::new("When", moment(deps, at, &entity.locale)?)],
        closing: vec![format!(
            "If you expected it, {ask} for the link. If you did not, tell another colleague who manages staff at once: somebody may be trying to take your place."
        )],
        ..Letter::default()
    };
    rendered("access_reset", &letter)
}

/// "Receipt … is void", to whom a gift was not from (CA-5, RC-5). Whose it was is not said.
///
/// # Errors
/// When the charity file no longer has the entity, or the template fails.
pub fn receipt_void(deps: &Deps, gift: &Gift, number: &str) -> Result<Rendered> {
    let entity = super::entity(deps, &gift.entity_id)?;
    let locale = entity.locale.as_str();
    let (sum, day) = (gift.amount.display(locale), dates::long(gift.received_on.0, locale));
    let brand = &deps.config.charity.brand.name;
    let mut closing = vec![
        "Do not use it for your tax. If you have claimed relief with it, tell your tax office.".to_owned(),
    ];
    if gift.declaration_id.is_some() {
        closing.push("We claim no Gift Aid on it in your name.".to_owned());
    }
    closing.push("If you think that the gift was yours, answer this e-mail.".to_owned());
    let reason = format!("You got this because {brand} sent you receipt {number}.");
    let letter = Letter {
        frame: frame(deps, entity, reason),
        subject: format!("Receipt {number} is void"),
        preheader: format!("A gift of {sum} was put down to you by mistake."),
        heading: format!("Receipt {number} is void"),
        lead: format!(
            "A gift of {sum} that we received on {day} was put down to you by mistake. We are sorry. You owe nothing."
        ),
        rows: vec![
            MailRow::new("Receipt", number),
            MailRow::new("Amount", sum.as_str()),
            MailRow::new("Date received", day),
        ],
        closing,
        ..Letter::default()
    };
    rendered("receipt_void", &letter)
}

/// What the letter about a returned cheque tells.
#[derive(Clone, Copy, Debug)]
pub struct ReturnedFacts<'a> {
    /// The gift that was none.
    pub gift: &'a Gift,
    /// The receipt that is void.
    pub receipt_number: &'a str,
}

/// "Your cheque came back to us", to the donor (UK-9: it was never a donation; RC-9: what it means for the receipt and tax).
///
/// # Errors
/// When the template fails.
pub fn cheque_returned(deps: &Deps, facts: &ReturnedFacts<'_>) -> Result<Rendered> {
    let gift = facts.gift;
    let entity = super::entity(deps, &gift.entity_id)?;
    let locale = entity.locale.as_str();
    let amount = gift.amount.display(locale);
    let brand = &deps.config.charity.brand.name;
    let letter = Letter {
        frame: frame(deps, entity, format!("You got this because we received a cheque from you for {brand}.")),
        subject: format!("Your cheque for {amount} came back to us"),
        preheader: "Nothing was collected from your account.".to_owned(),
        heading: "Your cheque came back to us".to_owned(),
        lead: format!(
            "Dear {}, thank you for the cheque for {amount} that you sent us. Your bank has returned it unpaid, so nothing was collected from your account.",
            gift.donor.receipt_name()
        ),
        paragraphs: vec![format!(
            "Receipt {} is void from now on: please do not use it for your tax, nor count this gift in a claim.",
            facts.receipt_number
        )],
        rows: vec![
            MailRow::new("Amount", amount),
            MailRow::new("Received on", dates::long(gift.received_on.0, locale)),
            MailRow::new("Goes to", super::fund_name(deps, &gift.fund_id)),
            MailRow::new("Void receipt", facts.receipt_number),
        ],
        link: Some(MailLink::new("Give another way", deps.config.base_url.join("/give"))),
        closing: vec![
            "This often has a simple cause, such as a missing signature or an old date. You owe us nothing. If something puzzles you, answer this e-mail.".to_owned(),
        ],
        ..Letter::default()
    };
    rendered("cheque_returned", &letter)
}
