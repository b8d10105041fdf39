//! Documents: rows in, bytes out.

pub mod archive;
pub mod cell;
pub mod csv;
pub mod ods;
pub mod pdf;
pub mod xlsx;
