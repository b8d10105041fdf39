//! Starting a gift: the row first, then Stripe, then the outcome (rule 3 of the house).

use std::time::Duration;

use super::{Deps, Result, ServiceError, compose};
use crate::clock::Ts;
use crate::config::WordingKey;
use crate::domain::audit::{ACTOR_DONOR, AuditEntry};
use crate::domain::donor::{DonorDetails, Tribute};
use crate::domain::frequency::Frequency;
use crate::domain::ids::{AuditId, ConsentId, DeclarationId, DonorId, PaymentId, unguessable};
use crate::domain::money::Money;
use crate::domain::receipt::sha256_hex;
use crate::domain::states::PaymentState;
use crate::payments::objects::Session;
use crate::payments::requests::{self, Line, NewSession};
use crate::payments::{Effort, StripeError};
use crate::store::donors::{self, NewConsent, NewDeclaration};
use crate::store::payments::{self, Payment, StripeFacts};
use crate::store::{Day, StoreError, WriteTx, audit};

/// How long a payment page stays open; Stripe allows up to 24 hours.
const PAGE_OPEN: Duration = Duration::from_secs(23 * 3600);

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
    /// `stories`, `events`, `help`.
    pub consents: Vec<&'static str>,
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
/// page. [`StripeError::Refused`] when Stripe will not open a page.
pub async fn start(deps: &Deps, command: GiveCommand) -> Result<Started> {
    let fingerprint = fingerprint(&command)?;
    let before = {
        let mut read = deps.store.read().await?;
        payments::latest_of_form(&mut read, &command.form_nonce).await?
    };
    let now = deps.clock.now();
    let revision = match before {
        None => 0,
        Some(p) => match p.state {
            PaymentState::Paid | PaymentState::Processing => return Ok(Started::Already(p.reference)),
            PaymentState::Failed | PaymentState::Expired => p.form_revision + 1,
            PaymentState::Started | PaymentState::Open => {
                let open = p.checkout_url.clone().filter(|_| p.expires_at.is_some_and(|e| e > now));
                match open {
                    Some(url) if p.fingerprint == fingerprint => return Ok(Started::Checkout(url)),
                    None if p.fingerprint == fingerprint && p.stripe_session.is_none() => {
                        return open_page(deps, &p).await;
                    }
                    _ => {
                        if let Some(done) = close_page(deps, &p).await? {
                            return Ok(done);
                        }
                        p.form_revision + 1
                    }
                }
            }
        },
    };
    let payment = write_row(deps, &command, fingerprint, revision).await?;
    open_page(deps, &payment).await
}

/// Opens the page of a payment whose first page was left, or a fresh one when that is closed.
///
/// # Errors
/// As [`start`]; [`ServiceError::Unexpected`] when there is no such payment.
pub async fn resume(deps: &Deps, reference: &str) -> Result<Option<Started>> {
    let payment = {
        let mut read = deps.store.read().await?;
        payments::by_reference(&mut read, reference).await?
    };
    let Some(payment) = payment else { return Ok(None) };
    let open = payment.expires_at.is_some_and(|e| e > deps.clock.now());
    Ok(Some(match (payment.state, &payment.checkout_url) {
        (PaymentState::Paid | PaymentState::Processing, _) => Started::Already(payment.reference),
        (PaymentState::Open, Some(url)) if open => Started::Checkout(url.clone()),
        (PaymentState::Started, None) => open_page(deps, &payment).await?,
        (PaymentState::Open | PaymentState::Started | PaymentState::Failed | PaymentState::Expired, _) => {
            let fresh = payment.clone();
            open_page(deps, &copy_row(deps, fresh).await?).await?
        }
    }))
}

fn fingerprint(command: &GiveCommand) -> Result<String> {
    let text = serde_json::to_string(command).map_err(|e| ServiceError::Unexpected(e.to_string()))?;
    Ok(sha256_hex(&text))
}

async fn write_row(deps: &Deps, c: &GiveCommand, fingerprint: String, revision: i64) -> Result<Payment> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    let donor_id = donors::upsert_guest(&mut tx, &DonorId::new(now, &deps.random), &c.donor, now).await?;
    let payment = Payment {
        id: PaymentId::new(now, &deps.random),
        reference: unguessable(&deps.random),
        form_nonce: c.form_nonce.clone(),
        form_revision: revision,
        fingerprint,
        state: PaymentState::Started,
        frequency: c.frequency,
        donor_id,
        entity_id: c.entity_id.clone(),
        fund_id: c.fund_id.clone(),
        campaign_id: c.campaign_id.clone(),
        amount: c.amount,
        fee_cover: c.fee_cover,
        donor: c.donor.clone(),
        note: c.note.clone(),
        tribute: c.tribute.clone(),
        stripe_session: None,
        stripe_payment_intent: None,
        stripe_subscription: None,
        checkout_url: None,
        expires_at: None,
        created_at: now,
    };
    match payments::insert(&mut tx, &payment).await {
        // The same form was sent twice at once: the other one is committed, go on with it.
        Err(e) if e.is_unique_violation() => {
            drop(tx);
            return same_form(deps, &payment).await;
        }
        other => other?,
    }
    write_evidence(deps, &mut tx, c, &payment, now).await?;
    note_start(deps, &mut tx, &payment, now).await?;
    tx.commit().await?;
    Ok(payment)
}

async fn same_form(deps: &Deps, payment: &Payment) -> Result<Payment> {
    let mut read = deps.store.read().await?;
    let other = payments::latest_of_form(&mut read, &payment.form_nonce).await?;
    other.ok_or_else(|| StoreError::NotOneRow { what: "payment of a form", changed: 0 }.into())
}

