//! The blast radius of an act on a gift: worked out once, by the same code for the page that asks and for the act itself
//! (RC-5, RC-9, UK-41, UK-44).
//!
//! Receipts and mails are not only told of here: the act issues and sends what its effects say. Parts of the house that
//! freeze figures (statements, claims, closed months) add a line to [`Effects::frozen`].

use serde::Serialize;

use crate::domain::closing::Month;
use crate::domain::dates;
use crate::domain::donor::{Address, DonorDetails};
use crate::domain::gift_aid::amounts::gift_aid_on;
use crate::domain::ids::{DonorId, GiftId, PledgeId};
use crate::domain::money::Money;
use crate::domain::receipt::sha256_hex;
use crate::domain::refund::Standing;
use crate::services::staff::record::masked;
use crate::services::{Deps, Result, ServiceError};
use crate::store::gifts::{self, Gift};
use crate::store::office_money::{self, GiftMoney};
use crate::store::{Conn, WriteTx, claims, closings, corrections, donors, payments, statements};

/// Something before an act and after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change<T> {
    /// As it is.
    pub before: T,
    /// As it will be.
    pub after: T,
}

impl<T: PartialEq> Change<T> {
    fn new(before: T, after: T) -> Change<T> {
        Change { before, after }
    }

    /// Whether the act leaves it as it is.
    pub fn stays(&self) -> bool {
        self.before == self.after
    }
}

/// What becomes of the receipt that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum ReceiptFate {
    /// It stays in the register and counts no longer (RC-5).
    CountsNoLonger,
    /// It is void; a new one, which names it, takes its place (CA-4, RC-7).
    Replaced,
}

/// A mail that an act sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum MailKind {
    /// "£25.00 is on its way back to you".
    Refund,
    /// The new receipt.
    Receipt,
    /// "Receipt … is void", to whom the gift was not from.
    ReceiptVoid,
}

/// A letter, and to which mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MailEffect {
    /// What it says.
    pub kind: MailKind,
    /// To whom, masked; `None`: they have no mailbox, it is printed or told by hand.
    pub to: Option<String>,
}

/// Figures that were given out as final, and what the act does to them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Frozen {
    /// "Annual statements".
    pub what: &'static str,
    /// In words.
    pub words: String,
}

/// What an act changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Effects {
    /// Of which gift.
    pub gift: GiftId,
    /// How often it was corrected so far.
    pub corrections: i64,
    /// Whose it is.
    pub donor: Change<DonorId>,
    /// The name and the address that its receipt has.
    pub named: Change<String>,
    /// For which fund.
    pub fund: Change<String>,
    /// From which campaign.
    pub campaign: Change<Option<String>>,
    /// The day it was received, ISO.
    pub received_on: Change<String>,
    /// The tax year it counts for (UK-33).
    pub tax_year: Change<String>,
    /// The sum that was given.
    pub sum: Change<Money>,
    /// What of it remains given.
    pub remains: Change<Money>,
    /// The Gift Aid on what remains; zero without a declaration (UK-31).
    pub gift_aid: Change<Money>,
    /// The receipt that counts, and what becomes of it.
    pub receipt: Option<(String, ReceiptFate)>,
    /// What is sent.
    pub mails: Vec<MailEffect>,
    /// The plan it came from, which goes on as it is.
    pub plan: Option<PledgeId>,
    /// What Stripe keeps of it, zero or negative.
    pub fees: Money,
    /// What was given out as final.
    pub frozen: Vec<Frozen>,
}

impl Effects {
    /// Stands for everything above: the act is only done when it is still what was shown.
    ///
    /// # Errors
    /// Never for values of this type.
    pub fn fingerprint(&self) -> Result<String> {
        let text = serde_json::to_string(self).map_err(|e| ServiceError::Unexpected(e.to_string()))?;
        Ok(sha256_hex(&text).chars().take(32).collect())
    }

    /// What becomes of the receipt.
    pub fn receipt_fate(&self) -> Option<ReceiptFate> {
        self.receipt.as_ref().map(|(_, fate)| *fate)
    }
}

