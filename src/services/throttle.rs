//! How often somebody may try: passwords and mails, by mailbox and by address on the network. Kept in memory: a restart
//! forgets, and each process counts for itself (decision 0013).

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock as GovernorClock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::clock::Clock;

/// Passwords for one mailbox: five, then one every three minutes.
const PASSWORDS_PER_MAILBOX: Limit = Limit { burst: NonZeroU32::new(5).unwrap(), every: 180 };
/// Passwords from one address on the network: a whole office may sit behind it.
const PASSWORDS_PER_ADDRESS: Limit = Limit { burst: NonZeroU32::new(30).unwrap(), every: 30 };
/// Mails with a link to one mailbox: five, then one every twelve minutes.
const MAILS_PER_MAILBOX: Limit = Limit { burst: NonZeroU32::new(5).unwrap(), every: 720 };
/// Mails asked for from one address on the network.
const MAILS_PER_ADDRESS: Limit = Limit { burst: NonZeroU32::new(30).unwrap(), every: 60 };
/// Codes typed from one address on the network; each question takes five.
const CODES_PER_ADDRESS: Limit = Limit { burst: NonZeroU32::new(30).unwrap(), every: 20 };
/// Copies of receipts for one donor.
const COPIES_PER_DONOR: Limit = Limit { burst: NonZeroU32::new(20).unwrap(), every: 60 };
/// Copies of everything for one donor: each is hundreds of pages to print.
const ARCHIVES_PER_DONOR: Limit = Limit { burst: NonZeroU32::new(3).unwrap(), every: 3600 };
/// Second factors of one member of staff: five, then one a minute.
const SECOND_FACTORS: Limit = Limit { burst: NonZeroU32::new(5).unwrap(), every: 60 };

#[derive(Clone, Copy)]
struct Limit {
    burst: NonZeroU32,
    /// Seconds until one more is allowed.
    every: u64,
}

/// Our clock, as the limiter reads it.
#[derive(Clone, Debug)]
struct Watch(Clock);

impl GovernorClock for Watch {
    type Instant = Moment;
    fn now(&self) -> Moment {
        Moment(self.0.now().as_micros())
    }
}

/// Microseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Moment(i64);

impl Reference for Moment {
    fn duration_since(&self, earlier: Self) -> Nanos {
        let micros = u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0);
        Duration::from_micros(micros).into()
    }

    fn saturating_sub(&self, duration: Nanos) -> Self {
        let micros = i64::try_from(Duration::from(duration).as_micros()).unwrap_or(i64::MAX);
        Moment(self.0.saturating_sub(micros))
    }
}

impl std::ops::Add<Nanos> for Moment {
    type Output = Moment;
    fn add(self, more: Nanos) -> Moment {
        let micros = i64::try_from(Duration::from(more).as_micros()).unwrap_or(i64::MAX);
        Moment(self.0.saturating_add(micros))
    }
}

type Keyed<K> = RateLimiter<K, DashMapStateStore<K>, Watch, NoOpMiddleware<Moment>>;

fn keyed<K: Clone + Hash + Eq>(limit: Limit, clock: &Clock) -> Keyed<K> {
    let quota =
        Quota::with_period(Duration::from_secs(limit.every)).unwrap_or(Quota::per_minute(limit.burst));
    RateLimiter::new(quota.allow_burst(limit.burst), DashMapStateStore::default(), Watch(clock.clone()))
}

struct Limits {
    passwords_per_mailbox: Keyed<String>,
    passwords_per_address: Keyed<IpAddr>,
    mails_per_mailbox: Keyed<String>,
    mails_per_address: Keyed<IpAddr>,
    codes_per_address: Keyed<IpAddr>,
    copies_per_donor: Keyed<String>,
    archives_per_donor: Keyed<String>,
    second_factors: Keyed<String>,
}

/// Every limit on trying.
#[derive(Clone)]
pub struct Throttle(Arc<Limits>);

impl std::fmt::Debug for Throttle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Throttle")
    }
}

/// That was one too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany;

impl Throttle {
    /// Nobody has tried anything yet.
    pub fn new(clock: &Clock) -> Throttle {
        Throttle(Arc::new(Limits {
            passwords_per_mailbox: keyed(PASSWORDS_PER_MAILBOX, clock),
            passwords_per_address: keyed(PASSWORDS_PER_ADDRESS, clock),
            mails_per_mailbox: keyed(MAILS_PER_MAILBOX, clock),
            mails_per_address: keyed(MAILS_PER_ADDRESS, clock),
            codes_per_address: keyed(CODES_PER_ADDRESS, clock),
            copies_per_donor: keyed(COPIES_PER_DONOR, clock),
            archives_per_donor: keyed(ARCHIVES_PER_DONOR, clock),
            second_factors: keyed(SECOND_FACTORS, clock),
        }))
    }

