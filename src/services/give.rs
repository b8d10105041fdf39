//! Starting a gift: the row first, then Stripe, then the outcome (rule 3 of the house).

use std::time::Duration;

use super::{Deps, Result, ServiceError, compose, evidence};
use crate::clock::Ts;
use crate::domain::audit::ACTOR_DONOR;
use crate::domain::donor::{DonorDetails, Tribute};
use crate::domain::frequency::Frequency;
use crate::domain::ids::{AuditId, DonorId, PaymentId, unguessable};
use crate::domain::money::Money;
use crate::domain::receipt::sha256_hex;
use crate::domain::states::{ConsentPurpose, PaymentState};
use crate::payments::objects::Session;
use crate::payments::requests::{self, Line, NewSession};
use crate::payments::{Effort, StripeError};
use crate::store::WriteTx;
use crate::store::audit::Note;
use crate::store::donors;
use crate::store::payments::{self, Payment, StripeFacts};

/// How long a payment page stays open; Stripe allows up to 24 hours.
const PAGE_OPEN: Duration = Duration::from_secs(23 * 3600);
/// How long the request that opens a page may be sent again: Stripe wants its end at least half an hour ahead.
const KEY_GOOD: Duration = Duration::from_secs(22 * 3600);
/// A person changes their mind a few times; a robot more often.
const REVISIONS_AT_MOST: i64 = 20;

/// A checked giving form.
#[derive(Clone, Debug, serde::Serialize)]
pub struct GiveCommand {
    /// The form's own random mark.
    #[serde(skip)]
    pub form_nonce: String,
    /// To which entity.
    pub entity_id: String,
    /// Once, or how often.
    pub frequency: Frequency,
    /// For which fund.
    pub fund_id: String,
    /// From which campaign.
    pub campaign_id: Option<String>,
    /// The gift.
    pub amount: Money,
    /// Added to cover the fee; computed here, never taken from the form.
    pub fee_cover: Money,
    /// Who gives.
    pub donor: DonorDetails,
    /// Their words.
    pub note: Option<String>,
    /// A dedication.
    pub tribute: Option<Tribute>,
    /// The Gift Aid declaration was ticked (only ever true for individuals giving to a Gift Aid entity).
    pub gift_aid: bool,
    /// What we may write about.
    pub consents: Vec<ConsentPurpose>,
    /// The signed-in donor, whose gift it is whatever mailbox the receipt goes to.
    pub account: Option<DonorId>,
    /// Stripe's customer whose saved methods the payment page may offer.
    pub customer: Option<String>,
}

/// What to show the donor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Started {
    /// Go to this payment page.
    Checkout(String),
    /// This form was paid, or is being confirmed: show its thank-you page.
    Already(String),
}

/// Starts a gift, or goes on with the one this form started before. A double submit gets the same page; a changed
/// form gets a new one and the old one is closed first.
///
/// # Errors
/// [`StripeError::Unknown`] when Stripe gave no certain answer: the same form may be sent again and gets the same
/// page. [`StripeError::Refused`] when Stripe will not open a page. [`ServiceError::TooOften`] past twenty changes.
pub async fn start(deps: &Deps, command: GiveCommand) -> Result<Started> {
    match start_with(deps, command.clone()).await {
        // The customer may have been deleted at Stripe: then without.
        Err(ServiceError::Stripe(StripeError::Refused { .. })) if command.customer.is_some() => {
            start_with(deps, GiveCommand { customer: None, ..command }).await
        }
        started => started,
    }
}

async fn start_with(deps: &Deps, command: GiveCommand) -> Result<Started> {
    let draft = Draft {
        fingerprint: fingerprint(&command)?,
        evidence: evidence::of_form(deps, &command, deps.clock.now())?,
        donor_id: command.account.clone(),
        command,
    };
    proceed(deps, draft).await
}

/// Goes on with a payment whose page was left: the open page, or a fresh one when that is closed. A form that was
/// paid meanwhile is shown instead. `None` when there is no such payment.
///
/// # Errors
/// As [`start`].
pub async fn resume(deps: &Deps, reference: &str) -> Result<Option<Started>> {
    let payment = {
        let mut read = deps.store.read().await?;
        payments::by_reference(&mut read, reference).await?
    };
    let Some(p) = payment else { return Ok(None) };
    let draft = Draft {
        fingerprint: p.fingerprint,
        evidence: p.evidence,
        donor_id: Some(p.donor_id),
        command: GiveCommand {
            form_nonce: p.form_nonce,
            entity_id: p.entity_id,
            frequency: p.frequency,
            fund_id: p.fund_id,
            campaign_id: p.campaign_id,
            amount: p.amount,
            fee_cover: p.fee_cover,
            donor: p.donor,
            note: p.note,
            tribute: p.tribute,
            gift_aid: false,
            consents: Vec::new(),
            account: None,
            customer: p.stripe_customer,
        },
    };
    Ok(Some(proceed(deps, draft).await?))
}

