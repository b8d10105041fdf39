//! Pure and synchronous rules: no database, no web, no Stripe.

pub mod audit;
pub mod balance;
pub mod closing;
pub mod dates;
pub mod donor;
pub mod export;
pub mod fee;
pub mod frequency;
pub mod gift_aid;
pub mod ids;
pub mod jurisdiction;
pub mod mirror;
pub mod money;
pub mod names;
mod office_states;
pub mod offline;
pub mod password;
pub mod postcode;
pub mod receipt;
pub mod refund;
pub mod role;
pub mod schedule;
pub mod search;
pub mod statement;
pub mod states;
pub mod tax_year;
pub mod terms;
