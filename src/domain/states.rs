//! The states that things go through, and the one way each may move.

/// Enums that are held as text.
macro_rules! text_enums {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant,)* }

        impl $name {
            /// The stored text.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::domain::states::UnknownState;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text { $($text => Ok(Self::$variant),)* _ => Err($crate::domain::states::UnknownState) }
            }
        }
    )*};
}

pub(super) use text_enums;

pub use super::office_states::{
    BankLineState, BatchState, CorrectionKind, ErasureState, ExportFormat, ExportKind, ExportState,
    GiftState, ImportRowState, ImportSource, ImportState, OfferKind, OfflineKind, RefundReason,
    RefundRequestState, Role, StaffStage, StaffState, Standing,
};

/// A text that names no state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown state")]
pub struct UnknownState;

text_enums! {
    /// Where a donor's act of giving stands.
    PaymentState {
        /// Written down; Stripe has not answered yet (or its answer was lost: *unknown*, never *failed*).
        Started = "started",
        /// The payment page is open.
        Open = "open",
        /// The bank is confirming (Bacs).
        Processing = "processing",
        /// Money received.
        Paid = "paid",
        /// The bank refused after confirmation was pending.
        Failed = "failed",
        /// The payment page closed unpaid.
        Expired = "expired",
    }
    /// Where a monthly gift's plan stands.
    PledgeState {
        /// Begun, first charge not confirmed.
        Pending = "pending",
        /// Charges as planned.
        Active = "active",
        /// A charge failed; Stripe tries again.
        Retrying = "retrying",
        /// Collection is paused.
        Paused = "paused",
        /// Will end at the end of the period.
        Ending = "ending",
        /// Over.
        Ended = "ended",
    }
    /// What keeps a plan's charges from happening.
    PauseKind {
        /// Nothing.
        No = "no",
        /// A pause with an end.
        Until = "until",
        /// A pause without one.
        Open = "open",
    }
    /// Why a plan is over.
    EndedWhy {
        /// The donor asked for it.
        Asked = "asked",
        /// The last try to collect a charge failed.
        Failed = "failed",
        /// The day came that the donor had named.
        Date = "date",
        /// Ended by the charity, in Stripe's dashboard.
        Elsewhere = "elsewhere",
    }
    /// What a wish about a plan is about.
    ChangeKind {
        /// How much.
        Amount = "amount",
        /// Whether the fee is covered.
        Fee = "fee",
        /// How often.
        Frequency = "frequency",
        /// On which day.
        Day = "day",
        /// For which fund.
        Fund = "fund",
        /// The next one is left out.
        Skip = "skip",
        /// Nothing for a while.
        Pause = "pause",
        /// What was left out or paused comes back.
        Resume = "resume",
        /// A last day.
        Until = "until",
        /// No last day any more.
        NoEnd = "no_end",
        /// Over.
        Stop = "stop",
        /// Paid with something else.
        Method = "method",
        /// The bank has sent the new card's details.
        MethodRenewed = "method_renewed",
        /// An earlier change is taken back.
        Undo = "undo",
        /// Not asked here: changed in Stripe's dashboard.
        Elsewhere = "elsewhere",
    }
    /// Where a wish about a plan stands.
    ChangeState {
        /// Stripe was or will be asked; whether it is done is not known yet.
        Asked = "asked",
        /// The plan, read again, agrees.
        Confirmed = "confirmed",
        /// Stripe refused.
        Refused = "refused",
        /// Done, and changed again by somebody else since.
        Overtaken = "overtaken",
    }
    /// From where a wish came.
    ChangeOrigin {
        /// The donor, signed in.
        Portal = "portal",
        /// The donor, by the link of a mail.
        Link = "link",
        /// The office, for a donor who asked to be forgotten.
        Office = "office",
        /// Stripe, without a wish of the donor.
        Stripe = "stripe",
    }
    /// Where another card or account stands.
    MethodChangeState {
        /// Written down; Stripe has not answered yet.
        Started = "started",
        /// The payment page is open.
        Open = "open",
        /// The donor has left another method; the plans do not all have it yet.
        Given = "given",
        /// Every plan has it, read back.
        Done = "done",
        /// The page was left.
        Left = "left",
    }
    /// Where a failed charge stands.
    RecoveryState {
        /// Still owed; Stripe tries again.
        Open = "open",
        /// Paid in the end.
        Recovered = "recovered",
        /// The plan ended over it.
        Ended = "ended",
        /// Nobody asks for it any more: the donor stopped, or the charity let it go.
        Dropped = "dropped",
    }
    /// Why a charge failed, as far as a donor is told.
    FailureReason {
        /// The card has expired.
        Expired = "expired",
        /// Not enough money in the account.
        Funds = "funds",
        /// The bank wants to see the donor.
        Authentication = "authentication",
        /// The bank returned a Direct Debit.
        Returned = "returned",
        /// There is nothing to charge any more.
        NoMethod = "no_method",
        /// The bank said no and not why.
        Declined = "declined",
    }
    /// Where a refund stands, in Stripe's words.
    RefundState {
        /// Under way.
        Pending = "pending",
        /// Back with the donor.
        Succeeded = "succeeded",
        /// The donor's bank would not take it.
        Failed = "failed",
        /// Called off.
        Canceled = "canceled",
    }
    /// Where a dispute stands.
    DisputeState {
        /// Being decided.
        Open = "open",
        /// For the charity.
        Won = "won",
        /// For the donor.
        Lost = "lost",
    }
    /// Where a payout stands, in Stripe's words.
    PayoutState {
        /// To be sent.
        Pending = "pending",
        /// On its way.
        InTransit = "in_transit",
        /// Arrived.
        Paid = "paid",
        /// The bank refused it.
        Failed = "failed",
        /// Called off.
        Canceled = "canceled",
    }
    /// What a line of the ledger is about. Amounts are signed from the charity's side.
    EntryKind {
        /// Gross gift, positive (AC-4: gross is income, the fee is a cost).
        Gift = "gift",
        /// Stripe's fee for the charge, zero or negative.
        Fee = "fee",
        /// Given back, negative.
        Refund = "refund",
        /// Stripe's fee for a refund, zero or negative.
        RefundFee = "refund_fee",
        /// A refund that came back, positive.
        RefundFailed = "refund_failed",
        /// Withdrawn for a dispute, negative.
        DisputeWithdrawn = "dispute_withdrawn",
        /// Stripe's fee for the dispute, negative (AC-7: its own line).
        DisputeFee = "dispute_fee",
        /// Returned after a dispute was won, positive.
        DisputeReinstated = "dispute_reinstated",
        /// The dispute's fee returned, positive.
        DisputeFeeReturned = "dispute_fee_returned",
        /// A gift that came without Stripe was of another sum; the difference, signed.
        Correction = "correction",
        /// A cheque came back unpaid, negative.
        Returned = "returned",
    }
    /// Who gives. Only individuals can make a Gift Aid declaration (UK-2).
    DonorKind {
        /// A person.
        Individual = "individual",
        /// A company, trust, church or other body.
        Organisation = "organisation",
    }
    /// What a proven mailbox is good for.
    ProofPurpose {
        /// Sign in; the first time it opens the account.
        SignIn = "sign_in",
        /// Open an account.
        SignUp = "sign_up",
        /// Choose a new password.
        Reset = "reset",
        /// Sign in with this mailbox from now on.
        ChangeEmail = "change_email",
    }
    /// What a donor lets us write about (PR-2).
    ConsentPurpose {
        /// Stories from the field.
        Stories = "stories",
        /// Events in their area.
        Events = "events",
        /// Ways to help.
        Help = "help",
    }
    /// Why a gift is dedicated.
    TributeKind {
        /// In memory of.
        Memory = "memory",
        /// In honour of.
        Honour = "honour",
    }
}

