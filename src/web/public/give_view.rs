//! The giving form as a page.

use super::give_form::{Place, Raw};
use crate::config::{AddressRule, Country, WordingKey};
use crate::domain::dates;
use crate::domain::fee;
use crate::domain::frequency::Frequency;
use crate::domain::money::Money;
use crate::services::evidence;
use crate::web::AppState;
use crate::web::forms::{self, Mistakes};
use crate::web::layout::{frame, greet};
use crate::web::pages::give::{
    Address, AddressWhen, AskAmount, Campaign, Consent, CoverFee, Frequency as FrequencyView, Fund, GiftAid,
    GivePage, LiveText,
};
use crate::web::pages::{Check, Field, Link, Notice};
use crate::web::visitor::Visitor;

/// What a form shows.
#[derive(Debug)]
pub struct Form<'a> {
    /// Where the gift goes.
    pub place: Place<'a>,
    /// What was typed.
    pub raw: &'a Raw,
    /// What is wrong.
    pub wrong: &'a Mistakes,
    /// The form's mark.
    pub token: String,
    /// A word over the form.
    pub notice: Option<Notice>,
    /// Who looks at it.
    pub visitor: &'a Visitor,
}

impl Form<'_> {
    fn field(&self, name: &'static str, value: &str) -> Field {
        Field { value: value.to_owned(), error: self.wrong.get(name).cloned() }
    }

    fn frequency(&self) -> Frequency {
        self.raw.frequency.parse().unwrap_or(Frequency::Once)
    }

    /// The amount as far as it can be read, for the words that show a sum.
    fn amount(&self) -> Option<Money> {
        let other = self.raw.amount_other.trim();
        let typed = if other.is_empty() { self.raw.ask(self.frequency()) } else { other };
        Money::parse_typed(typed, self.place.currency).ok()
    }
}

/// Builds the page.
pub fn page(state: &AppState, form: &Form<'_>) -> GivePage {
    let place = form.place;
    let brand = &place.charity.brand;
    let campaign = place.charity.campaign(&form.raw.campaign);
    let campaign = campaign.filter(|c| c.is_offered_by(&place.entity.id) && place.runs(c));
    let heading = campaign.and_then(|c| c.heading.clone()).unwrap_or_else(|| brand.heading.clone());
    let mut layout = frame(state, Some(place.entity), &heading);
    greet(state, &mut layout, form.visitor, "");
    layout.js = Some(state.assets.href("give.js"));
    let symbol = place.currency.symbol();
    let after = matches!(place.entity.locale.get(..2), Some("de" | "fr"));
    GivePage {
        layout,
        lead: campaign.and_then(|c| c.lead.clone()).unwrap_or_else(|| brand.lead.clone()),
        heading,
        campaign: campaign.and_then(|c| campaign_view(form, c)),
        notice: form.notice.clone(),
        entity_line: format!("{}, in {}", place.entity.legal_name, place.currency),
        entities: entity_links(form),
        currencies: currency_links(form),
        token: form.token.clone(),
        entity: place.entity.id.clone(),
        currency: place.currency.code().to_owned(),
        campaign_code: campaign.map(|c| c.id.clone()).unwrap_or_default(),
        frequencies: frequencies(form),
        frequency_error: form.wrong.get("frequency").cloned(),
        amount_other: form.field("amount_other", &form.raw.amount_other),
        amount_hint: amount_hint(form),
        prefix: if after { String::new() } else { symbol.clone() },
        suffix: if after { format!("\u{a0}{}", symbol.trim()) } else { String::new() },
        exponent: u8::try_from(place.currency.exponent()).unwrap_or(2),
        button: LiveText {
            now: button(form),
            pattern: String::new(),
            plain: "Continue to payment".to_owned(),
        },
        cover_fee: cover_fee(form),
        funds: funds(form),
        fund_error: form.wrong.get("fund").cloned(),
        note: form.field("note", &form.raw.note),
        tribute_kind: if form.raw.tribute_kind.is_empty() {
            "none".to_owned()
        } else {
            form.raw.tribute_kind.clone()
        },
        tribute_name: form.field("tribute_name", &form.raw.tribute_name),
        donor_kind: if form.raw.is_organisation() { "organisation" } else { "individual" }.to_owned(),
        organisation: form.field("organisation", &form.raw.organisation),
        given_name: form.field("given_name", &form.raw.given_name),
        family_name: form.field("family_name", &form.raw.family_name),
        email: form.field("email", &form.raw.email),
        address: Some(address(form)),
        gift_aid: gift_aid(form),
        consent: consent(form),
        pay_line: "You'll pay on Stripe's secure page. Cards, wallets and Direct Debit are taken there."
            .to_owned(),
    }
}

fn campaign_view(form: &Form<'_>, campaign: &crate::config::Campaign) -> Option<Campaign> {
    let ends = campaign.ends?;
    Some(Campaign {
        title: campaign.name.clone(),
        text: String::new(),
        until: format!("Until {}", dates::long(ends, &form.place.entity.locale)),
    })
}

