//! `/staff/offline/batches/{id}`: lines are entered until they agree with what was counted, then posted.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::pick::{self, Picked};
use super::{
    HERE, LINE_AT_MOST, attention, campaign_choices, charity, checked_amount, checked_campaign, checked_fund,
    choice, column, counted, entity_name, fund_choices, id, locale, store, success, token, usual_fund,
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
    Act, Cell, Chip, ChipTone, Confirm, DataTable, Empty, Fact, Facts, Field, FieldKind, FormField, Hidden,
    Link, Notice, Row, Section, StaffForm, StaffPage, TableSection,
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

fn path(batch: &Batch) -> String {
    format!("/staff/offline/batches/{}", batch.id)
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
    let raw = Raw {
        fund: lines
            .last()
            .map_or_else(|| usual_fund(charity(&state), &batch.entity_id), |l| l.fund_id.clone()),
        picked: asked.picked,
        ..Raw::default()
    };
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
        let found = pick::found(state, staff, &raw.picked).await?;
        shown.sections.push(Section::Form(Box::new(pick::search(&path(batch), &raw.picked, &found))));
        if raw.picked.is_new() || !found.is_empty() {
            shown.sections.push(Section::Form(Box::new(line_form(state, batch, raw, &found, wrong))));
        }
    }
    shown.sections.push(Section::Table(line_table(state, batch, lines)));
    if batch.state == BatchState::Open {
        shown.sections.extend(remove_form(state, batch, lines).map(|f| Section::Form(Box::new(f))));
        shown.sections.push(Section::Form(Box::new(drop_form(batch, wrong))));
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

fn line_form(state: &AppState, batch: &Batch, raw: &Raw, found: &[Found], wrong: &Mistakes) -> StaffForm {
    let charity = charity(state);
    let entity = Some(batch.entity_id.as_str());
    let at = |name: &'static str, value: &str| field(wrong, name, value);
    let mut fields = pick::fields(charity, &raw.picked, found, wrong);
    let symbol = batch.currency.symbol();
    fields.extend([
        FormField::new("amount", "Sum", FieldKind::Money(symbol), at("amount", &raw.amount)),
        FormField::new(
            "fund",
            "Fund",
            FieldKind::Select(fund_choices(charity, entity, &raw.fund)),
            at("fund", &raw.fund),
        ),
        FormField::new(
            "campaign",
            "Campaign",
            FieldKind::Select(campaign_choices(charity, entity, &raw.campaign)),
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

fn name_of(line: &BatchLine) -> String {
    let person = || format!("{} {}", line.given_name, line.family_name).trim().to_owned();
    line.organisation.clone().unwrap_or_else(person)
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

fn remove_form(state: &AppState, batch: &Batch, lines: &[BatchLine]) -> Option<StaffForm> {
    let label = |l: &BatchLine| {
        let amount = Money::new(l.amount_minor, batch.currency).display(locale(state));
        format!("{}, {amount} {}", name_of(l), l.reference).trim().to_owned()
    };
    let choices: Vec<_> = lines.iter().rev().map(|l| choice(l.id.as_str(), label(l), "")).collect();
    (!choices.is_empty()).then(|| StaffForm {
        heading: "Take a line out".to_owned(),
        action: format!("{}/remove", path(batch)),
        fields: vec![FormField::new("line", "Line", FieldKind::Select(choices), Field::default())],
        button: "Take it out".to_owned(),
        look: "quiet",
        ..StaffForm::default()
    })
}

fn drop_form(batch: &Batch, wrong: &Mistakes) -> StaffForm {
    StaffForm {
        heading: "Give the batch up".to_owned(),
        lead: "Its lines then become no gifts.".to_owned(),
        action: format!("{}/drop", path(batch)),
        fields: vec![FormField::new("why", "Why", FieldKind::Text, field(wrong, "why", ""))],
        button: "Give the batch up".to_owned(),
        look: "grave",
        ..StaffForm::default()
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
    let charity = charity(&state);
    let mut wrong = Mistakes::new();
    let giver = pick::check(&raw.picked, charity.entity(&batch.entity_id), &mut wrong);
    let amount = checked_amount(&mut wrong, "amount", &raw.amount, batch.currency);
    let fund_id = checked_fund(&mut wrong, charity, &batch.entity_id, &raw.fund);
    let campaign_id = checked_campaign(&mut wrong, charity, &batch.entity_id, &raw.campaign);
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
            Adding::NoDonor => pick::refuse(&raw.picked, &mut wrong, false),
            Adding::NoAddress => pick::refuse(&raw.picked, &mut wrong, true),
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
