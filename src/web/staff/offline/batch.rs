//! `/staff/offline/batches/{id}`: lines are entered until they agree with what was counted, then posted.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::batches::{self as forms_of, name_of, path};
use super::offered::{Offered, offered};
use super::pick::{self, Picked, Refused};
use super::{
    HERE, LINE_AT_MOST, attention, charity, checked_amount, column, counted, entity_name, id, locale, store,
    success, token,
};
use crate::domain::dates;
use crate::domain::ids::{BatchId, BatchLineId, DonorId};
use crate::domain::money::Money;
use crate::domain::offline::method_label;
use crate::domain::states::BatchState;
use crate::services::offline_gifts::batches::{self, Adding, LINES_AT_MOST, Line, Posting};
use crate::services::{compose, offline_gifts};
use crate::store::offline_batches::{self, Batch, BatchLine};
use crate::store::offline_donors::Found;
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::forms::{self, Mistakes, field};
use crate::web::pages::{
    Act, Cell, Chip, ChipTone, Confirm, DataTable, Empty, Fact, Facts, FieldKind, FormField, Hidden, Link,
    Notice, Row, Section, StaffForm, StaffPage, TableSection,
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

/// The line as sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    token: String,
    amount: String,
    fund: String,
    campaign: String,
    reference: String,
    #[serde(flatten)]
    picked: Picked,
}

/// A line to take out, or a reason.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Small {
    line: String,
    why: String,
}

async fn load(state: &AppState, text: &str) -> Result<(Batch, Vec<BatchLine>), AppError> {
    let id: BatchId = id(text)?;
    let mut read = state.deps.store.read().await.map_err(store)?;
    let batch =
        offline_batches::batch(&mut read, &id).await.map_err(store)?.ok_or_else(AppError::not_found)?;
    let lines = offline_batches::lines(&mut read, &id).await.map_err(store)?;
    Ok((batch, lines))
}

