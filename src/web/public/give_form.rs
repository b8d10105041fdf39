//! Reading the giving form: every field checked, every mistake named at its field, nothing believed that we can
//! work out ourselves.

use std::str::FromStr;

use serde::Deserialize;

use crate::config::{AddressRule, Campaign, Charity, Entity, Fund, WordingKey};
use crate::domain::donor::{Address, DonorDetails, Tribute};
use crate::domain::frequency::Frequency;
use crate::domain::money::{Currency, Money};
use crate::domain::states::{ConsentPurpose, DonorKind, OfferKind, TributeKind};
use crate::services::give::GiveCommand;
use crate::store::offers::Offers;
use crate::web::amounts;
use crate::web::forms::{self, AddressFields, Mistakes, NAME_AT_MOST, line};

const NOTE_AT_MOST: usize = 500;

/// The form as sent: text, nothing more. Unknown fields are left aside, a field sent twice is refused.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    pub token: String,
    pub entity: String,
    pub currency: String,
    pub campaign: String,
    pub frequency: String,
    pub amount_once: String,
    pub amount_monthly: String,
    pub amount_quarterly: String,
    pub amount_yearly: String,
    pub amount_other: String,
    pub cover_fee: String,
    pub fund: String,
    pub note: String,
    pub tribute_kind: String,
    pub tribute_name: String,
    pub donor_kind: String,
    pub organisation: String,
    pub given_name: String,
    pub family_name: String,
    pub email: String,
    pub address_line1: String,
    pub address_line2: String,
    pub city: String,
    pub region: String,
    pub postcode: String,
    pub country: String,
    pub gift_aid: String,
    pub gift_aid_wording: String,
    pub updates_stories: String,
    pub updates_events: String,
    pub updates_help: String,
}

impl Raw {
    /// The chosen ask amount of a frequency.
    pub fn ask(&self, frequency: Frequency) -> &str {
        match frequency {
            Frequency::Once => &self.amount_once,
            Frequency::Monthly => &self.amount_monthly,
            Frequency::Quarterly => &self.amount_quarterly,
            Frequency::Yearly => &self.amount_yearly,
        }
    }

    /// True when an organisation gives.
    pub fn is_organisation(&self) -> bool {
        self.donor_kind == "organisation"
    }
}

/// Where the gift goes and in what currency; decided by the charity file, never by the form alone.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The charity.
    pub charity: &'a Charity,
    /// The receiving entity.
    pub entity: &'a Entity,
    /// One of its currencies.
    pub currency: Currency,
    /// Its day, for wording and campaigns.
    pub today: jiff::civil::Date,
    /// What the office has opened and closed.
    pub offers: &'a Offers,
}

impl<'a> Place<'a> {
    /// The funds that the entity offers today, in the file's order.
    pub fn funds(self) -> impl Iterator<Item = &'a Fund> {
        let open = move |f: &&Fund| self.offers.is_open(OfferKind::Fund, &f.id, self.today);
        self.charity.funds_of(&self.entity.id).filter(open)
    }

    /// The fund with this id, if the entity offers it today.
    pub fn fund(self, id: &str) -> Option<&'a Fund> {
        self.funds().find(|f| f.id == id)
    }

    /// Whether a campaign is open today, by the file and by the office.
    pub fn runs(self, campaign: &Campaign) -> bool {
        campaign.is_open_on(self.today) && self.offers.is_open(OfferKind::Campaign, &campaign.id, self.today)
    }
}

/// Checks a form. The command's form mark is filled in by the caller.
///
/// # Errors
/// Every mistake at once, each in words that say how to put it right.
pub fn check(place: Place<'_>, raw: &Raw) -> Result<GiveCommand, Mistakes> {
    let mut wrong = Mistakes::new();
    let frequency = Frequency::from_str(&raw.frequency).ok().filter(|f| place.entity.frequencies.contains(f));
    if frequency.is_none() {
        wrong.insert("frequency", "Choose how often you would like to give".to_owned());
    }
    let amount = frequency.and_then(|f| amount(place, raw, f, &mut wrong));
    let fund_id = fund(place, raw, &mut wrong);
    let campaign = place.charity.campaign(&raw.campaign);
    let campaign = campaign.filter(|c| c.is_offered_by(&place.entity.id) && place.runs(c));
    let donor = donor(place, raw, &mut wrong);
    let gift_aid = gift_aid(place, raw, &mut wrong);
    let note = note(raw, &mut wrong);
    let tribute = tribute(raw, &mut wrong);
    let (Some(frequency), Some(amount), Some(fund_id), true) = (frequency, amount, fund_id, wrong.is_empty())
    else {
        return Err(wrong);
    };
    Ok(GiveCommand {
        form_nonce: String::new(),
        entity_id: place.entity.id.clone(),
        frequency,
        fund_id,
        campaign_id: campaign.map(|c| c.id.clone()),
        amount,
        fee_cover: cover(place, raw, amount),
        donor,
        note,
        tribute,
        gift_aid,
        consents: consents(raw),
        account: None,
        customer: None,
    })
}

