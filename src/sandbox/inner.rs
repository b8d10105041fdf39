//! What lives beside the world: locks, logs, faults, the server's task.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::Router;
use tokio::{net::TcpListener, sync::Notify, time::Instant};

use super::{
    ids, page, server,
    state::World,
    types::{Delivery, DeliveryMode, Fault, FaultKind, Limits, LoggedRequest, Now, Options, Webhook},
    wire::{Fuse, Wires},
};

/// Requests kept at most; then the older half is forgotten.
const LOG_LENGTH: usize = 100_000;

/// Tokens left in a bucket, and when it was last filled.
type Bucket = (f64, Instant);

/// The stand-in behind its handles.
pub(super) struct Inner {
    now: Now,
    seed: u64,
    limits: Option<Limits>,
    world: Mutex<World>,
    runtime: Mutex<Runtime>,
    buckets: Mutex<BTreeMap<String, Bucket>>,
    save: Mutex<()>,
    request_ids: AtomicU64,
    stopped: AtomicBool,
    pub base: String,
    pub secret_key: String,
    pub snapshot: Option<std::path::PathBuf>,
    /// The snapshot is not written by itself for now.
    pub held: AtomicBool,
    /// Something changed.
    pub dirty: Notify,
    /// There may be events to post.
    pub wake: Notify,
    /// An event was posted or given up.
    pub idle: Notify,
    /// The server shall stop.
    pub halt: Notify,
    pub client: OnceLock<reqwest::Client>,
}

#[derive(Default)]
struct Runtime {
    hook: Option<Webhook>,
    faults: Vec<Fault>,
    log: Vec<LoggedRequest>,
    violations: Vec<String>,
    keys: BTreeSet<String>,
    server: Option<tokio::task::JoinHandle<()>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The path with ids taken out, for the limits of one endpoint.
fn endpoint(method: &str, path: &str) -> String {
    let part = |part: &str| if part.contains('_') && part.len() > 16 { "{id}" } else { part }.to_owned();
    format!("{method} {}", path.split('/').map(part).collect::<Vec<_>>().join("/"))
}

impl Inner {
    pub fn new(options: Options, world: World, base: String) -> Self {
        Inner {
            now: options.now,
            seed: options.seed,
            limits: options.limits,
            world: Mutex::new(world),
            runtime: Mutex::default(),
            buckets: Mutex::default(),
            save: Mutex::default(),
            request_ids: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
            base,
            secret_key: options.secret_key,
            snapshot: options.snapshot,
            held: AtomicBool::new(false),
            dirty: Notify::new(),
            wake: Notify::new(),
            idle: Notify::new(),
            halt: Notify::new(),
            client: OnceLock::new(),
        }
    }

    /// The clock, in Unix seconds.
    pub fn now(&self) -> i64 {
        (self.now)().div_euclid(1_000_000)
    }

    /// Works on the world at the present instant.
    pub fn with<T>(&self, work: impl FnOnce(&mut World) -> T) -> T {
        let mut world = lock(&self.world);
        world.at = self.now();
        let before = (world.revision, world.outbox.len());
        let out = work(&mut world);
        let (changed, queued) = (world.revision != before.0, world.outbox.len() > before.1);
        drop(world);
        if changed {
            self.dirty.notify_one();
        }
        if queued {
            self.wake.notify_one();
        }
        out
    }

