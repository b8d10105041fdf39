//! `/staff/offline/lines/{id}`: one line of a bank's file is said to be a gift, or none.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::offered::{Offered, offered};
use super::pick::{self, Picked, Refused};
use super::{HERE, LINE_AT_MOST, attention, charity, entity_name, id, kind_choices, locale, store};
use crate::domain::dates;
use crate::domain::ids::BankLineId;
use crate::domain::offline::BANK_KINDS;
use crate::domain::states::{BankLineState, OfflineKind};
use crate::services::offline_gifts::bank::hints::{self, Suggestion};
use crate::services::offline_gifts::bank::lines::{self, Said, Taking};
use crate::services::staff::{record_list, record_read};
use crate::store::bank::{self, BankLine};
use crate::store::office_find;
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::forms::{self, Mistakes, field};
use crate::web::pages::{
    Act, Chip, ChipTone, Choice, Fact, Facts, FieldKind, FormField, Link, Section, StaffForm, StaffPage,
    Words,
};
use crate::web::staff::door::problems;
use crate::web::staff::guard::Staff;
use crate::web::staff::{another_look, blank, show};

/// What the address says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    done: String,
    #[serde(flatten)]
    picked: Picked,
}

/// The form as sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    kind: String,
    fund: String,
    campaign: String,
    #[serde(flatten)]
    picked: Picked,
}

/// The payout that a line is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Paid {
    payout: String,
}

/// Why a line is no gift.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Why {
    why: String,
}

async fn load(state: &AppState, text: &str) -> Result<BankLine, AppError> {
    let id: BankLineId = id(text)?;
    let mut read = state.deps.store.read().await.map_err(store)?;
    bank::line(&mut read, &id).await.map_err(store)?.ok_or_else(AppError::not_found)
}

async fn suggestion(state: &AppState, line: &BankLine) -> Result<Option<Suggestion>, AppError> {
    let mut read = state.deps.store.read().await.map_err(store)?;
    let one = hints::suggest(&state.deps, &mut read, std::slice::from_ref(line), &line.entity_id).await;
    Ok(one.map_err(store)?.into_iter().flatten().next())
}

fn path(line: &BankLine) -> String {
    format!("/staff/offline/lines/{}", line.id)
}

fn back_to_import(line: &BankLine, done: &str) -> Response {
    Redirect::to(&format!("/staff/offline/imports/{}?done={done}", line.import_id)).into_response()
}

