//! The words of the letters about a plan.

use super::{entity, frame, fund_name, gift_noun};
use crate::clock::Ts;
use crate::config::Entity;
use crate::domain::dates;
use crate::domain::frequency::Frequency;
use crate::domain::states::{ChangeKind, EndedWhy, FailureReason, PauseKind};
use crate::domain::terms::{Difference, Terms};
use crate::mail::views::{MailFrame, MailLink, MailRow};
use crate::mail::views_letter::Letter;
use crate::services::mailing::Rendered;
use crate::services::pledges::links::{self, Purpose};
use crate::services::receipts::method_text;
use crate::services::{Deps, Result};
use crate::store::pledge_changes::PledgeChange;
use crate::store::pledges::Pledge;
use crate::store::recoveries::Recovery;

/// Whom a letter is for.
#[derive(Clone, Debug)]
pub struct Reader {
    /// How dates and sums are written.
    pub locale: String,
    /// First name; may be empty.
    pub given_name: String,
}

impl Reader {
    /// `Ada, your` or `Your`.
    fn your(&self) -> String {
        if self.given_name.is_empty() { "Your".to_owned() } else { format!("{}, your", self.given_name) }
    }
}

/// A plan in words, for one reader.
struct Words<'a> {
    deps: &'a Deps,
    reader: &'a Reader,
    entity: &'a Entity,
}

impl<'a> Words<'a> {
    fn of(deps: &'a Deps, reader: &'a Reader, pledge: &Pledge) -> Result<Words<'a>> {
        Ok(Words { deps, reader, entity: entity(deps, &pledge.entity_id)? })
    }

    fn day(&self, at: Ts) -> String {
        dates::long(at.date_in(&self.entity.time_zone), &self.reader.locale)
    }

    /// `£25.00 a month`.
    fn sum(&self, terms: &Terms) -> String {
        format!("{} {}", terms.total().display(&self.reader.locale), terms.frequency.adverb())
    }

    fn frame(&self, pledge: &Pledge) -> MailFrame {
        let brand = &self.deps.config.charity.brand.name;
        let noun = gift_noun(pledge.frequency);
        frame(self.deps, self.entity, format!("You got this because you have a {noun} to {brand}."))
    }

    fn portal(&self, label: &str) -> MailLink {
        MailLink::new(label, self.deps.config.base_url.join("/portal/monthly"))
    }

    fn link(&self, label: &str, purpose: &Purpose) -> MailLink {
        MailLink::new(label, links::address(self.deps, purpose))
    }

    fn method(&self, pledge: &Pledge) -> String {
        let label = pledge.method_label.as_deref().unwrap_or("Your payment method");
        method_text(label, pledge.method_last4.as_deref())
    }

    /// What a difference was and is, as two lines.
    fn difference(&self, what: Difference, was: &Terms, is: &Terms) -> Vec<MailRow> {
        let pair = |label: &str, from: String, to: String| {
            vec![MailRow::new(format!("{label} before"), from), MailRow::new(format!("{label} now"), to)]
        };
        let plain = |t: &Terms| t.amount().display(&self.reader.locale);
        match what {
            Difference::Total => pair("Gift", self.sum(was), self.sum(is)),
            Difference::Split => pair("Without the fee", plain(was), plain(is)),
            Difference::Frequency => {
                pair("How often", often(was.frequency).to_owned(), often(is.frequency).to_owned())
            }
            Difference::Fund => {
                let (from, to) = (fund_name(self.deps, &was.fund_id), fund_name(self.deps, &is.fund_id));
                vec![MailRow::new("Went to", from), MailRow::new("Goes to", to)]
            }
            Difference::Day => vec![MailRow::new("Next gift before", self.day(was.next_at))],
            Difference::Pause | Difference::End | Difference::Ended | Difference::Method => Vec::new(),
        }
    }
}

/// `every month`.
pub fn often(frequency: Frequency) -> &'static str {
    match frequency {
        Frequency::Once => "once",
        Frequency::Monthly => "every month",
        Frequency::Quarterly => "every three months",
        Frequency::Yearly => "every year",
    }
}

fn rendered(kind: &'static str, letter: &Letter) -> Result<Rendered> {
    Ok(Rendered { kind, subject: letter.subject(), text: letter.text()?, html: letter.html()? })
}

