//! One row of a file: what it says, understood, or what is wrong with it.

use std::collections::HashMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::clock::Ts;
use crate::config::{Charity, Entity, is_email};
use crate::domain::donor::{DonorDetails, normalise_email};
use crate::domain::import::{Columns, Field, address, day, was_paid};
use crate::domain::money::{AmountError, Currency, Money};
use crate::domain::names::words;
use crate::domain::offline::AMOUNT_AT_MOST;
use crate::domain::receipt::sha256_hex;
use crate::domain::states::{DonorKind, ImportRowState, ImportSource};
use crate::domain::tax_year;
use crate::services::offline_gifts::moment_of;
use crate::store::imports::NewRow;

/// Letters of a name, and of a word on how it was paid.
const WORDS_AT_MOST: usize = 120;
/// Letters of what a donor wrote.
const NOTE_AT_MOST: usize = 500;

/// A gift of a file, as it waits to be brought in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Waiting {
    pub received_on: Date,
    pub amount: Money,
    pub fund_id: String,
    pub campaign_id: Option<String>,
    pub donor: DonorDetails,
    pub telephone: Option<String>,
    pub method: String,
    pub reference: String,
    pub note: Option<String>,
}

/// What the rows of a file are read by.
pub(super) struct Reading<'a> {
    pub columns: &'a Columns,
    pub charity: &'a Charity,
    pub entity: &'a Entity,
    pub fund: &'a str,
    pub currency: Currency,
    pub claimed: bool,
    pub format: &'a str,
    pub now: Ts,
    /// Months before this instant are closed.
    pub shut_until: Option<Ts>,
    /// Lines by the ids that stand on them.
    pub seen: HashMap<String, i64>,
    /// How often the same was said without an id.
    pub alike: HashMap<String, u32>,
}

/// A row that cannot be brought in, and why.
pub(super) struct Out(pub(super) ImportRowState, pub(super) String);

/// What a row says, understood.
pub(super) struct Said {
    /// As it waits, JSON.
    pub payload: serde_json::Result<String>,
    /// Who.
    pub donor: DonorDetails,
    /// What makes it that row, where the file gives it no id.
    pub what: String,
    pub tax_year: String,
    pub currency: String,
    pub amount_minor: i64,
    pub claimed: bool,
}

pub(super) fn problem(words: impl Into<String>) -> Out {
    Out(ImportRowState::Problem, words.into())
}

