//! The columns of plans.

use super::table::{Column, Table, column, full_name, instant, maybe_instant, money};
use crate::documents::cell::Cell;
use crate::domain::export::Sums;
use crate::domain::states::{PauseKind, PledgeState};
use crate::store;
use crate::store::Conn;
use crate::store::exports::Wanted;
use crate::store::exports::plans::{self, ExportPlan};

/// Monthly, quarterly and yearly gifts.
#[derive(Clone, Copy, Debug)]
pub struct Plans;

impl Table for Plans {
    type Row = ExportPlan;
    const COLUMNS: &'static [Column<ExportPlan>] = COLUMNS;

    async fn chunk(
        conn: &mut Conn,
        wanted: &Wanted,
        after: &str,
        size: i64,
    ) -> store::Result<Vec<ExportPlan>> {
        plans::chunk(conn, wanted, after, size).await
    }

    fn id(row: &ExportPlan) -> &str {
        &row.id
    }

    fn sums(row: &ExportPlan) -> Option<Sums> {
        let amount_minor = each_charge(row);
        let net_minor = if row.state == PledgeState::Ended { 0 } else { amount_minor };
        Some(Sums { currency: row.currency, amount_minor, net_minor })
    }
}

fn each_charge(plan: &ExportPlan) -> i64 {
    plan.amount_minor.saturating_add(plan.fee_cover_minor)
}

const COLUMNS: &[Column<ExportPlan>] = &[
    column("plan", "Plan", "Our id of the plan.", |p, _| Cell::text(&*p.id)),
    column(
        "state",
        "State",
        "pending, active, retrying (a charge failed), paused, ending or ended.",
        |p, _| Cell::text(p.state.as_str()),
    ),
    column("frequency", "Frequency", "How often it gives: monthly, quarterly or yearly.", |p, _| {
        Cell::text(p.frequency.as_str())
    }),
    column("currency", "Currency", "Currency of every sum in this row.", |p, _| {
        Cell::text(p.currency.code())
    }),
    column(
        "gift",
        "Gift of each charge",
        "What is given with each charge, without the covered fee.",
        |p, _| money(p.amount_minor, p.currency),
    ),
    column("fee_cover", "Fee cover", "What is added to each charge to cover the fee.", |p, _| {
        money(p.fee_cover_minor, p.currency)
    }),
    column("each", "Each charge", "What each charge comes to.", |p, _| money(each_charge(p), p.currency)),
    column("charges", "Charges received", "How many charges were received.", |p, _| Cell::Whole(p.charges)),
    column("received", "Received", "What the charges came to, before refunds.", |p, _| {
        money(p.received_minor, p.currency)
    }),
    column("started_at", "Started at (UTC)", "The instant it began, in UTC.", |p, _| instant(p.started_at)),
    column("next_charge_at", "Next charge at (UTC)", "The instant of the next charge, in UTC.", |p, _| {
        maybe_instant(p.next_charge_at)
    }),
    column(
        "pause",
        "Pause",
        "until (charges begin again by themselves), open (they do not), or empty.",
        |p, _| match p.pause {
            PauseKind::No => Cell::Empty,
            PauseKind::Until | PauseKind::Open => Cell::text(p.pause.as_str()),
        },
    ),
    column(
        "resumes_at",
        "Resumes at (UTC)",
        "The instant from which charges begin again, in UTC.",
        |p, _| maybe_instant(p.resumes_at),
    ),
    column(
        "ends_at",
        "Ends at (UTC)",
        "The instant from which nothing is charged any more, in UTC.",
        |p, _| maybe_instant(p.ends_at),
    ),
    column("ended_at", "Ended at (UTC)", "The instant it ended, in UTC.", |p, _| maybe_instant(p.ended_at)),
    column(
        "ended_why",
        "Ended because",
        "asked (by the donor), failed (charges), date (as set) or elsewhere (in Stripe).",
        |p, _| p.ended_why.map_or(Cell::Empty, |w| Cell::text(w.as_str())),
    ),
    column(
        "entity_id",
        "Entity id",
        "Id of the legal entity it gives to, as in the charity file.",
        |p, _| Cell::text(&*p.entity_id),
    ),
    column("entity", "Entity", "Legal name of the entity it gives to.", |p, n| {
        Cell::text(n.entity(&p.entity_id))
    }),
    column("fund_id", "Fund id", "Id of the fund it gives for, as in the charity file.", |p, _| {
        Cell::text(&*p.fund_id)
    }),
    column("fund", "Fund", "Name of the fund it gives for.", |p, n| Cell::text(n.fund(&p.fund_id))),
    column("campaign_id", "Campaign id", "Id of the campaign it came from, if any.", |p, _| {
        Cell::maybe(p.campaign_id.as_deref())
    }),
    column("campaign", "Campaign", "Name of the campaign it came from, if any.", |p, n| {
        p.campaign_id.as_deref().map_or(Cell::Empty, |id| Cell::text(n.campaign(id)))
    }),
    column("donor", "Donor", "Our id of the donor, by the record that counts.", |p, _| {
        Cell::text(p.owner_id.as_deref().unwrap_or(&p.donor_id))
    }),
    column("donor_record", "Donor record", "Our id of the record it was begun under.", |p, _| {
        Cell::text(&*p.donor_id)
    }),
    column("name", "Name", "The donor's name now: the body for an organisation.", |p, _| {
        full_name(p.donor_kind, p.organisation.as_deref(), &p.given_name, &p.family_name)
    }),
    column("email", "E-mail", "The donor's e-mail address now.", |p, _| Cell::text(&*p.email)),
    column("method_label", "Paid with", "What it is paid with, such as Visa.", |p, _| {
        Cell::maybe(p.method_label.as_deref())
    }),
    column("method_last_four", "Last four digits", "The last four digits of the card or account.", |p, _| {
        Cell::maybe(p.method_last4.as_deref())
    }),
    column("method_expires", "Card ends", "Last month of the card, as year and month.", |p, _| {
        Cell::maybe(p.method_expires.as_deref())
    }),
    column("payment", "Payment", "Our id of the act of giving that began it.", |p, _| {
        Cell::text(&*p.payment_id)
    }),
    column("stripe_plan", "Stripe's plan", "Stripe's id of what charges it (sub_…).", |p, _| {
        Cell::text(&*p.stripe_subscription)
    }),
    column("stripe_customer", "Stripe's customer", "Stripe's id of the customer (cus_…).", |p, _| {
        Cell::maybe(p.stripe_customer.as_deref())
    }),
];
