//! The kinds of Stripe's objects that the books mirror.

use super::states::text_enums;

text_enums! {
    /// What is walked over at Stripe, in this order: what begins something before what follows from it.
    Mirrored {
        /// Payment pages.
        Session = "session",
        /// Plans.
        Subscription = "subscription",
        /// Charges of plans.
        Invoice = "invoice",
        /// Money that came.
        Charge = "charge",
        /// Money that went back.
        Refund = "refund",
        /// What donors' banks ask back.
        Dispute = "dispute",
        /// Money that went to the charity's bank.
        Payout = "payout",
        /// Lines of Stripe's balance.
        Line = "balance_transaction",
    }
    /// What became of something that no event had told.
    DriftOutcome {
        /// The books have it now.
        Healed = "healed",
        /// It is none of ours.
        Foreign = "foreign",
    }
}

impl Mirrored {
    /// All of them, in the order in which they are walked.
    pub const ALL: [Mirrored; 8] = [
        Mirrored::Session,
        Mirrored::Subscription,
        Mirrored::Invoice,
        Mirrored::Charge,
        Mirrored::Refund,
        Mirrored::Dispute,
        Mirrored::Payout,
        Mirrored::Line,
    ];

    /// For people: one, and several.
    pub fn in_words(self, count: usize) -> &'static str {
        let (one, several) = match self {
            Mirrored::Session => ("payment page", "payment pages"),
            Mirrored::Subscription => ("plan", "plans"),
            Mirrored::Invoice => ("invoice", "invoices"),
            Mirrored::Charge => ("charge", "charges"),
            Mirrored::Refund => ("refund", "refunds"),
            Mirrored::Dispute => ("dispute", "disputes"),
            Mirrored::Payout => ("payout", "payouts"),
            Mirrored::Line => ("line of the balance", "lines of the balance"),
        };
        if count == 1 { one } else { several }
    }
}
