//! Life after life on one world: each ends by a power cut, the last one is let live until everything is settled.

use almoner::failpoints::Point;

use crate::deeds::{self, Deed};
use crate::node::{Grip, Node, count_mails};
use crate::oracle;
use crate::world::{Disk, TEMPLATE, World, stage};

/// Points that a process may come to before it is cut.
const POINTS_AHEAD: usize = 14;

/// What came of a seed.
pub struct Lived {
    pub seed: u64,
    pub trace: Vec<String>,
    pub wrong: Vec<String>,
    crashes: usize,
    faults: usize,
    lost: usize,
    promised: usize,
    gifts: usize,
}

/// What came of many.
#[derive(Default)]
pub struct Sum {
    seeds: usize,
    pub crashes: usize,
    pub faults: usize,
    lost: usize,
    promised: usize,
    pub gifts: usize,
}

impl Sum {
    pub fn add(&mut self, lived: &Lived) {
        self.seeds += 1;
        self.crashes += lived.crashes;
        self.faults += lived.faults;
        self.lost += lived.lost;
        self.promised += lived.promised;
        self.gifts += lived.gifts;
    }

    pub fn and(mut self, other: Sum) -> Sum {
        self.seeds += other.seeds;
        self.crashes += other.crashes;
        self.faults += other.faults;
        self.lost += other.lost;
        self.promised += other.promised;
        self.gifts += other.gifts;
        self
    }
}

impl std::fmt::Display for Sum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} seeds lived, {} power cuts, {} faults of Stripe, {} callbacks promised, {} lost on the way, {} gifts",
            self.seeds, self.crashes, self.faults, self.promised, self.lost, self.gifts
        )
    }
}

/// Lives through a seed.
pub fn live(disk: Disk, seed: u64, steps: usize) -> Lived {
    let template: &[u8] = &TEMPLATE;
    let mut world = stage().block_on(World::new(disk, seed, template));
    let mut step = 0;
    while step < steps {
        in_a_life(one_life(&mut world, &mut step, steps));
    }
    in_a_life(async {
        let node = Node::open(&world).await;
        count_mails(&world.mails_taken);
        oracle::settle_and_judge(&mut world, &node).await;
        node.deps.store.close().await;
    });
    let gifts = world.settled.keys().filter(|key| key.starts_with("gift ")).count();
    let lived = Lived {
        seed,
        trace: std::mem::take(&mut world.trace),
        wrong: std::mem::take(&mut world.wrong),
        crashes: world.crashes,
        faults: world.faults,
        lost: world.lost,
        promised: world.promised.len(),
        gifts,
    };
    stage().block_on(world.close());
    lived
}

/// Everything a process has in memory, its tasks and its connections are gone when this returns.
fn in_a_life<T>(work: impl Future<Output = T>) -> T {
    let life = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let out = life.block_on(work);
    life.shutdown_background();
    out
}

/// Does one deed after the other until the power is cut or there are no steps left.
async fn one_life(world: &mut World, step: &mut usize, steps: usize) {
    let (node, other) = (Node::open(world).await, Node::open(world).await);
    count_mails(&world.mails_taken);
    oracle::look_back(world, &node).await;
    while *step < steps {
        *step += 1;
        let deed = deeds::choose(&world.dice);
        let cut = deed != Deed::TwoNodes && world.dice.percent(18);
        let grip =
            cut.then(|| Grip::at_point(1 + world.dice.below(POINTS_AHEAD), |_| true, &world.mails_taken));
        let said = match &grip {
            None => Some(deeds::perform(world, &node, &other, deed).await),
            Some(grip) => {
                let held = grip.held.clone();
                tokio::select! {
                    biased;
                    said = deeds::perform(world, &node, &other, deed) => Some(said),
                    () = held.notified() => None,
                }
            }
        };
        deeds::new_callbacks(world).await;
        match said {
            Some(said) => world.say(format!("{step} {deed:?}: {said}")),
            None => {
                let at: Option<Point> = grip.and_then(|grip| grip.at.get());
                if deed == Deed::Work {
                    world.mails_at_risk += 1;
                }
                world.say(format!("{step} {deed:?}: the power is cut at {at:?}"));
                break;
            }
        }
    }
    // Before the connections go: closing them would write to the file, as no power cut does.
    world.power_cut();
}
