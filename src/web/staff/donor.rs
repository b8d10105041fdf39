//! `/staff/donors/{id}`: one donor. What they gave, and their monthly gifts.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;

use super::guard::Staff;
use super::look::{Look, column, figures, standing_words};
use super::paging::href;
use super::{blank, dashboard, show};
use crate::domain::ids::DonorId;
use crate::domain::money::Money;
use crate::domain::role::Right;
use crate::domain::search::StripeKind;
use crate::domain::states::{ErasureState, FailureReason, RecoveryState, Standing};
use crate::services::ServiceError;
use crate::services::staff::record_read;
use crate::store::StoreError;
use crate::store::office_donor::{self, DonorRecord};
use crate::store::office_donors::{self, GivenSum};
use crate::store::office_gifts::{self, GiftFilter};
use crate::store::paging::From;
use crate::store::pledges::{self, Pledge};
use crate::store::recoveries::{self, Recovery};
use crate::web::AppState;
use crate::web::donor::view::{View, in_gifts};
use crate::web::errors::AppError;
use crate::web::pages::{
    Cell, Chip, ChipTone, DataTable, Empty, Link, Notice, Section, StaffPage, TableSection, Tone, Words,
};
use crate::web::router::{Policy, Route};

const LOOKING: Policy = Policy::Staff(Right::FindDonors);

/// The routes of a donor's giving.
pub const ROUTES: &[Route] = &[
    Route { path: "/staff/donors/{id}", policy: LOOKING, methods: || get(giving) },
    Route { path: "/staff/donors/{id}/monthly", policy: LOOKING, methods: || get(monthly) },
];

/// Gifts on the first page of a donor.
const LATEST: i64 = 10;

/// The parts of a record, each at its own address.
const TABS: [(&str, &str); 6] = [
    ("Giving", ""),
    ("Monthly", "/monthly"),
    ("Details", "/details"),
    ("Mail", "/mail"),
    ("Notes", "/notes"),
    ("History", "/history"),
];

/// What has just happened, in a word of the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Done {
    done: String,
}

/// The donor of an address, when they are here; else where to look.
///
/// # Errors
/// 404 when there is none.
pub async fn load(
    state: &AppState,
    staff: &Staff,
    id: &str,
    tab: &str,
) -> Result<Result<DonorRecord, Response>, AppError> {
    let id: DonorId = id.parse().map_err(|_| AppError::not_found())?;
    let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
    let found = office_donor::record(&mut read, &id).await.map_err(ServiceError::from)?;
    drop(read);
    let donor = found.ok_or_else(AppError::not_found)?;
    if donor.owner_id != donor.id {
        // It counts for another since its mailbox was proven.
        return Ok(Err(Redirect::to(&format!("/staff/donors/{}{tab}", donor.owner_id)).into_response()));
    }
    let what = if tab.is_empty() { "donor" } else { tab.trim_start_matches('/') };
    record_read(&state.deps, &staff.actor, &donor.id, what).await?;
    Ok(Ok(donor))
}

/// The frame of a donor's pages: who it is, how they stand, the parts of the record.
pub fn frame(look: Look<'_>, donor: &DonorRecord, tab: &str, done: &Done) -> StaffPage {
    let called = look.called(&donor.name(), &donor.email);
    let here = format!("/staff/donors/{}", donor.id);
    let mut page = blank(look.state, look.staff, &called, "/staff/donors");
    page.back = Some(Link::new("Donors", "/staff/donors"));
    let gone = donor.erasure == Some(ErasureState::Done);
    page.chip = Some(match (donor.erasure, &donor.pause_id) {
        (Some(ErasureState::Done), _) => Chip::new(ChipTone::Info, "Forgotten"),
        (Some(ErasureState::Asked), _) => Chip::new(ChipTone::Wait, "Being forgotten"),
        (None, Some(_)) => Chip::new(ChipTone::Wait, "Mail rests"),
        (None, None) => Chip::new(ChipTone::Info, standing_words(donor.standing)),
    });
    let known = format!("Known since {}", look.day_of(donor.created_at));
    page.lead = match look.email(&donor.email) {
        email if email.is_empty() => format!("No mailbox. {known}"),
        email => format!("{email}. {known}"),
    };
    page.tabs = TABS
        .iter()
        .map(|(label, part)| Link { current: *part == tab, ..Link::new(*label, format!("{here}{part}")) })
        .collect();
    if look.staff.may(Right::CareForDonors) && !gone {
        page.actions = acts(donor, &here);
    }
    if look.staff.may(Right::HonourRights) {
        page.actions.push(Link::new("Their data", format!("{here}/rights")));
    }
    page.notice = notice(done);
    page
}

