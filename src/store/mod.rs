//! The store: every SQL statement of the project, one file per aggregate.

pub mod db;
pub mod types;

pub mod accounts;
pub mod audit;
pub mod bank;
pub mod bank_hints;
pub mod donors;
pub mod gifts;
pub mod inbox;
pub mod invariants;
pub mod jobs;
pub mod ledger;
pub mod method_changes;
pub mod migrate;
pub mod offline;
pub mod offline_batches;
pub mod offline_donors;
pub mod outbox;
pub mod payments;
pub mod payouts;
pub mod pledge_changes;
pub mod pledges;
pub mod portal;
pub mod profile;
pub mod proofs;
pub mod receipts;
pub mod recoveries;
pub mod sessions;
pub mod staff;
pub mod staff_sessions;

pub use db::{Conn, Reader, Result, Store, StoreError, WriteTx};
pub use types::Day;
