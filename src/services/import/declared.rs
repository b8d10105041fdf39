//! Gift Aid declarations of another system: brought in with where their evidence is, since a row in a file is none (UK-19).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::row::{Out, Reading, Said, problem};
use crate::clock::Ts;
use crate::domain::donor::DonorDetails;
use crate::domain::gift_aid::declaration::{Channel, Scope};
use crate::domain::ids::{AuditId, DeclarationEventId, DeclarationId, DonorId};
use crate::domain::import::{Field, day};
use crate::domain::names::words;
use crate::domain::receipt::sha256_hex;
use crate::domain::states::{DonorKind, ImportRowState};
use crate::services::gift_aid::declare::{Given, lives_abroad, unfit};
use crate::services::gift_aid::touch_statements;
use crate::services::{Deps, Result, ServiceError, compose};
use crate::store::audit::Note;
use crate::store::declarations::{self, EventKind, NewDeclaration, NewEvent};
use crate::store::imports::{self, Batch, Became, Ready};
use crate::store::office_donor::{self, DonorRecord};
use crate::store::{Day, WriteTx, donors, imports_back};

/// Letters of a shelf mark, and of the words of a declaration.
const MARK_AT_MOST: usize = 200;
const WORDS_AT_MOST: usize = 4000;

/// Why a declaration is not put down to whoever has its mailbox.
const ANOTHERS: &str =
    "Its mailbox is somebody’s of another name: write the declaration down on its donor’s page";
/// No gift is older.
const EVER: Date = jiff::civil::date(1970, 1, 1);

/// A declaration of a file, as it waits to be brought in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct WaitingDeclaration {
    pub declared_on: Date,
    pub ended_on: Option<Date>,
    pub scope: String,
    pub channel: String,
    pub evidence: String,
    pub words: Option<String>,
    pub donor: DonorDetails,
    pub telephone: Option<String>,
}

impl Reading<'_> {
    /// A declaration, understood.
    pub(super) fn declaration(&self, row: &csv::StringRecord) -> std::result::Result<Said, Out> {
        let today = self.now.date_in(&self.entity.time_zone);
        let declared_on = self.a_day(row, Field::ReceivedOn)?;
        let declared_on = declared_on.ok_or_else(|| problem("It has no day: declared_on is empty"))?;
        let ended_on = self.a_day(row, Field::EndedOn)?;
        if ended_on.is_some_and(|end| end < declared_on || end > today) {
            return Err(problem("It ends before it was made, or in the future"));
        }
        let covers = self.get(row, Field::Covers).to_lowercase();
        let scope = Scope::from_word(&covers).filter(|s| *s != Scope::Single);
        let scope = scope
            .ok_or_else(|| problem(format!("covers is future or past_4y_and_future, not “{covers}”")))?;
        let made_by = self.get(row, Field::MadeBy).to_lowercase();
        let channel = Channel::from_word(&made_by)
            .ok_or_else(|| problem(format!("made_by is web, email, sms, paper or oral, not “{made_by}”")))?;
        let evidence = self.get(row, Field::Evidence);
        if evidence.is_empty() || evidence.chars().count() > MARK_AT_MOST {
            return Err(problem(
                "evidence says where the form, the mail or the recording is kept: a row in a file is none",
            ));
        }
        let words = self.get(row, Field::Words);
        if words.chars().count() > WORDS_AT_MOST {
            return Err(problem(format!("words are longer than {WORDS_AT_MOST} letters")));
        }
        let donor = self.donor(row)?;
        if donor.kind != DonorKind::Individual {
            return Err(problem("Gift Aid is for gifts of people"));
        }
        let given = given(&donor);
        if let Some(words) = unfit(&given, today, declared_on) {
            return Err(problem(words));
        }
        let telephone = self.get(row, Field::Telephone);
        let waiting = WaitingDeclaration {
            declared_on,
            ended_on,
            scope: scope.as_str().to_owned(),
            channel: channel.as_str().to_owned(),
            evidence: evidence.to_owned(),
            words: (!words.is_empty()).then(|| words.to_owned()),
            telephone: (!telephone.is_empty()).then(|| telephone.chars().take(40).collect()),
            donor,
        };
        Ok(Said {
            payload: serde_json::to_string(&waiting),
            what: format!("declared|{declared_on}|{}", scope.as_str()),
            tax_year: String::new(),
            currency: String::new(),
            amount_minor: 0,
            claimed: false,
            donor: waiting.donor,
        })
    }

    fn a_day(&self, row: &csv::StringRecord, field: Field) -> std::result::Result<Option<Date>, Out> {
        let text = self.get(row, field);
        match text {
            "" => Ok(None),
            text => day(text, self.format).map(Some).ok_or_else(|| problem(format!("“{text}” is no day"))),
        }
    }
}

/// Whether a record bears the name of a row: people share mailboxes, and declare for themselves.
fn bears(record: &DonorRecord, donor: &DonorDetails) -> bool {
    let name = |given: &str, family: &str| {
        let mut all = words(&format!("{given} {family}"));
        all.sort();
        all
    };
    name(&record.given_name, &record.family_name) == name(&donor.given_name, &donor.family_name)
}

fn given(donor: &DonorDetails) -> Given {
    Given {
        full_name: format!("{} {}", donor.given_name, donor.family_name).trim().to_owned(),
        home_address: donor.address.clone().unwrap_or_default(),
    }
}

pub(super) fn waiting_of(row: &Ready) -> Result<WaitingDeclaration> {
    let payload = row.payload.as_deref().unwrap_or_default();
    serde_json::from_str(payload)
        .map_err(|e| ServiceError::Unexpected(format!("line {} of an import: {e}", row.line)))
}

