//! Named places at which a fault test may stop a process for good, or hold it up while another goes on.
//!
//! Compiled to nothing in release builds: the tests run the same code with the places switched on. The hand that decides
//! belongs to a thread: a test that runs a whole process on one thread stops that process and no other.

/// A place where the world outside and our books can come apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Point {
    /// Everything of a transaction is written, nothing is durable.
    BeforeCommit,
    /// It is durable; nobody knows yet.
    AfterCommit,
    /// A call to Stripe is about to leave.
    BeforeCall,
    /// Stripe has answered; nothing of the answer is kept.
    AfterCall,
    /// A mail is about to leave.
    BeforeMail,
    /// The next host has taken it; nobody has noted that.
    AfterMail,
}

/// Comes to a place. Returns at once, unless a test holds the process there.
pub async fn reach(point: Point) {
    #[cfg(debug_assertions)]
    if let Some(hold) = hand::ask(point) {
        hold.notified().await;
    }
    #[cfg(not(debug_assertions))]
    let _ = point;
}

#[cfg(debug_assertions)]
pub use hand::{Hand, take};

#[cfg(debug_assertions)]
mod hand {
    use std::cell::RefCell;
    use std::rc::Rc;
    use std::sync::Arc;

    use tokio::sync::Notify;

    use crate::failpoints::Point;

    /// Decides what happens at a place: `None` goes on, otherwise the process waits there until it is notified.
    pub type Hand = Rc<dyn Fn(Point) -> Option<Arc<Notify>>>;

    thread_local! {
        static HAND: RefCell<Option<Hand>> = const { RefCell::new(None) };
    }

    /// Puts a hand over this thread's processes, or takes it away.
    pub fn take(hand: Option<Hand>) {
        HAND.with(|held| *held.borrow_mut() = hand);
    }

    pub(super) fn ask(point: Point) -> Option<Arc<Notify>> {
        let hand = HAND.with(|held| held.borrow().clone());
        hand.and_then(|decide| decide(point))
    }
}
