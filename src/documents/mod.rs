//! Documents: rows in, bytes out.

pub mod cell;
pub mod csv;
pub mod xlsx;