impl PaymentState {
    /// What `seen` (read from Stripe) makes of this state. Money received is never taken back here: refunds and
    /// disputes are entries of their own. A closed state only yields to money received.
    pub fn apply(self, seen: PaymentState) -> PaymentState {
        use PaymentState::*;
        match (self, seen) {
            (Paid, Started | Open | Processing | Paid | Failed | Expired) => Paid,
            (Started | Open | Processing | Failed | Expired, Paid) => Paid,
            (Failed | Expired, Started | Open | Processing | Failed | Expired) => self,
            (Started | Open | Processing, Failed) => Failed,
            (Started | Open, Expired) => Expired,
            (Processing, Started | Open | Processing | Expired) => Processing,
            (Started | Open, Processing) => Processing,
            (Open, Started | Open) => Open,
            (Started, Started) => Started,
            (Started, Open) => Open,
        }
    }

    /// True when nothing more is expected.
    pub fn is_closed(self) -> bool {
        match self {
            PaymentState::Paid | PaymentState::Failed | PaymentState::Expired => true,
            PaymentState::Started | PaymentState::Open | PaymentState::Processing => false,
        }
    }
}

impl PledgeState {
    /// What `seen` (read from Stripe) makes of this state: an ended plan stays ended, whatever arrives late.
    pub fn apply(self, seen: PledgeState) -> PledgeState {
        use PledgeState::*;
        match (self, seen) {
            (Ended, _any) => Ended,
            (Active | Retrying | Paused | Ending, Pending) => self,
            (Pending | Active | Retrying | Paused | Ending, Active | Retrying | Paused | Ending | Ended) => {
                seen
            }
            (Pending, Pending) => Pending,
        }
    }
}

