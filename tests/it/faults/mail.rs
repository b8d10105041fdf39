//! The mail host is busy, hangs up, refuses.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use almoner::config::MailTransport;
use secrecy::SecretString;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::{on_both, until_no_job_is_left, wait_after, wrong};
use crate::support::{Database, TestApp};

/// What the mail host does with one try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// 421 instead of a greeting.
    Busy,
    /// 451 to the recipient.
    TryLater,
    /// 554 to the sender: ours to put right.
    Blocked,
    /// Takes the whole message, and hangs up before it says so.
    HangUp,
    /// 550 to the recipient.
    Refuse,
    /// Takes it.
    Accept,
}

/// A mail host that does what its script says, then accepts.
#[derive(Clone)]
pub struct MailHost {
    port: u16,
    script: Arc<Mutex<VecDeque<Step>>>,
    /// Step and Message-ID of every message that came in whole.
    seen: Arc<Mutex<Vec<(Step, String)>>>,
}

impl MailHost {
    pub async fn start(script: &[Step]) -> MailHost {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let script = Arc::new(Mutex::new(script.iter().copied().collect()));
        let host = MailHost { port, script, seen: Arc::default() };
        let serving = host.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let host = serving.clone();
                tokio::spawn(async move { host.talk(BufReader::new(stream)).await });
            }
        });
        host
    }

    pub fn left(&self) -> usize {
        self.script.lock().expect("the script").len()
    }

    pub fn seen(&self) -> Vec<(Step, String)> {
        self.seen.lock().expect("the list").clone()
    }

    /// The next step, if it is one of those wanted.
    fn take(&self, wanted: impl Fn(Step) -> bool) -> Option<Step> {
        let mut script = self.script.lock().expect("the script");
        script.pop_front_if(|step| wanted(*step))
    }

    async fn talk(&self, mut stream: BufReader<TcpStream>) -> std::io::Result<()> {
        if self.take(|step| step == Step::Busy).is_some() {
            return stream.write_all(b"421 4.3.2 busy\r\n").await;
        }
        stream.write_all(b"220 sink.example ESMTP\r\n").await?;
        let mut step = Step::Accept;
        let mut line = String::new();
        loop {
            line.clear();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
            let answer = match (verb.as_str(), step) {
                ("EHLO", _) => "250-sink.example\r\n250 8BITMIME\r\n",
                ("MAIL", _) => {
                    step = self.take(|step| step != Step::Busy).unwrap_or(Step::Accept);
                    if step == Step::Blocked { "554 5.7.1 sender blocked\r\n" } else { "250 2.1.0 ok\r\n" }
                }
                ("RCPT", Step::TryLater) => "451 4.7.1 greylisted, try again later\r\n",
                ("RCPT", Step::Refuse) => "550 5.1.1 no such mailbox <ada@donors.example>\r\n",
                ("DATA", _) => {
                    stream.write_all(b"354 go on\r\n").await?;
                    let id = message_id(&mut stream).await?;
                    self.seen.lock().expect("the list").push((step, id));
                    if step == Step::HangUp {
                        return Ok(());
                    }
                    "250 2.0.0 kept\r\n"
                }
                ("QUIT", _) => return stream.write_all(b"221 2.0.0 bye\r\n").await,
                _ => "250 2.0.0 ok\r\n",
            };
            stream.write_all(answer.as_bytes()).await?;
        }
    }
}

/// Reads a message to its lonely dot; gives its Message-ID.
async fn message_id(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut text = String::new();
    loop {
        let start = text.len();
        if stream.read_line(&mut text).await? == 0 || text[start..].trim_end() == "." {
            break;
        }
    }
    let message = mail_parser::MessageParser::default().parse(text.as_bytes()).expect("a mail");
    Ok(message.message_id().expect("a Message-ID").to_owned())
}

pub async fn spawn(database: Database, host: &MailHost) -> Option<TestApp> {
    let url = SecretString::from(format!("smtp://127.0.0.1:{}", host.port));
    TestApp::spawn_with(database, |config| config.mail.transport = MailTransport::Smtp { url }).await
}

