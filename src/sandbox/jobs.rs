//! What happens by itself when its time comes.

use serde::{Deserialize, Serialize};

use super::state::World;

/// Something due later. A job that no longer fits the state when it comes does nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Job {
    /// An open Checkout session runs out.
    ExpireSession(String),
    /// A subscription's period ends.
    Renew(String),
    /// A draft renewal invoice is finalised and charged.
    Finalise(String),
    /// An unpaid invoice is charged again.
    Retry(String),
    /// A Bacs payment comes through or comes back.
    SettleBacs(String),
    /// A Bacs refund arrives.
    SettleRefund(String),
    /// A paused subscription's collection resumes.
    Resume(String),
    /// A subscription's `cancel_at` comes.
    Cancel(String),
    /// A subscription whose first invoice was never paid is given up.
    GiveUp(String),
    /// The day's payouts.
    Payouts,
    /// A payout reaches the bank.
    PayoutArrives(String),
}

impl World {
    /// Puts a job on the calendar.
    pub fn later(&mut self, at: i64, job: Job) {
        self.seq += 1;
        let place = (at, self.seq);
        self.due.insert(place, job);
    }

    /// Does everything due up to `until`, each at its own instant.
    pub fn run_due(&mut self, until: i64) {
        while let Some(entry) = self.due.first_entry().filter(|entry| entry.key().0 <= until) {
            let ((at, _), job) = entry.remove_entry();
            self.revision += 1;
            self.at = at;
            self.run(job);
        }
        self.at = until;
        self.forget_old_events();
    }

    /// When the next thing is due, in Unix seconds.
    pub fn next_due(&self) -> Option<i64> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }

    fn run(&mut self, job: Job) {
        match job {
            Job::ExpireSession(id) => self.expire_session(&id),
            Job::Renew(id) => self.renew(&id),
            Job::Finalise(id) => self.finalise(&id, false),
            Job::Retry(id) => self.retry(&id),
            Job::SettleBacs(id) => self.settle_bacs(&id),
            Job::SettleRefund(id) => self.settle_refund(&id),
            Job::Resume(id) => self.resume(&id),
            Job::Cancel(id) => self.cancel_when_due(&id),
            Job::GiveUp(id) => self.expire_incomplete(&id),
            Job::Payouts => self.pay_out(),
            Job::PayoutArrives(id) => self.payout_arrives(&id),
        }
    }
}
