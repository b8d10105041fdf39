//! Where an object stands in Stripe's dashboard. The one place that names another origin.

use crate::domain::search::StripeKind;

/// The address of an object's page; `None` for kinds that have none of their own. `live`: else it is in the test mode.
pub fn href(live: bool, kind: StripeKind, id: &str) -> Option<String> {
    let part = match kind {
        StripeKind::PaymentIntent | StripeKind::Charge => "payments",
        StripeKind::Dispute => "disputes",
        StripeKind::Subscription => "subscriptions",
        StripeKind::Customer => "customers",
        StripeKind::Invoice => "invoices",
        StripeKind::Payout => "payouts",
        StripeKind::Refund => "refunds",
        StripeKind::Session | StripeKind::BalanceTransaction => return None,
    };
    // An id of Stripe's is letters, digits and underscores; whatever is not leads nowhere.
    let fits = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let mode = if live { "" } else { "test/" };
    fits.then(|| format!("https://dashboard.stripe.com/{mode}{part}/{id}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mode_has_its_own_pages() {
        let of = |live| href(live, StripeKind::PaymentIntent, "pi_1");
        assert_eq!(of(true).as_deref(), Some("https://dashboard.stripe.com/payments/pi_1"));
        assert_eq!(of(false).as_deref(), Some("https://dashboard.stripe.com/test/payments/pi_1"));
        assert_eq!(href(true, StripeKind::Session, "cs_1"), None);
        assert_eq!(href(true, StripeKind::Charge, "../x"), None);
    }
}
