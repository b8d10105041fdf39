//! Making a declaration: by the donor on their own pages, or written down by staff from paper, a mail or a talk.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::touch_statements;
use super::words::DeclarationWords;
use crate::clock::Ts;
use crate::config::Entity;
use crate::domain::dates;
use crate::domain::donor::Address;
use crate::domain::gift_aid::declaration::{Channel, Scope};
use crate::domain::ids::{DeclarationId, DonorId, GiftId};
use crate::domain::receipt::sha256_hex;
use crate::domain::states::DonorKind;
use crate::services::accounts::note;
use crate::services::staff::{Act, Actor, record};
use crate::services::{Deps, Result};
use crate::store::declarations::{self, NewDeclaration};
use crate::store::{Day, WriteTx, declared_gifts, office_donor};

/// No declaration is older.
const EARLIEST: Date = jiff::civil::date(2000, 1, 1);
/// Of the United Kingdom and the islands whose postcodes HMRC's schedule takes as they are (UK-25).
const UK_POSTCODES: [&str; 4] = ["GB", "GG", "IM", "JE"];

/// Who declares, as they gave it (UK-13b).
#[derive(Clone, Debug)]
pub struct Given {
    /// First name and surname.
    pub full_name: String,
    /// Where they live.
    pub home_address: Address,
}

/// A declaration to be kept.
#[derive(Clone, Debug)]
pub struct Declare<'a> {
    /// Whose: the record that others count for.
    pub owner: &'a DonorId,
    /// To which entity.
    pub entity_id: &'a str,
    /// Which gifts (UK-15).
    pub scope: Scope,
    /// The gift, when it is for one.
    pub gift: Option<&'a GiftId>,
    /// How it reached us (UK-18).
    pub channel: Channel,
    /// Who declares.
    pub given: &'a Given,
    /// The mark of the words that were shown on a page of ours.
    pub mark: Option<&'a str>,
    /// The words that were said or printed, when they were not the charity's own.
    pub words: Option<&'a str>,
    /// Where the evidence is.
    pub evidence_ref: Option<&'a str>,
    /// Who writes it down; none: the donor themselves, today.
    pub entered_by: Option<&'a Actor>,
    /// The day it was made, in the entity's zone; none: today.
    pub made_on: Option<Date>,
    /// The form's own random mark.
    pub nonce: &'a str,
}

/// Why a declaration is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such donor.
    NoSuchDonor,
    /// Gift Aid is for gifts of people (UK-2).
    NotAnIndividual,
    /// The entity takes no Gift Aid (UK-7).
    NoGiftAid,
    /// A first name and a surname are needed (UK-13b, UK-17).
    NameMissing,
    /// The first line of a home address, and in the United Kingdom its postcode, are needed (UK-17).
    AddressMissing,
    /// It is not where the donor lives (UK-17).
    CareOf,
    /// The words are others since the page was opened (UK-14).
    WordsChanged,
    /// The charity's file has no words for that day.
    NoWords,
    /// The day has not come yet.
    InFuture,
    /// The day is too long ago to be meant.
    TooLongAgo,
    /// Paper has to be found again (UK-19).
    EvidenceMissing,
    /// A declaration for one gift names a gift of this donor to this entity.
    NoSuchGift,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Declared {
    /// It is kept, now or by the same form before.
    Done(DeclarationId),
    /// It is not.
    Refused(Refusal),
}

/// Whether an address is outside the places whose postcodes are sent to HMRC (UK-12, UK-25).
pub fn lives_abroad(address: &Address) -> bool {
    !address.country.is_empty() && !UK_POSTCODES.contains(&address.country.as_str())
}

/// What is wrong with who declares and when (UK-13b, UK-17).
fn check_given(given: &Given, today: Date, made_on: Date) -> Option<Refusal> {
    let (name, home) = (&given.full_name, &given.home_address);
    let line = home.line1.to_lowercase();
    let all = [
        (name.split_whitespace().count() < 2, Refusal::NameMissing),
        (home.line1.is_empty(), Refusal::AddressMissing),
        (home.postcode.is_empty() && !lives_abroad(home), Refusal::AddressMissing),
        (line.starts_with("c/o") || line.contains(" c/o "), Refusal::CareOf),
        (made_on > today, Refusal::InFuture),
        (made_on < EARLIEST, Refusal::TooLongAgo),
    ];
    all.into_iter().find(|(wrong, _)| *wrong).map(|(_, refusal)| refusal)
}

