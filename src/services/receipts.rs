//! Receipts: issued with the gift, frozen as they are, replaced by a new one that names the old (RC-1, RC-6, RC-10).

use super::mailing::{self, Envelope};
use super::{Deps, Result, ServiceError, compose};
use crate::clock::Ts;
use crate::config::WordingKey;
use crate::domain::frequency::Frequency;
use crate::domain::ids::ReceiptId;
use crate::domain::receipt::{self, Instalment, ReceiptContent, ReceiptEntity};
use crate::store::gifts::Gift;
use crate::store::receipts::{self, Delivery, NewReceipt};
use crate::store::{WriteTx, donors};

/// Issues the next receipt of a gift as it stands in `gift`, and queues its mail; gives its number. `frequency`: how often
/// its plan gives, none for a single gift. `replaces`: the number of the receipt that is void from now on. A donor without
/// a mailbox gets it on paper.
///
/// # Errors
/// When the charity file lacks the words, or the database refuses.
pub async fn issue(
    deps: &Deps,
    tx: &mut WriteTx,
    gift: &Gift,
    frequency: Option<Frequency>,
    replaces: Option<&str>,
    now: Ts,
) -> Result<String> {
    let entity = compose::entity(deps, &gift.entity_id)?;
    let issued_on = now.date_in(&entity.time_zone);
    let wording = deps.config.charity.wording.current(WordingKey::Receipt, entity, issued_on);
    let wording =
        wording.ok_or_else(|| ServiceError::Unexpected(format!("no receipt wording for {}", entity.id)))?;
    let year = i64::from(gift.received_on.0.year());
    let serial = receipts::next_serial(tx, &gift.entity_id, year).await?;
    let frequency = frequency.unwrap_or(Frequency::Once);
    let content = ReceiptContent {
        template_version: receipt::TEMPLATE_VERSION,
        number: receipt::number(&entity.receipt_prefix, year, serial),
        replaces: replaces.map(str::to_owned),
        issued_on: issued_on.to_string(),
        entity: ReceiptEntity {
            id: entity.id.clone(),
            legal_name: entity.legal_name.clone(),
            address: entity.address.clone(),
            registrations: entity.registrations.iter().map(|r| format!("{} {}", r.label, r.number)).collect(),
            locale: entity.locale.clone(),
        },
        donor: gift.donor.clone(),
        amount: gift.amount,
        fee_cover: gift.fee_cover,
        received_on: gift.received_on.0.to_string(),
        tax_year: gift.tax_year.clone(),
        method: method_text(&gift.method_label, gift.method_last4.as_deref()),
        fund: compose::fund_name(deps, &gift.fund_id),
        campaign: gift
            .campaign_id
            .as_ref()
            .and_then(|c| deps.config.charity.campaign(c))
            .map(|c| c.name.clone()),
        instalment: gift
            .instalment
            .map(|number| Instalment { frequency: frequency.as_str().to_owned(), number }),
        gift_aid: gift.declaration_id.is_some(),
        tribute: gift.tribute.clone(),
        note: gift.note.clone(),
        wording_version: wording.version,
        wording: wording.paragraphs,
    };
    let version = match replaces {
        None => 1,
        Some(_) => receipts::versions_of(tx, &gift.id).await? + 1,
    };
    // The receipt says who gave; its mail goes to where they are now: a plan outlives a mailbox, and a mistyped one is mended.
    let mailbox = donors::mailbox_of(tx, &gift.donor_id).await?.unwrap_or_default();
    let on_paper = mailbox.is_empty();
    let new = NewReceipt {
        id: ReceiptId::new(now, &deps.random),
        gift_id: &gift.id,
        version,
        year,
        serial,
        content: &content,
        delivery: if on_paper { Delivery::Paper } else { Delivery::Mail },
        issued_at: now,
    };
    receipts::insert(tx, &new).await?;
    if !on_paper {
        let dedupe_key = match version {
            1 => format!("receipt:{}", gift.id),
            _ => format!("receipt:{}:{version}", gift.id),
        };
        let envelope = Envelope {
            dedupe_key,
            recipient: &mailbox,
            donor_id: Some(&gift.donor_id),
            gift_id: Some(&gift.id),
            proof_id: None,
        };
        mailing::queue(deps, tx, envelope, compose::receipt(deps, &content, false)?, now).await?;
    }
    Ok(content.number)
}

/// `Visa ending 4242`.
pub fn method_text(label: &str, last4: Option<&str>) -> String {
    match last4 {
        Some(digits) => format!("{label} ending {digits}"),
        None => label.to_owned(),
    }
}
