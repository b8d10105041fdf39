//! How each test method behaves.

use super::types::TestMethod;

/// Why a payment failed, in Stripe's three words for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decline {
    pub code: &'static str,
    pub decline_code: &'static str,
    pub message: &'static str,
}

const DECLINED: Decline =
    Decline { code: "card_declined", decline_code: "generic_decline", message: "Your card was declined." };
const FUNDS: Decline = Decline {
    code: "card_declined",
    decline_code: "insufficient_funds",
    message: "Your card has insufficient funds.",
};
const EXPIRED: Decline =
    Decline { code: "expired_card", decline_code: "expired_card", message: "Your card has expired." };

/// No payment method to charge.
pub(super) const NO_METHOD: Decline = Decline {
    code: "missing_payment_method",
    decline_code: "generic_decline",
    message: "There is no payment method to charge.",
};
/// Bacs came back unpaid.
pub(super) const UNPAID: Decline = Decline {
    code: "payment_method_customer_decline",
    decline_code: "refer_to_customer",
    message: "The bank returned the Direct Debit unpaid: refer to payer.",
};
/// 3-D Secure was refused.
pub(super) const NOT_CONFIRMED: Decline = Decline {
    code: "payment_intent_authentication_failure",
    decline_code: "authentication_required",
    message: "We are unable to authenticate your payment method. Please choose a different payment method and try \
              again.",
};

/// The same, where a method was only to be kept.
pub(super) const SETUP_NOT_CONFIRMED: Decline =
    Decline { code: "setup_intent_authentication_failure", ..NOT_CONFIRMED };
/// The bank wants the donor, and the donor is not there.
pub(super) const AUTHENTICATION: Decline = Decline {
    code: "authentication_required",
    decline_code: "authentication_required",
    message: "Your card was declined. This transaction requires authentication.",
};

/// What happens when money is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Paid,
    Processing,
    /// The bank wants the donor to confirm.
    Asks,
    Declined(Decline),
}

impl TestMethod {
    /// Every method, in the order of the page.
    pub const ALL: [TestMethod; 12] = [
        TestMethod::CardSuccess,
        TestMethod::CardDeclined,
        TestMethod::CardInsufficientFunds,
        TestMethod::CardExpired,
        TestMethod::Card3ds,
        TestMethod::CardFailsOnRenewal,
        TestMethod::CardAuthenticatesOnRenewal,
        TestMethod::CardNoFundsOnRenewal,
        TestMethod::CardExpiresOnRenewal,
        TestMethod::CardDisputed,
        TestMethod::BacsSuccess,
        TestMethod::BacsFailure,
    ];

    /// Its name in forms and in the state.
    pub fn name(self) -> &'static str {
        match self {
            TestMethod::CardSuccess => "card-success",
            TestMethod::CardDeclined => "card-declined",
            TestMethod::CardInsufficientFunds => "card-insufficient-funds",
            TestMethod::CardExpired => "card-expired",
            TestMethod::Card3ds => "card-3ds",
            TestMethod::CardFailsOnRenewal => "card-fails-on-renewal",
            TestMethod::CardAuthenticatesOnRenewal => "card-authenticates-on-renewal",
            TestMethod::CardNoFundsOnRenewal => "card-no-funds-on-renewal",
            TestMethod::CardExpiresOnRenewal => "card-expires-on-renewal",
            TestMethod::CardDisputed => "card-disputed",
            TestMethod::BacsSuccess => "bacs-success",
            TestMethod::BacsFailure => "bacs-failure",
        }
    }

    /// The method of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }

    /// What the page says of it.
    pub fn words(self) -> &'static str {
        match self {
            TestMethod::CardSuccess => "Card that works",
            TestMethod::CardDeclined => "Card that is declined",
            TestMethod::CardInsufficientFunds => "Card without enough money",
            TestMethod::CardExpired => "Card that has expired",
            TestMethod::Card3ds => "Card whose bank asks you to confirm (3-D Secure)",
            TestMethod::CardFailsOnRenewal => "Card that works now and fails at every later charge",
            TestMethod::CardAuthenticatesOnRenewal => {
                "Card that works now and whose bank asks you to confirm every later charge"
            }
            TestMethod::CardNoFundsOnRenewal => "Card that works now and has no money at every later charge",
            TestMethod::CardExpiresOnRenewal => "Card that works now and has expired at every later charge",
            TestMethod::CardDisputed => "Card that works and is then disputed",
            TestMethod::BacsSuccess => "Bacs Direct Debit, settles in 4 working days",
            TestMethod::BacsFailure => "Bacs Direct Debit, comes back unpaid after 4 working days",
        }
    }

    /// Stripe's type of payment method.
    pub(super) fn kind(self) -> &'static str {
        match self {
            TestMethod::BacsSuccess | TestMethod::BacsFailure => "bacs_debit",
            _ => "card",
        }
    }

    /// Last digits of Stripe's own test number with this behaviour.
    pub fn last4(self) -> &'static str {
        match self {
            TestMethod::CardSuccess => "4242",
            TestMethod::CardDeclined => "0002",
            TestMethod::CardInsufficientFunds | TestMethod::CardNoFundsOnRenewal => "9995",
            TestMethod::CardExpired | TestMethod::CardExpiresOnRenewal => "0069",
            TestMethod::Card3ds => "3220",
            TestMethod::CardFailsOnRenewal => "0341",
            TestMethod::CardAuthenticatesOnRenewal => "3155",
            TestMethod::CardDisputed => "0259",
            TestMethod::BacsSuccess => "2345",
            TestMethod::BacsFailure => "2227",
        }
    }

    /// What an attempt brings; `present`: the donor is at the page.
    pub(super) fn verdict(self, present: bool) -> Verdict {
        match self {
            TestMethod::CardSuccess | TestMethod::Card3ds | TestMethod::CardDisputed => Verdict::Paid,
            TestMethod::CardFailsOnRenewal
            | TestMethod::CardAuthenticatesOnRenewal
            | TestMethod::CardNoFundsOnRenewal
            | TestMethod::CardExpiresOnRenewal
                if present =>
            {
                Verdict::Paid
            }
            TestMethod::CardAuthenticatesOnRenewal => Verdict::Asks,
            TestMethod::CardDeclined | TestMethod::CardFailsOnRenewal => Verdict::Declined(DECLINED),
            TestMethod::CardInsufficientFunds | TestMethod::CardNoFundsOnRenewal => Verdict::Declined(FUNDS),
            TestMethod::CardExpired | TestMethod::CardExpiresOnRenewal => Verdict::Declined(EXPIRED),
            TestMethod::BacsSuccess | TestMethod::BacsFailure => Verdict::Processing,
        }
    }

    /// What saving it for later brings.
    pub(super) fn setup_verdict(self) -> Verdict {
        match self.verdict(true) {
            Verdict::Processing => Verdict::Paid,
            other => other,
        }
    }
}