/// Shows the line with who may have paid it.
///
/// # Errors
/// 404 when there is none.
pub async fn show_line(
    State(state): State<AppState>,
    staff: Staff,
    Path(line): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, AppError> {
    let line = load(&state, &line).await?;
    let (offered, on) = (offered(&state).await?, Some(line.booked_on.0));
    let fund = offered.usual_fund(&line.entity_id, on);
    let mut raw = Raw { fund, picked: asked.picked, ..Raw::default() };
    let mut because = String::new();
    if line.state == BankLineState::Open
        && !raw.picked.has_begun()
        && let Some(s) = suggestion(&state, &line).await?
    {
        because = format!("Perhaps {}, because {}.", s.donor.name(), s.why.in_words());
        raw.picked.donor = s.donor.id.to_string();
        raw.fund = offered.fund_or_usual(&line.entity_id, on, s.fund_id);
        raw.kind = s.kind.as_str().to_owned();
    }
    let mut shown = line_page(&state, &staff, &line, &raw, &offered, &Mistakes::new(), None).await?;
    shown.lead = because;
    if asked.done == "closed" {
        shown.notice = attention("Nothing was changed.", "Somebody has said before what this line is.");
    }
    show(&shown)
}

async fn line_page(
    state: &AppState,
    staff: &Staff,
    line: &BankLine,
    raw: &Raw,
    offered: &Offered<'_>,
    wrong: &Mistakes,
    why: Option<&str>,
) -> Result<StaffPage, AppError> {
    if line.state != BankLineState::Open {
        record_look(state, staff, line).await?;
    }
    let title = format!("{} into the account", line.amount().display(locale(state)));
    let mut shown = blank(state, staff, &title, HERE);
    shown.back = Some(Link::new("The file", format!("/staff/offline/imports/{}", line.import_id)));
    shown.problems = problems(wrong);
    shown.sections.push(Section::Facts(facts(state, line)));
    match line.state {
        BankLineState::Open => {}
        BankLineState::Matched => {
            shown.chip = Some(Chip::new(ChipTone::Success, "A gift"));
            return Ok(shown);
        }
        BankLineState::Ignored => {
            shown.chip = Some(Chip::new(ChipTone::Info, "Not a gift"));
            let acts = vec![Act::new("Look at it again", format!("{}/reopen", path(line)))];
            shown.sections.push(Section::Words(Words { acts, ..Words::default() }));
            return Ok(shown);
        }
    }
    let found = pick::found(state, staff, &raw.picked).await?;
    shown.sections.push(Section::Form(Box::new(pick::search(&path(line), &raw.picked, &found))));
    if raw.picked.is_new() || !found.is_empty() {
        let mut fields = pick::fields(charity(state), &raw.picked, &found, wrong);
        fields.extend(gift_fields(offered, line, raw, wrong));
        shown.sections.push(Section::Form(Box::new(StaffForm {
            heading: "It is a gift".to_owned(),
            action: path(line),
            fields,
            hidden: pick::hidden(&raw.picked),
            button: "Take it as their gift".to_owned(),
            ..StaffForm::default()
        })));
    }
    shown.sections.extend(payout_form(state, line).await?);
    shown.sections.push(Section::Form(Box::new(StaffForm {
        heading: "It is no gift".to_owned(),
        action: format!("{}/ignore", path(line)),
        fields: vec![
            FormField::new(
                "why",
                "What is it",
                FieldKind::Text,
                field(wrong, "why", why.unwrap_or_default()),
            )
            .hinted("Like interest or a refund"),
        ],
        button: "Put it aside".to_owned(),
        look: "quiet",
        ..StaffForm::default()
    })));
    Ok(shown)
}

/// Offered when a payout of the same sum was expected about that day.
async fn payout_form(state: &AppState, line: &BankLine) -> Result<Option<Section>, AppError> {
    let like = {
        let mut read = state.deps.store.read().await.map_err(store)?;
        lines::payouts_like(&mut read, line).await?
    };
    let Some(first) = like.first() else { return Ok(None) };
    let choices = like.iter().map(|c| Choice {
        value: c.stripe_payout.clone(),
        label: format!("{}, expected on {}", c.stripe_payout, dates::long(c.arrives_on.0, locale(state))),
        selected: c.id == first.id,
    });
    let field = FormField::new(
        "payout",
        "Payout",
        FieldKind::Select(choices.collect()),
        field(&Mistakes::new(), "payout", &first.stripe_payout),
    );
    Ok(Some(Section::Form(Box::new(StaffForm {
        heading: "It is a payout from Stripe".to_owned(),
        action: format!("{}/payout", path(line)),
        fields: vec![field],
        button: "It is this payout".to_owned(),
        ..StaffForm::default()
    }))))
}

/// Writes down who looked at a line that is a gift, or was put aside.
async fn record_look(state: &AppState, staff: &Staff, line: &BankLine) -> Result<(), AppError> {
    const PAGE: &str = "line of a bank file";
    let Some(gift) = &line.gift_id else {
        return Ok(record_list(&state.deps, &staff.actor, PAGE, 1).await?);
    };
    let mut read = state.deps.store.read().await.map_err(store)?;
    let hit = office_find::by_gift(&mut read, gift).await.map_err(store)?.ok_or_else(AppError::not_found)?;
    drop(read);
    Ok(record_read(&state.deps, &staff.actor, &hit.donor_id, PAGE).await?)
}

fn facts(state: &AppState, line: &BankLine) -> Facts {
    let mut rows = vec![
        Fact::new("Booked", dates::long(line.booked_on.0, locale(state))).noted("The day received (UK-34)"),
        Fact::new("Payer", line.payer.as_str()),
        Fact::new("Reference", line.reference.as_str()),
        Fact::new("To", entity_name(state, &line.entity_id)),
    ];
    if let Some(gift) = &line.gift_id {
        rows.push(Fact::link("Gift", "See the gift", format!("/staff/gifts/{gift}")));
    }
    match (&line.payout_id, &line.why) {
        (Some(payout), Some(why)) => {
            rows.push(Fact::link("What it is", why.as_str(), format!("/staff/payouts/{payout}")));
        }
        (_, Some(why)) => rows.push(Fact::new("What it is", why.as_str())),
        (_, None) => {}
    }
    Facts { rows, ..Facts::default() }
}

fn gift_fields(offered: &Offered<'_>, line: &BankLine, raw: &Raw, wrong: &Mistakes) -> Vec<FormField> {
    let (entity, on) = (Some(line.entity_id.as_str()), Some(line.booked_on.0));
    let at = |name: &'static str, value: &str| field(wrong, name, value);
    vec![
        FormField::new(
            "kind",
            "How it came",
            FieldKind::Select(kind_choices(&BANK_KINDS, &raw.kind)),
            at("kind", &raw.kind),
        ),
        FormField::new(
            "fund",
            "Fund",
            FieldKind::Select(offered.fund_choices(entity, on, &raw.fund)),
            at("fund", &raw.fund),
        ),
        FormField::new(
            "campaign",
            "Campaign",
            FieldKind::Select(offered.campaign_choices(entity, on, &raw.campaign)),
            at("campaign", &raw.campaign),
        ),
    ]
}

/// Makes the line a gift, once.
///
/// # Errors
/// 404 when there is no such line.
pub async fn take(
    State(state): State<AppState>,
    staff: Staff,
    Path(text): Path<String>,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let line = load(&state, &text).await?;
    let (offered, on) = (offered(&state).await?, Some(line.booked_on.0));
    let mut wrong = Mistakes::new();
    let giver = pick::check(&raw.picked, charity(&state).entity(&line.entity_id), &mut wrong);
    let kind = raw.kind.parse::<OfflineKind>().ok().filter(|k| BANK_KINDS.contains(k));
    if kind.is_none() {
        wrong.insert("kind", "Choose how it came".to_owned());
    }
    let fund_id = offered.checked_fund(&mut wrong, &line.entity_id, on, &raw.fund);
    let campaign_id = offered.checked_campaign(&mut wrong, &line.entity_id, on, &raw.campaign);
    if let (Some(giver), Some(kind), true) = (giver, kind, wrong.is_empty()) {
        let said = Said { kind, fund_id, campaign_id };
        match lines::take(&state.deps, &staff.actor, &line, &giver, &said).await? {
            Taking::Done(_) => return Ok(back_to_import(&line, "line")),
            Taking::Closed => {
                return Ok(Redirect::to(&format!("{}?done=closed", path(&line))).into_response());
            }
            Taking::NoDonor => pick::refuse(&raw.picked, &mut wrong, Refused::Gone),
            Taking::Forgotten => pick::refuse(&raw.picked, &mut wrong, Refused::Forgotten),
            Taking::NoAddress => pick::refuse(&raw.picked, &mut wrong, Refused::NoAddress),
        }
    }
    another_look(&line_page(&state, &staff, &line, &raw, &offered, &wrong, None).await?)
}

/// Says that the line is no gift.
///
/// # Errors
/// 404 when there is no such line.
pub async fn ignore(
    State(state): State<AppState>,
    staff: Staff,
    Path(text): Path<String>,
    Form(sent): Form<Why>,
) -> Result<Response, AppError> {
    let line = load(&state, &text).await?;
    let mut wrong = Mistakes::new();
    let why = forms::line(&mut wrong, "why", &sent.why, LINE_AT_MOST, Some("Say what it is, if no gift"));
    if !wrong.is_empty() {
        let (raw, offered) = (Raw::default(), offered(&state).await?);
        let shown = line_page(&state, &staff, &line, &raw, &offered, &wrong, Some(&sent.why)).await?;
        return another_look(&shown);
    }
    let done = lines::ignore(&state.deps, &staff.actor, &line, &why).await?;
    Ok(back_to_import(&line, if done { "ignored" } else { "closed" }))
}

/// Says that the line is a payout from Stripe.
///
/// # Errors
/// 404 when there is no such line.
pub async fn payout(
    State(state): State<AppState>,
    staff: Staff,
    Path(text): Path<String>,
    Form(sent): Form<Paid>,
) -> Result<Response, AppError> {
    let line = load(&state, &text).await?;
    let done = lines::is_payout(&state.deps, &staff.actor, &line, &sent.payout).await?;
    Ok(back_to_import(&line, if done { "payout" } else { "closed" }))
}

/// Opens a line again that was said to be no gift.
///
/// # Errors
/// 404 when there is no such line.
pub async fn reopen(
    State(state): State<AppState>,
    staff: Staff,
    Path(text): Path<String>,
) -> Result<Response, AppError> {
    let line = load(&state, &text).await?;
    let done = lines::reopen(&state.deps, &staff.actor, &line).await?;
    let to = if done { path(&line) } else { format!("{}?done=closed", path(&line)) };
    Ok(Redirect::to(&to).into_response())
}