/// "You changed your monthly gift", with what it was, what it is and the way back.
///
/// # Errors
/// When the template fails.
pub fn changed(
    deps: &Deps,
    reader: &Reader,
    pledge: &Pledge,
    change: &PledgeChange,
    (was, is): (&Terms, &Terms),
    now: Ts,
) -> Result<Rendered> {
    let words = Words::of(deps, reader, pledge)?;
    let noun = gift_noun(is.frequency);
    let next = is.schedule().first();
    let mut rows: Vec<MailRow> =
        was.differences(is).into_iter().flat_map(|what| words.difference(what, was, is)).collect();
    for skipped in is.schedule().skipped().into_iter().take(12) {
        rows.push(MailRow::new("Left out", words.day(skipped)));
    }
    if let Some(last) = is.schedule().last() {
        rows.push(MailRow::new("Last gift", words.day(last)));
    }
    if let Some(at) = next {
        rows.push(MailRow::new(
            "Next gift",
            format!("{} on {}", is.total().display(&reader.locale), words.day(at)),
        ));
    }
    let by_us = change.kind == ChangeKind::Elsewhere;
    let subject = subject_of(&words, change.kind, (was, is), next);
    let can_undo = !by_us && is.without(was, is, now).is_some();
    let letter = Letter {
        frame: words.frame(pledge),
        preheader: next.map_or_else(String::new, |at| format!("Next gift: {}.", words.day(at))),
        heading: if by_us { format!("Your {noun} was changed") } else { format!("You changed your {noun}") },
        lead: format!("{subject}."),
        subject,
        rows,
        link: Some(if can_undo {
            words.link("Take this change back", &Purpose::Undo(change.id.clone()))
        } else {
            words.portal("See your gift")
        }),
        closing: vec![if by_us {
            "We changed it for you. If you did not expect that, answer this e-mail.".to_owned()
        } else {
            "Did you not ask for this? Take it back with the button, or answer this e-mail.".to_owned()
        }],
        ..Letter::default()
    };
    rendered("plan_changed", &letter)
}

/// "Your change could not be made": it stays as it was.
///
/// # Errors
/// When the template fails.
pub fn not_changed(deps: &Deps, reader: &Reader, pledge: &Pledge) -> Result<Rendered> {
    let words = Words::of(deps, reader, pledge)?;
    let noun = gift_noun(pledge.frequency);
    let letter = Letter {
        frame: words.frame(pledge),
        subject: format!("Your {noun} could not be changed"),
        preheader: "It stays as it was.".to_owned(),
        heading: format!("Your {noun} stays as it was"),
        lead: "You asked for a change, and it could not be made. Nothing was changed and nothing was taken. Please try again, or answer this e-mail.".to_owned(),
        rows: vec![MailRow::new(
            "Gift",
            format!("{} {}", pledge.total().display(&reader.locale), pledge.frequency.adverb()),
        )],
        link: Some(words.portal("See your gift")),
        ..Letter::default()
    };
    rendered("plan_not_changed", &letter)
}

/// The news in one line, without a full stop: it is the subject too.
fn subject_of(words: &Words<'_>, kind: ChangeKind, (was, is): (&Terms, &Terms), next: Option<Ts>) -> String {
    let noun = gift_noun(is.frequency);
    let from = next.map(|at| format!(" from {}", words.day(at))).unwrap_or_default();
    let sum = |t: &Terms| t.total().display(&words.reader.locale);
    let about = was.differences(is);
    match about.first() {
        Some(Difference::Total) if kind == ChangeKind::Elsewhere => {
            format!("Your {noun} goes from {} to {}{from}", sum(was), sum(is))
        }
        Some(Difference::Total) => format!("You changed your {noun} from {} to {}{from}", sum(was), sum(is)),
        Some(Difference::Frequency) => format!("You now give {} {}{from}", sum(is), often(is.frequency)),
        Some(Difference::Fund) => format!("Your {noun} now goes to {}", fund_name(words.deps, &is.fund_id)),
        Some(Difference::Day) => format!("Your {noun} moves to another day{from}"),
        Some(Difference::Pause) if is.pause == PauseKind::No => format!("Your {noun} goes on{from}"),
        Some(Difference::Pause) => match is.schedule().skipped().as_slice() {
            [one] => format!("Your gift of {} is left out", words.day(*one)),
            _ => format!("Your {noun} is paused; it goes on{from}"),
        },
        Some(Difference::End) => match is.schedule().last() {
            Some(last) => format!("Your {noun} ends with the one of {}", words.day(last)),
            None => format!("Your {noun} goes on until you stop it"),
        },
        _ => format!("Your {noun} was changed"),
    }
}

