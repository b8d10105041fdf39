//! Giving the same again, with the method Stripe has saved for the donor.

use super::give::{self, GiveCommand, Started};
use super::{Deps, Result};
use crate::domain::donor::DonorDetails;
use crate::domain::frequency::Frequency;
use crate::domain::ids::GiftId;
use crate::domain::money::Money;
use crate::store::accounts::Account;
use crate::store::{portal, profile};

/// What became of it.
#[derive(Clone, Debug)]
pub enum Again {
    /// Go on there.
    Started(Started),
    /// The charity no longer takes gifts like that one: choose anew.
    ChooseAnew,
}

/// Starts a single gift like an earlier one of the donor: same entity, fund and sum. `None`: no such gift of theirs.
///
/// # Errors
/// As [`give::start`].
pub async fn start(
    deps: &Deps,
    account: &Account,
    gift: &GiftId,
    form_nonce: String,
) -> Result<Option<Again>> {
    let (gift, address, customer) = {
        let mut read = deps.store.read().await?;
        let Some(gift) = portal::gift(&mut read, &account.donor_id, gift).await? else { return Ok(None) };
        let customer = portal::stripe_customer(&mut read, &account.donor_id, gift.currency).await?;
        (gift, profile::current_address(&mut read, &account.donor_id).await?, customer)
    };
    let charity = &deps.config.charity;
    let entity = charity
        .entity(&gift.entity_id)
        .filter(|e| e.frequencies.contains(&Frequency::Once) && e.currencies.contains(&gift.currency));
    let fund = charity.fund(&gift.fund_id).filter(|f| f.is_offered_by(&gift.entity_id));
    let (Some(entity), Some(fund)) = (entity, fund) else { return Ok(Some(Again::ChooseAnew)) };
    let command = GiveCommand {
        form_nonce,
        entity_id: entity.id.clone(),
        frequency: Frequency::Once,
        fund_id: fund.id.clone(),
        campaign_id: None,
        amount: Money::new(gift.amount_minor - gift.fee_cover_minor, gift.currency),
        fee_cover: Money::new(gift.fee_cover_minor, gift.currency),
        donor: DonorDetails {
            kind: account.kind,
            given_name: account.given_name.clone(),
            family_name: account.family_name.clone(),
            organisation: account.organisation.clone(),
            email: account.email.clone(),
            address,
            locale: entity.locale.clone(),
        },
        note: None,
        tribute: None,
        gift_aid: false,
        consents: Vec::new(),
        account: Some(account.donor_id.clone()),
        customer,
    };
    Ok(Some(Again::Started(give::start(deps, command).await?)))
}
