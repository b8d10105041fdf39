//! Stories through HTTP, against a real database and the Stripe stand-in.

mod support;

mod accounts;
mod architecture;
mod cli;
mod config;
mod demo_seed;
mod disk;
mod faults;
mod give;
mod monthly;
mod office_offline;
mod pages;
mod portal;
mod settle;
mod staff;
mod stand_in;
mod store_contract;
mod storm;
mod verify;
mod webhooks;