/// "Your monthly gift is stopped": the proof that nothing more is taken, whoever ended it, and the way back.
///
/// # Errors
/// When the template fails.
pub fn stopped(deps: &Deps, reader: &Reader, pledge: &Pledge, why: EndedWhy, now: Ts) -> Result<Rendered> {
    let words = Words::of(deps, reader, pledge)?;
    let noun = gift_noun(pledge.frequency);
    let brand = &deps.config.charity.brand;
    let (subject, lead) = match why {
        EndedWhy::Asked => (
            format!("Your {noun} is stopped"),
            "As you asked, nothing more will be taken. Thank you for every one of your gifts.".to_owned(),
        ),
        EndedWhy::Failed => (
            format!("Your {noun} has ended"),
            "We tried several times to collect your last gift and your bank did not send it. We have stopped trying: nothing more will be taken, and you owe us nothing.".to_owned(),
        ),
        EndedWhy::Date => (
            format!("Your {noun} has ended as planned"),
            "The last day you had chosen has come. Nothing more will be taken. Thank you for every one of your gifts.".to_owned(),
        ),
        EndedWhy::Elsewhere => (
            format!("Your {noun} is stopped"),
            format!("{} has stopped it. Nothing more will be taken. If you did not expect that, answer this e-mail.", brand.name),
        ),
    };
    let can_restart = pledge.stripe_method.is_some() && pledge.stripe_customer.is_some();
    let letter = Letter {
        frame: words.frame(pledge),
        preheader: "Nothing more will be taken.".to_owned(),
        heading: subject.clone(),
        subject,
        lead,
        rows: vec![
            MailRow::new(
                "Gift",
                format!("{} {}", pledge.total().display(&reader.locale), pledge.frequency.adverb()),
            ),
            MailRow::new("For", fund_name(deps, &pledge.fund_id)),
            MailRow::new("Stopped on", words.day(pledge.ended_at.unwrap_or(now))),
        ],
        link: Some(if can_restart {
            words.link("Begin it again", &Purpose::Restart(pledge.id.clone()))
        } else {
            MailLink::new("Give again", deps.config.base_url.join("/give"))
        }),
        closing: pledge
            .is_paid_by_debit()
            .then(|| "A Direct Debit that is with your bank already can still arrive; you get a receipt if it does.".to_owned())
            .into_iter()
            .chain(["Your receipts stay where they are, and so does your account.".to_owned()])
            .collect(),
        ..Letter::default()
    };
    rendered("plan_stopped", &letter)
}

/// What it is paid with has changed.
///
/// # Errors
/// When the template fails.
pub fn method(deps: &Deps, reader: &Reader, pledge: &Pledge, by_bank: bool) -> Result<Rendered> {
    let words = Words::of(deps, reader, pledge)?;
    let noun = gift_noun(pledge.frequency);
    let subject = format!("Your {noun} is now paid with {}", words.method(pledge));
    let mut rows = vec![MailRow::new("Paid with", words.method(pledge))];
    rows.extend(
        pledge
            .method_expires
            .as_deref()
            .map(|month| MailRow::new("Expires", month_words(month, &reader.locale))),
    );
    rows.extend(pledge.next_charge_at.map(|at| MailRow::new("Next gift", words.day(at))));
    let letter = Letter {
        frame: words.frame(pledge),
        preheader: "There is nothing to do.".to_owned(),
        heading: "Your payment details are up to date".to_owned(),
        lead: if by_bank {
            "Your bank has sent us the details of your new card, so your gifts go on by themselves. There is nothing to do.".to_owned()
        } else {
            format!("{subject}. From now on each gift is taken from there.")
        },
        subject,
        rows,
        link: Some(words.portal("See your gift")),
        closing: vec!["Wasn’t you? Answer this e-mail at once: we put it right.".to_owned()],
        ..Letter::default()
    };
    rendered("plan_method", &letter)
}

/// `May 2027` from `2027-05`.
pub fn month_words(month: &str, locale: &str) -> String {
    match format!("{month}-01").parse() {
        Ok(date) => dates::month(date, locale),
        Err(_) => month.to_owned(),
    }
}

/// Why a charge failed, as a sentence.
pub fn reason_words(reason: FailureReason) -> &'static str {
    match reason {
        FailureReason::Expired => "Your card has expired.",
        FailureReason::Funds => "There was not enough money in the account.",
        FailureReason::Authentication => "Your bank wants you to confirm it yourself.",
        FailureReason::Returned => "Your bank returned the Direct Debit unpaid.",
        FailureReason::NoMethod => "There is no card or account left to take it from.",
        FailureReason::Declined => "Your bank said no, and did not say why.",
    }
}

