//! One running process: services, pages and worker on what the disk holds.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use almoner::failpoints::{self, Point};
use almoner::jobs::Worker;
use almoner::mail::Mailer;
use almoner::payments::StripeClient;
use almoner::random::Random;
use almoner::sandbox::{Delivery, Sandbox};
use almoner::services::Deps;
use almoner::services::papers::Papers;
use almoner::services::passwords::Passwords;
use almoner::services::throttle::Throttle;
use almoner::web::{AppState, router};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use tokio::sync::Notify;
use tower::ServiceExt;

use crate::world::World;

/// Threads that hash passwords keep nothing: all lives share them.
static PASSWORDS: LazyLock<Passwords> =
    LazyLock::new(|| Passwords::start(&Random::seeded(1)).expect("threads"));

/// A process.
pub struct Node {
    pub deps: Deps,
    pub worker: Worker,
    app: Router,
}

impl Node {
    pub async fn open(world: &World) -> Node {
        let config = world.config();
        let random = Random::seeded(world.dice.seed());
        let key = config.stripe.secret_key.clone();
        let stripe =
            StripeClient::new(&config.stripe.api_base, key, random.clone(), Duration::from_millis(1));
        let deps = Deps {
            store: world.open_store().await,
            stripe: stripe.expect("a client").without_limits(),
            mailer: Mailer::new(&config.mail).expect("a mailer"),
            passwords: PASSWORDS.clone(),
            papers: Papers::start(),
            throttle: Throttle::new(&world.clock),
            clock: world.clock.clone(),
            random,
            config: Arc::new(config),
            work: Arc::default(),
        };
        let worker = Worker::in_order(deps.clone());
        let app = router(AppState::new(deps.clone(), None), None);
        Node { deps, worker, app }
    }

    /// Posts a callback as Stripe does; the status.
    pub async fn post(&self, delivery: &Delivery, secret: &str, at_unix: i64) -> u16 {
        let request = Request::post("/webhooks/stripe")
            .header("host", "127.0.0.1:9")
            .header("content-type", "application/json; charset=utf-8")
            .header("stripe-signature", Sandbox::sign(secret, &delivery.body, at_unix))
            .body(Body::from(delivery.body.clone()))
            .expect("a request");
        self.app.clone().oneshot(request).await.expect("an answer").status().as_u16()
    }
}

/// What a deed's hand does at the points that its process comes to.
pub struct Grip {
    /// Told when the process is held.
    pub held: Arc<Notify>,
    /// Lets it go on.
    pub go: Arc<Notify>,
    /// Where it was held.
    pub at: Rc<Cell<Option<Point>>>,
    mails: Rc<Cell<usize>>,
}

/// Counts the mails that the next host takes, and holds nobody.
pub fn count_mails(taken: &Rc<Cell<usize>>) {
    let taken = taken.clone();
    failpoints::take(Some(Rc::new(move |point| {
        note_mail(&taken, point);
        None
    })));
}

fn note_mail(taken: &Cell<usize>, point: Point) {
    if point == Point::AfterMail {
        taken.set(taken.get() + 1);
    }
}

impl Grip {
    /// Holds this thread's process at the `nth` point of those that `fits`, counted from 1.
    pub fn at_point(nth: usize, fits: fn(Point) -> bool, mails: &Rc<Cell<usize>>) -> Grip {
        let grip = Grip { held: Arc::default(), go: Arc::default(), at: Rc::default(), mails: mails.clone() };
        let (held, go, at, mails) = (grip.held.clone(), grip.go.clone(), grip.at.clone(), mails.clone());
        let seen = Cell::new(0);
        failpoints::take(Some(Rc::new(move |point| {
            note_mail(&mails, point);
            if at.get().is_some() || !fits(point) {
                return None;
            }
            seen.set(seen.get() + 1);
            (seen.get() == nth).then(|| {
                at.set(Some(point));
                held.notify_one();
                go.clone()
            })
        })));
        grip
    }
}

impl Drop for Grip {
    fn drop(&mut self) {
        count_mails(&self.mails);
    }
}
