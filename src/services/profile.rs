//! What a donor changes about themselves.

use super::accounts::note;
use super::{Deps, Result, ServiceError, compose};
use crate::config::{Entity, WordingKey};
use crate::domain::donor::Address;
use crate::domain::ids::{AddressId, ConsentId, DonorId};
use crate::domain::receipt::sha256_hex;
use crate::domain::states::{ConsentPurpose, DonorKind};
use crate::store::donors::{self, NewConsent};
use crate::store::profile;

/// Names, as checked by the form.
#[derive(Clone, Debug)]
pub struct Names {
    /// Person or body.
    pub kind: DonorKind,
    /// First name.
    pub given_name: String,
    /// Last name.
    pub family_name: String,
    /// Name of the body, for organisations.
    pub organisation: Option<String>,
}

/// Changes the names. Receipts already issued keep theirs (rule 11 of the house).
///
/// # Errors
/// When the database refuses.
pub async fn set_names(deps: &Deps, donor: &DonorId, names: &Names) -> Result<()> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    let Names { kind, given_name, family_name, organisation } = names;
    profile::set_names(&mut tx, donor, *kind, given_name, family_name, organisation.as_deref(), now).await?;
    note(deps, &mut tx, now, "donor.names_changed", donor, serde_json::json!({ "kind": kind.as_str() }));
    tx.commit().await?;
    Ok(())
}

/// Changes telephone and language.
///
/// # Errors
/// When the database refuses.
pub async fn set_contact(deps: &Deps, donor: &DonorId, telephone: Option<&str>, locale: &str) -> Result<()> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    profile::set_contact(&mut tx, donor, telephone, locale, now).await?;
    note(deps, &mut tx, now, "donor.contact_changed", donor, serde_json::json!({ "locale": locale }));
    tx.commit().await?;
    Ok(())
}

/// Moves a donor: the address that held is kept with its last day. The same address again changes nothing.
///
/// # Errors
/// When the database refuses.
pub async fn set_address(deps: &Deps, donor: &DonorId, address: &Address) -> Result<()> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    let before = profile::current_address(&mut tx, donor).await?;
    if before.as_ref() == Some(address) || (before.is_none() && address.is_blank()) {
        return Ok(());
    }
    let id = AddressId::new(now, &deps.random);
    let next = (!address.is_blank()).then_some(address);
    profile::move_address(&mut tx, &id, donor, next, now).await?;
    note(deps, &mut tx, now, "donor.address_changed", donor, serde_json::json!({ "address": id.as_str() }));
    tx.commit().await?;
    Ok(())
}

/// The words that stand over the choices, as of today.
///
/// # Errors
/// When the charity file has none.
pub fn consent_words<'a>(deps: &'a Deps, entity: &'a Entity) -> Result<crate::config::Wording> {
    let today = deps.clock.now().date_in(&entity.time_zone);
    let wording = deps.config.charity.wording.current(WordingKey::Consent, entity, today);
    wording.ok_or_else(|| ServiceError::Unexpected("no words for the e-mail choices".to_owned()))
}

/// Writes down the choices that changed, each with the words shown (PR-2); gives how many did.
///
/// # Errors
/// When the database refuses.
pub async fn set_consents(
    deps: &Deps,
    donor: &DonorId,
    entity_id: &str,
    wanted: &[ConsentPurpose],
) -> Result<usize> {
    const ALL: [ConsentPurpose; 3] = [ConsentPurpose::Stories, ConsentPurpose::Events, ConsentPurpose::Help];
    let now = deps.clock.now();
    let wording = consent_words(deps, compose::entity(deps, entity_id)?)?;
    let words = wording.text();
    let mut tx = deps.store.write().await?;
    let before = profile::consents(&mut tx, donor).await?;
    let mut changed = Vec::new();
    for purpose in ALL {
        let given = wanted.contains(&purpose);
        if before.iter().any(|c| c.purpose == purpose && c.given) == given {
            continue;
        }
        let consent = NewConsent {
            id: ConsentId::new(now, &deps.random),
            donor_id: donor.clone(),
            payment_id: None,
            entity_id: entity_id.to_owned(),
            purpose,
            given,
            source: "portal",
            wording_version: wording.version.clone(),
            wording_sha256: sha256_hex(&words),
            made_at: now,
        };
        donors::insert_consent_if_new(&mut tx, &consent).await?;
        changed.push(serde_json::json!({ "purpose": purpose.as_str(), "given": given }));
    }
    if changed.is_empty() {
        return Ok(0);
    }
    let count = changed.len();
    note(deps, &mut tx, now, "donor.choices_changed", donor, serde_json::json!(changed));
    tx.commit().await?;
    Ok(count)
}