/// A charge failed: which, why, and the one link that puts it right.
///
/// # Errors
/// When the template fails.
pub fn failed(
    deps: &Deps,
    reader: &Reader,
    pledge: &Pledge,
    recovery: &Recovery,
    is_last: bool,
) -> Result<Rendered> {
    let words = Words::of(deps, reader, pledge)?;
    let sum = recovery.amount().display(&reader.locale);
    let again = recovery.mails_sent > 0;
    let subject = if again {
        format!("Your gift of {sum} still has not come through")
    } else {
        format!("Your gift of {sum} did not come through")
    };
    let mut closing =
        vec!["If you have put it right meanwhile, there is nothing to do: our e-mails may cross.".to_owned()];
    if is_last {
        closing.insert(0, "This is our last letter about it.".to_owned());
    }
    let letter = Letter {
        frame: words.frame(pledge),
        subject,
        preheader: "Nothing was taken. It takes a minute to put right.".to_owned(),
        heading: if again { "It still has not come through" } else { "Your gift did not come through" }.to_owned(),
        lead: format!("{} Nothing was taken.", reason_words(recovery.reason)),
        paragraphs: vec![
            "The button leads to one page, without a sign-in, where you can use another card or account, or try the same one again.".to_owned(),
        ],
        rows: vec![
            MailRow::new("Gift", sum),
            MailRow::new("Due on", words.day(recovery.due_at)),
            MailRow::new("Paid with", words.method(pledge)),
        ],
        link: Some(words.link("Put it right", &Purpose::Fix(pledge.id.clone()))),
        closing,
        ..Letter::default()
    };
    rendered("plan_failed", &letter)
}

/// A plan has begun again.
///
/// # Errors
/// When the template fails.
pub fn restarted(deps: &Deps, reader: &Reader, pledge: &Pledge) -> Result<Rendered> {
    let words = Words::of(deps, reader, pledge)?;
    let noun = gift_noun(pledge.frequency);
    let mut rows = vec![
        MailRow::new(
            "Gift",
            format!("{} {}", pledge.total().display(&reader.locale), pledge.frequency.adverb()),
        ),
        MailRow::new("For", fund_name(deps, &pledge.fund_id)),
        MailRow::new("Paid with", words.method(pledge)),
    ];
    rows.extend(pledge.next_charge_at.map(|at| MailRow::new("First gift", words.day(at))));
    let letter = Letter {
        frame: words.frame(pledge),
        subject: format!("Your {noun} goes on"),
        preheader: "Thank you for coming back.".to_owned(),
        heading: format!("Your {noun} goes on"),
        lead: "Thank you for coming back. Nothing was taken today.".to_owned(),
        rows,
        link: Some(words.portal("See your gift")),
        closing: vec!["Wasn’t you? Stop it with the button, or answer this e-mail.".to_owned()],
        ..Letter::default()
    };
    rendered("plan_restarted", &letter)
}

/// A card ends soon.
///
/// # Errors
/// When the template fails.
pub fn card_ends(deps: &Deps, reader: &Reader, pledge: &Pledge) -> Result<Rendered> {
    let words = Words::of(deps, reader, pledge)?;
    let noun = gift_noun(pledge.frequency);
    let month = month_words(pledge.method_expires.as_deref().unwrap_or_default(), &reader.locale);
    let letter = Letter {
        frame: words.frame(pledge),
        subject: format!("Your card expires in {month}"),
        preheader: format!("So that your {noun} goes on, tell us the new one."),
        heading: format!("Your card expires in {month}"),
        lead: format!(
            "{} {noun} is paid with {}. So that it goes on, tell us the new card. It takes a minute, without a sign-in.",
            reader.your(),
            words.method(pledge)
        ),
        link: Some(words.link("Use the new card", &Purpose::Fix(pledge.id.clone()))),
        closing: vec![
            "Many banks send us the new details themselves: then there is nothing to do.".to_owned(),
        ],
        ..Letter::default()
    };
    rendered("card_ends", &letter)
}

/// Could they give more? Only for those who want to hear of ways to help.
///
/// # Errors
/// When the template fails.
pub fn raise(deps: &Deps, reader: &Reader, pledge: &Pledge) -> Result<Rendered> {
    let words = Words::of(deps, reader, pledge)?;
    let noun = gift_noun(pledge.frequency);
    let sum = pledge.total().display_short(&reader.locale);
    let letter = Letter {
        frame: words.frame(pledge),
        subject: format!("{} {noun}, and what a little more would do", reader.your()),
        preheader: "You have given since we met. Thank you.".to_owned(),
        heading: "Thank you for staying".to_owned(),
        lead: format!(
            "You have given {sum} {} since {}. If you can, give a little more; if you cannot, nothing changes.",
            pledge.frequency.adverb(),
            words.day(pledge.started_at)
        ),
        link: Some(words.link("See what I could add", &Purpose::Raise(pledge.id.clone()))),
        closing: vec![
            "You asked us to write to you about ways to help. You can change that in your e-mail choices."
                .to_owned(),
        ],
        ..Letter::default()
    };
    rendered("raise", &letter)
}