/// The same in words, for a row of a file.
pub fn unfit(given: &Given, today: Date, made_on: Date) -> Option<&'static str> {
    check_given(given, today, made_on).map(|refusal| match refusal {
        Refusal::NameMissing => "It needs a first name and a surname",
        Refusal::AddressMissing => "It needs the first line of a home address, and its postcode",
        Refusal::CareOf => "It needs the address where the donor lives, not a c/o address",
        Refusal::InFuture => "It is of a day in the future",
        _ => "It is of a day before the year 2000",
    })
}

/// What is wrong with what was given, without asking the books (UK-13b, UK-17).
fn check(wish: &Declare<'_>, today: Date, made_on: Date) -> Option<Refusal> {
    if let Some(refusal) = check_given(wish.given, today, made_on) {
        return Some(refusal);
    }
    let all = [
        (wish.channel == Channel::Paper && wish.evidence_ref.is_none(), Refusal::EvidenceMissing),
        ((wish.scope == Scope::Single) != wish.gift.is_some(), Refusal::NoSuchGift),
    ];
    all.into_iter().find(|(wrong, _)| *wrong).map(|(_, refusal)| refusal)
}

/// Version and every word of a declaration.
fn words_of(
    deps: &Deps,
    entity: &Entity,
    wish: &Declare<'_>,
    made_on: Date,
) -> std::result::Result<(String, String), Refusal> {
    let from = match wish.entered_by {
        None => "today".to_owned(),
        Some(_) => dates::long(made_on, &entity.locale),
    };
    let own = DeclarationWords::on(deps, entity, made_on, &from);
    match (wish.words, own) {
        (Some(words), own) => {
            let version = own.map_or_else(|| "own".to_owned(), |w| format!("{}-own", w.version));
            Ok((version, words.to_owned()))
        }
        (None, None) => Err(Refusal::NoWords),
        (None, Some(own)) if wish.mark.is_some_and(|mark| mark != own.mark()) => Err(Refusal::WordsChanged),
        (None, Some(own)) => {
            let text = own.text(wish.scope);
            Ok((own.version, text))
        }
    }
}

/// Keeps a declaration with the words that were shown, once for a form. Gifts it covers stay as they are; statements of
/// their years are looked at again.
///
/// # Errors
/// When the database refuses.
pub async fn declare(deps: &Deps, wish: &Declare<'_>) -> Result<Declared> {
    let now = deps.clock.now();
    let Some(entity) = deps.config.charity.entity(wish.entity_id).filter(|e| e.gift_aid) else {
        return Ok(Declared::Refused(Refusal::NoGiftAid));
    };
    let today = now.date_in(&entity.time_zone);
    let made_on = wish.made_on.unwrap_or(today);
    if let Some(refusal) = check(wish, today, made_on) {
        return Ok(Declared::Refused(refusal));
    }
    let mut tx = deps.store.write().await?;
    if let Some(before) = declarations::by_nonce(&mut tx, wish.owner, wish.nonce).await? {
        return Ok(Declared::Done(before));
    }
    let gift_on = match who(&mut tx, wish).await? {
        Ok(gift_on) => gift_on,
        Err(refusal) => return Ok(Declared::Refused(refusal)),
    };
    let words = match words_of(deps, entity, wish, made_on) {
        Ok(words) => words,
        Err(refusal) => return Ok(Declared::Refused(refusal)),
    };
    let made_at = if made_on == today { now } else { Ts::start_of(made_on, &entity.time_zone) };
    let new = row(deps, wish, words, made_on, made_at);
    if !declarations::insert_if_new(&mut tx, &new).await? {
        // The same form, sent twice at once.
        let before = declarations::by_nonce(&mut tx, wish.owner, wish.nonce).await?;
        return Ok(before.map_or(Declared::Refused(Refusal::NoSuchDonor), Declared::Done));
    }
    let since = gift_on.unwrap_or(new.covers_from.0);
    touch_statements(deps, &mut tx, wish.owner, &entity.id, since, now).await?;
    write_down(deps, &mut tx, wish, &new, now);
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(Declared::Done(new.id))
}