/// Shows the batch.
///
/// # Errors
/// 404 when there is none.
pub async fn show_batch(
    State(state): State<AppState>,
    staff: Staff,
    Path(batch): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, AppError> {
    let (batch, lines) = load(&state, &batch).await?;
    let (offered, last) = (offered(&state).await?, lines.last().map(|l| l.fund_id.clone()));
    let fund = offered.fund_or_usual(&batch.entity_id, Some(batch.received_on.0), last);
    let raw = Raw { fund, picked: asked.picked, ..Raw::default() };
    let mut shown = batch_page(&state, &staff, &batch, &lines, &raw, &Mistakes::new()).await?;
    shown.notice = notice(&asked.done, &batch);
    show(&shown)
}

fn notice(done: &str, batch: &Batch) -> Option<Notice> {
    match done {
        "added" => success("The line is entered.", ""),
        "removed" => success("The line is taken out.", ""),
        "posted" if batch.state == BatchState::Posted => {
            success("The batch is posted.", "Its lines are gifts, each with its receipt.")
        }
        "dropped" if batch.state == BatchState::Dropped => {
            success("The batch is given up.", "Nothing came of it.")
        }
        "differs" => attention("The batch was not posted.", "Its lines do not agree with what was counted."),
        "closed" => attention("Nothing was changed.", "The batch is not open any more."),
        _ => None,
    }
}

async fn batch_page(
    state: &AppState,
    staff: &Staff,
    batch: &Batch,
    lines: &[BatchLine],
    raw: &Raw,
    wrong: &Mistakes,
) -> Result<StaffPage, AppError> {
    let donors: Vec<DonorId> = lines.iter().map(|l| l.donor_id.clone()).collect();
    offline_gifts::record_seen(&state.deps, &staff.actor, "batch of gifts", &donors).await?;
    let mut shown = blank(state, staff, &batch.name, HERE);
    shown.back = Some(Link::new("Enter gifts", HERE));
    shown.problems = problems(wrong);
    shown.chip = Some(match batch.state {
        BatchState::Open => Chip::new(ChipTone::Wait, "Open"),
        BatchState::Posted => Chip::new(ChipTone::Success, "Posted"),
        BatchState::Dropped => Chip::new(ChipTone::Info, "Given up"),
    });
    shown.sections.push(Section::Facts(facts(state, batch)));
    if batch.state == BatchState::Open {
        if batch.agrees() {
            shown.sections.push(Section::Confirm(posting(state, batch)));
        }
        let (offered, found) = (offered(state).await?, pick::found(state, staff, &raw.picked).await?);
        shown.sections.push(Section::Form(Box::new(pick::search(&path(batch), &raw.picked, &found))));
        if raw.picked.is_new() || !found.is_empty() {
            shown
                .sections
                .push(Section::Form(Box::new(line_form(state, batch, raw, &offered, &found, wrong))));
        }
    }
    shown.sections.push(Section::Table(line_table(state, batch, lines)));
    if batch.state == BatchState::Open {
        shown.sections.extend(forms_of::remove_form(state, batch, lines).map(|f| Section::Form(Box::new(f))));
        shown.sections.push(Section::Form(Box::new(forms_of::drop_form(batch, wrong))));
    }
    Ok(shown)
}

fn facts(state: &AppState, batch: &Batch) -> Facts {
    let locale = locale(state);
    let left = batch.control_count - batch.entered;
    let missing = batch.missing();
    let difference = if batch.agrees() {
        "None: lines and count agree".to_owned()
    } else {
        format!("{} and {}", counted(left, "gift"), missing.display(locale))
    };
    let note = match (left.signum(), missing.minor().signum()) {
        (0, 0) => "",
        (1.., _) => "Still to be entered",
        (..=-1, _) => "More was entered than counted",
        (0, _) => "As many as counted, but the sums differ",
    };
    Facts {
        rows: vec![
            Fact::new("Kind", method_label(batch.kind)),
            Fact::new("To", entity_name(state, &batch.entity_id)),
            Fact::new("Day received", dates::long(batch.received_on.0, locale)),
            Fact::new(
                "Counted by hand",
                format!("{}, {}", counted(batch.control_count, "gift"), batch.control().display(locale)),
            ),
            Fact::new(
                "Entered so far",
                format!("{}, {}", counted(batch.entered, "gift"), batch.sum().display(locale)),
            ),
            Fact::new("Difference", difference).noted(note),
        ],
        ..Facts::default()
    }
}

fn posting(state: &AppState, batch: &Batch) -> Confirm {
    let sum = batch.sum().display(locale(state));
    Confirm {
        heading: "Post the batch?".to_owned(),
        text: "Lines and count agree.".to_owned(),
        changes: vec![Row::figure("Gifts", batch.entered.to_string()), Row::figure("Sum", sum.clone())],
        stays: vec![
            "Each donor with a mailbox gets a receipt by e-mail; the others' are to be printed.".to_owned(),
        ],
        undo: "A posted gift can be corrected one by one; a cheque that comes back is taken out of the sums."
            .to_owned(),
        act: Act::new(
            format!("Post {} of {sum}", counted(batch.entered, "gift")),
            format!("{}/post", path(batch)),
        ),
        cancel: Link::new("Not yet", HERE),
        ..Confirm::default()
    }
}

fn line_form(
    state: &AppState,
    batch: &Batch,
    raw: &Raw,
    offered: &Offered<'_>,
    found: &[Found],
    wrong: &Mistakes,
) -> StaffForm {
    let (entity, on) = (Some(batch.entity_id.as_str()), Some(batch.received_on.0));
    let at = |name: &'static str, value: &str| field(wrong, name, value);
    let mut fields = pick::fields(charity(state), &raw.picked, found, wrong);
    let symbol = batch.currency.symbol();
    fields.extend([
        FormField::new("amount", "Sum", FieldKind::Money(symbol), at("amount", &raw.amount)),
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
        FormField::new("reference", "Reference", FieldKind::Text, at("reference", &raw.reference))
            .hinted("Cheque number, paying-in slip")
            .optional(),
    ]);
    let mut hidden = pick::hidden(&raw.picked);
    hidden.push(Hidden::new("token", token(state)));
    StaffForm {
        heading: "The line".to_owned(),
        action: path(batch),
        fields,
        hidden,
        button: "Enter this line".to_owned(),
        ..StaffForm::default()
    }
}

fn line_table(state: &AppState, batch: &Batch, lines: &[BatchLine]) -> TableSection {
    let locale = locale(state);
    let row = |line: &BatchLine| {
        let amount = Money::new(line.amount_minor, batch.currency).display(locale);
        let sum = match &line.gift_id {
            Some(gift) => Cell::link(amount, format!("/staff/gifts/{gift}")),
            None => Cell::new(amount),
        };
        vec![
            Cell::link(name_of(line), format!("/staff/donors/{}", line.donor_id)),
            Cell::new(compose::fund_name(&state.deps, &line.fund_id)),
            Cell::new(line.reference.as_str()),
            sum,
        ]
    };
    TableSection {
        heading: "Lines".to_owned(),
        table: DataTable {
            caption: "Lines of the batch".to_owned(),
            quiet_caption: true,
            columns: vec![
                column("Donor", false),
                column("Fund", false),
                column("Reference", false),
                column("Sum", true),
            ],
            rows: lines.iter().map(row).collect(),
            totals: vec![
                Cell::new("Sum"),
                Cell::default(),
                Cell::default(),
                Cell::new(batch.sum().display(locale)),
            ],
        },
        empty: Some(Empty {
            title: "No line is entered".to_owned(),
            text: "Find the donor of the first one above.".to_owned(),
            action: None,
        }),
        ..TableSection::default()
    }
}

fn back_to(batch: &str, done: &str) -> Response {
    Redirect::to(&format!("/staff/offline/batches/{batch}?done={done}")).into_response()
}

/// Enters a line, once a form.
///
/// # Errors
/// 404 when there is no such batch.
pub async fn add_line(
    State(state): State<AppState>,
    staff: Staff,
    Path(text): Path<String>,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let (batch, lines) = load(&state, &text).await?;
    let (offered, on) = (offered(&state).await?, Some(batch.received_on.0));
    let mut wrong = Mistakes::new();
    let giver = pick::check(&raw.picked, charity(&state).entity(&batch.entity_id), &mut wrong);
    let amount = checked_amount(&mut wrong, "amount", &raw.amount, batch.currency);
    let fund_id = offered.checked_fund(&mut wrong, &batch.entity_id, on, &raw.fund);
    let campaign_id = offered.checked_campaign(&mut wrong, &batch.entity_id, on, &raw.campaign);
    let reference = forms::line(&mut wrong, "reference", &raw.reference, LINE_AT_MOST, None);
    let nonce = state.form_key.nonce_of(&raw.token, state.deps.clock.now());
    if nonce.is_err() {
        wrong.insert(
            "amount",
            "This page was open for too long. Look at it once more, then send it".to_owned(),
        );
    }
    if let (Some(giver), Some(amount), Ok(nonce), true) = (giver, amount, nonce, wrong.is_empty()) {
        let line = Line { nonce, giver, amount, fund_id, campaign_id, reference };
        match batches::add(&state.deps, &staff.actor, &batch, line).await? {
            Adding::Done => return Ok(back_to(&text, "added")),
            Adding::Closed => return Ok(back_to(&text, "closed")),
            Adding::Full => {
                wrong.insert("amount", format!("A batch holds {LINES_AT_MOST} lines at most. Open another"));
            }
            Adding::NoDonor => pick::refuse(&raw.picked, &mut wrong, Refused::Gone),
            Adding::NoAddress => pick::refuse(&raw.picked, &mut wrong, Refused::NoAddress),
            Adding::Forgotten => pick::refuse(&raw.picked, &mut wrong, Refused::Forgotten),
        }
    }
    another_look(&batch_page(&state, &staff, &batch, &lines, &raw, &wrong).await?)
}

/// Takes a line out.
///
/// # Errors
/// 404 when the line is not there.
pub async fn remove_line(
    State(state): State<AppState>,
    staff: Staff,
    Path(text): Path<String>,
    Form(small): Form<Small>,
) -> Result<Response, AppError> {
    let (batch, line) = (id::<BatchId>(&text)?, id::<BatchLineId>(&small.line)?);
    let gone = batches::remove(&state.deps, &staff.actor, &batch, &line).await?;
    Ok(back_to(&text, if gone { "removed" } else { "closed" }))
}

/// Posts the batch, once.
///
/// # Errors
/// 404 when there is none.
pub async fn post_batch(
    State(state): State<AppState>,
    staff: Staff,
    Path(text): Path<String>,
) -> Result<Response, AppError> {
    let (batch, _) = load(&state, &text).await?;
    Ok(match batches::post(&state.deps, &staff.actor, &batch.id).await? {
        Posting::Done => back_to(&text, "posted"),
        Posting::Closed => back_to(&text, "closed"),
        Posting::Differs => back_to(&text, "differs"),
    })
}

/// Gives the batch up, with a reason.
///
/// # Errors
/// 404 when there is none.
pub async fn drop_batch(
    State(state): State<AppState>,
    staff: Staff,
    Path(text): Path<String>,
    Form(small): Form<Small>,
) -> Result<Response, AppError> {
    let (batch, lines) = load(&state, &text).await?;
    let mut wrong = Mistakes::new();
    let why = forms::line(&mut wrong, "why", &small.why, LINE_AT_MOST, Some("Say why the batch is given up"));
    if !wrong.is_empty() {
        let raw = Raw::default();
        return another_look(&batch_page(&state, &staff, &batch, &lines, &raw, &wrong).await?);
    }
    let dropped = batches::drop_batch(&state.deps, &staff.actor, &batch.id, &why).await?;
    Ok(back_to(&text, if dropped { "dropped" } else { "closed" }))
}