impl Reading<'_> {
    pub(super) fn get<'r>(&self, row: &'r csv::StringRecord, field: Field) -> &'r str {
        self.columns.get(row, field)
    }

    /// A row as it is kept.
    pub(super) fn read(&mut self, line: i64, row: &csv::StringRecord) -> NewRow {
        let out = |state, words: String| NewRow {
            line,
            state,
            external_id: String::new(),
            giver: String::new(),
            tax_year: String::new(),
            currency: String::new(),
            amount_minor: 0,
            words,
            payload: None,
            claimed: false,
        };
        let said = match self.columns.source {
            ImportSource::Declarations => self.declaration(row),
            ImportSource::Template | ImportSource::GiveWp | ImportSource::Donorbox => self.gift(row),
        };
        let said = match said {
            Ok(said) => said,
            Err(Out(state, words)) => return out(state, words),
        };
        let giver = giver(&said.donor);
        let external_id = self.id(row, &said.what, &giver);
        if let Some(first) = self.seen.get(&external_id) {
            return out(ImportRowState::Problem, format!("Its id stands on line {first} already"));
        }
        let Ok(payload) = said.payload else {
            return out(ImportRowState::Problem, "It cannot be kept".to_owned());
        };
        self.seen.insert(external_id.clone(), line);
        NewRow {
            state: ImportRowState::Ready,
            external_id,
            giver,
            tax_year: said.tax_year,
            currency: said.currency,
            amount_minor: said.amount_minor,
            payload: Some(payload),
            claimed: said.claimed,
            ..out(ImportRowState::Ready, String::new())
        }
    }

    /// The other system's id; without one, what the row says and how often it was said before.
    fn id(&mut self, row: &csv::StringRecord, what: &str, giver: &str) -> String {
        let said = self.get(row, Field::ExternalId);
        if !said.is_empty() {
            return format!(
                "{}:{}",
                self.columns.source.as_str(),
                said.chars().take(WORDS_AT_MOST).collect::<String>()
            );
        }
        let what = format!("{what}|{giver}");
        let nth = self.alike.entry(what.clone()).or_default();
        *nth += 1;
        format!("said:{}", sha256_hex(&format!("{what}|{nth}")))
    }

    fn gift(&self, row: &csv::StringRecord) -> Result<Said, Out> {
        let status = self.get(row, Field::Status);
        if !was_paid(status) {
            return Err(Out(ImportRowState::LeftOut, format!("The other system calls it “{status}”")));
        }
        let received_on = self.received_on(row)?;
        let amount = self.amount(row)?;
        let (fund_id, campaign_id, unknown) = self.purpose(row)?;
        let donor = self.donor(row)?;
        let note = self.get(row, Field::Note);
        let telephone = self.get(row, Field::Telephone);
        let method = self.get(row, Field::Method);
        let claimed = match self.get(row, Field::Claimed).to_lowercase().as_str() {
            "" => self.claimed,
            "yes" | "y" | "true" | "1" => true,
            "no" | "n" | "false" | "0" => false,
            other => return Err(problem(format!("gift_aid_claimed is yes or no, not “{other}”"))),
        };
        let cut =
            |text: &str, most: usize| text.chars().filter(|c| !c.is_control()).take(most).collect::<String>();
        let waiting = Waiting {
            received_on,
            amount,
            fund_id,
            campaign_id,
            donor,
            telephone: (!telephone.is_empty()).then(|| cut(telephone, 40)),
            method: if method.is_empty() { "Imported".to_owned() } else { cut(method, 40) },
            reference: cut(&unknown, WORDS_AT_MOST),
            note: (!note.is_empty()).then(|| cut(note, NOTE_AT_MOST)),
        };
        let (month, first) = tax_year::starts_on(self.entity.country.as_str());
        Ok(Said {
            payload: serde_json::to_string(&waiting),
            what: format!("{received_on}|{}|{}", amount.minor(), amount.currency()),
            tax_year: tax_year::label(received_on, month, first),
            currency: amount.currency().code().to_owned(),
            amount_minor: amount.minor(),
            claimed,
            donor: waiting.donor,
        })
    }

    fn received_on(&self, row: &csv::StringRecord) -> Result<Date, Out> {
        let text = self.get(row, Field::ReceivedOn);
        let on = day(text, self.format).ok_or_else(|| problem(format!("“{text}” is no day")))?;
        if on > self.now.date_in(&self.entity.time_zone) {
            return Err(problem(format!("{on} is in the future")));
        }
        let at = moment_of(self.entity, on, self.now).map_err(|_| problem(format!("{on} is no day")))?;
        match self.shut_until {
            Some(shut) if at < shut => {
                Err(problem(format!("{on} lies in a month that is closed: open it again first")))
            }
            _ => Ok(on),
        }
    }

    fn amount(&self, row: &csv::StringRecord) -> Result<Money, Out> {
        let code = self.get(row, Field::Currency);
        let currency = match code {
            "" => self.currency,
            code => code.to_uppercase().parse().map_err(|_| problem(format!("“{code}” is no currency")))?,
        };
        if !self.entity.currencies.contains(&currency) {
            return Err(problem(format!("{} takes no {currency}", self.entity.legal_name)));
        }
        let text = self.get(row, Field::Amount);
        match Money::parse_typed(text, currency) {
            Ok(amount) if amount.minor() <= AMOUNT_AT_MOST => Ok(amount),
            Ok(_) | Err(AmountError::TooLarge) => Err(problem(format!("{text} is larger than any gift"))),
            Err(AmountError::NotPositive) => {
                Err(Out(ImportRowState::LeftOut, format!("{text} is nothing, or went back")))
            }
            Err(_) => Err(problem(format!("“{text}” is no sum"))),
        }
    }

    /// Fund and campaign by id or name; what is known as neither goes to the fund that was chosen and is kept as a reference.
    fn purpose(&self, row: &csv::StringRecord) -> Result<(String, Option<String>, String), Out> {
        let mut fund = None;
        let mut campaign = None;
        let mut unknown = Vec::new();
        for said in [self.get(row, Field::Fund), self.get(row, Field::Campaign)] {
            if said.is_empty() {
                continue;
            }
            let same = |id: &str, name: &str| id == said || name.eq_ignore_ascii_case(said);
            let known =
                self.charity.funds.iter().find(|f| same(&f.id, &f.name) && f.is_offered_by(&self.entity.id));
            if let Some(known) = known {
                fund = Some(known.id.clone());
            } else if let Some(known) = self.charity.campaigns.iter().find(|c| same(&c.id, &c.name)) {
                campaign = Some(known.id.clone());
            } else {
                unknown.push(said);
            }
        }
        Ok((fund.unwrap_or_else(|| self.fund.to_owned()), campaign, unknown.join(", ")))
    }

    pub(super) fn donor(&self, row: &csv::StringRecord) -> Result<DonorDetails, Out> {
        let get = |field| self.get(row, field);
        let (mut given, mut family) = (get(Field::GivenName).to_owned(), get(Field::FamilyName).to_owned());
        if given.is_empty() && family.is_empty() {
            let name = get(Field::Name);
            let (first, last) = name.rsplit_once(' ').unwrap_or(("", name));
            (given, family) = (first.trim().to_owned(), last.to_owned());
        }
        let organisation = get(Field::Organisation);
        let email = get(Field::Email);
        if !email.is_empty() && !is_email(email) {
            return Err(problem(format!("“{email}” is no e-mail address")));
        }
        if given.is_empty() && family.is_empty() && organisation.is_empty() && email.is_empty() {
            return Err(problem("It does not say who gave"));
        }
        let longest =
            [given.as_str(), &family, organisation].iter().map(|n| n.chars().count()).max().unwrap_or(0);
        if longest > WORDS_AT_MOST {
            return Err(problem(format!("A name of more than {WORDS_AT_MOST} letters is none")));
        }
        let address = address(self.columns, row, self.entity.country.as_str()).map_err(|e| problem(e.0))?;
        let details = DonorDetails {
            kind: if organisation.is_empty() { DonorKind::Individual } else { DonorKind::Organisation },
            given_name: given,
            family_name: family,
            organisation: (!organisation.is_empty()).then(|| organisation.to_owned()),
            email: email.to_owned(),
            address,
            locale: self.entity.locale.clone(),
        };
        let control = serde_json::to_string(&details).is_ok_and(|json| json.contains("\\u0000"));
        if control { Err(problem("It holds letters that no name has")) } else { Ok(details) }
    }
}

/// A fingerprint of who gave: the mailbox, else the name with the postcode. No name is kept with the row.
fn giver(donor: &DonorDetails) -> String {
    let who = if donor.email.is_empty() {
        let postcode =
            donor.address.as_ref().map(|a| a.postcode.to_uppercase().replace(' ', "")).unwrap_or_default();
        format!("name:{}:{postcode}", words(&donor.receipt_name()).join(" "))
    } else {
        format!("mailbox:{}", normalise_email(&donor.email))
    };
    sha256_hex(&who)
}