async fn a_mail_is_tried_until_it_is_taken_and_is_always_the_same_mail(database: Database) {
    let script = [Step::Busy, Step::TryLater, Step::HangUp, Step::Blocked, Step::Busy, Step::Accept];
    let host = MailHost::start(&script).await;
    let Some(app) = spawn(database, &host).await else { return };
    app.gift("25").await;
    for attempts in 1..script.len() {
        assert_eq!(host.left(), script.len() - attempts, "one step a try");
        assert_eq!(app.text("SELECT state FROM mail_outbox").await, "queued");
        assert_eq!(app.count("SELECT attempts FROM mail_outbox").await, attempts as i64);
        assert_eq!(app.count("SELECT COUNT(*) FROM mail_outbox WHERE last_error LIKE '%@%'").await, 0);
        app.settle().await;
        assert_eq!(host.left(), script.len() - attempts, "not before its time");
        app.deps.clock.advance(wait_after(attempts as u32));
        app.settle().await;
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM mail_outbox WHERE state = 'sent' AND attempts = 6").await, 1);
    assert_eq!(app.count("SELECT COUNT(*) FROM mail_outbox").await, 1);
    let seen = host.seen();
    assert_eq!(seen.iter().map(|(step, _)| *step).collect::<Vec<_>>(), [Step::HangUp, Step::Accept]);
    let id = app.text("SELECT message_id FROM mail_outbox").await;
    assert!(seen.iter().all(|(_, seen)| *seen == id), "{seen:?} are not {id}");

    app.deps.clock.advance(wait_after(12));
    app.settle().await;
    assert_eq!(host.seen().len(), 2, "sent is sent");
    app.finish().await;
}

async fn a_mail_refused_for_good_disturbs_nothing_else(database: Database) {
    let host = MailHost::start(&[Step::Refuse]).await;
    let Some(app) = spawn(database, &host).await else { return };
    app.gift("25").await;
    assert_eq!(
        app.count("SELECT COUNT(*) FROM mail_outbox WHERE state = 'failed' AND attempts = 1").await,
        1
    );
    let error = app.text("SELECT last_error FROM mail_outbox").await;
    assert!(error.contains("550") && !error.contains('@'), "{error}");
    assert_eq!(app.count("SELECT COUNT(*) FROM job").await, 0, "no use in another try");
    assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 1);
    assert_eq!(app.count("SELECT COUNT(*) FROM receipt").await, 1);

    app.gift("30").await;
    assert_eq!(app.count("SELECT COUNT(*) FROM mail_outbox WHERE state = 'sent'").await, 1);
    assert_eq!(host.seen().len(), 1, "the second one only");
    assert_eq!(wrong(&app).await, ["no mail was refused for good"], "and somebody is told");
    app.close().await;
}

async fn a_mail_host_that_is_away_for_a_night_keeps_no_gift_waiting_and_loses_no_mail(database: Database) {
    let host = MailHost::start(&[Step::Busy; 34]).await;
    let Some(app) = spawn(database, &host).await else { return };
    app.gift("25").await;
    app.gift("30").await;
    for attempts in 1..16 {
        app.deps.clock.advance(wait_after(attempts));
        app.settle().await;
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 2);
    assert_eq!(app.count("SELECT COUNT(*) FROM mail_outbox WHERE state = 'queued'").await, 2);
    assert_eq!(app.count("SELECT COUNT(*) FROM job WHERE state = 'retrying' AND attempts > 14").await, 2);
    assert_eq!(wrong(&app).await, Vec::<String>::new(), "waiting is not wrong");
    until_no_job_is_left(&app).await;
    assert_eq!(app.count("SELECT COUNT(*) FROM mail_outbox WHERE state = 'sent'").await, 2);
    assert_eq!(host.seen().len(), 2);
    app.finish().await;
}

async fn greylisting_of_many_mails_loses_none(database: Database) {
    let host = MailHost::start(&[Step::TryLater; 6]).await;
    let Some(app) = spawn(database, &host).await else { return };
    for _ in 0..4 {
        app.gift("25").await;
    }
    until_no_job_is_left(&app).await;
    assert_eq!(app.count("SELECT COUNT(*) FROM mail_outbox WHERE state = 'sent'").await, 4);
    let mut ids: Vec<String> = host.seen().into_iter().map(|(_, id)| id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((host.seen().len(), ids.len()), (4, 4), "each once");
    app.finish().await;
}

on_both! {
    a_mail_is_tried_until_it_is_taken_and_is_always_the_same_mail
    a_mail_refused_for_good_disturbs_nothing_else
    a_mail_host_that_is_away_for_a_night_keeps_no_gift_waiting_and_loses_no_mail
    greylisting_of_many_mails_loses_none
}
