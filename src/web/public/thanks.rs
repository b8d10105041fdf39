//! `/give/thanks/{reference}`: the truth as known now.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Redirect, Response};

use crate::config::{Entity, Restriction};
use crate::domain::dates;
use crate::domain::donor::mask_email;
use crate::domain::frequency::Frequency;
use crate::domain::states::ProofPurpose;
use crate::services::accounts::Told;
use crate::services::give::{self, Started};
use crate::services::status::{self, Status, Truth};
use crate::services::{ServiceError, compose};
use crate::web::AppState;
use crate::web::account::{Question, ask};
use crate::web::client::Client;
use crate::web::errors::AppError;
use crate::web::layout::{frame, greet};
use crate::web::pages::thanks::{Invite, Retry};
use crate::web::pages::{Act, Link, Row, ThanksPage, ThanksState};
use crate::web::visitor::Visitor;

/// Shows how a gift stands. Changes nothing.
pub async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(reference): Path<String>,
) -> Result<Response, AppError> {
    let status = status::of_reference(&state.deps, &reference).await?.ok_or_else(AppError::not_found)?;
    if let (Truth::NotCompleted, Some(paid)) = (status.truth, &status.paid_elsewhere) {
        return Ok(Html(already(&state, &visitor, paid).render()?).into_response());
    }
    let entity = compose::entity(&state.deps, &status.payment.entity_id)?;
    Ok(Html(page(&state, &visitor, entity, &status).render()?).into_response())
}

/// Leads back to the payment page: the open one, or a fresh one when it has closed.
pub async fn try_again(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(reference): Path<String>,
) -> Result<Redirect, AppError> {
    let status = status::of_reference(&state.deps, &reference).await?.ok_or_else(AppError::not_found)?;
    let own = visitor.account.as_ref().is_some_and(|a| a.donor_id == status.payment.donor_id);
    if status.payment.stripe_customer.is_some() && !own {
        // The payment page would offer the donor's saved methods: it opens for the donor alone.
        return Ok(Redirect::to(&format!("/sign-in?why=needed&next=/give/thanks/{reference}")));
    }
    match give::resume(&state.deps, &reference).await {
        Ok(Some(Started::Checkout(url))) => Ok(Redirect::to(&url)),
        Ok(Some(Started::Already(reference))) => Ok(Redirect::to(&format!("/give/thanks/{reference}"))),
        Ok(None) => Err(AppError::not_found()),
        Err(error) => Err(ServiceError::into(error)),
    }
}

/// E-mails the giver a link to their giving: to the address typed with the gift, whoever presses the button.
pub async fn send_link(
    State(state): State<AppState>,
    visitor: Visitor,
    Client(from): Client,
    Path(reference): Path<String>,
) -> Result<Response, AppError> {
    let status = status::of_reference(&state.deps, &reference).await?.ok_or_else(AppError::not_found)?;
    let question = Question {
        email: &status.payment.donor.email,
        purpose: ProofPurpose::SignIn,
        told: Told::default(),
        donor: None,
        thanks: Some(&reference),
    };
    Ok(match ask(&state, &visitor, from, question).await? {
        Some(response) => response,
        None => return Err(ServiceError::TooOften.into()),
    })
}

/// This version of the form was left, a later one was paid.
fn already(state: &AppState, visitor: &Visitor, reference: &str) -> ThanksPage {
    let mut layout = frame(state, None, "This form has already been used");
    greet(state, &mut layout, visitor, "");
    layout.noindex = true;
    ThanksPage {
        layout,
        state: ThanksState::Already,
        heading: "You have already given with this form".to_owned(),
        lead: vec!["Nothing was taken a second time. To give again, start a new gift.".to_owned()],
        action: Some(Link::new("See the gift you gave", format!("/give/thanks/{reference}"))),
        links: vec![Link::new("Start a new gift", "/give")],
        ..ThanksPage::default()
    }
}

fn page(state: &AppState, visitor: &Visitor, entity: &Entity, status: &Status) -> ThanksPage {
    let payment = &status.payment;
    let locale = entity.locale.as_str();
    let amount = payment.total().display(locale);
    let fund = compose::fund_name(&state.deps, &payment.fund_id);
    let email = mask_email(&payment.donor.email);
    let here = format!("/give/thanks/{}", payment.reference);
    let bound = state.deps.config.charity.fund(&payment.fund_id);
    let bound = bound.is_some_and(|f| !matches!(f.restriction, Restriction::Unrestricted));
    let words = words(status.truth, &amount, bound.then_some(fund.as_str()), &email, payment.frequency);
    let mut layout = frame(state, Some(entity), words.title);
    greet(state, &mut layout, visitor, "");
    layout.noindex = true;
    let done = matches!(status.truth, Truth::Paid | Truth::Confirming);
    ThanksPage {
        layout,
        state: words.state,
        heading: words.heading,
        lead: words.lead,
        summary: summary(state, entity, status, &amount, &fund),
        next: if status.truth == Truth::Paid { next_gift(entity, status, &amount) } else { String::new() },
        retry: (status.truth == Truth::NotCompleted).then(|| Retry {
            action: here.clone(),
            label: "Go to the payment page".to_owned(),
            token: String::new(),
        }),
        reload_href: if status.truth == Truth::Unknown { here } else { String::new() },
        action: (status.truth == Truth::Refused).then(|| Link::new("Give another way", "/give")),
        invite: (done && visitor.account.is_none()).then(|| invite(&status.payment.reference, &email)),
        links: match status.truth {
            Truth::NotCompleted => vec![Link::new("Change something first", "/give")],
            _ if done && visitor.account.is_some() => {
                vec![Link::new("See your giving", "/portal"), Link::new("Give again", "/give")]
            }
            _ if done => vec![Link::new("Give again", "/give")],
            _ => Vec::new(),
        },
        reference: payment.id.to_string(),
    }
}

