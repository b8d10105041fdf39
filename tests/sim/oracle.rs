//! What must be true in the end, and what must stay true on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use almoner::services::reconcile::{self, By};
use almoner::services::verify;
use almoner::store::Store;

use crate::deeds;
use crate::node::Node;
use crate::world::{WEBHOOK_SECRET, World};

/// The longest wait of a job, and then some.
const LONG: Duration = Duration::from_secs(3_600 * 5 / 4 + 1);

async fn pairs(node: &Node, sql: &'static str) -> Vec<(String, String)> {
    match &node.deps.store {
        Store::Sqlite { read, .. } => sqlx::query_as(sql).fetch_all(read).await,
        Store::Postgres(pool) => sqlx::query_as(sql).fetch_all(pool).await,
    }
    .expect(sql)
}

/// Ids of the payments that a form led to.
pub async fn payments_of_form(node: &Node, nonce: &str) -> Vec<String> {
    let rows = pairs(node, "SELECT id, form_nonce FROM payment ORDER BY id").await;
    rows.into_iter().filter(|(_, of)| of == nonce).map(|(id, _)| id).collect()
}

async fn count(node: &Node, sql: &'static str) -> i64 {
    match &node.deps.store {
        Store::Sqlite { read, .. } => sqlx::query_scalar(sql).fetch_one(read).await,
        Store::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(pool).await,
    }
    .expect(sql)
}

/// I6: what has no way back is what it was. Looked at when a process begins, and at the end.
pub async fn look_back(world: &mut World, node: &Node) {
    const FINAL: &str = "SELECT 'payment ' || id, state FROM payment WHERE state = 'paid' \
        UNION ALL SELECT 'pledge ' || id, state FROM pledge WHERE state = 'ended' \
        UNION ALL SELECT 'dispute ' || stripe_dispute, state FROM dispute WHERE state IN ('won', 'lost') \
        UNION ALL SELECT 'gift ' || id, COALESCE(stripe_payment_intent, '') FROM gift \
        UNION ALL SELECT 'receipt ' || id, number || content_sha256 FROM receipt \
        UNION ALL SELECT 'entry ' || id, CAST(amount_minor AS TEXT) FROM ledger_entry \
        UNION ALL SELECT 'mail ' || id, state FROM mail_outbox WHERE state = 'sent' ORDER BY 1";
    let now: BTreeMap<String, String> = pairs(node, FINAL).await.into_iter().collect();
    for (what, was) in &world.settled {
        match now.get(what) {
            Some(is) if is == was => {}
            is => world.wrong.push(format!("{what} was {was:?} and is {is:?}")),
        }
    }
    world.settled = now;
}

/// Everything that was not lost arrives, every job is tried until it is done; then the walk finds what was lost.
pub async fn settle_and_judge(world: &mut World, node: &Node) {
    look_back(world, node).await;
    calm_down(world, node).await;
    let mut walked = Vec::new();
    for _ in 0..12 {
        let walk = match reconcile::walk(&node.deps, By::Command, None).await {
            Ok(walk) => walk,
            // A fault of Stripe's that nobody had met yet.
            Err(error) => {
                world.say(format!("the walk: {error}"));
                continue;
            }
        };
        calm_down(world, node).await;
        match reconcile::report(&node.deps, &walk).await {
            Ok(report) => {
                walked.push(report.is_unchanged());
                world.say(format!(
                    "the walk healed {:?}, foreign {}, left {}",
                    report.healed, report.foreign, report.left
                ));
            }
            Err(error) => world.wrong.push(format!("the walk's report: {error}")),
        }
        if walked.last() == Some(&true) {
            break;
        }
    }
    if walked.last() != Some(&true) || walked.len() > 3 {
        world.wrong.push(format!("walks do not come to rest: unchanged {walked:?}"));
    }
    look_back(world, node).await;
    judge(world, node).await;
}

/// Callbacks arrive and jobs are done until there is nothing left to do; time passes between the tries.
async fn calm_down(world: &mut World, node: &Node) {
    for _ in 0..60 {
        deeds::new_callbacks(world).await;
        for delivery in std::mem::take(&mut world.waiting) {
            let status = node.post(&delivery, WEBHOOK_SECRET, world.clock.now().as_unix()).await;
            if status == 200 {
                world.promised.insert(delivery.event_id.clone());
                world.sandbox.delivered(&delivery).await;
            } else {
                world.waiting.push(delivery);
            }
        }
        if let Err(error) = node.worker.drain().await {
            world.wrong.push(format!("jobs cannot be claimed: {error}"));
            return;
        }
        deeds::new_callbacks(world).await;
        if world.waiting.is_empty() && count(node, "SELECT COUNT(*) FROM job").await == 0 {
            return;
        }
        world.clock.advance(LONG);
    }
    let left =
        pairs(node, "SELECT kind || ' ' || subject, state || ' ' || COALESCE(last_error, '-') FROM job")
            .await;
    world.wrong.push(format!("never done: {left:?}"));
}