fn keep(form: &Form<'_>, entity: &str, currency: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("entity", entity)
        .append_pair("currency", currency)
        .append_pair("frequency", &form.raw.frequency);
    if !form.raw.campaign.is_empty() {
        query.append_pair("campaign", &form.raw.campaign);
    }
    format!("/give?{}", query.finish())
}

fn entity_links(form: &Form<'_>) -> Vec<Link> {
    let entities = &form.place.charity.entities;
    if entities.len() < 2 {
        return Vec::new();
    }
    let link = |e: &crate::config::Entity| Link {
        label: format!("{} ({})", e.country.name(), e.default_currency()),
        href: keep(form, &e.id, e.default_currency().code()),
        current: e.id == form.place.entity.id,
    };
    entities.iter().map(link).collect()
}

fn currency_links(form: &Form<'_>) -> Vec<Link> {
    let currencies = &form.place.entity.currencies;
    if currencies.len() < 2 {
        return Vec::new();
    }
    let link = |c: &crate::domain::money::Currency| Link {
        label: format!("{} {}", c.symbol().trim(), c.code()),
        href: keep(form, &form.place.entity.id, c.code()),
        current: *c == form.place.currency,
    };
    currencies.iter().map(link).collect()
}

fn frequencies(form: &Form<'_>) -> Vec<FrequencyView> {
    let today = form.place.today;
    let programme = &form.place.charity.brand.programme;
    let chosen = form.frequency();
    let view = |f: &Frequency| {
        let (label, question, hint, button_pattern) = match f {
            Frequency::Once => ("Once", "How much?", String::new(), "Give {amount}"),
            Frequency::Monthly => (
                "Every month",
                "How much each month?",
                format!("Everyone who gives monthly is a {programme}. Stop whenever you like."),
                "Give {amount} a month",
            ),
            Frequency::Quarterly => (
                "Every three months",
                "How much every three months?",
                String::new(),
                "Give {amount} every three months",
            ),
            Frequency::Yearly => ("Every year", "How much each year?", String::new(), "Give {amount} a year"),
        };
        FrequencyView {
            value: f.as_str().to_owned(),
            label: label.to_owned(),
            question: question.to_owned(),
            hint,
            button_pattern: button_pattern.to_owned(),
            after: after(*f, today, &form.place.entity.locale),
            checked: *f == chosen,
            amounts: asks(form, *f),
        }
    };
    form.place.entity.frequencies.iter().map(view).collect()
}

fn after(frequency: Frequency, today: jiff::civil::Date, locale: &str) -> String {
    let Some(months) = frequency.months() else { return String::new() };
    let day = dates::ordinal(today.day());
    let next = today.saturating_add(jiff::Span::new().months(i32::try_from(months).unwrap_or(12)));
    match frequency {
        Frequency::Monthly => format!("First gift today, then on the {day} of each month."),
        _ => format!("First gift today, the next on {}.", dates::long(next, locale)),
    }
}

fn asks(form: &Form<'_>, frequency: Frequency) -> Vec<AskAmount> {
    let locale = form.place.entity.locale.as_str();
    let typed = !form.raw.amount_other.trim().is_empty();
    let Some(set) = form.place.entity.ask_set(frequency, form.place.currency) else { return Vec::new() };
    let view = |a: &crate::config::Ask| {
        let value = a.amount.to_plain();
        AskAmount {
            label: a.amount.display_short(locale),
            impact: a.impact.clone().unwrap_or_default(),
            checked: !typed && form.raw.ask(frequency) == value,
            value,
        }
    };
    set.amounts.iter().map(view).collect()
}

fn amount_hint(form: &Form<'_>) -> String {
    let (entity, currency) = (form.place.entity, form.place.currency);
    match (entity.minimum_in(currency), entity.maximum_in(currency)) {
        (Some(least), Some(most)) => {
            format!(
                "Between {} and {}",
                least.display_short(&entity.locale),
                most.display_short(&entity.locale)
            )
        }
        _ => String::new(),
    }
}

fn button(form: &Form<'_>) -> String {
    let Some(amount) = form.amount() else { return "Continue to payment".to_owned() };
    let total = if form.raw.cover_fee.is_empty() { amount } else { with_fee(form, amount).unwrap_or(amount) };
    let sum = total.display(&form.place.entity.locale);
    match form.frequency() {
        Frequency::Once => format!("Give {sum}"),
        Frequency::Monthly => format!("Give {sum} a month"),
        Frequency::Quarterly => format!("Give {sum} every three months"),
        Frequency::Yearly => format!("Give {sum} a year"),
    }
}

fn fee_of(form: &Form<'_>, amount: Money) -> Option<Money> {
    let rule = form.place.entity.cover_fee.as_ref()?;
    fee::cover(amount, rule.percent, rule.fixed_in(form.place.currency)?.minor()).ok()
}

fn with_fee(form: &Form<'_>, amount: Money) -> Option<Money> {
    amount.checked_add(fee_of(form, amount)?).ok()
}

