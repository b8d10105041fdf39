//! Files of the bank.
