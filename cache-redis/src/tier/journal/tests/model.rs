//! The journal against a model that keeps everything.

use proptest::prelude::*;

use super::*;

/// Scope can happen to a journal and its two servers.
#[derive(Clone, Debug)]
enum Step {
    Add(Scope),
    /// One of the outstanding ones is done; its acknowledgement is on its way.
    Do(usize),
    /// One of the acknowledgements arrives.
    Acknowledge(usize),
    Wait(u32),
    /// A server is out of reach, and acknowledgements on their way are lost with the connection.
    Lose(bool),
    /// A server has forgotten what it did in the last minute in which it was in reach; and it is
    /// back.
    Forget(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let name = || prop_oneof![3 => Just("a"), 2 => Just("b")];
    prop_oneof![
        6 => (name(), 0..6_u32).prop_map(|(name, number)| Step::Add(key_of(name, number))),
        3 => (name(), 0..6_u32).prop_map(|(name, number)| Step::Add(softly(key_of(name, number)))),
        1 => name().prop_map(|name| Step::Add(cache(name))),
        1 => name().prop_map(|name| Step::Add(softly(cache(name)))),
        5 => any::<usize>().prop_map(Step::Do),
        5 => any::<usize>().prop_map(Step::Acknowledge),
        1 => (1..40_u32).prop_map(Step::Wait),
        1 => any::<bool>().prop_map(Step::Lose),
        1 => any::<bool>().prop_map(Step::Forget),
    ]
}

fn server(what: &Scope) -> bool {
    slot_of(what).is_multiple_of(2)
}

/// Returns what stands for `name`: itself and its whole cache. An invalidation of that stands for an
/// expiry, and not the other way round.
fn covering(name: &str) -> Vec<String> {
    let hard = name.trim_start_matches('~');
    let [all, all_softly] = [format!("{}*", &hard[..1]), format!("~{}*", &hard[..1])];
    let mut covering = vec![name.to_owned(), all];
    covering.extend((hard != name).then_some(all_softly));
    covering
}

/// The truth, without any cleverness: all that was asked for and all that was done, in order.
struct Model {
    journal: Journal,
    now: Instant,
    asked: Vec<(usize, Scope)>,
    done: Vec<(usize, Instant, Scope)>,
    /// The same, and nothing is ever forgotten.
    ever_done: Vec<(usize, Instant, Scope)>,
    on_their_way: Vec<(ReplayId, bool)>,
    /// Since when the servers are out of reach.
    lost: [Option<Instant>; 2],
    steps: usize,
}

impl Model {
    fn new(most: usize) -> Self {
        let [done, ever_done] = [vec![], vec![]];
        let (journal, now) = (Journal::with_room(names(), most, Arc::default()), Instant::now());
        Self {
            journal,
            now,
            asked: vec![],
            done,
            ever_done,
            on_their_way: vec![],
            lost: [None; 2],
            steps: 0,
        }
    }

    fn take(&mut self, step: Step) {
        self.steps += 1;
        self.now += SECOND;
        match step {
            Step::Add(what) => {
                self.journal.add(what.clone());
                self.asked.push((self.steps, what));
            }
            Step::Do(which) => self.perform(which),
            Step::Acknowledge(_) if self.on_their_way.is_empty() => {}
            Step::Acknowledge(which) => {
                let (id, _) = self.on_their_way.swap_remove(which % self.on_their_way.len());
                self.journal.acknowledged(&[id], self.now);
            }
            Step::Wait(seconds) => self.now += seconds * SECOND,
            Step::Lose(which) => self.lose(which),
            Step::Forget(which) => self.forget(which),
        }
    }

    fn perform(&mut self, which: usize) {
        let in_reach = |slot: u16| self.lost[usize::from(slot.is_multiple_of(2))].is_none();
        let outstanding = self.journal.outstanding(&in_reach);
        if !outstanding.is_empty() {
            let (id, what) = outstanding[which % outstanding.len()].clone();
            self.on_their_way.push((id, server(&what)));
            self.ever_done.push((self.steps, self.now, what.clone()));
            self.done.push((self.steps, self.now, what));
        }
    }

    fn lose(&mut self, which: bool) {
        self.lost[usize::from(which)].get_or_insert(self.now);
        self.on_their_way.retain(|(_, server)| *server != which);
        self.journal.lost(&|slot| slot.is_multiple_of(2) == which, self.now);
    }

    fn forget(&mut self, which: bool) {
        let end = self.lost[usize::from(which)].take().unwrap_or(self.now);
        let kept = |at| end.saturating_duration_since(at) > Duration::from_secs(60);
        self.done.retain(|(_, at, what)| server(what) != which || kept(*at));
        self.journal.suspect(&|slot| slot.is_multiple_of(2) == which, self.now);
    }

    /// All that was asked for and is not done must be outstanding, by itself or with its cache;
    /// unless it was done so long ago that nobody keeps it.
    fn check(&self) {
        let outstanding = open(&self.journal);
        for (asked, what) in &self.asked {
            let name = short(what);
            let covering = covering(&name);
            let is_it = |step: &usize, done| step > asked && covering.contains(&short(done));
            let done = self.done.iter().any(|(step, _, done)| is_it(step, done));
            let old =
                self.ever_done.iter().any(|(step, at, done)| is_it(step, done) && self.is_old(*at));
            let waits = covering.iter().any(|covering| outstanding.contains(covering));
            assert!(done || waits || old, "{name} is lost");
        }
        assert_eq!(outstanding.len(), self.journal.len());
    }

    fn is_old(&self, at: Instant) -> bool {
        self.now.saturating_duration_since(at) >= Duration::from_secs(300)
    }

    fn settle(&mut self) {
        for (id, _) in self.journal.outstanding(&|_| true) {
            self.journal.acknowledged(&[id], self.now);
        }
        assert!(!self.journal.has_outstanding());
    }
}

proptest! {
    #[test]
    fn no_invalidation_is_lost(most in 1..9_usize, steps in prop::collection::vec(step(), 0..120)) {
        let mut model = Model::new(most);
        for step in steps {
            model.take(step);
            model.check();
            prop_assert!(model.journal.len() <= most + 4, "a bound for keys, and two caches");
        }
        model.settle();
    }
}