/// What is to be given, whether it comes from the form or from an earlier row of it.
struct Draft {
    command: GiveCommand,
    fingerprint: String,
    evidence: String,
    donor_id: Option<DonorId>,
}

/// What the last row of a form asks for.
enum Step {
    Already(String),
    Page(String),
    AskAgain(Box<Payment>),
    CloseFirst(Box<Payment>),
    New(i64),
}

async fn proceed(deps: &Deps, draft: Draft) -> Result<Started> {
    for _ in 0..3 {
        let last = {
            let mut read = deps.store.read().await?;
            payments::latest_of_form(&mut read, &draft.command.form_nonce).await?
        };
        let revision = match next_step(last, &draft.fingerprint, deps.clock.now()) {
            Step::Already(reference) => return Ok(Started::Already(reference)),
            Step::Page(url) => return Ok(Started::Checkout(url)),
            Step::AskAgain(payment) => return open_page(deps, &payment).await,
            Step::CloseFirst(payment) => match close_page(deps, *payment).await? {
                Closed::Paid(reference) => return Ok(Started::Already(reference)),
                Closed::Revision(revision) => revision + 1,
            },
            Step::New(revision) => revision,
        };
        if revision > REVISIONS_AT_MOST {
            return Err(ServiceError::TooOften);
        }
        // `None`: the same form was sent twice at once and the other was first; look again.
        if let Some(payment) = write_row(deps, &draft, revision).await? {
            return open_page(deps, &payment).await;
        }
    }
    Err(ServiceError::TooOften)
}

fn next_step(last: Option<Payment>, fingerprint: &str, now: Ts) -> Step {
    let Some(p) = last else { return Step::New(0) };
    let same = p.fingerprint == fingerprint;
    let key_is_good = now < p.created_at.plus(KEY_GOOD);
    match p.state {
        PaymentState::Paid | PaymentState::Processing => Step::Already(p.reference),
        PaymentState::Failed | PaymentState::Expired => Step::New(p.form_revision + 1),
        PaymentState::Open => match &p.checkout_url {
            Some(url) if same && p.expires_at.is_some_and(|e| e > now) => Step::Page(url.clone()),
            _ => Step::CloseFirst(Box::new(p)),
        },
        PaymentState::Started if same && key_is_good => Step::AskAgain(Box::new(p)),
        PaymentState::Started if key_is_good => Step::CloseFirst(Box::new(p)),
        // Nobody was ever led to its page, and that page closes by itself.
        PaymentState::Started => Step::New(p.form_revision + 1),
    }
}

fn fingerprint(command: &GiveCommand) -> Result<String> {
    let text = serde_json::to_string(command).map_err(|e| ServiceError::Unexpected(e.to_string()))?;
    Ok(sha256_hex(&text))
}

/// Writes the row of a payment, with the request that will open its page; `None` when another was first.
async fn write_row(deps: &Deps, draft: &Draft, revision: i64) -> Result<Option<Payment>> {
    let now = deps.clock.now();
    let c = &draft.command;
    let mut tx = deps.store.write().await?;
    let donor_id = match &draft.donor_id {
        Some(id) => id.clone(),
        None => donors::upsert_guest(&mut tx, &DonorId::new(now, &deps.random), &c.donor, now).await?,
    };
    let mut payment = Payment {
        id: PaymentId::new(now, &deps.random),
        reference: unguessable(&deps.random),
        form_nonce: c.form_nonce.clone(),
        form_revision: revision,
        fingerprint: draft.fingerprint.clone(),
        state: PaymentState::Started,
        frequency: c.frequency,
        donor_id,
        entity_id: c.entity_id.clone(),
        fund_id: c.fund_id.clone(),
        campaign_id: c.campaign_id.clone(),
        amount: c.amount,
        fee_cover: c.fee_cover,
        donor: c.donor.clone(),
        evidence: draft.evidence.clone(),
        checkout_request: String::new(),
        note: c.note.clone(),
        tribute: c.tribute.clone(),
        stripe_session: None,
        stripe_payment_intent: None,
        stripe_subscription: None,
        stripe_customer: c.customer.clone(),
        checkout_url: None,
        expires_at: None,
        created_at: now,
    };
    payment.checkout_request = checkout_request(deps, &payment, c.account.is_some())?;
    match payments::insert(&mut tx, &payment).await {
        Err(e) if e.is_unique_violation() => return Ok(None),
        other => other?,
    }
    note_start(deps, &mut tx, &payment, now);
    tx.commit().await?;
    Ok(Some(payment))
}

fn note_start(deps: &Deps, tx: &mut WriteTx, payment: &Payment, at: Ts) {
    let detail = serde_json::json!({
        "amount": payment.total().minor(), "currency": payment.amount.currency(),
        "frequency": payment.frequency.as_str(),
    });
    tx.note(Note {
        id: AuditId::new(at, &deps.random),
        at,
        actor: ACTOR_DONOR.to_owned(),
        action: "payment.started",
        subject: payment.id.to_string(),
        detail: detail.to_string(),
    });
}

