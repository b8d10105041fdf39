//! Documents: rows in, bytes out.

pub mod csv;
