//! Stories through HTTP, against a real database and the Stripe stand-in.

mod support;

mod accounts;
mod architecture;
mod claims;
mod cli;
mod config;
mod demo_seed;
mod disk;
mod documents;
mod faults;
mod gift_aid;
mod give;
mod killed;
mod matrix;
mod monthly;
mod office_care;
mod office_export;
mod office_find;
mod office_money;
mod office_offline;
mod pages;
mod portal;
mod schedule;
mod settle;
mod staff;
mod staff_people;
mod stand_in;
mod statements;
mod store_contract;
mod storm;
mod tax_cases;
mod verify;
mod webhooks;