async fn judge(world: &mut World, node: &Node) {
    match verify::of(&node.deps).await {
        Ok(checks) => {
            for check in checks.iter().filter(|c| !c.problems.is_empty()) {
                world.wrong.push(format!("{}: {:?}", check.holds, check.problems));
            }
        }
        Err(error) => world.wrong.push(format!("verify: {error}")),
    }
    let bad = world.sandbox.violations().await;
    world.wrong.extend(bad.into_iter().map(|violation| format!("the client misbehaved: {violation}")));
    money_is_stripes(world, node).await;
    gifts_are_stripes(world, node).await;
    nothing_was_done_twice(world).await;
    promises_were_kept(world, node).await;
    mails_left(world, node).await;
}

/// I1.
async fn money_is_stripes(world: &mut World, node: &Node) {
    let mut theirs = BTreeMap::<String, i64>::new();
    for line in world.sandbox.ledger().await.iter().filter(|line| line.kind != "payout") {
        *theirs.entry(line.currency.to_uppercase()).or_default() += line.net;
    }
    let sql = "SELECT e.currency, CAST(SUM(e.amount_minor) AS TEXT) FROM ledger_entry e GROUP BY e.currency";
    let ours: BTreeMap<String, i64> = pairs(node, sql)
        .await
        .into_iter()
        .map(|(currency, sum)| (currency, sum.parse().unwrap_or(0)))
        .collect();
    if ours != theirs {
        world.wrong.push(format!("the ledger has {ours:?}, Stripe {theirs:?}"));
    }
}

/// I2.
async fn gifts_are_stripes(world: &mut World, node: &Node) {
    let intents = world.sandbox.all("payment_intent").await;
    let mut theirs: Vec<String> = intents
        .iter()
        .filter(|i| i["status"] == "succeeded")
        .filter_map(|i| i["id"].as_str().map(str::to_owned))
        .collect();
    theirs.sort();
    let rows = pairs(node, "SELECT COALESCE(stripe_payment_intent, '-'), id FROM gift").await;
    let mut ours: Vec<String> = rows.into_iter().map(|(intent, _)| intent).collect();
    ours.sort();
    // A debit that succeeded and was taken back by the bank stays a gift that came and went.
    if ours != theirs {
        world.wrong.push(format!("gifts {ours:?}, paid at Stripe {theirs:?}"));
    }
}

/// I7: one act of a donor or of staff is one act at Stripe, however often it was tried.
async fn nothing_was_done_twice(world: &mut World) {
    let mut acts = BTreeMap::<String, usize>::new();
    for session in world.sandbox.all("checkout.session").await {
        if let Some(payment) = session["client_reference_id"].as_str() {
            *acts.entry(format!("payment page of {payment}")).or_default() += 1;
        }
    }
    for refund in world.sandbox.all("refund").await {
        if let Some(request) = refund["metadata"]["almoner_refund"].as_str() {
            *acts.entry(format!("refund for {request}")).or_default() += 1;
        }
    }
    for (act, times) in acts.into_iter().filter(|(_, times)| *times > 1) {
        world.wrong.push(format!("{act}: {times} times"));
    }
}

/// I4.
async fn promises_were_kept(world: &mut World, node: &Node) {
    let inbox: BTreeMap<String, String> =
        pairs(node, "SELECT id, state FROM webhook_event").await.into_iter().collect();
    let promised: BTreeSet<String> = world.promised.clone();
    for event in promised {
        match inbox.get(&event).map(String::as_str) {
            Some("done" | "ignored") => {}
            other => world.wrong.push(format!("{event} was answered with 200 and is {other:?}")),
        }
    }
}

/// I5: every mail left; one more than once only where a process was cut or outlived its lease, and under its own name.
async fn mails_left(world: &mut World, node: &Node) {
    let mut taken = BTreeSet::<String>::new();
    for file in std::fs::read_dir(world.dir.path().join("mail")).into_iter().flatten().flatten() {
        let bytes = std::fs::read(file.path()).unwrap_or_default();
        let message = mail_parser::MessageParser::default().parse(&bytes);
        let id = message.and_then(|m| m.message_id().map(str::to_owned)).unwrap_or_default();
        taken.insert(id);
    }
    for (id, state) in pairs(node, "SELECT message_id, state FROM mail_outbox").await {
        if state != "sent" || !taken.contains(&id) {
            world.wrong.push(format!("mail {id} is {state}, taken: {}", taken.contains(&id)));
        }
    }
    let known = count(node, "SELECT COUNT(*) FROM mail_outbox").await;
    if taken.len() as i64 != known {
        world.wrong.push(format!("{} mails by name, {known} in the books", taken.len()));
    }
    // A mail keeps its file's name, so that what is sent again lies on top of the first.
    let again = world.mails_taken.get() - taken.len();
    // Two parts of a gift that go back may be of one size, and their mails alike.
    let twins = "SELECT kind || ' to ' || recipient, CAST(COUNT(*) AS TEXT) FROM mail_outbox \
                 WHERE kind <> 'refund' GROUP BY kind, recipient, subject, text_body HAVING COUNT(*) > 1";
    for (mail, times) in pairs(node, twins).await {
        world.wrong.push(format!("the same {mail} {times} times"));
    }
    if again > world.mails_at_risk {
        world.wrong.push(format!("{again} mails twice, {} excused", world.mails_at_risk));
    }
}