/// Whether this donor can make it; the day of its gift, when it is for one.
async fn who(tx: &mut WriteTx, wish: &Declare<'_>) -> Result<std::result::Result<Option<Date>, Refusal>> {
    let donor = office_donor::record(tx, wish.owner).await?;
    let Some(donor) = donor.filter(|d| d.owner_id == d.id) else { return Ok(Err(Refusal::NoSuchDonor)) };
    if donor.kind != DonorKind::Individual {
        return Ok(Err(Refusal::NotAnIndividual));
    }
    let Some(gift) = wish.gift else { return Ok(Ok(None)) };
    let received = declared_gifts::received_on(tx, wish.owner, wish.entity_id, gift).await?;
    Ok(received.map(|day| Some(day.0)).ok_or(Refusal::NoSuchGift))
}

fn row(
    deps: &Deps,
    wish: &Declare<'_>,
    (version, words): (String, String),
    made_on: Date,
    made_at: Ts,
) -> NewDeclaration {
    NewDeclaration {
        id: DeclarationId::new(deps.clock.now(), &deps.random),
        donor_id: wish.owner.clone(),
        payment_id: None,
        gift_id: wish.gift.cloned(),
        entity_id: wish.entity_id.to_owned(),
        scope: wish.scope,
        covers_from: Day(wish.scope.covers_from(made_on)),
        full_name: wish.given.full_name.clone(),
        home_address: wish.given.home_address.clone(),
        non_uk_resident: lives_abroad(&wish.given.home_address),
        wording_version: version,
        wording_sha256: sha256_hex(&words),
        words_shown: words,
        channel: wish.channel,
        evidence_ref: wish.evidence_ref.map(str::to_owned),
        entered_by: wish.entered_by.map(|actor| actor.id.clone()),
        nonce: Some(wish.nonce.to_owned()),
        made_at,
    }
}

fn write_down(deps: &Deps, tx: &mut WriteTx, wish: &Declare<'_>, new: &NewDeclaration, now: Ts) {
    let after = json!({
        "declaration": new.id.as_str(), "entity": new.entity_id, "scope": new.scope.as_str(),
        "channel": new.channel.as_str(), "covers_from": new.covers_from.0.to_string(), "words": new.wording_version,
    });
    match wish.entered_by {
        None => note(deps, tx, now, "declaration.made", wish.owner, after),
        Some(actor) => {
            let subject = wish.owner.as_str();
            let act = Act { action: "declaration.entered", subject, before: Value::Null, after, why: "" };
            record(deps, tx, actor, act);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(full_name: &str, line1: &str, postcode: &str, country: &str) -> Option<Refusal> {
        let home_address = Address {
            line1: line1.to_owned(),
            postcode: postcode.to_owned(),
            country: country.to_owned(),
            ..Address::default()
        };
        let given = Given { full_name: full_name.to_owned(), home_address };
        let owner = DonorId::new(Ts::from_unix(0), &crate::random::Random::seeded(1));
        let wish = Declare {
            owner: &owner,
            entity_id: "uk",
            scope: Scope::Future,
            gift: None,
            channel: Channel::Web,
            given: &given,
            mark: None,
            words: None,
            evidence_ref: None,
            entered_by: None,
            made_on: None,
            nonce: "n",
        };
        let today = jiff::civil::date(2026, 11, 22);
        check(&wish, today, today)
    }

    #[test]
    fn case_30_a_declaration_names_a_home() {
        assert_eq!(refused("Ada Marsh", "1 Fern Lane", "SW1A 1AA", "GB"), None);
        assert_eq!(refused("Ada Marsh", "c/o Acme Ltd", "SW1A 1AA", "GB"), Some(Refusal::CareOf));
        assert_eq!(refused("Ada Marsh", "1 Fern Lane", "", "GB"), Some(Refusal::AddressMissing));
        assert_eq!(refused("Ada Marsh", "1 rue Neuve", "", "FR"), None, "abroad a postcode may be missing");
        assert_eq!(refused("Ada", "1 Fern Lane", "SW1A 1AA", "GB"), Some(Refusal::NameMissing));
    }
}