fn amount(place: Place<'_>, raw: &Raw, frequency: Frequency, wrong: &mut Mistakes) -> Option<Money> {
    let typed = if raw.amount_other.trim().is_empty() { raw.ask(frequency) } else { &raw.amount_other };
    match amounts::check(place.entity, &place.charity.brand.contact_email, place.currency, typed) {
        Ok(amount) => Some(amount),
        Err(words) => {
            wrong.insert("amount_other", words);
            None
        }
    }
}

/// What to add so that the whole gift arrives; worked out here, whatever the form said.
fn cover(place: Place<'_>, raw: &Raw, amount: Money) -> Money {
    if raw.cover_fee.is_empty() { Money::zero(place.currency) } else { amounts::cover(place.entity, amount) }
}

fn fund(place: Place<'_>, raw: &Raw, wrong: &mut Mistakes) -> Option<String> {
    let fund = place.fund(&raw.fund);
    if fund.is_none() {
        wrong.insert("fund", "Choose where your gift should go".to_owned());
    }
    fund.map(|f| f.id.clone())
}

fn donor(place: Place<'_>, raw: &Raw, wrong: &mut Mistakes) -> DonorDetails {
    let organisation = raw.is_organisation().then(|| {
        line(wrong, "organisation", &raw.organisation, NAME_AT_MOST, Some("Enter the organisation's name"))
    });
    DonorDetails {
        kind: if raw.is_organisation() { DonorKind::Organisation } else { DonorKind::Individual },
        given_name: line(wrong, "given_name", &raw.given_name, NAME_AT_MOST, Some("Enter your first name")),
        family_name: line(wrong, "family_name", &raw.family_name, NAME_AT_MOST, Some("Enter your last name")),
        organisation,
        email: forms::email(
            wrong,
            "email",
            &raw.email,
            "Enter your e-mail address, so that we can send your receipt",
        ),
        address: address(place, raw, wrong),
        locale: place.entity.locale.clone(),
    }
}

/// True when the form asks for an address in this case.
fn address_wanted(place: Place<'_>, raw: &Raw) -> (bool, bool) {
    let aid = place.entity.gift_aid && !raw.is_organisation() && !raw.gift_aid.is_empty();
    match place.entity.address_required {
        AddressRule::Always => (true, true),
        AddressRule::WithGiftAid => (aid, aid),
        AddressRule::Optional => (true, aid),
    }
}

fn address(place: Place<'_>, raw: &Raw, wrong: &mut Mistakes) -> Option<Address> {
    let (shown, required) = address_wanted(place, raw);
    if !shown {
        return None;
    }
    let typed = Address {
        line1: raw.address_line1.trim().to_owned(),
        line2: raw.address_line2.trim().to_owned(),
        city: raw.city.trim().to_owned(),
        region: raw.region.trim().to_owned(),
        postcode: raw.postcode.trim().to_owned(),
        country: raw.country.trim().to_owned(),
    };
    if !required && typed.is_blank() {
        return None;
    }
    let names = AddressFields { line1: "address_line1", line2: "address_line2" };
    Some(forms::address(wrong, names, &typed))
}

/// Only an individual giving to a Gift Aid entity can declare (UK-2, UK-7); for others the tick means nothing.
fn gift_aid(place: Place<'_>, raw: &Raw, wrong: &mut Mistakes) -> bool {
    if !place.entity.gift_aid || raw.is_organisation() || raw.gift_aid.is_empty() {
        return false;
    }
    let shown = place.charity.wording.current(WordingKey::GiftAidDeclaration, place.entity, place.today);
    if shown.is_none_or(|w| w.version != raw.gift_aid_wording) {
        let words = "The words of the declaration have changed since you opened this page. Read them again, then continue";
        wrong.insert("gift_aid", words.to_owned());
    }
    true
}

fn note(raw: &Raw, wrong: &mut Mistakes) -> Option<String> {
    let text = raw.note.trim().replace("\r\n", "\n");
    if text.chars().count() > NOTE_AT_MOST {
        wrong.insert("note", format!("Shorten your message to {NOTE_AT_MOST} characters or fewer"));
    } else if text.chars().any(|c| c.is_control() && c != '\n') {
        wrong.insert("note", "Write your message in letters and figures only".to_owned());
    }
    (!text.is_empty()).then_some(text)
}

fn tribute(raw: &Raw, wrong: &mut Mistakes) -> Option<Tribute> {
    let kind = TributeKind::from_str(&raw.tribute_kind).ok()?;
    let name =
        line(wrong, "tribute_name", &raw.tribute_name, NAME_AT_MOST, Some("Enter the name of the person"));
    Some(Tribute { kind, name })
}

fn consents(raw: &Raw) -> Vec<ConsentPurpose> {
    let boxes = [
        (ConsentPurpose::Stories, &raw.updates_stories),
        (ConsentPurpose::Events, &raw.updates_events),
        (ConsentPurpose::Help, &raw.updates_help),
    ];
    boxes.into_iter().filter(|(_, ticked)| !ticked.is_empty()).map(|(purpose, _)| purpose).collect()
}
