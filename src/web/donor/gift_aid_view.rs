//! Gift Aid in a donor's words.

use jiff::civil::Date;

use super::gift_aid::{Done, HERE};
use super::view::View;
use crate::config::Entity;
use crate::domain::gift_aid::declaration::{Channel, Declaration, Scope};
use crate::domain::money::Money;
use crate::domain::states::DonorKind;
use crate::services::compose;
use crate::services::gift_aid::overview::{EntityGiftAid, Held};
use crate::services::gift_aid::words::{DeclarationWords, Standing, channel_words, scope_words, standing};
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::layout::account_frame;
use crate::web::pages::{
    Chip, ChipTone, DeclarationCard, GiftAidPage, GiftAidSection, Link, Notice, Row, Todo, Tone,
};
use crate::web::visitor::Donor;

/// Declarations shown; who ticks the giving form each month has many.
const SHOWN: usize = 20;

/// Whether the account is a body's: Gift Aid is for people (UK-2).
pub fn is_organisation(donor: &Donor) -> bool {
    donor.account.kind == DonorKind::Organisation
}

/// The page.
///
/// # Errors
/// When the charity file lacks the words.
pub fn build(
    state: &AppState,
    donor: &Donor,
    stands: &[EntityGiftAid],
    done: &Done,
) -> Result<GiftAidPage, AppError> {
    let view = View { state, locale: &donor.account.locale };
    let closed = is_organisation(donor);
    let mut page = GiftAidPage {
        layout: account_frame(state, &donor.visitor, "Gift Aid", HERE),
        notice: notice(view, stands, done),
        heading: "Gift Aid".to_owned(),
        lead: if closed {
            "Gift Aid is for the gifts of people who pay UK tax. An organisation cannot declare it."
                .to_owned()
        } else {
            "For every £1 you give, we can claim 25p from the tax you have paid. It costs you nothing."
                .to_owned()
        },
        ..GiftAidPage::default()
    };
    for stand in stands {
        let entity = compose::entity(&state.deps, &stand.entity_id)?;
        let today = state.deps.clock.now().date_in(&entity.time_zone);
        page.sections.push(section(view, entity, stand, (today, closed)));
        if page.notes.is_empty() && !closed {
            page.notes = DeclarationWords::of(&state.deps, entity, today, "today")?.notes;
        }
    }
    Ok(page)
}

fn section(
    view: View<'_>,
    entity: &Entity,
    stand: &EntityGiftAid,
    (today, closed): (Date, bool),
) -> GiftAidSection {
    let sum = |money: Money| money.display(view.locale);
    let figures = if stand.all.is_zero() {
        Vec::new()
    } else {
        vec![
            Row::figure(format!("Added to your gifts of {}", stand.tax_year), sum(stand.this_year)),
            Row::figure("Added to all your gifts", sum(stand.all)),
        ]
    };
    let sign = format!("{HERE}/sign/{}", entity.id);
    let offer = (!stand.more.is_zero() && !closed).then(|| Todo {
        tone: Tone::Info,
        title: format!("{} more is claimable if you sign.", sum(stand.more)),
        text: "That is the Gift Aid on gifts you made in the past four years without a declaration. Sign if you have \
               paid enough tax in each of those years."
            .to_owned(),
        link: Some(Link::new("Sign for the past four years", format!("{sign}?scope=past"))),
        act: None,
    });
    let (chip, text) = if stand.stands {
        (Chip::new(ChipTone::Success, "On"), "Every gift you make now is covered by your declaration.")
    } else {
        (Chip::new(ChipTone::Info, "Not on"), "No declaration of yours covers the gifts you make now.")
    };
    let can_sign = !stand.stands && !closed;
    GiftAidSection {
        id: format!("gift-aid-{}", entity.id),
        heading: entity.legal_name.clone(),
        chip,
        text: text.to_owned(),
        figures,
        offers: offer.into_iter().collect(),
        sign: can_sign.then(|| Link::new("Sign a declaration", sign)),
        declarations: stand.declarations.iter().take(SHOWN).map(|d| card(view, entity, d, today)).collect(),
    }
}

fn card(view: View<'_>, entity: &Entity, held: &Held, today: Date) -> DeclarationCard {
    let d = &held.declaration;
    let can_end = d.ended.is_none() && d.scope != Scope::Single;
    DeclarationCard {
        covers: scope_words(d, view.locale),
        chip: chip(standing(d, today), |day| view.day(day)),
        rows: rows(view, entity, d),
        end: can_end.then(|| Link::new("End it", format!("{HERE}/end/{}", d.id))),
    }
}

/// How a declaration stands, as a chip.
pub fn chip(standing: Standing, day: impl Fn(Date) -> String) -> Chip {
    match standing {
        Standing::Holds => Chip::new(ChipTone::Success, "Holds"),
        Standing::WaitsForRecord => Chip::new(ChipTone::Wait, "Waits for its letter"),
        Standing::EndsOn(on) => Chip::new(ChipTone::Wait, format!("Ends on {}", day(on))),
        Standing::EndedOn(on) => Chip::new(ChipTone::Info, format!("Ended on {}", day(on))),
        Standing::Void => Chip::new(ChipTone::Info, "As if never made"),
    }
}

/// What a declaration says, line by line.
pub fn rows(view: View<'_>, entity: &Entity, d: &Declaration) -> Vec<Row> {
    let made = view.day(d.made_at.date_in(&entity.time_zone));
    let how = match (d.channel, &d.payment_id) {
        (Channel::Web, Some(_)) => "with a gift, on the giving form".to_owned(),
        (channel, _) => channel_words(channel).to_lowercase(),
    };
    let mut rows = vec![
        Row::new("Made", format!("{made}, {how}")),
        Row::new("In the name of", d.full_name.as_str()),
        Row::new("Home address", d.home_address.lines().join(", ")),
    ];
    if let Some(ended) = d.ended {
        let label = if ended.void { "Undone on" } else { "Covers gifts received before" };
        rows.push(Row::new(label, view.day(ended.from)));
    }
    rows
}

fn notice(view: View<'_>, stands: &[EntityGiftAid], done: &Done) -> Option<Notice> {
    let mut all = stands.iter().flat_map(|s| &s.declarations);
    let held = all.find(|h| h.declaration.id.as_str() == done.by)?;
    let (title, text) = match (done.done.as_str(), held.declaration.scope, held.declaration.ended) {
        ("signed", Scope::PastFourYearsAndFuture, None) if held.alone.is_zero() => (
            "Thank you. Your declaration is made.".to_owned(),
            "Every gift from today on is covered; none of the past four years was left to add to.".to_owned(),
        ),
        ("signed", Scope::PastFourYearsAndFuture, None) => (
            "Thank you. Your declaration is made.".to_owned(),
            format!(
                "It adds {} of Gift Aid to gifts you have made already.",
                held.alone.display(view.locale)
            ),
        ),
        ("signed", Scope::Future | Scope::Single, None) => (
            "Thank you. Your declaration is made.".to_owned(),
            "Every gift from today on is covered.".to_owned(),
        ),
        ("ended", _, Some(ended)) if ended.void => (
            "Your declaration is undone.".to_owned(),
            "It counts as never made. You get an e-mail about it.".to_owned(),
        ),
        ("ended", _, Some(ended)) => (
            format!("Your declaration ends on {}.", view.day(ended.from)),
            "Gifts received before that day stay as they are. You get an e-mail about it.".to_owned(),
        ),
        _ => return None,
    };
    Some(Notice { tone: Tone::Success, title, text })
}
