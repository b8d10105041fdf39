//! Plans that began outside Almoner.

use crate::clock::Ts;
use crate::config::Entity;
use crate::domain::donor::DonorDetails;
use crate::domain::frequency::Frequency;
use crate::domain::ids::{DonorId, PaymentId, unguessable};
use crate::domain::money::Money;
use crate::domain::states::{DonorKind, PaymentState};
use crate::payments::objects::{Customer, Subscription};
use crate::payments::requests::from_stripe;
use crate::services::{Deps, Result, evidence};
use crate::store::payments::{self, ADOPTED_FORM, Payment};
use crate::store::{WriteTx, audit, donors};

/// A plan made in Stripe's dashboard is taken over when its metadata names a fund of ours: nothing else there says that it
/// is a gift. `None` when it is not, or when it cannot be one of ours.
pub(super) async fn adopt(
    deps: &Deps,
    tx: &mut WriteTx,
    seen: &Subscription,
    customer: Option<&Customer>,
    now: Ts,
) -> Result<Option<Payment>> {
    let (Some((fund, entity)), Some(customer)) = (seen.handed_to_us(), customer) else { return Ok(None) };
    // Its first callbacks come together: one after the other takes it over, and only the first makes a row.
    audit::hold_head(tx).await?;
    let form_nonce = format!("{ADOPTED_FORM}{}", seen.id);
    if let Some(payment) = payments::latest_of_form(tx, &form_nonce).await? {
        return Ok(Some(payment));
    }
    let total = seen.total().and_then(|(minor, code)| from_stripe(minor, code).ok());
    let frequency = seen.months().and_then(Frequency::of_months);
    let (Some(total), Some(frequency), Some(email)) = (total, frequency, &customer.email) else {
        tracing::warn!(
            subscription = seen.id,
            "handed to us, but without a sum, a rhythm or an address we know"
        );
        return Ok(None);
    };
    let entities = &deps.config.charity.entities;
    let fits =
        |e: &&Entity| e.currencies.contains(&total.currency()) && entity.is_none_or(|wanted| wanted == e.id);
    let fund = deps.config.charity.fund(fund);
    let entity = entities.iter().filter(fits).find(|e| fund.is_some_and(|f| f.is_offered_by(&e.id)));
    let (Some(entity), Some(fund)) = (entity, fund) else {
        tracing::warn!(subscription = seen.id, "handed to us, but for a fund or an entity we do not have");
        return Ok(None);
    };
    let donor = donor_of(customer, email, &entity.locale);
    let donor_id = donors::guest_of(tx, &DonorId::new(now, &deps.random), &donor, now).await?;
    let payment = Payment {
        id: PaymentId::new(now, &deps.random),
        reference: unguessable(&deps.random),
        form_nonce,
        form_revision: 0,
        fingerprint: String::new(),
        state: PaymentState::Started,
        frequency,
        donor_id,
        entity_id: entity.id.clone(),
        fund_id: fund.id.clone(),
        campaign_id: None,
        amount: total,
        fee_cover: Money::zero(total.currency()),
        donor,
        evidence: evidence::none(),
        checkout_request: String::new(),
        note: None,
        tribute: None,
        stripe_session: None,
        stripe_payment_intent: None,
        stripe_subscription: Some(seen.id.clone()),
        stripe_customer: Some(customer.id.clone()),
        checkout_url: None,
        expires_at: None,
        created_at: now,
    };
    payments::insert(tx, &payment).await?;
    Ok(Some(payment))
}

fn donor_of(customer: &Customer, email: &str, locale: &str) -> DonorDetails {
    let (given_name, family_name) = match customer.name.as_deref().unwrap_or_default().rsplit_once(' ') {
        Some((given, family)) => (given.to_owned(), family.to_owned()),
        None => (String::new(), customer.name.clone().unwrap_or_default()),
    };
    DonorDetails {
        kind: DonorKind::Individual,
        given_name,
        family_name,
        organisation: None,
        email: email.to_owned(),
        address: None,
        locale: locale.to_owned(),
    }
}