    /// Looks at the world as the last change left it.
    pub fn read<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&lock(&self.world))
    }

    /// How many changes there have been.
    pub fn changes(&self) -> u64 {
        self.read(|world| world.revision)
    }

    /// The lock under which the snapshot is written.
    pub fn saving(&self) -> MutexGuard<'_, ()> {
        lock(&self.save)
    }

    /// Does what is due.
    pub fn tick(&self) {
        self.with(|world| world.run_due(world.at));
    }

    /// A number for `Request-Id`; not part of the state, so that reading changes no later id.
    pub fn request_id(&self) -> String {
        ids::make(self.seed, "req", self.request_ids.fetch_add(1, Ordering::Relaxed))
    }

    /// Keeps a request.
    pub fn note(&self, request: LoggedRequest) {
        let log = &mut lock(&self.runtime).log;
        if log.len() >= LOG_LENGTH {
            log.drain(..LOG_LENGTH / 2);
        }
        log.push(request);
    }

    /// Every request kept.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        lock(&self.runtime).log.clone()
    }

    /// Forgets the requests.
    pub fn clear_requests(&self) {
        lock(&self.runtime).log.clear();
    }

    /// Keeps a complaint.
    pub fn violation(&self, request: &LoggedRequest, what: &str) {
        lock(&self.runtime).violations.push(format!("{} {}: {what}", request.method, request.path));
    }

    /// Every complaint.
    pub fn violations(&self) -> Vec<String> {
        lock(&self.runtime).violations.clone()
    }

    /// Adds a fault.
    pub fn add_fault(&self, fault: Fault) {
        lock(&self.runtime).faults.push(fault);
    }

    /// Forgets the faults that nothing has met yet.
    pub fn clear_faults(&self) {
        lock(&self.runtime).faults.clear();
    }

    /// The fault this request shall have, if any.
    pub fn take_fault(&self, method: &str, path: &str) -> Option<FaultKind> {
        let mut runtime = lock(&self.runtime);
        let fits = |fault: &&mut Fault| {
            fault.times > 0
                && fault.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
                && path.starts_with(&fault.path_prefix)
        };
        let fault = runtime.faults.iter_mut().find(fits)?;
        fault.times -= 1;
        let kind = fault.kind;
        runtime.faults.retain(|fault| fault.times > 0);
        Some(kind)
    }

    /// Takes the lock of an idempotency key; false where another request has it.
    pub fn lock_key(&self, key: &str) -> bool {
        lock(&self.runtime).keys.insert(key.to_owned())
    }

    /// Gives it back.
    pub fn unlock_key(&self, key: &str) {
        lock(&self.runtime).keys.remove(key);
    }

    /// Takes a token from both buckets; false where one is empty.
    #[allow(clippy::disallowed_methods, reason = "rate limits are a matter of the machine's own clock")]
    pub fn within_limits(&self, method: &str, path: &str) -> bool {
        let Some(limits) = self.limits else { return true };
        let now = Instant::now();
        let mut buckets = lock(&self.buckets);
        let places = [
            ("global".to_owned(), limits.global_per_second),
            (endpoint(method, path), limits.endpoint_per_second),
        ];
        let mut free = true;
        for (name, rate) in &places {
            let full = f64::from(*rate);
            let (left, since) = buckets.entry(name.clone()).or_insert((full, now));
            *left = (*left + now.duration_since(*since).as_secs_f64() * full).min(full);
            *since = now;
            free &= *left >= 1.0;
        }
        if free {
            for (name, _) in &places {
                buckets.entry(name.clone()).and_modify(|bucket| bucket.0 -= 1.0);
            }
        }
        free
    }

    /// Sets or removes the webhook.
    pub fn set_webhook(&self, hook: Option<Webhook>) {
        let version = hook.as_ref().and_then(|hook| hook.api_version.clone());
        let hooked = hook.is_some();
        lock(&self.runtime).hook = hook;
        self.with(|world| {
            world.hooked = hooked;
            world.hook_version = version;
        });
        self.wake.notify_one();
        self.idle.notify_waiters();
    }

    /// The webhook.
    pub fn hook(&self) -> Option<Webhook> {
        lock(&self.runtime).hook.clone()
    }

    /// The webhook, if the background task is to post to it.
    pub fn auto_hook(&self) -> Option<Webhook> {
        self.hook().filter(|hook| hook.mode == DeliveryMode::Auto)
    }

    /// Takes what is queued.
    pub fn take_deliveries(&self) -> Vec<Delivery> {
        self.with(|world| {
            world.revision += 1;
            let ids = std::mem::take(&mut world.outbox);
            ids.iter().map(|id| world.delivery(id)).collect()
        })
    }

    /// Whether the stand-in has been shut down.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    /// Stops the server and the background tasks.
    pub async fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.halt.notify_waiters();
        self.halt.notify_one();
        self.wake.notify_one();
        self.dirty.notify_one();
        self.idle.notify_waiters();
        let server = lock(&self.runtime).server.take();
        if let Some(mut server) = server
            && tokio::time::timeout(Duration::from_millis(500), &mut server).await.is_err()
        {
            server.abort();
        }
    }
}

/// Serves until stopped.
pub(super) fn serve(inner: &Arc<Inner>, listener: TcpListener) {
    let router = Router::new()
        .merge(page::routes())
        .fallback(server::handle)
        .with_state(Arc::clone(inner))
        .into_make_service_with_connect_info::<Fuse>();
    let halted = Arc::clone(inner);
    let task = tokio::spawn(async move {
        let halt = async move { halted.halt.notified().await };
        if let Err(error) = axum::serve(Wires(listener), router).with_graceful_shutdown(halt).await {
            tracing::error!(%error, "the stand-in stopped serving");
        }
    });
    lock(&inner.runtime).server = Some(task);
}
