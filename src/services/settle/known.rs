//! What one batch of jobs has read from Stripe: each object once, however many of the jobs need it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use crate::clock::Ts;
use crate::payments::objects::{Invoice, PaymentIntent, Session, Subscription};
use crate::services::Result;

/// Objects read for the jobs of one batch, all of them after `began`. So each is as good as one read by the job itself,
/// whose events were there before: the success of a payment, its page and its invoice ask for the same intent.
#[derive(Debug)]
pub struct Prefetched {
    /// When the reading began: what arrives later is not in it.
    pub began: Ts,
    /// Payment pages by id.
    pub sessions: Shelf<Session>,
    /// Payment intents by id.
    pub intents: Shelf<PaymentIntent>,
    /// Invoices by id.
    pub invoices: Shelf<Invoice>,
    /// Subscriptions by id.
    pub subscriptions: Shelf<Subscription>,
}

impl Prefetched {
    /// Nothing read yet.
    pub fn new(began: Ts) -> Prefetched {
        Prefetched {
            began,
            sessions: Shelf::default(),
            intents: Shelf::default(),
            invoices: Shelf::default(),
            subscriptions: Shelf::default(),
        }
    }
}

/// Objects of one kind by id.
#[derive(Debug)]
pub struct Shelf<T>(Mutex<HashMap<String, Arc<OnceCell<T>>>>);

impl<T> Default for Shelf<T> {
    fn default() -> Shelf<T> {
        Shelf(Mutex::default())
    }
}

impl<T: Clone> Shelf<T> {
    /// The place of an id, made if there is none.
    fn place(&self, id: &str) -> Arc<OnceCell<T>> {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match places.get(id) {
            Some(place) => place.clone(),
            None => places.entry(id.to_owned()).or_default().clone(),
        }
    }

    /// Puts an object there; one that is there already stays.
    pub fn put(&self, id: &str, object: T) {
        // The one that stays was read after the batch began, too.
        let _ = self.place(id).set(object);
    }

    /// The first object that `fits` among those there.
    pub fn find(&self, fits: impl Fn(&T) -> bool) -> Option<T> {
        let places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        places.values().filter_map(|place| place.get()).find(|object| fits(object)).cloned()
    }

    /// The object, read if it is not there. Who asks while another reads waits for that; a failure is not kept.
    ///
    /// # Errors
    /// What `read` fails with.
    pub async fn get(&self, id: &str, read: impl Future<Output = Result<T>>) -> Result<T> {
        let place = self.place(id);
        Ok(place.get_or_try_init(|| read).await?.clone())
    }
}