/// A new row for another try, on a form mark of its own.
async fn copy_row(deps: &Deps, old: Payment) -> Result<Payment> {
    let now = deps.clock.now();
    let payment = Payment {
        id: PaymentId::new(now, &deps.random),
        reference: unguessable(&deps.random),
        form_nonce: format!("again-{}", old.id),
        form_revision: 0,
        state: PaymentState::Started,
        stripe_session: None,
        stripe_payment_intent: None,
        stripe_subscription: None,
        checkout_url: None,
        expires_at: None,
        created_at: now,
        ..old
    };
    let mut tx = deps.store.write().await?;
    match payments::insert(&mut tx, &payment).await {
        Err(e) if e.is_unique_violation() => {
            drop(tx);
            same_form(deps, &payment).await
        }
        other => {
            other?;
            note_start(deps, &mut tx, &payment, now).await?;
            tx.commit().await?;
            Ok(payment)
        }
    }
}

async fn note_start(deps: &Deps, tx: &mut WriteTx, payment: &Payment, now: Ts) -> Result<()> {
    let entry = AuditEntry {
        actor: ACTOR_DONOR,
        action: "payment.started",
        subject: payment.id.as_str(),
        detail: serde_json::json!({
            "amount": payment.total().minor(), "currency": payment.amount.currency(),
            "frequency": payment.frequency.as_str(),
        })
        .to_string(),
    };
    audit::append(tx, &AuditId::new(now, &deps.random), now, &entry).await?;
    Ok(())
}

/// The declaration and the e-mail choices, with the words that were shown (UK-19, PR-2).
async fn write_evidence(
    deps: &Deps,
    tx: &mut WriteTx,
    c: &GiveCommand,
    payment: &Payment,
    now: Ts,
) -> Result<()> {
    let entity = compose::entity(deps, &c.entity_id)?;
    let today = now.date_in(&entity.time_zone);
    let book = &deps.config.charity.wording;
    if c.gift_aid {
        let wording = book.current(WordingKey::GiftAidDeclaration, entity, today);
        let wording = wording.ok_or_else(|| ServiceError::Unexpected("no Gift Aid wording".to_owned()))?;
        let address =
            serde_json::to_string(&c.donor.address).map_err(|e| ServiceError::Unexpected(e.to_string()))?;
        let declaration = NewDeclaration {
            id: DeclarationId::new(now, &deps.random),
            donor_id: payment.donor_id.clone(),
            payment_id: payment.id.clone(),
            entity_id: c.entity_id.clone(),
            scope: "future",
            covers_from: Day(today),
            full_name: c.donor.person_name(),
            home_address: address,
            wording_version: wording.version,
            wording_sha256: wording.sha256,
            made_at: now,
        };
        donors::insert_declaration(tx, &declaration).await?;
    }
    if !c.consents.is_empty() {
        let wording = book.current(WordingKey::Consent, entity, today);
        let wording = wording.ok_or_else(|| ServiceError::Unexpected("no consent wording".to_owned()))?;
        for purpose in &c.consents {
            let consent = NewConsent {
                id: ConsentId::new(now, &deps.random),
                donor_id: payment.donor_id.clone(),
                payment_id: payment.id.clone(),
                entity_id: c.entity_id.clone(),
                purpose,
                wording_version: wording.version.clone(),
                wording_sha256: wording.sha256.clone(),
                made_at: now,
            };
            donors::insert_consent(tx, &consent).await?;
        }
    }
    Ok(())
}

/// Asks Stripe for the page of a payment, under the payment's id as idempotency key, and writes the answer.
async fn open_page(deps: &Deps, payment: &Payment) -> Result<Started> {
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
        success_url: thanks.clone(),
        cancel_url: thanks,
        // Fixed at the row's time, so that a retry sends the same parameters under the same key.
        expires_at: payment.created_at.plus(PAGE_OPEN),
        statement_suffix: entity.statement_descriptor.as_deref(),
    })
    .map_err(|e| ServiceError::Unexpected(e.to_string()))?;
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
        Some(url) => Ok(Started::Checkout(url)),
        None => Ok(Started::Already(payment.reference.clone())),
    }
}

/// Closes the page of an earlier version of the form, so that only one can be paid. `Some` when it was paid already.
async fn close_page(deps: &Deps, payment: &Payment) -> Result<Option<Started>> {
    let Some(session) = &payment.stripe_session else { return Ok(None) };
    let key = format!("{}-close", payment.id);
    let closed: std::result::Result<Session, StripeError> =
        deps.stripe.post(requests::expire_session(session), &key, Effort::Interactive).await;
    match closed {
        Ok(_) => {}
        // Stripe refuses to close what is complete or closed: ask which.
        Err(StripeError::Refused { .. }) => {
            let now: Session = deps.stripe.get(requests::session(session), Effort::Interactive).await?;
            if now.status.as_deref() == Some("complete") {
                return Ok(Some(Started::Already(payment.reference.clone())));
            }
        }
        Err(error) => return Err(error.into()),
    }
    let mut tx = deps.store.write().await?;
    let current = payments::hold(&mut tx, &payment.id).await?;
    let state = current.map_or(payment.state, |p| p.state).apply(PaymentState::Expired);
    payments::update(&mut tx, &payment.id, state, &StripeFacts::default(), deps.clock.now()).await?;
    tx.commit().await?;
    Ok(None)
}

/// Stripe shows names up to 250 letters; half of that is plenty.
fn capped(name: &str) -> String {
    name.chars().take(120).collect()
}
