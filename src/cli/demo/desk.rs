//! What lies on the desks of the demo's office: a cheque that was entered, a batch half done, a note.

use std::net::Ipv4Addr;

use jiff::ToSpan;

use super::staff::STAFF;
use crate::config::Restriction;
use crate::domain::donor::{DonorDetails, normalise_email};
use crate::domain::money::{Currency, Money};
use crate::domain::receipt::sha256_hex;
use crate::domain::states::{DonorKind, OfflineKind};
use crate::domain::tax_year;
use crate::services::Deps;
use crate::services::care::{NewNote, write_note};
use crate::services::offline_gifts::batches::{self, Line};
use crate::services::offline_gifts::{self, Facts, Giver};
use crate::services::staff::Actor;
use crate::services::statements::run;
use crate::store::offline_batches::{self, NewBatch};
use crate::store::{Day, accounts, offline, staff};

/// Tax years with statements: as many as the demo's world has.
const YEARS_ISSUED: usize = 3;

/// A form's mark that is the same at every start: what lies on the desk is put there once.
fn nonce(what: &str) -> String {
    sha256_hex(&format!("the demo's desk: {what}"))[..32].to_owned()
}

fn giver(given: &str, family: &str) -> Giver {
    let details = DonorDetails {
        kind: DonorKind::Individual,
        given_name: given.to_owned(),
        family_name: family.to_owned(),
        organisation: None,
        email: String::new(),
        address: None,
        locale: "en-GB".to_owned(),
    };
    Giver::New { details: Box::new(details), telephone: None }
}

/// Lays it there, through the services, as the finance officer would.
///
/// # Errors
/// When the database refuses.
pub async fn lay(deps: &Deps) -> anyhow::Result<()> {
    let (finance, known) = {
        let mut read = deps.store.read().await?;
        let finance = staff::by_mailbox(&mut read, STAFF[0].email).await?;
        (finance, offline::by_nonce(&mut read, &nonce("cheque")).await?)
    };
    let (Some(finance), None) = (finance, known) else { return Ok(()) };
    let actor =
        Actor { id: finance.id, name: finance.name, roles: finance.roles, from: Ipv4Addr::LOCALHOST.into() };
    let charity = &deps.config.charity;
    let Some(entity) = charity.entities.first() else { return Ok(()) };
    let free = charity.funds_of(&entity.id).find(|f| f.restriction == Restriction::Unrestricted);
    let Some(fund) = free.map(|f| f.id.clone()) else { return Ok(()) };
    let today = deps.clock.now().date_in(&entity.time_zone);
    let pounds = |minor| Money::new(minor, entity.default_currency());
    let facts = Facts {
        kind: OfflineKind::Cheque,
        entity_id: entity.id.clone(),
        amount: pounds(15_000),
        fund_id: fund.clone(),
        campaign_id: None,
        received_on: today.checked_sub(3.days())?,
        reference: "000482".to_owned(),
        note: Some("In thanks for your letter.".to_owned()),
    };
    offline_gifts::enter(deps, &actor, &nonce("cheque"), &giver("Winifred", "Ashdown"), facts).await?;
    last_years_statements(deps, &actor).await?;
    half_a_batch(deps, &actor, &entity.id, &fund, entity.default_currency(), today).await?;
    let ada = {
        let mut read = deps.store.read().await?;
        accounts::by_mailbox(&mut read, &normalise_email("ada.marsh@donors.example")).await?
    };
    if let Some(ada) = ada {
        let words = "Rang to say thank you for the visit. Would like to hear about the classroom fund.";
        let note = NewNote { donor: &ada.donor_id, gift: None, words, nonce: &nonce("note") };
        write_note(deps, &actor, note).await?;
    }
    Ok(())
}

/// Three of four cheques are entered: the batch cannot be posted yet.
async fn half_a_batch(
    deps: &Deps,
    actor: &Actor,
    entity: &str,
    fund: &str,
    currency: Currency,
    today: jiff::civil::Date,
) -> anyhow::Result<()> {
    let id = batches::id_of(&nonce("batch"))?;
    let new = NewBatch {
        id: id.clone(),
        kind: OfflineKind::Cheque,
        entity_id: entity.to_owned(),
        name: "Cheques after the carol service".to_owned(),
        control_count: 4,
        control: Money::new(13_500, currency),
        received_on: Day(today),
    };
    batches::open(deps, actor, &new).await?;
    let batch = {
        let mut read = deps.store.read().await?;
        offline_batches::batch(&mut read, &id).await?
    };
    let Some(batch) = batch else { return Ok(()) };
    for (given, family, minor) in
        [("Edith", "Larkin", 2_500), ("Tomas", "Okello", 5_000), ("Bea", "Wren", 4_000)]
    {
        let line = Line {
            nonce: nonce(family),
            giver: giver(given, family),
            amount: Money::new(minor, currency),
            fund_id: fund.to_owned(),
            campaign_id: None,
            reference: String::new(),
        };
        batches::add(deps, actor, &batch, line).await?;
    }
    Ok(())
}

/// Issues the statements of the tax years that have ended, for every entity: the worker writes them.
async fn last_years_statements(deps: &Deps, actor: &Actor) -> anyhow::Result<()> {
    let now = deps.clock.now();
    for entity in &deps.config.charity.entities {
        let country = entity.country.as_str();
        let running = tax_year::of(now.date_in(&entity.time_zone), country);
        let years = std::iter::successors(tax_year::previous(&running), |year| tax_year::previous(year));
        for year in years.take(YEARS_ISSUED) {
            let nonce = nonce(&format!("statements {} {year}", entity.id));
            run::begin(deps, &entity.id, &year, &nonce, Some(actor)).await?;
        }
    }
    Ok(())
}
