//! The store: every SQL statement of the project, one file per aggregate.

pub mod db;
pub mod types;

pub mod accounts;
pub mod audit;
pub mod audit_search;
pub mod corrections;
pub mod donor_terms;
pub mod donors;
pub mod exports;
pub mod gifts;
pub mod inbox;
pub mod invariants;
pub mod jobs;
pub mod ledger;
pub mod method_changes;
pub mod migrate;
pub mod notes;
pub mod offers;
pub mod office_donor;
pub mod office_donors;
pub mod office_find;
pub mod office_gift;
pub mod office_gifts;
pub mod office_money;
pub mod outbox;
pub mod paging;
pub mod pauses;
pub mod payments;
pub mod payouts;
pub mod pledge_changes;
pub mod pledges;
pub mod portal;
pub mod profile;
pub mod proofs;
pub mod receipts;
pub mod recoveries;
pub mod refund_requests;
pub mod sessions;
pub mod staff;
pub mod staff_sessions;
pub mod today;

pub use db::{Conn, Reader, Result, Store, StoreError, WriteTx};
pub use types::Day;
