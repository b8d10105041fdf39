//! Gift Aid: declarations, which gifts can be claimed and why others cannot, the sums, and HMRC's schedule (§1).

pub mod amounts;
pub mod declaration;
pub mod schedule;