fn cover_fee(form: &Form<'_>) -> Option<CoverFee> {
    let rule = form.place.entity.cover_fee.as_ref()?;
    let fixed = rule.fixed_in(form.place.currency)?;
    let locale = form.place.entity.locale.as_str();
    let pence = form.place.currency.code() == "GBP";
    let small =
        |m: Money| if pence && m.minor() < 100 { format!("{}p", m.minor()) } else { m.display(locale) };
    let plain = "Add the card fee so that the whole gift reaches the work".to_owned();
    let now = match form.amount().and_then(|a| Some((a, fee_of(form, a)?))) {
        Some((amount, fee)) => {
            format!("Add {} so that the whole {} reaches the work", small(fee), amount.display(locale))
        }
        None => plain.clone(),
    };
    Some(CoverFee {
        words: LiveText {
            now,
            pattern: "Add {fee} so that the whole {amount} reaches the work".to_owned(),
            plain,
        },
        percent: rule.percent.normalize().to_string(),
        fixed_minor: fixed.minor().to_string(),
        minor_suffix: if pence { "p".to_owned() } else { String::new() },
        checked: !form.raw.cover_fee.is_empty(),
    })
}

fn funds(form: &Form<'_>) -> Vec<Fund> {
    let view = |f: &crate::config::Fund| Fund {
        value: f.id.clone(),
        name: f.name.clone(),
        description: f.description.clone(),
        checked: f.id == form.raw.fund,
    };
    form.place.funds().map(view).collect()
}

fn address(form: &Form<'_>) -> Address {
    let entity = form.place.entity;
    let (when, heading, lead) = match entity.address_required {
        AddressRule::Always => {
            (AddressWhen::Required, "Your address", "Your official receipt has to show it.")
        }
        AddressRule::WithGiftAid => {
            (AddressWhen::WithGiftAid, "Your home address", "HMRC needs it for Gift Aid.")
        }
        AddressRule::Optional => (AddressWhen::Optional, "Your address", "It appears on your receipt."),
    };
    let (region_label, postcode_label) = match entity.country {
        Country::US => ("State", "ZIP code"),
        Country::CA => ("Province", "Postal code"),
        Country::AU => ("State", "Postcode"),
        Country::GB | Country::DE | Country::NL => ("", "Postcode"),
    };
    Address {
        when,
        heading: heading.to_owned(),
        lead: lead.to_owned(),
        line1: form.field("address_line1", &form.raw.address_line1),
        line2: form.field("address_line2", &form.raw.address_line2),
        city: form.field("city", &form.raw.city),
        region: form.field("region", &form.raw.region),
        region_label: region_label.to_owned(),
        region_required: false,
        postcode: form.field("postcode", &form.raw.postcode),
        postcode_label: postcode_label.to_owned(),
        country: form.field("country", &form.raw.country),
        countries: forms::countries(
            form.place.charity,
            if form.raw.country.is_empty() { entity.country.as_str() } else { &form.raw.country },
        ),
    }
}

fn gift_aid(form: &Form<'_>) -> Option<GiftAid> {
    let place = form.place;
    if !place.entity.gift_aid {
        return None;
    }
    let book = &place.charity.wording;
    let declaration = book.current(WordingKey::GiftAidDeclaration, place.entity, place.today)?;
    let notes = book.current(WordingKey::GiftAidNotes, place.entity, place.today);
    let locale = place.entity.locale.as_str();
    let plain = "Make your gift worth a quarter more with Gift Aid".to_owned();
    let total =
        form.amount().and_then(|a| if form.raw.cover_fee.is_empty() { Some(a) } else { with_fee(form, a) });
    let worth =
        total.and_then(|t| t.checked_add(t.percent_floor(rust_decimal::Decimal::from(25)).ok()?).ok());
    let now = match total.zip(worth) {
        Some((t, w)) => format!("Make {} worth {} with Gift Aid", t.display(locale), w.display(locale)),
        None => plain.clone(),
    };
    Some(GiftAid {
        worth: LiveText { now, pattern: "Make {amount} worth {worth} with Gift Aid".to_owned(), plain },
        percent: "25".to_owned(),
        label: evidence::gift_aid_label(place.entity),
        declaration: declaration.paragraphs,
        notes: notes.map(|w| w.paragraphs).unwrap_or_default(),
        home_note: "HMRC needs the address where you live, not an office or a c/o address.".to_owned(),
        wording_id: declaration.version,
        checked: !form.raw.gift_aid.is_empty(),
        error: form.wrong.get("gift_aid").cloned(),
    })
}

fn consent(form: &Form<'_>) -> Option<Consent> {
    let place = form.place;
    let wording = place.charity.wording.current(WordingKey::Consent, place.entity, place.today)?;
    let tick = |name: &str, label: &str, hint: &str, value: &str| Check {
        name: name.to_owned(),
        label: label.to_owned(),
        hint: hint.to_owned(),
        checked: !value.is_empty(),
    };
    Some(Consent {
        heading: "May we write to you about the work?".to_owned(),
        statement: wording.paragraphs.join(" "),
        items: vec![
            tick("updates_stories", "Stories from the field", "", &form.raw.updates_stories),
            tick("updates_events", "Events in your area", "", &form.raw.updates_events),
            tick("updates_help", "Ways to get involved", "", &form.raw.updates_help),
        ],
        wording_id: wording.version,
    })
}
