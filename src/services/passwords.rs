//! Hashing passwords: a few threads of their own and a short queue, so that a flood of sign-ins is refused instead of
//! taking the machine (P10; OWASP's first argon2id figures: 19 MiB, two passes, one lane).

use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::oneshot;

use crate::domain::password::canonical;
use crate::random::Random;

/// Who waits longer than this queue is told to come back.
const QUEUE: usize = 50;
/// Pages and callbacks come first: the hashing threads yield to them.
const NICENESS: i32 = 10;
const SALT: usize = 16;

/// The queue is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many sign-ins at once")]
pub struct TooBusy;

/// What became of a password that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried {
    /// It is the one. A new hash when the old one was made with weaker figures.
    Right(Option<String>),
    /// It is not.
    Wrong,
}

enum Work {
    Hash { password: SecretString, salt: [u8; SALT], answer: oneshot::Sender<String> },
    Verify { password: SecretString, hash: String, salt: [u8; SALT], answer: oneshot::Sender<Tried> },
}

/// The hashing threads.
#[derive(Clone)]
pub struct Passwords {
    work: SyncSender<Work>,
    random: Random,
    nobody: Arc<str>,
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passwords")
    }
}

impl Passwords {
    /// Starts one thread a core. They end with the last copy of this.
    ///
    /// # Errors
    /// When the machine gives no thread.
    pub fn start(random: &Random) -> std::io::Result<Passwords> {
        let (work, queue) = sync_channel(QUEUE);
        let queue = Arc::new(Mutex::new(queue));
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        for _ in 0..cores {
            let queue = queue.clone();
            std::thread::Builder::new().name("passwords".to_owned()).spawn(move || serve(&queue))?;
        }
        Ok(Passwords { work, random: random.clone(), nobody: hash("", &salt(random)).into() })
    }

    /// The hash of a new password.
    ///
    /// # Errors
    /// [`TooBusy`] when the queue is full.
    pub async fn hash(&self, password: &SecretString) -> Result<String, TooBusy> {
        let (answer, wait) = oneshot::channel();
        let password = SecretString::from(canonical(password.expose_secret()));
        self.queue(Work::Hash { password, salt: salt(&self.random), answer })?;
        wait.await.map_err(|_| TooBusy)
    }

    /// Tries a password. Without a hash (no account, or one without password) it takes as long and is wrong.
    ///
    /// # Errors
    /// [`TooBusy`] when the queue is full.
    pub async fn verify(&self, password: &SecretString, hash: Option<&str>) -> Result<Tried, TooBusy> {
        let (answer, wait) = oneshot::channel();
        let password = SecretString::from(canonical(password.expose_secret()));
        let against = hash.unwrap_or(&self.nobody).to_owned();
        self.queue(Work::Verify { password, hash: against, salt: salt(&self.random), answer })?;
        let tried = wait.await.map_err(|_| TooBusy)?;
        Ok(if hash.is_some() { tried } else { Tried::Wrong })
    }

    fn queue(&self, work: Work) -> Result<(), TooBusy> {
        self.work.try_send(work).map_err(|e| match e {
            TrySendError::Full(_) | TrySendError::Disconnected(_) => TooBusy,
        })
    }
}

fn salt(random: &Random) -> [u8; SALT] {
    let mut salt = [0; SALT];
    random.fill(&mut salt);
    salt
}

fn serve(queue: &Mutex<Receiver<Work>>) {
    let _ = rustix::process::nice(NICENESS);
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match next {
            Err(_) => return,
            Ok(Work::Hash { password, salt, answer }) => {
                // Who asked may have gone: then the work is not done.
                if !answer.is_closed() {
                    let _ = answer.send(hash(password.expose_secret(), &salt));
                }
            }
            Ok(Work::Verify { password, hash: against, salt, answer }) => {
                if !answer.is_closed() {
                    let _ = answer.send(verify(password.expose_secret(), &against, &salt));
                }
            }
        }
    }
}

fn hash(password: &str, salt: &[u8; SALT]) -> String {
    // The figures are constants and the salt has its length: hashing cannot fail. An empty text would verify nothing.
    let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), salt);
    hash.map(|h: PasswordHash| h.to_string()).unwrap_or_default()
}

fn verify(password: &str, against: &str, salt: &[u8; SALT]) -> Tried {
    let Ok(parsed) = PasswordHash::new(against) else { return Tried::Wrong };
    match Argon2::default().verify_password(password.as_bytes(), &parsed) {
        Ok(()) => Tried::Right(is_weak(&parsed).then(|| hash(password, salt))),
        Err(_) => Tried::Wrong,
    }
}

/// Made with other figures than today's.
fn is_weak(hash: &PasswordHash) -> bool {
    let today = Argon2::default();
    let figures = argon2::Params::try_from(hash);
    !figures.is_ok_and(|p| p.m_cost() >= today.params().m_cost() && p.t_cost() >= today.params().t_cost())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_opens_its_own_hash_alone() {
        let passwords = Passwords::start(&Random::seeded(3)).expect("threads");
        let secret = SecretString::from("correct-heron-bicycle-soup");
        let hash = passwords.hash(&secret).await.expect("room");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_eq!(passwords.verify(&secret, Some(&hash)).await, Ok(Tried::Right(None)));
        let other = SecretString::from("correct-heron-bicycle-soap");
        assert_eq!(passwords.verify(&other, Some(&hash)).await, Ok(Tried::Wrong));
        assert_eq!(passwords.verify(&SecretString::from(""), None).await, Ok(Tried::Wrong));
        let long = |end: &str| SecretString::from("x".repeat(72) + end);
        let hash = passwords.hash(&long("a")).await.expect("room");
        assert_eq!(passwords.verify(&long("b"), Some(&hash)).await, Ok(Tried::Wrong), "the 73rd byte counts");
    }

    #[tokio::test]
    async fn an_old_hash_is_renewed_when_it_is_used() {
        let weak = Argon2::new(
            argon2::Algorithm::Argon2id,
            argon2::Version::V0x13,
            argon2::Params::new(8192, 1, 1, None).expect("figures"),
        );
        let old: PasswordHash = weak.hash_password_with_salt(b"old but right", &[7; SALT]).expect("a hash");
        let passwords = Passwords::start(&Random::seeded(3)).expect("threads");
        let tried = passwords.verify(&SecretString::from("old but right"), Some(&old.to_string())).await;
        let Ok(Tried::Right(Some(renewed))) = tried else { panic!("{tried:?}") };
        assert!(renewed.contains("m=19456,t=2"));
    }

    #[tokio::test]
    async fn beyond_the_queue_people_are_told_to_come_back() {
        let passwords = Passwords::start(&Random::seeded(3)).expect("threads");
        let secret = SecretString::from("correct-heron-bicycle-soup");
        let tries = (0..QUEUE * 3).map(|_| passwords.hash(&secret));
        let outcomes = futures::future::join_all(tries).await;
        let refused = outcomes.iter().filter(|o| o.is_err()).count();
        assert!(refused > QUEUE, "{refused} refused");
        assert!(outcomes.len() - refused >= QUEUE, "the queue was served");
    }
}
