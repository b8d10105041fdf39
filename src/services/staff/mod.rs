//! Staff: invited once, in by password and a second factor, every read of a donor and every act on record.

pub mod door;
pub mod invite;
pub mod passkeys;
pub mod people;
pub mod record;
mod seal;
pub mod totp;

pub use record::{Act, record, record_list, record_read};

use std::net::IpAddr;

use crate::domain::ids::StaffId;
use crate::domain::role::{Right, Roles};

/// Who acts, and from where.
#[derive(Clone, Debug)]
pub struct Actor {
    /// Who.
    pub id: StaffId,
    /// Their name.
    pub name: String,
    /// What they may do, read with this request.
    pub roles: Roles,
    /// From where, on the network.
    pub from: IpAddr,
}

impl Actor {
    /// Whether they may.
    pub fn may(&self, right: Right) -> bool {
        self.roles.allow(right)
    }
}