/// The way to an account: a link to the mailbox of the gift.
fn invite(reference: &str, email: &str) -> Invite {
    Invite {
        title: "Keep your giving in one place".to_owned(),
        text: format!(
            "See every gift and receipt, and change your details yourself. We e-mail a link to {email}; no password is needed."
        ),
        act: Act::new("E-mail me the link", format!("/give/thanks/{reference}/link")),
    }
}

struct Words {
    title: &'static str,
    state: ThanksState,
    heading: String,
    lead: Vec<String>,
}

/// `fund` is named in the heading when the gift is for one purpose alone.
fn words(truth: Truth, amount: &str, fund: Option<&str>, email: &str, frequency: Frequency) -> Words {
    let lines = |lines: &[&str]| lines.iter().map(|l| (*l).to_owned()).collect::<Vec<_>>();
    match truth {
        Truth::Paid => Words {
            title: "Thank you",
            state: ThanksState::Paid,
            heading: match fund {
                Some(fund) => format!("Thank you. {amount} is on its way to {fund}."),
                None => format!("Thank you. Your gift of {amount} has arrived."),
            },
            lead: vec![format!("Your receipt is on its way to {email}. It can take a few minutes.")],
        },
        Truth::Confirming => Words {
            title: "Your bank is confirming your gift",
            state: ThanksState::Confirming,
            heading: format!("Thank you. Your gift of {amount} is with your bank."),
            lead: vec![
                format!("Your bank confirms this within 7 working days. We'll e-mail you at {email}."),
                "Your receipt comes once the gift has reached us.".to_owned(),
            ],
        },
        Truth::Unknown => Words {
            title: "We are checking your gift",
            state: ThanksState::Checking,
            heading: "We are checking your gift".to_owned(),
            lead: lines(&[
                "The payment page has not told us yet how it went. There is no need to give again: if the payment went through, it is safe.",
                "You can close this page. When the gift has arrived, your receipt comes by e-mail.",
            ]),
        },
        Truth::NotCompleted => Words {
            title: "Your gift was not completed",
            state: ThanksState::NotCompleted,
            heading: "Your gift was not completed. Nothing was taken.".to_owned(),
            lead: match frequency {
                Frequency::Once => lines(&["You can go on where you stopped, or change something first."]),
                _ => lines(&[
                    "No regular gift was set up. You can go on where you stopped, or change something first.",
                ]),
            },
        },
        Truth::Refused => Words {
            title: "Your bank did not make the payment",
            state: ThanksState::NotCompleted,
            heading: "Your bank did not make the payment. Nothing was taken.".to_owned(),
            lead: vec![format!(
                "We have written to {email} about it. You can give with another account or a card."
            )],
        },
    }
}

fn summary(state: &AppState, entity: &Entity, status: &Status, amount: &str, fund: &str) -> Vec<Row> {
    let payment = &status.payment;
    let locale = entity.locale.as_str();
    let mut rows = vec![Row::figure("Amount", amount)];
    if !payment.fee_cover.is_zero() {
        let part = format!(
            "{} gift and {} card fee",
            payment.amount.display(locale),
            payment.fee_cover.display(locale)
        );
        rows.push(Row::new("Made up of", part));
    }
    let often = match payment.frequency {
        Frequency::Once => "Once",
        Frequency::Monthly => "Every month",
        Frequency::Quarterly => "Every three months",
        Frequency::Yearly => "Every year",
    };
    rows.push(Row::new("How often", often));
    rows.push(Row::new("Goes to", fund));
    if let Some(campaign) = payment.campaign_id.as_ref().and_then(|c| state.deps.config.charity.campaign(c)) {
        rows.push(Row::new("Campaign", campaign.name.as_str()));
    }
    if let Some(gift) = &status.gift {
        let method = match &gift.method_last4 {
            Some(digits) => format!("{} ending {digits}", gift.method_label),
            None => gift.method_label.clone(),
        };
        rows.push(Row::new("Paid with", method));
        rows.push(Row::figure("Date", dates::long(gift.received_on.0, locale)));
        if gift.declaration_id.is_some() {
            rows.push(Row::new("Gift Aid", "Yes"));
        }
    }
    rows
}

fn next_gift(entity: &Entity, status: &Status, amount: &str) -> String {
    match status.pledge.as_ref().and_then(|p| p.next_charge_at) {
        Some(at) => {
            let day = dates::long(at.date_in(&entity.time_zone), &entity.locale);
            format!("Your next gift of {amount} is on {day}. To change or stop it, write to us.")
        }
        None => String::new(),
    }
}
