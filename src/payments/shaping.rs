//! Keeps our calls inside Stripe's limits: 100 a second per account, 25 a second per endpoint
//! (docs.stripe.com/rate-limits). A little below both, so that other users of the account have room.

use std::num::NonZeroU32;

use governor::clock::DefaultClock;
use governor::state::keyed::DashMapStateStore;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

const ACCOUNT_PER_SECOND: NonZeroU32 = NonZeroU32::new(90).unwrap();
const ENDPOINT_PER_SECOND: NonZeroU32 = NonZeroU32::new(23).unwrap();
const BURST: NonZeroU32 = NonZeroU32::new(5).unwrap();

/// Makes callers wait their turn.
pub struct Shaper {
    account: RateLimiter<NotKeyed, InMemoryState, DefaultClock>,
    endpoint: RateLimiter<String, DashMapStateStore<String>, DefaultClock>,
}

impl Default for Shaper {
    fn default() -> Self {
        Shaper {
            account: RateLimiter::direct(Quota::per_second(ACCOUNT_PER_SECOND).allow_burst(BURST)),
            endpoint: RateLimiter::keyed(Quota::per_second(ENDPOINT_PER_SECOND).allow_burst(BURST)),
        }
    }
}

impl Shaper {
    /// Waits until a call to `path` fits both limits.
    pub async fn turn(&self, method: &str, path: &str) {
        self.endpoint.until_key_ready(&endpoint_of(method, path)).await;
        self.account.until_ready().await;
    }
}

/// The endpoint a path belongs to: ids are left out, `GET /payment_intents/pi_123` is `GET /payment_intents/:id`.
fn endpoint_of(method: &str, path: &str) -> String {
    let shape: Vec<&str> = path
        .trim_start_matches('/')
        .split('/')
        .map(|part| if part.contains('_') && part.bytes().any(|b| b.is_ascii_digit()) { ":id" } else { part })
        .collect();
    format!("{method} /{}", shape.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_do_not_make_endpoints() {
        assert_eq!(endpoint_of("GET", "/payment_intents/pi_1Abc"), "GET /payment_intents/:id");
        assert_eq!(
            endpoint_of("POST", "/checkout/sessions/cs_test_1/expire"),
            "POST /checkout/sessions/:id/expire"
        );
        assert_eq!(endpoint_of("GET", "/payment_intents"), "GET /payment_intents");
    }
}