/// Writes the declarations of rows whose donors are known by now; `made`: who, and whether they are new.
pub(super) async fn write(
    deps: &Deps,
    tx: &mut WriteTx,
    batch: &Batch,
    rows: &[(Ready, DonorId, bool)],
    now: Ts,
) -> Result<()> {
    for (row, donor, is_new) in rows {
        let waiting = waiting_of(row)?;
        let known = office_donor::record(tx, donor).await?;
        if known.is_none_or(|k| !bears(&k, &waiting.donor)) {
            imports::set_aside(tx, &batch.id, row.line, ImportRowState::Problem, ANOTHERS).await?;
            continue;
        }
        let new = declaration(deps, batch, row, &waiting, donor)?;
        if !declarations::insert_if_new(tx, &new).await? {
            return Err(ServiceError::Unexpected(
                "a declaration of the file was brought in meanwhile".to_owned(),
            ));
        }
        if let Some(end) = waiting.ended_on {
            let event = ended(deps, &new.id, new.channel, end, batch, now);
            declarations::insert_event(tx, &event).await?;
        }
        let owner = donors::owner_of(tx, donor).await?.unwrap_or_else(|| donor.clone());
        touch_statements(deps, tx, &owner, &batch.entity_id, new.covers_from.0, now).await?;
        imports::done(tx, &batch.id, row.line, Became::Declaration(&new.id), donor, *is_new).await?;
        note(deps, tx, "declaration.imported", batch, &owner, &new.id);
    }
    Ok(())
}

fn declaration(
    deps: &Deps,
    batch: &Batch,
    row: &Ready,
    waiting: &WaitingDeclaration,
    donor: &DonorId,
) -> Result<NewDeclaration> {
    let unread = || ServiceError::Unexpected(format!("line {} of an import says what is none", row.line));
    let entity = compose::entity(deps, &batch.entity_id)?;
    let scope = Scope::from_word(&waiting.scope).ok_or_else(unread)?;
    // The words of another system, where the file tells them; else nothing is said to have been shown that was not.
    let (version, words) = match &waiting.words {
        Some(words) => ("imported".to_owned(), words.clone()),
        None => ("imported-untold".to_owned(), format!("As kept with the evidence: {}", waiting.evidence)),
    };
    let Given { full_name, home_address } = given(&waiting.donor);
    Ok(NewDeclaration {
        id: DeclarationId::new(deps.clock.now(), &deps.random),
        donor_id: donor.clone(),
        payment_id: None,
        gift_id: None,
        entity_id: batch.entity_id.clone(),
        scope,
        covers_from: Day(scope.covers_from(waiting.declared_on)),
        full_name,
        non_uk_resident: lives_abroad(&home_address),
        home_address,
        wording_version: version,
        wording_sha256: sha256_hex(&words),
        words_shown: words,
        channel: Channel::from_word(&waiting.channel).ok_or_else(unread)?,
        evidence_ref: Some(waiting.evidence.clone()),
        entered_by: Some(batch.read_by.clone()),
        nonce: Some(sha256_hex(&format!("import:{}:{}:{}", batch.id, batch.entity_id, row.external_id))),
        made_at: Ts::start_of(waiting.declared_on, &entity.time_zone),
    })
}

/// Takes the next declarations of a file back: each counts as never made. Gives how many.
pub(super) async fn take_back(
    deps: &Deps,
    tx: &mut WriteTx,
    batch: &Batch,
    most: i64,
    now: Ts,
) -> Result<usize> {
    let zone = &compose::entity(deps, &batch.entity_id)?.time_zone;
    let rows = imports_back::declared(tx, &batch.id, most).await?;
    for (line, declaration, donor) in &rows {
        let event = NewEvent {
            kind: EventKind::TakenBack,
            void: true,
            words: "Taken back with its file",
            ..ended(deps, declaration, Channel::Paper, now.date_in(zone), batch, now)
        };
        if !declarations::insert_event(tx, &event).await? {
            return Err(ServiceError::Unexpected(format!("{declaration} was taken back before")));
        }
        imports_back::undeclared(tx, &batch.id, *line).await?;
        let owner = donors::owner_of(tx, donor).await?.unwrap_or_else(|| donor.clone());
        touch_statements(deps, tx, &owner, &batch.entity_id, EVER, now).await?;
        note(deps, tx, "declaration.import_taken_back", batch, &owner, declaration);
    }
    Ok(rows.len())
}

fn ended<'a>(
    deps: &Deps,
    id: &'a DeclarationId,
    via: Channel,
    on: Date,
    batch: &'a Batch,
    now: Ts,
) -> NewEvent<'a> {
    NewEvent {
        id: DeclarationEventId::new(now, &deps.random),
        declaration_id: id,
        kind: EventKind::Ended,
        effective_on: Day(on),
        void: false,
        via,
        words: "As the other system had it",
        recorded_by: batch.read_by.as_str(),
        recorded_at: now,
    }
}

fn note(
    deps: &Deps,
    tx: &mut WriteTx,
    action: &'static str,
    batch: &Batch,
    owner: &DonorId,
    declaration: &DeclarationId,
) {
    let at = deps.clock.now();
    let detail = json!({ "import": batch.id.as_str(), "declaration": declaration.as_str() });
    tx.note(Note {
        id: AuditId::new(at, &deps.random),
        at,
        actor: "worker".to_owned(),
        action,
        subject: owner.to_string(),
        detail: detail.to_string(),
    });
}