/// A gift with what the books know of its money.
#[derive(Clone, Debug)]
pub struct Known {
    /// The gift.
    pub gift: Gift,
    /// Its money.
    pub money: GiftMoney,
    /// Where mail about it goes now; may be empty.
    pub mailbox: String,
    /// The number of the statement that tells of it.
    pub statement: Option<String>,
    /// The number of the Gift Aid claim it is in.
    pub claim: Option<String>,
    /// The latest closed month, when the gift lies in it or before.
    pub closed: Option<Month>,
}

impl Known {
    /// What can be given back of it. `except`: an open request that does not stand in its own way.
    pub fn standing(&self, except: Option<&str>) -> Standing {
        let open = self.money.open_request.as_ref().is_some_and(|id| Some(id.as_str()) != except);
        Standing {
            gift: self.gift.amount,
            back: self.money.refunded.saturating_add(self.money.returned),
            disputed: self.money.disputed,
            dispute: self.money.dispute,
            under_way: open,
        }
    }

    /// This much with what was refunded of the gift before: by it limits are judged, so that nobody gets past one in parts.
    pub fn refunded_with(&self, amount: Money) -> Money {
        Money::new(self.money.refunded.saturating_add(amount.minor()), amount.currency())
    }

    fn gift_aid(&self, gift: &Gift, remains: Money) -> Money {
        match gift.declaration_id {
            Some(_) => gift_aid_on(remains, gift.received_on.0),
            None => Money::zero(remains.currency()),
        }
    }
}

/// What the books know of a gift.
///
/// # Errors
/// When the database refuses.
pub async fn known(conn: &mut Conn, gift: Gift) -> Result<Known> {
    let money = office_money::gift_money(conn, &gift.id).await?;
    let money = money.ok_or_else(|| ServiceError::Unexpected(format!("no money of {}", gift.id)))?;
    let mailbox = donors::mailbox_of(conn, &gift.donor_id).await?.unwrap_or_default();
    let statement = match donors::owner_of(conn, &gift.donor_id).await? {
        Some(owner) => statements::latest_number(conn, &owner, &gift.entity_id, &gift.tax_year).await?,
        None => None,
    };
    let claim = claims::of_gift(conn, &gift.id).await?.map(|c| c.number);
    let shut = closings::latest_shut(conn, &gift.entity_id).await?;
    let closed = shut.filter(|(_, ends_at)| gift.received_at < *ends_at).map(|(month, _)| month);
    Ok(Known { gift, money, mailbox, statement, claim, closed })
}

/// What a refund of `amount` changes.
pub fn of_refund(known: &Known, amount: Money) -> Effects {
    let gift = &known.gift;
    let before = known.standing(None).remains();
    let after = Money::new((before.minor() - amount.minor()).max(0), before.currency());
    let fate = if after.is_zero() { ReceiptFate::CountsNoLonger } else { ReceiptFate::Replaced };
    let mut effects = unchanged(known);
    effects.remains = Change::new(before, after);
    effects.gift_aid = Change::new(known.gift_aid(gift, before), known.gift_aid(gift, after));
    effects.receipt = known.money.receipt_number.clone().map(|number| (number, fate));
    effects.mails = vec![MailEffect { kind: MailKind::Refund, to: mailbox(&known.mailbox) }];
    effects
}

/// What a correction to `after` changes. `to`: where mail to the donor it will be of goes now.
pub fn of_correction(known: &Known, after: &Gift, to: &str) -> Effects {
    let gift = &known.gift;
    let before = known.standing(None).remains();
    let more = after.amount.minor().saturating_sub(gift.amount.minor());
    let remains = Money::new((before.minor().saturating_add(more)).max(0), before.currency());
    let mut effects = unchanged(known);
    effects.donor.after = after.donor_id.clone();
    effects.named.after = named(&after.donor);
    effects.fund.after = after.fund_id.clone();
    effects.campaign.after = after.campaign_id.clone();
    effects.received_on.after = after.received_on.0.to_string();
    effects.tax_year.after = after.tax_year.clone();
    effects.sum.after = after.amount;
    effects.remains = Change::new(before, remains);
    effects.gift_aid = Change::new(known.gift_aid(gift, before), known.gift_aid(after, remains));
    effects.receipt = known.money.receipt_number.clone().map(|number| (number, ReceiptFate::Replaced));
    effects.mails = vec![MailEffect { kind: MailKind::Receipt, to: mailbox(to) }];
    if !effects.donor.stays() {
        effects.mails.push(MailEffect { kind: MailKind::ReceiptVoid, to: mailbox(&known.mailbox) });
    }
    effects
}