    /// A password is to be hashed for somebody who is not signed in.
    ///
    /// # Errors
    /// [`TooMany`].
    pub fn hash(&self, from: IpAddr) -> Result<(), TooMany> {
        check(&self.0.passwords_per_address, &network(from))
    }

    /// A password is to be tried. `mailbox` is normalised; whether it has an account makes no difference. A browser that
    /// has signed in to it before (`known`, its hash) has tries of its own: whoever else knocks cannot lock it out.
    ///
    /// # Errors
    /// [`TooMany`].
    pub fn password(&self, mailbox: &str, known: Option<&str>, from: IpAddr) -> Result<(), TooMany> {
        check(&self.0.passwords_per_address, &network(from))?;
        check(&self.0.passwords_per_mailbox, &bucket(mailbox, known))
    }

    /// A mail with a link is to be sent; a known browser has mails of its own, too.
    ///
    /// # Errors
    /// [`TooMany`].
    pub fn mail(&self, mailbox: &str, known: Option<&str>, from: IpAddr) -> Result<(), TooMany> {
        check(&self.0.mails_per_address, &network(from))?;
        check(&self.0.mails_per_mailbox, &bucket(mailbox, known))
    }

    /// A code is to be compared.
    ///
    /// # Errors
    /// [`TooMany`].
    pub fn code(&self, from: IpAddr) -> Result<(), TooMany> {
        check(&self.0.codes_per_address, &network(from))
    }

    /// A copy of everything that is held about a donor is to be made.
    ///
    /// # Errors
    /// [`TooMany`].
    pub fn archive(&self, donor: &str) -> Result<(), TooMany> {
        check(&self.0.archives_per_donor, &donor.to_owned())
    }

    /// A copy of a receipt is to be sent.
    ///
    /// # Errors
    /// [`TooMany`].
    pub fn copy(&self, donor: &str) -> Result<(), TooMany> {
        check(&self.0.copies_per_donor, &donor.to_owned())
    }

    /// A second factor is to be tried.
    ///
    /// # Errors
    /// [`TooMany`].
    pub fn second_factor(&self, staff: &str) -> Result<(), TooMany> {
        check(&self.0.second_factors, &staff.to_owned())
    }

    /// Forgets who has not tried for long; called by the clock.
    pub fn forget_idle(&self) {
        self.0.passwords_per_mailbox.retain_recent();
        self.0.passwords_per_address.retain_recent();
        self.0.mails_per_mailbox.retain_recent();
        self.0.mails_per_address.retain_recent();
        self.0.codes_per_address.retain_recent();
        self.0.copies_per_donor.retain_recent();
        self.0.archives_per_donor.retain_recent();
        self.0.second_factors.retain_recent();
    }
}

fn check<K: Clone + Hash + Eq>(limiter: &Keyed<K>, key: &K) -> Result<(), TooMany> {
    limiter.check_key(key).map_err(|_| TooMany)
}

fn bucket(mailbox: &str, known: Option<&str>) -> String {
    format!("{} {mailbox}", known.unwrap_or_default())
}

/// A household gets a whole /64 of IPv6: that is one address here.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => IpAddr::V4(v4),
            None => IpAddr::V6((u128::from(v6) >> 64 << 64).into()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Ts;

    #[test]
    fn five_passwords_then_one_every_three_minutes() {
        let clock = Clock::frozen(Ts::from_unix(1_800_000_000));
        let throttle = Throttle::new(&clock);
        let home: IpAddr = "192.0.2.1".parse().expect("an address");
        for _ in 0..5 {
            assert_eq!(throttle.password("ada@donors.example", None, home), Ok(()));
        }
        assert_eq!(throttle.password("ada@donors.example", None, home), Err(TooMany));
        assert_eq!(throttle.password("bo@donors.example", None, home), Ok(()), "others are not held up");
        assert_eq!(
            throttle.password("ada@donors.example", Some("known"), home),
            Ok(()),
            "nor is a known browser"
        );
        clock.advance(Duration::from_secs(180));
        assert_eq!(throttle.password("ada@donors.example", None, home), Ok(()));
        assert_eq!(throttle.password("ada@donors.example", None, home), Err(TooMany));
    }

    #[test]
    fn a_household_is_one_address() {
        let a: IpAddr = "2001:db8:1:2:3:4:5:6".parse().expect("an address");
        let b: IpAddr = "2001:db8:1:2::9".parse().expect("an address");
        let c: IpAddr = "::ffff:192.0.2.1".parse().expect("an address");
        assert_eq!(network(a), network(b));
        assert_eq!(network(c), IpAddr::from([192, 0, 2, 1]));
    }
}