fn acts(donor: &DonorRecord, here: &str) -> Vec<Link> {
    let mut acts = Vec::new();
    if donor.standing != Standing::Offline && !donor.email.is_empty() {
        acts.push(Link::new("Send a sign-in link", format!("{here}/link")));
    }
    acts.push(Link::new("Put details right", format!("{here}/put-right")));
    acts.push(Link::new("Mend the mailbox", format!("{here}/mailbox")));
    acts.push(Link::new("Merge", format!("{here}/merge")));
    acts.push(match donor.pause_id {
        Some(_) => Link::new("Begin mail again", format!("{here}/pause")),
        None => Link::new("Let mail rest", format!("{here}/pause")),
    });
    acts
}

/// What has just happened to a donor or a gift.
pub fn notice(done: &Done) -> Option<Notice> {
    let (tone, title, text) = match done.done.as_str() {
        "copy" => (Tone::Success, "A copy of the receipt is on its way.", "It goes to the donor's mailbox."),
        "mail" => (Tone::Success, "The mail is on its way again.", "It goes to where the donor is now."),
        "held" => {
            (Tone::Attention, "It waits.", "Mail to this donor rests. It is sent when mail begins again.")
        }
        "before" => (Tone::Info, "That was sent already.", "Nothing was sent twice."),
        "nomail" => (Tone::Attention, "This donor has no mailbox.", "Nothing was sent."),
        "often" => (
            Tone::Attention,
            "That was a lot for now.",
            "Nothing was sent. Try again in a quarter of an hour.",
        ),
        "notthis" => (
            Tone::Info,
            "This mail is not sent again.",
            "It waits to be sent anyway, its link has ended, or its receipt is void.",
        ),
        "link" => (
            Tone::Success,
            "A sign-in link is on its way.",
            "It works for ten minutes and asks for the code in the same mail. Nobody here can see either.",
        ),
        "mailbox" => (Tone::Success, "The mailbox is mended.", "What had been refused is on its way to it."),
        "details" => (
            Tone::Success,
            "The details are put right.",
            "What was issued before keeps the name and address it has.",
        ),
        "as_before" => (Tone::Info, "The details were so already.", "Nothing was changed."),
        "same" => (Tone::Info, "That is the mailbox already.", "Nothing was changed."),
        "paused" => {
            (Tone::Success, "Mail to this donor rests.", "A sign-in link they ask for is still sent.")
        }
        "resumed" => (Tone::Success, "Mail to this donor is sent again.", "What had rested is on its way."),
        "refund_asked" => (
            Tone::Success,
            "Stripe is asked to give it back.",
            "Once it has, the refund stands under “What followed”. What became of it is on the list of refunds, too.",
        ),
        "refund_awaiting" => (
            Tone::Attention,
            "A second member of staff has to agree.",
            "It waits on the list of refunds. Nothing goes back before.",
        ),
        "refund_made" => (Tone::Success, "The refund is written down.", "Send the money yourself."),
        "corrected" => {
            (Tone::Success, "The gift is corrected.", "The receipt that told it otherwise is void.")
        }
        "merged" => (
            Tone::Success,
            "The two are one.",
            "What was given through either stands here. Under “Merge” it can be undone.",
        ),
        "unmerged" => (
            Tone::Success,
            "They are two again.",
            "What was given through this record in between came along.",
        ),
        "unmerged_before" => (Tone::Info, "They were two already.", "Nothing was changed."),
        "forgetting" => (
            Tone::Success,
            "They are being forgotten.",
            "What is under way is waited for; then the rest goes by itself.",
        ),
        "noted" => (Tone::Success, "The note is kept.", ""),
        "unnoted" => (Tone::Success, "The note is removed.", ""),
        "old" => (
            Tone::Attention,
            "That page was open for a long time.",
            "Nothing was changed. Please do it once more.",
        ),
        _ => return None,
    };
    Some(Notice { tone, title: title.to_owned(), text: text.to_owned() })
}