fn unchanged(known: &Known) -> Effects {
    fn same<T: Clone + PartialEq>(value: &T) -> Change<T> {
        Change::new(value.clone(), value.clone())
    }
    let gift = &known.gift;
    let remains = known.standing(None).remains();
    Effects {
        gift: gift.id.clone(),
        corrections: gift.corrections,
        donor: same(&gift.donor_id),
        named: same(&named(&gift.donor)),
        fund: same(&gift.fund_id),
        campaign: same(&gift.campaign_id),
        received_on: same(&gift.received_on.0.to_string()),
        tax_year: same(&gift.tax_year),
        sum: same(&gift.amount),
        remains: same(&remains),
        gift_aid: same(&known.gift_aid(gift, remains)),
        receipt: None,
        mails: Vec::new(),
        plan: gift.pledge_id.clone(),
        fees: Money::new(known.money.fees, gift.amount.currency()),
        frozen: frozen(known),
    }
}

/// What a receipt calls the donor, in one line.
pub fn named(donor: &DonorDetails) -> String {
    let address = donor.address.as_ref().filter(|a| !a.is_blank());
    let lines = address.map(Address::lines).unwrap_or_default();
    std::iter::once(donor.receipt_name()).chain(lines).collect::<Vec<_>>().join(", ")
}

/// What was given out as final and tells of the gift.
fn frozen(known: &Known) -> Vec<Frozen> {
    let statement = known.statement.as_ref().map_or_else(
        || "None yet".to_owned(),
        |number| {
            format!("{number} is looked at again: a new version says what changed, and the donor is told")
        },
    );
    let claim = known.claim.as_ref().map_or_else(
        || "In none".to_owned(),
        |number| format!("{number} stays as it was sent; what changes is put right in the next claim"),
    );
    let closed = known.closed.map_or_else(
        || "The gift is in none".to_owned(),
        |latest| {
            let open = dates::month(latest.next().first_day(), "en-GB");
            format!("Their figures stay: what changes in the books is booked in {open}")
        },
    );
    vec![
        Frozen { what: "Annual statement", words: statement },
        Frozen { what: "Gift Aid claim", words: claim },
        Frozen { what: "Closed months", words: closed },
    ]
}

fn mailbox(email: &str) -> Option<String> {
    (!email.is_empty()).then(|| masked(email))
}

/// A gift, held with its payment and its donor until the transaction ends: two acts on it come one after the other, and
/// what Stripe tells of it comes before or after. The payment first, as whoever settles it does.
///
/// # Errors
/// When the database refuses.
pub(in crate::services) async fn held(tx: &mut WriteTx, id: &GiftId) -> Result<Option<Known>> {
    let Some(first) = gifts::by_id(tx, id).await? else { return Ok(None) };
    if let Some(payment) = &first.payment_id {
        payments::hold(tx, payment).await?;
    }
    corrections::hold_donor(tx, &first.donor_id).await?;
    // Read again: another act may have been first until the donor was held.
    let Some(gift) = gifts::by_id(tx, id).await? else { return Ok(None) };
    if gift.donor_id != first.donor_id {
        corrections::hold_donor(tx, &gift.donor_id).await?;
    }
    Ok(Some(known(tx, gift).await?))
}

/// A gift as it stands, for a page.
///
/// # Errors
/// When the database refuses.
pub async fn look(deps: &Deps, id: &GiftId) -> Result<Option<Known>> {
    let mut read = deps.store.read().await?;
    match gifts::by_id(&mut read, id).await? {
        Some(gift) => Ok(Some(known(&mut read, gift).await?)),
        None => Ok(None),
    }
}