impl FailureReason {
    /// For staff; donors are told in their mails.
    pub fn in_words(self) -> &'static str {
        match self {
            FailureReason::Expired => "The card has expired.",
            FailureReason::Funds => "There was not enough money in the account.",
            FailureReason::Authentication => "The bank wants the donor to confirm it.",
            FailureReason::Returned => "The bank returned the Direct Debit unpaid.",
            FailureReason::NoMethod => "There is no card or account left to take it from.",
            FailureReason::Declined => "The bank said no, and did not say why.",
        }
    }

    /// From Stripe's two codes (docs.stripe.com/declines/codes).
    pub fn of(code: &str, decline_code: &str, is_debit: bool) -> FailureReason {
        match (code, decline_code) {
            ("expired_card", _) | (_, "expired_card") => FailureReason::Expired,
            (_, "insufficient_funds") | ("insufficient_funds", _) => FailureReason::Funds,
            ("authentication_required" | "payment_intent_authentication_failure", _)
            | (_, "authentication_required") => FailureReason::Authentication,
            ("missing_payment_method", _) | ("payment_method_unactivated", _) => FailureReason::NoMethod,
            _ if is_debit => FailureReason::Returned,
            _ => FailureReason::Declined,
        }
    }
}

impl RefundState {
    /// A refund may still fail after it succeeded (the donor's bank sends it back), but never un-fails.
    pub fn apply(self, seen: RefundState) -> RefundState {
        use RefundState::*;
        match (self, seen) {
            (Failed | Canceled, Pending | Succeeded | Failed | Canceled) => self,
            (Succeeded, Pending | Succeeded) => Succeeded,
            (Succeeded, Failed | Canceled) => seen,
            (Pending, Pending | Succeeded | Failed | Canceled) => seen,
        }
    }
}

impl DisputeState {
    /// A decided dispute may change hands (won on appeal) but does not re-open.
    pub fn apply(self, seen: DisputeState) -> DisputeState {
        use DisputeState::*;
        match (self, seen) {
            (Won | Lost, Open) => self,
            (Open | Won | Lost, Won | Lost) | (Open, Open) => seen,
        }
    }
}

impl PayoutState {
    /// A payout never leaves `failed` or `canceled`; `paid` may still turn to `failed` (Stripe's documented case).
    pub fn apply(self, seen: PayoutState) -> PayoutState {
        use PayoutState::*;
        match (self, seen) {
            (Failed | Canceled, Pending | InTransit | Paid | Failed | Canceled) => self,
            (Paid, Pending | InTransit | Paid | Canceled) => Paid,
            (InTransit, Pending | InTransit) => InTransit,
            (Paid | InTransit | Pending, Failed) => Failed,
            (InTransit | Pending, Paid | Canceled) | (Pending, Pending | InTransit) => seen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_payment_state() -> impl Strategy<Value = PaymentState> {
        use PaymentState::*;
        prop::sample::select(vec![Started, Open, Processing, Paid, Failed, Expired])
    }

    proptest! {
        #[test]
        fn payment_states_never_go_backwards(seen in prop::collection::vec(any_payment_state(), 0..12)) {
            let mut state = PaymentState::Started;
            for s in &seen {
                let next = state.apply(*s);
                if state == PaymentState::Paid {
                    prop_assert_eq!(next, PaymentState::Paid);
                }
                if state.is_closed() && !seen.contains(&PaymentState::Paid) {
                    prop_assert_eq!(next, state);
                }
                prop_assert_eq!(next.apply(*s), next, "applying the same sight twice changes nothing");
                state = next;
            }
            prop_assert_eq!(state == PaymentState::Paid, seen.contains(&PaymentState::Paid));
        }
    }

    #[test]
    fn an_ended_plan_stays_ended() {
        assert_eq!(PledgeState::Ended.apply(PledgeState::Active), PledgeState::Ended);
        assert_eq!(PledgeState::Retrying.apply(PledgeState::Active), PledgeState::Active);
    }
}