/// Shows what a donor gave.
///
/// # Errors
/// 404 when there is no such donor.
pub async fn giving(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, AppError> {
    let donor = match load(&state, &staff, &id, "").await? {
        Ok(donor) => donor,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let look = Look { state: &state, staff: &staff };
    let filter = GiftFilter { owner: Some(donor.id.clone()), ..GiftFilter::default() };
    let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
    let sums =
        office_donors::sums(&mut read, std::slice::from_ref(&donor.id)).await.map_err(ServiceError::from)?;
    let latest =
        office_gifts::page(&mut read, &filter, &From::Newest, LATEST).await.map_err(ServiceError::from)?;
    drop(read);
    let mut page = frame(look, &donor, "", &done);
    if !sums.is_empty() {
        page.sections.push(Section::Table(TableSection {
            heading: "In all".to_owned(),
            table: sums_table(look, &donor.id, &sums),
            ..TableSection::default()
        }));
    }
    let all = href("/staff/gifts", &[("donor", donor.id.as_str())]);
    let links = if latest.older { vec![Link::new("See all gifts", all)] } else { Vec::new() };
    page.sections.push(Section::Table(TableSection {
        heading: "Latest gifts".to_owned(),
        table: look.gifts("Latest gifts", &latest.rows, false),
        empty: Some(Empty {
            title: "No gifts yet".to_owned(),
            text: "A form that was begun and not paid is no gift.".to_owned(),
            action: None,
        }),
        links,
        ..TableSection::default()
    }));
    show(&page)
}

fn sums_table(look: Look<'_>, donor: &DonorId, sums: &[GivenSum]) -> DataTable {
    let rows = sums.iter().map(|s| {
        let kept = [("donor", donor.as_str()), ("entity", &s.entity_id), ("currency", s.currency.code())];
        vec![
            Cell::new(look.entity(&s.entity_id)),
            Cell { note: in_gifts(s.gifts), ..Cell::link(look.money(s.net()), href("/staff/gifts", &kept)) },
            Cell::new(look.money(s.gross())),
            Cell::new(look.day(s.first_on.0)),
            Cell::new(look.day(s.last_on.0)),
        ]
    });
    DataTable {
        caption: "In all".to_owned(),
        quiet_caption: true,
        columns: vec![
            column("Given to"),
            figures("Remains given"),
            figures("Given"),
            column("First gift"),
            column("Last gift"),
        ],
        rows: rows.collect(),
        ..DataTable::default()
    }
}

/// Shows the monthly gifts of a donor, and the charges that failed.
///
/// # Errors
/// 404 when there is no such donor.
pub async fn monthly(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, AppError> {
    let donor = match load(&state, &staff, &id, "/monthly").await? {
        Ok(donor) => donor,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let look = Look { state: &state, staff: &staff };
    let (plans, failed) = plans(&state, &donor.id).await.map_err(ServiceError::from)?;
    let mut page = frame(look, &donor, "/monthly", &done);
    page.sections.push(Section::Table(TableSection {
        heading: "Monthly gifts".to_owned(),
        table: plans_table(look, &plans),
        empty: Some(Empty {
            title: "No monthly gift".to_owned(),
            text: "Donors begin one on the giving form, or from their own pages.".to_owned(),
            action: None,
        }),
        ..TableSection::default()
    }));
    if !failed.is_empty() {
        page.sections.push(Section::Table(TableSection {
            heading: "Gifts that did not come through".to_owned(),
            lead: "Stripe tries again by itself; the donor is written to.".to_owned(),
            table: failed_table(look, &failed),
            ..TableSection::default()
        }));
    }
    if plans.iter().any(|p| p.ended_at.is_none()) {
        page.sections.push(Section::Words(Words {
            paragraphs: vec![
                "Donors change, skip or stop a monthly gift themselves, signed in or by the link in its mails."
                    .to_owned(),
            ],
            ..Words::default()
        }));
    }
    show(&page)
}

async fn plans(state: &AppState, donor: &DonorId) -> Result<(Vec<Pledge>, Vec<Recovery>), StoreError> {
    let mut read = state.deps.store.read().await?;
    Ok((pledges::of_owner(&mut read, donor).await?, recoveries::of_owner(&mut read, donor).await?))
}

fn plans_table(look: Look<'_>, plans: &[Pledge]) -> DataTable {
    let view = View { state: look.state, locale: &look.state.deps.config.charity.brand.locale };
    let live = look.state.deps.config.stripe.livemode;
    let rows = plans.iter().map(|p| {
        let card = view.plan_card(p, false);
        let stripe = dashboard::href(live, StripeKind::Subscription, &p.stripe_subscription);
        vec![
            Cell { note: card.often, ..Cell::new(card.amount) },
            Cell::chip(card.chip),
            Cell { note: card.next_words, ..Cell::new(card.next_date) },
            Cell::new(card.fund),
            Cell::new(card.method),
            Cell { note: p.id.to_string(), ..Cell::link("At Stripe", stripe.unwrap_or_default()) },
        ]
    });
    DataTable {
        caption: "Monthly gifts".to_owned(),
        quiet_caption: true,
        columns: ["Gift", "State", "Next", "For", "By", "Plan"].map(column).to_vec(),
        rows: rows.collect(),
        ..DataTable::default()
    }
}

/// Why a charge failed.
fn reason_words(reason: FailureReason) -> &'static str {
    match reason {
        FailureReason::Expired => "The card has expired",
        FailureReason::Funds => "Not enough money in the account",
        FailureReason::Authentication => "The bank wants the donor to confirm",
        FailureReason::Returned => "The bank sent the debit back",
        FailureReason::NoMethod => "No card or account is left",
        FailureReason::Declined => "The bank declined",
    }
}

fn recovery_chip(state: RecoveryState) -> Chip {
    match state {
        RecoveryState::Open => Chip::new(ChipTone::Attention, "Being tried again"),
        RecoveryState::Recovered => Chip::new(ChipTone::Success, "Came through"),
        RecoveryState::Ended => Chip::new(ChipTone::Problem, "Gift ended"),
        RecoveryState::Dropped => Chip::new(ChipTone::Info, "Let go"),
    }
}

fn failed_table(look: Look<'_>, failed: &[Recovery]) -> DataTable {
    let live = look.state.deps.config.stripe.livemode;
    let rows = failed.iter().map(|r| {
        let stripe = dashboard::href(live, StripeKind::Invoice, &r.stripe_invoice);
        vec![
            Cell::new(look.day_of(r.began_at)),
            Cell::link(look.money(Money::new(r.amount_minor, r.currency)), stripe.unwrap_or_default()),
            Cell::chip(recovery_chip(r.state)),
            Cell::new(reason_words(r.reason)),
            Cell {
                note: r.next_mail_at.map(|at| format!("Next on {}", look.day_of(at))).unwrap_or_default(),
                ..Cell::new(format!("{} sent", r.mails_sent))
            },
        ]
    });
    DataTable {
        caption: "Gifts that did not come through".to_owned(),
        quiet_caption: true,
        columns: vec![column("Failed on"), figures("Sum"), column("State"), column("Why"), column("Mails")],
        rows: rows.collect(),
        ..DataTable::default()
    }
}