/// The body of the request that opens the page.
fn checkout_request(deps: &Deps, payment: &Payment, may_save: bool) -> Result<String> {
    let entity = compose::entity(deps, &payment.entity_id)?;
    let fund = compose::fund_name(deps, &payment.fund_id);
    let noun = compose::gift_noun(payment.frequency);
    let mut lines = vec![Line { name: format!("{}: {noun}", capped(&fund)), amount: payment.amount }];
    if !payment.fee_cover.is_zero() {
        lines.push(Line { name: "Card fee covered".to_owned(), amount: payment.fee_cover });
    }
    let thanks = deps.config.base_url.join(&format!("/give/thanks/{}", payment.reference));
    let request = requests::create_session(&NewSession {
        payment: &payment.id,
        frequency: payment.frequency,
        lines,
        email: &payment.donor.email,
        customer: payment.stripe_customer.as_deref(),
        may_save,
        success_url: thanks.clone(),
        cancel_url: thanks,
        expires_at: payment.created_at.plus(PAGE_OPEN),
        statement_suffix: entity.statement_descriptor.as_deref(),
    });
    let request = request.map_err(|e| ServiceError::Unexpected(e.to_string()))?;
    Ok(request.body.unwrap_or_default())
}

/// Asks Stripe for the page of a payment, under the payment's id as idempotency key, and writes the answer.
async fn open_page(deps: &Deps, payment: &Payment) -> Result<Started> {
    let request = requests::stored_session(payment.checkout_request.clone());
    let answer: std::result::Result<Session, StripeError> =
        deps.stripe.post(request, payment.id.as_str(), Effort::Interactive).await;
    let session = match answer {
        Ok(session) => session,
        Err(error) => {
            tracing::warn!(payment = %payment.id, %error, "payment page not opened");
            return Err(error.into());
        }
    };
    let mut tx = deps.store.write().await?;
    let current = payments::hold(&mut tx, &payment.id).await?;
    let state = current.map_or(payment.state, |p| p.state).apply(PaymentState::Open);
    let facts = StripeFacts {
        session: Some(&session.id),
        checkout_url: session.url.as_deref(),
        expires_at: session.expires_at.map(Ts::from_unix),
        ..StripeFacts::default()
    };
    payments::update(&mut tx, &payment.id, state, &facts, deps.clock.now()).await?;
    tx.commit().await?;
    match session.url {
        Some(url) if state == PaymentState::Open => Ok(Started::Checkout(url)),
        _ => Ok(Started::Already(payment.reference.clone())),
    }
}

/// What became of an earlier version of a form.
enum Closed {
    Paid(String),
    Revision(i64),
}

/// Closes the page of an earlier version of the form, so that only one can be paid.
async fn close_page(deps: &Deps, mut payment: Payment) -> Result<Closed> {
    if payment.stripe_session.is_none() {
        // Whether there is a page is not known: the same request under the same key tells.
        match open_page(deps, &payment).await {
            // Stripe refuses the request, so there is no page to close.
            Ok(_) | Err(ServiceError::Stripe(StripeError::Refused { .. })) => {}
            Err(error) => return Err(error),
        }
        let mut read = deps.store.read().await?;
        payment = payments::by_id(&mut read, &payment.id).await?.unwrap_or(payment);
    }
    if let Some(session) = &payment.stripe_session {
        let key = format!("{}-close", payment.id);
        let closed: std::result::Result<Session, StripeError> =
            deps.stripe.post(requests::expire_session(session), &key, Effort::Interactive).await;
        if let Err(error) = closed {
            // Stripe refuses to close what is complete or closed: ask which. Anything else is not known to be closed.
            let StripeError::Refused { .. } = error else { return Err(error.into()) };
            let now: Session = deps.stripe.get(requests::session(session), Effort::Interactive).await?;
            match now.status.as_deref() {
                Some("complete") => return Ok(Closed::Paid(payment.reference)),
                Some("expired") => {}
                _ => return Err(StripeError::Unknown("the first page could not be closed".to_owned()).into()),
            }
        }
    }
    let mut tx = deps.store.write().await?;
    let current = payments::hold(&mut tx, &payment.id).await?;
    let state = current.map_or(payment.state, |p| p.state).apply(PaymentState::Expired);
    payments::update(&mut tx, &payment.id, state, &StripeFacts::default(), deps.clock.now()).await?;
    tx.commit().await?;
    Ok(match state {
        PaymentState::Paid | PaymentState::Processing => Closed::Paid(payment.reference),
        PaymentState::Started | PaymentState::Open | PaymentState::Failed | PaymentState::Expired => {
            Closed::Revision(payment.form_revision)
        }
    })
}

/// Stripe shows names up to 250 letters; half of that is plenty.
fn capped(name: &str) -> String {
    name.chars().take(120).collect()
}
