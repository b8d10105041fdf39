//! The funds and campaigns that money of one day can be for: those that were offered on the day it was received or booked.

use jiff::civil::Date;

use super::{charity, choice, locale, store};
use crate::config::{Campaign, Charity, Fund, Restriction};
use crate::domain::dates;
use crate::domain::states::OfferKind;
use crate::store::offers::{self, Offers};
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::forms::Mistakes;
use crate::web::pages::Choice;

/// What the charity file and the office offer. A day of `None` is not known yet, and closes nothing.
#[derive(Debug)]
pub struct Offered<'a> {
    charity: &'a Charity,
    locale: &'a str,
    offers: Offers,
}

/// Reads what is offered: one query.
///
/// # Errors
/// When the database refuses.
pub async fn offered(state: &AppState) -> Result<Offered<'_>, AppError> {
    let mut read = state.deps.store.read().await.map_err(store)?;
    let offers = offers::every(&mut read).await.map_err(store)?;
    Ok(Offered { charity: charity(state), locale: locale(state), offers })
}

impl<'a> Offered<'a> {
    /// Whether a fund was open on a day.
    pub fn fund_is_open(&self, fund: &str, on: Option<Date>) -> bool {
        on.is_none_or(|on| self.offers.is_open(OfferKind::Fund, fund, on))
    }

    fn campaign_is_open(&self, campaign: &Campaign, on: Option<Date>) -> bool {
        on.is_none_or(|on| {
            campaign.is_open_on(on) && self.offers.is_open(OfferKind::Campaign, &campaign.id, on)
        })
    }

    /// Open funds of an entity, or of all when none is chosen yet.
    fn funds(&self, entity: Option<&str>, on: Option<Date>) -> Vec<&'a Fund> {
        let open = |f: &&Fund| entity.is_none_or(|e| f.is_offered_by(e)) && self.fund_is_open(&f.id, on);
        self.charity.funds.iter().filter(open).collect()
    }

    /// Open funds of an entity, or of all when none is chosen yet, to choose from.
    pub fn fund_choices(&self, entity: Option<&str>, on: Option<Date>, chosen: &str) -> Vec<Choice> {
        self.funds(entity, on).into_iter().map(|f| choice(&f.id, f.name.as_str(), chosen)).collect()
    }

    /// Open campaigns of an entity, or of all when none is chosen yet, to choose from; none comes first.
    pub fn campaign_choices(&self, entity: Option<&str>, on: Option<Date>, chosen: &str) -> Vec<Choice> {
        let open = |c: &&Campaign| entity.is_none_or(|e| c.is_offered_by(e)) && self.campaign_is_open(c, on);
        let mut all = vec![choice("", "None", chosen)];
        let campaigns = self.charity.campaigns.iter().filter(open);
        all.extend(campaigns.map(|c| choice(&c.id, c.name.as_str(), chosen)));
        all
    }

    /// The fund where nothing else says otherwise: the entity's first unrestricted one that is open; empty when none is.
    pub fn usual_fund(&self, entity: &str, on: Option<Date>) -> String {
        let open = self.funds(Some(entity), on);
        let free = open.iter().find(|f| f.restriction == Restriction::Unrestricted);
        free.or_else(|| open.first()).map(|f| f.id.clone()).unwrap_or_default()
    }

    /// The fund that was suggested, while the entity offers it; else the usual one.
    pub fn fund_or_usual(&self, entity: &str, on: Option<Date>, suggested: Option<String>) -> String {
        let open = |id: &String| self.funds(Some(entity), on).iter().any(|f| f.id == *id);
        suggested.filter(open).unwrap_or_else(|| self.usual_fund(entity, on))
    }

    /// The fund that was chosen, when the entity offers it on that day.
    pub fn checked_fund(&self, wrong: &mut Mistakes, entity: &str, on: Option<Date>, chosen: &str) -> String {
        if !self.charity.fund(chosen).is_some_and(|f| f.is_offered_by(entity)) {
            wrong.insert("fund", "Choose a fund of the entity that received the money".to_owned());
        } else if !self.fund_is_open(chosen, on) {
            wrong.insert("fund", format!("Choose a fund that was open {}", self.on(on)));
        }
        chosen.to_owned()
    }

    /// The campaign that was chosen, if one was, when the entity offers it on that day.
    pub fn checked_campaign(
        &self,
        wrong: &mut Mistakes,
        entity: &str,
        on: Option<Date>,
        chosen: &str,
    ) -> Option<String> {
        if chosen.is_empty() {
            return None;
        }
        match self.charity.campaign(chosen).filter(|c| c.is_offered_by(entity)) {
            None => {
                let words = "Choose a campaign of the entity that received the money";
                wrong.insert("campaign", words.to_owned());
            }
            Some(campaign) if !self.campaign_is_open(campaign, on) => {
                wrong.insert("campaign", format!("Choose a campaign that was open {}", self.on(on)));
            }
            Some(_) => {}
        }
        Some(chosen.to_owned())
    }

    fn on(&self, day: Option<Date>) -> String {
        day.map_or_else(|| "that day".to_owned(), |d| format!("on {}", dates::long(d, self.locale)))
    }
}
