//! What happens to a card after it was kept: its bank renews it, its date runs out.

use serde_json::{Value, json};

use super::{calendar, ids, state::World, types::TestMethod};

/// Years a card is valid from the day it is first used here.
const VALID_YEARS: i64 = 4;
/// Years a renewal adds.
const RENEWED_YEARS: i64 = 3;

/// Year and month of an instant.
fn year_and_month(at: i64) -> (i64, i64) {
    let date = calendar::date(at);
    let part = |range: std::ops::Range<usize>| date.get(range).and_then(|part| part.parse().ok());
    (part(0..4).unwrap_or(2030), part(5..7).unwrap_or(1))
}

/// Year and month to which a card used at this instant is valid.
pub(super) fn expiry(at: i64, method: TestMethod) -> (i64, i64) {
    let (year, month) = year_and_month(at);
    match method {
        TestMethod::CardExpired if month == 1 => (year - 1, 12),
        TestMethod::CardExpired => (year, month - 1),
        // Good to the end of this month, and so no longer when the next gift is due.
        TestMethod::CardExpiresOnRenewal => (year, month),
        _ => (year + VALID_YEARS, month),
    }
}

impl World {
    /// The bank gives out a new card for an old one, and Stripe learns of it.
    pub fn card_renewed(&mut self, id: &str) {
        if !self.is(id, "type", "card") {
            return;
        }
        let card = self.body(id)["card"].clone();
        let (year, month) = year_and_month(self.at);
        let year = year.max(card["exp_year"].as_i64().unwrap_or(year)) + RENEWED_YEARS;
        let digits: i64 = card["last4"].as_str().and_then(|digits| digits.parse().ok()).unwrap_or_default();
        let last4 = format!("{:04}", (digits + 1_113) % 10_000);
        let print = ids::letters(self.seed, id, year.unsigned_abs(), 16);
        if matches!(self.behaviour(id), Some(TestMethod::CardExpired | TestMethod::CardExpiresOnRenewal)) {
            self.note(id, "behaviour", json!(TestMethod::CardSuccess.name()));
        }
        self.edit_and_emit("payment_method.automatically_updated", id, |body| {
            body["card"]["exp_year"] = json!(year);
            body["card"]["exp_month"] = json!(month);
            body["card"]["last4"] = json!(last4);
            body["card"]["fingerprint"] = json!(print);
        });
    }

    /// A card gets another date.
    pub fn card_expires(&mut self, id: &str, year: i64, month: i64) {
        if self.is(id, "type", "card") && (1..=12).contains(&month) {
            self.edit(id, |body: &mut Value| {
                body["card"]["exp_year"] = json!(year);
                body["card"]["exp_month"] = json!(month);
            });
        }
    }
}
