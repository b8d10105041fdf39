//! What was declared and agreed to on the form, with the very words shown. Kept with the payment, and made into rows
//! when money is received: a form that was left or sent again otherwise leaves no declaration and no consent behind.

use serde::{Deserialize, Serialize};

use super::gift_aid::declare::lives_abroad;
use super::give::GiveCommand;
use super::{Deps, Result, ServiceError, compose};
use crate::clock::Ts;
use crate::config::{Entity, WordingKey};
use crate::domain::gift_aid::declaration::{Channel, Scope};
use crate::domain::ids::{ConsentId, DeclarationId};
use crate::domain::receipt::sha256_hex;
use crate::domain::states::ConsentPurpose;
use crate::store::declarations::{self, NewDeclaration};
use crate::store::donors::{self, NewConsent};
use crate::store::payments::Payment;
use crate::store::{Day, WriteTx};

/// Words as they stood on the page.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Shown {
    version: String,
    words: String,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Evidence {
    made_at: Option<Ts>,
    gift_aid: Option<Shown>,
    purposes: Vec<ConsentPurpose>,
    consent: Option<Shown>,
}

/// The words beside the Gift Aid tick box: they say what the declaration covers (UK-13c), so they belong to it.
pub fn gift_aid_label(entity: &Entity) -> String {
    format!("Yes, claim Gift Aid on this gift and on every gift I make to {} from today", entity.legal_name)
}

/// The evidence of a form, as text for the payment's row.
///
/// # Errors
/// When the charity file has no words for what was ticked.
pub fn of_form(deps: &Deps, command: &GiveCommand, now: Ts) -> Result<String> {
    let entity = compose::entity(deps, &command.entity_id)?;
    let today = now.date_in(&entity.time_zone);
    let shown = |key| {
        let wording = deps.config.charity.wording.current(key, entity, today);
        wording.ok_or_else(|| ServiceError::Unexpected(format!("no words for {key:?}")))
    };
    let mut evidence = Evidence { made_at: Some(now), ..Evidence::default() };
    if command.gift_aid {
        let wording = shown(WordingKey::GiftAidDeclaration)?;
        let words = format!("{}\n\n{}", gift_aid_label(entity), wording.text());
        evidence.gift_aid = Some(Shown { version: wording.version, words });
    }
    if !command.consents.is_empty() {
        let wording = shown(WordingKey::Consent)?;
        evidence.consent = Some(Shown { version: wording.version.clone(), words: wording.text() });
        evidence.purposes = command.consents.clone();
    }
    serde_json::to_string(&evidence).map_err(|e| ServiceError::Unexpected(e.to_string()))
}

/// The evidence of an act at which nothing was ticked.
pub fn none() -> String {
    serde_json::to_string(&Evidence::default()).unwrap_or_default()
}

/// Writes the declaration and the choices of a payment whose money has just been received, once. The caller holds the
/// payment (UK-19, PR-2).
///
/// # Errors
/// When the database refuses.
pub async fn write(deps: &Deps, tx: &mut WriteTx, payment: &Payment, now: Ts) -> Result<()> {
    let evidence: Evidence = serde_json::from_str(&payment.evidence)
        .map_err(|e| ServiceError::Unexpected(format!("{}: {e}", payment.id)))?;
    let made_at = evidence.made_at.unwrap_or(payment.created_at);
    if let Some(shown) = evidence.gift_aid {
        let entity = compose::entity(deps, &payment.entity_id)?;
        let home_address = payment.donor.address.clone().unwrap_or_default();
        let declaration = NewDeclaration {
            id: DeclarationId::new(now, &deps.random),
            donor_id: payment.donor_id.clone(),
            payment_id: Some(payment.id.clone()),
            gift_id: None,
            entity_id: payment.entity_id.clone(),
            scope: Scope::Future,
            covers_from: Day(made_at.date_in(&entity.time_zone)),
            full_name: payment.donor.person_name(),
            non_uk_resident: lives_abroad(&home_address),
            home_address,
            wording_version: shown.version,
            wording_sha256: sha256_hex(&shown.words),
            words_shown: shown.words,
            channel: Channel::Web,
            evidence_ref: None,
            entered_by: None,
            nonce: None,
            made_at,
        };
        // A form that is settled again has written it.
        declarations::insert_if_new(tx, &declaration).await?;
    }
    if let Some(shown) = evidence.consent {
        for purpose in &evidence.purposes {
            let consent = NewConsent {
                id: ConsentId::new(now, &deps.random),
                donor_id: payment.donor_id.clone(),
                payment_id: Some(payment.id.clone()),
                entity_id: payment.entity_id.clone(),
                purpose: *purpose,
                given: true,
                source: "giving form",
                wording_version: shown.version.clone(),
                wording_sha256: sha256_hex(&shown.words),
                made_at,
            };
            donors::insert_consent_if_new(tx, &consent).await?;
        }
    }
    Ok(())
}
